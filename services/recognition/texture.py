"""How orderly strands run: 1 where all neighbours lie the same way, 0 where they lie every way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.recognition.region import Region

WINDOW = 9
"""Edge of the neighbourhood in pixels; taken twice, which comes to a bell of 3.7 pixels."""


def coherence(lightness: NDArray[np.float32], region: Region) -> NDArray[np.float32]:
    """Per pixel, how much one direction leads among the gradients around it, shape (height, width).

    The eigenvalues of the structure tensor, their difference over their sum (J. Bigun and G. Granlund, "Optimal
    orientation detection of linear symmetry", 1987). Gradients outside `region` do not count, so that the outline of
    the hair is not taken for a strand. Strong edges and weak ones count alike, so light and contrast hardly matter;
    blur makes strands look more orderly than they are.
    """
    smooth = _across(_across(lightness, 0), 1)
    gx = np.gradient(smooth, axis=1) * region
    gy = np.gradient(smooth, axis=0) * region
    xx, yy, xy = (_around(product) for product in (gx * gx, gy * gy, gx * gy))
    order: NDArray[np.float32] = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + np.float32(1e-6))
    return order


def mean_coherence(order: NDArray[np.float32], region: Region) -> float:
    """Mean over a region; 1 if it is empty."""
    return float(order[region].mean()) if region.any() else 1.0


def _across(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Blurred by the binomial 1 2 1."""
    before, after = np.roll(values, 1, axis), np.roll(values, -1, axis)
    return ((before + 2 * values + after) / 4).astype(np.float32)


def _around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over the neighbourhood, twice in each direction, by running sums."""
    half = WINDOW // 2
    means = values.astype(np.float64)
    for axis in (0, 1, 0, 1):
        widths = [(half + 1, half) if a == axis else (0, 0) for a in (0, 1)]
        sums = np.cumsum(np.pad(means, widths, mode="edge"), axis=axis)
        first, last = (sums[:-WINDOW], sums[WINDOW:]) if axis == 0 else (sums[:, :-WINDOW], sums[:, WINDOW:])
        means = (last - first) / WINDOW
    return means.astype(np.float32)

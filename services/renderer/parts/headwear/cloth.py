"""Cloth laid over the head: its folds stand proud, and what lies between them lies in shadow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from services.renderer.parts.hair.scalp import Line, angles, cap
from services.renderer.parts.mesh import Array, Patch


def folded(
    line: Line,
    thick: Callable[[Array, Array], Array],
    folds: Callable[[Array, Array], Array],
    *,
    rows: int = 34,
    columns: int = 72,
    edge: float = 0.010,
    slot: str = "headwear",
) -> Patch:
    """Cloth over the head, `folds` metres proud of `thick`; what lies in the folds lies in shadow."""
    patch = cap(line, lambda a, e: thick(a, e) + folds(a, e), slot=slot, edge=edge, rows=rows, columns=columns)
    azimuth, elevation = angles(patch.positions)
    depth = folds(azimuth, elevation)
    patch.shade = groove(depth)
    patch.sphere = None
    return patch


def groove(depth: Array) -> Array:
    """Shade of cloth from how far each vertex stands proud: the deepest third is in shadow."""
    low, high = float(depth.min()), float(depth.max())
    return np.asarray(np.clip(0.30 + 1.9 * (depth - low) / max(high - low, 1e-9), 0.30, 1.0))

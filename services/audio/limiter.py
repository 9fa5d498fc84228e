"""A limiter that holds the crests between the samples, not only the samples, and turns without corners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from services.audio import meter
from services.audio.decode import RATE_HZ, Stereo

LOOK_AHEAD = RATE_HZ * 10 // 1000
"""The gain moves no faster than over 10 ms: much faster would bend single waves of a bass."""

REACH = 2 * LOOK_AHEAD + meter.REACH
"""No gain knows of samples further away than this."""


def limit(
    samples: Stereo, ceiling_dbtp: float, peaks: NDArray[np.float32] | None = None
) -> tuple[Stereo, NDArray[np.float32]]:
    """Hold the true peak under a ceiling.

    The gain that each sample needs is held over the look-ahead and then averaged over as long, so it is in place when
    the peak comes and bends without a corner.

    Args:
        samples: Shape (samples, 2).
        ceiling_dbtp: What no crest may pass, also between samples.
        peaks: The true peak around each sample where it is known already, shape (samples,).

    Returns:
        The limited samples, and what each was divided by, shape (samples,), 1 where nothing was done.
    """
    ceiling = 10 ** (ceiling_dbtp / 20)
    needed = np.maximum(
        np.float32(1), (meter.peaks(samples) if peaks is None else peaks) / np.float32(ceiling)
    )  # (samples,)
    if needed.max(initial=1.0) <= 1.0:
        return samples, np.ones(len(samples), np.float32)
    held = maximum_filter1d(needed, 2 * LOOK_AHEAD + 1, mode="nearest").astype(np.float64)
    reduction = uniform_filter1d(uniform_filter1d(held, LOOK_AHEAD, mode="nearest"), LOOK_AHEAD, mode="nearest")
    # Running sums leave a millionth where nothing is to be done.
    exact = np.where(reduction > 1 + 1e-6, reduction, 1.0).astype(np.float32)
    limited: Stereo = samples / exact[:, None]
    return limited, exact

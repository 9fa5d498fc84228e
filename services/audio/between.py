"""A sound read between its samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.audio.decode import Mono


def read(sound: Mono, at: NDArray[np.float64]) -> Mono:
    """The sound at any places, by a cubic through four neighbours (Catmull and Rom, 1974).

    Half-way between two samples it lowers 10 kHz by 0.6 dB, where a straight line lowers it by 2.

    Args:
        sound: Shape (samples,).
        at: Places in samples, shape (places,).

    Returns:
        Shape (places,); beyond the second sample from either end, silence.
    """
    whole = np.floor(at).astype(np.int64)
    inside = (whole >= 1) & (whole < len(sound) - 2)
    found = np.zeros(len(at), np.float32)
    whole, part = whole[inside], (at - whole)[inside].astype(np.float32)
    before, left, right, after = (sound[whole + step] for step in (-1, 0, 1, 2))
    bend, rest = 2 * before - 5 * left + 4 * right - after, 3 * (left - right) + after - before
    found[inside] = left + 0.5 * part * (right - before + part * (bend + part * rest))
    return found

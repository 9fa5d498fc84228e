"""What a wave would have been in short gaps, by what lies around them: each sample is foretold from those before it.

The samples of a gap are those with which all of it, surroundings included, is foretold with the least error (Janssen,
Veldhuis and Vries, 1986). All gaps of one length are solved at once; what lies beside a gap counts as known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from services.audio.decode import Mono

ORDER = 48
"""A sample is foretold from so many before it: a millisecond, enough for the colours of a vowel."""

WINDOW, HOP = 2048, 1024
"""What foretells is read over 43 ms, anew every 21."""

# Gaps are solved with others of up to so many samples more.
CLASS = 8
# A pure tone needs no errors to be foretold, and its equations no single solution.
RIDGE = 1e-6


def fill(sound: Mono, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Mono:
    """A sound whose gaps hold what their surroundings foretell.

    Args:
        sound: Shape (samples,); what stands in the gaps helps to read how the sound goes, and is replaced.
        starts: First samples of the gaps, shape (gaps,).
        ends: Samples after their last, shape (gaps,).

    Returns:
        Of the same shape; a gap nearer than `ORDER` samples to either end stays as it is.
    """
    whole = (starts >= ORDER) & (ends + ORDER + CLASS <= len(sound))
    starts, lengths = starts[whole], (ends - starts)[whole]
    filled = sound.copy()
    if len(starts) == 0:
        return filled
    errors = _errors(_coefficients(sound))[(starts + lengths // 2 + HOP // 2) // HOP]  # (gaps, ORDER + 1)
    classes = -(-lengths // CLASS) * CLASS
    for size in np.unique(classes).tolist():
        these = np.flatnonzero(classes == size)
        place = starts[these, None] + np.arange(size)
        inside = np.arange(size) < lengths[these, None]
        filled[place[inside]] = _solved(sound, starts[these], inside, errors[these])[inside]
    return filled


def _coefficients(sound: Mono) -> NDArray[np.float64]:
    """What foretells a sound around every `HOP` samples, shape (windows, ORDER + 1), the first 1 (Levinson, Durbin)."""
    padded = np.pad(sound, (WINDOW // 2, WINDOW + HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * np.hanning(WINDOW).astype(np.float32)
    power = np.square(np.abs(rfft(frames, 2 * WINDOW, axis=1)))
    lags: NDArray[np.float64] = irfft(power, axis=1)[:, : ORDER + 1].astype(np.float64)
    lags[:, 0] = lags[:, 0] * (1 + 1e-9) + 1e-9
    found = np.zeros(lags.shape)
    found[:, 0] = 1
    error = lags[:, 0].copy()
    for order in range(1, ORDER + 1):
        reflection = -np.einsum("wk,wk->w", found[:, :order], lags[:, order:0:-1]) / error
        found[:, 1 : order + 1] += reflection[:, None] * found[:, order - 1 :: -1][:, :order]
        error *= 1 - np.square(reflection)
    return found


def _errors(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """How the errors of two samples go together by their distance, shape (windows, ORDER + 1)."""
    return np.stack(
        [np.einsum("wk,wk->w", coefficients[:, : ORDER + 1 - far], coefficients[:, far:]) for far in range(ORDER + 1)],
        axis=1,
    )


def _solved(
    sound: Mono, starts: NDArray[np.int64], inside: NDArray[np.bool_], errors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The samples of gaps of one class, shape (gaps, size).

    Args:
        sound: Shape (samples,).
        starts: First samples of the gaps, shape (gaps,).
        inside: Which of the class's samples belong to each gap, shape (gaps, size).
        errors: From `_errors`, of each gap's window.
    """
    size = inside.shape[1]
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    together: NDArray[Any] = np.pad(errors, ((0, 0), (0, max(0, size - ORDER - 1))))[:, apart]  # (gaps, size, size)
    together = np.where(inside[:, :, None] & inside[:, None, :], together, 0.0)
    diagonal = np.arange(size)
    together[:, diagonal, diagonal] = np.where(inside, together[:, diagonal, diagonal] * (1 + RIDGE), 1.0)
    around = sound[starts[:, None] + np.arange(-ORDER, size + ORDER)].astype(np.float64)
    around[:, ORDER : ORDER + size][inside] = 0
    both = np.concatenate([errors[:, :0:-1], errors], axis=1)  # (gaps, 2 ORDER + 1)
    near = np.lib.stride_tricks.sliding_window_view(around, 2 * ORDER + 1, axis=1)  # (gaps, size, 2 ORDER + 1)
    known = np.where(inside, -np.einsum("gsk,gk->gs", near, both), 0.0)
    solved: NDArray[np.float64] = np.linalg.solve(together, known[:, :, None])[:, :, 0]
    return solved

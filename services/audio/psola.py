"""The fast pitch engine: time-domain pitch-synchronous overlap-add (Moulines and Charpentier, 1990), vectorised.

Two periods around each beat of the voice are set again at the beats of the new pitch. A period carries its own
formants, so the voice keeps its colour. The beats are found without picking peaks: the phase of the fundamental is read
by mixing the take down with its own pitch track, which holds in noise where peaks do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from services.audio.decode import RATE_HZ, Mono

# Voice and untouched take are blended over this long where singing begins and ends, in samples.
FADE = RATE_HZ * 6 // 1000
# Shorter voices are the tracker's doubt: they stay as they are. Frames of 10 ms.
SHORTEST = 3


def overlap_add(
    take: Mono, cents: NDArray[np.float64], heard: NDArray[np.float64], *, hop: int = RATE_HZ // 100
) -> Mono:
    """Move a voice.

    Args:
        take: Shape (samples,).
        cents: How far each frame moves, shape (frames,).
        heard: The take's own pitch, cents above MIDI note 0, NaN = unvoiced, shape (frames,).
        hop: Samples between two frames.

    Returns:
        As long as `take`; what has no pitch is left alone.
    """
    result = take.astype(np.float64)
    for first, last in _voices(heard):
        start, end = max(0, first * hop - hop // 2), min(len(take), (last - 1) * hop + hop // 2)
        if end - start < SHORTEST * hop:
            continue
        at = np.arange(start, end) / hop
        frames = np.arange(first, last)
        hertz = 440 * 2 ** ((np.interp(at, frames, heard[first:last]) - 6900) / 1200)
        ratio = 2 ** (np.interp(at, np.arange(len(cents)), cents) / 1200)
        # A margin around the voice lets its first and last period be whole.
        margin = int(2 * RATE_HZ / hertz.min())
        around = np.zeros(end - start + 2 * margin)
        low, high = max(0, start - margin), min(len(take), end + margin)
        around[low - start + margin : high - start + margin] = take[low:high]
        hertz, ratio = (np.pad(curve, margin, mode="edge") for curve in (hertz, ratio))
        moved = _move(around, hertz, ratio)[margin:-margin]
        fade = np.minimum(1.0, np.minimum(np.arange(1, len(moved) + 1), np.arange(len(moved), 0, -1)) / FADE)
        result[start:end] += fade * (moved - result[start:end])
    return result.astype(np.float32)


def _voices(heard: NDArray[np.float64]) -> list[tuple[int, int]]:
    """First frame and frame after the last of every voiced stretch; a leap of half an octave ends one as well."""
    voiced = ~np.isnan(heard)
    follows = voiced[1:] & voiced[:-1] & (np.abs(np.diff(np.nan_to_num(heard))) < 600)
    starts = np.flatnonzero(voiced & ~np.concatenate([[False], follows]))
    ends = np.flatnonzero(voiced & ~np.concatenate([follows, [False]])) + 1
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True) if end - start >= SHORTEST]


def _move(voice: NDArray[np.float64], hertz: NDArray[np.float64], ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set the periods of one voiced stretch at a new pitch; all arrays have one value per sample."""
    count = len(voice)
    turns = _turns(voice, hertz)
    rate = np.diff(turns, append=2 * turns[-1] - turns[-2])
    moved = turns + np.concatenate([[0.0], np.cumsum(rate * (ratio - 1))[:-1]])
    place = np.arange(count, dtype=np.float64)
    beats = np.interp(np.arange(np.ceil(turns[0]), np.floor(turns[-1]) + 1), turns, place)
    targets = np.interp(np.arange(np.ceil(moved[0]), np.floor(moved[-1]) + 1), moved, place)
    if len(beats) < 3 or len(targets) < 1:
        return voice
    periods = np.gradient(beats)
    after = np.clip(np.searchsorted(beats, targets), 1, len(beats) - 1)
    nearest = after - (targets - beats[after - 1] < beats[after] - targets)
    source, period = beats[nearest], periods[nearest]

    # Every grain's samples in one row of numbers: where they go, where they come from, how much they count.
    first = np.ceil(targets - period).astype(np.int64)
    length = np.floor(targets + period).astype(np.int64) - first + 1
    grain = np.repeat(np.arange(len(targets)), length)
    goes = np.arange(len(grain)) - np.repeat(np.cumsum(length) - length, length) + first[grain]
    away = goes - targets[grain]
    weight = 0.5 + 0.5 * np.cos(np.pi * away / period[grain])
    value = _between(voice, source[grain] + away)
    inside = (goes >= 0) & (goes < count)
    goes, weight, value = goes[inside], weight[inside], value[inside]
    total = np.bincount(goes, weight, count)
    summed = np.bincount(goes, weight * value, count)
    return np.where(total > 0.05, summed / np.maximum(total, 0.05), voice)


def _between(voice: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples at fractional places, by a cubic through four neighbours."""
    whole = np.floor(at).astype(np.int64)
    part = at - whole
    whole = np.clip(whole, 1, len(voice) - 3)
    a, b, c, d = (voice[whole + step] for step in (-1, 0, 1, 2))
    middle = c - a
    curve = 2 * a - 5 * b + 4 * c - d
    rest = 3 * (b - c) + d - a
    value: NDArray[np.float64] = b + 0.5 * part * (middle + part * (curve + part * rest))
    return value


def _turns(voice: NDArray[np.float64], hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The voice's phase in turns, rising, whole where a period has its most energy."""
    turns = np.cumsum(hertz) / RATE_HZ
    period = max(3, round(RATE_HZ / float(np.median(hertz))))
    turns = turns + _phase(voice, turns, (period, period, period))
    # Energy gathers behind each closing of the glottis; a window centred there cuts where little is heard.
    energy = uniform_filter1d(np.square(voice), max(1, period // 4), mode="nearest")
    turns = turns + _phase(energy, turns, (2 * period, 3 * period, 4 * period))
    rising: NDArray[np.float64] = np.maximum.accumulate(turns) + np.arange(len(turns)) * 1e-9
    return rising


def _phase(signal: NDArray[np.float64], turns: NDArray[np.float64], widths: tuple[int, ...]) -> NDArray[np.float64]:
    """How far the signal's fundamental is ahead of `turns`, in turns, averaged over windows of whole periods."""
    carrier = np.exp(-2j * np.pi * turns)
    mixed = signal * carrier
    real, imaginary = mixed.real.copy(), mixed.imag.copy()
    for width in widths:
        real, imaginary = (uniform_filter1d(part, width, mode="nearest") for part in (real, imaginary))
    ahead: NDArray[np.float64] = np.unwrap(np.arctan2(imaginary, real)) / (2 * np.pi)
    return ahead

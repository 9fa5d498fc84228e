"""The fast engine: time-domain pitch-synchronous overlap-add (Moulines and Charpentier, 1990), vectorised.

Two periods around each beat of the voice are set again at the beats of the new pitch and time. A period carries its own
formants, so the voice keeps its colour. The beats are found without picking peaks: the phase of the fundamental is read
by mixing the take down with its own pitch track, which holds in noise where peaks do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from services.audio import between
from services.audio.decode import RATE_HZ, Mono
from services.audio.pitch import HOP, Cents

# Voice and untouched take are blended over this long where singing begins and ends, in samples.
FADE = RATE_HZ * 6 // 1000
# Shorter voices are the tracker's doubt: they stay as they are. Frames of 10 ms.
SHORTEST = 3

COARSE = 3
"""The fundamental's phase is read at 48 kHz divided by this: it lies far below 8 kHz."""

TOGETHER = 128
"""Grains that are cut and weighed at once: as many as the processor's cache holds."""

Curve = NDArray[np.float64]
"""One value per sample."""


class Psola:
    """Our own engine behind the interface of `pitch.Shifter`: in this process, under no other licence than ours."""

    name = "td-psola 4"

    def shift(self, take: Mono, cents: Curve, heard: Cents, speed: Curve | None = None) -> Mono:
        """Move `take`; what has no pitch in `heard` keeps its samples, and moves in time with its surroundings."""
        return overlap_add(take, cents, heard, speed)


def overlap_add(take: Mono, cents: Curve, heard: Cents, speed: Curve | None = None) -> Mono:
    """Move a voice.

    Args:
        take: Shape (samples,).
        cents: How far each frame of 10 ms moves, shape (frames,).
        heard: The take's own pitch, cents above MIDI note 0, NaN = unvoiced, shape (frames,).
        speed: How long each frame becomes, 1 = as it is, shape (frames,); None: all as they are.

    Returns:
        As long as `take`; what has no pitch is left alone.
    """
    count = len(take)
    source: Curve = np.arange(count, dtype=np.float64)  # where in the take each sample of the result comes from
    lands = np.arange(len(heard) + 1) * float(HOP)  # where in the result each frame of the take begins
    result = take.copy()
    if speed is not None:
        lands = np.concatenate([[0.0], np.cumsum(speed) * HOP])
        source = np.interp(source, lands, np.arange(len(lands)) * HOP)
        result = between.read(take, source)
    for first, last in _voices(heard):
        start, end = max(0, first * HOP - HOP // 2), min(count, (last - 1) * HOP + HOP // 2)
        if end - start < SHORTEST * HOP:
            continue
        at = np.arange(start, end) / HOP
        frames = np.arange(first, last)
        hertz = 440 * 2 ** ((np.interp(at, frames, heard[first:last]) - 6900) / 1200)
        ratio = 2 ** (np.interp(at, np.arange(len(cents)), cents) / 1200)
        # A margin around the voice lets its first and last period be whole.
        margin = int(2 * RATE_HZ / hertz.min())
        around = np.zeros(end - start + 2 * margin, np.float32)
        low, high = max(0, start - margin), min(count, end + margin)
        around[low - start + margin : high - start + margin] = take[low:high]
        hertz, ratio = (np.pad(curve, margin, mode="edge") for curve in (hertz, ratio))
        into, out = (round(float(np.interp(edge, np.arange(len(lands)) * HOP, lands))) for edge in (start, end))
        into, out = min(into, count), min(out, count)
        inside = source[into:out] - (start - margin)
        if len(inside) < SHORTEST * HOP:
            continue
        wanted = np.concatenate([inside[0] + np.arange(-margin, 0), inside, inside[-1] + np.arange(1, margin + 1)])
        moved = _move(around, hertz, ratio, wanted)[margin:-margin]
        edge = np.minimum(1.0, np.minimum(np.arange(1, len(moved) + 1), np.arange(len(moved), 0, -1)) / FADE)
        result[into:out] += edge.astype(np.float32) * (moved - result[into:out])
    return result


def _voices(heard: Cents) -> list[tuple[int, int]]:
    """First frame and frame after the last of every voiced stretch; a leap of half an octave ends one as well."""
    voiced = ~np.isnan(heard)
    follows = voiced[1:] & voiced[:-1] & (np.abs(np.diff(np.nan_to_num(heard))) < 600)
    starts = np.flatnonzero(voiced & ~np.concatenate([[False], follows]))
    ends = np.flatnonzero(voiced & ~np.concatenate([follows, [False]])) + 1
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True) if end - start >= SHORTEST]


def _move(voice: Mono, hertz: Curve, ratio: Curve, wanted: Curve) -> Mono:
    """Set the periods of one voiced stretch at a new pitch and time.

    Args:
        voice: Shape (samples,).
        hertz: Its pitch, shape (samples,).
        ratio: What the pitch is multiplied by, shape (samples,).
        wanted: Which sample of `voice` each sample of the result is to stand for, rising, shape (moved,).

    Returns:
        Shape (moved,).
    """
    turns = _turns(voice, hertz)
    place = np.arange(len(voice), dtype=np.float64)
    rate = np.diff(turns, append=2 * turns[-1] - turns[-2]) * ratio
    new = np.concatenate([[0.0], np.cumsum(np.interp(wanted, place, rate))[:-1]])
    new += np.interp(wanted[0], place, turns)
    beats = np.interp(np.arange(np.ceil(turns[0]), np.floor(turns[-1]) + 1), turns, place)
    goes = np.arange(len(wanted), dtype=np.float64)
    targets = np.interp(np.arange(np.ceil(new[0]), np.floor(new[-1]) + 1), new, goes)
    if len(beats) < 3 or len(targets) < 1:
        return between.read(voice, wanted)
    periods = np.gradient(beats)
    meant = np.interp(targets, goes, wanted)
    after = np.clip(np.searchsorted(beats, meant), 1, len(beats) - 1)
    nearest = after - (meant - beats[after - 1] < beats[after] - meant)
    return _grains(voice, beats[nearest], periods[nearest], targets, wanted)


def _grains(voice: Mono, source: Curve, period: Curve, targets: Curve, wanted: Curve) -> Mono:
    """Add two periods around each beat `source` of the voice at its new place; shape of `wanted`."""
    count = len(wanted)
    first = np.ceil(targets - period).astype(np.int64)
    length = np.floor(targets + period).astype(np.int64) - first + 1
    # All samples of a grain lie equally far between two of the voice: one cubic through four neighbours serves them.
    away = source - targets
    whole = np.floor(away).astype(np.int64)
    part = (away - whole).astype(np.float32)
    cubic = np.stack(
        (
            part * (-0.5 + part * (1 - 0.5 * part)),
            1 + part * part * (1.5 * part - 2.5),
            part * (0.5 + part * (2 - 1.5 * part)),
            part * part * (0.5 * part - 0.5),
        )
    )[:, :, None]  # (neighbours, grains, 1)
    longest = int(length.max())
    # What a grain reaches for beyond either end is silence.
    around = np.pad(voice, longest + 3)
    comes = first + whole - 1 + longest + 3
    summed = np.zeros((2, count + 2 * longest), np.float32)  # of the windows, and of the voice under them
    begins = first + longest
    for row in range(0, len(targets), TOGETHER):
        few = slice(row, row + TOGETHER)
        wide = int(length[few].max())
        place = np.arange(wide)
        near = np.lib.stride_tricks.sliding_window_view(around, wide + 3)[comes[few]]  # (grains, wide + 3)
        angle = (place + (first - targets)[few, None]) * (np.pi / period)[few, None]
        weight = np.float32(0.5) + np.float32(0.5) * np.cos(angle.astype(np.float32))
        weight[place >= length[few, None]] = 0
        value = cubic[0, few] * near[:, :wide]
        for step in range(1, 4):
            value += cubic[step, few] * near[:, step : step + wide]
        grains = np.stack((weight, weight * value), axis=1)  # (grains, 2, wide)
        for begin, grain in zip(begins[few].tolist(), grains, strict=True):
            summed[:, begin : begin + wide] += grain
    total, sound = summed[:, longest : longest + count]
    moved: Mono = sound / np.maximum(total, 0.05)
    bare = total <= 0.05
    moved[bare] = np.interp(wanted[bare], np.arange(len(voice)), voice)
    return moved


def _turns(voice: Mono, hertz: Curve) -> Curve:
    """The voice's phase in turns, rising, whole where a period has its most energy."""
    turns = np.cumsum(hertz) / RATE_HZ
    middle = COARSE // 2
    coarse = uniform_filter1d(voice, COARSE, mode="nearest")[middle::COARSE]
    at = turns[middle::COARSE]
    period = max(3, round(RATE_HZ / COARSE / float(np.median(hertz))))
    ahead = _phase(coarse, at, (period, period, period))
    # Energy gathers behind each closing of the glottis; a window centred there cuts where little is heard.
    energy = uniform_filter1d(np.square(coarse), max(1, period // 4), mode="nearest")
    ahead = ahead + _phase(energy, at + ahead, (2 * period, 3 * period, 4 * period))
    place = np.arange(len(voice))
    exact = turns + np.interp(place, place[middle::COARSE], ahead)
    rising: Curve = np.maximum.accumulate(exact) + place * 1e-9
    return rising


def _phase(signal: Mono, turns: Curve, widths: tuple[int, ...]) -> Curve:
    """How far the signal's fundamental is ahead of `turns`, in turns, averaged over windows of whole periods."""
    angle = (-2 * np.pi * (turns - np.floor(turns))).astype(np.float32)
    real, imaginary = signal * np.cos(angle), signal * np.sin(angle)
    for width in widths:
        real, imaginary = (uniform_filter1d(part, width, mode="nearest") for part in (real, imaginary))
    ahead: Curve = np.unwrap(np.arctan2(imaginary, real).astype(np.float64)) / (2 * np.pi)
    return ahead

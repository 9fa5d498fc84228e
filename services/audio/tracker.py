"""How the pitch of a take is heard: by a small network, or without any weights by correlation; both know the melody."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.ndimage import uniform_filter1d
from scipy.signal import resample_poly

from services.audio.decode import RATE_HZ, Mono
from services.audio.paths import best_path
from services.audio.pitch import HOP, Cents, Note, midi_cents, written

# Fans from a bass to a child; swift-f0 hears 47 to 2094 Hz.
LOWEST_HZ, HIGHEST_HZ = 60.0, 1200.0
LOWEST_CENTS, HIGHEST_CENTS = (6900 + 1200 * log2(hertz / 440) for hertz in (LOWEST_HZ, HIGHEST_HZ))

HEARD_HZ = 16_000
"""Trackers listen at this rate."""

VOICED = 0.5
# A frame that the network is less sure of is believed too where it says what the melody says, within this many cents.
HALF_VOICED, NEAR_CENTS = 0.25, 200.0

# Harmonics whose phases refine a track, and how far they may move it, in cents: further is another voice.
HARMONICS, FINE_CENTS = 5, 60.0


class Tracker(Protocol):
    """Hears pitch."""

    name: str

    def track(self, take: Mono, notes: Sequence[Note]) -> Cents:
        """Pitch of `take`; `notes` say what to expect, and may be empty."""
        ...


class Swift:
    """swift-f0: a small network for pitch, with the melody as a second opinion where it is unsure."""

    name = "swift-f0"

    def __init__(self) -> None:
        from swift_f0 import SwiftF0

        # One thread: the sums then come out alike on every machine, and a take needs 13 ms a second.
        self._network = SwiftF0(threads=1, spin=False)

    def track(self, take: Mono, notes: Sequence[Note]) -> Cents:
        """Pitch of `take`, with frames of 16 ms read off every 10 ms in the logarithm of pitch."""
        heard = _heard(take)
        peak = float(np.abs(heard).max(initial=0.0))
        found = self._network.detect(heard / max(peak, 1e-3) * 0.5, HEARD_HZ, LOWEST_HZ, HIGHEST_HZ)
        cents, sure = midi_cents(found.pitch_hz), found.confidence
        at = np.rint(found.timestamps * RATE_HZ / HOP).astype(int)
        melody = written(notes, int(at[-1]) + 1)[at]
        away = np.abs((cents - melody + 600) % 1200 - 600)  # distance to the written note in any octave
        voiced = (sure >= VOICED) | ((sure >= HALF_VOICED) & (away < NEAR_CENTS))
        return _refine(heard, _resample(found.timestamps, np.where(voiced, cents, np.nan), _frames(take)))


class Correlation:
    """Normalised autocorrelation with a Viterbi path that is told the melody: needs no weights at all.

    Raw pitch accuracy within 50 cents is 2 to 3 points below the network's on phone takes (see bench/audio.py).
    """

    name = "autocorrelation"

    def track(self, take: Mono, notes: Sequence[Note]) -> Cents:
        """Pitch of `take` on a grid of 10 cents, refined between its lags."""
        rate, length = HEARD_HZ, 1024
        heard = _heard(take)
        count = _frames(take)
        padded = np.pad(heard, (length // 2, length + rate // 100))
        frames = np.lib.stride_tricks.sliding_window_view(padded, length)[:: rate // 100][:count]  # (count, 1024)
        frames = frames - frames.mean(axis=1, keepdims=True)
        window = np.hanning(length)
        power = np.square(np.abs(rfft(frames * window, 2 * length, axis=1)))
        lags = irfft(power, axis=1)[:, :length]  # (count, 1024)
        own = irfft(np.square(np.abs(rfft(window, 2 * length))))[:length]
        likeness = lags / (lags[:, :1] + 1e-9) / np.maximum(own / own[0], 0.05)
        grid = np.arange(LOWEST_CENTS, HIGHEST_CENTS, 20.0)  # (grid,)
        lag = rate / (440 * 2 ** ((grid - 6900) / 1200))
        low = lag.astype(int)
        score = likeness[:, low] * (1 - (lag - low)) + likeness[:, low + 1] * (lag - low)  # (count, grid)
        # Every multiple of a period correlates as well as the period: shorter lags are preferred a little, and the
        # melody's neighbourhood, in any octave, a little more.
        score = score - 0.02 * np.log2(lag / lag.min())
        melody = written(notes, count)
        away = np.abs((grid[None, :] - melody[:, None] + 600) % 1200 - 600)
        path = best_path(score + _near(away, 0.12))
        sung = grid[path] - melody
        if not np.isnan(sung).all():
            # Whose register it is once known, the melody is believed there alone: no octave is slipped into any more.
            octave = 1200 * round(float(np.nanmedian(sung)) / 1200)
            score = score + _near(np.abs(grid[None, :] - melody[:, None] - octave), 0.2)
            path = best_path(score)
        rows = np.arange(count)
        strength = likeness[rows, low[path]]
        loud = np.sqrt(lags[:, 0])
        voiced = (strength > 0.55) & (loud > 0.03 * np.percentile(loud, 95))
        at = np.clip(path, 1, len(grid) - 2)
        left, peak, right = score[rows, at - 1], score[rows, at], score[rows, at + 1]
        bend = left - 2 * peak + right
        between = np.where(bend < -1e-9, np.clip(0.5 * (left - right) / np.minimum(bend, -1e-9), -1, 1), 0.0)
        return np.where(voiced, grid[at] + 20 * between, np.nan)


def _near(away: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """What a column is preferred by for lying near the melody, up to `most`; nothing in its rests."""
    return np.where(np.isnan(away), 0.0, most * np.exp(-np.square(np.nan_to_num(away) / 150)))


def _heard(take: Mono) -> Mono:
    """The take at the rate of the trackers."""
    heard: Mono = resample_poly(take, 1, RATE_HZ // HEARD_HZ).astype(np.float32, copy=False)
    return heard


def _refine(heard: Mono, cents: Cents) -> Cents:
    """A track moved onto the phases of the voice's own harmonics.

    The take is mixed down with each harmonic of the track; what still turns there is the track's error. On synthetic
    singers this takes swift-f0's mean error from 2.3 to 0.3 cents.

    Args:
        heard: The take at `HEARD_HZ`.
        cents: Its track, one value per 10 ms, NaN = unvoiced.
    """
    known = np.flatnonzero(~np.isnan(cents))
    if len(known) == 0:
        return cents
    hop = HEARD_HZ // 100
    at = np.arange(len(heard)) / hop
    hertz = 440 * 2 ** ((np.interp(at, known, cents[known]) - 6900) / 1200)  # (samples,)
    turns = np.cumsum(hertz) / HEARD_HZ
    base = np.exp(-2j * np.pi * (turns - np.floor(turns))).astype(np.complex64)
    # Three boxes of two periods: the neighbouring harmonics fall into their gaps.
    width = 2 * round(HEARD_HZ / float(np.median(hertz)))
    later, earlier = (np.clip(known * hop + half, 0, len(heard) - 1) for half in (hop // 2, -hop // 2))
    mixed, turned, weights = heard.astype(np.complex64), np.zeros(len(known)), np.full(len(known), 1e-12)
    for harmonic in range(1, HARMONICS + 1):
        mixed = mixed * base
        smooth = mixed
        for _ in range(3):
            smooth = uniform_filter1d(smooth, width, mode="constant")
        pair = smooth[later] * np.conj(smooth[earlier])
        # A harmonic tells the more the louder and the higher it is.
        weight = np.abs(pair) * harmonic**2
        turned += weight * np.angle(pair) / harmonic
        weights += weight
    off_hz = turned / weights * HEARD_HZ / (2 * np.pi * hop)
    move = 1200 * np.log2(np.maximum(1 + off_hz / hertz[np.clip(known * hop, 0, len(heard) - 1)], 0.5))
    fine = cents.copy()
    fine[known] += np.where(np.abs(move) <= FINE_CENTS, move, 0.0)
    return fine


def _frames(take: Mono) -> int:
    return len(take) // HOP + 1


def _resample(times_s: NDArray[np.float64], cents: Cents, frames: int) -> Cents:
    """A track at any times, read off every 10 ms; unvoiced stays unvoiced."""
    at = np.arange(frames) * HOP / RATE_HZ
    nearest = np.clip(np.rint(np.interp(at, times_s, np.arange(len(times_s)))).astype(int), 0, len(times_s) - 1)
    known = ~np.isnan(cents)
    if not known.any():
        return np.full(frames, np.nan)
    between = np.interp(at, times_s[known], cents[known])
    # Never across an octave slip or a gap: there the nearest frame speaks alone.
    close = np.abs(between - np.nan_to_num(cents[nearest])) < 150
    return np.where(np.isnan(cents[nearest]), np.nan, np.where(close, between, cents[nearest]))

"""Where a take lies in its song, and by which evidence: the song heard through the phone, or the voice's own onsets.

A known backing that leaks into the microphone gives the recording's delay to a few samples (GCC-PHAT: Knapp and Carter,
1976); without a leak the voice's onsets are laid over the guide's (spectral flux), and where even these disagree its
loudness is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import resample_poly

from services.audio.decode import RATE_HZ, Mono

Evidence: TypeAlias = Literal["bleed", "flux", "envelope"]

# GCC-PHAT runs at 16 kHz and its peak is then refined at 48 kHz; below 100 Hz and above 7 kHz phones hear little.
COARSE_HZ = 16_000
STEP = RATE_HZ // COARSE_HZ
BAND_HZ = (100.0, 7000.0)
# Height of the correlation's peak in standard deviations of its floor. Measured on takes without any leak: at most 6.5.
BLEED_SIGMAS = 9.0
# Within 80 ms of where the voice points, less is enough.
WEAK_LEAK_SIGMAS = 6.0
LEAK_WINDOW = RATE_HZ * 80 // 1000

HOP_S = 0.005
"""Flux and envelope are read every 5 ms."""

# A take that starts with the line, as asked, is the rule: a match further off must be clearly better. Milliseconds.
BELIEF_MS = 400.0
# Mean correlation of onsets and loudness with the guide's that is believed.
TRUST = 0.35


@dataclass(frozen=True)
class Alignment:
    """Where a take belongs.

    Attributes:
        offset_samples: How late the take is, at 48 kHz; its sample `offset_samples` belongs to the line's first.
        evidence: What the offset was read from.
        confidence: 0 to 1, of the evidence's own kind.
    """

    offset_samples: int
    evidence: Evidence
    confidence: float


def align(take: Mono, backing: Mono, guide: Mono, *, max_shift_ms: float) -> Alignment:
    """Find how late `take` is.

    Args:
        take: The recording, from the moment that the line's first sample was played or from any other.
        backing: What the fan heard, from the line's first sample on; silence when unknown.
        guide: The campaign's own vocal over the same samples.
        max_shift_ms: Within this distance a match is believed on its own; beyond it, only where there is no good one
            within.

    Returns:
        The best explanation. There always is one; a low confidence says how little it is worth.
    """
    near = round(max_shift_ms * RATE_HZ / 1000)
    far = max(near, len(take), len(guide))
    delays = _Bleed(take, backing)
    for reach in (near, far):
        found = delays.find(0, reach, BLEED_SIGMAS)
        if found is not None:
            return found
    sung, meant = _spectra(take), _spectra(guide)
    flux, envelope = (_flux(sung), _flux(meant)), (_envelope(sung), _envelope(meant))
    for reach in (near, far):
        offset, score = _lay_over(flux, envelope, reach)
        if score >= TRUST:
            # A weak leak that would prove nothing alone proves enough where the voice already points.
            found = delays.find(offset, LEAK_WINDOW, WEAK_LEAK_SIGMAS)
            return found or Alignment(offset, "flux", min(1.0, score))
    offset, score = _lay_over(envelope, envelope, near)
    return Alignment(offset, "envelope", float(np.clip(score, 0.0, 1.0)))


class _Bleed:
    """The backing, looked for inside the take."""

    def __init__(self, take: Mono, backing: Mono) -> None:
        self._take, self._backing = take, backing
        self._silent = float(np.abs(backing).max(initial=0.0)) < 1e-4
        if not self._silent:
            self._correlation = _phat(resample_poly(take, 1, STEP), resample_poly(backing, 1, STEP), COARSE_HZ)

    def find(self, around: int, reach: int, sigmas: float) -> Alignment | None:
        """The backing's delay within `reach` samples of `around`, or None when no peak is that many sigmas high."""
        if self._silent:
            return None
        coarse, height = _peak(self._correlation, around // STEP, max(1, reach // STEP), COARSE_HZ)
        if height < sigmas:
            return None
        # Once more at full rate, a few milliseconds around the coarse peak.
        middle = coarse * STEP
        shifted = self._take[middle:] if middle >= 0 else np.concatenate([np.zeros(-middle, np.float32), self._take])
        fine, _ = _peak(_phat(shifted, self._backing, RATE_HZ), 0, RATE_HZ // 200, RATE_HZ)
        return Alignment(middle + fine, "bleed", float(min(1.0, height / (2 * BLEED_SIGMAS))))


def _phat(take: Mono, backing: Mono, rate_hz: int) -> NDArray[np.float64]:
    """Whitened correlation, shape (size,), index = delay of the backing in the take, negative ones at the end."""
    size = next_fast_len(len(take) + len(backing), real=True)
    played = rfft(backing, size)
    cross = rfft(take, size) * np.conj(played)
    frequency = np.arange(len(cross)) * rate_hz / size
    # Only where the song has something to say: whitening an empty bin is whitening noise.
    loud = np.abs(played)
    heard = (frequency > BAND_HZ[0]) & (frequency < BAND_HZ[1]) & (loud > 0.01 * np.median(loud[loud > 0]))
    correlation: NDArray[np.float64] = irfft(np.where(heard, cross / (np.abs(cross) + 1e-12), 0), size)
    return correlation


def _peak(correlation: NDArray[np.float64], around: int, reach: int, rate_hz: int) -> tuple[int, float]:
    """Lag of the highest peak within `reach` of `around`, and its height over the floor, in standard deviations."""
    limit = len(correlation) // 2 - 1
    lags = np.arange(max(-limit, around - reach), min(limit, around + reach) + 1)
    window = correlation[lags]
    best = int((window * _belief(lags, rate_hz)).argmax())
    return int(lags[best]), float(window[best] / (np.sqrt(np.mean(np.square(correlation))) + 1e-12))


def _belief(lags: NDArray[np.int64], rate_hz: float) -> NDArray[np.float64]:
    """1 where a take is expected, falling to 0.6 far away."""
    belief: NDArray[np.float64] = 0.6 + 0.4 / (1 + np.square(lags / rate_hz * 1000 / BELIEF_MS))
    return belief


def _spectra(sound: Mono) -> NDArray[np.float64]:
    """Power in 23 mel-like bands every 5 ms, shape (frames, 23), of a 32 ms Hann window around each frame."""
    coarse = resample_poly(sound, 1, STEP)
    hop, length = round(HOP_S * COARSE_HZ), 512
    padded = np.pad(coarse, (length // 2, length))
    count = len(coarse) // hop + 1
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop][:count]  # (frames, 512)
    power = np.square(np.abs(rfft(frames * np.hanning(length).astype(np.float32), axis=1)))  # (frames, 257)
    edges = np.unique(np.geomspace(4, 220, 25).astype(int))
    return np.add.reduceat(power, edges, axis=1)[:, :-1].astype(np.float64)


def _flux(bands: NDArray[np.float64]) -> NDArray[np.float64]:
    """Onset strength, shape (frames,): how much the bands' logarithms rise over 20 ms."""
    log = np.log(bands + 1e-3 * bands.mean() + 1e-12)
    rise = np.pad(np.maximum(0, log[4:] - log[:-4]).mean(axis=1), 2)
    smooth = np.convolve(rise, np.hanning(9) / np.hanning(9).sum(), "same")
    onsets: NDArray[np.float64] = smooth - np.convolve(smooth, np.ones(61) / 61, "same")
    return onsets


def _envelope(bands: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loudness in decibels without its mean, shape (frames,), read over 30 ms."""
    level = bands.sum(axis=1)
    decibel = 10 * np.log10(np.convolve(level, np.ones(6) / 6, "same") + 1e-4 * level.max() + 1e-12)
    loudness: NDArray[np.float64] = decibel - decibel.mean()
    return loudness


Pair: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
"""One feature of the take and of the guide, each of shape (frames,)."""


def _lay_over(sharp: Pair, broad: Pair, reach: int) -> tuple[int, float]:
    """Best delay in samples within `reach`, and the mean of both normalised correlations there.

    Onsets alone lock to a neighbouring beat: a line sung on the beat is its own echo. Loudness knows where the phrases
    end, so both choose the place together; the onsets then say exactly where.
    """
    hop = round(HOP_S * RATE_HZ)
    onsets, phrases = _correlate(sharp), _correlate(broad)
    limit = min(reach // hop, len(onsets) // 2 - 1)
    lags: NDArray[np.int64] = np.arange(-limit, limit + 1)
    both: NDArray[np.float64] = (onsets[lags] + phrases[lags]) / 2
    best = int((both * _belief(lags, 1 / HOP_S)).argmax())
    near = np.arange(max(0, best - 8), min(len(lags), best + 9))
    exact = int(near[onsets[lags[near]].argmax()])
    # A parabola through the peak and its neighbours gives the place between frames.
    between = 0.0
    if 0 < exact < len(lags) - 1:
        left, peak, right = onsets[lags[exact - 1 : exact + 2]]
        bend = left - 2 * peak + right
        between = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return round((lags[exact] + between) * hop), float(both[best])


def _correlate(pair: Pair) -> NDArray[np.float64]:
    """Normalised correlation, index = how late the take is, in frames; negative ones at the end."""
    take, guide = pair
    size = next_fast_len(len(take) + len(guide), real=True)
    correlation: NDArray[np.float64] = irfft(rfft(take, size) * np.conj(rfft(guide, size)), size)
    return np.asarray(correlation / (np.linalg.norm(take) * np.linalg.norm(guide) + 1e-12), np.float64)

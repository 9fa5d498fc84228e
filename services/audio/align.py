"""Where a take lies in its song, and by which evidence: the song heard through the phone, or the voice's own onsets.

A known backing that leaks into the microphone gives the recording's delay to a few samples (GCC-PHAT: Knapp and Carter,
1976), and, heard early and late in the take, how fast the recorder's clock ran. Without a leak the voice's onsets are
laid over the guide's (spectral flux); where the fan's own time wanders too far for one delay, a path of delays is
found (dynamic time warping in a band), and its middle counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import resample_poly

from services.audio import between
from services.audio.decode import RATE_HZ, Mono
from services.audio.paths import best_path

Spectrum: TypeAlias = NDArray[np.complexfloating[Any, Any]]
"""Of one window or of several, the last axis from 0 Hz to half the rate."""

Evidence: TypeAlias = Literal["bleed", "flux", "dtw"]

# GCC-PHAT runs at 16 kHz and its peak is read between samples; below 100 Hz and above 7 kHz phones hear little.
COARSE_HZ = 16_000
STEP = RATE_HZ // COARSE_HZ
BAND_HZ = (100.0, 7000.0)
# Height of the correlation's peak in standard deviations of its floor. Measured on takes without any leak: at most 6.5.
BLEED_SIGMAS = 9.0
# Near where voice or song point, the correlation is averaged over windows of half a second: between the harmonics and
# in the breaths of the voice the song is heard 20 dB further down. Takes without a leak: at most 5.3; at -30 dB: 8.5.
WINDOW = 8192
NEAR_SIGMAS = 6.5
NEAR = COARSE_HZ * 80 // 1000

# The drift of a clock is read off stretches of 2 s, in which a thousandth is some thirty samples.
STRETCH = 2 * COARSE_HZ
DRIFT_REACH = 134

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
        drift_ppm: How much faster than the song the recorder's clock ran, in millionths; 0 where nothing told.
    """

    offset_samples: int
    evidence: Evidence
    confidence: float
    drift_ppm: float = 0.0


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
    leak = _Bleed(take, backing)
    for reach in (near, far):
        found = leak.find(reach)
        if found is not None:
            return leak.with_drift(leak.near(found.offset_samples) or found)
    sung, meant = spectra(take), spectra(guide)
    flux, envelope = (_flux(sung), _flux(meant)), (_envelope(sung), _envelope(meant))
    best = None
    for reach in (near, far):
        offset, score = _lay_over(flux, envelope, reach)
        if score >= TRUST:
            best = Alignment(offset, "flux", min(1.0, score))
            break
    best = best or _follow(sung, meant, near)
    # A weak leak that would prove nothing alone proves enough where the voice already points.
    found = leak.near(best.offset_samples)
    return leak.with_drift(found) if found else best


class _Bleed:
    """The backing, looked for inside the take."""

    def __init__(self, take: Mono, backing: Mono) -> None:
        self._take, self._backing = take, backing
        self._heard, self._played = (resample_poly(sound, 1, STEP) for sound in (take, backing))
        self._silent = float(np.abs(backing).max(initial=0.0)) < 1e-4

    @cached_property
    def _correlation(self) -> NDArray[np.float64]:
        return _phat(self._heard, self._played, COARSE_HZ)

    def find(self, reach: int) -> Alignment | None:
        """The backing's delay within `reach` samples, or None when no peak stands out."""
        if self._silent:
            return None
        place, height = _peak(self._correlation, reach // STEP, COARSE_HZ)
        if height < BLEED_SIGMAS:
            return None
        return Alignment(place * STEP, "bleed", float(min(1.0, height / (2 * BLEED_SIGMAS))))

    def near(self, around: int) -> Alignment | None:
        """The backing's delay within 80 ms of `around`, to some hundredths of a millisecond, or None."""
        if self._silent:
            return None
        middle = around // STEP
        window = np.hanning(WINDOW).astype(np.float32)
        starts = np.arange(max(0, -middle), min(len(self._played), len(self._heard) - middle) - WINDOW, WINDOW // 2)
        if len(starts) < 2:
            return None
        played, heard = (
            rfft(np.stack([sound[start : start + WINDOW] for start in places]) * window, 2 * WINDOW, axis=1)
            for sound, places in ((self._played, starts), (self._heard, starts + middle))
        )  # (windows, WINDOW + 1)
        correlation = irfft(_whitened(heard, played, COARSE_HZ).sum(axis=0))
        lags = np.arange(-NEAR, NEAR + 1)
        close = correlation[lags]
        best = int(close.argmax())
        height = float(
            close[best] / (np.sqrt(np.mean(np.square(correlation[np.arange(-WINDOW // 2, WINDOW // 2)]))) + 1e-12)
        )
        if height < NEAR_SIGMAS or not 0 < best < len(lags) - 1:
            return None
        left, peak, right = close[best - 1 : best + 2]
        exact = middle + lags[best] + 0.5 * (left - right) / (left - 2 * peak + right)
        return Alignment(round(exact * STEP), "bleed", float(min(1.0, height / (2 * NEAR_SIGMAS))))

    def with_drift(self, found: Alignment) -> Alignment:
        """The same with the drift of the clock, read off the delays of stretches of the take.

        The line through the delays says how they grow; stretches that disagree with it by more than a sample are left
        out (least trimmed squares, two rounds). Too few that agree, or too short a take, is no evidence.
        """
        delays, middles = [], []
        lags = np.arange(-DRIFT_REACH - 16, DRIFT_REACH + 17)
        first, rest = divmod(found.offset_samples, STEP)
        for start in range(0, min(len(self._played), len(self._heard)) - STRETCH + 1, STRETCH // 2):
            part, here = self._played[start : start + STRETCH], start + first
            if here < 0 or here + STRETCH > len(self._heard) or float(np.abs(part).max()) < 1e-4:
                continue
            phat = _phat(self._heard[here : here + STRETCH], part, COARSE_HZ)
            fine = resample_poly(phat[lags], STEP, 1)[16 * STEP : -16 * STEP]
            best = int(fine.argmax())
            floor = float(np.sqrt(np.mean(np.square(phat))))
            if fine[best] > NEAR_SIGMAS * floor and 0 < best < len(fine) - 1:
                left, peak, right = fine[best - 1 : best + 2]
                delays.append(best - DRIFT_REACH * STEP + 0.5 * (left - right) / (left - 2 * peak + right) - rest)
                middles.append((start + STRETCH / 2) * STEP)
        place, delay = np.array(middles), np.array(delays)
        for _ in range(3):
            if len(place) < 4 or np.ptp(place) < 2 * STRETCH * STEP:
                return found
            slope, origin = np.polyfit(place, delay, 1)
            off = np.abs(delay - slope * place - origin)
            good = off <= max(1.0, float(np.median(off)) * 2)
            place, delay = place[good], delay[good]
        ppm = float(slope) * 1e6
        return Alignment(round(found.offset_samples + float(origin)), found.evidence, found.confidence, ppm)


def _phat(take: Mono, backing: Mono, rate_hz: int) -> NDArray[np.float64]:
    """Whitened correlation, shape (size,), index = delay of the backing in the take, negative ones at the end."""
    size = next_fast_len(len(take) + len(backing), real=True)
    correlation: NDArray[np.float64] = irfft(_whitened(rfft(take, size), rfft(backing, size), rate_hz), size)
    return correlation


def _whitened(heard: Spectrum, played: Spectrum, rate_hz: int) -> Spectrum:
    """Cross spectrum of which only the phase is left, shape of both, the last axis from 0 Hz to half the rate.

    Only where the song has something to say: whitening an empty bin is whitening noise.
    """
    white: Spectrum = np.zeros_like(heard)
    bins = heard.shape[-1] - 1
    low, high = (int(hertz / (rate_hz / 2) * bins) + 1 for hertz in BAND_HZ)
    inside = (..., slice(low, high))
    cross = heard[inside] * np.conj(played[inside])
    power, loud = _power(cross), _power(played[inside])
    some = loud > 1e-4 * np.median(loud[loud > 0])
    white[inside] = np.where(some, cross / np.sqrt(power + 1e-24), 0)
    return white


def _power(spectrum: Spectrum) -> NDArray[np.floating[Any]]:
    """Square of the magnitude, without the root that is taken of it."""
    power: NDArray[np.floating[Any]] = np.square(spectrum.real) + np.square(spectrum.imag)
    return power


def _peak(correlation: NDArray[np.float64], reach: int, rate_hz: int) -> tuple[int, float]:
    """Lag of the highest peak within `reach`, and its height over the floor, in standard deviations."""
    limit = min(len(correlation) // 2 - 1, reach)
    lags = np.arange(-limit, limit + 1)
    window = correlation[lags]
    best = int((window * _belief(lags, rate_hz)).argmax())
    return int(lags[best]), float(window[best] / (np.sqrt(np.mean(np.square(correlation))) + 1e-12))


def _belief(lags: NDArray[np.int64], rate_hz: float) -> NDArray[np.float64]:
    """1 where a take is expected, falling to 0.6 far away."""
    belief: NDArray[np.float64] = 0.6 + 0.4 / (1 + np.square(lags / rate_hz * 1000 / BELIEF_MS))
    return belief


def spectra(sound: Mono) -> NDArray[np.float64]:
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


def place(take: Mono, where: Alignment, samples: int, *, least_ppm: float) -> Mono:
    """The take laid over the line: as long as it, silent where nothing was recorded, its clock set right.

    Args:
        take: As recorded.
        where: From `align`.
        samples: Length of the line.
        least_ppm: A drift below this is left in: a take of 30 s is then off by less than a millisecond.
    """
    if abs(where.drift_ppm) < least_ppm:
        laid = np.zeros(samples, np.float32)
        first, last = max(0, -where.offset_samples), min(samples, len(take) - where.offset_samples)
        if last > first:
            laid[first:last] = take[first + where.offset_samples : last + where.offset_samples]
        return laid
    return between.read(
        take, where.offset_samples + np.arange(samples, dtype=np.float64) * (1 + where.drift_ppm * 1e-6)
    )


def changes(sound: Mono) -> NDArray[np.float32]:
    """How each of 23 bands rises and falls over 20 ms, every 5 ms, shape (frames, 23)."""
    bands = spectra(sound)
    log: NDArray[np.float32] = np.log(bands + 1e-3 * bands.mean() + 1e-12).astype(np.float32)
    moving = np.zeros_like(log)
    moving[2:-2] = log[4:] - log[:-4]
    return moving


def _follow(sung: NDArray[np.float64], meant: NDArray[np.float64], reach: int) -> Alignment:
    """A delay for every 20 ms of the guide, along the path on which take and guide change alike; the middle counts.

    The confidence is how much more alike the two are along the path than anywhere, 0 for noise.
    """
    thin = 4
    guide, take = (np.log(bands + 1e-3 * bands.mean() + 1e-12)[::thin] for bands in (meant, sung))
    guide, take = (np.diff(bands, axis=0, prepend=bands[:1]) for bands in (guide, take))
    guide, take = (
        bands / (np.linalg.norm(bands, axis=1, keepdims=True) + 0.2 * np.linalg.norm(bands, axis=1).max() + 1e-9)
        for bands in (guide, take)
    )
    hop = thin * round(HOP_S * RATE_HZ)
    limit = max(1, reach // hop)
    padded = np.pad(take, ((limit, max(0, len(guide) - len(take)) + limit), (0, 0)))
    near = np.lib.stride_tricks.sliding_window_view(padded, 2 * limit + 1, axis=0)[: len(guide)]  # (rows, bands, lags)
    likeness = np.einsum("rb,rbl->rl", guide, near)  # (rows, lags)
    lags = np.arange(-limit, limit + 1)
    score = likeness + 0.01 * _belief(lags, RATE_HZ / hop)
    path = best_path(score, widest=1, price=0.05, leap=1.0)
    telling = np.linalg.norm(guide, axis=1) > 0.3
    chosen = path[telling] if telling.any() else path
    along = likeness[np.arange(len(path)), path].mean()
    chance = np.sort(likeness, axis=1)[:, -max(1, limit // 8) :].mean()
    confidence = float(np.clip((along - 0.5 * chance) / (chance + 1e-9), 0.0, 1.0)) * 0.5
    return Alignment(int(np.median(lags[chosen])) * hop, "dtw", confidence)


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

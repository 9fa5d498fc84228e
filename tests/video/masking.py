"""How much of what a coder adds to a sound can be heard: noise against what masks it.

The ear is the one that ITU-R BS.1387-1 (PEAQ) describes in annex 2 as "FFT based", with its noise-to-mask ratio: a
published measure that shares nothing with any encoder. Below 0 dB noise is masked. Left out is what the standard
derives from other patterns (modulation, loudness, an overall grade).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
FRAME, STEP = 2_048, 1_024
"""Samples looked at at once, and until the next look."""

BARK = 0.25
"""Width of a band."""

LOWEST_HZ, HIGHEST_HZ = 80.0, 18_000.0
FULL_SCALE_DB = 92.0
"""How loud a full sine of 1,019.5 Hz is played, in dB SPL."""

FASTEST_S, SLOWEST_S = 0.008, 0.030
"""How long an ear remembers: at high frequencies, and at 100 Hz."""

Wave = NDArray[np.floating]
"""One channel, shape (samples,), full scale at 1."""

Values = NDArray[np.float64]


def _bark(hz: float) -> float:
    return float(7 * np.arcsinh(hz / 650))


BANDS = int(np.ceil((_bark(HIGHEST_HZ) - _bark(LOWEST_HZ)) / BARK))
_EDGES = np.append(_bark(LOWEST_HZ) + BARK * np.arange(BANDS), _bark(HIGHEST_HZ))
_EDGES_HZ = 650 * np.sinh(_EDGES / 7)
_CENTRES = (_EDGES[1:] + _EDGES[:-1]) / 2
CENTRES_HZ = 650 * np.sinh(_CENTRES / 7)

_WINDOW = np.sqrt(8 / 3) * np.hanning(FRAME)
_BINS_HZ = np.arange(FRAME // 2 + 1) * RATE_HZ / FRAME
_OFFSET_DB = np.maximum(3, BARK * np.arange(BANDS) / 4)
"""How far below what excites a band noise is masked in it: by more from 12 Bark on."""


@lru_cache(maxsize=1)
def _weights() -> Values:
    """What the outer and the middle ear let through, with the scale to dB SPL, per bin of amplitude."""
    khz = np.maximum(_BINS_HZ, _BINS_HZ[1] / 2) / 1_000
    through_db = -2.184 * khz**-0.8 + 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) - 1e-3 * khz**3.6
    sine = _WINDOW * np.sin(2 * np.pi * 1_019.5 / RATE_HZ * np.arange(FRAME))
    loudest: float = np.abs(np.fft.rfft(sine)).max()
    weights: Values = 10 ** ((FULL_SCALE_DB + through_db) / 20) / loudest
    weights[0] = 0
    return weights


@lru_cache(maxsize=1)
def _shares() -> Values:
    """How much of each bin lies in each band, shape (bins, BANDS)."""
    half = _BINS_HZ[1] / 2
    low = np.maximum(_BINS_HZ[:, None] - half, _EDGES_HZ[:-1])
    high = np.minimum(_BINS_HZ[:, None] + half, _EDGES_HZ[1:])
    shares: Values = np.clip(high - low, 0, None) / (2 * half)
    return shares


def _spectra(wave: Wave) -> Values:
    """Amplitudes as they reach the inner ear, shape (frames, bins)."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, FRAME)[::STEP]
    spectra: Values = np.abs(np.fft.rfft(frames * _WINDOW)) * _weights()
    return spectra


def _spread(power: Values) -> Values:
    """What excites each band, with what spills over from the others: further upwards the louder it is.

    Args:
        power: Of one frame, shape (BANDS,).
    """
    away = np.arange(BANDS) - np.arange(BANDS)[:, None]
    upwards_db = -24 - 230 / CENTRES_HZ + 2 * np.log10(power)
    slopes = np.where(away < 0, -27 * BARK * -away, BARK * np.minimum(upwards_db, 0)[:, None] * away)
    reaches = 10 ** (slopes / 10)
    spread: Values = ((power[:, None] * reaches / reaches.sum(1, keepdims=True)) ** 0.4).sum(0) ** 2.5
    return spread


def _masks(spectra: Values) -> Values:
    """The noise power that is just masked, shape (frames, BANDS)."""
    inner = 10 ** (0.1456 * (CENTRES_HZ / 1_000) ** -0.8)
    even = _spread(np.ones(BANDS))
    remembered_s = FASTEST_S + 100 / CENTRES_HZ * (SLOWEST_S - FASTEST_S)
    kept = np.exp(-STEP / RATE_HZ / remembered_s)
    masks, lasting = [], np.zeros(BANDS)
    for power in spectra**2 @ _shares() + inner:
        excited = _spread(power) / even
        lasting = kept * lasting + (1 - kept) * excited
        masks.append(np.maximum(lasting, excited) * 10 ** (-_OFFSET_DB / 10))
    return np.array(masks)


def noise_to_mask(meant: Wave, heard: Wave) -> Values:
    """Power of the noise in a coded sound by the power that would be masked, shape (frames, BANDS).

    Args:
        meant: What was coded.
        heard: What is played, as long and at the same place.
    """
    spectra = _spectra(meant)
    noise = (_spectra(heard) - spectra) ** 2 @ _shares()
    ratios: Values = noise / _masks(spectra)
    return ratios


def decibels(ratios: Values) -> float:
    """The mean of ratios, as a level."""
    return float(10 * np.log10(ratios.mean() + 1e-12))

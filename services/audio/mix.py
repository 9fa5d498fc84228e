"""The voice into the band: level, place, and a band that steps back while it sounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from services.audio import meter
from services.audio.decode import RATE_HZ, Mono, Stereo

CONTROL = RATE_HZ // 200
"""Samples per value of a slow gain curve: 5 ms."""

RELEASES = 10
"""After so many releases the band has come back, however far it had stepped."""

# A band that has come back to within this of its own level has come back.
BACK_DB = 0.001

# What is quieter than this over the band is not heard: a room's last echo. -96 dB is the floor of 16 bits.
UNHEARD = 10 ** (-90 / 20)


@dataclass(frozen=True)
class Duck:
    """How far the band steps back while the voice sounds.

    Attributes:
        by_db: How far.
        threshold_db: Level of the voice, in dBFS over 30 ms, above which it counts as singing.
        attack_ms: How fast it steps back.
        release_ms: How fast it returns.
    """

    by_db: float
    threshold_db: float
    attack_ms: float
    release_ms: float

    @property
    def tail(self) -> int:
        """Samples after the voice by which the band has come back."""
        return RELEASES * round(self.release_ms * RATE_HZ / 1000)


@dataclass(frozen=True)
class Band:
    """All stems together.

    Attributes:
        samples: Shape (samples, 2).
        energy: K-weighted energy of every whole hop of the meter, shape (hops,).
    """

    samples: Stereo
    energy: NDArray[np.float64]


@dataclass(frozen=True)
class Blend:
    """A voice over a band.

    Attributes:
        samples: Shape (samples, 2).
        changed: First sample at which it is not the band, and the one after the last; equal where no voice sounds.
    """

    samples: Stereo
    changed: tuple[int, int]


def band(samples: Stereo) -> Band:
    """The stems, with how loud they are."""
    return Band(samples, meter.energy(samples))


def levelled(voice: Mono, lufs: float) -> Mono:
    """The voice at a given loudness, so that thresholds of a chain mean the same for every phone."""
    result: Mono = voice * np.float32(10 ** ((lufs - meter.loudness_lufs(voice)) / 20))
    return result


def place(voice: NDArray[np.float32], start: int, samples: int) -> NDArray[np.float32]:
    """The voice in a silence of `samples` samples, its first one at `start`; what sticks out at either end is cut."""
    placed = np.zeros((samples, *voice.shape[1:]), np.float32)
    first, last = max(0, start), min(samples, start + len(voice))
    if last > first:
        placed[first:last] = voice[first - start : last - start]
    return placed


def duck_curve(voice: NDArray[np.float32], duck: Duck) -> NDArray[np.float32]:
    """The band's gain for every sample of the voice, shape (samples,), 1 where it does not step back."""
    power = (np.square(voice[:, 0]) + np.square(voice[:, 1])) / 2 if voice.ndim == 2 else np.square(voice)
    # The mean of six values of 5 ms: 30 ms.
    values = np.add.reduceat(power, np.arange(0, len(power), CONTROL), dtype=np.float64) / CONTROL
    level = uniform_filter1d(values, 6, mode="constant")  # (values,)
    singing = 10 * np.log10(level + 1e-12) > duck.threshold_db
    into = np.exp(-5 / duck.attack_ms)
    back = np.exp(-5 / duck.release_ms)
    depth, now = np.zeros(len(singing)), 0.0
    for index, sung in enumerate(singing.tolist()):
        aim, keep = (1.0, into) if sung else (0.0, back)
        now = aim + (now - aim) * keep
        if not sung and now * duck.by_db < BACK_DB:
            now = 0.0
        depth[index] = now
    coarse = 10 ** (-duck.by_db * depth / 20)
    gain: NDArray[np.float32] = np.interp(np.arange(len(voice)), np.arange(len(depth)) * CONTROL, coarse).astype(
        np.float32
    )
    return gain


def blend(band: Band, voice: NDArray[np.float32], start: int = 0, *, voice_over_backing_lu: float, duck: Duck) -> Blend:
    """Lay a voice over the band.

    Args:
        band: The stems.
        voice: One or two channels.
        start: The band's sample at which the voice begins; what sticks out is cut.
        voice_over_backing_lu: How much louder the voice is than the band where the voice sounds, both by BS.1770.
        duck: How the band makes room.
    """
    first = max(0, start)
    room = max(0, min(len(band.samples), start + len(voice) + duck.tail) - first)
    sung = place(voice, min(0, start), room)
    side = np.abs(sung) if sung.ndim == 1 else np.maximum(np.abs(sung[:, 0]), np.abs(sung[:, 1]))
    sounding = np.flatnonzero(side > 1e-3 * max(1e-9, float(side.max(initial=0.0))))
    if len(sounding) == 0:
        return Blend(band.samples, (first, first))
    part = slice(int(sounding[0]), int(sounding[-1]) + 1)
    under = meter.gated(band.energy[(first + part.start) // meter.HOP : -(-(first + part.stop) // meter.HOP)])
    # A voice of one channel sounds from both sides.
    loud_lufs = meter.loudness_lufs(sung[part]) + (0.0 if sung.ndim == 2 else 10 * np.log10(2))
    # Under a silent band the voice keeps its own level.
    gain_db = under + voice_over_backing_lu - loud_lufs if under > meter.QUIETEST_LUFS < loud_lufs else 0.0
    level = np.float32(10 ** (gain_db / 20))
    curve = duck_curve(sung, duck)
    differs = np.flatnonzero((side * level > UNHEARD) | (curve < 1))
    if len(differs) == 0:
        return Blend(band.samples, (first, first))
    begin, end = int(differs[0]), int(differs[-1]) + 1
    loud = sung[begin:end] * level
    mixed = band.samples.copy()
    mixed[first + begin : first + end] *= curve[begin:end, None]
    mixed[first + begin : first + end] += loud if sung.ndim == 2 else loud[:, None]
    return Blend(mixed, (first + begin, first + end))

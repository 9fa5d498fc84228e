"""The band taken out of a take: what the phone heard of its own loudspeaker is known but for the room between them.

The room is a filter of several frames in each band of a short-time spectrum, found by least squares against the known
backing. Frames in which the fan sings say little about the room, so they weigh less with every pass (iteratively
reweighted least squares).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from services.audio.decode import RATE_HZ, Mono

WINDOW = 4096
"""Samples of one frame, 85 ms: long enough that a band hears little of its neighbours' echo."""

STEP = 1024
"""Samples between two frames, 21 ms: what one tap of the room is long."""

# Nothing below is sung and no phone plays anything above; bands outside stay as they are.
BAND_HZ = (60.0, 10_000.0)

PASSES = 3

TOGETHER = 32
"""Bands whose rooms are found at once: their memory stays in the processor's cache."""

# Least squares fits chance too: on takes with headphones it found "leaks" of -36 dB and less. Those are left alone.
LEAST_DB = -34.0

Bands: TypeAlias = NDArray[np.complex64]
"""A short-time spectrum, shape (bands, frames)."""


@dataclass(frozen=True)
class Parted:
    """A take without its band.

    Attributes:
        voice: As long as the take.
        leak_db: Energy of the leak against the take's, in decibels; -inf where nothing was taken out.
    """

    voice: Mono
    leak_db: float


def debleed(take: Mono, backing: Mono, *, taps: float, max_db: float, playing: Bands | None = None) -> Parted:
    """Take the band out of a take.

    Args:
        take: The recording, laid over the song.
        backing: What the loudspeaker played over the same samples, as long as `take`.
        taps: Frames of 21 ms that the room may ring; the first of them lies ahead, since a take is laid a little wrong.
        max_db: No moment of any band is lowered further: where the model errs, the fan stays audible.
        playing: The backing's `spectrum` where it is known already.

    Returns:
        The voice. A take that holds no more of the band than chance explains, or is too short to tell, is given back as
        it is.
    """
    reach = round(taps)
    heard, played = spectrum(take), spectrum(backing) if playing is None else playing
    count = heard.shape[1]
    if count < 8 * reach or not backing.any():
        return Parted(take, float("-inf"))
    low, high = (round(hertz * WINDOW / RATE_HZ) for hertz in BAND_HZ)
    inside = heard[low:high]  # (bands, frames)
    # The room's memory: the same band of one frame ahead, of this one and of those before it.
    past = np.pad(played[low:high], ((0, 0), (reach - 2, 1)))
    leak = np.concatenate(
        [
            _leak(inside[few : few + TOGETHER], past[few : few + TOGETHER], reach)
            for few in range(0, len(inside), TOGETHER)
        ]
    )
    total = float(np.sum(_power(inside)))
    leak_db = 10 * float(np.log10(float(np.sum(_power(leak))) / (total + 1e-12) + 1e-12))
    if leak_db < LEAST_DB:
        return Parted(take, float("-inf"))
    rest = inside - leak
    floor = np.float32(10 ** (-max_db / 20))
    heard[low:high] = np.where(_power(rest) < floor**2 * _power(inside), floor * inside, rest)
    return Parted(_sound(heard, len(take)), leak_db)


def _leak(inside: Bands, past: Bands, reach: int) -> Bands:
    """What of some bands of a take is the backing, heard through the room; shape of `inside`.

    Args:
        inside: The take, shape (bands, frames).
        past: The backing, shape (bands, frames + reach - 1).
        reach: Frames that the room remembers.
    """
    memory = np.ascontiguousarray(
        np.lib.stride_tricks.sliding_window_view(past, reach, axis=1)
    )  # (bands, frames, taps)
    mirror = np.ascontiguousarray(np.conj(memory).swapaxes(1, 2))  # (bands, taps, frames)
    leak = np.zeros_like(inside)
    quiet = 1e-3 * np.mean(_power(inside), axis=1, keepdims=True) + np.float32(1e-12)
    ridge = np.eye(reach, dtype=np.complex64)
    for _ in range(PASSES):
        weighted = mirror * (1 / (_power(inside - leak) + quiet))[:, None, :]
        normal = weighted @ memory  # (bands, taps, taps)
        scale = np.trace(normal, axis1=1, axis2=2).real[:, None, None] / reach + np.float32(1e-12)
        room = np.linalg.solve(normal + 1e-3 * scale * ridge, weighted @ inside[:, :, None])  # (bands, taps, 1)
        leak = (memory @ room)[:, :, 0]
    return leak


def _power(bands: Bands) -> NDArray[np.float32]:
    """Square of the magnitude, without the root that is taken of it."""
    power: NDArray[np.float32] = np.square(bands.real) + np.square(bands.imag)
    return power


_SHAPE: NDArray[np.float32] = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def spectrum(sound: Mono) -> Bands:
    """Short-time spectrum of a sound, shape (bands, frames)."""
    padded = np.pad(sound.astype(np.float32), (WINDOW, WINDOW + STEP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP]  # (frames, WINDOW)
    return np.ascontiguousarray(rfft(frames * _SHAPE, axis=1).T.astype(np.complex64, copy=False))


def _sound(bands: Bands, samples: int) -> Mono:
    frames = irfft(bands.T, WINDOW, axis=1).astype(np.float32, copy=False) * (_SHAPE * np.float32(2 * STEP / WINDOW))
    parts = WINDOW // STEP
    result = np.zeros((len(frames) + parts - 1, STEP), np.float32)
    for part in range(parts):
        result[part : part + len(frames)] += frames[:, part * STEP : (part + 1) * STEP]
    voice: Mono = result.reshape(-1)[WINDOW : WINDOW + samples]
    return voice

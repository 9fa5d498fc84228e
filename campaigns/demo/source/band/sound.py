"""Signals and what is done to them: noise, saws, filters, rooms, echoes, gains. Of the song it knows tempo and form."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from scipy import signal
from score import BEAT_SAMPLES, SAMPLE_RATE_HZ, SECTIONS, SONG_SAMPLES, STOPS, beat_of, beats_in

Signal = NDArray[np.float64]
"""Mono, shape (samples,); stereo, shape (samples, 2); full scale is 1."""

FOUR_ON_THE_FLOOR = ("hook", "chorus", "break", "finale")

KICKS: tuple[float, ...] = (
    *(4.0, 5.0, 6.0, 6.75),  # bar 2, before the hook
    *beats_in(*FOUR_ON_THE_FLOOR),
    *(bar + beat for bar in beats_in("verse")[::4] for beat in (0.0, 1.75, 2.5)),
    *(bar + beat for bar in beats_in("bridge")[::4] for beat in (0.0, 2.5)),  # half as fast
    *(first + beat for first in (beat_of("lift"), beat_of("build")) for beat in (0, 1, 2, 3, 4, 4.5, 5, 5.5, 6, 6.5)),
    *(beat_of("encore") + beat for beat in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.75, 7.5, 8.0)),
)
"""Beats on which the kick drum falls, from 0; everything that is ducked is ducked here."""


def noise(name: str) -> np.random.Generator:
    """Return a generator that depends on nothing but `name`, so that instruments can be changed one by one."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def seconds(samples: int) -> Signal:
    return np.arange(samples) / SAMPLE_RATE_HZ


def hertz(midi: float) -> float:
    return float(440.0 * 2 ** ((midi - 69) / 12))


def add(track: Signal, sound: Signal, beat: float, gain: float = 1.0, pan: float = 0.0) -> None:
    """Add a sound to a stereo track at a beat; a mono sound is panned from -1 to 1 with equal power."""
    start = round(beat * BEAT_SAMPLES)
    sound = sound[: max(0, len(track) - start)]
    if sound.ndim == 1:
        angle = (pan + 1) * np.pi / 4
        sound = sound[:, None] * np.array([np.cos(angle), np.sin(angle)]) * np.sqrt(2)
    track[start : start + len(sound)] += gain * sound


def filtered(sound: Signal, kind: str, hz: float | tuple[float, float], order: int = 2) -> Signal:
    """Pass a sound through a Butterworth filter: `lowpass`, `highpass` or `bandpass`."""
    sections = signal.butter(order, hz, kind, fs=SAMPLE_RATE_HZ, output="sos")
    return np.asarray(signal.sosfilt(sections, sound, axis=0))


def swept(sound: Signal, cutoff_hz: Signal) -> Signal:
    """Low-pass a sound with a cutoff that moves, shape (samples,): fixed filters an octave apart, faded between."""
    steps = np.array([150.0, 300.0, 600.0, 1200.0, 2400.0, 4800.0, 9600.0, 18000.0])
    place = np.clip(np.log2(cutoff_hz / steps[0]), 0, len(steps) - 1)
    out = np.zeros_like(sound)
    for index, step in enumerate(steps):
        share = np.clip(1 - np.abs(place - index), 0, 1)
        if share.any():
            out += filtered(sound, "lowpass", step) * (share if sound.ndim == 1 else share[:, None])
    return out


def room(sound: Signal, decay_s: float, name: str, *, dark_hz: float = 6000.0, predelay_s: float = 0.012) -> Signal:
    """Convolve with a stereo reverberation of noise that dies away 60 dB in `decay_s`; returns only the wet part."""
    length = round(decay_s * 1.2 * SAMPLE_RATE_HZ)
    tail = noise(name).standard_normal((length, 2)) * 10 ** (-3 * seconds(length) / decay_s)[:, None]
    tail = filtered(filtered(tail, "lowpass", dark_hz, 1), "highpass", 250.0)
    tail /= np.sqrt((tail**2).sum(axis=0))
    stereo = sound if sound.ndim == 2 else np.repeat(sound[:, None], 2, axis=1)
    wet = signal.fftconvolve(stereo, tail, axes=0)[: len(stereo)]
    shift = round(predelay_s * SAMPLE_RATE_HZ)
    return np.concatenate([np.zeros((shift, 2)), wet[: len(wet) - shift]])


def echo(sound: Signal, beats: float, feedback: float) -> Signal:
    """Repeat a stereo sound from side to side; returns only the repeats."""
    step = round(beats * BEAT_SAMPLES)
    out = np.zeros_like(sound)
    centre = sound.mean(axis=1)
    level = 1.0
    for turn in range(1, 7):
        level *= feedback
        if turn * step >= len(sound):
            break
        out[turn * step :, turn % 2] += level * centre[: len(sound) - turn * step]
    return filtered(filtered(out, "highpass", 350.0), "lowpass", 5500.0)


def ducking(depth: float, release_s: float = 0.22) -> Signal:
    """Return the gain that makes room for the kick, shape (samples, 1)."""
    gain = np.ones(SONG_SAMPLES)
    length = round(0.45 * SAMPLE_RATE_HZ)
    shape = 1 - depth * np.exp(-((seconds(length) / release_s) ** 2) * 1.6)
    for beat in KICKS:
        start = round(beat * BEAT_SAMPLES)
        stop = min(SONG_SAMPLES, start + length)
        gain[start:stop] = np.minimum(gain[start:stop], shape[: stop - start])
    return signal.sosfiltfilt(signal.butter(1, 90.0, "lowpass", fs=SAMPLE_RATE_HZ, output="sos"), gain)[:, None]


def levels(*, stop: float = 0.0, default: float = 1.0, **gains: float) -> Signal:
    """Return a gain that changes from section to section within 20 ms, shape (samples, 1).

    Args:
        stop: Gain where the band holds its breath (`STOPS`).
        default: Gain of sections that are not named.
        **gains: Gain by section.
    """
    gain = np.full(SONG_SAMPLES, default)
    for section in SECTIONS:
        first = beat_of(section.name) * BEAT_SAMPLES
        gain[first : first + section.bars * 4 * BEAT_SAMPLES] = gains.get(section.name, default)
    for beat in STOPS:
        gain[round(beat * BEAT_SAMPLES) : round((beat + 1) * BEAT_SAMPLES)] *= stop
    smooth = signal.sosfiltfilt(signal.butter(1, 25.0, "lowpass", fs=SAMPLE_RATE_HZ, output="sos"), gain)
    return np.asarray(smooth[:, None])


def saw(hz: float | Signal, samples: int, phase: float) -> Signal:
    """Return a saw-tooth without audible aliases (polynomial step correction), full scale."""
    step = np.broadcast_to(np.asarray(hz) / SAMPLE_RATE_HZ, samples)
    place = (phase + np.cumsum(step)) % 1.0
    wave = 2 * place - 1
    early, late = place < step, place > 1 - step
    t = place[early] / step[early]
    wave[early] -= t + t - t * t - 1
    t = (place[late] - 1) / step[late]
    wave[late] -= t * t + t + t + 1
    return wave

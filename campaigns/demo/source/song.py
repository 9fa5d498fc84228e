"""Plays the demo song: synthesises the stems, the guide vocal and `melody.json` into `song/`.

    python campaigns/demo/source/song.py            writes campaigns/demo/song/
    python campaigns/demo/source/song.py OUT_DIR    writes elsewhere
    python campaigns/demo/source/song.py --mix MIX.wav   also bounces stems and guide together, to listen to

Everything is computed from `score.py` with a fixed seed: drums from noise and falling sines, keys from detuned saws,
plucks from decaying harmonics, voices from `singer.py`. Equal code gives equal samples on one machine; across
processors they may differ by the last bit.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import signal
from scipy.ndimage import minimum_filter1d
from score import (
    BEAT_SAMPLES,
    CHORDS,
    PROGRESSION,
    ROOTS,
    SAMPLE_RATE_HZ,
    SONG_SAMPLES,
    SungNote,
    sung_line,
)
from singer import GUIDE, sing

Signal = NDArray[np.float64]
"""Mono, shape (samples,); stereo, shape (samples, 2); full scale is 1."""

KICKS: tuple[float, ...] = (
    *(4.0, 5.0, 6.0, 6.75),  # bar 2, before the drop
    *(bar * 4 + beat for bar in range(2, 10) for beat in (0.0, 1.0, 2.0, 3.0)),
    *(40.0, 41.0, 42.0, 42.75, 43.5, 44.0),
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


# ---- drums ---------------------------------------------------------------------------------------------------------


def kick() -> Signal:
    t = seconds(round(0.36 * SAMPLE_RATE_HZ))
    sweep = 47 + 190 * np.exp(-t / 0.022) + 40 * np.exp(-t / 0.09)
    body = np.sin(2 * np.pi * np.cumsum(sweep) / SAMPLE_RATE_HZ) * np.exp(-t / 0.15)
    click = filtered(noise("kick").standard_normal(len(t)), "bandpass", (1800, 7000)) * np.exp(-t / 0.004)
    return np.tanh(2.2 * body + 0.5 * click) * np.minimum(1, (t[-1] - t) / 0.03)


def clap(name: str) -> Signal:
    t = seconds(round(0.38 * SAMPLE_RATE_HZ))
    hiss = noise(name).standard_normal((len(t), 2))
    envelope = sum(np.where(t >= d, np.exp(-(t - d) / 0.006), 0.0) for d in (0.0, 0.011, 0.021))
    envelope = envelope + np.where(t >= 0.03, np.exp(-(t - 0.03) / 0.085), 0.0)
    hands = filtered(hiss, "bandpass", (900, 3200)) * envelope[:, None]
    snap = filtered(hiss, "highpass", 4500) * np.exp(-t / 0.05)[:, None] * 0.35
    skin = np.sin(2 * np.pi * np.cumsum(185 + 90 * np.exp(-t / 0.02)) / SAMPLE_RATE_HZ) * np.exp(-t / 0.07)
    return np.tanh(1.3 * (hands + snap) + 0.55 * skin[:, None])


def snare(name: str) -> Signal:
    t = seconds(round(0.22 * SAMPLE_RATE_HZ))
    wires = filtered(noise(name).standard_normal(len(t)), "highpass", 1800) * np.exp(-t / 0.06)
    skin = np.sin(2 * np.pi * np.cumsum(200 + 120 * np.exp(-t / 0.015)) / SAMPLE_RATE_HZ) * np.exp(-t / 0.06)
    return np.tanh(0.7 * wires + 0.9 * skin)


def tom(midi: float) -> Signal:
    t = seconds(round(0.35 * SAMPLE_RATE_HZ))
    return np.tanh(
        1.6
        * np.sin(2 * np.pi * np.cumsum(hertz(midi) * (1 + 0.5 * np.exp(-t / 0.03))) / SAMPLE_RATE_HZ)
        * np.exp(-t / 0.11)
    )


def hat(name: str, decay_s: float) -> Signal:
    t = seconds(round(6 * decay_s * SAMPLE_RATE_HZ))
    metal = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in (3411.0, 4937.0, 5721.0, 7103.0, 8369.0))
    mixed = filtered(0.18 * metal + noise(name).standard_normal(len(t)), "bandpass", (6200, 13500), 2)
    return mixed * np.exp(-t / decay_s) * 0.5


def crash(name: str, decay_s: float = 0.9) -> Signal:
    t = seconds(round(4 * decay_s * SAMPLE_RATE_HZ))
    hiss = noise(name).standard_normal((len(t), 2))
    return filtered(hiss, "highpass", 3800) * (np.exp(-t / decay_s) * np.minimum(1, t / 0.002))[:, None] * 0.4


def play_drums() -> Signal:  # noqa: PLR0912  a drum part is one list of events after another
    track = np.zeros((SONG_SAMPLES, 2))
    swing = 0.035  # of a beat, on every second sixteenth

    low = kick()
    for beat in KICKS:
        add(track, low, beat, 0.40)

    for bar in range(2, 10):
        for beat in (1, 3):
            add(track, clap(f"clap {bar} {beat}"), bar * 4 + beat, 0.62)
        add(track, snare(f"ghost {bar}"), bar * 4 + 2.75 + swing, 0.07, 0.15)
    for beat in (41.0, 43.0):
        add(track, clap(f"clap {beat}"), beat, 0.62)

    for bar in range(2, 11):
        for step in range(16):
            at = bar * 4 + step / 4 + (swing if step % 2 else 0.0)
            accent = (0.85, 0.4, 0.7, 0.48)[step % 4]
            add(track, hat(f"hat {bar} {step}", 0.018 + 0.006 * (step % 3)), at, 0.12 * accent, 0.28)
        for beat in range(4):
            add(track, hat(f"open {bar} {beat}", 0.075), bar * 4 + beat + 0.5, 0.13, -0.22)
    shaker = [filtered(noise(f"shaker {i}").standard_normal(2200), "bandpass", (5000, 11000)) for i in range(4)]
    grain = np.hanning(2200) ** 0.7
    for step in range(32, 176):
        add(
            track,
            shaker[step % 4] * grain,
            step / 4 + (swing if step % 2 else 0),
            0.05 if step % 4 == 2 else 0.03,
            -0.5,
        )

    # Bar 2: a roll that doubles into the drop. Bars 4, 8 and 10 end in fills.
    rolls = [4 + i / 2 for i in range(4)] + [6 + i / 4 for i in range(4)] + [7 + i / 8 for i in range(6)]
    for index, beat in enumerate(rolls):
        add(track, snare(f"roll {index}"), beat, 0.07 + 0.18 * (beat - 4) / 4, 0.2 * np.sin(index))
    for first, drums in ((14.5, "sstt"), (31.0, "sttt"), (39.0, "stst")):
        for index, drum in enumerate(drums):
            sound = snare(f"fill {first} {index}") if drum == "s" else tom(52 - 3 * index)
            add(track, sound, first + index / 4, 0.3, 0.5 - 0.33 * index)
    for index in range(6):
        add(
            track,
            snare(f"last {index}") if index % 2 else tom(53 - 2 * index),
            42.5 + index / 4,
            0.26,
            0.6 - 0.24 * index,
        )

    for beat, gain in ((8.0, 0.42), (16.0, 0.42), (32.0, 0.46), (44.0, 0.5)):
        add(track, crash(f"crash {beat}"), beat, gain, 0.0)
    for beat in (8.0, 16.0, 32.0, 44.0):  # a cymbal played backwards leads into each part
        backwards = crash(f"reverse {beat}", 0.5)[: 2 * BEAT_SAMPLES][::-1].copy()
        add(track, backwards, beat - 2.0, 0.30)
    boom = np.sin(2 * np.pi * np.cumsum(38 + 60 * np.exp(-seconds(60000) / 0.12)) / SAMPLE_RATE_HZ)
    for beat in (8.0, 44.0):
        add(track, np.tanh(1.5 * boom * np.exp(-seconds(60000) / 0.45)), beat, 0.3)

    wet = room(filtered(track, "highpass", 300), 0.5, "drum room")
    return track + 0.10 * wet


# ---- keys, bass, plucks, lead --------------------------------------------------------------------------------------


def supersaw(midi: float, samples: int, name: str) -> Signal:
    """Seven saws a few cents apart, spread from left to right, shape (samples, 2)."""
    random = noise(name)
    out = np.zeros((samples, 2))
    for cents, pan in zip((-19, -12, -5, 0, 6, 11, 20), (-1, 0.7, -0.4, 0, 0.4, -0.7, 1), strict=True):
        wave = saw(hertz(midi + cents / 100), samples, random.random())
        out += wave[:, None] * np.array([1 - pan, 1 + pan]) / 2
    return out / 3.2


def chord_spans() -> list[tuple[str, int, int]]:
    """Return each chord with its first beat and its length in beats."""
    spans, beat = [], 0
    for name, beats in PROGRESSION:
        spans.append((name, beat, beats))
        beat += beats
    return spans


def play_pads() -> Signal:
    """Wide chords, opened by a filter that rises through the intro."""
    track = np.zeros((SONG_SAMPLES, 2))
    for name, beat, beats in chord_spans():
        length = beats * BEAT_SAMPLES + round(0.10 * SAMPLE_RATE_HZ)
        fade = np.minimum(1, np.minimum(seconds(length) / 0.015, (length / SAMPLE_RATE_HZ - seconds(length)) / 0.10))
        if name == "C":
            length = SONG_SAMPLES - beat * BEAT_SAMPLES
            fade = np.minimum(1, seconds(length) / 0.008) * np.exp(-seconds(length) / 0.9)
        for index, midi in enumerate(CHORDS[name]):
            add(track, supersaw(midi, length, f"pad {beat} {midi}") * fade[:, None], beat, 0.115 if index else 0.09)
            if index >= 2 and name != "C":
                add(track, supersaw(midi + 12, length, f"pad {beat} {midi} up") * fade[:, None], beat, 0.06)
    t = seconds(SONG_SAMPLES)
    open_hz = np.interp(
        t, [0, 3.6, 4, 8, 8.01, 16, 16.01, 20, 22, 24], [500, 4500, 9000, 9000, 6000, 7500, 12000, 14000, 14000, 4000]
    )
    return filtered(swept(track, open_hz), "highpass", 240) * (0.25 + 0.75 * ducking(0.8))


def play_stabs() -> Signal:
    """Short off-beat chords, the funk guitar's place."""
    track = np.zeros((SONG_SAMPLES, 2))
    pattern = (0.75, 1.5, 2.75, 3.5)
    for name, beat, beats in chord_spans():
        for at in (p for p in pattern if p < beats):
            if not 8 <= beat + at < 44:
                continue
            for index, midi in enumerate(CHORDS[name][1:]):
                sound = pluck(midi + 12, 0.16, 0.13, f"stab {beat + at} {midi}")
                add(track, sound, beat + at + index * 0.012, 0.15, 0.55 if index % 2 else -0.55)
    return track + 0.35 * room(track, 0.7, "stab room")


def pluck(midi: float, decay_s: float, position: float, name: str, seconds_long: float = 0.9) -> Signal:
    """A plucked string: harmonics as the place of the pluck excites them, the high ones dying first."""
    t = seconds(round(seconds_long * SAMPLE_RATE_HZ))
    f0 = hertz(midi)
    out = np.zeros_like(t)
    random = noise(name)
    for n in range(1, min(32, int(14000 / f0)) + 1):
        level = np.sin(np.pi * n * position) / n * (1 + 0.1 * random.standard_normal())
        out += (
            level
            * np.exp(-t * (1 + 0.09 * n**1.5) / decay_s)
            * np.sin(2 * np.pi * f0 * n * np.sqrt(1 + 0.00012 * n * n) * t)
        )
    return out * np.minimum(1, t / 0.0015) * np.minimum(1, (t[-1] - t) / 0.02)


def play_arpeggio() -> Signal:
    """Sixteenths that climb through the chord, from side to side."""
    track = np.zeros((SONG_SAMPLES, 2))
    order = (0, 2, 1, 3, 2, 3, 1, 2)
    for name, beat, beats in chord_spans():
        tones = CHORDS[name][:4]
        if name == "C":
            continue
        for step in range(beats * 4):
            at = beat + step / 4
            up = 24 if (step // 8) % 2 else 12
            level = 0.045 + 0.035 * min(1.0, at / 8) if at < 8 else (0.07 if not 16 <= at < 32 else 0.05)
            sound = pluck(tones[order[step % 8]] + up, 0.22, 0.31, f"arp {at}", 0.6)
            add(track, sound, at, level * (1.25 if step % 4 == 0 else 0.9), 0.65 * np.sin(at * 2.1))
    return (track + echo(track, 0.75, 0.5) + 0.3 * room(track, 1.4, "arp room")) * (0.5 + 0.5 * ducking(0.6))


def play_bass() -> Signal:
    """Disco bass: octaves in eighths, with a sine underneath."""
    mono = np.zeros((SONG_SAMPLES, 2))
    spans = [(name, beat, beats) for name, beat, beats in chord_spans() if 8 <= beat < 44]
    for name, beat, beats in spans:
        root = ROOTS[name]
        line = (
            (0.0, 0.42, 0),
            (0.5, 0.22, 12),
            (0.75, 0.2, 0),
            (1.0, 0.3, 0),
            (1.5, 0.4, 12),
            (2.0, 0.42, 0),
            (2.5, 0.22, 12),
            (2.75, 0.2, 7),
            (3.0, 0.3, 0),
            (3.5, 0.22, 12),
            (3.75, 0.2, 7),
        )
        for at, long, up in (n for n in line if n[0] < beats):
            length = round((long + 0.06) * BEAT_SAMPLES)
            t = seconds(length)
            hz = hertz(root + up - (12 if root > 47 else 0))
            shape = np.minimum(1, t / 0.004) * np.minimum(1, (t[-1] - t) / 0.02)
            bright = swept(saw(hz, length, 0.25) + 0.5 * saw(hz * 1.004, length, 0.6), 250 + 2600 * np.exp(-t / 0.07))
            under = np.sin(2 * np.pi * hz * t)
            add(mono, np.tanh(1.1 * (0.55 * bright + 0.8 * under)) * shape, beat + at, 0.20)
    length = 4 * BEAT_SAMPLES
    t = seconds(length)
    last = np.tanh(1.4 * np.sin(2 * np.pi * hertz(36) * t)) * np.exp(-t / 0.7) * np.minimum(1, t / 0.004)
    add(mono, last, 44, 0.24)
    return mono * (0.2 + 0.8 * ducking(0.85, 0.16))


LEAD: tuple[tuple[float, float, int], ...] = (
    # (beat within four bars or two, length in beats, MIDI note): the drop's hook, twice as dense in the dance break
    (0.0, 0.5, 79),
    (0.75, 0.5, 76),
    (1.5, 0.5, 79),
    (2.0, 0.5, 81),
    (2.75, 0.5, 79),
    (3.5, 0.5, 76),
    (4.0, 0.5, 74),
    (4.75, 0.5, 76),
    (5.5, 0.5, 79),
    (6.0, 1.0, 76),
    (7.0, 0.5, 72),
    (7.5, 0.5, 74),
)


def play_lead() -> Signal:
    """The synthesiser that sings when nobody sings."""
    track = np.zeros((SONG_SAMPLES, 2))
    for first in (8, 32):
        for at, beats, midi in LEAD:
            length = round(beats * 1.02 * BEAT_SAMPLES)
            t = seconds(length)
            bend = (
                midi - 0.8 * np.exp(-t / 0.018) + 0.14 * np.clip((t - 0.16) / 0.1, 0, 1) * np.sin(2 * np.pi * 5.8 * t)
            )
            hz = 440.0 * 2 ** ((bend - 69) / 12)
            shape = np.minimum(1, t / 0.006) * np.minimum(1, (t[-1] - t) / 0.03) * (0.55 + 0.45 * np.exp(-t / 0.2))
            left = saw(hz * 1.003, length, 0.1) - 0.6 * saw(hz * 0.4995, length, 0.55)
            right = saw(hz * 0.997, length, 0.4) - 0.6 * saw(hz * 0.5005, length, 0.2)
            add(track, np.stack([left, right], axis=1) * shape[:, None], first + at, 0.13)
            if first == 32:
                add(track, pluck(midi + 12, 0.3, 0.21, f"bell {at}"), first + at, 0.10, 0.4 * np.sin(at))
    track = filtered(filtered(track, "lowpass", 9500, 1), "highpass", 350)
    return (track + 0.55 * echo(track, 0.75, 0.45) + 0.25 * room(track, 1.6, "lead hall")) * (
        0.55 + 0.45 * ducking(0.6)
    )


def play_effects() -> Signal:
    """Risers, a falling tail and sparkle at the end."""
    track = np.zeros((SONG_SAMPLES, 2))
    for first, beats, gain in ((4.0, 4.0, 0.16), (29.0, 3.0, 0.09), (41.0, 3.0, 0.10)):
        length = round(beats * BEAT_SAMPLES)
        t = np.linspace(0, 1, length)
        hiss = noise(f"riser {first}").standard_normal((length, 2))
        whistle = saw(hertz(60) * 2 ** (2 * t**2), length, 0.0) * 0.35
        rise = swept(hiss + whistle[:, None], 300 * 2 ** (5.5 * t)) * (t**2)[:, None]
        add(track, filtered(rise, "highpass", 250), first, gain)
    length = 3 * BEAT_SAMPLES
    fall = swept(noise("fall").standard_normal((length, 2)), 9000 * np.exp(-seconds(length) / 0.35) + 200)
    add(track, fall * np.exp(-seconds(length) / 0.5)[:, None], 8, 0.09)
    for index, midi in enumerate((72, 76, 79, 84, 86, 88, 91, 96)):
        add(track, pluck(midi, 0.7, 0.4, f"sparkle {index}", 1.6), 44 + index * 0.125, 0.11, 0.7 * np.sin(index * 1.7))
    return track + 0.5 * room(track, 2.2, "effect hall")


# ---- voices --------------------------------------------------------------------------------------------------------


def _note(beat: float, beats: float, midi: int, phones: str) -> SungNote:
    start = round(beat * BEAT_SAMPLES)
    return SungNote(start, start + round(beats * BEAT_SAMPLES), midi, phones, tuple(phones.split()), "")


def _choir(notes: list[SungNote], name: str, voices: int, spread: float, tract: float = 1.08) -> Signal:
    """Several singers of one line, each a little late, a little off and somewhere else on the stage."""
    out = np.zeros((SONG_SAMPLES, 2))
    random = noise(name)
    for index in range(voices):
        late = round(random.uniform(0.0, 0.022) * SAMPLE_RATE_HZ)
        shifted = [replace(n, start=n.start + late, end=n.end + late) for n in notes]
        cents = list(random.normal(0, 9, len(notes)))
        person = replace(
            GUIDE,
            tract=tract * (1 + random.uniform(-0.06, 0.06)),
            vibrato_hz=random.uniform(5.0, 6.2),
            breath=1.8,
            consonants=0.5,
            tilt=0.9,
        )
        voice = sing(shifted, SONG_SAMPLES, person, seed=int(random.integers(1 << 30)), cents=cents)
        pan = spread * (2 * index / max(1, voices - 1) - 1)
        angle = (pan + 1) * np.pi / 4
        out += voice[:, None] * np.array([np.cos(angle), np.sin(angle)])
    return out / np.sqrt(voices)


def play_voices() -> Signal:
    """Backing vocals: answers and harmonies under the fan, a chant in the break, chopped vowels in the intro."""
    line = sung_line()
    track = np.zeros((SONG_SAMPLES, 2))

    echoes = [n for n in line if n.syllable in ("oh", "glow", "show", "name,", "night,", "high,")]
    third = {62: 59, 64: 60, 67: 64, 69: 65, 71: 67}
    harmony = [replace(n, midi=third[n.midi]) for n in echoes]
    harmony[-1] = replace(harmony[-1], midi=64)
    track += 0.30 * _choir(harmony, "harmony", 4, 0.9)
    track += 0.16 * _choir(echoes, "doubles", 2, 1.0)

    chant = []
    for first, steps in (
        (32, ((0, 76), (0.75, 72), (1.5, 76))),
        (34, ((0, 74), (0.75, 71), (1.5, 74))),
        (36, ((0, 71), (0.75, 74), (1.5, 76))),
        (38, ((0, 76), (0.75, 74), (1.5, 72))),
        (40, ((0, 76), (0.75, 72), (1.5, 77))),
        (42, ((0, 79), (0.75, 77), (1.25, 76))),
    ):
        chant += [_note(first + at, 0.55, midi, "O U") for at, midi in steps]
    low = [replace(n, midi=n.midi - 12) for n in chant]
    track += 0.26 * _choir(chant, "chant high", 4, 0.9) + 0.30 * _choir(low, "chant low", 3, 0.5, 1.0)

    pad = [_note(44, 3.2, midi, "A") for midi in (60,)]
    for midi in (60, 64, 67, 72):
        track += 0.17 * _choir([replace(pad[0], midi=midi)], f"last {midi}", 2, 0.8)

    # The intro's chops: one sung vowel, cut and thrown about on the off-beats.
    chops = (
        (0.5, 76, "E"),
        (1.25, 76, "a"),
        (2.0, 79, "E"),
        (3.0, 72, "O"),
        (4.5, 74, "E"),
        (5.25, 74, "a"),
        (6.0, 79, "E"),
        (6.5, 79, "E"),
        (7.0, 81, "E"),
        (7.25, 81, "E"),
        (7.5, 81, "a"),
    )
    cut = [_note(beat, 0.22, midi, f"h {vowel}") for beat, midi, vowel in chops]
    chopped = 0.5 * _choir(cut, "chops", 2, 0.6, 1.22)
    chopped = filtered(chopped, "highpass", 500)
    track += chopped + 0.6 * echo(chopped, 0.75, 0.5)

    track = filtered(track, "highpass", 180)
    return track + 0.30 * room(track, 1.8, "choir hall", dark_hz=7000) + 0.2 * echo(track, 0.5, 0.35)


def play_guide() -> Signal:
    """The campaign's own lead of the fan's line: dry, mono, evened out and de-rumbled."""
    voice = sing(sung_line(), SONG_SAMPLES, GUIDE, seed=7)
    voice = filtered(voice, "highpass", 120)
    level = np.sqrt(np.maximum(1e-9, filtered(voice**2, "lowpass", 12.0, 1)))
    voice = voice * (level / 0.12 + 0.3) ** -0.35
    return 0.5 * voice / np.abs(voice).max()


# ---- bounce --------------------------------------------------------------------------------------------------------


def limited(stem: Signal, ceiling: float) -> Signal:
    """Hold a stem below `ceiling` with a gain that looks 3 ms ahead."""
    peak = np.abs(stem).max(axis=1) if stem.ndim == 2 else np.abs(stem)
    need = np.minimum(1.0, ceiling / np.maximum(peak, 1e-9))
    ahead = round(0.003 * SAMPLE_RATE_HZ)
    held = minimum_filter1d(need, 2 * ahead + 1, mode="nearest")
    window = np.hanning(2 * ahead + 3)[1:-1]
    gain = np.convolve(np.pad(held, ahead, mode="edge"), window / window.sum(), mode="valid")
    return stem * (gain[:, None] if stem.ndim == 2 else gain)


def play_music() -> Signal:
    """Everything with strings or keys, as one stem."""
    return play_pads() + play_stabs() + play_arpeggio() + play_bass() + play_lead() + play_effects()


STEMS: dict[str, tuple[Callable[[], Signal], float, float]] = {
    "drums": (play_drums, 0.90, 0.50),
    "music": (play_music, 0.95, 0.46),
    "backing_vocals": (play_voices, 1.15, 0.28),
    "guide": (play_guide, 0.90, 0.60),
}
"""Each stem with who plays it, its gain and its ceiling; the stems add up to less than full scale."""

FADE_SAMPLES = SAMPLE_RATE_HZ // 2
"""The last half second fades out, so that no tail is cut."""


def play(name: str) -> Signal:
    """Play one stem, ready to be written: shape (SONG_SAMPLES, 2), the guide (SONG_SAMPLES,)."""
    player, gain, ceiling = STEMS[name]
    stem = limited(gain * player(), ceiling)
    fade = np.ones(SONG_SAMPLES)
    fade[-FADE_SAMPLES:] = np.cos(np.linspace(0, np.pi / 2, FADE_SAMPLES)) ** 2
    return stem * (fade[:, None] if stem.ndim == 2 else fade)


def melody() -> dict[str, list[dict[str, object]]]:
    """Return `fancam.v1.Melody` in protobuf's JSON mapping: 64 bit integers are strings there."""
    return {
        "notes": [
            {
                "startSamples": str(note.start),
                "endSamples": str(note.end),
                "midi": note.midi,
                "syllable": note.syllable,
                "visemes": note.visemes,
            }
            for note in sung_line()
        ]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Synthesise the demo song.")
    parser.add_argument("out", nargs="?", type=Path, default=Path(__file__).resolve().parents[1] / "song")
    parser.add_argument("--mix", type=Path, help="also write a rough mix of stems and guide here")
    parser.add_argument("--only", choices=STEMS, action="append", help="play only this stem; may be given again")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rough = np.zeros((SONG_SAMPLES, 2))
    for name in arguments.only or STEMS:
        stem = play(name)
        soundfile.write(arguments.out / f"{name}.flac", stem, SAMPLE_RATE_HZ, subtype="PCM_16")
        rough += stem if stem.ndim == 2 else stem[:, None]
        level = 20 * np.log10(np.sqrt((stem**2).mean()))
        print(f"{name:16} peak {np.abs(stem).max():.3f}  rms {level:6.1f} dBFS")
    (arguments.out / "melody.json").write_text(json.dumps(melody(), indent=1) + "\n")
    if arguments.mix:
        soundfile.write(arguments.mix, limited(rough, 0.89), SAMPLE_RATE_HZ, subtype="PCM_16")
        print(f"peak of the sum before limiting: {np.abs(rough).max():.3f}")


if __name__ == "__main__":
    main()

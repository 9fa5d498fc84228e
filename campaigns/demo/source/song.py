"""Plays the demo song: synthesises the stems, the guide vocal, `melody.json` and `band.json` into `song/`.

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
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import signal
from scipy.ndimage import minimum_filter1d
from score import (
    BEAT_SAMPLES,
    SAMPLE_RATE_HZ,
    SECTIONS,
    SONG_SAMPLES,
    STOPS,
    SungNote,
    band_lines,
    beat_of,
    beats_in,
    chords,
    sung_line,
)
from singer import GUIDE, sing

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


SWING = 0.035
"""Of a beat: how late every second sixteenth is."""


def play_drums() -> Signal:
    """The drummer: a groove, then fills, rolls and cymbals where sections change."""
    track = np.zeros((SONG_SAMPLES, 2))
    low = kick()
    for beat in KICKS:
        add(track, low, beat, 0.34 if beat_of("bridge") <= beat < beat_of("build") else 0.40)
    _groove(track)
    _fills(track)
    _cymbals(track)
    wet = room(filtered(track, "highpass", 300), 0.5, "drum room")
    hall = room(filtered(track * levels(default=0.0, bridge=1.0), "highpass", 400), 1.9, "drum hall")
    return (track + 0.10 * wet + 0.30 * hall) * levels(verse=0.72, lift=0.85, bridge=0.72, build=0.9, stop=1.0)


def _groove(track: Signal) -> None:
    """Claps on two and four, hats and shaker in sixteenths; the verse is thinner, the bridge half as fast."""
    full = (*FOUR_ON_THE_FLOOR, "encore")
    for bar in beats_in(*full, "verse")[::4]:
        for beat in (1, 3):
            add(track, clap(f"clap {bar} {beat}"), bar + beat, 0.42 if bar in beats_in("verse") else 0.62)
        add(track, snare(f"ghost {bar}"), bar + 2.75 + SWING, 0.07, 0.15)
    for bar in beats_in("bridge")[::4]:
        add(track, clap(f"clap {bar}"), bar + 2, 0.60)

    for bar in beats_in(*full, "verse", "bridge", "end")[::4]:
        thin = bar in beats_in("verse", "bridge")
        for step in range(0, 16, 2 if thin else 1):
            at = bar + step / 4 + (SWING if step % 2 else 0.0)
            accent = (0.85, 0.4, 0.7, 0.48)[step % 4] * (0.7 if thin else 1.0)
            add(track, hat(f"hat {bar} {step}", 0.018 + 0.006 * (step % 3)), at, 0.12 * accent, 0.28)
        for beat in range(0 if thin else 4):
            add(track, hat(f"open {bar} {beat}", 0.075), bar + beat + 0.5, 0.13, -0.22)
    shaker = [filtered(noise(f"shaker {i}").standard_normal(2200), "bandpass", (5000, 11000)) for i in range(4)]
    grain = np.hanning(2200) ** 0.7
    for beat in beats_in(*full, "verse", "lift"):
        for step in range(4):
            at = beat + step / 4 + (SWING if step % 2 else 0)
            if int(beat) not in STOPS:
                add(track, shaker[step] * grain, at, 0.05 if step == 2 else 0.03, -0.5)


def _fills(track: Signal) -> None:
    """Rolls that double towards a drop, and a bar's last beat on snare and toms before the other sections."""
    rolls = [4 + i / 2 for i in range(4)] + [6 + i / 4 for i in range(4)] + [7 + i / 8 for i in range(6)]
    for first, span, beats in (
        (4.0, 4.0, rolls),
        *((float(beat_of(name)), 7.0, [beat_of(name) + b for b in _doubling()]) for name in ("lift", "build")),
    ):
        for index, beat in enumerate(beats):
            add(track, snare(f"roll {beat}"), beat, 0.06 + 0.20 * ((beat - first) / span) ** 1.5, 0.2 * np.sin(index))
    fills = (("verse", -1.5, "sstt"), ("lift", -1.0, "sttt"), ("break", -1.0, "stst"), ("bridge", -1.0, "sttt"),
             ("encore", -1.0, "sstt"), ("end", -1.5, "tststs"))  # fmt: skip
    for name, ahead, drums in fills:
        first = beat_of(name) + ahead
        for index, drum in enumerate(drums):
            sound = snare(f"fill {first} {index}") if drum == "s" else tom(53 - 3 * index)
            add(track, sound, first + index / 4, 0.3, 0.5 - 0.3 * index)


def _doubling() -> list[float]:
    """Beats of a roll over seven beats, in eighths, sixteenths and at last thirty-seconds."""
    return [i / 2 for i in range(8)] + [4 + i / 4 for i in range(8)] + [6 + i / 8 for i in range(8)]


def _cymbals(track: Signal) -> None:
    """A crash on the first beat of each part, a cymbal played backwards that leads to it, and a boom on the drops."""
    parts = (("hook", 0.42), ("verse", 0.25), ("lift", 0.2), ("chorus", 0.42), ("break", 0.46), ("bridge", 0.3),
             ("finale", 0.5), ("encore", 0.46), ("end", 0.5))  # fmt: skip
    for name, gain in parts:
        beat = beat_of(name)
        add(track, crash(f"crash {beat}", 1.3 if name == "end" else 0.9), beat, gain)
        backwards = crash(f"reverse {beat}", 0.5)[: 2 * BEAT_SAMPLES][::-1].copy()
        add(track, backwards, beat - 2.0, 0.7 * gain)
    t = seconds(60_000)
    boom = np.tanh(
        1.5 * np.sin(2 * np.pi * np.cumsum(38 + 60 * np.exp(-t / 0.12)) / SAMPLE_RATE_HZ) * np.exp(-t / 0.45)
    )
    for name in ("hook", "chorus", "bridge", "finale", "end"):
        add(track, boom, beat_of(name), 0.3)


# ---- keys, bass, plucks, lead --------------------------------------------------------------------------------------


def supersaw(midi: float, samples: int, name: str) -> Signal:
    """Seven saws a few cents apart, spread from left to right, shape (samples, 2)."""
    random = noise(name)
    out = np.zeros((samples, 2))
    for cents, pan in zip((-19, -12, -5, 0, 6, 11, 20), (-1, 0.7, -0.4, 0, 0.4, -0.7, 1), strict=True):
        wave = saw(hertz(midi + cents / 100), samples, random.random())
        out += wave[:, None] * np.array([1 - pan, 1 + pan]) / 2
    return out / 3.2


def play_pads() -> Signal:
    """Wide chords behind a filter that opens with the song's tension."""
    track = np.zeros((SONG_SAMPLES, 2))
    for chord in chords():
        length = chord.beats * BEAT_SAMPLES + round(0.10 * SAMPLE_RATE_HZ)
        soft_s = 0.12 if chord.section == "bridge" else 0.015
        fade = np.minimum(1, np.minimum(seconds(length) / soft_s, (length / SAMPLE_RATE_HZ - seconds(length)) / 0.10))
        if chord.section == "end":
            length = SONG_SAMPLES - chord.beat * BEAT_SAMPLES
            fade = np.minimum(1, seconds(length) / 0.008) * np.exp(-seconds(length) / 0.9)
        for index, midi in enumerate(chord.tones):
            name = f"pad {chord.beat} {midi}"
            add(track, supersaw(midi, length, name) * fade[:, None], chord.beat, 0.115 if index else 0.09)
            if index >= 2 and chord.section != "end":
                add(track, supersaw(midi + 12, length, f"{name} up") * fade[:, None], chord.beat, 0.06)
    bar_s = 2.0
    opening = (
        # (bar, hertz)
        *((0, 500), (1.8, 4500), (2, 9000), (4, 9000)),
        *((4.01, 2200), (8, 3000), (9.7, 12000)),
        *((10, 6000), (14, 7500), (14.01, 12000), (18, 14000)),
        *((18.01, 1400), (22, 2600), (23.7, 14000)),
        *((24, 9000), (28, 12000), (30, 14000), (31, 4000)),
    )
    open_hz = np.interp(seconds(SONG_SAMPLES), [bar * bar_s for bar, _ in opening], [hz for _, hz in opening])
    gain = levels(verse=0.8, bridge=1.15, lift=0.9, build=0.95, stop=0.05)
    return filtered(swept(track, open_hz), "highpass", 240) * (0.25 + 0.75 * ducking(0.8)) * gain


def play_keys() -> Signal:
    """Electric piano: the chords of verse and bridge, close and warm."""
    track = np.zeros((SONG_SAMPLES, 2))
    for chord in chords():
        if chord.section not in ("verse", "bridge"):
            continue
        strokes = ((0.0, 1.4), (1.5, 0.9), (2.75, 1.1)) if chord.section == "verse" else ((0.0, 2.6), (2.5, 1.4))
        for at, beats in strokes:
            for index, midi in enumerate(chord.tones):
                sound = tine(midi + 12, beats)
                add(track, sound, chord.beat + at + 0.008 * index, 0.085, 0.5 * np.sin(midi))
    shake = 1 + 0.18 * np.sin(2 * np.pi * 4.0 * seconds(SONG_SAMPLES))[:, None] * np.array([1.0, -1.0])
    return track * shake + 0.4 * room(track, 1.5, "keys room")


def tine(midi: float, beats: float) -> Signal:
    """A struck bar before a pickup: two sines, the second of which bends the first and soon dies away."""
    t = seconds(round((beats + 0.4) * BEAT_SAMPLES))
    f0 = hertz(midi)
    bell = 1.1 * np.exp(-t / 0.35) * np.sin(2 * np.pi * f0 * t) + 0.35 * np.exp(-t / 0.06) * np.sin(14 * np.pi * f0 * t)
    held = np.exp(-t / 0.9) * np.minimum(1, t / 0.003) * np.clip((t[-1] - t) / 0.12, 0, 1)
    return np.asarray(np.sin(2 * np.pi * f0 * t + bell) * held)


def play_stabs() -> Signal:
    """Short off-beat chords, the funk guitar's place."""
    track = np.zeros((SONG_SAMPLES, 2))
    pattern = (0.75, 1.5, 2.75, 3.5)
    for chord in chords():
        if chord.section not in (*FOUR_ON_THE_FLOOR, "encore"):
            continue
        for at in (p for p in pattern if p < chord.beats):
            for index, midi in enumerate(chord.tones[1:]):
                sound = pluck(midi + 12, 0.16, 0.13, f"stab {chord.beat + at} {midi}")
                add(track, sound, chord.beat + at + index * 0.012, 0.15, 0.55 if index % 2 else -0.55)
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
    """Sixteenths that climb through the chord, from side to side; eighths where the band is quiet."""
    track = np.zeros((SONG_SAMPLES, 2))
    order = (0, 2, 1, 3, 2, 3, 1, 2)
    gains = {"hook": 0.07, "verse": 0.045, "lift": 0.06, "chorus": 0.05, "break": 0.07, "bridge": 0.06, "build": 0.065,
             "finale": 0.06, "encore": 0.075}  # fmt: skip
    for chord in chords():
        if chord.section == "end":
            continue
        slow = chord.section in ("verse", "bridge")
        for step in range(0, chord.beats * 4, 2 if slow else 1):
            at = chord.beat + step / 4
            place = step // 2 if slow else step
            level = 0.045 + 0.035 * at / 8 if chord.section == "intro" else gains[chord.section]
            sound = pluck(
                chord.tones[order[place % 8]] + (24 if (place // 8) % 2 else 12), 0.22, 0.31, f"arp {at}", 0.6
            )
            add(track, sound, at, level * (1.25 if step % 4 == 0 else 0.9), 0.65 * np.sin(at * 2.1))
    track *= levels()
    return (track + echo(track, 0.75, 0.5) + 0.3 * room(track, 1.4, "arp room")) * (0.5 + 0.5 * ducking(0.6))


Riff = tuple[tuple[float, float, int], ...]
"""A bar of bass: beat, length in beats, semitones above the root."""

DISCO: Riff = (
    *((0.0, 0.42, 0), (0.5, 0.22, 12), (0.75, 0.2, 0), (1.0, 0.3, 0), (1.5, 0.4, 12), (2.0, 0.42, 0)),
    *((2.5, 0.22, 12), (2.75, 0.2, 7), (3.0, 0.3, 0), (3.5, 0.22, 12), (3.75, 0.2, 7)),
)
WALK: Riff = ((0.0, 1.2, 0), (1.75, 0.5, 0), (2.5, 0.8, 7), (3.5, 0.35, 12))
PULSE: Riff = tuple((beat / 2, 0.4, 0) for beat in range(8))
HELD: Riff = ((0.0, 2.3, 0), (2.5, 1.3, 0))

BASS_LINES: dict[str, Riff] = {
    **dict.fromkeys((*FOUR_ON_THE_FLOOR, "encore"), DISCO),
    **{"verse": WALK, "lift": PULSE, "bridge": HELD, "build": PULSE},
}


def play_bass() -> Signal:
    """The bass, with a sine underneath: disco where it is loud, held where it is quiet."""
    track = np.zeros((SONG_SAMPLES, 2))
    for chord in chords():
        for at, long, up in (n for n in BASS_LINES.get(chord.section, ()) if n[0] < chord.beats):
            length = round((long + 0.06) * BEAT_SAMPLES)
            t = seconds(length)
            midi = chord.root + up
            hz = hertz(midi - 12 if midi > 58 or chord.root > 47 else midi)
            shape = np.minimum(1, t / 0.004) * np.minimum(1, (t[-1] - t) / 0.02)
            bright = swept(saw(hz, length, 0.25) + 0.5 * saw(hz * 1.004, length, 0.6), 250 + 2600 * np.exp(-t / 0.07))
            under = np.sin(2 * np.pi * hz * t)
            add(track, np.tanh(1.1 * (0.55 * bright + 0.8 * under)) * shape, chord.beat + at, 0.20)
    end = chords()[-1]
    t = seconds(4 * BEAT_SAMPLES)
    last = np.tanh(1.4 * np.sin(2 * np.pi * hertz(end.root) * t)) * np.exp(-t / 0.7) * np.minimum(1, t / 0.004)
    add(track, last, end.beat, 0.24)
    return track * (0.2 + 0.8 * ducking(0.85, 0.16)) * levels(verse=0.9, bridge=0.8)


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
    """The synthesiser that sings when nobody sings, and against everybody in the finale."""
    track = np.zeros((SONG_SAMPLES, 2))
    rounds = (
        # first beat, gain, semitones up, whether bells double it
        (beat_of("hook"), 0.13, 0, False),
        (beat_of("break"), 0.13, 0, True),
        (beat_of("break") + 8, 0.13, 0, True),
        (beat_of("finale"), 0.05, 2, True),
        (beat_of("finale") + 8, 0.06, 2, True),
        (beat_of("encore"), 0.13, 2, True),
    )
    for number, (first, gain, up, bells) in enumerate(rounds):
        for at, beats, written in LEAD:
            midi = written + up + (12 if number == 2 and at >= 4 else 0)
            length = round(beats * 1.02 * BEAT_SAMPLES)
            t = seconds(length)
            bend = (
                midi - 0.8 * np.exp(-t / 0.018) + 0.14 * np.clip((t - 0.16) / 0.1, 0, 1) * np.sin(2 * np.pi * 5.8 * t)
            )
            hz = 440.0 * 2 ** ((bend - 69) / 12)
            shape = np.minimum(1, t / 0.006) * np.minimum(1, (t[-1] - t) / 0.03) * (0.55 + 0.45 * np.exp(-t / 0.2))
            left = saw(hz * 1.003, length, 0.1) - 0.6 * saw(hz * 0.4995, length, 0.55)
            right = saw(hz * 0.997, length, 0.4) - 0.6 * saw(hz * 0.5005, length, 0.2)
            add(track, np.stack([left, right], axis=1) * shape[:, None], first + at, gain)
            if bells:
                add(track, pluck(midi + 12, 0.3, 0.21, f"bell {at}"), first + at, 0.10, 0.4 * np.sin(at))
    track = filtered(filtered(track, "lowpass", 9500, 1), "highpass", 350)
    return (track + 0.55 * echo(track, 0.75, 0.45) + 0.25 * room(track, 1.6, "lead hall")) * (
        0.55 + 0.45 * ducking(0.6)
    )


def play_effects() -> Signal:
    """Risers, falling tails, rain in the bridge and sparkle at the end."""
    track = np.zeros((SONG_SAMPLES, 2))
    risers = ((4.0, 4.0, 0.16), (beat_of("lift"), 7.6, 0.14), (beat_of("break") - 3, 3.0, 0.09),
              (beat_of("build"), 7.6, 0.18), (beat_of("end") - 3, 3.0, 0.10))  # fmt: skip
    for first, beats, gain in risers:
        length = round(beats * BEAT_SAMPLES)
        t = np.linspace(0, 1, length)
        hiss = noise(f"riser {first}").standard_normal((length, 2))
        whistle = saw(hertz(60) * 2 ** (2 * t**2), length, 0.0) * 0.35
        rise = swept(hiss + whistle[:, None], 300 * 2 ** (5.5 * t)) * (t**2)[:, None]
        rise *= np.minimum(1, (1 - t) * length / 400)[:, None]
        add(track, filtered(rise, "highpass", 250), first, gain)
    length = 3 * BEAT_SAMPLES
    for name in ("hook", "chorus", "bridge", "finale"):
        fall = swept(noise(f"fall {name}").standard_normal((length, 2)), 9000 * np.exp(-seconds(length) / 0.35) + 200)
        add(track, fall * np.exp(-seconds(length) / 0.5)[:, None], beat_of(name), 0.09)
    sparkles = ((beat_of("end"), 2, 0.11), (beat_of("bridge"), 0, 0.06), (beat_of("bridge") + 8, 0, 0.05))
    for first, up, gain in sparkles:
        for index, midi in enumerate((72, 76, 79, 84, 86, 88, 91, 96)):
            sound = pluck(midi + up, 0.7, 0.4, f"sparkle {index}", 1.6)
            add(track, sound, first + index * 0.125, gain, 0.7 * np.sin(index * 1.7))
    return track + 0.5 * room(track, 2.2, "effect hall")


# ---- voices --------------------------------------------------------------------------------------------------------


def _note(beat: float, beats: float, midi: int, phones: str) -> SungNote:
    start = round(beat * BEAT_SAMPLES)
    return SungNote(start, start + round(beats * BEAT_SAMPLES), midi, phones, tuple(phones.split()), "")


def _choir(
    notes: list[SungNote], name: str, voices: int, spread: float, tract: float = 1.08, *, consonants: float = 0.5
) -> Signal:
    """Several singers of one line, each a little late, a little off and somewhere else on the stage."""
    out = np.zeros((SONG_SAMPLES, 2))
    random = noise(name)
    # Nobody has to wait for the line to begin: it is sung in a window of its own.
    first = max(0, notes[0].start - SAMPLE_RATE_HZ // 2)
    length = min(SONG_SAMPLES, notes[-1].end + SAMPLE_RATE_HZ // 2) - first
    for index in range(voices):
        late = round(random.uniform(0.0, 0.022) * SAMPLE_RATE_HZ) - first
        shifted = [replace(n, start=n.start + late, end=n.end + late) for n in notes]
        cents = list(random.normal(0, 9, len(notes)))
        person = replace(
            GUIDE,
            tract=tract * (1 + random.uniform(-0.06, 0.06)),
            vibrato_hz=random.uniform(5.0, 6.2),
            breath=1.8,
            consonants=consonants,
            tilt=0.9,
        )
        voice = sing(shifted, length, person, seed=int(random.integers(1 << 30)), cents=cents)
        pan = spread * (2 * index / max(1, voices - 1) - 1)
        angle = (pan + 1) * np.pi / 4
        out[first : first + length] += voice[:, None] * np.array([np.cos(angle), np.sin(angle)])
    return out / np.sqrt(voices)


THIRD_BELOW = {62: 59, 64: 60, 65: 62, 67: 64, 68: 65, 69: 65, 71: 67, 72: 69, 74: 71}
"""The second voice of a line in C major; 69 lies over F."""


def _second(notes: list[SungNote], up: int = 0) -> list[SungNote]:
    return [replace(n, midi=THIRD_BELOW[n.midi - up] + up) for n in notes]


def play_voices() -> Signal:
    """The band's voices: verse and bridge, answers under the fan, a chant in the break, and all of them at the end."""
    lines = band_lines()
    track = np.zeros((SONG_SAMPLES, 2))

    # Two of the group sing the verse, joined by the third where lines end; the bridge is sung lower and closer.
    track += 0.62 * _choir(lines["verse"], "verse", 2, 0.35, consonants=0.9)
    track += 0.26 * _choir(_second([n for n in lines["verse"] if n.syllable[-1] in ",.d"]), "verse second", 2, 0.9)
    track += 0.55 * _choir(lines["bridge"], "bridge", 2, 0.3, 1.02, consonants=0.9)
    track += 0.25 * _choir([replace(n, midi=n.midi + 12) for n in lines["bridge"][10:]], "bridge high", 2, 0.9)
    for name, up in (("lift", 0), ("build", 2)):
        track += 0.50 * _choir(lines[name], name, 4, 0.8, consonants=0.8)
        track += 0.28 * _choir(_second(lines[name], up), f"{name} second", 2, 1.0)

    # Under the fan: answers and harmonies only.
    line = sung_line()
    echoes = [n for n in line if n.syllable in ("oh", "glow", "show", "name,", "night,", "high,")]
    harmony = _second(echoes)
    harmony[-1] = replace(harmony[-1], midi=64)
    track += 0.30 * _choir(harmony, "harmony", 4, 0.9)
    track += 0.16 * _choir(echoes, "doubles", 2, 1.0)

    # The finale is everybody's: the line in unison, a second voice, and an octave below.
    track += 0.46 * _choir(lines["finale"], "finale", 4, 0.7, consonants=0.8)
    track += 0.30 * _choir(_second(lines["finale"], 2), "finale second", 3, 1.0)
    track += 0.22 * _choir([replace(n, midi=n.midi - 12) for n in lines["finale"]], "finale low", 2, 0.5, 0.95)

    chant = [
        _note(first + at, 0.55, midi, "O U")
        for first, steps in zip(range(beat_of("break"), beat_of("bridge"), 2), CHANT * 2, strict=True)
        for at, midi in steps
    ]
    chant += [
        _note(first + at, 0.55, midi + 2, "O U")
        for first, steps in zip(range(beat_of("encore"), beat_of("end"), 2), CHANT[2:] + CHANT[:2], strict=True)
        for at, midi in steps
    ]
    low = [replace(n, midi=n.midi - 12) for n in chant]
    track += 0.26 * _choir(chant, "chant high", 3, 0.9) + 0.30 * _choir(low, "chant low", 2, 0.5, 1.0)

    for midi in (62, 66, 69, 74):
        track += 0.17 * _choir([_note(beat_of("end"), 3.2, midi, "A")], f"last {midi}", 2, 0.8)

    # The intro's chops: one sung vowel, cut and thrown about on the off-beats.
    cut = [_note(beat, 0.22, midi, f"h {vowel}") for beat, midi, vowel in CHOPS]
    chopped = 0.5 * _choir(cut, "chops", 2, 0.6, 1.22)
    chopped = filtered(chopped, "highpass", 500)
    track += chopped + 0.6 * echo(chopped, 0.75, 0.5)

    track = filtered(track, "highpass", 180)
    return track + 0.30 * room(track, 1.8, "choir hall", dark_hz=7000) + 0.2 * echo(track, 0.5, 0.35)


CHANT: tuple[tuple[tuple[float, int], ...], ...] = (
    # (beat within two, MIDI note), over F, G, Em and Am
    ((0, 76), (0.75, 72), (1.5, 76)),
    ((0, 74), (0.75, 71), (1.5, 74)),
    ((0, 71), (0.75, 74), (1.5, 76)),
    ((0, 76), (0.75, 74), (1.5, 72)),
)

CHOPS: tuple[tuple[float, int, str], ...] = (
    # (beat, MIDI note, vowel)
    *((0.5, 76, "E"), (1.25, 76, "a"), (2.0, 79, "E"), (3.0, 72, "O"), (4.5, 74, "E"), (5.25, 74, "a")),
    *((6.0, 79, "E"), (6.5, 79, "E"), (7.0, 81, "E"), (7.25, 81, "E"), (7.5, 81, "a")),
)


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
    played = play_pads() + play_keys() + play_stabs() + play_arpeggio() + play_bass() + play_lead() + play_effects()
    return played * levels(verse=0.74, lift=0.85, bridge=0.70, build=0.92, stop=1.0)


STEMS: dict[str, tuple[Callable[[], Signal], float, float]] = {
    "drums": (play_drums, 0.90, 0.50),
    "music": (play_music, 0.95, 0.46),
    "backing_vocals": (play_voices, 1.15, 0.27),
    "guide": (play_guide, 0.90, 0.60),
}
"""Each stem with who plays it, its gain and its ceiling; the stems add up to less than full scale."""

FADE_SAMPLES = SAMPLE_RATE_HZ // 2
"""The last half second fades out, so that no tail is cut."""

BAND_HZ = 16_000
"""Above this the stems hold nothing: a third of a lossless file would be spent on hiss that no film's AAC keeps."""

STEPS = 1 << 13
"""Stems are rounded to 14 bits, of which the two that are always zero cost a FLAC nothing; the guide keeps its 16."""


def play(name: str) -> Signal:
    """Play one stem, ready to be written: shape (SONG_SAMPLES, 2), the guide (SONG_SAMPLES,)."""
    player, gain, ceiling = STEMS[name]
    stem = limited(gain * player(), ceiling)
    fade = np.ones(SONG_SAMPLES)
    fade[-FADE_SAMPLES:] = np.cos(np.linspace(0, np.pi / 2, FADE_SAMPLES)) ** 2
    if stem.ndim == 1:
        return stem * fade
    band = signal.ellip(10, 0.1, 90, BAND_HZ, fs=SAMPLE_RATE_HZ, output="sos")
    return np.round(signal.sosfiltfilt(band, stem * fade[:, None], axis=0) * STEPS) / STEPS


def melody(notes: Sequence[SungNote]) -> dict[str, list[dict[str, object]]]:
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
            for note in notes
        ]
    }


def melodies() -> dict[str, dict[str, list[dict[str, object]]]]:
    """Return what is written beside the stems, by file name: the fan's line, and what the band sings."""
    band = [note for line in band_lines().values() for note in line]
    return {"melody.json": melody(sung_line()), "band.json": melody(band)}


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
    for name, written in melodies().items():
        (arguments.out / name).write_text(json.dumps(written, indent=1) + "\n")
    if arguments.mix:
        soundfile.write(arguments.mix, limited(rough, 0.89), SAMPLE_RATE_HZ, subtype="PCM_16")
        print(f"peak of the sum before limiting: {np.abs(rough).max():.3f}")


if __name__ == "__main__":
    main()

"""The drummer: drums from noise and falling sines, and what is played on them."""

from __future__ import annotations

import numpy as np
from score import BEAT_SAMPLES, SAMPLE_RATE_HZ, SONG_SAMPLES, STOPS, beat_of, beats_in

from band.sound import FOUR_ON_THE_FLOOR, KICKS, Signal, add, filtered, hertz, levels, noise, room, seconds


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

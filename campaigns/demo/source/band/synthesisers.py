"""Keys, bass, plucks, lead and effects: detuned saws, decaying harmonics, swept noise."""

from __future__ import annotations

import numpy as np
from score import BEAT_SAMPLES, SAMPLE_RATE_HZ, SONG_SAMPLES, beat_of, chords

from band.sound import (
    FOUR_ON_THE_FLOOR,
    Signal,
    add,
    ducking,
    echo,
    filtered,
    hertz,
    levels,
    noise,
    room,
    saw,
    seconds,
    swept,
)


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

"""The band's voices, sung by `singer.py`, and the campaign's own lead of the fan's line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from score import BEAT_SAMPLES, SAMPLE_RATE_HZ, SONG_SAMPLES, SungNote, band_lines, beat_of, sung_line
from singer import GUIDE, sing

from band.sound import Signal, echo, filtered, noise, room


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

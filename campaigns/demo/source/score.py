"""The demo song on paper: tempo, form, chords, every sung line and its words. Knows nothing of sound.

Everything is at 120 beats per minute in C major, and in D major from the build on. A bar is 2 s, 96 000 samples,
48 film frames; the song has 31 bars.

    bar    1      3      5      9     11      15     19      23     25      29      31
           intro  hook   verse  lift  chorus  break  bridge  build  finale  encore  end
                                      the fan's line                everybody sings it
"""

from __future__ import annotations

from dataclasses import dataclass

SAMPLE_RATE_HZ = 48_000
TEMPO_BPM = 120
BEAT_SAMPLES = SAMPLE_RATE_HZ * 60 // TEMPO_BPM
BAR_SAMPLES = 4 * BEAT_SAMPLES
SIXTEENTH_SAMPLES = BEAT_SAMPLES // 4

CHORDS: dict[str, tuple[int, ...]] = {
    "F": (53, 57, 60, 64),
    "Fm": (53, 56, 60, 62),
    "G": (55, 59, 62, 65),
    "Em": (52, 55, 59, 62),
    "Am": (57, 60, 64, 67),
    "Dm": (53, 57, 60, 62),
    "C": (52, 55, 60, 62),
    "last": (48, 55, 64, 67, 74),
}
"""MIDI notes of each chord as the keys play it: sevenths, sixths and ninths, as city pop likes them."""

ROOTS: dict[str, int] = {"F": 41, "Fm": 41, "G": 43, "Em": 40, "Am": 45, "Dm": 38, "C": 36, "last": 36}
"""MIDI note of the bass."""


@dataclass(frozen=True)
class Section:
    """A part of the song.

    Attributes:
        name: Players look it up to decide what to play.
        bars: Its length.
        chords: Each with its length in beats.
        up: Semitones that all of it is moved up.
    """

    name: str
    bars: int
    chords: tuple[tuple[str, int], ...]
    up: int = 0


ROYAL_ROAD = (("F", 4), ("G", 4), ("Em", 4), ("Am", 4))
"""IV-V-iii-vi, the progression of half of all Japanese pop."""

LIFT = (("Dm", 2), ("Em", 2), ("F", 2), ("G", 2))

SECTIONS: tuple[Section, ...] = (
    Section("intro", 2, ROYAL_ROAD[:2]),
    Section("hook", 2, ROYAL_ROAD[2:]),
    Section("verse", 4, (("Am", 4), ("F", 4), ("C", 4), ("G", 4))),
    Section("lift", 2, LIFT),
    Section("chorus", 4, ROYAL_ROAD),
    Section("break", 4, (("F", 2), ("G", 2), ("Em", 2), ("Am", 2)) * 2),
    Section("bridge", 4, (("Am", 4), ("Em", 4), ("F", 4), ("Fm", 4))),
    Section("build", 2, LIFT, up=2),
    Section("finale", 4, ROYAL_ROAD, up=2),
    Section("encore", 2, (("Em", 2), ("Am", 2), ("F", 2), ("G", 2)), up=2),
    Section("end", 1, (("last", 4),), up=2),
)

BARS = sum(section.bars for section in SECTIONS)
SONG_SAMPLES = BARS * BAR_SAMPLES

STOPS: tuple[float, ...] = (39.0, 95.0)
"""Beats on which the band holds its breath, one beat each: before the chorus and before the finale."""


def beat_of(name: str) -> int:
    """Return the first beat of a section."""
    return 4 * sum(section.bars for section in SECTIONS[: [s.name for s in SECTIONS].index(name)])


def beats_in(*names: str) -> list[int]:
    """Return every beat of these sections."""
    return [
        beat_of(section.name) + beat
        for section in SECTIONS
        if section.name in names
        for beat in range(4 * section.bars)
    ]


@dataclass(frozen=True)
class Chord:
    """A chord where it is played.

    Attributes:
        section: Name of its section.
        name: A key of `CHORDS`.
        beat: Its first beat, from 0.
        beats: Its length.
        tones: MIDI notes of the keys.
        root: MIDI note of the bass.
    """

    section: str
    name: str
    beat: int
    beats: int
    tones: tuple[int, ...]
    root: int


def chords() -> list[Chord]:
    """Return every chord of the song in order."""
    out, beat = [], 0
    for section in SECTIONS:
        for name, beats in section.chords:
            tones = tuple(midi + section.up for midi in CHORDS[name])
            out.append(Chord(section.name, name, beat, beats, tones, ROOTS[name] + section.up))
            beat += beats
    return out


TAKE_START_SAMPLES = (beat_of("chorus") - 4) * BEAT_SAMPLES
"""What the fan hears starts one bar before their line: four beats of count-in."""

TAKE_END_SAMPLES = (beat_of("break") + 1) * BEAT_SAMPLES
"""One beat after the last note, so that it can ring."""


@dataclass(frozen=True)
class SungNote:
    """One note of a vocal line.

    Attributes:
        start: First sample, counted from the start of the song at 48 kHz.
        end: First sample after the note.
        midi: Pitch.
        syllable: As it is written.
        phones: The sounds of `syllable` in the singer's alphabet (`singer.PHONES`).
        visemes: The mouth shapes of `syllable`, as `fancam.v1.Note.visemes` spells them.
    """

    start: int
    end: int
    midi: int
    syllable: str
    phones: tuple[str, ...]
    visemes: str


WORDS: dict[str, tuple[str, str]] = {
    "We": ("w i", "wi"),
    "light": ("l A I t", "lait"),
    "the": ("D @", "te"),
    "night,": ("n A I t", "tait"),
    "oh": ("O U", "ou"),
    "Hold": ("h O U l d", "oult"),
    "it": ("I t", "it"),
    "high,": ("h A I", "ai"),
    "let": ("l E t", "let"),
    "glow": ("g l O U", "klou"),
    "Now": ("n A U", "tau"),
    "call": ("k o l", "kol"),
    "my": ("m A I", "mai"),
    "name,": ("n E I m", "teim"),
    "Come": ("k @ m", "kam"),
    "and": ("a n", "at"),
    "steal": ("s t i l", "stil"),
    "whole": ("h O U l", "oul"),
    "show": ("S O U", "sou"),
    "Last": ("l a s t", "last"),
    "train": ("t r E I n", "treit"),
    "in": ("I n", "it"),
    "rain,": ("r E I n", "reit"),
    "win-": ("w I n", "wit"),
    "dows": ("d O U s", "tous"),
    "all": ("o l", "ol"),
    "a-": ("@", "a"),
    "glow.": ("g l O U", "klou"),
    "Some-": ("s @ m", "sam"),
    "where": ("w E", "we"),
    "crowd": ("k r A U d", "kraut"),
    "there's": ("D E s", "tes"),
    "a": ("@", "a"),
    "star": ("s t A", "sta"),
    "we": ("w i", "wi"),
    "know.": ("n O U", "tou"),
    "One": ("w @ n", "wat"),
    "step,": ("s t E p", "stem"),
    "two": ("t U", "tu"),
    "steps,": ("s t E p s", "stems"),
    "step": ("s t E p", "stem"),
    "to": ("t U", "tu"),
    "light!": ("l A I t", "lait"),
    "When": ("w E n", "wet"),
    "mu-": ("m j U", "mu"),
    "sic": ("s I k", "sik"),
    "fades,": ("f E I d s", "feits"),
    "keep": ("k i p", "kim"),
    "lit-": ("l I t", "lit"),
    "tle": ("t @ l", "tel"),
    "spark:": ("s p A k", "smak"),
    "will": ("w I l", "wil"),
    "find": ("f A I n d", "fait"),
    "your": ("j O", "io"),
    "name": ("n E I m", "teim"),
    "shin-": ("S A I n", "sait"),
    "ing": ("I n", "it"),
    "dark.": ("d A k", "tak"),
    "heart,": ("h A t", "at"),
    "hearts,": ("h A t s", "ats"),
    "All": ("o l", "ol"),
}
"""How each word of the song is pronounced (phones) and mouthed (visemes)."""

Bar = tuple[tuple[int, int, int, str], ...]
"""A sung bar: sixteenth within it, length in sixteenths, MIDI note in C major, word."""

LINE: tuple[Bar, ...] = (
    (
        (0, 2, 64, "We"),
        (2, 2, 67, "light"),
        (4, 2, 64, "the"),
        (6, 4, 69, "night,"),
        (10, 3, 67, "oh"),
        (13, 3, 64, "oh"),
    ),
    (
        (0, 2, 62, "Hold"),
        (2, 2, 64, "it"),
        (4, 4, 67, "high,"),
        (8, 2, 67, "let"),
        (10, 2, 64, "it"),
        (12, 4, 62, "glow"),
    ),
    (
        (0, 2, 64, "Now"),
        (2, 2, 67, "call"),
        (4, 2, 64, "my"),
        (6, 4, 71, "name,"),
        (10, 3, 67, "oh"),
        (13, 3, 64, "oh"),
    ),
    (
        (0, 2, 69, "Come"),
        (2, 2, 67, "and"),
        (4, 2, 64, "steal"),
        (6, 2, 62, "the"),
        (8, 2, 67, "whole"),
        (10, 6, 69, "show"),
    ),
)
"""The chorus: the fan's line, and everybody's in the finale."""

BAND_LINES: dict[str, tuple[Bar, ...]] = {
    "verse": (
        ((0, 2, 64, "Last"), (2, 2, 64, "train"), (4, 2, 67, "in"), (6, 2, 64, "the"), (8, 6, 69, "rain,")),
        ((0, 2, 69, "win-"), (2, 2, 67, "dows"), (4, 2, 65, "all"), (6, 2, 67, "a-"), (8, 6, 65, "glow.")),
        ((0, 2, 64, "Some-"), (2, 2, 64, "where"), (4, 2, 67, "in"), (6, 2, 64, "the"), (8, 6, 72, "crowd")),
        ((0, 2, 71, "there's"), (2, 2, 69, "a"), (4, 2, 67, "star"), (6, 2, 69, "we"), (8, 6, 67, "know.")),
    ),
    "lift": (
        ((0, 3, 65, "One"), (3, 5, 69, "step,"), (8, 3, 67, "two"), (11, 5, 71, "steps,")),
        ((0, 2, 69, "step"), (2, 2, 69, "in"), (4, 2, 72, "to"), (6, 2, 72, "the"), (8, 4, 74, "light!")),
    ),
    "bridge": (
        ((2, 2, 64, "When"), (4, 2, 64, "the"), (6, 2, 69, "mu-"), (8, 2, 67, "sic"), (10, 6, 64, "fades,")),
        ((2, 2, 62, "keep"), (4, 2, 62, "a"), (6, 2, 67, "lit-"), (8, 2, 64, "tle"), (10, 6, 62, "spark:")),
        ((2, 2, 65, "we"), (4, 2, 65, "will"), (6, 2, 69, "find"), (8, 2, 67, "your"), (10, 6, 69, "name")),
        ((2, 2, 68, "shin-"), (4, 2, 65, "ing"), (6, 2, 68, "in"), (8, 2, 67, "the"), (10, 6, 65, "dark.")),
    ),
    "build": (
        ((0, 3, 65, "One"), (3, 5, 69, "heart,"), (8, 3, 67, "two"), (11, 5, 71, "hearts,")),
        ((0, 2, 69, "All"), (2, 2, 69, "in"), (4, 2, 72, "to"), (6, 2, 72, "the"), (8, 4, 74, "light!")),
    ),
    "finale": LINE,
}
"""What the band sings, by section."""


def _sung(name: str, bars: tuple[Bar, ...]) -> list[SungNote]:
    up = next(section.up for section in SECTIONS if section.name == name)
    notes = []
    for bar, line in enumerate(bars):
        for first, length, midi, word in line:
            start = beat_of(name) * BEAT_SAMPLES + bar * BAR_SAMPLES + first * SIXTEENTH_SAMPLES
            phones, visemes = WORDS[word]
            end = start + length * SIXTEENTH_SAMPLES
            notes.append(SungNote(start, end, midi + up, word, tuple(phones.split()), visemes))
    return notes


def sung_line() -> list[SungNote]:
    """Return the fan's line: 24 notes over the four bars of the chorus, between D4 and B4."""
    return _sung("chorus", LINE)


def band_lines() -> dict[str, list[SungNote]]:
    """Return what the band sings, by section, in the order of the song."""
    return {name: _sung(name, bars) for name, bars in BAND_LINES.items()}

"""The demo song on paper: tempo, chords, the fan's line and its words. Knows nothing of sound.

Everything is in C major at 120 beats per minute. A bar is 2 s, 96 000 samples, 48 film frames; the song has 12 bars.

    bar   1   2   3   4   5   6   7   8   9     10    11    12
          F   G   Em  Am  F   G   Em  Am  F G   Em Am F G   C
          intro   drop    the fan's line   dance break       end
"""

from __future__ import annotations

from dataclasses import dataclass

SAMPLE_RATE_HZ = 48_000
TEMPO_BPM = 120
BARS = 12
BEAT_SAMPLES = SAMPLE_RATE_HZ * 60 // TEMPO_BPM
BAR_SAMPLES = 4 * BEAT_SAMPLES
SIXTEENTH_SAMPLES = BEAT_SAMPLES // 4
SONG_SAMPLES = BARS * BAR_SAMPLES

TAKE_START_SAMPLES = 3 * BAR_SAMPLES
"""What the fan hears starts one bar before their line: four beats of count-in."""

TAKE_END_SAMPLES = 8 * BAR_SAMPLES + BEAT_SAMPLES
"""One beat after the last note, so that it can ring."""

CHORDS: dict[str, tuple[int, ...]] = {
    "F": (53, 57, 60, 64),
    "G": (55, 59, 62, 65),
    "Em": (52, 55, 59, 62),
    "Am": (57, 60, 64, 67),
    "C": (48, 55, 64, 67, 74),
}
"""MIDI notes of each chord as the keys play it: major sevenths and sevenths, as city pop likes them."""

ROOTS: dict[str, int] = {"F": 41, "G": 43, "Em": 40, "Am": 45, "C": 36}
"""MIDI note of the bass."""

PROGRESSION: tuple[tuple[str, int], ...] = (
    *(("F", 4), ("G", 4), ("Em", 4), ("Am", 4)) * 2,
    *(("F", 2), ("G", 2), ("Em", 2), ("Am", 2), ("F", 2), ("G", 2), ("C", 4)),
)
"""Chords in order, each with its length in beats: the "royal road" IV-V-iii-vi, twice as fast in the dance break."""


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
}
"""How each word of the song is pronounced (phones) and mouthed (visemes)."""

LINE: tuple[tuple[tuple[int, int, int, str], ...], ...] = (
    # (sixteenth within the bar, length in sixteenths, MIDI note, word); one tuple per bar, from bar 5 on
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

FIRST_SUNG_BAR = 4
"""Index of the bar that the fan's line starts in, counted from 0."""


def sung_line() -> list[SungNote]:
    """Return the fan's line: 24 notes over bars 5 to 8, between D4 and B4."""
    notes = []
    for bar, line in enumerate(LINE, start=FIRST_SUNG_BAR):
        for first, length, midi, word in line:
            start = bar * BAR_SAMPLES + first * SIXTEENTH_SAMPLES
            phones, visemes = WORDS[word]
            notes.append(
                SungNote(start, start + length * SIXTEENTH_SAMPLES, midi, word, tuple(phones.split()), visemes)
            )
    return notes

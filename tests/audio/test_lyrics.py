"""What was heard is held against what the song says, letter by letter and on the sound."""

from __future__ import annotations

import math

import numpy as np
import pytest

from services.audio import lyrics
from services.audio.speech import Emissions, Word

RATE_HZ = 48_000
FRAME_S = 0.02


def sung(text: str, *, from_s: float = 0.0, word_s: float = 0.5) -> list[Word]:
    """Words one after the other."""
    return [
        Word(word, round((from_s + index * word_s) * RATE_HZ), round((from_s + (index + 1) * word_s) * RATE_HZ))
        for index, word in enumerate(text.split())
    ]


SONG = sung("We light the night, oh oh Hold it high")


def test_syllables_become_words() -> None:
    """A hyphen goes on in the next syllable, and a note without a syllable goes on singing the one before."""
    words = lyrics.words_of([("glo-", 0, 10), ("ry,", 10, 20), ("", 20, 30), ("to", 30, 40), ("-", 40, 50)])

    assert words == [Word("glory,", 0, 30), Word("to", 30, 50)]


def test_the_song_itself_has_no_deviations() -> None:
    """Case and punctuation are no difference, and neither is a word that an engine parts in two."""
    heard = sung("we light the night oh oh hold it high")
    heard[3:4] = [Word("ni", *between(heard[3], 0, 0.5)), Word("ght", *between(heard[3], 0.5, 1))]

    reading = lyrics.compare(heard, SONG)

    assert reading.agreement == 1
    assert reading.deviations == ()
    assert all(reading.at([word]).likeness > 0 for word in heard)


def between(word: Word, start: float, end: float) -> tuple[int, int]:
    """A part of a word's time."""
    length = word.end_samples - word.start_samples
    return round(word.start_samples + start * length), round(word.start_samples + end * length)


def test_deviations_carry_both_opinions_and_their_times() -> None:
    """A word in place of another, one too many and one left out are told apart."""
    heard = sung("We fight the baby night, oh oh it high")
    # The word too many comes in quickly; after it everybody is in time again.
    heard[3:] = [Word("baby", *between(SONG[2], 0.7, 1)), *(SONG[3:6]), *SONG[7:]]

    found = {(one.heard, one.expected) for one in lyrics.compare(heard, SONG).deviations}

    assert found == {("fight", "light"), ("baby", ""), ("", "Hold")}


def test_letters_far_apart_in_time_are_never_each_others() -> None:
    """The same words sung a line later are other words."""
    reading = lyrics.compare(sung("we light the night", from_s=30), SONG)

    assert reading.agreement == 0
    assert {one.expected for one in reading.deviations if not one.heard} == {word.text for word in SONG}


def test_scripts_without_spaces_are_compared_by_character() -> None:
    """Notes have syllables and engines have words; the alignment does not mind."""
    song = sung("사 랑 해 요 너 를")
    heard = [Word("사랑해요", 0, song[3].end_samples), Word("나를", song[4].start_samples, song[5].end_samples)]

    (deviation,) = lyrics.compare(heard, song).deviations

    assert (deviation.heard, deviation.expected) == ("나를", "너 를")
    assert deviation.likeness == pytest.approx(0.5)


# --- the sound --------------------------------------------------------------------------------------------------------

LABELS = (" ", *"abcdefghijklmnopqrstuvwxyz", "")
BLANK = len(LABELS) - 1


def emit(text: str, *, certainty: float = 0.9, doubt: dict[int, str] | None = None, frames: int = 4) -> Emissions:
    """What an engine would say of a text: each letter for some frames and a blank after it.

    Args:
        text: Letters and spaces.
        certainty: Probability of the letter; the rest is shared by all others.
        doubt: By place in the text: another letter, held as probable as the right one.
        frames: Per letter.
    """
    rows = []
    for index, letter in enumerate(text):
        row = np.full(len(LABELS), (1 - certainty) / (len(LABELS) - 1))
        row[LABELS.index(letter)] = certainty
        other = (doubt or {}).get(index)
        if other is not None:
            row[LABELS.index(letter)] = row[LABELS.index(other)] = certainty / 2
        blank = np.full(len(LABELS), 0.05 / (len(LABELS) - 1))
        blank[BLANK] = 0.95
        rows += [row] * frames + [blank]
    table = np.array(rows) / np.sum(rows, axis=1, keepdims=True)
    return Emissions(np.log(table).astype(np.float32), LABELS, BLANK, FRAME_S)


def test_the_likelihood_is_the_sum_over_all_alignments() -> None:
    """Three frames and two labels are few enough to count by hand."""
    table = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.6, 0.3]])
    a, b, blank = range(3)
    paths = [(a, a, b), (a, b, b), (a, b, blank), (a, blank, b), (blank, a, b)]
    by_hand = sum(math.prod(table[frame, label] for frame, label in enumerate(path)) for path in paths)

    found = lyrics.log_likelihood(np.log(table).astype(np.float32), [a, b], blank)

    assert found == pytest.approx(math.log(by_hand), abs=1e-6)


def test_a_doubled_letter_needs_a_blank_between() -> None:
    """`aa` in two frames is impossible, since two equal labels in a row are one."""
    table = np.log(np.full((2, 2), 0.5)).astype(np.float32)

    assert lyrics.log_likelihood(table, [0, 0], 1) == -math.inf
    assert lyrics.log_likelihood(table, [0], 1) == pytest.approx(math.log(0.75))


def test_the_sound_takes_a_side() -> None:
    """What was sung scores above what was not, either way; where the engine itself is in doubt, neither does."""
    end = round(len("ship") * 5 * FRAME_S * RATE_HZ)

    assert lyrics.margin(emit("ship"), "ship", "shit", 0, end) > lyrics.SURE
    assert lyrics.margin(emit("shit"), "ship", "shit", 0, end) < -lyrics.SURE
    assert abs(lyrics.margin(emit("ship", doubt={3: "t"}), "ship", "shit", 0, end)) < 0.01
    assert lyrics.margin(emit("ship"), "ship", "쉿", 0, end) == 0


def test_pieces_of_words_are_spelt_longest_first() -> None:
    """Engines with pieces of words mark where a word begins."""
    labels = ("▁", "▁li", "g", "ght", "▁the", "h", "t", "l", "i")

    assert lyrics.spell("Light the", labels) == [1, 3, 4]
    assert lyrics.spell("light", (" ", *"lightx")) == [1, 2, 3, 4, 5]


def test_words_are_forced_onto_the_sound() -> None:
    """The line's words are placed where their letters sound, also when the engine has misread one of them."""
    sound = emit("hold it high", doubt={1: "a"})

    placed = lyrics.place(sound, ["hold", "it", "high"])

    letters = [(0, 4), (5, 7), (8, 12)]
    for (start, end, score), (first, last) in zip(placed, letters, strict=True):
        assert abs(start / RATE_HZ - first * 5 * FRAME_S) <= 2 * FRAME_S
        assert abs(end / RATE_HZ - last * 5 * FRAME_S) <= 2 * FRAME_S
        assert score > -1
    assert lyrics.place(sound, ["쉿"]) == []
    assert lyrics.place(emit("a", frames=1), ["hold it high"]) == []

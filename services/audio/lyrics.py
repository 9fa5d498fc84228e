"""What was heard beside what the song says: which word stands for which, how alike they are, and what the sound says.

Letters are aligned rather than words, since engines part words otherwise than songs do and some scripts part none.
Where an engine gives the probabilities of its letters (connectionist temporal classification, Graves et al. 2006), both
opinions are scored on the sound itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.audio.decode import RATE_HZ
from services.audio.folding import fold_whole
from services.audio.speech import Emissions, Word

ALIKE = 0.5
"""Words that share this much may be one misheard as the other."""

SURE = 0.5
"""Nats per letter by which the sound must favour one opinion to settle it."""

FAR_S = 1.5
"""Letters sung so far apart are never each other's."""

_GAP = 0.7
# Sounds that singing and engines confuse: half a difference.
_CONFUSED = ("pb", "td", "kgcq", "fv", "szx", "mn", "aeiouy", "rl", "ij", "uw")
_NEAR = {(a, b) for group in _CONFUSED for a in group for b in group if a != b}


@dataclass(frozen=True)
class There:
    """What the song has in a place.

    Attributes:
        text: The song's words there; empty when it has none.
        likeness: 1 when they were heard as they are, 0 when nothing agrees.
    """

    text: str
    likeness: float


@dataclass(frozen=True)
class Beside:
    """What was heard beside what the song has there; one of the two may be empty. Samples of the take at 48 kHz."""

    heard: str
    expected: str
    start_samples: int
    end_samples: int
    likeness: float


@dataclass(frozen=True)
class _Letter:
    char: str
    # Which word it is of, and when it is sung.
    word: int
    at_s: float


@dataclass(frozen=True)
class Reading:
    """A transcript beside the song.

    Attributes:
        agreement: Share of the song's letters that were heard, 1 when the song is unknown.
        line: Every word heard or expected, in order, both opinions side by side.
    """

    agreement: float
    line: tuple[Beside, ...]
    # Per heard word: its letters, those among them that agree, and the words of the song they were held against.
    _letters: tuple[int, ...] = ()
    _agreeing: tuple[float, ...] = ()
    _words: tuple[tuple[int, ...], ...] = ()
    _heard: tuple[Word, ...] = ()
    _song: tuple[Word, ...] = ()

    @property
    def deviations(self) -> tuple[Beside, ...]:
        """Where another word was heard than the song has, in order."""
        return tuple(each for each in self.line if each.likeness < 1)

    def at(self, sung: Sequence[Word]) -> There:
        """What the song has where these words were heard."""
        if not self._song:
            return There("", 0.0)
        mine = [self._heard.index(word) for word in sung]
        theirs = sorted({word for index in mine for word in self._words[index]})
        text = " ".join(self._song[word].text for word in theirs)
        longest = max(sum(self._letters[index] for index in mine), len(_plain(text)))
        agreeing = sum(self._agreeing[index] for index in mine)
        return There(text, agreeing / longest if longest else 0.0)


def words_of(syllables: Sequence[tuple[str, int, int]]) -> list[Word]:
    """The words of a line out of its notes' syllables with their first and last sample.

    `syl-` goes on in the next syllable, and a note without one goes on singing the syllable before it.
    """
    words: list[Word] = []
    goes_on = False
    for syllable, start, end in syllables:
        text = syllable.strip()
        if words and (goes_on or not _plain(text)):
            last = words[-1]
            words[-1] = Word(last.text + text.lstrip("-").rstrip("-"), last.start_samples, end)
        elif _plain(text):
            words.append(Word(text.rstrip("-"), start, end))
        goes_on = text.endswith("-") if _plain(text) else goes_on
    return words


def compare(heard: Sequence[Word], song: Sequence[Word]) -> Reading:
    """Align the letters of a transcript with those of the song (Needleman and Wunsch, 1970), times considered.

    Args:
        heard: What an engine heard, in order.
        song: The line, in order, in the take's time.
    """
    if not song:
        return Reading(1.0, tuple(Beside(word.text, "", word.start_samples, word.end_samples, 1.0) for word in heard))
    mine, theirs = _letters(heard), _letters(song)
    pairs = _align(mine, theirs)
    agreeing = [0.0] * len(heard)
    partners: list[set[int]] = [set() for _ in heard]
    met: list[set[int]] = [set() for _ in song]
    matched = [0.0] * len(song)
    for left, right in pairs:
        own, other = mine[left].word, theirs[right].word
        partners[own].add(other)
        met[other].add(own)
        worth = 1 - _difference(mine[left].char, theirs[right].char)
        agreeing[own] += worth
        matched[other] += worth
    reading = Reading(
        agreement=sum(matched) / max(1, len(theirs)),
        line=(),
        _letters=tuple(sum(letter.word == index for letter in mine) for index in range(len(heard))),
        _agreeing=tuple(agreeing),
        _words=tuple(tuple(sorted(found)) for found in partners),
        _heard=tuple(heard),
        _song=tuple(song),
    )
    found: dict[tuple[int, ...], Beside] = {}
    for index, word in enumerate(heard):
        # One word written as two is no deviation: the song's word is held against all that was heard of it.
        mates = tuple(sorted({mate for partner in partners[index] for mate in met[partner]} | {index}))
        together = reading.at([heard[mate] for mate in mates])
        if together.likeness == 1:
            text, start, end = " ".join(heard[mate].text for mate in mates), heard[mates[0]], heard[mates[-1]]
            found[mates] = Beside(text, together.text, start.start_samples, end.end_samples, 1.0)
        else:
            there = reading.at([word])
            found[index,] = Beside(word.text, there.text, word.start_samples, word.end_samples, there.likeness)
    missing = [
        Beside("", word.text, word.start_samples, word.end_samples, 0.0)
        for index, word in enumerate(song)
        if not met[index] and _plain(word.text)
    ]
    ordered = sorted([*found.values(), *missing], key=lambda each: (each.start_samples, each.end_samples))
    return Reading(**{**vars(reading), "line": tuple(ordered)})


def _plain(text: str) -> str:
    return "".join(char for char in fold_whole(text) if char.isalnum())


def _letters(words: Sequence[Word]) -> list[_Letter]:
    found = []
    for index, word in enumerate(words):
        plain = _plain(word.text)
        length_s = (word.end_samples - word.start_samples) / RATE_HZ
        for place, char in enumerate(plain):
            at_s = word.start_samples / RATE_HZ + length_s * (place + 0.5) / len(plain)
            found.append(_Letter(char, index, at_s))
    return found


def _difference(left: str, right: str) -> float:
    if left == right:
        return 0.0
    return 0.5 if (left, right) in _NEAR else 1.0


def _align(mine: Sequence[_Letter], theirs: Sequence[_Letter]) -> list[tuple[int, int]]:
    """Pairs of letters on the cheapest path."""
    rows, columns = len(mine), len(theirs)
    cost = np.zeros((rows + 1, columns + 1))
    cost[:, 0], cost[0] = _GAP * np.arange(rows + 1), _GAP * np.arange(columns + 1)
    step = np.array([[_step(left, right) for right in theirs] for left in mine]).reshape(rows, columns)
    for row in range(1, rows + 1):
        for column in range(1, columns + 1):
            cost[row, column] = min(
                cost[row - 1, column - 1] + step[row - 1, column - 1],
                cost[row - 1, column] + _GAP,
                cost[row, column - 1] + _GAP,
            )
    pairs = []
    row, column = rows, columns
    while row and column:
        if math.isclose(cost[row, column], cost[row - 1, column - 1] + step[row - 1, column - 1]):
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif math.isclose(cost[row, column], cost[row - 1, column] + _GAP):
            row -= 1
        else:
            column -= 1
    return pairs[::-1]


def _step(left: _Letter, right: _Letter) -> float:
    apart_s = abs(left.at_s - right.at_s)
    # Two gaps are cheaper than a pair that cannot be; among equals, the nearer in time.
    return 2 * _GAP + 1 if apart_s > FAR_S else _difference(left.char, right.char) + 0.1 * apart_s


# --- what the sound says ----------------------------------------------------------------------------------------------


def margin(emissions: Emissions, expected: str, heard: str, start_samples: int, end_samples: int) -> float:
    """By how many nats per letter the sound of a stretch favours the song's words over those heard; negative: heard's.

    0 when the engine's letters cannot spell one of the two.
    """
    # A little more than the word: engines set its ends late.
    first = max(0, math.floor((start_samples / RATE_HZ - 0.1) / emissions.frame_s))
    last = math.ceil((end_samples / RATE_HZ + 0.1) / emissions.frame_s)
    there = emissions.log_probabilities[first:last]
    scores = []
    for text in (expected, heard):
        labels = spell(text, emissions.labels)
        if not labels or len(there) < len(labels):
            return 0.0
        scores.append(log_likelihood(there, labels, emissions.blank))
    return (scores[0] - scores[1]) / max(len(_plain(expected)), len(_plain(heard)))


def spell(text: str, labels: Sequence[str]) -> list[int]:
    """A text in an engine's labels, the longest first; words begin with `▁` or are parted by a space."""
    known = {label: index for index, label in enumerate(labels)}
    longest = max(map(len, labels))
    marked = any(label.startswith("▁") for label in labels)
    words = text.lower().split()
    line = "".join(f"▁{word}" for word in words) if marked else " ".join(words)
    found = []
    index = 0
    while index < len(line):
        for length in range(min(longest, len(line) - index), 0, -1):
            label = known.get(line[index : index + length])
            if label is not None:
                found.append(label)
                index += length
                break
        else:
            # A letter that the engine does not know is passed over: it can favour neither opinion.
            index += 1
    return found


def log_likelihood(log_probabilities: NDArray[np.float32], labels: Sequence[int], blank: int) -> float:
    """Log probability of a sequence of labels over all its alignments with the frames, in nats.

    Args:
        log_probabilities: Shape (frames, labels).
        labels: At least one.
        blank: The label of no letter.
    """
    states = np.full(2 * len(labels) + 1, blank)
    states[1::2] = labels  # blank, letter, blank ...
    # A letter may follow the letter before it at once, unless they are the same.
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    emitted = log_probabilities[:, states].astype(np.float64)  # (frames, states)
    forward = np.full(len(states), -np.inf)
    forward[:2] = emitted[0, :2]
    for frame in emitted[1:]:
        one = np.concatenate([[-np.inf], forward[:-1]])
        two = np.where(skips, np.concatenate([[-np.inf, -np.inf], forward[:-2]]), -np.inf)
        forward = np.logaddexp(np.logaddexp(forward, one), two) + frame
    return float(np.logaddexp(forward[-1], forward[-2]))


def place(emissions: Emissions, words: Sequence[str]) -> list[tuple[int, int, float]]:
    """Force words onto the sound (Viterbi): per word its first and last sample at 48 kHz and its mean log probability.

    Empty when the engine's letters cannot spell them or there is no room for them.
    """
    spelt = [spell(word, emissions.labels) for word in words]
    labels = [label for word in spelt for label in word]
    owners = [index for index, word in enumerate(spelt) for _ in word]
    sound = emissions.log_probabilities.astype(np.float64)
    if not all(spelt) or len(sound) < len(labels):
        return []
    states = np.full(2 * len(labels) + 1, emissions.blank)
    states[1::2] = labels
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    best = np.full(len(states), -np.inf)
    best[:2] = sound[0, states[:2]]
    came = np.zeros((len(sound), len(states)), np.int8)
    for index, frame in enumerate(sound[1:], 1):
        one = np.concatenate([[-np.inf], best[:-1]])
        two = np.where(skips, np.concatenate([[-np.inf, -np.inf], best[:-2]]), -np.inf)
        choices = np.stack([best, one, two])
        came[index] = choices.argmax(axis=0)
        best = choices.max(axis=0) + frame[states]
    state = len(states) - 1 if best[-1] >= best[-2] else len(states) - 2
    frames: list[list[int]] = [[] for _ in words]
    scores: list[list[float]] = [[] for _ in words]
    for index in range(len(sound) - 1, -1, -1):
        if state % 2:
            owner = owners[state // 2]
            frames[owner].append(index)
            scores[owner].append(sound[index, states[state]])
        state -= int(came[index, state])
    if not all(frames):
        return []
    step = emissions.frame_s * RATE_HZ
    return [
        (round(min(held) * step), round((max(held) + 1) * step), float(np.mean(score)))
        for held, score in zip(frames, scores, strict=True)
    ]

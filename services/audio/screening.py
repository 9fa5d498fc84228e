"""Says of most clean texts that they are clean, by set look-ups: the matcher then need not walk them.

It errs on one side only: what it calls clean is clean, where it sends to look for strings alone there is nothing else,
and `tests/audio/test_matching.py` holds it to that on random disguises. Text of one alphabet is held against every way
in which that alphabet can write a term; text of scripts without spaces against the first two characters of each; all
other text against the looks of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, pairwise, product
from math import prod
from operator import add, eq, itemgetter
from typing import Literal, TypeAlias

from services.audio.folding import drawn_in, fold_whole, unspaced
from services.audio.letters import LATIN_LOOKALIKES, options

LATIN, CYRILLIC, GREEK = "abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюяєіј", "αβγδεζηθικλμνξοπρστυφχψω"

_STEM_LETTERS, _STEM_HEAD = 6, 3
_MOST_WRITINGS = 20_000
"""Words that an alphabet could write in more ways than this are left to their looks."""

# Digits and signs that may be meant as letters, anywhere but at the end of a sentence: of ASCII, and all others but the
# punctuation that is none.
_ODD = re.compile(r"[0-9@$+|<*#%_(]|!(?=[^\s!])")
_ODD_ELSEWHERE = re.compile(r"[^\w\s\u0900-\u0dff\u0e00-\u0e7f'\",.;:?!)\-、。，·…¿¡「」『』]|[\d_〇]|!(?=[^\s!])")
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7ff"
_WORDS = re.compile(r"[\w\u0900-\u0dff\u0e00-\u0e7f]+")
_SPACED = re.compile(rf"(?:(?![{_UNSPACED}])[\w\u0900-\u0dff])+")
_JAMO = re.compile("[\u3130-\u318f]")
HAN_BESIDE_KANA = re.compile("[ぁ-ゖー][力二口夕卜工八]|[力二口夕卜工八][ぁ-ゖー]")
"""Characters that are drawn like katakana, where they may be meant as such."""
ARABIC_PREFIX = re.compile(r"(?:[وفبلك]?ال|لل|يا|و)(?=\w{2})")
"""Article, conjunction and prepositions, which are written together with the word."""
_BETWEEN = re.compile(r"(?<=\w)[^\w\s]+(?=\w)")
_DOUBLE = re.compile(r"(.)\1+")
# A word of nothing but letters of scripts without spaces that are drawn like Latin ones.
_HAN_LETTERS = "".join(filter(unspaced, LATIN_LOOKALIKES))
_DRAWN = re.compile(rf"(?<!\S)(?=[a-z]*[{_HAN_LETTERS}])[a-z{_HAN_LETTERS}]{{3,}}(?!\S)")


def _row(letter: str) -> re.Pattern[str]:
    """Three pieces of one or two letters in a row, two of them single."""
    one, two, gap = letter, letter * 2, rf"(?:(?!{letter}).)+"
    pieces = (f"{one}{gap}{one}{gap}{one}{letter}?", f"{one}{gap}{two}{gap}{one}", f"{two}{gap}{one}{gap}{one}")
    return re.compile(f"(?<!{letter})(?:{'|'.join(pieces)})(?!{letter})", re.DOTALL)


_ROW = _row("[a-z]")
_ROW_ELSEWHERE = _row(rf"(?:(?![{_UNSPACED}])[\w\u0900-\u0dff])")


Search: TypeAlias = Literal["nothing", "strings", "all"]
"""What a text is worth searching for: nothing, terms of scripts without spaces, or all terms."""


class Screen:
    """What a lexicon's terms could look like, compiled once."""

    def __init__(
        self,
        words: Mapping[str, bool],
        local: Mapping[str, Mapping[str, bool]],
        phrases: Sequence[tuple[str, ...]],
        accented: Iterable[str],
        beginnings: tuple[set[str], set[str]],
    ) -> None:
        """Compile.

        Args:
            words: Folded terms of alphabets, and whether they are stems.
            local: The same by language, of those that are asked about in one language only.
            phrases: Folded terms of several words.
            accented: Terms whose accents count.
            beginnings: Terms of one character in scripts without spaces, and the first two characters of all others.
        """
        self._alphabets = tuple(_Alphabet(letters, words, phrases) for letters in (LATIN, CYRILLIC, GREEK))
        self._looks = _Looks(words)
        self._local = {language: _Looks(known) for language, known in local.items()}
        every = dict(words)
        for known in local.values():
            every |= {word: stem or every.get(word, False) for word, stem in known.items()}
        self._every = _Looks(every)
        self._parts = {_look(part) for parts in phrases for part in parts}
        self._pairs = {(_look(first), _look(second)) for first, second, *_ in phrases}
        self._accented = frozenset(accented)
        self._single, self._double = beginnings

    def look(self, text: str, language: str = "") -> Search:
        """What there may be to find in a text.

        Args:
            text: As written.
            language: BCP 47 primary tag of the language spoken, in small letters.
        """
        folded = fold_whole(text)
        words = _WORDS.findall(folded)
        if language in self._local and not self._local[language].none_of(_SPACED.findall(folded)):
            return "all"
        if text.isascii():
            odd = _ODD.search(folded) or (1 in map(len, words) and _ROW.search(folded))
            return "all" if odd or not self._none_in(folded, words, self._alphabets[0]) else "nothing"
        if self.accented(text) or _ODD_ELSEWHERE.search(folded):
            return "all"
        alphabet = next((one for one in self._alphabets if one.foreign.search(folded) is None), None)
        # A row has single letters; beside scripts without spaces they are no words of their own.
        if (alphabet is None or 1 in map(len, words)) and _ROW_ELSEWHERE.search(folded):
            return "all"
        if alphabet is None:
            return self._look_elsewhere(folded, words)
        return "nothing" if self._none_in(folded, words, alphabet) else "all"

    def accented(self, text: str) -> bool:
        """Whether a term whose accents count is in the text."""
        if text.isascii():
            return False
        written = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
        words = _SPACED.findall(written)
        if not self._accented.isdisjoint(words):
            return True
        rows = "".join(word if len(word) == 1 else " " for word in words).split() if 1 in map(len, words) else ()
        return not self._accented.isdisjoint(rows)

    def may_be(self, word: str) -> bool:
        """False when a word of letters alone can neither be a term, nor begin with a stem, nor be part of a phrase."""
        return not word.isalpha() or _look(word) in self._parts or self._every.has(word)

    def may_be_part(self, word: str) -> bool:
        """False when a word of letters alone is no part of a phrase."""
        return not word.isalpha() or _look(word) in self._parts

    @staticmethod
    def _none_in(folded: str, words: list[str], alphabet: _Alphabet) -> bool:
        if not alphabet.none_of(words):
            return False
        return not _BETWEEN.search(folded) or alphabet.none_of(_WORDS.findall(_BETWEEN.sub("", folded)))

    def _look_elsewhere(self, folded: str, words: list[str]) -> Search:
        """Of text that is not of one alphabet."""
        line = "".join(words)
        found: Search = "nothing"
        if any(map(unspaced, line)):
            if _JAMO.search(line) or HAN_BESIDE_KANA.search(line) or _DRAWN.search(folded):
                return "all"
            for stream in {line, drawn_in(line)[0]}:
                if not (self._single.isdisjoint(stream) and self._double.isdisjoint(map(add, stream, stream[1:]))):
                    found = "strings"
            words = _SPACED.findall(folded)
        if _BETWEEN.search(folded):
            words += _WORDS.findall(_BETWEEN.sub("", folded))
        words += [word[prefix.end() :] for word in words if (prefix := ARABIC_PREFIX.match(word))]
        none = (
            self._looks.none_of(words)
            and self._pairs.isdisjoint(pairwise(map(_look, words)))
            and self._looks.none_of(map(add, words, words[1:]))
        )
        return found if none else "all"


class _Alphabet:
    """Every way in which the letters of one alphabet can write the terms of all."""

    def __init__(self, letters: str, words: Mapping[str, bool], phrases: Iterable[tuple[str, ...]]) -> None:
        self.foreign = re.compile(rf"[^\W{letters}]")
        sources: dict[str, str] = {letter: letter for letter in letters}
        for letter in letters:
            for meant in options(letter):
                sources[meant] = sources.get(meant, "") + letter

        def writings(word: str) -> Iterator[str]:
            ways = [sources.get(char, "") for char in word]
            # Beyond that only its own letters are looked for, and what is drawn like them is searched for as odd.
            if prod(map(len, ways)) <= _MOST_WRITINGS:
                yield from map("".join, product(*ways))
            else:
                self.foreign = re.compile(r"\w")

        written = {form for word in words for form in writings(word)}
        stems = {form for word, stem in words.items() if stem for form in writings(word[:_STEM_LETTERS])}
        pairs = {pair for first, second, *_ in phrases for pair in product(writings(first), list(writings(second)))}
        self._words, self._stems, self._pairs = written, _Stems(stems), pairs
        # The same without doubled letters, for words that have some.
        self._even_words = set(map(_even, written))
        self._even_stems = _Stems(map(_even, stems))
        self._even_pairs = {(_even(first), _even(second)) for first, second in pairs}

    def none_of(self, words: list[str]) -> bool:
        """False when a word, or two together, may be read as a term."""
        joined = list(map(add, words, words[1:]))
        plain = (
            self._words.isdisjoint(words)
            and self._stems.begin_none(words)
            and self._pairs.isdisjoint(pairwise(words))
            and self._words.isdisjoint(joined)
        )
        line = " ".join(words + joined)
        if not plain or not any(map(eq, line, line[1:])):
            return plain
        even = _even(line).split(" ")
        # Only where letters are doubled may a term be drawn out.
        changed = [word for word, raw in zip(even, words + joined, strict=True) if word != raw]
        return (
            self._even_words.isdisjoint(changed)
            and self._even_stems.begin_none([word for word, raw in zip(even, words, strict=False) if word != raw])
            and self._even_pairs.isdisjoint(pairwise(even[: len(words)]))
        )


class _Looks:
    """Words by their looks, and stems by those of their first letters."""

    def __init__(self, words: Mapping[str, bool]) -> None:
        # The fewest letters of a word that looks so.
        self._fewest: dict[str, int] = {}
        for word in words:
            look = _look(word)
            self._fewest[look] = min(len(word), self._fewest.get(look, len(word)))
        self._stems = _Stems(_look(word[:_STEM_LETTERS]) for word, stem in words.items() if stem)

    def has(self, word: str) -> bool:
        """Whether a word may be read as one of these, or begin with a stem of them."""
        look = _look(word)
        return len(word) >= self._fewest.get(look, 99) or not self._stems.begin_none([look])

    def none_of(self, words: Iterable[str]) -> bool:
        """False when one of the words may be read as one of these, or begin with a stem of them."""
        looks = {_look(word): len(word) for word in sorted(words, key=len)}
        fewest = self._fewest
        return self._stems.begin_none(looks) and not any(
            look in fewest and length >= fewest[look] for look, length in looks.items()
        )


def _even(word: str) -> str:
    """A word without doubled letters."""
    return _DOUBLE.sub(itemgetter(1), word)


@lru_cache(maxsize=4096)
def _look(word: str) -> str:
    """A word with letters that are drawn alike made one, and none doubled."""
    return _even(word.translate(_LOOKS))


class _Stems:
    """Beginnings of words, by their length."""

    def __init__(self, stems: Iterable[str]) -> None:
        self._by_length = [(length, set(group)) for length, group in groupby(sorted(set(stems), key=len), key=len)]
        # Few words begin as any stem does, so most are told by that alone.
        self._head = min([_STEM_HEAD, *(length for length, _ in self._by_length)])
        self._heads = {stem[: self._head] for _, known in self._by_length for stem in known}

    def begin_none(self, words: Iterable[str]) -> bool:
        """False when a word begins with one of them."""
        near = [word for word in words if word[: self._head] in self._heads]
        return not near or all(known.isdisjoint([word[:length] for word in near]) for length, known in self._by_length)


def _classes() -> dict[int, str]:
    """For every letter that may be taken for another: one letter for all of those."""
    one: dict[str, str] = {}

    def first(letter: str) -> str:
        while one.setdefault(letter, letter) != letter:
            letter = one[letter]
        return letter

    for letter in {*LATIN_LOOKALIKES, *LATIN, *CYRILLIC, *GREEK}:
        # Characters of scripts without spaces are no letters of words.
        for other in options(letter) if not unspaced(letter) else "":
            one[first(other)] = first(letter)
    return {ord(letter): first(letter) for letter in sorted(one)}


_LOOKS = _classes()

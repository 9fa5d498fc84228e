"""Terms of the lexicon found in a text, through the disguises that people give them.

Words of alphabets are looked up whole, or by declared stems, so that nobody is locked out by a name that merely
contains a bad word. One trie of all terms is walked with everything each character may stand for, so a disguise costs
no table of variants. Scripts without spaces are searched as strings (Aho and Corasick, 1975), and a harmless longer
word there wins.

Nearly every text is clean, so a text is first screened (`screening.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise, product
from typing import Any, TypeAlias

from services.audio.folding import Folded, drawn_in, fold, fold_whole, script, typed, unspaced
from services.audio.letters import MASKS, is_sign, options
from services.audio.screening import ARABIC_PREFIX, HAN_BESIDE_KANA, Screen, Search
from services.audio.terms import Entry, Terms


@dataclass(frozen=True)
class Hit:
    """A term found in a text.

    Attributes:
        entry: What was found.
        start: First character in the text as written.
        end: Character after the last.
        text: The characters as written.
        form: The folded form that was recognised.
        guess: Found through a mask such as `*`, one doubled letter or a gap: it never rejects by itself.
    """

    entry: Entry
    start: int
    end: int
    text: str
    form: str
    guess: bool = False


@dataclass(frozen=True)
class _Unit:
    """A word to look up: its characters, the place of each in the folded text, and whether it was pieced together."""

    word: str
    places: Sequence[int]
    guess: bool = False
    stems: bool = True


_WORD, _STEM, _PART = 0, 1, 2
_Trie: TypeAlias = dict[str, Any]
_Token: TypeAlias = tuple[str, int, int]
"""A word as folded, its first place and the place after its last."""
_Placed: TypeAlias = tuple[Entry, Sequence[int], str, bool]
"""What was found, at which places of the folded text, in which form, and whether it is a guess."""
_Found: TypeAlias = tuple[Entry, Sequence[tuple[int, int]], str, bool]
"""The same, with spans of the text as written."""
_LONGEST_PHRASE = 6
_PARTED = re.compile(r"[\s'’-]+")
_SHORT = 3
"""Terms of so few letters are never pieced together out of a longer row."""


class Lexicon:
    """Terms, compiled once and looked up."""

    def __init__(self, terms: Terms) -> None:
        self.entries = terms.entries
        self.names = frozenset(fold_whole(name) for name in terms.names)
        rows = (tuple(_PARTED.split(fold(word).text)) for word in terms.harmless)
        self._harmless_rows = frozenset(row for row in rows if len(row) > 1)
        self._harmless = frozenset(fold(word).text for word in terms.harmless if not word.endswith("*"))
        self._harmless_stems = tuple(sorted({fold(word[:-1]).text for word in terms.harmless if word.endswith("*")}))
        self._ordinary = frozenset((language, fold(word).text) for language, word in terms.ordinary)
        self._trie: _Trie = {}
        self._accented: dict[str, list[Entry]] = {}
        self._phrases: dict[tuple[str, ...], list[Entry]] = {}
        strings: dict[str, list[Entry]] = {}
        for entry in self.entries:
            for spelling in (entry.term, *entry.readings):
                word = fold(spelling, accents=entry.accents).text
                parts = tuple(_PARTED.split(word.strip()))
                if any(map(unspaced, word)):
                    strings.setdefault("".join(char for char in word if not char.isspace()), []).append(entry)
                    if script(word[0]) == "HANGUL" and len(word) > 1 and not entry.local:
                        self._insert(typed(word), (_WORD, entry))
                elif len(parts) > 1:
                    self._phrases.setdefault(parts, []).append(entry)
                    for part in parts:
                        self._insert(part, (_PART, part))
                elif entry.accents:
                    self._accented.setdefault(word, []).append(entry)
                else:
                    self._insert(word, (_STEM if entry.match == "stem" else _WORD, entry))
        harmless = [word for word in self._harmless if any(map(unspaced, word))]
        self._strings = _Strings(strings, harmless)
        self._drawn = _Strings(
            _merged((drawn_in(string)[0], entries) for string, entries in strings.items()),
            [drawn_in(word)[0] for word in harmless],
        )
        hidden = ((holed, entries) for string, entries in strings.items() for holed in _holed(string))
        self._hidden = _Strings(_merged(hidden), ())
        self._screen = self._screened()
        harmless_too = [sorted(terms.harmless), sorted(terms.ordinary)]
        described = json.dumps([[*vars(entry).values()] for entry in self.entries] + harmless_too)
        self.hash = hashlib.sha256(described.encode()).hexdigest()

    def _screened(self) -> Screen:
        words: dict[str, bool] = {}
        local: dict[str, dict[str, bool]] = {}
        for word, terminals in _spellings(self._trie, ""):
            for kind, entry in terminals:
                if kind != _PART:
                    known = local.setdefault(entry.language, {}) if entry.local else words
                    known[word] = known.get(word, False) or kind == _STEM
        single, double = (one | two for one, two in zip(self._strings.heads(), self._drawn.heads(), strict=True))
        return Screen(words, local, tuple(self._phrases), self._accented, (single, double))

    def _insert(self, word: str, terminal: tuple[int, Any]) -> None:
        node = self._trie
        for char in word:
            node = node.setdefault(char, {})
        known = node.setdefault("", [])
        if terminal not in known:
            known.append(terminal)

    def find(self, text: str, language: str = "") -> list[Hit]:
        """Every term in a text, in order of place; `language` is a BCP 47 tag, empty asks about no local words."""
        own = language.split("-", maxsplit=1)[0].lower()
        kinds = self._screen.look(text, own)
        return [] if kinds == "nothing" else self.search(text, language, kinds)

    def search(self, text: str, language: str = "", kinds: Search = "all") -> list[Hit]:
        """As `find`, for terms of some kinds, without the screen."""
        folded = fold(text)
        own = language.split("-", maxsplit=1)[0].lower()
        hits: dict[tuple[int, str], Hit] = {}
        for entry, spans, form, guess in self._found(text, folded, kinds):
            start, end = spans[0][0], spans[-1][1]
            if entry.language != own and (own, fold(text[start:end]).text) in self._ordinary:
                continue
            known = hits.get((start, entry.id))
            # A sure find takes the place of a guess, and a longer one of a shorter.
            better = known is None or (known.guess, -known.end) > (guess, -end)
            # Harmless words of other languages are never guessed at.
            if better and (not entry.local or (entry.language == own and not guess)):
                hits[start, entry.id] = Hit(entry, start, end, text[start:end], form, guess)
        # Where one thing is sure, nothing is guessed.
        sure = [(hit.start, hit.end) for hit in hits.values() if not hit.guess]
        kept = [
            hit
            for hit in hits.values()
            if not hit.guess or all(hit.end <= start or end <= hit.start for start, end in sure)
        ]
        return sorted(kept, key=lambda hit: (hit.start, hit.end, hit.entry.id))

    def _found(self, text: str, folded: Folded, kinds: Search) -> Iterator[_Found]:
        found = self._strings_in(folded.text)
        if kinds == "all":
            tokens = list(_tokens(folded.text))
            found = chain(self._words_in(folded.text, tokens), self._rows(tokens), found)
        for entry, places, form, guess in found:
            yield entry, [folded.spans[place] for place in places], form, guess
        if kinds == "all" and self._screen.accented(text):
            accented = fold(text, accents=True)
            harmless = {folded.spans[place][0] for place in self._in_harmless_rows(tokens)}
            for token, start, end in _tokens(accented.text):
                for entry in self._accented.get(token, ()) if accented.spans[start][0] not in harmless else ():
                    yield entry, accented.spans[start:end], token, False
            for row, places in _spelled(list(_tokens(accented.text))):
                for entry in self._accented.get(row, ()):
                    yield entry, [accented.spans[place] for place in places], row, False

    def _words_in(self, text: str, tokens: Sequence[_Token]) -> Iterator[_Placed]:
        """Words and stems, whole or pieced together."""
        seen: set[tuple[str, int]] = set()
        harmless = self._in_harmless_rows(tokens)
        for unit in _units(text, tokens):
            if (unit.word, unit.places[0]) in seen or unit.places[0] in harmless or self._means_no_harm(unit.word):
                continue
            seen.add((unit.word, unit.places[0]))
            for kind, entry, length, guess in self._walk(unit.word):
                if kind != _PART and (length == len(unit.word) or unit.stems):
                    yield entry, unit.places[:length], unit.word[:length], guess or unit.guess
        for row, places in _spelled(tokens):
            for start in range(len(row)):
                for kind, entry, length, guess in self._walk(row[start:], ends=True):
                    whole = start == 0 and length == len(row)
                    if kind != _PART and (whole or length > _SHORT):
                        yield entry, places[start : start + length], row[start : start + length], guess

    def _means_no_harm(self, word: str) -> bool:
        return word in self._harmless or (bool(self._harmless_stems) and word.startswith(self._harmless_stems))

    def _in_harmless_rows(self, tokens: Sequence[_Token]) -> set[int]:
        """First places of words that belong to a harmless row of several: the second half of `pique-nique`."""
        words = [token for token, _, _ in tokens]
        return {
            tokens[index][1]
            for row in self._harmless_rows
            if row[0] in words
            for first in range(len(words) - len(row) + 1)
            if tuple(words[first : first + len(row)]) == row
            for index in range(first, first + len(row))
        }

    def _walk(self, word: str, *, ends: bool = False) -> Iterator[tuple[int, Any, int, bool]]:
        """Terms that a word may be read as, or begin with: kind, entry, length of it in the word, and if it is a guess.

        Args:
            word: Folded characters without spaces.
            ends: Terms may end anywhere, not only those that are stems.
        """
        if not ends and not self._screen.may_be(word):
            return
        signs = sum(char in MASKS for char in word)
        most_masks = signs if signs <= len(word) - 2 and word[0] not in MASKS else 0
        # A number is a number (`455`), and so little as `v1` is what it is.
        plain = word.isdigit() or len(word) < _SHORT
        readings = [(char,) if plain else (char, *options(char)) for char in word]
        # Index in the word, node, letter that led there, masks passed, letters drawn out (0, 1, many).
        states: list[tuple[int, _Trie, str, int, int]] = [(0, self._trie, "", 0, 0)]
        visited: set[tuple[int, int, int, int]] = set()
        while states:
            index, node, last, masks, drawn = states.pop()
            if (index, id(node), masks, drawn) in visited:
                continue
            visited.add((index, id(node), masks, drawn))
            for kind, payload in node.get("", ()):
                if index == len(word) or kind == _STEM or (ends and kind == _WORD):
                    yield kind, payload, index, masks > 0 or drawn == 1
            if index == len(word):
                continue
            for letter in readings[index]:
                if letter in node:
                    states.append((index + 1, node[letter], letter, masks, drawn))
                # The letter before, drawn out: twice is perhaps a slip, more is meant.
                if letter == last:
                    states.append((index + 1, node, last, masks, min(drawn + 1, 2)))
            if word[index] in MASKS and masks < most_masks:
                states += [(index + 1, child, letter, masks + 1, drawn) for letter, child in node.items() if letter]

    def _rows(self, tokens: Sequence[_Token]) -> Iterator[_Placed]:
        """Terms of several words in a row."""
        parts = [
            {
                payload: guess
                for kind, payload, length, guess in self._walk(core)
                if kind == _PART and length == len(core)
            }
            if self._screen.may_be_part(core := _core(token))
            else {}
            for token, _, _ in tokens
        ]
        for index, known in enumerate(parts):
            if not known:
                continue
            for count in range(2, min(_LONGEST_PHRASE, len(parts) - index) + 1):
                if not parts[index + count - 1]:
                    break
                for row in product(*parts[index : index + count]):
                    for entry in self._phrases.get(row, ()):
                        guess = any(parts[index + place][word] for place, word in enumerate(row))
                        places = range(tokens[index][1], tokens[index + count - 1][2])
                        yield entry, places, " ".join(row), guess

    def _strings_in(self, text: str) -> Iterator[_Placed]:
        """Terms of scripts without spaces."""
        if text.isascii() or not any(map(unspaced, text)):
            return
        for places, stream in _streams(text):
            for automaton, (word, kept) in (
                (self._strings, (stream, list(range(len(stream))))),
                (self._drawn, drawn_in(stream)),
            ):
                for start, end, entries in automaton.find(word):
                    held = [places[kept[index]] for index in range(start, end)]
                    begins, closes = _chunk(text, held[0], held[-1])
                    for entry in entries:
                        # What spaces part is one Korean word only when nothing else clings to it.
                        split = script(text[held[0]]) == "HANGUL" and " " in text[held[0] : held[-1]]
                        if (split and not (begins and closes)) or (entry.match == "stem" and not begins):
                            continue
                        if entry.match == "token" and not (begins and closes):
                            continue
                        yield entry, held, word[start:end], False
        if _HOLE.search(text):
            yield from self._strings_hidden(text)

    def _strings_hidden(self, text: str) -> Iterator[_Placed]:
        """Terms of scripts without spaces with a sign in place of a character: what Japanese will not spell out."""
        places = [index for index, char in enumerate(text) if char.isalpha() or unspaced(char) or _HOLE.match(char)]
        for start, end, entries in self._hidden.find(_HOLE.sub(_HIDDEN, "".join(text[place] for place in places))):
            held = places[start:end]
            begins, closes = _chunk(text, held[0], held[-1])
            for entry in entries:
                if entry.match == "substring" or (begins and (closes or entry.match == "stem")):
                    yield entry, held, "".join(text[place] for place in held), True


_HIDDEN = "○"
_HOLE = re.compile(f"[○◯〇●◎{re.escape(''.join(MASKS))}]")


def _holed(string: str) -> Iterator[str]:
    """A term of at least three characters with each of them hidden in turn."""
    if len(string) >= _SHORT:
        for index in range(len(string)):
            yield string[:index] + _HIDDEN + string[index + 1 :]


def _merged(pairs: Iterable[tuple[str, Sequence[Entry]]]) -> dict[str, list[Entry]]:
    merged: dict[str, list[Entry]] = {}
    for key, entries in pairs:
        merged.setdefault(key, []).extend(entries)
    return merged


def _chunk(text: str, first: int, last: int) -> tuple[bool, bool]:
    """Whether no letter stands right before the first place, and none right after the last."""
    return not text[first - 1 : first].isalpha(), not text[last + 1 : last + 2].isalpha()


_HAN_LIKE_KANA = str.maketrans("力二口夕卜工八", "かにろたとえは")
"""Characters that are drawn like katakana, to what `fold` makes of those."""


def _streams(text: str) -> Iterator[tuple[list[int], str]]:
    """What is read on as one string, and its places: letters alone, with digits, and with characters taken for kana."""
    letters = [index for index, char in enumerate(text) if char.isalpha() or char in "ー〜" or unspaced(char)]
    plain = "".join(text[place] for place in letters)
    yield letters, plain
    if any(char.isdigit() for char in text):
        both = [index for index, char in enumerate(text) if char.isalnum() or unspaced(char)]
        yield both, "".join(text[place] for place in both)
    if HAN_BESIDE_KANA.search(plain):
        yield letters, plain.translate(_HAN_LIKE_KANA)


# --- words ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def _in_word(char: str) -> bool:
    """Whether a character belongs to a word of an alphabet."""
    return (char.isalnum() or is_sign(char) or bool(script(char))) and not unspaced(char)


def _tokens(text: str) -> Iterator[_Token]:
    """Words of alphabets with their places; signs that stand for letters count as letters inside of a word."""
    start = -1
    for index, char in enumerate(text + " "):
        inside = _in_word(char)
        if inside and start < 0:
            start = index
        elif not inside and start >= 0:
            yield text[start:index], start, index
            start = -1


def _core(token: str) -> str:
    """A token without the signs at its edges, which are rather punctuation than letters."""
    if token.isalpha():
        return token
    first, last = 0, len(token)
    while first < last and is_sign(token[first]) and not token[first].isdigit():
        first += 1
    while last > first and is_sign(token[last - 1]) and not token[last - 1].isdigit():
        last -= 1
    return token[first:last]


def _units(text: str, tokens: Sequence[_Token]) -> Iterator[_Unit]:
    """Everything that may be one word."""
    for token, start, end in tokens:
        core = _core(token)
        if core and core != token:
            first = start + token.index(core)
            yield _Unit(core, range(first, first + len(core)))
        yield _Unit(token, range(start, end))
        prefix = ARABIC_PREFIX.match(core)
        if prefix:
            yield _Unit(core[prefix.end() :], range(start + token.index(core) + prefix.end(), end))
    for left, right in pairwise(tokens):
        yield from _pair(left, right)
    mixed = not text.isascii() and any(map(unspaced, text))
    for chunk in _CHUNK.finditer(text):
        # Letters of alphabets and nothing else are a token already.
        if mixed or not chunk[0].isalpha():
            yield from _joined(text, chunk.start(), chunk.end())


_CHUNK = re.compile(r"\S+")
_VOWEL = re.compile(r"[aeiouyаеёиоуыэюяαεηιουω]")


def _pair(left: _Token, right: _Token) -> Iterator[_Unit]:
    """Two tokens that would be one word, one of them unable to stand alone: `fu ck`, `s hit`."""
    word = left[0] + right[0]
    if len(word) > _SHORT and word.isalpha() and not (_VOWEL.search(left[0]) and _VOWEL.search(right[0])):
        yield _Unit(word, [*range(left[1], left[2]), *range(right[1], right[2])], guess=True, stems=False)


def _joined(text: str, start: int, end: int) -> Iterator[_Unit]:
    """What stands between two spaces without its punctuation: `f.u.c.k`, `f*u*c*k`, `fu-ck`."""
    places = [index for index in range(start, end) if _in_word(text[index]) and text[index] not in MASKS]
    if 2 < len(places) < end - start:
        pieces = re.split(r"[\W_]+", text[start:end])
        # Single letters with dots between them are one word; with longer pieces, such as of `Jo-Der`, who knows.
        guess = any(len(piece) > 1 for piece in pieces)
        yield _Unit("".join(text[place] for place in places), places, guess, stems=not guess)
    chunk = text[start:end]
    if len(chunk) > 2 and any(map(unspaced, chunk)) and all(char.isascii() or options(char) for char in chunk):
        yield _Unit(chunk, range(start, end))


def _spelled(tokens: Sequence[_Token]) -> Iterator[tuple[str, list[int]]]:
    """Rows of at least three pieces of one or two letters, most of them single, joined: `f u c k`, `f u ck`."""
    row: list[_Token] = []
    for token, start, _ in [*tokens, ("   ", 0, 0)]:
        core = _core(token)
        if len(core) <= 2 and core.isalnum():
            first = start + token.index(core)
            row.append((core, first, first + len(core)))
            continue
        singles = sum(len(piece) == 1 for piece, _, _ in row)
        if len(row) >= 3 and singles >= len(row) - 1:
            yield "".join(piece for piece, _, _ in row), [place for _, a, b in row for place in range(a, b)]
        row = []


# --- strings ----------------------------------------------------------------------------------------------------------


class _Strings:
    """Many strings at once (Aho and Corasick, 1975). Harmless ones hide the shorter ones that they cover."""

    def __init__(self, strings: Mapping[str, Sequence[Entry]], harmless: Iterable[str]) -> None:
        self._entries: dict[str, tuple[Entry, ...]] = {word: () for word in harmless if word}
        self._entries |= {word: tuple(entries) for word, entries in strings.items() if word}
        self._next: list[dict[str, int]] = [{}]
        self._ends: list[list[str]] = [[]]
        self._fail = [0]
        for string in self._entries:
            node = 0
            for char in string:
                if char not in self._next[node]:
                    self._next.append({})
                    self._ends.append([])
                    self._fail.append(0)
                    self._next[node][char] = len(self._next) - 1
                node = self._next[node][char]
            self._ends[node].append(string)
        queue = list(self._next[0].values())
        for node in queue:
            for char, child in self._next[node].items():
                back = self._fail[node]
                while back and char not in self._next[back]:
                    back = self._fail[back]
                self._fail[child] = self._next[back].get(char, 0)
                self._ends[child] += self._ends[self._fail[child]]
                queue.append(child)

    def heads(self) -> tuple[set[str], set[str]]:
        """Terms of one character, and the first two characters of all others."""
        terms = [word for word, entries in self._entries.items() if entries]
        return {word for word in terms if len(word) == 1}, {word[:2] for word in terms if len(word) > 1}

    def find(self, text: str) -> list[tuple[int, int, tuple[Entry, ...]]]:
        """Places of all terms that no harmless word covers."""
        node = 0
        found: list[tuple[int, int, tuple[Entry, ...]]] = []
        harmless: list[tuple[int, int]] = []
        for index, char in enumerate(text):
            while node and char not in self._next[node]:
                node = self._fail[node]
            node = self._next[node].get(char, 0)
            for string in self._ends[node]:
                start, entries = index + 1 - len(string), self._entries[string]
                if entries:
                    found.append((start, index + 1, entries))
                else:
                    harmless.append((start, index + 1))
        return [
            (start, end, entries)
            for start, end, entries in found
            if not any(first <= start and end <= last and last - first > end - start for first, last in harmless)
        ]


def _spellings(node: _Trie, word: str) -> Iterator[tuple[str, list[tuple[int, Any]]]]:
    """Every word of a trie with what ends there."""
    for char, child in node.items():
        if char:
            yield from _spellings(child, word + char)
        else:
            yield word, child

"""Whether words may be published: names by one policy, transcripts by another, both against a lexicon that is data.

Text is folded (width, case, accents, look-alike letters, digits for letters, stretched letters) with a map back to the
characters as written, then whole words and declared stems are looked up, so that nobody is locked out by a name that
merely contains a bad word. Scripts without spaces are searched as strings (Aho and Corasick, 1975), and a harmless
longer word there wins.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import yaml

from services.audio.speech import Transcript

Decision: TypeAlias = Literal["publish", "review", "reject", "replaced"]
Untranscribed: TypeAlias = Literal["review", "replace", "publish"]

BUILT_IN = Path(__file__).parent / "lexicon"

MILD, VULGAR, HARD, SLUR = 1, 2, 3, 4


class LexiconRefused(Exception):  # noqa: N818  named for what its author reads
    """The lexicon is no such document; the message names the entry and the value."""


class NameRefused(Exception):  # noqa: N818  named for what the fan reads
    """The name cannot be drawn at all: `reason` is NAME_EMPTY, NAME_TOO_LONG or NAME_UNPRINTABLE."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Entry:
    """One term of the lexicon.

    Attributes:
        term: As people write it; several words are matched in a row.
        language: BCP 47 primary tag.
        severity: 1 mild, 2 vulgar, 3 hard, 4 slur.
        category: For example `hate`.
        match: The whole word, a word that begins so, or anywhere.
        accents: The term's accents count.
        local: Only asked about in its own language.
    """

    term: str
    language: str
    severity: int
    category: str
    match: Literal["token", "stem", "substring"] = "token"
    accents: bool = False
    local: bool = False

    @property
    def id(self) -> str:
        """For example `en:damn`."""
        return f"{self.language}:{self.term}"


@dataclass(frozen=True)
class Hit:
    """A term found in a text.

    Attributes:
        entry: What was found.
        start: First character in the text as written.
        end: Character after the last.
        text: The characters as written.
        masked: Found through a mask such as `*`: a guess that never rejects by itself.
    """

    entry: Entry
    start: int
    end: int
    text: str
    masked: bool = False


@dataclass(frozen=True)
class Finding:
    """A hit with its place in the take, in samples at 48 kHz; 0 and 0 in a name."""

    text: str
    start_samples: int
    end_samples: int
    entry: str
    category: str
    severity: int


@dataclass(frozen=True)
class Verdict:
    """The decision and what it rests on."""

    decision: Decision
    engine: str
    transcribed: bool
    findings: tuple[Finding, ...]
    reason: str


# --- folding ----------------------------------------------------------------------------------------------------------

# Letters that look alike, to Latin. Only used for words that mix scripts or that could be Latin as a whole.
LATIN = dict(
    zip(
        "авекмнорстухіјѕԁԛԝһӏүьвгпαβεζηικμνορτυχωϲϳґ",
        "abekmhopctyxijsdqwhlyьbrnabezhikmvoptuxwcjr",
        strict=True,
    )
)
_CYRILLIC = {latin: other for other, latin in reversed(LATIN.items()) if "\u0400" <= other <= "\u052f"}
DIGITS = {
    "0": "o",
    "1": "i",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "i",
    "+": "t",
    "€": "e",
    "|": "i",
}
MASKS = frozenset("*#%_•×")
_EDGES = "!|+*#%_"
_STRETCHED = re.compile(r"(.)\1{2,}")


@dataclass(frozen=True)
class Folded:
    """A text made comparable: its characters, and for each the span it came from."""

    text: str
    spans: tuple[tuple[int, int], ...]


def clusters(text: str) -> Iterator[tuple[int, int]]:
    """Spans of user-perceived characters, after the rules of UAX 29 that occur in names."""
    start = 0
    flags = 0
    for index, char in enumerate(text):
        previous = text[index - 1] if index else ""
        flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        flags = flags + 1 if flag else 0
        joined = index > 0 and (
            unicodedata.category(char) in {"Mn", "Me", "Mc"}
            or char in "\u200d\ufe0f\u200c"
            or "\U0001f3fb" <= char <= "\U0001f3ff"
            or "\U000e0020" <= char <= "\U000e007f"
            or previous == "\u200d"
            or (flag and flags % 2 == 0)
            or (_hangul(previous) and "\u1160" <= char <= "\u11ff")
        )
        if index and not joined:
            yield start, index
            start = index
    if text:
        yield start, len(text)


def _hangul(char: str) -> bool:
    """A Hangul syllable, or a conjoining piece of one, to which a vowel or a tail may still be added."""
    return "\u1100" <= char <= "\u11ff" or "\uac00" <= char <= "\ud7a3"


@lru_cache(maxsize=65536)
def _fold_cluster(cluster: str, accents: bool) -> str:
    """NFKC, no format characters, case folded; Latin, Greek and Cyrillic lose their accents, Hangul and kana never."""
    plain = "".join(
        char for char in unicodedata.normalize("NFKC", cluster) if unicodedata.category(char) != "Cf"
    ).casefold()
    if accents:
        return unicodedata.normalize("NFC", plain)
    kept: list[str] = []
    bare = False
    for char in unicodedata.normalize("NFD", plain):
        if unicodedata.category(char) == "Mn" and bare:
            continue
        if unicodedata.category(char)[0] != "M":
            bare = script(char) in {"LATIN", "GREEK", "CYRILLIC"}
        kept.append(char)
    # Letters that NFD leaves whole.
    return unicodedata.normalize("NFC", "".join(kept)).translate(_WHOLE)


_WHOLE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ƒ": "f", "æ": "ae", "œ": "oe"})


def fold(text: str, *, accents: bool = False) -> Folded:
    """Make a text comparable.

    Args:
        text: As written.
        accents: Keep the accents.
    """
    if text.isascii():
        return Folded(text.lower(), tuple((index, index + 1) for index in range(len(text))))
    folded: list[str] = []
    spans: list[tuple[int, int]] = []
    for start, end in clusters(text):
        for char in _fold_cluster(text[start:end], accents):
            folded.append(char)
            spans.append((start, end))
    return Folded("".join(folded), tuple(spans))


@lru_cache(maxsize=65536)
def script(char: str) -> str:
    """`LATIN`, `CYRILLIC`, `HANGUL`, `CJK` ... after the character's name; empty for what belongs to no script."""
    if unicodedata.category(char)[0] not in "LM":
        return ""
    return unicodedata.name(char, "").split(" ")[0].split("-")[0]


_UNSPACED = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "HALFWIDTH"}


# --- the lexicon ------------------------------------------------------------------------------------------------------


class Lexicon:
    """Terms, looked up."""

    def __init__(self, entries: Sequence[Entry], harmless: Iterable[str], names: Iterable[str]) -> None:
        self.entries = tuple(entries)
        self._words: dict[str, list[Entry]] = {}
        self._accented: dict[str, list[Entry]] = {}
        self._stems: dict[str, list[Entry]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        substrings: dict[str, list[Entry]] = {}
        for entry in self.entries:
            term = fold(entry.term, accents=entry.accents).text
            parts = tuple(term.replace("-", " ").split())
            if entry.match == "substring":
                substrings.setdefault(term, []).append(entry)
            elif len(parts) > 1:
                self._phrases.setdefault(parts[0], []).append((parts, entry))
            elif entry.match == "stem":
                self._stems.setdefault(term, []).append(entry)
            else:
                (self._accented if entry.accents else self._words).setdefault(term, []).append(entry)
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        self._lengths = {len(word) for word in (*self._words, *self._stems)}
        self._harmless = {fold(word).text for word in harmless}
        self.names = frozenset(fold(name).text for name in names)
        self._strings = _Strings(
            {**dict.fromkeys(self._harmless, ()), **{key: tuple(value) for key, value in substrings.items()}}
        )
        described = json.dumps(
            [[e.term, e.language, e.severity, e.category, e.match] for e in self.entries] + sorted(self._harmless)
        )
        self.hash = hashlib.sha256(described.encode()).hexdigest()

    def find(self, text: str, language: str = "") -> list[Hit]:
        """Every term in a text, in order of place; `language` is a BCP 47 tag, empty asks about no local words."""
        folded = fold(text)
        accented = fold(text, accents=True) if self._accented and not text.isascii() else folded
        own = language.split("-", maxsplit=1)[0].lower()
        tokens = list(_tokens(folded.text))
        hits: dict[tuple[int, str], Hit] = {}

        def note(entries: Iterable[Entry], spans: Sequence[tuple[int, int]], masked: bool = False) -> None:
            start, end = spans[0][0], spans[-1][1]
            for entry in entries:
                if (not entry.local or entry.language == own) and (start, entry.id) not in hits:
                    hits[start, entry.id] = Hit(entry, start, end, text[start:end], masked)

        for token, start, end in _cores(tokens):
            if token in self._harmless:
                continue
            for variant in _forms(token):
                note(self._whole(variant), folded.spans[start:end])
            if not MASKS.isdisjoint(token):
                note(self._masked(token), folded.spans[start:end], masked=True)
        for word, start, end in _spelled(tokens):
            for variant in _forms(word):
                note(self._whole(variant), folded.spans[start:end])
        self._find_phrases(tokens, folded, note)
        if self._accented:
            for token, start, end in _tokens(accented.text):
                note(self._accented.get(token, ()), accented.spans[start:end])
        if not folded.text.isascii() and any(script(char) in _UNSPACED for char in folded.text):
            squeezed = [(char, span) for char, span in zip(folded.text, folded.spans, strict=True) if char.isalpha()]
            for start, end, entries in self._strings.find("".join(char for char, _ in squeezed)):
                note(entries, [span for _, span in squeezed[start:end]])
        return sorted(hits.values(), key=lambda hit: (hit.start, hit.end, hit.entry.id))

    def _find_phrases(self, tokens: list[tuple[str, int, int]], folded: Folded, note: Any) -> None:
        """Terms of several words in a row."""
        for index, (token, start, _) in enumerate(tokens):
            for variant in _forms(_core(token)):
                for parts, entry in self._phrases.get(variant, ()):
                    row = tokens[index : index + len(parts)]
                    matches = (part in _forms(_core(other)) for part, (other, _, _) in zip(parts, row, strict=False))
                    if len(row) == len(parts) and all(matches):
                        note([entry], folded.spans[start : row[-1][2]])

    def _whole(self, word: str) -> Iterator[Entry]:
        yield from self._words.get(word, ())
        for length in self._stem_lengths:
            if length > len(word):
                break
            yield from self._stems.get(word[:length], ())

    def _masked(self, token: str) -> Iterator[Entry]:
        """Words that `f**k` may stand for: as long, with at least two letters shown and the first among them."""
        shown = sum(char not in MASKS for char in token)
        if shown < 2 or token[0] in MASKS or len(token) not in self._lengths:
            return
        for table in (self._words, self._stems):
            for word, entries in table.items():
                if len(word) == len(token) and all(a in MASKS or a == b for a, b in zip(token, word, strict=True)):
                    yield from entries


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Words with their places; signs that stand for letters count as letters inside of a word."""
    start = -1
    for index, char in enumerate(text + " "):
        inside = char.isalnum() or unicodedata.category(char)[0] == "M" or char in DIGITS or char in MASKS
        if inside and start < 0:
            start = index
        elif not inside and start >= 0:
            yield text[start:index], start, index
            start = -1


def _spelled(tokens: Sequence[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """Runs of at least three single letters in a row, joined: `f u c k`, `f.u.c.k`."""
    run: list[tuple[str, int, int]] = []
    for token in [*tokens, ("  ", 0, 0)]:
        if len(token[0]) == 1:
            run.append(token)
            continue
        if len(run) >= 3:
            yield "".join(part for part, _, _ in run), run[0][1], run[-1][2]
        run = []


def _core(token: str) -> str:
    """A token without the signs at its edges."""
    return token if token.isalpha() else token.strip(_EDGES)


def _cores(tokens: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """Tokens without the signs at their edges, which are rather punctuation than letters; then such tokens whole."""
    for token, start, end in tokens:
        core = _core(token)
        if core != token:
            before = token.find(core) if core else 0
            if core:
                yield core, start + before, start + before + len(core)
        yield token, start, end


def _forms(token: str) -> Iterator[str]:
    """The words that a token may be read as, itself first."""
    yield token
    # Nearly every word is of plain letters, and has no other reading.
    if token.isascii() and token.isalpha() and not _STRETCHED.search(token):
        return
    seen = {token}
    for candidate in _readings(token):
        if candidate not in seen:
            seen.add(candidate)
            yield candidate


def _readings(token: str) -> Iterator[str]:
    bases = [token]
    # `f_u_c_k`: single letters with a sign between each two.
    if len(token) >= 5 and MASKS.issuperset(token[1::2]) and MASKS.isdisjoint(token[::2]):
        bases.append(token[::2])
    for base in list(bases):
        if not base.isascii():
            latin = "".join(LATIN.get(char, char) for char in base)
            # One word in two scripts, or one that could be Latin throughout; a Cyrillic word stays Cyrillic.
            if latin.isascii():
                bases.append(latin)
            if {script(char) for char in base if script(char)} >= {"LATIN", "CYRILLIC"}:
                bases.append("".join(_CYRILLIC.get(char, char) for char in base))
    for base in list(bases):
        if any(char in DIGITS for char in base) and any(char.isalpha() for char in base):
            plain = "".join(DIGITS.get(char, char) for char in base)
            bases.append(plain)
            if "1" in base or "|" in base or "!" in base:
                bases.append("".join("l" if char in "1|!" else DIGITS.get(char, char) for char in base))
    for base in bases:
        yield base
        if _STRETCHED.search(base):
            yield _STRETCHED.sub(r"\1\1", base)
            yield _STRETCHED.sub(r"\1", base)


class _Strings:
    """Many strings at once (Aho and Corasick, 1975). A string without entries is harmless and hides what it covers."""

    def __init__(self, strings: Mapping[str, Sequence[Entry]]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._ends: list[list[str]] = [[]]
        self._fail = [0]
        self._entries = strings
        for string in strings:
            node = 0
            for char in string:
                if char not in self._next[node]:
                    self._next.append({})
                    self._ends.append([])
                    self._fail.append(0)
                    self._next[node][char] = len(self._next) - 1
                node = self._next[node][char]
            if string:
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

    def find(self, text: str) -> list[tuple[int, int, Sequence[Entry]]]:
        """Places of all strings with entries that no harmless string covers."""
        node = 0
        found: list[tuple[int, int, Sequence[Entry]]] = []
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


def read_lexicon(texts: Iterable[str]) -> Lexicon:
    """Build a lexicon from YAML documents, one per language.

    Raises:
        LexiconRefused: A document, a field or a value is not of this form.
    """
    entries: list[Entry] = []
    harmless: list[str] = []
    names: list[str] = []
    for text in texts:
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise LexiconRefused(f"the lexicon cannot be read: {error}") from error
        if (
            not isinstance(document, dict)
            or document.get("lexicon") != 1
            or not isinstance(document.get("language"), str)
        ):
            raise LexiconRefused("a lexicon begins with `lexicon: 1` and `language`")
        unknown = set(document) - {"lexicon", "language", "source", "licence", "entries", "harmless", "names"}
        if unknown:
            raise LexiconRefused(f"unknown in the lexicon: {', '.join(sorted(map(str, unknown)))}")
        for index, raw in enumerate(document.get("entries") or []):
            entries.append(_entry(raw, document["language"], f"{document['language']}.entries[{index}]"))
        harmless += map(str, document.get("harmless") or [])
        names += map(str, document.get("names") or [])
    return Lexicon(entries, harmless, names)


def _entry(raw: Any, language: str, where: str) -> Entry:
    if not isinstance(raw, dict) or set(raw) - {"term", "severity", "category", "match", "accents", "local"}:
        raise LexiconRefused(f"{where}: {raw!r} must have term, severity, category and perhaps match, accents, local")
    term, severity, category = raw.get("term"), raw.get("severity"), raw.get("category")
    if not isinstance(term, str) or not fold(term).text.strip():
        raise LexiconRefused(f"{where}.term: {term!r} is no word")
    if severity not in {MILD, VULGAR, HARD, SLUR} or isinstance(severity, bool):
        raise LexiconRefused(f"{where}.severity: {severity!r} must be 1 to 4")
    if not isinstance(category, str) or not category:
        raise LexiconRefused(f"{where}.category: {category!r} is no category")
    match = raw.get("match", "token")
    if match not in {"token", "stem", "substring"}:
        raise LexiconRefused(f"{where}.match: {match!r} must be token, stem or substring")
    return Entry(term, language, severity, category, match, bool(raw.get("accents")), bool(raw.get("local")))


@lru_cache(maxsize=1)
def built_in() -> Lexicon:
    """The lexicon that comes with the service."""
    return read_lexicon(path.read_text(encoding="utf-8") for path in sorted(BUILT_IN.glob("*.yaml")))


# --- names ------------------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(
    r"(https?:|www\.|\b[\w-]{2,}\.(com|net|org|io|gg|ru|de|cn|kr|jp|me|tv|xyz|app)\b|(^|\s)@\w|\w@\w)", re.I
)
_NUMBER = re.compile(r"\d(?:[\s().+-]?\d){4,}")
# Alphabets whose letters look like each other's: one word in two of them is a disguise.
_LOOKALIKES = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
MOST_MARKS = 4
NAME_GRAPHEMES = 24


def clean_name(name: str, *, max_graphemes: int = 0) -> str:
    """The form of a name that is drawn: NFC, trimmed, single spaces.

    Args:
        name: As typed.
        max_graphemes: Longest allowed in user-perceived characters; 0 means 24.

    Raises:
        NameRefused: Empty, too long, or holding what cannot be drawn: control characters, characters that no standard
            assigns, direction overrides, or piles of accents.
    """
    most = max_graphemes or NAME_GRAPHEMES
    # No honest name of that many graphemes has so many code points; the rest of the checks then costs nothing.
    if len(name) > 64 * most:
        raise NameRefused("NAME_TOO_LONG", f"the name has {len(name)} code points; {most} characters are allowed")
    name = " ".join(unicodedata.normalize("NFC", name).split())
    for char in name:
        kind = unicodedata.category(char)
        if kind in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} or (kind == "Cf" and not _draws(char)):
            raise NameRefused("NAME_UNPRINTABLE", f"the name holds U+{ord(char):04X}, which cannot be drawn")
    marks = 0
    for char in name:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if marks > MOST_MARKS:
            raise NameRefused("NAME_UNPRINTABLE", f"the name piles more than {MOST_MARKS} marks on one letter")
    visible = [char for char in name if unicodedata.category(char)[0] not in "CZM"]
    if not visible:
        raise NameRefused("NAME_EMPTY", "the name is empty")
    count = sum(1 for _ in clusters(name))
    if count > most:
        raise NameRefused("NAME_TOO_LONG", f"the name has {count} characters; {most} are allowed")
    return name


def _draws(char: str) -> bool:
    """Format characters that change what is drawn of honest names: joiners of Indic and Arabic scripts and emoji."""
    return char in "\u200c\u200d" or "\U000e0020" <= char <= "\U000e007f"


def judge_name(name: str, lexicon: Lexicon, *, locale: str = "") -> Verdict:
    """Decide whether a clean name may be shown.

    A real name on the lexicon's list wins over everything but a slur; a guess through a mask only sends to review.
    """
    for pattern, what in ((_ADDRESS, "an address"), (_NUMBER, "a number that could call somebody")):
        found = pattern.search(name)
        if found:
            finding = Finding(found.group().strip(), 0, 0, "policy:contact", "contact", HARD)
            return Verdict("reject", "none", True, (finding,), f"the name holds {what}")
    for word in name.split():
        mixed = {script(char) for char in word} & _LOOKALIKES
        if len(mixed) > 1:
            finding = Finding(word, 0, 0, "policy:mixed-scripts", "disguise", HARD)
            return Verdict(
                "reject", "none", True, (finding,), f"{word} mixes {' and '.join(sorted(mixed)).title()} letters"
            )
    real = {token for token, _, _ in _tokens(fold(name).text)} & lexicon.names
    hits = [hit for hit in lexicon.find(name, locale) if hit.entry.severity == SLUR or fold(hit.text).text not in real]
    findings = tuple(_finding(hit) for hit in hits)
    if any(hit.entry.severity >= VULGAR and not hit.masked for hit in hits):
        return Verdict("reject", "none", True, findings, f"the name says {worst(findings).text!r}")
    if hits:
        return Verdict("review", "none", True, findings, f"the name may say {worst(findings).text!r}")
    return Verdict("publish", "none", True, (), "nothing found in the name")


def worst(findings: Sequence[Finding]) -> Finding:
    """The severest finding, the first of its kind."""
    return max(findings, key=lambda finding: finding.severity)


def _finding(hit: Hit, start_samples: int = 0, end_samples: int = 0) -> Finding:
    return Finding(hit.text, start_samples, end_samples, hit.entry.id, hit.entry.category, hit.entry.severity)


# --- transcripts ------------------------------------------------------------------------------------------------------


def judge_take(transcript: Transcript, lexicon: Lexicon, *, untranscribed: Untranscribed, locale: str = "") -> Verdict:
    """Decide what happens to a take.

    Args:
        transcript: What an engine heard, or that none has.
        lexicon: What is looked for.
        untranscribed: What the campaign wrote down for takes that nobody heard.
        locale: BCP 47 tag of the language sung.

    Returns:
        Slurs and hard words reject, vulgar ones are reviewed, mild ones published with their finding. Unheard takes
        follow the campaign's policy, and the reason says that they were not heard.
    """
    if not transcript.heard:
        unheard: dict[Untranscribed, tuple[Decision, str]] = {
            "review": ("review", "not transcribed: a person must listen first"),
            "replace": ("replaced", "not transcribed: the guide vocal is used in place of the take"),
            "publish": ("publish", "not transcribed: published unheard, as the campaign's policy says"),
        }
        decision, reason = unheard[untranscribed]
        return Verdict(decision, transcript.engine, False, (), reason)
    text, owners = "", []
    for index, word in enumerate(transcript.words):
        spaced = word.text + " "
        text += spaced
        owners += [index] * len(spaced)
    findings = []
    for hit in lexicon.find(text, locale):
        first, last = transcript.words[owners[hit.start]], transcript.words[owners[hit.end - 1]]
        findings.append(_finding(hit, first.start_samples, last.end_samples))
    most = max((finding.severity for finding in findings), default=0)
    if most >= HARD:
        return Verdict("reject", transcript.engine, True, tuple(findings), f"the take says {worst(findings).text!r}")
    if most == VULGAR:
        return Verdict("review", transcript.engine, True, tuple(findings), f"the take says {worst(findings).text!r}")
    reason = f"heard {len(transcript.words)} words" + (", mild ones among them" if findings else "")
    return Verdict("publish", transcript.engine, True, tuple(findings), reason)

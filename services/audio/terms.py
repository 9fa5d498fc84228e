"""The lexicon as data: documents of terms, read and checked.

Two forms are read. Our own is YAML, one document per language. The other is what public lists have: plain text, a term
per line, with its source, licence and severity in comments at the head. Either is refused with the line that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import yaml

from services.audio.folding import fold

BUILT_IN = Path(__file__).parent / "lexicon"

MILD, VULGAR, HARD, SLUR = 1, 2, 3, 4

Match: TypeAlias = Literal["token", "stem", "substring"]


class LexiconRefused(Exception):  # noqa: N818  named for what its author reads
    """The lexicon is no such document; the message names the file, the line, the field and the value."""


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
        readings: Other spellings of the same term, matched like it.
        source: Where the entry is from.
        licence: Under which it may be used.
    """

    term: str
    language: str
    severity: int
    category: str
    match: Match = "token"
    accents: bool = False
    local: bool = False
    readings: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""

    @property
    def id(self) -> str:
        """For example `en:damn`."""
        return f"{self.language}:{self.term}"


@dataclass(frozen=True)
class Terms:
    """Everything that was read.

    Attributes:
        entries: What is looked for.
        harmless: Words that a stem or a string would hit and that mean no harm; `nazir*` covers all that begin so.
        names: Real names of people, which win over everything but slurs where a name is judged.
        ordinary: Languages, and words of theirs that are terms of another one: `retard` is no insult in French.
    """

    entries: tuple[Entry, ...] = ()
    harmless: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    ordinary: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Terms) -> Terms:
        return Terms(
            self.entries + other.entries,
            self.harmless + other.harmless,
            self.names + other.names,
            self.ordinary + other.ordinary,
        )


_HEAD = {"lexicon", "language", "source", "licence", "entries", "harmless", "names", "ordinary"}
_FIELDS = {"term", "severity", "category", "match", "accents", "local", "readings"}


def read_document(text: str, name: str = "lexicon") -> Terms:
    """Read one YAML document of our own form.

    Args:
        text: The document.
        name: Of the file, for messages.

    Raises:
        LexiconRefused: The document, a field or a value is not of this form.
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506  a safe loader, in C where there is one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        raise LexiconRefused(f"{name}{line}: cannot be read: {getattr(error, 'problem', error)}") from error
    if not isinstance(document, dict) or document.get("lexicon") != 1 or not isinstance(document.get("language"), str):
        raise LexiconRefused(f"{name}:1: a lexicon begins with `lexicon: 1` and `language`")
    lines = dict(_lines(node))
    unknown = sorted(map(str, set(document) - _HEAD))
    if unknown:
        raise LexiconRefused(f"{name}:{lines.get(unknown[0], 1)}: unknown in the lexicon: {', '.join(unknown)}")
    entries = []
    for index, raw in enumerate(_list(document, "entries", name, lines)):
        where = f"{name}:{lines[f'entries[{index}]']}: {document['language']}.entries[{index}]"
        entries.append(_entry(raw, document, where))
    harmless, names, ordinary = (
        tuple(map(str, _list(document, key, name, lines))) for key in ("harmless", "names", "ordinary")
    )
    return Terms(tuple(entries), harmless, names, tuple((document["language"], word) for word in ordinary))


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _lines(node: Any) -> Iterator[tuple[str, int]]:
    """Line of every key at the top and of every entry."""
    for key, value in node.value:
        yield key.value, key.start_mark.line + 1
        if key.value == "entries" and isinstance(value, yaml.SequenceNode):
            for index, entry in enumerate(value.value):
                yield f"entries[{index}]", entry.start_mark.line + 1


def _list(document: Mapping[str, Any], key: str, name: str, lines: Mapping[str, int]) -> list[Any]:
    value = document.get(key) or []
    if not isinstance(value, list):
        raise LexiconRefused(f"{name}:{lines[key]}: {key} must be a list")
    return value


def _entry(raw: Any, document: Mapping[str, Any], where: str) -> Entry:
    if not isinstance(raw, dict) or set(raw) - _FIELDS:
        raise LexiconRefused(f"{where}: {raw!r} must have term, severity, category and perhaps {', '.join(_EXTRA)}")
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
    readings = raw.get("readings") or []
    if not isinstance(readings, list) or not all(isinstance(one, str) and fold(one).text.strip() for one in readings):
        raise LexiconRefused(f"{where}.readings: {readings!r} must be a list of words")
    return Entry(
        term=term,
        language=document["language"],
        severity=severity,
        category=category,
        match=match,
        accents=bool(raw.get("accents")),
        local=bool(raw.get("local")),
        readings=tuple(readings),
        source=str(document.get("source", "")),
        licence=str(document.get("licence", "")),
    )


_EXTRA = ("match", "accents", "local", "readings")


@dataclass
class _Head:
    """What the comments at the head of a plain list say."""

    values: dict[str, str] = field(default_factory=dict)

    def note(self, line: str, where: str) -> None:
        key, colon, value = line.removeprefix("#").partition(":")
        if not colon or key.strip() not in {"source", "licence", "language", "severity", "category", "match"}:
            return
        value = value.strip()
        if key.strip() == "severity" and value not in {"1", "2", "3", "4"}:
            raise LexiconRefused(f"{where}: severity: {value!r} must be 1 to 4")
        if key.strip() == "match" and value not in {"token", "stem", "substring"}:
            raise LexiconRefused(f"{where}: match: {value!r} must be token, stem or substring")
        self.values[key.strip()] = value


def read_list(text: str, name: str) -> Terms:
    """Read a plain list: a term per line, and at the head `# source:`, `# licence:`, `# severity:` and perhaps more.

    A line may say its own severity and category after tabs: `term<TAB>3<TAB>hate`. The language is the file's name
    (`en.txt`) where the head has none.

    Raises:
        LexiconRefused: The head lacks something, or a line is no term; the message has the line's number.
    """
    head, entries = _Head(), []
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}:{number}"
        if line.startswith("#"):
            head.note(line, where)
            continue
        if not line.strip():
            continue
        absent = sorted({"source", "licence", "severity"} - set(head.values))
        if absent:
            raise LexiconRefused(f"{where}: the list must say {', '.join(f'`# {key}:`' for key in absent)} first")
        term, severity, category, *rest = (*(part.strip() for part in line.split("\t")), "", "")[:4]
        severity = severity or head.values["severity"]
        if any(rest) or severity not in {"1", "2", "3", "4"}:
            raise LexiconRefused(f"{where}: {line!r} must be a term, or term, severity 1 to 4 and category after tabs")
        if not fold(term).text.strip():
            raise LexiconRefused(f"{where}: {term!r} is no word")
        entries.append(
            Entry(
                term=term,
                language=head.values.get("language") or Path(name).stem,
                severity=int(severity),
                category=category or head.values.get("category", "profanity"),
                match=cast("Match", head.values.get("match", "token")),
                source=head.values["source"],
                licence=head.values["licence"],
            )
        )
    return Terms(tuple(entries))


def read_folder(folder: Path) -> Terms:
    """Every `*.yaml` document and `*.txt` list of a folder, in the order of their names.

    Raises:
        LexiconRefused: One of them is not of its form, is not UTF-8, or the folder is none.
    """
    if not folder.is_dir():
        raise LexiconRefused(f"{folder} is no folder")
    found = Terms()
    for path in sorted(folder.iterdir()):
        if path.suffix not in {".yaml", ".txt"}:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise LexiconRefused(f"{path.name}:{line}: is not UTF-8") from error
        found += read_document(text, path.name) if path.suffix == ".yaml" else read_list(text, path.name)
    return found


def read_documents(texts: Iterable[str]) -> Terms:
    """Several YAML documents, as a campaign has them in one file."""
    found = Terms()
    for text in texts:
        found += read_document(text)
    return found

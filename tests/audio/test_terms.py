"""The lexicon is data: read from documents and lists, and refused by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.audio import moderation, terms
from services.audio.matching import Lexicon

LEXICON = moderation.built_in()

ENTRY = "{term: x, severity: 1, category: y"


def test_the_lexicon_is_data_with_sources() -> None:
    """At least twelve languages, every entry with severity, category, source and licence."""
    languages = {entry.language for entry in LEXICON.entries}

    assert len(languages) >= 12
    assert all(1 <= entry.severity <= 4 and entry.category for entry in LEXICON.entries)
    assert all(entry.source and entry.licence for entry in LEXICON.entries)


def test_the_hash_is_that_of_the_content() -> None:
    """Two readings of one document agree, and any other field makes another lexicon."""

    def digest(entry: str) -> str:
        return Lexicon(terms.read_document(f"{{lexicon: 1, language: en, entries: [{entry}]}}")).hash

    assert digest(ENTRY + "}") == digest(ENTRY + "}")
    assert len({digest(ENTRY + more) for more in ("}", ", match: stem}", ", local: true}", ", readings: [z]}")}) == 4


def test_every_term_and_reading_finds_itself() -> None:
    """No entry is hidden by folding, by a harmless word, or by another entry."""
    for entry in LEXICON.entries:
        for spelling in (entry.term, *entry.readings):
            assert entry.id in {hit.entry.id for hit in LEXICON.find(spelling, entry.language)}, (entry, spelling)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lexicon: 1\nlanguage: en\nentries: [", r"x\.yaml:4: cannot be read"),
        ("{lexicon: 2, language: en}", r"x\.yaml:1: a lexicon begins with"),
        ("lexicon: 1\nlanguage: en\nwords: []", r"x\.yaml:3: unknown in the lexicon: words"),
        ("lexicon: 1\nlanguage: en\nentries: 5", r"x\.yaml:3: entries must be a list"),
        ("lexicon: 1\nlanguage: en\nentries:\n- {term: x}", r"x\.yaml:4: en\.entries\[0\]\.severity: None must be 1"),
        ("lexicon: 1\nlanguage: en\nentries:\n\n- {term: x, severity: 5, category: y}", r"yaml:5: .*severity: 5"),
        ("{lexicon: 1, language: en, entries: [" + ENTRY + ", match: near}]}", "'near' must be"),
        ("{lexicon: 1, language: en, entries: [" + ENTRY + ", readings: z}]}", "'z' must be a list of words"),
        ("{lexicon: 1, language: en, entries: [{term: '', severity: 1, category: y}]}", "'' is no word"),
    ],
)
def test_a_bad_document_is_refused_by_line(text: str, message: str) -> None:
    """Each refusal names the file, the line, the entry and the value."""
    with pytest.raises(terms.LexiconRefused, match=message):
        terms.read_document(text, "x.yaml")


HEAD = "# source: a public list\n# licence: CC-BY-4.0\n# severity: 2\n"


def test_a_public_list_is_mounted(tmp_path: Path) -> None:
    """A term per line; the head says where they are from, a line may have its own severity and category."""
    (tmp_path / "eo.txt").write_text(HEAD + "\nfekulo\nkanajlo\t3\thate\n", encoding="utf-8")
    (tmp_path / "notes.md").write_text("not read")

    lexicon = moderation.lexicon_of(tmp_path)
    found = {hit.entry.id: hit.entry for hit in lexicon.find("F3kulo, k-a-n-a-j-l-o!")}

    assert (found["eo:fekulo"].severity, found["eo:kanajlo"].severity) == (2, 3)
    assert (found["eo:kanajlo"].category, found["eo:fekulo"].licence) == ("hate", "CC-BY-4.0")
    assert lexicon.hash != LEXICON.hash


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fekulo\n", r"eo\.txt:1: the list must say `# licence:`, `# severity:`, `# source:` first"),
        (HEAD + "fekulo\nkanajlo\tbad\n", r"eo\.txt:5: 'kanajlo\\tbad' must be a term"),
        (HEAD + "fekulo\n\n...\n\u200b\n", r"eo\.txt:7: '\\u200b' is no word"),
        ("# severity: 9\n", r"eo\.txt:1: severity: '9' must be 1 to 4"),
        ("# match: near\n", r"eo\.txt:1: match: 'near' must be"),
    ],
)
def test_a_bad_list_is_refused_by_line(text: str, message: str, tmp_path: Path) -> None:
    """Nothing of a list that is not understood is used."""
    (tmp_path / "eo.txt").write_text(text, encoding="utf-8")

    with pytest.raises(terms.LexiconRefused, match=message):
        terms.read_folder(tmp_path)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A folder that is not there and a file in another encoding stop the service rather than being passed over."""
    with pytest.raises(terms.LexiconRefused, match="is no folder"):
        terms.read_folder(tmp_path / "absent")
    (tmp_path / "de.txt").write_bytes(HEAD.encode() + "scheiße".encode("latin-1"))
    with pytest.raises(terms.LexiconRefused, match=r"de\.txt:4: is not UTF-8"):
        terms.read_folder(tmp_path)

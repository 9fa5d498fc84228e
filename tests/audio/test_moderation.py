"""What may be shown or sung: disguises are seen through, and real names and harmless words pass."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audio import moderation
from services.audio.moderation import clean_name, fold, judge_name, judge_take
from services.audio.speech import Transcript, Word

LEXICON = moderation.built_in()


def found(text: str, language: str = "") -> set[str]:
    """Ids of what is found in a text."""
    return {hit.entry.id for hit in LEXICON.find(text, language)}


@pytest.mark.parametrize(
    "text",
    [
        "fuck",
        "FUCK",
        "Fuuuuuck",
        "f.u.c.k",
        "f u c k",
        "f-u-c-k",
        "ｆｕｃｋ",
        "fu\u200bck",
        "f\u00fcck",
        "fuсk",
        "fυck",
        "f_u_c_k!",
        "fucking",
        "you fuck",
        "𝔣𝔲𝔠𝔨",
    ],
)
def test_disguises_of_a_latin_word_are_seen_through(text: str) -> None:
    """Case, width, stretching, spelling out, invisible signs, accents and look-alike letters hide nothing."""
    assert "en:fuck" in found(text)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("sh1t", "en:shit"),
        ("$hit", "en:shit"),
        ("b!tch", "en:bitch"),
        ("a$$", "en:ass"),
        ("Scheiße", "de:scheiße"),
        ("SCHEISSE", "de:scheiße"),
        ("cabron", "es:cabrón"),
        ("nique ta mere", "fr:nique ta mère"),
        ("filho da puta", "pt:filho da puta"),
        ("сууука", "ru:сука"),
        ("cука", "ru:сука"),
        ("씨발", "ko:씨발"),
        ("씨 발", "ko:씨발"),
        ("씨\u200b발", "ko:씨발"),
        (unicodedata.normalize("NFD", "씨발"), "ko:씨발"),
        ("ﾁﾝｺ", "ja:チンコ"),
        ("このクソ", "ja:クソ"),
        ("傻 逼", "zh:傻逼"),
        ("你是傻逼吗", "zh:傻逼"),
        ("siktirgit", "tr:siktir"),
    ],
)
def test_other_languages_and_scripts(text: str, entry: str) -> None:
    """Terms are found in their scripts, composed or not, spaced or not."""
    assert entry in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe",
        "Penistone",
        "class",
        "assassin",
        "bass and brass",
        "cockpit",
        "Dickinson",
        "therapist",
        "Göttingen got it",
        "pic of the day",
        "Shitake",
        "やくそく",
        "새끼손가락",
        "시발점",
        "cono",
        "a bite of cake",
        "he did as he said",
        "mist over the hills",
        "as",
        "hello",
    ],
)
def test_harmless_words_pass(text: str) -> None:
    """A word that contains a bad one, or is one only without its accents, is left alone."""
    assert found(text, "en") == set()


def test_local_words_are_asked_about_at_home_only() -> None:
    """A word that is vulgar in one language and harmless in another is found where it is vulgar."""
    assert found("bite", "en") == set()
    assert found("bite", "fr-CA") == {"fr:bite"}


def test_the_span_is_that_of_the_text_as_written() -> None:
    """A hit points at the characters as they stand in the text, so that a mask hits the right ones."""
    text = "Ｈｉ ﬁne f\u200bu\u0308ck\u0301! 你是傻 逼"

    hits = {hit.entry.id: hit for hit in LEXICON.find(text)}

    assert hits["en:fuck"].text == "f\u200bu\u0308ck\u0301"
    assert hits["zh:傻逼"].text == "傻 逼"
    assert all(text[hit.start : hit.end] == hit.text for hit in hits.values())


@given(st.text(max_size=60))
def test_folding_keeps_its_map(text: str) -> None:
    """Whatever is folded, every character of the result points into the text, in order, and nothing fails."""
    folded = fold(text)

    assert len(folded.text) == len(folded.spans)
    assert all(0 <= start < end <= len(text) for start, end in folded.spans)
    assert list(folded.spans) == sorted(folded.spans)
    LEXICON.find(text)


@pytest.mark.parametrize(
    "name",
    [
        "Zoë",
        "Jürgen Müller-Lüdenschei",
        "O'Brien",
        "Nguyễn Thị Ánh",
        "Иван",
        "Στέλιος",
        "田中さくら",
        "김시우",
        "王小明",
        "محمد",
        "אביגיל",
        "नेहा",
        "தமிழ்",
        "สมชาย",
        "ქეთევან",
        "Anaïs 🦊",
        "Łukasz",
        "Dick",
        "Hancock",
        "Cockburn",
        "Fuchs",
        "Randy",
        "Gaylord",
        "Fanny",
        "Wang Wei",
        "Arsène",
        "Nazir",
        "J.R.",
        "MC Tap",
    ],
)
def test_real_names_pass_in_every_script(name: str) -> None:
    """Names of people are shown as they write them."""
    assert clean_name(name) == unicodedata.normalize("NFC", name)
    assert judge_name(clean_name(name), LEXICON).decision == "publish"


@pytest.mark.parametrize(
    ("name", "decision", "entry"),
    [
        ("Fuck You", "reject", "en:fuck"),
        ("Nigger", "reject", "en:nigger"),
        ("씨발", "reject", "ko:씨발"),
        ("f*ck", "review", "en:fuck"),
        ("damn", "review", "en:damn"),
        ("Pаul", "reject", "policy:mixed-scripts"),
        ("visit evil.com", "reject", "policy:contact"),
        ("@somebody", "reject", "policy:contact"),
        ("call 0151 234567", "reject", "policy:contact"),
    ],
)
def test_names_that_break_the_policy(name: str, decision: str, entry: str) -> None:
    """Each is decided with the finding that it rests on; a guess only sends to review."""
    verdict = judge_name(clean_name(name), LEXICON)

    assert verdict.decision == decision
    assert entry in {finding.entry for finding in verdict.findings}
    assert verdict.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "NAME_EMPTY"),
        (" \t\n ", "NAME_EMPTY"),
        ("\u200d\u200d", "NAME_EMPTY"),
        ("a" * 25, "NAME_TOO_LONG"),
        ("a" * 10_000, "NAME_TOO_LONG"),
        ("é" * 25, "NAME_TOO_LONG"),
        ("a\x00b", "NAME_UNPRINTABLE"),
        ("a\u202eb", "NAME_UNPRINTABLE"),
        ("a\ud800", "NAME_UNPRINTABLE"),
        ("a\ue000", "NAME_UNPRINTABLE"),
        ("z" + "\u0300\u0301" * 4, "NAME_UNPRINTABLE"),
    ],
)
def test_names_that_cannot_be_drawn(name: str, reason: str) -> None:
    """Each is refused with a reason for programs."""
    with pytest.raises(moderation.NameRefused) as caught:
        clean_name(name)

    assert caught.value.reason == reason


def test_names_are_counted_as_people_see_them() -> None:
    """Flags, families of emoji, stacked and conjoining letters count as one; the limit is the campaign's."""
    assert clean_name("👩‍👩‍👧‍👦🇰🇷👍🏽", max_graphemes=3)
    assert clean_name("नमस्ते", max_graphemes=6)
    assert clean_name(unicodedata.normalize("NFD", "한국어"), max_graphemes=3) == "한국어"
    with pytest.raises(moderation.NameRefused, match="4 characters; 3 are allowed"):
        clean_name("abcd", max_graphemes=3)


def test_a_transcript_is_judged_with_its_times() -> None:
    """Findings carry the time of the words they were sung in, also when a term spans several words."""
    words = (Word("go", 0, 10), Word("kill", 10, 20), Word("yourself", 20, 30), Word("now", 30, 40))

    verdict = judge_take(Transcript("script", True, words), LEXICON, untranscribed="review")

    (finding,) = verdict.findings
    assert verdict.decision == "reject"
    assert (finding.start_samples, finding.end_samples, finding.severity) == (10, 30, 3)


@pytest.mark.parametrize(
    ("word", "decision"), [("shit", "review"), ("damn", "publish"), ("dance", "publish"), ("faggot", "reject")]
)
def test_severity_decides(word: str, decision: str) -> None:
    """Slurs and hard words reject, vulgar ones wait for a person, mild ones pass with their finding."""
    verdict = judge_take(Transcript("script", True, (Word(word, 0, 1),)), LEXICON, untranscribed="publish")

    assert verdict.decision == decision
    assert bool(verdict.findings) == (word != "dance")


@pytest.mark.parametrize(
    ("policy", "decision"), [("review", "review"), ("replace", "replaced"), ("publish", "publish")]
)
def test_an_unheard_take_says_so(policy: moderation.Untranscribed, decision: str) -> None:
    """Whatever the policy decides, the verdict never claims that somebody listened."""
    verdict = judge_take(Transcript("none", False), LEXICON, untranscribed=policy)

    assert (verdict.decision, verdict.transcribed) == (decision, False)
    assert "not transcribed" in verdict.reason


def test_the_lexicon_is_data_with_sources() -> None:
    """At least six languages, every entry with severity and category, and a hash that changes with a term."""
    languages = {entry.language for entry in LEXICON.entries}
    changed = moderation.read_lexicon(["{lexicon: 1, language: en, entries: [{term: x, severity: 1, category: y}]}"])

    assert len(languages) >= 6
    assert all(1 <= entry.severity <= 4 and entry.category for entry in LEXICON.entries)
    assert changed.hash != LEXICON.hash
    for path in moderation.BUILT_IN.glob("*.yaml"):
        assert "source:" in path.read_text(encoding="utf-8")


def test_every_term_finds_itself() -> None:
    """No entry is hidden by folding, by a harmless word, or by another entry."""
    for entry in LEXICON.entries:
        assert entry.id in found(entry.term, entry.language), entry


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "cannot be read"),
        ("{lexicon: 2, language: en}", "begins with"),
        ("{lexicon: 1, language: en, words: []}", "unknown in the lexicon: words"),
        ("{lexicon: 1, language: en, entries: [{term: x}]}", r"en\.entries\[0\]\.severity: None must be 1 to 4"),
        ("{lexicon: 1, language: en, entries: [{term: x, severity: 5, category: y}]}", "severity: 5"),
        ("{lexicon: 1, language: en, entries: [{term: x, severity: 1, category: y, match: near}]}", "'near' must be"),
        ("{lexicon: 1, language: en, entries: [{term: '', severity: 1, category: y}]}", "'' is no word"),
    ],
)
def test_a_bad_lexicon_is_refused_by_name(text: str, message: str) -> None:
    """Each refusal names the entry and the value."""
    with pytest.raises(moderation.LexiconRefused, match=message):
        moderation.read_lexicon([text])

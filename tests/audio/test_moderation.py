"""What happens to a take after its words were heard, by the campaign's policy and beside the song's own words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fancam.v1.audio_pb2 import Decision
from fancam.v1.campaign_pb2 import Campaign, UntranscribedPolicy, WordAction, WordRule
from fancam.v1.campaign_pb2 import Policy as CampaignPolicy
from gateway.release import take_may_be_heard
from services.audio import lookup, moderation, terms
from services.audio.matching import Lexicon
from services.audio.messages import policy as policy_of
from services.audio.messages import verdict as message_of
from services.audio.moderation import Policy, Rule, Verdict, judge_take
from services.audio.speech import Emissions, Transcript, Word
from tests.audio.test_lyrics import FRAME_S, emit, sung

LEXICON = moderation.built_in()


def test_a_transcript_is_judged_with_its_times() -> None:
    """Findings carry the time of the words they were sung in, also when a term spans several words."""
    words = (Word("go", 0, 10), Word("kill", 10, 20), Word("yourself", 20, 30), Word("now", 30, 40))

    verdict = judge_take(Transcript("script", True, words), LEXICON, Policy())

    (finding,) = verdict.findings
    assert verdict.decision == "reject"
    assert (finding.start_samples, finding.end_samples, finding.severity) == (10, 30, 3)


@pytest.mark.parametrize(
    ("word", "decision"), [("shit", "review"), ("damn", "publish"), ("dance", "publish"), ("faggot", "reject")]
)
def test_severity_decides(word: str, decision: str) -> None:
    """Slurs and hard words reject, vulgar ones wait for a person, mild ones pass with their finding."""
    verdict = judge_take(Transcript("script", True, (Word(word, 0, 1),)), LEXICON, Policy("publish"))

    assert verdict.decision == decision
    assert bool(verdict.findings) == (word != "dance")


@pytest.mark.parametrize(
    ("policy", "decision"), [("review", "review"), ("replace", "replaced"), ("publish", "publish")]
)
def test_an_unheard_take_says_so(policy: moderation.Untranscribed, decision: str) -> None:
    """Whatever the policy decides, the verdict never claims that somebody listened."""
    verdict = judge_take(Transcript("none", False), LEXICON, Policy(policy))

    assert (verdict.decision, verdict.transcribed) == (decision, False)
    assert "not transcribed" in verdict.reason


SONG = sung("We light the ship tonight")


def heard(text: str, emissions: Emissions | None = None) -> Transcript:
    """A transcript of words in the song's time."""
    return Transcript("script", True, tuple(sung(text)), emissions)


def judge(text: str, *rules: Rule, song: Sequence[Word] = SONG, emissions: Emissions | None = None) -> Verdict:
    """The verdict on words in the song's time, by some rules."""
    return judge_take(heard(text, emissions), LEXICON, Policy("review", rules), locale="en", song=song)


def test_a_rule_of_the_campaign_comes_before_the_default() -> None:
    """By category and severity, the first that fits; what no rule speaks of is decided by the default."""
    rules = (Rule("pass", severity=1, category="drugs"), Rule("bleep", severity=3, category="profanity"))

    assert judge("the cocaine ship", *rules).decision == "publish"
    assert [one.action for one in judge("we fucking light", *rules).findings] == ["bleep"]
    assert judge("we faggot light", *rules).decision == "reject"
    assert judge("we shit light", *rules).decision == "review"


@pytest.mark.parametrize("action", ["bleep", "mute", "replace"])
def test_a_censored_word_is_a_stretch_of_the_take(action: moderation.Action) -> None:
    """The take is published with the word's time, widened by 80 ms, but never past the middle of its neighbours."""
    words = (Word("we", 0, 48_000), Word("fucking", 48_000, 96_000), Word("light", 99_000, 100_200))

    verdict = judge_take(Transcript("script", True, words), LEXICON, Policy("review", (Rule(action, 3),)))

    assert (verdict.decision, len(verdict.findings)) == ("publish", 1)
    (censored,) = verdict.ranges
    assert censored.action == action
    assert censored.start_s == pytest.approx(1 - moderation.PADDING_S)
    assert censored.end_s == pytest.approx(99_600 / 48_000)
    assert "1 censored" in verdict.reason


def test_a_word_is_censored_as_long_as_the_song_holds_it() -> None:
    """An engine hears a part of a held note: the note is censored from end to end, and no word beside it."""
    heard = (Word("we", 0, 40_000), Word("fucking", 60_000, 70_000), Word("light", 110_000, 140_000))
    song = (Word("we", 0, 48_000), Word("dancing", 48_000, 120_000), Word("light", 120_000, 144_000))

    verdict = judge_take(Transcript("x", True, heard), LEXICON, Policy("review", (Rule("mute", 3),)), song=song)

    (censored,) = verdict.ranges
    assert censored.start_s == pytest.approx(1 - moderation.PADDING_S)
    assert censored.end_s == pytest.approx(110_000 / 48_000 + moderation.PADDING_S)


def test_what_waits_for_a_person_is_censored_too() -> None:
    """With one word to bleep and one to look at, a yes to the second lets out no sound of the first."""
    verdict = judge("fucking shit", Rule("bleep", 3, "profanity"))

    assert verdict.decision == "review"
    assert [one.action for one in verdict.ranges] == ["bleep"]


def test_the_strictest_finding_decides() -> None:
    """With one word to bleep and one to reject, the take is rejected and nothing is censored."""
    verdict = judge("fucking faggot", Rule("bleep", 3, "profanity"))

    assert (verdict.decision, verdict.ranges) == ("reject", ())
    assert [one.action for one in verdict.findings] == ["bleep", "reject"]


def test_the_songs_own_words_are_allowed() -> None:
    """What the lyrics say may be sung there, and only there."""
    song = sung("We light the shit tonight")

    assert judge("We light the shit tonight", song=song).decision == "publish"
    assert judge("We shit the shit tonight", song=song).decision == "review"


def test_a_lyric_misheard_as_a_slur_is_not_rejected() -> None:
    """A word that sounds like the song's waits for a person with both opinions; one that does not is a slur."""
    song = sung("We love the maggot tonight")

    misheard = judge("We love the faggot tonight", song=song)
    slur = judge("We love the faggot tonight", song=sung("We love the summer tonight"))

    assert (misheard.decision, slur.decision) == ("review", "reject")
    assert (misheard.findings[0].text, misheard.findings[0].expected) == ("faggot", "maggot")
    assert "perhaps misheard" in misheard.reason
    assert [(one.heard, one.expected) for one in misheard.deviations] == [("faggot", "maggot")]


TRIGGER = sung("pull the trigger tonight")
SHOUT = Word("faggot", TRIGGER[-1].end_samples + 4800, TRIGGER[-1].end_samples + 28_800)


@pytest.mark.parametrize(
    ("words", "decision", "deviations"),
    [
        (sung("pull the nigger tonight"), "review", [("nigger", "trigger", 1.0)]),
        (sung("pull the faggot tonight"), "reject", [("faggot", "trigger", 1.0)]),
        ([*TRIGGER, SHOUT], "reject", [("faggot", "", 2.1)]),
        ([*TRIGGER[:2], TRIGGER[3]], "publish", [("", "trigger", 1.0)]),
        ([], "review", []),
        (sung("mm hmm mm hmm"), "review", None),
        (sung("tira el gatillo hoy"), "review", None),
    ],
    ids=["a rhyming slur", "another slur", "a shout", "a missing word", "silence", "mumbling", "another language"],
)
def test_whatever_is_sung_in_place_of_the_song_is_seen(
    words: list[Word], decision: str, deviations: list[tuple[str, str, float]] | None
) -> None:
    """A slur that rhymes waits for a person, others reject; what was added or left out is said with its place."""
    policy = Policy("review", lyrics_percent=40)

    verdict = judge_take(Transcript("script", True, tuple(words)), LEXICON, policy, locale="en", song=TRIGGER)

    found = [(one.heard, one.expected, one.start_samples / 48_000) for one in verdict.deviations]
    assert verdict.decision == decision, verdict.reason
    if deviations is None:
        assert "of the line; the campaign asks for 40 %" in verdict.reason
    else:
        assert found == deviations
    assert all((one.expected == "trigger") == (one.start_samples == 48_000) for one in verdict.findings)


def test_the_sound_settles_what_the_letters_cannot() -> None:
    """With the engine's own probabilities a misheard lyric passes, and a slur sung in its place is rejected."""
    song = sung("maggot", word_s=6 * 5 * FRAME_S)

    misheard = judge("faggot", song=song, emissions=emit("maggot"))
    slur = judge("faggot", song=song, emissions=emit("faggot"))
    doubtful = judge("faggot", song=song, emissions=emit("faggot", doubt={0: "m"}))

    assert [one.decision for one in (misheard, slur, doubtful)] == ["publish", "reject", "review"]
    assert "the sound favours the song" in misheard.findings[0].evidence
    assert misheard.findings[0].expected == "maggot"


def test_a_guess_never_rejects() -> None:
    """What could be a slur through a mask or a doubled letter waits for a person."""
    assert judge("we n*gger light").decision == "review"
    assert judge("we cunnt light").decision == "review"


def test_hearing_nothing_is_not_having_listened() -> None:
    """An engine without a word for a line that has some leaves the take as unheard as no engine does."""
    verdict = judge_take(Transcript("nemo:x", True), LEXICON, Policy("review"), song=SONG)

    assert (verdict.decision, verdict.transcribed) == ("review", False)
    assert "nemo:x heard no words" in verdict.reason


def test_another_text_waits_when_the_campaign_says_so() -> None:
    """Harmless words that are not the song's pass, unless the campaign asks for its line."""
    strict = Policy("review", lyrics_percent=50)
    other = heard("buy my new car today")

    assert judge_take(other, LEXICON, Policy("review"), song=SONG).decision == "publish"
    assert judge_take(other, LEXICON, strict, song=SONG).decision == "review"
    assert judge_take(heard("we light the ship"), LEXICON, strict, song=SONG).decision == "publish"


def test_the_same_input_gives_the_samemessage_of() -> None:
    """A verdict names the policy and the lexicon it rests on, and every reading of the same gives the same."""
    lexicons = [Lexicon(terms.read_folder(terms.BUILT_IN)) for _ in range(2)]

    first, second = (
        judge_take(heard("We light the sh1t tonight"), lexicon, Policy("review"), locale="en", song=SONG)
        for lexicon in lexicons
    )

    assert first == second
    assert (len(first.policy), len(first.lexicon)) == (64, 64)
    assert first.policy != judge("ship", Rule("bleep", 3)).policy
    assert (first.findings[0].text, first.findings[0].form) == ("sh1t", "sh1t")


def test_texts_are_looked_up_from_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An operator sees what is found and what would follow, and which line of a mounted list is wrong."""
    assert lookup.main(["Sh1t happens", "we dance"]) == 0
    shown = capsys.readouterr().out
    assert "0-4 'Sh1t' is en:shit, profanity 2, sure: review" in shown
    assert "'we dance': nothing found" in shown

    (tmp_path / "eo.txt").write_text("fekulo\n")
    assert lookup.main(["--lexicons", str(tmp_path)]) == 1
    assert "eo.txt:1: the list must say" in capsys.readouterr().err


LINE = sung("we light the night hold it high")
LATER = LINE[-1].end_samples


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (sung("we light the house hold it high"), "we light the house/night hold it high"),
        ([*LINE[:3], *LINE[4:]], "we light the /night hold it high"),
        ([*LINE[:4], Word("night", *[LINE[3].end_samples] * 2), *LINE[4:]], "we light the night night/ hold it high"),
        ([*LINE, Word("mum", LATER + 20_000, LATER + 40_000)], "we light the night hold it high mum/"),
        (
            sung("hold it high tonight we light"),
            "hold/we light it/light high/light tonight/the night we/hold light/hold it high",
        ),
        ([], "/we /light /the /night /hold /it /high"),
    ],
)
def test_the_whole_line_is_shown_with_both_opinions(words: Sequence[Word], line: str) -> None:
    """Wrong, missing, repeated and added words, parts that change places, and a line of which nothing was heard."""
    verdict = judge_take(Transcript("x", bool(words), tuple(words)), LEXICON, Policy("review"), song=LINE)

    shown = [one.heard if one.likeness == 1 else f"{one.heard}/{one.expected}" for one in verdict.line]
    assert " ".join(shown) == line
    assert [one.start_samples for one in verdict.line] == sorted(one.start_samples for one in verdict.line)


@pytest.mark.parametrize("transcribed", [True, False])
def test_what_a_person_wants_censored_is_widened_as_findings_are(transcribed: bool) -> None:
    """A word that a reviewer points at is censored to the ends of its note and beyond, also in a take nobody heard."""
    asked = moderation.Asked(LINE[3].start_samples + 2_000, LINE[3].end_samples - 4_000, "bleep")
    transcript = Transcript("x", transcribed, tuple(LINE) if transcribed else ())

    verdict = judge_take(transcript, LEXICON, Policy("review"), song=LINE, asked=[asked])

    (censored,) = verdict.ranges
    assert censored.action == "bleep"
    assert censored.start_s < LINE[3].start_samples / 48_000 < LINE[3].end_samples / 48_000 < censored.end_s


@pytest.mark.parametrize("written", UntranscribedPolicy.values())
@pytest.mark.parametrize("rules", [(), (WordRule(action=WordAction.WORD_ACTION_PASS),)])
@pytest.mark.parametrize("lyrics_percent", [0, 100])
@pytest.mark.parametrize("song", [(), tuple(LINE)])
@pytest.mark.parametrize("ear", ["none", "broken", "deaf"])
def test_no_setting_lets_an_unheard_take_into_a_film_silently(
    written: UntranscribedPolicy, rules: Sequence[WordRule], lyrics_percent: int, song: tuple[Word, ...], ear: str
) -> None:
    """Over all policies, rules and ways of not hearing: a film has the guide, a person's yes, or it is in writing."""
    policy = CampaignPolicy(untranscribed=written, words=rules, lyrics_percent=lyrics_percent)
    transcript = Transcript("nemo:x" if ear != "none" else "none", heard=ear == "deaf")

    verdict = message_of(judge_take(transcript, LEXICON, policy_of(Campaign(policy=policy)), song=song))

    in_writing = written == UntranscribedPolicy.UNTRANSCRIBED_POLICY_PUBLISH
    guide = verdict.decision == Decision.DECISION_REPLACED
    assert not verdict.transcribed
    assert take_may_be_heard(verdict, policy) == (in_writing or guide)
    assert guide == (written == UntranscribedPolicy.UNTRANSCRIBED_POLICY_REPLACE_WITH_GUIDE)
    assert "heard no words" in verdict.reason or "not transcribed" in verdict.reason

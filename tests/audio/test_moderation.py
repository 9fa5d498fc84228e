"""What happens to a take after its words were heard, by the campaign's policy and beside the song's own words."""

from __future__ import annotations

import pytest

from services.audio import moderation
from services.audio.moderation import Policy, judge_take
from services.audio.speech import Transcript, Word

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

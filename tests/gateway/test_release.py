"""Nothing that nobody has heard is shown, unless a campaign says so in writing."""

from __future__ import annotations

import pytest

from fancam.v1.audio_pb2 import Decision, Verdict
from fancam.v1.campaign_pb2 import Policy, UntranscribedPolicy
from gateway.release import name_may_be_shown, take_may_be_heard


@pytest.mark.parametrize("policy", UntranscribedPolicy.values())
@pytest.mark.parametrize("decision", Decision.keys())
@pytest.mark.parametrize("transcribed", [True, False])
def test_an_unheard_take_is_published_by_a_written_policy_alone(
    policy: UntranscribedPolicy, decision: str, transcribed: bool
) -> None:
    """Over all policies, decisions and ears: what passes was heard, or is the guide, or is let through in writing."""
    passes = take_may_be_heard(Verdict(decision=decision, transcribed=transcribed), Policy(untranscribed=policy))

    in_writing = policy == UntranscribedPolicy.UNTRANSCRIBED_POLICY_PUBLISH
    publishes = decision == "DECISION_PUBLISH" and (transcribed or in_writing)
    assert passes == (publishes or decision == "DECISION_REPLACED")


def test_a_name_needs_a_yes_in_so_many_words() -> None:
    """A verdict that says nothing waits for a person, as a doubtful one does."""
    shown = {decision for decision in Decision.keys() if name_may_be_shown(Verdict(decision=decision))}  # noqa: SIM118

    assert shown == {"DECISION_PUBLISH"}
    assert not name_may_be_shown(Verdict())

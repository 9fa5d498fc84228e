"""What may be shown without a person's yes: only what moderation says in so many words."""

from __future__ import annotations

from fancam.v1.audio_pb2 import Decision, Verdict
from fancam.v1.campaign_pb2 import Policy, UntranscribedPolicy


def name_may_be_shown(verdict: Verdict) -> bool:
    """Whether a name needs nobody's yes. A verdict that says nothing, or what is not known yet, needs one."""
    return verdict.decision == Decision.DECISION_PUBLISH


def take_may_be_heard(verdict: Verdict, policy: Policy) -> bool:
    """Whether a take needs nobody's yes.

    A second look at what the audio service decided: whatever that service is, a take whose words nobody has heard
    reaches no film unless the campaign publishes such takes in writing. The guide in its place may always be heard.
    """
    if verdict.decision == Decision.DECISION_REPLACED:
        return True
    unheard_too = policy.untranscribed == UntranscribedPolicy.UNTRANSCRIBED_POLICY_PUBLISH
    return verdict.decision == Decision.DECISION_PUBLISH and (verdict.transcribed or unheard_too)

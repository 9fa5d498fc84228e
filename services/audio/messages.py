"""What the craft of sound knows to messages of the contract, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np

from fancam.errors import InvalidRequest
from fancam.timebase import SAMPLE_RATE_HZ
from fancam.v1 import audio_pb2
from fancam.v1.audio_pb2 import SingResult, Verdict, VoiceReport
from fancam.v1.campaign_pb2 import Campaign, UntranscribedPolicy, WordAction
from fancam.v1.media_pb2 import Artifact
from services.audio import live, moderation, performance

DECISIONS = {
    "publish": audio_pb2.DECISION_PUBLISH,
    "review": audio_pb2.DECISION_REVIEW,
    "reject": audio_pb2.DECISION_REJECT,
    "replaced": audio_pb2.DECISION_REPLACED,
}
UNTRANSCRIBED: dict[int, moderation.Untranscribed] = {
    UntranscribedPolicy.UNTRANSCRIBED_POLICY_REVIEW: "review",
    UntranscribedPolicy.UNTRANSCRIBED_POLICY_REPLACE_WITH_GUIDE: "replace",
    UntranscribedPolicy.UNTRANSCRIBED_POLICY_PUBLISH: "publish",
}
ACTIONS: dict[moderation.Action, WordAction] = {
    "pass": WordAction.WORD_ACTION_PASS,
    "bleep": WordAction.WORD_ACTION_BLEEP,
    "mute": WordAction.WORD_ACTION_MUTE,
    "replace": WordAction.WORD_ACTION_REPLACE_WITH_GUIDE,
    "review": WordAction.WORD_ACTION_REVIEW,
    "reject": WordAction.WORD_ACTION_REJECT,
}
ADVICE: dict[live.Advice, audio_pb2.TakeAdvice] = {
    "go on": audio_pb2.TAKE_ADVICE_GO_ON,
    "louder": audio_pb2.TAKE_ADVICE_LOUDER,
    "softer": audio_pb2.TAKE_ADVICE_SOFTER,
    "are you there": audio_pb2.TAKE_ADVICE_ARE_YOU_THERE,
}


def hint(heard: live.Hint) -> audio_pb2.TakeHint:
    """What a fan is told while singing."""
    return audio_pb2.TakeHint(**(dataclasses.asdict(heard) | {"advice": ADVICE[heard.advice]}))


def asked(ranges: Iterable[audio_pb2.CensoredRange]) -> tuple[moderation.Asked, ...]:
    """What a person wants censored.

    Raises:
        InvalidRequest: A stretch ends before it begins, or its action censors nothing.
    """
    actions = {ACTIONS[action]: action for action in moderation.CENSORED}
    for each in ranges:
        if each.action not in actions or not 0 <= each.start_samples < each.end_samples:
            message = "each must begin before it ends, and be bleeped, muted or replaced with the guide"
            raise InvalidRequest(f"censored: {message}", reason="CENSORED_UNFIT", fields={"censored": message})
    return tuple(moderation.Asked(each.start_samples, each.end_samples, actions[each.action]) for each in ranges)


def policy(campaign: Campaign) -> moderation.Policy:
    """What a campaign does about words."""
    actions = {number: action for action, number in ACTIONS.items()}
    return moderation.Policy(
        # Whatever is not said in writing waits for a person.
        untranscribed=UNTRANSCRIBED.get(campaign.policy.untranscribed, "review"),
        rules=tuple(
            moderation.Rule(actions[rule.action], rule.severity, rule.category) for rule in campaign.policy.words
        ),
        lyrics_percent=campaign.policy.lyrics_percent,
    )


def verdict(made: moderation.Verdict) -> Verdict:
    """A decision with its evidence."""
    return Verdict(
        decision=DECISIONS[made.decision],
        engine=made.engine,
        transcribed=made.transcribed,
        findings=[
            audio_pb2.Finding(**dataclasses.asdict(finding) | {"action": ACTIONS[finding.action]})
            for finding in made.findings
        ],
        reason=made.reason,
        deviations=[audio_pb2.Deviation(**dataclasses.asdict(deviation)) for deviation in made.deviations],
        censored=[
            audio_pb2.CensoredRange(
                start_samples=round(censored.start_s * SAMPLE_RATE_HZ),
                end_samples=round(censored.end_s * SAMPLE_RATE_HZ),
                action=ACTIONS[censored.action],
            )
            for censored in made.ranges
        ],
        policy=made.policy,
        lexicon=made.lexicon,
        line=[audio_pb2.Deviation(**dataclasses.asdict(each)) for each in made.line],
    )


def report(
    made: performance.Performance, take: Artifact, result: SingResult, engines: Mapping[str, str]
) -> VoiceReport:
    """What was measured, of what, by whom; `engines` are names and versions by what a chain calls them."""
    plan, measures = made.music.plan, dataclasses.asdict(made.measures)
    leak_db, alone = measures.pop("leak_db"), measures.pop("left_alone")
    return VoiceReport(
        chain=plan.hash,
        offset_samples=made.where.offset_samples,
        alignment_evidence=made.where.evidence,
        alignment_confidence=made.where.confidence,
        drift_ppm=made.where.drift_ppm,
        engines=[engines[kind] for kind in ("decode", plan.pitch_engine, plan.tracker, "denoise")],
        notes_left_alone=alone,
        leak_db=leak_db if np.isfinite(leak_db) else None,
        take_sha256=sha256(take),
        mix_sha256=sha256(result.mix),
        voice_sha256=sha256(result.voice),
        **measures,
    )


def sha256(artifact: Artifact) -> str:
    """The store names files by their sha256; empty where there is no file."""
    return artifact.uri.rsplit("/", 1)[-1]


def first_locale(campaign: Campaign) -> str:
    """The language that is spoken where nobody says which; empty where the campaign has none."""
    return campaign.locales[0] if campaign.locales else ""

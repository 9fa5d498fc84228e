"""What the gateway knows, as REST writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any, cast
from urllib.parse import quote

from fancam.keys import Reviewer
from fancam.timebase import SAMPLE_RATE_HZ
from fancam.v1.audio_pb2 import Deviation
from fancam.v1.campaign_pb2 import CutKind, Pressing
from fancam.v1.gateway_pb2 import SessionEvent, StageState
from fancam.v1.media_pb2 import Artifact
from fancam.v1.renderer_pb2 import RenderStillsResult
from gateway import rehearsal
from gateway.door import KEEP_HOURS, Door
from gateway.memory.decisions import Decided, Waiting
from gateway.memory.session import FAILED, RETAKE, Session
from gateway.rest.access import signed
from gateway.rest.problems import problem
from gateway.rest.schema import (
    Address,
    CampaignLinks,
    CampaignView,
    CensoredView,
    DecidedView,
    DeviationView,
    EventView,
    FindingView,
    HeldView,
    Links,
    OutputView,
    QueueView,
    SessionView,
    StageView,
    State,
    SyllableView,
    WaitingView,
)
from gateway.reviews import Held, Moderated, Part, action_word


def state_word(state: int) -> State:
    """The state as REST writes it."""
    return cast(State, StageState.Name(cast(StageState, state)).removeprefix("STAGE_STATE_").lower())


def time_of(unix_ns: int) -> datetime:
    """A moment in UTC, to the microsecond."""
    return datetime.fromtimestamp(unix_ns / 1e9, tz=UTC)


def link(door: Door, known: Session, name: str) -> str:
    """Address of something of a session that opens without the token, for an hour."""
    return signed(door, f"/v1/sessions/{known.id}/{name}")


def session_view(door: Door, known: Session) -> SessionView:
    """A session as REST writes it, with links to what is ready."""
    links = Links(events=link(door, known, "events"), stream=link(door, known, "stream/film.m3u8"))
    if "assemble" in known.done:
        links.film, links.poster = link(door, known, "film"), link(door, known, "poster")
    made = sorted(task.removeprefix("assemble:") for task in known.done if task.startswith("assemble:"))
    links.outputs = {output: link(door, known, f"outputs/{output}") for output in made}
    links.fan_kit = {id_: link(door, known, f"fan-kit/{id_}") for id_ in sorted(stills_of(known))}
    problems = []
    for stage in known.stages:
        if stage.state == RETAKE and stage.stage in {"selfie", "take", "name"}:
            problems.append(problem(422, stage.reason, stage.message, {stage.stage: stage.message}))
        elif stage.state == FAILED and stage.stage != "session":
            problems.append(problem(500, stage.reason, stage.message))
    stages = sorted(known.stages, key=lambda stage: stage.unix_ns)
    return SessionView(
        id=known.id,
        campaign=known.campaign,
        name=known.name,
        locale=known.locale,
        state=state_word(known.state),
        reason=known.reason,
        created=time_of(known.created_ns),
        expires=time_of(known.expires_ns),
        stages=[
            StageView(
                stage=stage.stage,
                item=stage.item,
                state=state_word(stage.state),
                fraction=round(stage.fraction, 4),
                message=stage.message,
                reason=stage.reason,
            )
            for stage in stages
        ],
        problems=problems,
        links=links,
    )


async def campaign_view(door: Door, address: Artifact, pressing: Pressing) -> CampaignView:
    """A campaign as REST writes it."""
    campaign, profile = pressing.campaign, pressing.profile
    rate = profile.frame_rate.numerator / profile.frame_rate.denominator
    personal = sum(cut.frames for cut in pressing.cuts if cut.kind == CutKind.CUT_KIND_PERSONAL)
    return CampaignView(
        id=campaign.id,
        title=campaign.title,
        locales=list(campaign.locales),
        pressing=Address(uri=address.uri, size_bytes=address.size_bytes, media_type=address.media_type),
        width=profile.width,
        height=profile.height,
        length_s=round(sum(cut.frames for cut in pressing.cuts) / rate, 3),
        personal_s=round(personal / rate, 3),
        take_start_s=campaign.song.take_start_samples / SAMPLE_RATE_HZ,
        take_end_s=campaign.song.take_end_samples / SAMPLE_RATE_HZ,
        name_max_graphemes=campaign.policy.name_max_graphemes or 24,
        keep_hours=campaign.policy.keep_hours or KEEP_HOURS,
        share_days=door.sharing.days,
        outputs=[OutputView(id=output.id, width=output.width, height=output.height) for output in campaign.outputs],
        syllables=[
            SyllableView(
                text=note.syllable,
                start_s=note.start_samples / SAMPLE_RATE_HZ,
                end_s=note.end_samples / SAMPLE_RATE_HZ,
                midi=note.midi,
            )
            for note in await door.notes(address, pressing)
        ],
        links=CampaignLinks(
            **{part: f"/v1/campaigns/{quote(campaign.id)}/{part}" for part in rehearsal.parts(pressing)}
        ),
    )


def stills_of(known: Session) -> dict[str, Artifact]:
    """The stills and stickers that are ready, by id."""
    made = known.results.get("stills")
    return dict(RenderStillsResult.FromString(made.value).stills) if made is not None else {}


def event_view(event: SessionEvent) -> EventView:
    """An event as REST writes it."""
    return EventView(
        number=event.number,
        time=time_of(event.unix_ns),
        stage=event.stage,
        item=event.item,
        state=state_word(event.state),
        fraction=round(event.fraction, 4),
        message=event.message,
        # Upwards: who still waits is never told that it is over.
        estimate_s=ceil(event.estimate_s * 10) / 10,
        reason=event.reason,
    )


def held_view(held: Held, links: Mapping[Part, str]) -> HeldView:
    """What waits for a person, as REST writes it."""
    verdict = held.verdict
    return HeldView(
        session=held.session,
        campaign=held.campaign,
        stage=held.stage,
        version=held.version,
        name=held.name,
        locale=held.locale,
        since=time_of(held.since_ns),
        reason=verdict.reason,
        engine=verdict.engine,
        transcribed=verdict.transcribed,
        findings=[
            FindingView(
                text=finding.text,
                form=finding.form,
                entry=finding.entry,
                category=finding.category,
                severity=finding.severity,
                action=action_word(finding.action),
                expected=finding.expected,
                evidence=finding.evidence,
                start_s=_seconds(finding.start_samples),
                end_s=_seconds(finding.end_samples),
            )
            for finding in verdict.findings
        ],
        deviations=[_beside(deviation) for deviation in verdict.deviations],
        line=[_beside(word) for word in verdict.line],
        censored=[
            CensoredView(
                start_s=_seconds(stretch.start_samples),
                end_s=_seconds(stretch.end_samples),
                action=cast(Any, action_word(stretch.action)),
            )
            for stretch in verdict.censored
        ],
        begins={part: _seconds(samples) for part, samples in held.begins.items()},
        links=dict(links),
    )


def queue_view(number: int, waiting: Sequence[Waiting], who: Reviewer) -> QueueView:
    """The queue, as REST writes it."""
    return QueueView(
        by=who.by,
        waiting=number,
        first=[
            WaitingView(
                session=one.session,
                stage=cast(Moderated, one.stage),
                version=one.version,
                campaign=one.campaign,
                locale=one.locale,
                since=time_of(one.since_ns),
                before=one.before,
            )
            for one in waiting
        ],
    )


def decided_view(decided: Decided) -> DecidedView:
    """A decision as REST writes it."""
    grounds = json.loads(decided.grounds)
    return DecidedView(
        campaign=decided.campaign,
        stage=cast(Moderated, decided.stage),
        session_sha256=decided.session_sha256,
        approved=decided.approved,
        by=decided.by,
        held=time_of(decided.held_ns),
        decided=time_of(decided.unix_ns),
        why=grounds.pop("why", ""),
        censored=grounds.pop("censored", 0),
        grounds=grounds,
    )


def _beside(word: Deviation) -> DeviationView:
    return DeviationView(
        heard=word.heard,
        expected=word.expected,
        likeness=round(word.likeness, 3),
        start_s=_seconds(word.start_samples),
        end_s=_seconds(word.end_samples),
    )


def _seconds(samples: int) -> float:
    return round(samples / SAMPLE_RATE_HZ, 3)

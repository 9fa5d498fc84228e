"""What front ends read and write, as OpenAPI describes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from fancam.v1.gateway_pb2 import SessionEvent, StageState
from gateway.problems import Problem

State = Literal["waiting", "running", "done", "failed", "retake", "cancelled", "review"]


class Address(BaseModel):
    """An artifact in the store."""

    model_config = ConfigDict(extra="forbid")

    uri: str = Field(pattern=r"^shared/[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)
    media_type: str = Field(min_length=3, max_length=120)


class NewSession(BaseModel):
    """What a session is made of."""

    model_config = ConfigDict(extra="forbid")

    campaign: str = Field(default="", max_length=60, description="Which music video.")
    pressing: Address | None = Field(
        default=None, description="A pressing in place of a campaign, for a preview; needs the operator's key."
    )
    name: str = Field(description="How the fan wants to be called in the film.")
    locale: str = Field(
        default="", max_length=35, pattern=r"^([A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*)?$", description="BCP 47 tag."
    )
    consent: bool = Field(description="The fan agrees that selfie and voice are used for this film. Must be true.")


class NewName(BaseModel):
    """Another name, after the first was refused."""

    model_config = ConfigDict(extra="forbid")

    name: str


class Review(BaseModel):
    """A person's decision on what moderation held back."""

    model_config = ConfigDict(extra="forbid")

    stage: Literal["name", "sing"]
    approved: bool


class StageView(BaseModel):
    """Where one item of one stage stands."""

    stage: str = Field(description="name, selfie, take, recognise, render, compose, stills, sing, assemble or session.")
    item: str = Field(description="Which one of the stage, usually a cut; may be empty.")
    state: State
    fraction: float = Field(description="0 to 1.")
    message: str
    reason: str = Field(description="Set when failed or to be given again.")


class Links(BaseModel):
    """Addresses that open without the token, for players and pictures; they expire after an hour."""

    events: str
    film: str | None = None
    poster: str | None = None
    stream: str = Field(description="HLS playlist of the film while it is made; STREAM_NOT_READY until it can begin.")
    outputs: dict[str, str] = Field(default_factory=dict, description="The film in other shapes, by the output's id.")
    fan_kit: dict[str, str] = Field(default_factory=dict)


class SessionView(BaseModel):
    """One session."""

    id: str
    campaign: str
    name: str
    locale: str
    state: State = Field(description="running until it is done, failed or cancelled.")
    reason: str = ""
    created: datetime
    stages: list[StageView]
    problems: list[Problem] = Field(description="Inputs that must be given again, and why the session failed.")
    links: Links


class CreatedSession(SessionView):
    """A new session with its only key."""

    token: str = Field(description="Send it as `Authorization: Bearer ...`; nothing else opens the session.")


class Accepted(BaseModel):
    """An input that was taken."""

    input: str
    attempt: int = Field(description="1 for the first, 2 after a retake ...")
    size_bytes: int
    media_type: str


class OutputView(BaseModel):
    """Another shape or size in which a film is made."""

    id: str
    width: int
    height: int


class CampaignView(BaseModel):
    """A music video that films can be made of."""

    id: str
    title: str
    locales: list[str]
    pressing: Address
    width: int
    height: int
    length_s: float
    personal_s: float = Field(description="How much of it is about the fan.")
    take_start_s: float = Field(description="Where in the song the fan's line starts.")
    take_end_s: float
    name_max_graphemes: int
    keep_hours: int
    outputs: list[OutputView] = Field(description="Made beside the film; `links.outputs` of a session opens them.")


class NewCampaign(BaseModel):
    """A pressing that new sessions of a campaign use."""

    model_config = ConfigDict(extra="forbid")

    pressing: Address


class FanKitItem(BaseModel):
    """A still or a sticker."""

    id: str
    media_type: str
    size_bytes: int
    url: str


class EventView(BaseModel):
    """One entry of a session's log, as server-sent events carry it; the event's id is its number."""

    number: int = Field(description="1, 2, 3 ... without gaps.")
    time: datetime
    stage: str
    item: str
    state: State
    fraction: float
    message: str
    estimate_s: float = Field(description="Seconds until the film is ready; negative while inputs are missing.")
    reason: str


def state_word(state: int) -> State:
    """The state as REST writes it."""
    return cast(State, StageState.Name(cast(StageState, state)).removeprefix("STAGE_STATE_").lower())


def time_of(unix_ns: int) -> datetime:
    """A moment in UTC, to the microsecond."""
    return datetime.fromtimestamp(unix_ns / 1e9, tz=UTC)


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
        estimate_s=round(event.estimate_s, 1),
        reason=event.reason,
    )

"""What front ends read and write, as OpenAPI describes it; knows nothing of how it is found."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fancam.timebase import SAMPLE_RATE_HZ
from fancam.v1.audio_pb2 import CensoredRange
from gateway.rest.problems import Problem
from gateway.reviews import Moderated, Part, Why

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


class CensoredView(BaseModel):
    """A stretch of a take in which something else is heard."""

    model_config = ConfigDict(extra="forbid")

    start_s: float = Field(ge=0, le=1000, description="In the take.")
    end_s: float = Field(ge=0, le=1000)
    action: Literal["bleep", "mute", "replace_with_guide"]

    def message(self) -> CensoredRange:
        """The stretch as services read it."""
        return CensoredRange(
            start_samples=round(self.start_s * SAMPLE_RATE_HZ),
            end_samples=round(self.end_s * SAMPLE_RATE_HZ),
            action=f"WORD_ACTION_{self.action.upper()}",
        )


class Review(BaseModel):
    """A person's decision on what moderation held back."""

    model_config = ConfigDict(extra="forbid")

    stage: Moderated
    version: str = Field(max_length=60, description="Of what was looked at, as `GET /v1/reviews` says it.")
    approved: bool
    by: str = Field(default="", max_length=80, description="Who decides, for the record; a reviewer's key says it.")
    why: Why = Field(default="", description="The ground of a no, for the record; a list, so that it holds no words.")
    censored: list[CensoredView] = Field(
        default_factory=list, max_length=64, description="With a yes: words of the take that are not to be heard."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.censored and not (self.approved and self.stage == "sing"):
            raise ValueError("censored: only what is let through of a take can be censored")
        if any(stretch.start_s >= stretch.end_s for stretch in self.censored):
            raise ValueError("censored: each stretch must begin before it ends")
        return self


class FindingView(BaseModel):
    """A term that was found, with its evidence."""

    text: str = Field(description="As written or heard.")
    form: str = Field(description="The folded form that was recognised.")
    entry: str = Field(description="Of the lexicon, for example `en:damn`.")
    category: str
    severity: int = Field(description="1 mild, 2 vulgar, 3 hard, 4 slur.")
    action: str = Field(description="What the policy does about it.")
    expected: str = Field(description="What the song has there.")
    evidence: str
    start_s: float = Field(description="In the take; 0 in a name.")
    end_s: float


class DeviationView(BaseModel):
    """Where another word was heard than the song has; one of the two may be empty."""

    heard: str
    expected: str
    likeness: float = Field(description="1 when they agree letter by letter, 0 when nothing does.")
    start_s: float
    end_s: float


class WaitingView(BaseModel):
    """What waits for a person, without what it is."""

    session: str
    stage: Moderated
    version: str
    campaign: str
    locale: str
    since: datetime
    before: str = Field(description="Who has it before them just now; empty for nobody.")


class NewLease(BaseModel):
    """Somebody has a case before them."""

    model_config = ConfigDict(extra="forbid")

    stage: Moderated
    version: str = Field(max_length=60)
    by: str = Field(default="", max_length=80, description="Who; a reviewer's key says it.")
    take_over: bool = Field(default=False, description="It becomes theirs though somebody else has it.")


class LeaseView(BaseModel):
    """Who has a case before them."""

    by: str
    until: datetime = Field(description="Unless they say it again.")
    yours: bool


class EndedReviewer(BaseModel):
    """Whose keys open nothing any more."""

    model_config = ConfigDict(extra="forbid")

    by: str = Field(min_length=1, max_length=80, description="The name in the keys.")


class QueueView(BaseModel):
    """How much waits for a person."""

    by: str = Field(description="In whose name the key decides; empty for the operator's.")
    waiting: int
    first: list[WaitingView] = Field(description="Those that have waited longest, at most 50.")


class HeldView(BaseModel):
    """A name or a take that waits for a person's yes."""

    session: str
    campaign: str
    stage: Moderated
    version: str = Field(description="To be sent back with the decision.")
    name: str = Field(description="As it would be drawn; empty for takes.")
    locale: str
    since: datetime
    reason: str = Field(description="Why it waits, in a sentence.")
    engine: str = Field(description="Who heard the words; `none` when nobody did.")
    transcribed: bool
    findings: list[FindingView]
    deviations: list[DeviationView]
    line: list[DeviationView] = Field(
        description="Every word of the line, both opinions; the song's alone if nobody heard it."
    )
    censored: list[CensoredView] = Field(description="What the policy censors already.")
    begins: dict[Part, float] = Field(description="When the take's first moment is heard in each of the sounds, in s.")
    links: dict[Part, str] = Field(
        description="`take` as it was sung, `voice` tuned and alone, `mix` as the film would have it; for an hour."
    )


class DecidedView(BaseModel):
    """A person's decision; it holds nothing of the fan."""

    campaign: str
    stage: Moderated
    session_sha256: str = Field(description="Digest of the session's id: whoever has the id finds its decisions.")
    approved: bool
    by: str
    held: datetime = Field(description="Since when it had waited.")
    decided: datetime
    why: Why = Field(description="The ground of a no.")
    censored: int = Field(description="Stretches that the person had censored.")
    grounds: dict[str, Any] = Field(description="Engine, lexicon entries, policy and lexicon; no word of the fan's.")


class StageView(BaseModel):
    """Where one item of one stage stands."""

    stage: str = Field(description="name, selfie, take, recognise, render, compose, stills, sing, assemble or session.")
    item: str = Field(description="Which one of the stage, usually a cut; may be empty.")
    state: State
    fraction: float = Field(description="0 to 1.")
    message: str
    reason: str = Field(description="Set when failed or to be given again.")


class Links(BaseModel):
    """Addresses that open without the token, for players and pictures; they expire after an hour.

    Links made within ten minutes are mostly equal, so caches hold. `download=true` added to one of a file saves it.
    """

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
    expires: datetime = Field(description="When all of it is deleted; later with every event that comes before.")
    stages: list[StageView]
    problems: list[Problem] = Field(description="Inputs that must be given again, and why the session failed.")
    links: Links


class CreatedSession(SessionView):
    """A new session with its only key."""

    token: str = Field(description="Send it as `Authorization: Bearer ...`; nothing else opens the session.")


class NewShare(BaseModel):
    """What a fan agrees to who shows their film to others."""

    model_config = ConfigDict(extra="forbid")

    consent: bool = Field(
        description="The fan agrees that whoever has the link sees the film, for so many `share_days`. Must be true."
    )


class ShareView(BaseModel):
    """A film that is shown to whoever has its address."""

    url: str = Field(description="A page with the film, a picture for previews, and a way to make another one.")
    expires: datetime = Field(description="When page and film are deleted; the session's own time may end earlier.")


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


class SyllableView(BaseModel):
    """A syllable of the fan's line, as the song times it."""

    text: str
    start_s: float = Field(description="In the song.")
    end_s: float
    midi: float = Field(description="Its note; 69 is A4.")


class CampaignLinks(BaseModel):
    """What a fan hears while singing; both begin where the song begins, and anybody may read them."""

    backing: str | None = Field(default=None, description="The song without the fan: MP4 with AAC.")
    guide: str | None = Field(default=None, description="The campaign's own voice of the fan's line, alone: FLAC.")


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
    share_days: int = Field(description="For how long a film may be shared; 0 when it may not.")
    outputs: list[OutputView] = Field(description="Made beside the film; `links.outputs` of a session opens them.")
    syllables: list[SyllableView] = Field(default_factory=list, description="The fan's line, to be read and lit up.")
    links: CampaignLinks = Field(default_factory=CampaignLinks)


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
    estimate_s: float = Field(
        description="Seconds until the film is ready, after those that go first; negative while inputs are missing."
    )
    reason: str

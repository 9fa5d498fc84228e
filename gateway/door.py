"""What the two faces of the gateway share: making sessions, taking inputs, and saying who may do what."""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from fancam.artifacts import ArtifactStore, session_scope
from fancam.errors import Conflict, FancamError, InvalidRequest, Missing, NotReady
from fancam.keys import Keys
from fancam.v1.audio_pb2 import Decision, ModerateNameRequest, ModerateNameResponse
from fancam.v1.campaign_pb2 import Note, Pressing
from fancam.v1.media_pb2 import Artifact
from gateway import rehearsal
from gateway.calls import Calls
from gateway.listening import Ears
from gateway.memory.memory import Memory
from gateway.memory.session import DONE, REVIEW, RUNNING, News, Session
from gateway.memory.sessions import Sessions
from gateway.orchestra import Orchestra
from gateway.parts import Parts
from gateway.pressings import Pressings
from gateway.release import name_may_be_shown
from gateway.sharing import Sharing
from gateway.streaming import Streams
from gateway.uploads import Kind

KEEP_HOURS = 24
"""How long a session is kept when its campaign does not say."""

LONGEST_NAME = 400
"""Code points; what a campaign allows is far less and counted in graphemes by moderation."""


@dataclass
class Door:
    """The gateway without its protocols."""

    memory: Memory
    orchestra: Orchestra
    calls: Calls
    artifacts: ArtifactStore
    pressings: Pressings
    keys: Keys
    # Where uploads lie while they come in; emptied at every start.
    uploads: Path
    sharing: Sharing
    _notes: dict[str, list[Note]] = field(default_factory=dict)
    streams: Streams = field(init=False)
    parts: Parts = field(init=False)
    ears: Ears = field(init=False)

    def __post_init__(self) -> None:
        self.streams = Streams(self.calls)
        self.parts = Parts(self.artifacts)
        self.ears = Ears(self.calls, self.sessions, self.artifacts)

    @property
    def sessions(self) -> Sessions:
        """The fans' sessions."""
        return self.memory.sessions

    async def set_campaign(self, campaign: str, address: Artifact) -> Pressing:
        """Make a pressing what new sessions of its campaign use.

        Raises:
            InvalidRequest: It is a pressing of another campaign, or none.
            Missing: It is not in the store.
        """
        pressing = await self.read_pressing(address)
        if pressing.campaign.id != campaign:
            message = f"this is a pressing of {pressing.campaign.id!r}, not of {campaign!r}"
            raise InvalidRequest(message, reason="WRONG_CAMPAIGN", fields={"pressing": message})
        await self.memory.campaigns.set(campaign, address.SerializeToString())
        return pressing

    async def campaigns(self) -> dict[str, tuple[Artifact, Pressing]]:
        """Every campaign with its pressing; one whose pressing has left the store is left out."""
        known = {}
        for campaign, data in (await self.memory.campaigns.pressings()).items():
            address = Artifact.FromString(data)
            try:
                known[campaign] = (address, await self.read_pressing(address))
            except Missing:
                continue
        return known

    async def campaign(self, campaign: str) -> tuple[Artifact, Pressing]:
        """One campaign's pressing.

        Raises:
            Missing: The gateway knows no such campaign.
        """
        data = (await self.memory.campaigns.pressings()).get(campaign)
        if data is None:
            raise Missing(
                f"there is no campaign {campaign!r}; press it first",
                reason="CAMPAIGN_UNKNOWN",
                fields={"campaign": "is not known"},
            )
        address = Artifact.FromString(data)
        return address, await self.read_pressing(address)

    async def read_pressing(self, address: Artifact) -> Pressing:
        """A pressing by its address.

        Raises:
            Missing: It is not in the store.
            InvalidRequest: It is something else.
        """
        return (await self.pressings.read(address))[0]

    async def notes(self, address: Artifact, pressing: Pressing) -> list[Note]:
        """The fan's line of a pressing, to be read and sung."""
        if address.uri not in self._notes:
            self._notes[address.uri] = await rehearsal.notes(self.artifacts, pressing)
        return self._notes[address.uri]

    async def create(
        self, address: Artifact, pressing: Pressing, name: str, locale: str, *, key: str, asked: object
    ) -> str:
        """Make a session, or find the one that the idempotency key stands for.

        The name is moderated at once, so that a fan hears of it while the keyboard is still open; when the audio
        service cannot be reached the session is made all the same and the name is moderated as soon as it can.

        Args:
            address: The pressing's.
            pressing: What the film is made from.
            name: As typed.
            locale: BCP 47 tag or empty.
            key: The Idempotency-Key or empty.
            asked: The request, of which the key's fingerprint is taken.

        Raises:
            InvalidRequest: The name cannot be shown; or the key was used for something else.
        """
        check_name(name)
        moderated = await self._moderate(address, name, locale)
        session = Session(
            id=secrets.token_urlsafe(16),
            campaign=pressing.campaign.id,
            pressing=address.SerializeToString(),
            name=name,
            locale=locale or next(iter(pressing.campaign.locales), "en"),
            state=RUNNING,
            reason="",
            created_ns=0,
        )
        hours = pressing.campaign.policy.keep_hours or KEEP_HOURS
        fingerprint = _digest(json.dumps(asked, sort_keys=True))
        made = await self.sessions.create(session, hours, _digest(key) if key else "", fingerprint)
        await self._name(made, name, moderated)
        return made

    async def rename(self, session: str, name: str) -> None:
        """Take another name after the first was refused.

        Raises:
            InvalidRequest: This one cannot be shown either.
            Conflict: The session has ended.
        """
        check_name(name)
        known = await self.open_session(session)
        moderated = await self._moderate(Artifact.FromString(known.pressing), name, known.locale)
        await self._name(session, name, moderated)

    async def take_input(self, session: str, kind: Kind, path: Path, media_type: str) -> tuple[int, Artifact]:
        """Keep an uploaded file and start what waits for it; says which attempt it is.

        Raises:
            Conflict: The session has ended.
            StoreFull: There is no room left.
        """
        artifact = await self.artifacts.put_file(session_scope(session), path, media_type)
        try:
            _, attempt = await self.sessions.give(session, kind.field, artifact.SerializeToString())
        except Missing:
            # Erased while the file came in: what came after the sweep goes too.
            await self.artifacts.erase(session_scope(session))
            raise
        await self.orchestra.advance(session)
        return attempt, artifact

    async def open_session(self, session: str) -> Session:
        """A session that still takes inputs.

        Raises:
            Missing: There is none of this id.
            Conflict: It has ended.
        """
        known = await self.sessions.load(session)
        if known.ended:
            raise Conflict("the session has ended and takes nothing more", reason="SESSION_ENDED")
        return known

    async def erase(self, session: str) -> None:
        """Delete everything of a session and the film that its fan shared, also when the session's own time is over.

        Raises:
            Missing: There is nothing of it.
        """
        try:
            await self.orchestra.erase(session)
        except Missing:
            if not await self.sharing.take_back(session):
                raise
        else:
            await self.sharing.take_back(session)

    async def _moderate(self, address: Artifact, name: str, locale: str) -> ModerateNameResponse | None:
        try:
            answer: ModerateNameResponse = await self.calls.moderate(
                ModerateNameRequest(name=name, locale=locale, pressing=address)
            )
        except InvalidRequest as error:
            raise InvalidRequest(str(error), reason=error.reason, fields={"name": str(error)}) from error
        except (NotReady, Missing):
            return None
        except FancamError as error:
            if error.code is InvalidRequest.code:
                raise
            return None
        if answer.verdict.decision == Decision.DECISION_REJECT:
            why = f": {answer.verdict.reason}" if answer.verdict.reason else ""
            message = f"this name cannot be shown{why}; please choose another one"
            raise InvalidRequest(message, reason="NAME_REFUSED", fields={"name": message})
        return answer

    async def _name(self, session: str, name: str, moderated: ModerateNameResponse | None) -> None:
        _, attempt = await self.sessions.give(session, "name", name.encode())
        if moderated is not None:
            held = not name_may_be_shown(moderated.verdict)
            version = f"name{attempt}"
            news = (
                News("name", REVIEW, "", version, 1.0, "a person has a look first", "IN_REVIEW")
                if held
                else News("name", DONE, "", version, 1.0)
            )
            await self.sessions.finish(
                session, "name", version, moderated.SerializeToString(), [news], released=not held
            )
        await self.orchestra.advance(session)


def check_name(name: str) -> None:
    """Refuse what is no name in any language, before anything is kept.

    Raises:
        InvalidRequest: With the field `name`.
    """
    if not name.strip():
        raise _bad_name("a name is needed", "NAME_EMPTY")
    if len(name) > LONGEST_NAME:
        raise _bad_name(f"the name has {len(name)} characters; at most {LONGEST_NAME} are read", "NAME_TOO_LONG")
    for character in name:
        # Controls, surrogates, private use and unassigned; joiners (Cf) belong to scripts and emoji.
        if unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"}:
            raise _bad_name(
                f"the name holds the character U+{ord(character):04X}, which cannot be shown", "NAME_UNPRINTABLE"
            )


def _bad_name(message: str, reason: str) -> InvalidRequest:
    return InvalidRequest(message, reason=reason, fields={"name": message})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

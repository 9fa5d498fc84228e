"""What people decide where moderation has held something back: what they are shown, and the record of what they said.

A reviewer is shown the verdict with its evidence, and hears the take as it was sung and as it would be in the film. The
record that stays says what was decided, by whom and on which grounds. It holds nothing of the fan: no name, no word, no
picture, no voice, and of the session only a digest of its id, by which whoever has the id finds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from fancam.v1.audio_pb2 import ModerateNameResponse, SingResult, Verdict
from fancam.v1.campaign_pb2 import WordAction
from fancam.v1.media_pb2 import Artifact
from gateway.memory.session import REVIEW, Session

Moderated = Literal["name", "sing"]
"""The stages whose outcomes may be held."""

Part = Literal["take", "voice", "mix"]
"""What there is to hear of a held take: the recording, the tuned voice alone, and the song with it."""

Why = Literal["", "profanity", "hate", "harassment", "sexual", "personal_data", "not_the_song", "unusable", "other"]
"""Grounds of a no. A list and no text, so that nobody writes into the record what a fan has said."""


@dataclass(frozen=True)
class Held:
    """A name or a take that waits for a person.

    Attributes:
        session: Whose.
        campaign: Of which campaign.
        stage: `name` or `sing`.
        version: Of the input, so that nobody lets through what they have not seen.
        name: As it is drawn; empty for takes.
        locale: BCP 47 tag.
        since_ns: Since when it waits.
        verdict: Why.
        sounds: What there is to hear.
        begins: When the take's first sample is heard in each of the sounds, in samples at 48 kHz; may be negative.
    """

    session: str
    campaign: str
    stage: Moderated
    version: str
    name: str
    locale: str
    since_ns: int
    verdict: Verdict
    sounds: dict[Part, Artifact]
    begins: dict[Part, int]


class Desk:
    """Tells whoever sits at it that something may have come to wait for a person, or does so no more."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._closed = False

    def ring(self) -> None:
        """Say that something has changed."""
        before, self._changed = self._changed, asyncio.Event()
        before.set()

    def close(self) -> None:
        """Send everybody home."""
        self._closed = True
        self.ring()

    async def changes(self, quiet_s: float) -> AsyncIterator[None]:
        """Once at first, then after each change, and when there was none for so long."""
        while not self._closed:
            changed = self._changed
            yield
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), quiet_s)


def held_of(known: Session, line_start_samples: int = 0) -> list[Held]:
    """What of a session waits for a person.

    Args:
        known: The session.
        line_start_samples: Where in the song the fan's line begins.
    """
    found = []
    for stage in known.stages:
        given = "name" if stage.stage == "name" else "take"
        # What was given again meanwhile is judged anew, and only that.
        if stage.state != REVIEW or known.ended or stage.version != f"{given}{known.inputs[given].attempt}":
            continue
        value, sounds, begins = known.results[stage.stage].value, {}, {}
        if stage.stage == "name":
            named = ModerateNameResponse.FromString(value)
            name, verdict = named.name, named.verdict
        else:
            sung = SingResult.FromString(value)
            take = Artifact.FromString(known.inputs["take"].artifact)
            name, verdict = "", sung.verdict
            every: dict[Part, Artifact] = {"take": take, "voice": sung.voice, "mix": sung.mix}
            sounds = {part: artifact for part, artifact in every.items() if artifact.uri}
            late = sung.report.offset_samples
            places: dict[Part, int] = {"take": 0, "voice": -late}
            places["mix"] = line_start_samples - late - sung.mix_start_samples
            begins = {part: places[part] for part in sounds}
        found.append(
            Held(
                session=known.id,
                campaign=known.campaign,
                stage="name" if stage.stage == "name" else "sing",
                version=stage.version,
                name=name,
                locale=known.locale,
                since_ns=stage.unix_ns,
                verdict=verdict,
                sounds=sounds,
                begins=begins,
            )
        )
    return found


def grounds(verdict: Verdict, why: Why, censored: int) -> str:
    """What a decision rests on, without a word of the fan's: the verdict, the ground of a no, how much was censored."""
    return json.dumps(
        {
            "engine": verdict.engine,
            "transcribed": verdict.transcribed,
            "findings": [
                {"entry": finding.entry, "severity": finding.severity, "action": action_word(finding.action)}
                for finding in verdict.findings
            ],
            "policy": verdict.policy,
            "lexicon": verdict.lexicon,
            "why": why,
            "censored": censored,
        },
        sort_keys=True,
    )


def action_word(action: WordAction) -> str:
    """An action as campaigns write it, in small letters and without its prefix."""
    return WordAction.Name(action).removeprefix("WORD_ACTION_").lower()


def digest(session: str) -> str:
    """What the record keeps of a session's id."""
    return hashlib.sha256(session.encode()).hexdigest()

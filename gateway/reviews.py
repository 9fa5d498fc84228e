"""What people decide where moderation has held something back: what they are shown, and the record of what they said.

A reviewer is shown the verdict with its evidence, and hears the take as it was sung and as it would be in the film. The
record that stays says what was decided, by whom and on which grounds. It holds nothing of the fan: no name, no word, no
picture, no voice, and of the session only a digest of its id, by which whoever has the id finds it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from fancam.v1.audio_pb2 import ModerateNameResponse, SingResult, Verdict
from fancam.v1.campaign_pb2 import WordAction
from fancam.v1.media_pb2 import Artifact
from gateway.sessions import REVIEW, Session

Moderated = Literal["name", "sing"]
"""The stages whose outcomes may be held."""

Part = Literal["take", "voice", "mix"]
"""What there is to hear of a held take: the recording, the tuned voice alone, and the song with it."""


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


def held_of(known: Session) -> list[Held]:
    """What of a session waits for a person."""
    found = []
    for stage in known.stages:
        given = "name" if stage.stage == "name" else "take"
        # What was given again meanwhile is judged anew, and only that.
        if stage.state != REVIEW or known.ended or stage.version != f"{given}{known.inputs[given].attempt}":
            continue
        value, sounds = known.results[stage.stage].value, {}
        if stage.stage == "name":
            named = ModerateNameResponse.FromString(value)
            name, verdict = named.name, named.verdict
        else:
            sung = SingResult.FromString(value)
            take = Artifact.FromString(known.inputs["take"].artifact)
            name, verdict = "", sung.verdict
            every: dict[Part, Artifact] = {"take": take, "voice": sung.voice, "mix": sung.mix}
            sounds = {part: artifact for part, artifact in every.items() if artifact.uri}
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
            )
        )
    return found


def grounds(verdict: Verdict) -> str:
    """What a verdict rests on, without a word of the fan's."""
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
        },
        sort_keys=True,
    )


def action_word(action: WordAction) -> str:
    """An action as campaigns write it, in small letters and without its prefix."""
    return WordAction.Name(action).removeprefix("WORD_ACTION_").lower()


def digest(session: str) -> str:
    """What the record keeps of a session's id."""
    return hashlib.sha256(session.encode()).hexdigest()

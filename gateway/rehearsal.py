"""What a fan sings to: the song without them, the campaign's own voice to learn from, and the line in syllables."""

from __future__ import annotations

from typing import Literal

from google.protobuf.json_format import Parse

from fancam.artifacts import ArtifactStore
from fancam.errors import Missing
from fancam.v1.campaign_pb2 import Melody, Note, Pressing
from fancam.v1.media_pb2 import Artifact

Part = Literal["backing", "guide"]


def parts(pressing: Pressing) -> dict[Part, Artifact]:
    """What there is to hear, each as long as the song: `backing` as films carry it (AAC), `guide` alone (FLAC).

    A pressing made before songs were mastered once for all fans has no backing.
    """
    heard: dict[Part, Artifact] = {}
    if pressing.HasField("bed_track"):
        heard["backing"] = Artifact(
            uri=pressing.bed_track.uri, size_bytes=pressing.bed_track.size_bytes, media_type="audio/mp4"
        )
    guide = pressing.campaign.song.guide
    if guide in pressing.files:
        heard["guide"] = pressing.files[guide]
    return heard


def part(pressing: Pressing, name: Part) -> Artifact:
    """One of them.

    Raises:
        Missing: The pressing has none.
    """
    heard = parts(pressing)
    if name not in heard:
        raise Missing(f"the pressing of {pressing.campaign.id!r} holds no {name}", reason="FILE_MISSING")
    return heard[name]


async def notes(artifacts: ArtifactStore, pressing: Pressing) -> list[Note]:
    """Notes and syllables of the fan's line, in order; none where the pressing lacks the file.

    Raises:
        Missing: The file has left the store.
    """
    path = pressing.campaign.song.melody
    if path not in pressing.files:
        return []
    return list(Parse(await artifacts.get(pressing.files[path]), Melody()).notes)

"""Songs and fans' parts of them, coded: made once however many films and fragments ask, and kept in the store."""

from __future__ import annotations

import asyncio

from fancam.artifacts import SHARED, ArtifactStore
from fancam.errors import Conflict, InvalidRequest, Missing
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Artifact
from media import encoder
from media.track import Track
from services.assembler import sound

ENGINE = f"{sound.VERSION}, {encoder.ENGINE}"
"""Part of every cache key here."""


async def coded_bed(artifacts: ArtifactStore, bed: Artifact, samples: int) -> tuple[Artifact, bool]:
    """A bed as an AAC track, and whether the store had it.

    Args:
        artifacts: The store.
        bed: As the audio service made it.
        samples: Length of the film.

    Raises:
        sound.MixMismatch: The bed is not as long.
    """
    key = f"bed, {ENGINE}: {bed.uri}, {samples} samples"
    if (known := await artifacts.recall(SHARED, key)) is not None:
        kept = Artifact.FromString(known)
        if await artifacts.holds(kept):
            return kept, True
    pcm = await artifacts.local(bed, ".flac")
    made = await artifacts.put(SHARED, await asyncio.to_thread(sound.encode, pcm, samples), "audio/mp4")
    await artifacts.remember(SHARED, key, made.SerializeToString(deterministic=True))
    return made, False


class Soundtracks:
    """The sound of films: what a fan changes of it is coded once, also when several ask for it at one time."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        self._artifacts = artifacts
        self._coding: dict[tuple[str, str], asyncio.Task[sound.Part]] = {}

    async def film(self, pressing: Pressing, mix: Artifact, start: int, samples: int, scope: str) -> Track:
        """The film's AAC track.

        Args:
            pressing: Whose bed is around the mix.
            mix: What the fan changes of it.
            start: The film's sample at which the mix begins.
            samples: Length of the film.
            scope: Prefix under which the fan's part is kept.

        Raises:
            InvalidRequest: The mix does not fit.
            Conflict: The pressing has no bed.
        """
        if not pressing.HasField("bed_track"):
            raise Conflict(
                f"{pressing.campaign.id}: pressed before songs were mastered once for all fans; press it again",
                reason="CAMPAIGN_UNFIT",
            )
        track = await asyncio.to_thread(sound.read, await self._artifacts.local(pressing.bed_track, ".mp4"))
        bed = sound.Bed(await self._artifacts.local(pressing.bed, ".flac"), track, samples)
        key = f"sound, {ENGINE}: {mix.uri} from {start} in {pressing.bed_track.uri}"
        if (scope, key) not in self._coding:
            self._coding[scope, key] = asyncio.create_task(self._part(bed, mix, start, scope, key))
            self._coding[scope, key].add_done_callback(lambda _: self._coding.pop((scope, key), None))
        # Whoever leaves does not take the sound from the others.
        return sound.laid(track, await asyncio.shield(self._coding[scope, key]))

    async def _part(self, bed: sound.Bed, mix: Artifact, start: int, scope: str, key: str) -> sound.Part:
        if (known := await self._artifacts.recall(scope, key)) is not None:
            try:
                return sound.unpacked(await self._artifacts.get(Artifact.FromString(known)))
            except Missing:
                pass  # pruned, or damaged: it is made again
        try:
            part = await asyncio.to_thread(sound.part, bed, await self._artifacts.get(mix), start)
        except sound.MixMismatch as error:
            raise InvalidRequest(f"the mix: {error}", reason="MIX_MISMATCH", fields={"mix": str(error)}) from error
        made = await self._artifacts.put(scope, sound.packed(bed.track, part), "audio/mp4")
        await self._artifacts.remember(scope, key, made.SerializeToString(deterministic=True))
        return part

"""Takes sung into a campaign folder that is not pressed, for `fancam voice`."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from google.protobuf import json_format

from fancam.artifacts import SHARED, ArtifactStore, session_scope
from fancam.errors import Conflict, InvalidRequest
from fancam.settings import ArtifactSettings
from fancam.v1.audio_pb2 import SingRequest
from fancam.v1.campaign_pb2 import Campaign, Pressing
from services.audio import align, decode, moderation, performance, rubberband, speech, tracker
from services.audio.songs import Songs
from services.audio.studio import Studio


@dataclass(frozen=True)
class Rehearsal:
    """A take as it would be sung in a film, for a sound engineer to look at and listen to.

    Attributes:
        made: Its way through the chain, walked to the end.
        words: The words of the line, in samples from its start.
        take: The take laid over the line, before anything was done to it, shape (samples,).
        mix: The finished song as a FLAC file.
        report: What the service says of it: the fields of `fancam.v1.VoiceReport` and `Verdict`.
        seconds: How long each step took.
    """

    made: performance.Performance
    words: tuple[speech.Word, ...]
    take: decode.Mono
    mix: bytes
    report: dict[str, Any]
    seconds: dict[str, float]


async def rehearse(files: Mapping[str, bytes], campaign: Mapping[str, Any], takes: Sequence[bytes]) -> list[Rehearsal]:
    """Sing takes into a campaign that is not pressed, by the very code that the service runs.

    Args:
        files: The campaign folder's files by path.
        campaign: Its `campaign.yaml`, read.
        takes: Sound files.

    Raises:
        FancamError: As the service's `Sing`; a take that the verdict rejects has no voice and is refused too.
    """
    with tempfile.TemporaryDirectory(prefix="rehearse-") as folder:
        store = ArtifactStore(ArtifactSettings(url=Path(folder, "store").as_uri(), cache=str(Path(folder, "cache"))))
        try:
            message = json_format.ParseDict(dict(campaign), Campaign())
        except json_format.ParseError as error:
            raise InvalidRequest(f"campaign.yaml: {error}") from error
        song = message.song
        wanted = {*song.stems, song.guide, song.melody, message.voice_chain, message.policy.lexicon} & set(files)
        kept = {path: await store.put(SHARED, files[path], "application/octet-stream") for path in sorted(wanted)}
        shifter = await asyncio.to_thread(rubberband.Rubberband.start)
        songs = Songs(store, moderation.built_in())
        studio = Studio(store, songs, tracker.Swift(), shifter, speech.Nobody())
        mastered = (await songs.master(song, message.voice_chain, kept)).bed
        around = decode.read(await store.local(mastered, ".flac"), channels=2)
        pressing = await store.put_message(SHARED, Pressing(campaign=message, files=kept, bed=mastered))
        read = await songs.song(pressing)
        done = []
        for number, data in enumerate(takes):
            # A session each: the same take twice is sung twice.
            take = await store.put(session_scope(f"rehearsal-{number}"), data, "application/octet-stream")
            request, walked = SingRequest(take=take, pressing=pressing), list[performance.Performance]()
            result = await studio.sing(request, lambda *_: None, walked=walked.append)
            if not result.HasField("voice"):
                raise Conflict(f"the verdict gives this take no voice: {result.verdict.reason}")
            fans, whole = decode.read(BytesIO(await store.get(result.mix)), channels=2), around.copy()
            whole[result.mix_start_samples : result.mix_start_samples + len(fans)] = fans
            made, least_ppm = walked[0], read.music.plan.numbers["align"]["drift_ppm"]
            done.append(
                Rehearsal(
                    made=made,
                    words=read.words,
                    take=align.place(made.take, made.where, read.music.samples, least_ppm=least_ppm),
                    mix=decode.flac(whole),
                    report=json_format.MessageToDict(result.report) | {"verdict": result.verdict.reason},
                    seconds={span.name: (span.end_unix_ns - span.start_unix_ns) / 1e9 for span in result.spans},
                )
            )
        return done

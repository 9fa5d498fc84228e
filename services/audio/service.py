"""The audio service: every method fetches, computes, stores and replies."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import grpc

from fancam.artifacts import ArtifactStore, clear_folder, session_scope
from fancam.errors import InvalidRequest, NotReady
from fancam.progress import Result, reporting
from fancam.server import Process, Slots
from fancam.settings import ArtifactSettings, AudioSettings
from fancam.timebase import SAMPLE_RATE_HZ
from fancam.v1 import audio_pb2
from fancam.v1.audio_pb2 import ModerateNameResponse, SingLiveRequest, SingLiveResponse, SingResponse
from fancam.v1.audio_pb2_grpc import AudioServiceServicer, add_AudioServiceServicer_to_server
from services.audio import (
    decode,
    intake,
    live,
    messages,
    moderation,
    names,
    pitch,
    rubberband,
    speech,
    terms,
    tracker,
)
from services.audio.songs import Songs
from services.audio.studio import Studio

log = logging.getLogger(__name__)


class AudioService(AudioServiceServicer):
    """Sung take to finished mix, and the moderation of everything that a fan says."""

    def __init__(self, store: ArtifactStore, slots: Slots, songs: Songs, studio: Studio) -> None:
        self._store = store
        self._slots = slots
        self._songs = songs
        self._studio = studio

    async def Sing(
        self, request: audio_pb2.SingRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[SingResponse]:
        """Put the take into the song."""
        async with self._slots.take():
            async for event in reporting(lambda report: self._studio.sing(request, report)):
                if isinstance(event, Result):
                    yield SingResponse(result=event.value)
                else:
                    yield SingResponse(progress=event)

    async def SingLive(
        self, requests: AsyncIterator[SingLiveRequest], context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[SingLiveResponse]:
        """Hear the take while it is sung, then put it into the song."""
        first = await anext(aiter(requests), None)
        if first is None or first.WhichOneof("part") != "start":
            raise InvalidRequest("the first part must be a `start`", reason="LIVE_START_MISSING")
        start, scope = first.start, session_scope(first.start.session)
        line = (await self._songs.pressing(start.pressing)).campaign.song
        line_s = (line.take_end_samples - line.take_start_samples) / SAMPLE_RATE_HZ
        # The song is read while the fan sings.
        song = asyncio.create_task(self._songs.song(start.pressing))
        try:
            with live.Listener(line_s + intake.SPARE_S + 1) as listener:
                async for part in requests:
                    if listener.size + len(part.chunk) > decode.MAX_BYTES:
                        message = f"more than {decode.MAX_BYTES} bytes"
                        raise InvalidRequest(f"the take: {message}", reason="TAKE_TOO_LONG", fields={"take": message})
                    await asyncio.to_thread(listener.feed, part.chunk)
                    for hint in await asyncio.to_thread(listener.hints):
                        yield SingLiveResponse(hint=messages.hint(hint))
                heard = await asyncio.to_thread(listener.recording)
                for hint in await asyncio.to_thread(listener.hints):
                    yield SingLiveResponse(hint=messages.hint(hint))
                take = await self._store.put(scope, listener.data, start.media_type or "application/octet-stream")
                yield SingLiveResponse(take=take)
                await song
                request = audio_pb2.SingRequest(take=take, pressing=start.pressing, locale=start.locale)
                async with self._slots.take():
                    async for event in reporting(lambda report: self._studio.sing(request, report, heard)):
                        if isinstance(event, Result):
                            yield SingLiveResponse(result=event.value)
                        else:
                            yield SingLiveResponse(progress=event)
        finally:
            song.cancel()

    async def Master(
        self, request: audio_pb2.MasterRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> audio_pb2.MasterResponse:
        """Master the song once for all fans."""
        async with self._slots.take():
            return await self._songs.master(request.song, request.voice_chain, request.files)

    async def ModerateName(
        self, request: audio_pb2.ModerateNameRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> ModerateNameResponse:
        """Decide whether a name may be shown."""
        pressing = await self._songs.pressing(request.pressing)
        lexicon = await self._songs.lexicon(pressing)
        most = pressing.campaign.policy.name_max_graphemes
        try:
            name = names.clean_name(request.name, max_graphemes=most)
        except names.NameRefused as error:
            raise InvalidRequest(str(error), reason=error.reason, fields={"name": str(error)}) from error
        verdict = names.judge_name(name, lexicon, locale=request.locale or messages.first_locale(pressing.campaign))
        return ModerateNameResponse(verdict=messages.verdict(verdict), name=name)


@contextmanager
def private_folder(root: Path) -> Iterator[Path]:
    """A folder of this process alone for working files: they hold voices.

    It is gone at the end of the block; what a killed process left behind is deleted by the next one that starts.
    """
    root.mkdir(parents=True, exist_ok=True)
    for left in root.iterdir():
        # In a container every life of the service has the same number.
        if left.name == str(os.getpid()) or not Path("/proc", left.name).exists():
            clear_folder(left)
    folder = root / str(os.getpid())
    folder.mkdir(mode=0o700)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before
        clear_folder(folder)


@asynccontextmanager
async def audio(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve audio for the length of the block: rubberband is calibrated and the ear opened before the first call."""
    settings = AudioSettings.load()
    with private_folder(ArtifactSettings.load().cache_folder() / "audio"):
        async with _serving(server, process, settings):
            yield


@asynccontextmanager
async def _serving(server: grpc.aio.Server, process: Process, settings: AudioSettings) -> AsyncIterator[None]:
    try:
        shifter = await asyncio.to_thread(rubberband.Rubberband.start)
        folder = Path(settings.lexicons) if settings.lexicons else None
        lexicon = await asyncio.to_thread(moderation.lexicon_of, folder)
        engine = (settings.speech_engine, settings.speech_model, settings.speech_python)
        ear = await asyncio.to_thread(speech.start, *engine)
    except (pitch.EngineFailed, speech.EngineRefused, terms.LexiconRefused) as error:
        raise NotReady(str(error)) from error
    log.info("%s; words are heard by: %s", shifter.name, ear.name)
    try:
        songs = Songs(process.artifacts, lexicon)
        studio = Studio(process.artifacts, songs, tracker.Swift(), shifter, ear)
        service = AudioService(process.artifacts, Slots(settings.slots, "audio slot"), songs, studio)
        add_AudioServiceServicer_to_server(service, server)
        process.services.append(audio_pb2.DESCRIPTOR.services_by_name["AudioService"].full_name)
        yield
    finally:
        ear.close()

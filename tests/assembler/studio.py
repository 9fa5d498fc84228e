"""Renderer, compositor and audio service for the press's own work: frames carry numbers, and no browser draws them.

What they encode is real; what they draw is the frame's number. The press on the real two is in test_folding.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import grpc
import numpy as np
import soundfile
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio  # type: ignore[attr-defined]  # not in the stubs

from fancam.artifacts import SHARED, ArtifactStore
from fancam.errors import Busy, InvalidRequest, NotReady
from fancam.server import OPTIONS, Guard
from fancam.v1.audio_pb2 import MasterRequest, MasterResponse
from fancam.v1.audio_pb2_grpc import AudioServiceServicer, add_AudioServiceServicer_to_server
from fancam.v1.avatar_pb2 import OwnPart
from fancam.v1.compositor_pb2 import ComposeRequest, ComposeResponse, ComposeResult
from fancam.v1.compositor_pb2_grpc import CompositorServiceServicer, add_CompositorServiceServicer_to_server
from fancam.v1.media_pb2 import Artifact, Progress
from fancam.v1.renderer_pb2 import (
    FitPartsRequest,
    FitPartsResponse,
    FitPartsResult,
    Pass,
    RenderPassRequest,
    RenderPassResponse,
    RenderPassResult,
)
from fancam.v1.renderer_pb2_grpc import RendererServiceServicer, add_RendererServiceServicer_to_server
from media.encoder import SegmentEncoder
from media.profile import Kind, Profile
from tests.video import measure


class Studio(RendererServiceServicer, CompositorServiceServicer, AudioServiceServicer):
    """Remembers what it was asked, draws each thing once, and fails as it is told to."""

    def __init__(self, store: ArtifactStore) -> None:
        self.address = ""
        self.composed: list[ComposeRequest] = []
        self.passes: list[RenderPassRequest] = []
        self.fitted: list[FitPartsRequest] = []
        self.mastered: list[MasterRequest] = []
        self.drawn = Counter[str]()
        """How often frames were really drawn, by shot or dance."""
        self.finished = Counter[str]()
        """How often what was drawn lay in the store, by shot or dance; and beds, as "bed"."""
        self.shortens = 0
        """By how many samples a bed is too short."""
        self.busy = 0
        """How many calls are turned away before the next is taken."""
        self.dies = 0
        """How many calls lose their worker before the next is finished."""
        self.refuses = ""
        """Shot that is refused."""
        self.stalls = ""
        """Shot that is never finished."""
        self._store = store

    @classmethod
    @asynccontextmanager
    async def open(cls, store: ArtifactStore) -> AsyncIterator[Studio]:
        """Serve all three services on one loopback port."""
        studio = cls(store)
        server = grpc.aio.server(interceptors=[Guard()], options=OPTIONS)
        health = health_aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(health, server)
        for name in ("fancam.v1.RendererService", "fancam.v1.CompositorService", "fancam.v1.AudioService"):
            await health.set(name, health_pb2.HealthCheckResponse.SERVING)
        add_RendererServiceServicer_to_server(studio, server)
        add_CompositorServiceServicer_to_server(studio, server)
        add_AudioServiceServicer_to_server(studio, server)
        studio.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        await server.start()
        try:
            yield studio
        finally:
            await server.stop(0)

    @property
    def settings(self) -> dict[str, str]:
        """By which an assembler finds it."""
        return {f"FANCAM_MESH_{name}": self.address for name in ("RENDERER", "COMPOSITOR", "AUDIO")}

    def forget(self) -> None:
        """Begin a test: nothing asked, nothing wrong."""
        self.composed, self.passes, self.fitted, self.mastered = [], [], [], []
        self.drawn, self.finished = Counter(), Counter()
        self.busy = self.dies = self.shortens = 0
        self.refuses = self.stalls = ""

    async def Compose(
        self, request: ComposeRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[ComposeResponse]:
        """Frames numbered from the shot's first."""
        await self._mishaps()
        if request.shot.id == self.refuses:
            raise InvalidRequest("no", reason="BAD_FOOTAGE", fields={"layer 'night'": "cannot be decoded"})
        self.composed.append(request)
        yield ComposeResponse(progress=Progress(fraction=0.5, message="half"))
        key = "compose" + request.SerializeToString(deterministic=True).hex()
        known = await self._store.recall(SHARED, key)
        if known is not None:
            yield ComposeResponse(result=ComposeResult(segment=Artifact.FromString(known), cached=True))
            return
        while request.shot.id == self.stalls:
            yield ComposeResponse(progress=Progress(fraction=0.5, message="still at it"))
            await asyncio.sleep(0.2)
        self.drawn[request.shot.id] += 1
        rate = Fraction(request.profile.frame_rate.numerator, request.profile.frame_rate.denominator)
        profile = Profile(request.profile.width, request.profile.height, rate)
        kind = Kind.PLATE if request.plate else Kind.SEGMENT
        data = await asyncio.to_thread(_numbered, profile, kind, request.shot.frames, key)
        segment = await self._store.put(SHARED, data, "video/mp4")
        await self._store.remember(SHARED, key, segment.SerializeToString())
        self.finished[request.shot.id] += 1
        yield ComposeResponse(result=ComposeResult(segment=segment))

    async def RenderPass(
        self, request: RenderPassRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[RenderPassResponse]:
        """A pass of numbered frames."""
        await self._mishaps()
        self.passes.append(request)
        self.drawn[request.staging.dance] += 1
        profile = Profile(request.width, request.height, Fraction(24))
        clip = await self._store.put(
            SHARED,
            await asyncio.to_thread(_numbered, profile, Kind.PASS, request.frames, str(request.recipe)),
            "video/mp4",
        )
        self.finished[request.staging.dance] += 1
        picture = Pass(clip=clip, width=request.width, height=request.height, frames=request.frames)
        result = RenderPassResult()
        getattr(result, "pass").CopyFrom(picture)  # a keyword in Python
        yield RenderPassResponse(result=result)

    async def FitParts(
        self, request: FitPartsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[FitPartsResponse]:
        """Parts as they came, or refused: what the renderer makes of them is tested with it."""
        self.fitted.append(request)
        wrong = {path: "TooHeavy: too many triangles" for path in request.parts if "heavy" in path}
        if wrong:
            raise InvalidRequest("no", reason="PART_UNFIT", fields=wrong)
        result = FitPartsResult()
        for path, artifact in request.parts.items():
            name = path.rsplit("/", 1)[-1].removesuffix(".glb")
            part = OwnPart(id=name, group="headwear", packed=artifact, plain_bytes=artifact.size_bytes, triangles=12)
            result.parts[path].CopyFrom(part)
        yield FitPartsResponse(result=result)

    async def Master(self, request: MasterRequest, context: grpc.aio.ServicerContext[Any, Any]) -> MasterResponse:
        """The stems added up, as they are."""
        await self._mishaps()
        self.mastered.append(request)
        key = "master" + request.SerializeToString(deterministic=True).hex()
        if not self.shortens and (known := await self._store.recall(SHARED, key)) is not None:
            return MasterResponse(bed=Artifact.FromString(known), integrated_lufs=-14.0, cached=True)
        stems = [await self._store.get(request.files[path]) for path in request.song.stems]
        waves = [soundfile.read(io.BytesIO(stem), dtype="float32", always_2d=True)[0] for stem in stems]
        file = io.BytesIO()
        wave = sum(waves, np.zeros((1, 2), np.float32))
        soundfile.write(file, wave[: len(wave) - self.shortens], 48_000, format="FLAC", subtype="PCM_24")
        bed = await self._store.put(SHARED, file.getvalue(), "audio/flac")
        if not self.shortens:
            await self._store.remember(SHARED, key, bed.SerializeToString())
        self.finished["bed"] += 1
        return MasterResponse(bed=bed, integrated_lufs=-14.0, true_peak_dbtp=-1.2)

    async def _mishaps(self) -> None:
        if self.busy > 0:
            self.busy -= 1
            raise Busy("every page is taken", retry_after_s=0.05)
        if self.dies > 0:
            self.dies -= 1
            raise NotReady("Chrome died", retry_after_s=0.05)


def _numbered(profile: Profile, kind: Kind, frames: int, asked: str) -> bytes:
    """Frames with their numbers, tinted by what was asked for, so that another request gives other bytes."""
    file = io.BytesIO()
    tint = 60 + hashlib.sha256(asked.encode()).digest()[0] // 2
    with SegmentEncoder(file, profile, kind) as encoder:
        for number in range(frames):
            luma, blue, red = measure.numbered(number, encoder.width, encoder.height)
            encoder.write(luma, np.full_like(blue, tint), red)
    return file.getvalue()

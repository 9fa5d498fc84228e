"""In-process stand-ins for the five services, on real sockets behind the real guard: real protocol, no craft.

What they do is told by their inputs: a selfie of `NO_FACE` is one without a face, a take of `REVIEW` is held back.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio  # type: ignore[attr-defined]  # not in the stubs

from fancam.artifacts import RECIPES, SHARED, ArtifactStore
from fancam.errors import Busy, FancamError, InvalidRequest
from fancam.progress import Result, Spans, reporting
from fancam.server import OPTIONS, Guard
from fancam.settings import MeshSettings
from fancam.v1 import (
    assembler_pb2,
    assembler_pb2_grpc,
    audio_pb2,
    audio_pb2_grpc,
    compositor_pb2,
    compositor_pb2_grpc,
    recognition_pb2,
    recognition_pb2_grpc,
    renderer_pb2,
    renderer_pb2_grpc,
)
from fancam.v1.avatar_pb2 import Recipe
from fancam.v1.campaign_pb2 import CutKind, FanKit, Policy, PressedCut, Pressing, UntranscribedPolicy, WordAction
from fancam.v1.media_pb2 import Artifact, Rational, StreamProfile
from fancam.v1.shot_pb2 import AvatarSlot, Layer, Shot, Solid, Text

MIX_START = 4_096
"""The film's sample at which every mix begins."""

LATE = 2_400
"""Samples by which every take that is held back begins too late."""


@dataclass
class Script:
    """How the stand-ins behave, and what they were asked."""

    # Seconds each call takes.
    pace_s: float = 0.02
    calls: Counter[str] = field(default_factory=Counter)
    # Names of steps that fail the next n times, with what.
    failures: dict[str, list[FancamError]] = field(default_factory=dict)
    # What is said of a take that waits for a person; DOUBTFUL where empty.
    verdict: audio_pb2.Verdict | None = None
    # The same, after a first sign of life.
    late_failures: dict[str, list[FancamError]] = field(default_factory=dict)
    # Pages of the renderer, and of the compositor. Who holds a step and waits for another one gives them more than one:
    # of steps that can start at once, any may be the first.
    pages: int = 1
    # Steps that wait until they are allowed to end.
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    requests: list[Any] = field(default_factory=list)
    running: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    async def step(self, name: str, request: Any, report: Any) -> None:
        """One call's work."""
        self.calls[name] += 1
        self.requests.append(request)
        kind = name.split(" ", maxsplit=1)[0]
        # A step that outlives its test ends in that test's own count.
        running = self.running
        running[kind] += 1
        self.most[kind] = max(self.most[kind], running[kind])
        try:
            if self.failures.get(name):
                raise self.failures[name].pop(0)
            report(0.5, "half way")
            await asyncio.sleep(self.pace_s)
            if self.late_failures.get(name):
                raise self.late_failures[name].pop(0)
            if name in self.held:
                await self.held[name].wait()
        finally:
            running[kind] -= 1


async def _answer(script: Script, name: str, request: Any, finish: Any, response: Any) -> AsyncGenerator[Any]:
    spans = Spans()

    async def work(report: Any) -> Any:
        with spans.span(name):
            await script.step(name, request, report)
            return await finish()

    # The work has ended before whoever asked has left.
    async with aclosing(reporting(work)) as events:
        async for event in events:
            if isinstance(event, Result):
                event.value.spans.extend(spans)
                yield response(result=event.value)
            else:
                yield response(progress=event)


class Pages:
    """As many places as the script says; whoever comes when none is free is sent away."""

    def __init__(self, script: Script) -> None:
        self._script, self._taken = script, 0

    async def draw(self, name: str, request: Any, finish: Any, response: Any) -> AsyncGenerator[Any]:
        """One call's answer, given on a page of its own."""
        if self._taken >= self._script.pages:
            raise Busy("every page is taken", retry_after_s=0.2)
        self._taken += 1
        try:
            async with aclosing(_answer(self._script, name, request, finish, response)) as events:
                async for event in events:
                    yield event
        finally:
            self._taken -= 1


class Recognition(recognition_pb2_grpc.RecognitionServiceServicer):
    """Sees what the selfie's bytes say after their header."""

    def __init__(self, script: Script, store: ArtifactStore) -> None:
        self._script, self._store = script, store

    def Recognise(self, request: Any, context: Any) -> AsyncGenerator[Any]:
        async def finish() -> Any:
            selfie = await self._store.get(request.selfie)
            if b"NO_FACE" in selfie:
                raise InvalidRequest("no face was found: look into the camera", reason="NO_FACE")
            return recognition_pb2.RecogniseResult(recipe=Recipe(library="lib", parts={"hair": "afro_round"}))

        return _answer(self._script, "recognise", request, finish, recognition_pb2.RecogniseResponse)


DOUBTFUL = audio_pb2.Verdict(
    decision=audio_pb2.DECISION_REVIEW,
    engine="script",
    transcribed=True,
    reason="the take says 'sheet'",
    findings=[
        audio_pb2.Finding(
            text="sheet",
            entry="en:shit",
            severity=2,
            action=WordAction.WORD_ACTION_REVIEW,
            expected="seat",
            start_samples=48_000,
            end_samples=72_000,
        )
    ],
    line=[
        audio_pb2.Deviation(heard="take", expected="take", start_samples=0, end_samples=24_000, likeness=1),
        audio_pb2.Deviation(heard="a", expected="a", start_samples=24_000, end_samples=40_000, likeness=1),
        audio_pb2.Deviation(heard="sheet", expected="seat", start_samples=48_000, end_samples=72_000, likeness=0.5),
    ],
    policy="p" * 64,
    lexicon="l" * 64,
)


class Audio(audio_pb2_grpc.AudioServiceServicer):
    """Hears what the take's bytes say after their header."""

    def __init__(self, script: Script, store: ArtifactStore) -> None:
        self._script, self._store = script, store

    async def ModerateName(self, request: Any, context: Any) -> Any:
        await self._script.step("name", request, lambda *_: None)
        decision = audio_pb2.DECISION_PUBLISH
        if "rude" in request.name:
            decision = audio_pb2.DECISION_REJECT
        if "doubtful" in request.name:
            decision = audio_pb2.DECISION_REVIEW
        return audio_pb2.ModerateNameResponse(verdict=audio_pb2.Verdict(decision=decision), name=request.name.strip())

    async def SingLive(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        advice = {b"S": audio_pb2.TAKE_ADVICE_SOFTER, b"G": audio_pb2.TAKE_ADVICE_GO_ON}
        async for part in requests:
            known = advice.get(part.chunk[-1:])
            if known is not None:
                yield audio_pb2.SingLiveResponse(hint=audio_pb2.TakeHint(advice=known))

    def Sing(self, request: Any, context: Any) -> AsyncGenerator[Any]:
        async def finish() -> Any:
            take = await self._store.get(request.take)
            scope = request.take.uri.rsplit("/", 1)[0]
            said = b"mix of " + take if not request.censored else b"censored mix of " + take
            mix = await self._store.put(scope, said, "audio/flac")
            if b"REJECT" in take:
                return audio_pb2.SingResult(verdict=audio_pb2.Verdict(decision=audio_pb2.DECISION_REJECT))
            if b"UNSAID" in take:
                return audio_pb2.SingResult(mix=mix, mix_start_samples=MIX_START, verdict=audio_pb2.Verdict())
            if b"REVIEW" in take:
                voice = await self._store.put(scope, take, "audio/wav")
                verdict = self._script.verdict or DOUBTFUL
                report = audio_pb2.VoiceReport(offset_samples=LATE)
                return audio_pb2.SingResult(
                    mix=mix, voice=voice, mix_start_samples=MIX_START, verdict=verdict, report=report
                )
            return audio_pb2.SingResult(
                mix=mix, mix_start_samples=MIX_START, verdict=audio_pb2.Verdict(decision=audio_pb2.DECISION_PUBLISH)
            )

        return _answer(self._script, "sing", request, finish, audio_pb2.SingResponse)


class Renderer(renderer_pb2_grpc.RendererServiceServicer):
    """Pages."""

    def __init__(self, script: Script, store: ArtifactStore) -> None:
        self._script, self._store = script, store
        self._pages = Pages(script)

    def RenderPass(self, request: Any, context: Any) -> AsyncGenerator[Any]:
        async def finish() -> Any:
            clip = await self._store.put(RECIPES, f"pass {request.film_first_frame}".encode(), "video/mp4")
            made = renderer_pb2.Pass(clip=clip, width=request.width, height=request.height, frames=request.frames)
            result = renderer_pb2.RenderPassResult()
            getattr(result, "pass").CopyFrom(made)
            return result

        name = f"render {request.film_first_frame}"
        return self._pages.draw(name, request, finish, renderer_pb2.RenderPassResponse)

    def RenderStills(self, request: Any, context: Any) -> AsyncGenerator[Any]:
        async def finish() -> Any:
            still = await self._store.put(RECIPES, b"\x89PNG still", "image/png")
            return renderer_pb2.RenderStillsResult(stills={"wave": still})

        return self._pages.draw("stills", request, finish, renderer_pb2.RenderStillsResponse)


class Compositor(compositor_pb2_grpc.CompositorServiceServicer):
    """Pages."""

    def __init__(self, script: Script, store: ArtifactStore) -> None:
        self._script, self._store = script, store
        self._pages = Pages(script)

    def Compose(self, request: Any, context: Any) -> AsyncGenerator[Any]:
        async def finish() -> Any:
            data = f"segment {request.shot.id} {request.name} {sorted(request.passes)} ".encode()
            return compositor_pb2.ComposeResult(segment=await self._store.put(request.scope, data, "video/mp4"))

        name = f"compose {request.shot.id}"
        return self._pages.draw(name, request, finish, compositor_pb2.ComposeResponse)


class Assembler(assembler_pb2_grpc.AssemblerServiceServicer):
    """Glues the bytes together."""

    def __init__(self, script: Script, store: ArtifactStore) -> None:
        self._script, self._store = script, store

    def Assemble(self, request: Any, context: Any) -> AsyncGenerator[Any]:
        async def finish() -> Any:
            parts = [await self._store.get(request.segments[cut]) for cut in sorted(request.segments)]
            data = b"".join([*parts, await self._store.get(request.mix), request.title.encode()]) + b"." * 5000
            data += request.output.encode()
            film = await self._store.put(request.scope, data, "video/mp4")
            poster = await self._store.put(request.scope, b"\xff\xd8\xff poster", "image/jpeg")
            return assembler_pb2.AssembleResult(film=film, poster=poster, frames=96)

        name = f"assemble {request.output}".strip()
        return _answer(self._script, name, request, finish, assembler_pb2.AssembleResponse)

    async def Fragment(self, request: Any, context: Any) -> Any:
        part = request.WhichOneof("part")
        await self._script.step(f"fragment {part}", request, lambda *_: None)
        scope, kind = (SHARED, "video/mp4") if part == "fixed_cut" else (request.scope, "video/mp4")
        cuts = [request.fixed_cut or request.personal_cut.cut]
        if part == "mix":
            cuts, kind = ["hello", "pair", "band", "bye"], "audio/mp4"
        header = await self._store.put(scope, b"header of " + kind.encode(), kind)
        fragments = {cut: await self._store.put(scope, f"{kind} of {cut}".encode() * 9, kind) for cut in cuts}
        codecs = "mp4a.40.2" if part == "mix" else "avc1.64001f"
        return assembler_pb2.FragmentResponse(header=header, fragments=fragments, codecs=codecs)


_SERVICES: dict[str, tuple[Any, Any]] = {
    "recognition": (Recognition, recognition_pb2_grpc.add_RecognitionServiceServicer_to_server),
    "audio": (Audio, audio_pb2_grpc.add_AudioServiceServicer_to_server),
    "renderer": (Renderer, renderer_pb2_grpc.add_RendererServiceServicer_to_server),
    "compositor": (Compositor, compositor_pb2_grpc.add_CompositorServiceServicer_to_server),
    "assembler": (Assembler, assembler_pb2_grpc.add_AssemblerServiceServicer_to_server),
}


@asynccontextmanager
async def fake_mesh(script: Script, store: ArtifactStore) -> AsyncIterator[MeshSettings]:
    """All five on free ports."""
    servers: dict[str, grpc.aio.Server] = {}
    ports: dict[str, str] = {}
    try:
        for name, (servicer, add) in _SERVICES.items():
            server = grpc.aio.server(interceptors=[Guard()], options=OPTIONS)
            health = health_aio.HealthServicer()
            health_pb2_grpc.add_HealthServicer_to_server(health, server)
            await health.set(f"fancam.v1.{name.capitalize()}Service", health_pb2.HealthCheckResponse.SERVING)
            add(servicer(script, store), server)
            ports[name] = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
            await server.start()
            servers[name] = server
        yield MeshSettings(**ports)
    finally:
        for server in servers.values():
            await server.stop(0)


def a_pressing(campaign: str = "tiny") -> Pressing:
    """Three personal cuts of 24 frames: an avatar with the name, an avatar twice, and the name alone; one fixed cut."""
    fan = Layer(name="fan", avatar=AvatarSlot())
    twin = Layer(name="twin", avatar=AvatarSlot())
    name = Layer(name="title", text=Text(text="{name}!", size_px=40))
    back = Layer(name="back", solid=Solid(width=64, height=64, color={}))

    def shot(id_: str, *layers: Layer) -> Shot:
        return Shot(id=id_, width=64, height=64, frames=24, layers=[*layers, back])

    personal = CutKind.CUT_KIND_PERSONAL
    pressing = Pressing(
        id="pressing",
        cuts=[
            PressedCut(id="hello", kind=personal, start_frame=0, frames=24, shot=shot("hello", name, fan)),
            PressedCut(id="pair", kind=personal, start_frame=24, frames=24, shot=shot("pair", fan, twin)),
            PressedCut(id="band", kind=CutKind.CUT_KIND_FIXED, start_frame=48, frames=24, segment=_anything()),
            PressedCut(id="bye", kind=personal, start_frame=72, frames=24, shot=shot("bye", name)),
        ],
        profile=StreamProfile(width=64, height=64, frame_rate=Rational(numerator=24, denominator=1)),
    )
    pressing.campaign.id, pressing.campaign.title = campaign, "Tiny"
    pressing.campaign.song.take_start_samples, pressing.campaign.song.take_end_samples = 0, 96_000
    pressing.campaign.policy.CopyFrom(
        Policy(untranscribed=UntranscribedPolicy.UNTRANSCRIBED_POLICY_PUBLISH, keep_hours=1)
    )
    pressing.campaign.fan_kit.CopyFrom(FanKit(stills=[{"id": "wave", "width": 64, "height": 64, "staging": {}}]))
    return pressing


def _anything() -> Artifact:
    return Artifact(uri="shared/" + "0" * 64, size_bytes=1, media_type="video/mp4")

"""Calling the services until they answer: push-back, restarts and dead peers are waited out, other failures told apart.

Knows streaming RPCs whose events are `progress` or `result`; knows no session and no database.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message

from fancam.channel import DEADLINE_S, connect
from fancam.errors import Busy, FancamError, NotReady, from_call
from fancam.settings import MeshSettings
from fancam.v1 import (
    assembler_pb2_grpc,
    audio_pb2_grpc,
    compositor_pb2_grpc,
    recognition_pb2_grpc,
    renderer_pb2_grpc,
)
from fancam.v1.media_pb2 import Span
from gateway.turnstile import Turnstile

SILENCE_S = 30.0
"""Services send an event at least once a second; after this long without one the peer is taken for dead."""

ATTEMPTS = 3
"""Failures of a service's own making (INTERNAL) before a step is given up."""

DEATHS = 8
"""Times that a worker may die over one step before the step is taken for poison."""


class Poisoned(FancamError):  # noqa: N818  named for what happened
    """A step that killed or broke its worker again and again."""

    default_reason = "POISONED"


@dataclass
class Call:
    """One finished call: its answer, and when it waited and ran."""

    lane: str
    result: Any
    queued_ns: int
    started_ns: int
    ended_ns: int
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class _Method:
    service: str
    full_name: str
    stub: type[Any]


_METHODS = {
    "Recognise": _Method("recognition", "fancam.v1.RecognitionService", recognition_pb2_grpc.RecognitionServiceStub),
    "ModerateName": _Method("audio", "fancam.v1.AudioService", audio_pb2_grpc.AudioServiceStub),
    "Sing": _Method("audio", "fancam.v1.AudioService", audio_pb2_grpc.AudioServiceStub),
    "SingLive": _Method("audio", "fancam.v1.AudioService", audio_pb2_grpc.AudioServiceStub),
    "RenderPass": _Method("renderer", "fancam.v1.RendererService", renderer_pb2_grpc.RendererServiceStub),
    "RenderStills": _Method("renderer", "fancam.v1.RendererService", renderer_pb2_grpc.RendererServiceStub),
    "Compose": _Method("compositor", "fancam.v1.CompositorService", compositor_pb2_grpc.CompositorServiceStub),
    "Fragment": _Method("assembler", "fancam.v1.AssemblerService", assembler_pb2_grpc.AssemblerServiceStub),
    "Assemble": _Method("assembler", "fancam.v1.AssemblerService", assembler_pb2_grpc.AssemblerServiceStub),
}

Progressed = Callable[[float, str], Awaitable[None]]
"""Called with fraction and message as a call goes on; first with 0 when a slot was found."""


class Calls:
    """The gateway's way to the five services."""

    def __init__(self, mesh: MeshSettings) -> None:
        self._mesh = mesh
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._turnstiles: dict[str, Turnstile] = {}

    async def close(self) -> None:
        """Close every connection."""
        for channel in self._channels.values():
            await channel.close(None)

    def slots(self, service: str) -> int:
        """Calls of ours that a service takes at once, as far as it was seen; at least 1."""
        return self._turnstiles[service].slots if service in self._turnstiles else 1

    async def moderate(self, request: Message) -> Any:
        """Moderate a name now, or fail.

        Raises:
            NotReady: The audio service does not answer.
            FancamError: What it answered.
        """
        return await self._now("ModerateName", request)

    async def fragment(self, request: Message) -> Any:
        """A part of a film that somebody plays now.

        Raises:
            NotReady: The assembler does not answer.
            FancamError: What it answered.
        """
        return await self._now("Fragment", request)

    async def _now(self, method: str, request: Message) -> Any:
        try:
            return await self._rpc(method)(request, timeout=DEADLINE_S[method])
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error

    async def live(self, requests: AsyncIterator[Message], *, timeout_s: float) -> AsyncIterator[Any]:
        """Stream a take to the audio service while it is sung; every event of its answer.

        Raises:
            grpc.aio.AioRpcError: It cannot be reached, or what it answered.
        """
        async for event in self._rpc("SingLive")(requests, timeout=timeout_s):
            yield event

    async def until_done(
        self,
        method: str,
        request: Message,
        *,
        urgency: tuple[float, ...],
        give_up_ns: int,
        progressed: Progressed,
    ) -> Call:
        """Call until there is an answer that repeating would not change.

        Args:
            method: Name of the RPC, for example `Compose`.
            request: Its request; equal requests have equal outcomes, so repeating is harmless.
            urgency: Lower goes first among the calls that wait for this service.
            give_up_ns: Unix time after which an unreachable service is a failure.
            progressed: Told how far it is.

        Raises:
            NotReady: The service could not be reached in time.
            Poisoned: It failed or died again and again over this request.
            FancamError: What it answered.
        """
        service = _METHODS[method].service
        turnstile = self._turnstiles.setdefault(service, Turnstile())
        queued_ns = time.time_ns()
        failures, deaths, pause_s = 0, 0, 0.2
        while True:
            admitted = False
            try:
                call, first = await turnstile.enter(urgency, lambda: self._open(method, request))
                admitted = True
                started_ns = time.time_ns()
                try:
                    result = await self._listen(call, first, progressed)
                finally:
                    call.cancel()
                    turnstile.left()
                spans = list(getattr(result, "spans", ()))
                # The first event comes up to a second after the work began; the service knows better.
                started_ns = max(queued_ns, min([started_ns, *(span.start_unix_ns for span in spans)]))
                return Call(service, result, queued_ns, started_ns, time.time_ns(), spans)
            except NotReady as error:
                deaths += admitted
                if deaths >= DEATHS:
                    raise Poisoned(f"{service} died {deaths} times over this step", reason="WORKER_DIED") from error
                if time.time_ns() > give_up_ns:
                    raise
            except FancamError as error:
                # A slot may be found to be taken, and the disk to be full, after the first sign of life.
                full = isinstance(error, Busy)
                if error.code is not grpc.StatusCode.INTERNAL and not full:
                    raise
                failures += not full
                if failures >= ATTEMPTS:
                    raise Poisoned(f"{service}: {error}", reason=error.reason) from error
                if time.time_ns() > give_up_ns:
                    raise
            await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))  # noqa: S311  jitter is no secret
            pause_s = min(2.0, pause_s * 1.6)

    async def _open(self, method: str, request: Message) -> tuple[Any, Any]:
        """Start a call; it is in when its first event has come."""
        call = self._rpc(method)(request, timeout=DEADLINE_S[method])
        if method == "ModerateName":
            return call, await self._unary(call)
        first = await self._read(call)
        if first is None:
            raise NotReady(f"{method} ended without an answer", reason="NO_RESULT")
        return call, first

    @staticmethod
    async def _unary(call: Any) -> Any:
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error

    async def _listen(self, call: Any, event: Any, progressed: Progressed) -> Any:
        await progressed(0.0, "")
        if "event" not in event.DESCRIPTOR.oneofs_by_name:
            return event
        while event is not None:
            if event.WhichOneof("event") == "result":
                # The end of the stream is waited for, so that the slot is free when the next call knocks.
                with contextlib.suppress(FancamError):
                    await self._read(call)
                return event.result
            await progressed(event.progress.fraction, event.progress.message)
            event = await self._read(call)
        raise NotReady("the call ended without a result", reason="NO_RESULT")

    @staticmethod
    async def _read(call: Any) -> Any:
        """The next event, or None at the end."""
        try:
            event = await asyncio.wait_for(call.read(), timeout=SILENCE_S)
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error
        except TimeoutError as error:
            raise NotReady(f"no event for {SILENCE_S:.0f} s", reason="SILENT") from error
        return event if isinstance(event, Message) else None

    def _rpc(self, method: str) -> Any:
        spec = _METHODS[method]
        channel = self._channels.get(spec.service)
        if channel is None:
            channel = self._channels[spec.service] = connect(getattr(self._mesh, spec.service), spec.full_name)
        return getattr(spec.stub(channel), method)

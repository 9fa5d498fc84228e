"""A process that does what each request says: `python -m tests.fancam.stand_in`. Real `fancam.server`, no craft."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from fancam import errors
from fancam.progress import Report, Result, Spans, reporting
from fancam.server import Process, Slots, run
from fancam.v1.audio_pb2 import (
    ModerateNameRequest,
    ModerateNameResponse,
    SingRequest,
    SingResponse,
    SingResult,
    Verdict,
)
from fancam.v1.audio_pb2_grpc import AudioServiceServicer, add_AudioServiceServicer_to_server

FAILURES = {
    kind.__name__: kind
    for kind in [
        errors.FancamError,
        errors.InvalidRequest,
        errors.Missing,
        errors.Conflict,
        errors.Busy,
        errors.StoreFull,
        errors.NotReady,
    ]
}


class StandIn(AudioServiceServicer):
    """The name of `ModerateName` and the locale of `Sing` are commands; `locale` of a name is the key of its count."""

    def __init__(self) -> None:
        self._attempts: Counter[str] = Counter()
        self._slots = Slots(1, "slot", retry_after_s=0.1)
        self._released = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._released.set)

    async def ModerateName(
        self, request: ModerateNameRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> ModerateNameResponse:
        """`raise X`, `crash`, `down N` times and says when, `cold N` does not, `busy`, `full`, `count`, or answer."""
        command, _, argument = request.name.partition(" ")
        key = request.locale
        if command == "count":
            return ModerateNameResponse(name=str(self._attempts[key]))
        self._attempts[key] += 1
        if command == "raise":
            raise FAILURES[argument](
                f"{argument} as asked",
                reason="AS_ASKED",
                fields={"name": "names a failure"},
                metadata={"asked": argument},
                retry_after_s=1.5 if argument == "NotReady" and key == "push" else 0.0,
            )
        if command == "crash":
            raise RuntimeError("a secret path: /home/fan")
        if command in {"down", "cold"} and self._attempts[key] <= int(argument):
            raise errors.NotReady("warming up", retry_after_s=0.2 if command == "down" else 0.0)
        if command == "busy":
            raise errors.Busy("every slot is taken", retry_after_s=0.2)
        if command == "full":
            raise errors.StoreFull("no room")
        return ModerateNameResponse(name=f"{self._attempts[key]} {os.getpid()}")

    async def Sing(
        self, request: SingRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[SingResponse]:
        """`<seconds>` or `held` until SIGUSR1: work so long, with progress, in the only slot; `+<seconds>`: in none."""
        spans = Spans()

        async def work(report: Report) -> str:
            with spans.span("work"):
                report(0.0, "begun")
                if request.locale == "held":
                    await self._released.wait()
                else:
                    await asyncio.sleep(float(request.locale))
            return f"pid {os.getpid()}"

        async with contextlib.AsyncExitStack() as stack:
            if not request.locale.startswith("+"):
                await stack.enter_async_context(self._slots.take())
            async for event in reporting(work):
                if isinstance(event, Result):
                    yield SingResponse(result=SingResult(verdict=Verdict(reason=event.value), spans=spans))
                else:
                    yield SingResponse(progress=event)


@asynccontextmanager
async def stand_in(server: grpc.aio.Server, process: Process) -> AsyncIterator[None]:
    """Serve the stand-in."""
    add_AudioServiceServicer_to_server(StandIn(), server)
    process.services.append("fancam.v1.AudioService")
    yield


if __name__ == "__main__":
    run("audio", stand_in)

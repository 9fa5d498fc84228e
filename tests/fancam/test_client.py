"""Pressing from outside goes on where a designer would only have pressed again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio  # type: ignore[attr-defined]  # not in the stubs

from fancam import client
from fancam.artifacts import ArtifactStore
from fancam.errors import Busy, FancamError, NotReady, StoreFull
from fancam.server import OPTIONS, Guard
from fancam.v1.assembler_pb2 import PressRequest, PressResponse, PressResult
from fancam.v1.assembler_pb2_grpc import AssemblerServiceServicer, add_AssemblerServiceServicer_to_server
from fancam.v1.campaign_pb2 import Pressing
from fancam.v1.media_pb2 import Progress


class Assembler(AssemblerServiceServicer):
    """Fails as it is told to, then has pressed."""

    def __init__(self, *failures: FancamError) -> None:
        self.failures = list(failures)

    async def Press(
        self, request: PressRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[PressResponse]:
        """The next failure in the middle of its work, where the channel itself does not ask again; or a pressing."""
        yield PressResponse(progress=Progress(fraction=0.5, message="at work"))
        if self.failures:
            raise self.failures.pop(0)
        yield PressResponse(result=PressResult(summary=Pressing(id="pressed")))


async def pressed(assembler: Assembler, store: ArtifactStore, folder: Path) -> tuple[str, list[str]]:
    """The pressing's id, and what was told on the way to it."""
    (folder / "campaign.yaml").write_text("id: x")
    server = grpc.aio.server(interceptors=[Guard()], options=OPTIONS)
    health = health_aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    await health.set("fancam.v1.AssemblerService", health_pb2.HealthCheckResponse.SERVING)
    add_AssemblerServiceServicer_to_server(assembler, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    told: list[str] = []
    try:
        address = f"127.0.0.1:{port}"
        made = await client.press(folder, artifacts=store, assembler=address, told=lambda _, said: told.append(said))
    finally:
        await server.stop(0)
    return made.summary.id, told


async def test_a_press_waits_for_another_and_for_an_assembler_that_died(store: ArtifactStore, tmp_path: Path) -> None:
    """Whoever waits is told for what."""
    busy, gone = Busy("every press is taken", retry_after_s=0.02), NotReady("draining", retry_after_s=0.02)

    assert await pressed(Assembler(busy, busy, gone), store, tmp_path) == (
        "pressed",
        ["at work", "every press is taken", "at work", "every press is taken", "at work", "draining", "at work"],
    )


@pytest.mark.parametrize(
    ("failures", "left"),
    [
        ([StoreFull("no room", retry_after_s=0.02)] * 2, 1),
        ([NotReady("gone", retry_after_s=0.02)] * (client.MAX_LOSSES + 3), 2),
    ],
    ids=["full store", "never back"],
)
async def test_what_waiting_does_not_help_is_said(
    failures: list[FancamError], left: int, store: ArtifactStore, tmp_path: Path
) -> None:
    """At once where the store is full, after a few tries where nobody comes back."""
    assembler = Assembler(*failures)
    with pytest.raises((Busy, NotReady), match=r"no room|gone"):
        await pressed(assembler, store, tmp_path)

    assert len(assembler.failures) == left

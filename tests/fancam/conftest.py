"""Real processes of the stand-in on loopback sockets."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from fancam.artifacts import ArtifactStore
from fancam.channel import connect
from fancam.mesh import free_port
from fancam.settings import ArtifactSettings
from fancam.v1.audio_pb2 import SingRequest, SingResponse
from fancam.v1.audio_pb2_grpc import AudioServiceStub
from fancam.v1.media_pb2 import Artifact

ROOT = Path(__file__).resolve().parents[2]
AUDIO = "fancam.v1.AudioService"
ANY = Artifact(uri="shared/" + "0" * 64, media_type="audio/flac")
"""An address that obeys the rules; nothing lies there."""


@dataclass
class Running:
    """A stand-in that is ready."""

    address: str
    child: asyncio.subprocess.Process

    def tell(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.child.send_signal(number)

    async def ended(self) -> int:
        """Wait for its end and give its exit code; far too long is a failure."""
        return await asyncio.wait_for(self.child.wait(), timeout=100)


Start = Callable[..., Awaitable[Running]]


async def health(address: str, service: str = "") -> int:
    """What the process at `address` says of `service`; UNKNOWN when nobody answers."""
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            reply = await health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=service), timeout=30, wait_for_ready=False
            )
        except grpc.aio.AioRpcError:
            return int(health_pb2.HealthCheckResponse.UNKNOWN)
    return int(reply.status)


async def sung(stub: AudioServiceStub, seconds: str) -> list[SingResponse]:
    """The events of a stream that takes the only slot once whoever left it has given it back."""
    async with asyncio.timeout(60):
        while True:
            try:
                request = SingRequest(take=ANY, pressing=ANY, locale=seconds)
                return [event async for event in stub.Sing(request, timeout=60)]
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[Running]:
    """One stand-in, ready; killed at the end if it still runs."""
    address = settings.get("FANCAM_SERVER_LISTEN") or f"127.0.0.1:{free_port()}"
    environment = {name: text for name, text in os.environ.items() if not name.startswith("FANCAM_")}
    environment |= {
        "FANCAM_SERVER_LISTEN": address,
        "FANCAM_SERVER_DRAIN_NOTICE_S": "0.2",
        "FANCAM_ARTIFACTS_URL": (folder / "artifacts").as_uri(),
        "FANCAM_ARTIFACTS_CACHE": str(folder / "cache"),
        **settings,
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fancam.stand_in", cwd=ROOT, env=environment
    )
    try:
        while await health(address) != health_pb2.HealthCheckResponse.SERVING:
            assert child.returncode is None, "the stand-in ended before it was ready"
            await asyncio.sleep(0.05)
        yield Running(address, child)
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts stand-ins of this test's own, to be killed and drained."""
    async with AsyncExitStack() as stack:
        yield lambda **settings: stack.enter_async_context(running(tmp_path, **settings))


@pytest.fixture(scope="session")
async def stand_in(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One stand-in for all tests that leave it alive."""
    async with running(tmp_path_factory.mktemp("stand-in")) as process:
        yield process


@pytest.fixture
async def audio(stand_in: Running) -> AsyncIterator[AudioServiceStub]:
    """A client of the shared stand-in, with the mesh's channel."""
    async with connect(stand_in.address, AUDIO) as channel:
        yield AudioServiceStub(channel)


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    """An artifact store in a folder of this test's own."""
    return ArtifactStore(ArtifactSettings(url=(tmp_path / "artifacts").as_uri(), cache=str(tmp_path / "cache")))

"""A real gateway in this process, on real sockets, with stand-ins for the services."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from fancam.artifacts import SHARED, ArtifactStore
from fancam.keys import Keys
from fancam.mesh import free_port
from fancam.server import OPTIONS, Guard, Process
from fancam.settings import ArtifactSettings, MeshSettings
from fancam.v1.media_pb2 import Artifact
from gateway.service import gateway
from tests.gateway.fakes import Script, a_pressing, fake_mesh

SECRET = "a secret of this test only"
JPEG = b"\xff\xd8\xff\xe0" + b"selfie" * 20
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"take" * 20


@dataclass
class House:
    """A running gateway and what is around it."""

    http: httpx.AsyncClient
    script: Script
    store: ArtifactStore
    grpc_target: str
    folder: Path
    pressing: Artifact
    fans: list[Fan] = field(default_factory=list)

    @property
    def operator(self) -> dict[str, str]:
        """Headers of an operator."""
        return {"Authorization": f"Bearer {Keys(SECRET.encode()).operator()}"}

    async def create(self, name: str = "Ada", **more: Any) -> Fan:
        """A new session."""
        body = {"campaign": "tiny", "name": name, "consent": True, **more}
        reply = await self.http.post("/v1/sessions", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert reply.status_code == 201, reply.text
        self.fans.append(Fan(self, reply.json()["id"], reply.json()["token"]))
        return self.fans[-1]


@dataclass
class Fan:
    """A visitor with a token."""

    house: House
    id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """The only key."""
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str = "", **more: Any) -> httpx.Response:
        """Read something of the session."""
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.house.http.get(f"/v1/sessions/{self.id}{path}", headers=headers, **more)

    async def put(self, path: str, content: bytes) -> httpx.Response:
        """Give a file."""
        return await self.house.http.put(f"/v1/sessions/{self.id}/{path}", content=content, headers=self.headers)

    async def post(self, path: str, **more: Any) -> httpx.Response:
        """Ask for something."""
        return await self.house.http.post(f"/v1/sessions/{self.id}/{path}", headers=self.headers, **more)

    async def events(self, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Follow the session."""
        url = f"/v1/sessions/{self.id}/events"
        headers = {**self.headers, "Last-Event-ID": str(after)}
        async with self.house.http.stream("GET", url, headers=headers, timeout=120) as reply:
            assert reply.status_code in {200, 204}, await reply.aread()
            number = ""
            async for line in reply.aiter_lines():
                if line.startswith("id: "):
                    number = line[4:]
                if line.startswith("data: "):
                    event = json.loads(line[6:])
                    assert str(event["number"]) == number
                    yield event

    async def until(self, stage: str, state: str, item: str | None = None, after: int = 0) -> dict[str, Any]:
        """Wait for an event."""
        async for event in self.events(after):
            if event["stage"] == stage and event["state"] == state and item in {None, event["item"]}:
                return event
        raise AssertionError(f"the session ended without {stage} {state}")

    async def film(self) -> bytes:
        """Give everything and wait for the film."""
        await self.put("selfie", JPEG)
        await self.put("take", WAV)
        await self.until("session", "done")
        return (await self.get("/film")).content


async def comes_true(condition: Callable[[], bool]) -> None:
    """Wait for what stand-ins were asked, which no event tells."""
    async with asyncio.timeout(120):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def open_house(folder: Path, script: Script, mesh: MeshSettings, executor: str = "one") -> AsyncIterator[House]:
    """A gateway over `folder`."""
    store = ArtifactStore(ArtifactSettings.load())
    rest = free_port()
    os.environ["FANCAM_GATEWAY_REST_LISTEN"] = f"127.0.0.1:{rest}"
    os.environ["FANCAM_GATEWAY_EXECUTOR"] = executor
    server = grpc.aio.server(interceptors=[Guard()], options=OPTIONS)
    process = Process("gateway", mesh, store)
    async with gateway(server, process):
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        pressing = await store.put_message(SHARED, a_pressing())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{rest}", timeout=60) as http:
            house = House(http, script, store, f"127.0.0.1:{port}", folder, pressing)
            address = {"uri": pressing.uri, "size_bytes": pressing.size_bytes, "media_type": pressing.media_type}
            reply = await http.put("/v1/campaigns/tiny", json={"pressing": address}, headers=house.operator)
            assert reply.status_code == 200, reply.text
            yield house
        await server.stop(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a module's gateway keeps everything."""
    place = tmp_path_factory.mktemp("gateway")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANCAM_GATEWAY_DATABASE", f"sqlite:///{place / 'jobs.sqlite'}")
        patch.setenv("FANCAM_GATEWAY_SECRET", SECRET)
        patch.setenv("FANCAM_GATEWAY_REST_LISTEN", "")
        patch.setenv("FANCAM_GATEWAY_EXECUTOR", "")
        patch.setenv("FANCAM_ARTIFACTS_URL", (place / "artifacts").as_uri())
        patch.setenv("FANCAM_ARTIFACTS_CACHE", str(place / "cache"))
        yield place


@pytest.fixture(scope="module")
def whole_script() -> Script:
    """How a module's stand-ins behave."""
    return Script()


@pytest.fixture
def script(whole_script: Script) -> Script:
    """The stand-ins, good-natured again."""
    fresh = Script()
    vars(whole_script).update(vars(fresh))
    return whole_script


@pytest.fixture(scope="module")
async def mesh(folder: Path, whole_script: Script) -> AsyncIterator[MeshSettings]:
    """The five stand-ins."""
    async with fake_mesh(whole_script, ArtifactStore(ArtifactSettings.load())) as settings:
        yield settings


@pytest.fixture(scope="module")
async def module_house(folder: Path, whole_script: Script, mesh: MeshSettings) -> AsyncIterator[House]:
    """One gateway for all tests of a module."""
    async with open_house(folder, whole_script, mesh) as opened:
        yield opened


@pytest.fixture
async def house(module_house: House, script: Script) -> AsyncIterator[House]:
    """The module's gateway, with stand-ins that are good-natured again and at rest, and nobody else's films."""
    yield module_house
    for fan in module_house.fans:
        await fan.post("cancel")
    module_house.fans.clear()
    for held in script.held.values():
        held.set()
    await comes_true(lambda: not any(script.running.values()))

"""The real mesh in processes, a tiny campaign pressed by it, and fans who come by REST."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from fancam import client, mesh
from fancam.artifacts import ArtifactStore
from fancam.keys import Keys
from fancam.settings import ArtifactSettings
from fancam.v1.assembler_pb2 import PressResult
from tests.loopback import tiny
from tests.website import website

SECRET = "known to this test only"


@dataclass
class World:
    """Six running processes and a pressed campaign."""

    mesh: mesh.Mesh
    data: Path
    store: ArtifactStore
    pressed: PressResult
    http: httpx.AsyncClient
    # What every fan gives.
    selfie: bytes = field(repr=False)
    take: bytes = field(repr=False)

    async def fan(self, name: str = "Zoë", **more: Any) -> Fan:
        """A new session."""
        body = {"campaign": "tiny", "name": name, "consent": True, **more}
        reply = await self.http.post("/v1/sessions", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert reply.status_code == 201, reply.text
        return Fan(self, reply.json()["id"], reply.json()["token"])


@dataclass
class Fan:
    """A session and its only key, and every event that came so far."""

    world: World
    id: str
    token: str
    seen: list[dict[str, Any]] = field(default_factory=list)
    # How often the stream of events broke and was taken up again.
    broken: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str = "", **headers: str) -> httpx.Response:
        return await self.world.http.get(f"/v1/sessions/{self.id}{path}", headers={**self.headers, **headers})

    async def give(self, name: str, content: bytes) -> httpx.Response:
        """Upload, again while the gateway is away."""
        url = f"/v1/sessions/{self.id}/{name}"
        for _ in range(300):
            with contextlib.suppress(httpx.TransportError):
                return await self.world.http.put(url, content=content, headers=self.headers)
            await asyncio.sleep(0.2)
        raise AssertionError("the gateway did not come back")

    async def events(self) -> AsyncGenerator[dict[str, Any]]:
        """New events until the session ends, across any number of broken connections."""
        url = f"/v1/sessions/{self.id}/events"
        while True:
            last = self.seen[-1]["number"] if self.seen else 0
            with contextlib.suppress(httpx.TransportError):
                headers = {**self.headers, "Last-Event-ID": str(last)}
                async with self.world.http.stream("GET", url, headers=headers, timeout=60) as reply:
                    if reply.status_code == 204:
                        return
                    assert reply.status_code == 200, await reply.aread()
                    async for line in reply.aiter_lines():
                        if line.startswith("data: "):
                            self.seen.append(json.loads(line.removeprefix("data: ")))
                            yield self.seen[-1]
                            if self.ended:
                                return
            self.broken += 1
            await asyncio.sleep(0.2)

    @property
    def ended(self) -> bool:
        last = self.seen[-1]
        return last["stage"] == "session" and last["state"] in {"done", "failed", "cancelled"}

    async def until(self, stage: str, state: str) -> dict[str, Any]:
        """The first such event, of those that came already or will."""
        for event in self.seen:
            if (event["stage"], event["state"]) == (stage, state):
                return event
        async with contextlib.aclosing(self.events()) as events:
            async for event in events:
                if (event["stage"], event["state"]) == (stage, state):
                    return event
        raise AssertionError(f"the session ended without {stage} {state}: {self.seen[-1]}")


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The campaign's web site, on an origin of its own."""
    with website() as origin:
        yield origin


@pytest.fixture(scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory, site: str) -> AsyncIterator[World]:
    """The mesh for all tests; killed processes are restarted by it."""
    data = tmp_path_factory.mktemp("mesh")
    environment = {
        "FANCAM_GATEWAY_SECRET": SECRET,
        "FANCAM_GATEWAY_ORIGINS": site,
        "FANCAM_GATEWAY_DATABASE": f"sqlite:///{data / 'gateway.sqlite'}",
        "FANCAM_ARTIFACTS_URL": (data / "artifacts").as_uri(),
        "FANCAM_ARTIFACTS_CACHE": str(data / "cache"),
        "OMP_NUM_THREADS": "1",
    }
    campaign = tiny.write_campaign(data / "campaign")
    store = ArtifactStore(ArtifactSettings(url=environment["FANCAM_ARTIFACTS_URL"], cache=str(data / "cache")))
    async with mesh.running(folder=tiny.ROOT, data=data, environment=environment) as running:
        pressed = await client.press(
            campaign, artifacts=store, assembler=running.settings.assembler, told=lambda *_: None
        )
        async with httpx.AsyncClient(base_url=running.rest, timeout=60) as http:
            await client.register(http, "tiny", pressed.pressing, Keys(SECRET.encode()).operator())
            selfie, take = tiny.selfie(), tiny.take()
            yield World(running, data, store, pressed, http, selfie, take)

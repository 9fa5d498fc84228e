"""A gateway that dies is survived by its work: under its own name, or by another replica."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from fancam.artifacts import SHARED, ArtifactStore
from fancam.client import Visit, register, visit
from fancam.keys import Keys
from fancam.mesh import free_port
from fancam.settings import ArtifactSettings, MeshSettings
from tests.gateway.conftest import JPEG, SECRET, WAV, comes_true
from tests.gateway.fakes import Script, a_pressing
from tests.traces import contents


@asynccontextmanager
async def _gateway(mesh: MeshSettings, executor: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A gateway process; killed at the end if it still runs."""
    rest = free_port()
    addresses = {f"FANCAM_MESH_{name.upper()}": address for name, address in vars(mesh).items() if name != "rest"}
    environment = os.environ | addresses
    environment |= {
        "FANCAM_GATEWAY_REST_LISTEN": f"127.0.0.1:{rest}",
        "FANCAM_GATEWAY_EXECUTOR": executor,
        "FANCAM_SERVER_LISTEN": f"127.0.0.1:{free_port()}",
        "FANCAM_SERVER_DRAIN_NOTICE_S": "0",
    }
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "gateway", env=environment, cwd=root)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{rest}") as http:
            async with asyncio.timeout(90):
                while True:
                    try:
                        await http.get("/v1/health")
                        break
                    except httpx.TransportError:
                        assert process.returncode is None
                        await asyncio.sleep(0.1)
        yield process, f"http://127.0.0.1:{rest}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


NEW_EVENTS_PER_LIFE = 10


async def test_a_gateway_that_dies_again_and_again_makes_one_film(
    folder: Path, script: Script, mesh: MeshSettings
) -> None:
    """Killed wherever its work happens to be, every few events, it still tells each thing once and makes one film."""
    store = ArtifactStore(ArtifactSettings.load())
    pressing = await store.put_message(SHARED, a_pressing())
    (folder / "selfie.jpg").write_bytes(JPEG)
    (folder / "take.wav").write_bytes(WAV)
    fan: Visit | None = None
    seen: list[dict[str, Any]] = []
    lives = 0
    while not seen or seen[-1]["stage"] != "session" or len(seen) == 1:
        lives += 1
        async with _gateway(mesh, "cat") as (process, url), httpx.AsyncClient(base_url=url, timeout=60) as http:
            if fan is None:
                await register(http, "tiny", pressing, Keys(SECRET.encode()).operator())
                fan = await visit(http, "tiny", "Nine Lives")
                await fan.give("selfie", folder / "selfie.jpg")
                await fan.give("take", folder / "take.wav")
            fan = Visit(http, fan.id, fan.token)
            fresh = []
            async with aclosing(fan.events()) as events:
                async for event in events:
                    fresh.append(event)
                    # What the last life told is told again, word for word.
                    if len(fresh) > len(seen) + NEW_EVENTS_PER_LIFE:
                        process.kill()
                        break
            assert fresh[: len(seen)] == seen
            seen = fresh
            if process.returncode is None and seen[-1]["stage"] == "session" and len(seen) > 1:
                film = (await fan.get("/film")).content
    assert lives >= 3, "or this test would prove nothing"
    assert seen[-1]["state"] == "done"
    assert [event["number"] for event in seen] == list(range(1, len(seen) + 1))
    told = [(event["stage"], event["item"]) for event in seen if event["state"] == "done"]
    assert len(told) == len(set(told))
    assert "Tiny · Nine Lives".encode() in film
    assert fan is not None
    files = contents(folder / "artifacts" / "sessions" / fan.id)
    assert [data for _, data in files if "Tiny · Nine Lives".encode() in data] == [film]


@pytest.mark.parametrize("heir", ["one", "two"])
async def test_films_of_a_killed_gateway_are_finished(
    folder: Path, script: Script, mesh: MeshSettings, heir: str
) -> None:
    """By the next process of its name at once, or by another replica once it is silent; nothing done is done again."""
    store = ArtifactStore(ArtifactSettings.load())
    pressing = await store.put_message(SHARED, a_pressing())
    script.held["compose pair"], script.pages = asyncio.Event(), 3
    async with _gateway(mesh, "one") as (process, url), httpx.AsyncClient(base_url=url, timeout=60) as http:
        await register(http, "tiny", pressing, Keys(SECRET.encode()).operator())
        fan = await visit(http, "tiny", "Phoenix")
        (folder / "selfie.jpg").write_bytes(JPEG)
        (folder / "take.wav").write_bytes(WAV)
        await fan.give("selfie", folder / "selfie.jpg")
        await fan.give("take", folder / "take.wav")
        before = []
        async with aclosing(fan.events()) as events:
            async for event in events:
                before.append(event)
                done = {(each["stage"], each["item"]) for each in before if each["state"] == "done"}
                if {("compose", "hello"), ("compose", "bye"), ("sing", "")} <= done:
                    break
        await comes_true(lambda: script.calls["compose pair"] == 1)
        process.kill()
        await process.wait()

    script.held["compose pair"].set()
    if heir != "one":
        # As if it had been silent for long; waiting for that would prove nothing more.
        with closing(sqlite3.connect(folder / "jobs.sqlite", timeout=60)) as database, database:
            database.execute("UPDATE fancam_executors SET beat_ns = 0 WHERE id = 'one'")
    async with _gateway(mesh, heir) as (_, url), httpx.AsyncClient(base_url=url, timeout=60) as http:
        again = Visit(http, fan.id, fan.token)
        after = [event async for event in again.events()]
        film = (await again.get("/film")).content

    assert [event["number"] for event in after] == list(range(1, len(after) + 1))
    assert after[: len(before)] == before
    assert after[-1]["state"] == "done"
    assert "Tiny · Phoenix".encode() in film
    once = {"name": 1, "recognise": 1, "sing": 1, "compose hello": 1, "compose bye": 1, "assemble": 1}
    assert {name: script.calls[name] for name in once} == once

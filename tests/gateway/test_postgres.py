"""The same gateway on PostgreSQL: a setting, no other code."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.memory.memory import Memory
from tests.gateway.conftest import JPEG, WAV, Fan, House

if importlib.util.find_spec("pgserver") is None:
    pytest.skip("brings a PostgreSQL of its own: pip install pgserver", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server on a socket of its own."""
    command = [sys.executable, "-m", "tests.gateway.postgres", str(tmp_path_factory.mktemp("postgres"))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdout.readline().strip().replace("postgresql://", "postgresql+psycopg://")
        server.stdin.close()


@pytest.fixture(scope="module")
def folder(folder: Path, database: str) -> Iterator[Path]:
    """As for SQLite, with another address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FANCAM_GATEWAY_DATABASE", database)
        yield folder


async def test_films_are_made(house: House) -> None:
    """Three at once, each its own."""
    fans = [await house.create(f"Fan {number}") for number in range(3)]
    films = await asyncio.gather(*(fan.film() for fan in fans))
    assert [f"Fan {number}".encode() in film for number, film in enumerate(films)] == [True] * 3
    for fan in fans:
        events = [event async for event in fan.events()]
        assert [event["number"] for event in events] == list(range(1, len(events) + 1))


async def test_a_key_makes_one_session_across_many_connections(house: House) -> None:
    """Here writers really run side by side."""
    body = {"campaign": "tiny", "name": "Ada", "consent": True}
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    replies = await asyncio.gather(*(house.http.post("/v1/sessions", json=body, headers=headers) for _ in range(20)))
    made = {(reply.json()["id"], reply.json()["token"]) for reply in replies}
    assert len(made) == 1
    house.fans.append(Fan(house, *made.pop()))


async def test_erasing_forgets(house: House) -> None:
    """And what runs is stopped."""
    fan = await house.create()
    house.script.held["sing"] = asyncio.Event()
    await fan.put("selfie", JPEG)
    await fan.put("take", WAV)
    await fan.until("compose", "done", "hello")
    assert (await house.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)).status_code == 204
    assert (await fan.get()).json()["reason"] == "SESSION_GONE"


async def test_chores_speak_its_dialect(house: House, database: str) -> None:
    """Funnel, expiry and inheritance are queries of their own."""
    memory = Memory(database)
    fan = await house.create()
    await fan.put("selfie", JPEG)
    assert (await memory.sessions.demand("tiny"))["selfie"] >= 1
    assert await memory.sessions.expired() == []
    await memory.replicas.beat("silent")
    await asyncio.sleep(0.05)
    heirs = await asyncio.gather(*(memory.replicas.inherit(name, 0.02) for name in ("one", "two", "three")))
    assert [name for heir in heirs for name in heir].count("silent") == 1
    await memory.close()

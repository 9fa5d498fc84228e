"""A fan may change their mind at any moment, also in the middle of the work for them."""

from __future__ import annotations

import asyncio

from tests.loopback.conftest import World
from tests.traces import contents


async def test_erasing_in_the_middle_leaves_no_byte(world: World) -> None:
    """Processes that were working on it stop, and what one of them still wrote is swept up."""
    name = "Wilhelmina"
    fan = await world.fan(name)
    await asyncio.gather(fan.give("selfie", world.selfie), fan.give("take", world.take))
    await fan.until("sing", "running")
    assert _traces(world, name), "or this test would prove nothing"

    reply = await world.http.delete(f"/v1/sessions/{fan.id}", headers=fan.headers)

    assert reply.status_code == 204
    assert (await fan.get()).json()["reason"] == "SESSION_GONE"
    # A second sweep follows after three seconds, for what was written while the first one ran.
    async with asyncio.timeout(60):
        while left := _traces(world, name, f"sessions/{fan.id}"):
            await asyncio.sleep(0.5)
    assert not left


async def test_cancelling_stops_the_work_and_keeps_the_mesh(world: World) -> None:
    """The next fan's film is made at once."""
    fan = await world.fan()
    await asyncio.gather(fan.give("selfie", world.selfie), fan.give("take", world.take))
    await fan.until("sing", "running")
    reply = await world.http.post(f"/v1/sessions/{fan.id}/cancel", headers=fan.headers)
    assert reply.json()["state"] == "cancelled"
    assert (await fan.until("session", "cancelled"))["reason"] == "CANCELLED"

    other = await world.fan()
    await asyncio.gather(other.give("selfie", world.selfie), other.give("take", world.take))
    await other.until("session", "done")
    assert (await fan.get("/film")).json()["reason"] == "FILM_NOT_READY"


def _traces(world: World, *texts: str) -> list[str]:
    """Files of the store and of the database that hold a text, in their name or in their bytes; logs are no store."""
    found = []
    for path, data in contents(world.data):
        inside = path.relative_to(world.data)
        if inside.parts[0] in {"campaign", "logs"}:
            continue
        if any(text in str(inside) or text.encode() in data for text in texts):
            found.append(str(inside))
    return found

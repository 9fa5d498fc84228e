"""Who goes next into a service that refuses what it has no slot for."""

from __future__ import annotations

import asyncio

import pytest

from fancam.errors import Busy, NotReady
from gateway.turnstile import Turnstile


class Service:
    """Has slots, refuses at once, and remembers the order of those it took."""

    def __init__(self, slots: int) -> None:
        self.free, self.refused = slots, 0
        self.taken: list[str] = []

    async def knock(self, name: str) -> str:
        await asyncio.sleep(0)
        if self.free == 0:
            self.refused += 1
            raise Busy("full", retry_after_s=30.0)
        self.free -= 1
        self.taken.append(name)
        return name


async def _visit(turnstile: Turnstile, service: Service, name: str, urgency: float) -> None:
    await turnstile.enter((urgency,), lambda: service.knock(name))
    await asyncio.sleep(0.01)
    service.free += 1
    turnstile.left()


async def test_the_most_urgent_goes_first() -> None:
    """Whatever the order of arrival, a slot goes to the earliest deadline."""
    turnstile, service = Turnstile(), Service(1)
    visits = [("late", 9.0), ("soon", 1.0), ("later", 10.0), ("middle", 5.0)]
    async with asyncio.timeout(120):
        await asyncio.gather(*(_visit(turnstile, service, name, urgency) for name, urgency in visits))
    assert service.taken[1:] == [name for name in ("soon", "middle", "late", "later") if name != service.taken[0]]


async def test_a_slot_that_comes_free_is_taken_without_waiting_for_the_push_back() -> None:
    """The push-back of 30 s is for others' calls; our own leaving opens the door at once."""
    turnstile, service = Turnstile(), Service(2)
    async with asyncio.timeout(120):
        await asyncio.gather(*(_visit(turnstile, service, str(index), 1.0) for index in range(20)))
    assert sorted(service.taken, key=int) == [str(index) for index in range(20)]
    assert service.refused <= 20, "one knock per slot that came free, not a storm"


async def test_every_slot_is_found() -> None:
    """It is never told how many there are."""
    turnstile, service = Turnstile(), Service(7)
    async with asyncio.timeout(120):
        for index in range(7):
            await turnstile.enter((float(index),), lambda: service.knock("in"))
    assert service.free == 0
    assert turnstile.slots == 7
    turnstile.left()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(turnstile.enter((9.0,), lambda: service.knock("in")), timeout=0.05)
    assert turnstile.slots == 6, "one was taken away"


async def test_a_refusal_ends_after_its_push_back() -> None:
    """When others hold the slots, the door is tried again after the service's own time."""
    turnstile, attempts = Turnstile(), 0

    async def knock() -> str:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise Busy("full", retry_after_s=0.1)
        return "in"

    async with asyncio.timeout(120):
        assert await turnstile.enter((1.0,), knock) == "in"
    assert attempts == 3


async def test_another_failure_is_the_callers_and_the_next_one_goes_on() -> None:
    """A service that is away stops nobody at the turnstile."""
    turnstile = Turnstile()

    async def away() -> None:
        raise NotReady("away")

    with pytest.raises(NotReady):
        await turnstile.enter((1.0,), away)
    async with asyncio.timeout(120):
        assert await turnstile.enter((1.0,), lambda: Service(1).knock("in")) == "in"


async def test_who_gives_up_waiting_blocks_nobody() -> None:
    """Cancelled while waiting or at the moment of being called: the turn passes on."""
    turnstile, service = Turnstile(), Service(0)
    waiting = [asyncio.create_task(_visit(turnstile, service, str(index), float(index))) for index in range(3)]
    await asyncio.sleep(0.05)
    waiting[0].cancel()
    waiting[1].cancel()
    await asyncio.gather(*waiting[:2], return_exceptions=True)
    service.free = 1
    turnstile.left()
    async with asyncio.timeout(120):
        await waiting[2]
    assert service.taken == ["2"]
    assert len(turnstile) == 0

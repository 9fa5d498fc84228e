"""Calls find out by themselves how many workers there are."""

from __future__ import annotations

import asyncio

import pytest

from services.assembler.gate import MOST, Gate


class Workers:
    """That many workers, who turn away whoever comes while all are busy."""

    def __init__(self, count: int) -> None:
        self.free = count
        self.busy = self.busiest = self.refusals = 0

    async def work(self) -> bool:
        """Take a call, or refuse it."""
        if not self.free:
            self.refusals += 1
            return False
        self.free -= 1
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        for _ in range(20):
            await asyncio.sleep(0)
        self.free += 1
        self.busy -= 1
        return True


async def insist(gate: Gate, workers: Workers) -> None:
    """Call until a worker takes it."""
    while True:
        async with gate:
            if await workers.work():
                gate.taken()
                return
        gate.refused()


@pytest.mark.parametrize("count", [1, 2, 5, 40])
async def test_every_worker_is_used_and_few_calls_are_turned_away(count: int) -> None:
    """However many there are, all calls are done, all workers are busy at once, and refusals stay below the calls."""
    gate, workers = Gate(), Workers(count)
    await asyncio.gather(*(insist(gate, workers) for _ in range(120)))

    assert workers.busiest == min(count, MOST)
    assert workers.refusals <= 120
    assert gate.under_way == 0


async def test_a_call_that_fails_leaves_its_place() -> None:
    """An error or a cancellation inside the gate lets the next one through."""
    gate = Gate()
    for _ in range(5):
        with pytest.raises(ValueError, match="as asked"):
            async with gate:
                raise ValueError("as asked")

    assert gate.under_way == 0

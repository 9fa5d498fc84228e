"""How many calls to have under way when nobody says how many workers there are."""

from __future__ import annotations

import asyncio
from types import TracebackType

MOST = 16
"""Calls under way at most, whatever the workers take."""


class Gate:
    """Lets one call more through after each that was taken, and after each refusal only as many as are under way.

    So one worker is asked by one call at a time and never waits for the next, and twenty workers are soon all busy.
    Use as an async context manager around a call; say inside that it was taken, or after leaving that it was refused.
    """

    def __init__(self) -> None:
        self.limit = 2
        self.under_way = 0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Gate:
        async with self._changed:
            await self._changed.wait_for(lambda: self.under_way < self.limit)
            self.under_way += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.under_way -= 1
        async with self._changed:
            self._changed.notify_all()

    def taken(self) -> None:
        """A worker has taken this call and done it."""
        self.limit = min(MOST, self.limit + 1)

    def refused(self) -> None:
        """Every worker was busy, with those calls that are under way and perhaps with somebody else's."""
        self.limit = max(1, self.under_way)

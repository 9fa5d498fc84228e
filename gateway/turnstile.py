"""Who goes next into a service that takes only as many calls as it has slots, and refuses the rest at once."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from fancam.errors import Busy

T = TypeVar("T")

LEAST_PUSHBACK_S = 0.1
"""A service that is busy is asked again no sooner than this."""


@dataclass(order=True)
class _Ticket:
    urgency: tuple[float, ...]
    number: int
    called: asyncio.Future[None] = field(compare=False)


class Turnstile:
    """Lets calls into one service, most urgent first, as fast as its slots come free.

    It never learns how many slots there are. The most urgent call tries; when it is in, the next one tries; when it is
    refused, nobody tries before the service's push-back is over or one of our own calls has left. So replicas that come
    or go are used at once, and two gateways share them without knowing of each other.
    """

    def __init__(self) -> None:
        self._waiting: list[_Ticket] = []
        self._numbers = itertools.count()
        self._trying = False
        self._inside = 0
        # Calls of ours that the service takes at once, as far as it was seen; other gateways' calls hold the others.
        self.slots = 1
        self._closed_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Calls that wait."""
        return len(self._waiting)

    async def enter(self, urgency: tuple[float, ...], knock: Callable[[], Awaitable[T]]) -> T:
        """Wait for one's turn and get in.

        Args:
            urgency: Lower goes first; a deadline, then a rank.
            knock: Starts the call and returns once the service has taken it, or raises `Busy`.

        Raises:
            Exception: Whatever `knock` raises, other than `Busy`.
        """
        while True:
            await self._turn(urgency)
            try:
                entered = await knock()
                self._inside += 1
                self.slots = max(self.slots, self._inside)
                return entered
            except Busy as busy:
                self.slots = max(1, self._inside)
                pause_s = max(LEAST_PUSHBACK_S, busy.retry_after_s)
                self._closed_until = asyncio.get_running_loop().time() + pause_s
            finally:
                self._trying = False
                self._admit()

    def left(self) -> None:
        """A call that was in has ended: its slot may be free."""
        self._inside -= 1
        self._closed_until = 0.0
        self._admit()

    async def _turn(self, urgency: tuple[float, ...]) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, _Ticket(urgency, next(self._numbers), called))
        self._admit()
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                # Called and cancelled in the same moment: the turn goes to the next.
                self._trying = False
                self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting and self._waiting[0].called.cancelled():
            heapq.heappop(self._waiting)
        if self._trying or not self._waiting:
            return
        loop = asyncio.get_running_loop()
        pause_s = self._closed_until - loop.time()
        if pause_s > 0:
            if self._timer is None:
                self._timer = loop.call_later(pause_s, self._timer_rang)
            return
        self._trying = True
        heapq.heappop(self._waiting).called.set_result(None)

    def _timer_rang(self) -> None:
        self._timer = None
        self._admit()

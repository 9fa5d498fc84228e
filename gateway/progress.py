"""Progress on its way to the log: the latest of every task, written a few times a second in one transaction for all.

Nothing is lost by waiting: what a task ends with is written at once by itself, and progress that comes after it is old.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable

from gateway.memory.session import RUNNING, News
from gateway.memory.sessions import Sessions

log = logging.getLogger(__name__)

PAUSE_S = 0.4
"""Between two writes."""

STEP = 0.04
"""Progress of a task that is smaller is not worth an event."""


class Progress:
    """The latest of every task of this replica."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._latest: dict[tuple[str, str, str], News] = {}

    def of(self, session: str, stage: str, item: str, version: str) -> Callable[[float, str], Awaitable[None]]:
        """What one task calls with its fraction and a message; the first is told at once: somebody works on it."""
        told = -1.0

        async def progressed(fraction: float, message: str) -> None:
            nonlocal told
            if told >= 0 and fraction - told < STEP:
                return
            news = News(stage, RUNNING, item, version, min(fraction, 0.999), message)
            if told < 0:
                await self._sessions.tell(session, news)
            else:
                self._latest[session, stage, item] = news
            told = fraction

        return progressed

    async def write(self) -> None:
        """Write what has come since the last time."""
        latest, self._latest = self._latest, {}
        by_session: dict[str, list[News]] = defaultdict(list)
        for (session, _, _), news in latest.items():
            by_session[session].append(news)
        if by_session:
            await self._sessions.tell_all(by_session)

    async def keep_writing(self) -> None:
        """Write again and again; what a failing database refuses is passed over, for the next will say more."""
        while True:
            await asyncio.sleep(PAUSE_S)
            try:
                await self.write()
            except Exception:
                log.exception("progress was not written")

"""What every replica does beside films.

It says that it lives, takes up the work of the dead, stops what was ended elsewhere, and forgets what is past its time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import astuple

from fancam.artifacts import ArtifactStore
from fancam.errors import Missing
from gateway.memory.memory import Memory
from gateway.memory.session import CANCELLED, ENDS, FAILED, RUNNING
from gateway.orchestra import Orchestra, insist
from gateway.sharing import Sharing
from gateway.workflows import take_up

log = logging.getLogger(__name__)

BEAT_S = 3.0
SILENT_S = 15.0
"""A replica that has not written its beat for this long is dead, and the first to notice takes up its work."""

HEED_S = 1.0
"""How soon the log is watched again after a failure."""

EXPIRY_S = 60.0
PRUNE_S = 600.0
"""How often what was drawn for recipes is held against its limits; every replica does, which is harmless."""

AT_THE_DESK = frozenset({"session", "name", "take", "sing"})
"""Stages of which people who review may see something."""


class Housekeeping:
    """The chores of one replica."""

    def __init__(
        self, memory: Memory, orchestra: Orchestra, artifacts: ArtifactStore, sharing: Sharing, executor: str
    ) -> None:
        self._memory = memory
        self._orchestra = orchestra
        self._sharing = sharing
        self._artifacts = artifacts
        self._executor = executor

    @asynccontextmanager
    async def done(self) -> AsyncIterator[None]:
        """Do them for the length of the block."""
        await self._orchestra.forecast.open()
        await self._memory.replicas.beat(self._executor)
        chores = [
            asyncio.create_task(chore)
            for chore in (
                self._go_on(),
                _again_and_again(self._beat, BEAT_S),
                _again_and_again(self._heed, HEED_S),
                _again_and_again(self._expire, EXPIRY_S),
                _again_and_again(self._prune, PRUNE_S),
                self._orchestra.progress.keep_writing(),
            )
        ]
        try:
            yield
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)

    async def _go_on(self) -> None:
        """A crash between noting an input and starting its task leaves nothing pending: look at every plan again."""
        for session in await insist(self._memory.sessions.open_sessions):
            await _quietly(self._orchestra.advance(session))

    async def _beat(self) -> None:
        await self._memory.replicas.beat(self._executor)
        for dead in await self._memory.replicas.inherit(self._executor, SILENT_S):
            log.warning("%s is silent; %s takes up its work", dead, self._executor)
            await take_up(dead)

    async def _heed(self) -> None:
        """Stop what runs here for sessions that were ended anywhere, until the log cannot be read."""
        async for session, stage, state in self._memory.log.watch():
            if stage == "session" and state in ENDS:
                self._orchestra.forecast.forget(session)
            if stage == "session" and state in {CANCELLED, FAILED}:
                self._orchestra.stop(session)
            if stage in AT_THE_DESK and state != RUNNING:
                self._orchestra.desk.ring()

    async def _expire(self) -> None:
        for session in await self._memory.sessions.expired():
            log.info("session %s is past its time", session)
            with contextlib.suppress(Missing):  # another replica was faster
                await _quietly(self._orchestra.erase(session))
        if films := await self._sharing.expire():
            log.info("%d shared films are past their time", films)

    async def _prune(self) -> None:
        pruned = await self._artifacts.prune()
        if pruned.objects:
            log.info("pruned %d objects of recipes, %d bytes; %d are left", *astuple(pruned))


async def _again_and_again(chore: Callable[[], Awaitable[None]], pause_s: float) -> None:
    while True:
        await _quietly(chore())
        await asyncio.sleep(pause_s)


async def _quietly(work: Awaitable[None]) -> None:
    """A chore that fails must not end the others, nor itself: the next time it may work."""
    try:
        await work
    except Exception:
        log.exception("a chore failed and will be tried again")

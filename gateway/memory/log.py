"""The log of events: append-only, numbered without gaps per session, and followed while it grows.

An event is only written when it tells something new: a step that is repeated after a crash says nothing twice, and
progress never goes back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa

from fancam.v1.gateway_pb2 import SessionEvent
from gateway.memory import record, tables
from gateway.memory.database import Database
from gateway.memory.session import ENDS, RUNNING, News, Session, Stage, moves_on

LOOK_S = 0.5
"""How often the log is looked at for what other replicas wrote."""

AT_ONCE = 2000
"""Events that are read in one look."""

OVERTAKEN = 256
"""On PostgreSQL an event may be seen before one of a lower number, whose transaction ends later: so far back is looked.
SQLite has one writer, and nothing overtakes."""

Estimate = Callable[[Session], float]
"""Seconds until the film is ready, from what is known of a session; negative while inputs are missing."""

# Made once: making a statement costs more than SQLite takes to do what it says.
_EVENT = sa.insert(tables.events)
_TOUCH = (
    sa.update(tables.sessions)
    .where(tables.sessions.c.id == sa.bindparam("one"))
    .values({name: sa.bindparam(name) for name in ("events", "touched_ns", "state", "reason")})
)


class Log:
    """The log of every session."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._awake: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()
        self._closing = False
        # What an event says of the film's end; set by whoever knows plans and paces.
        self.estimate: Estimate = lambda _: -1.0

    def close(self) -> None:
        """Send everybody home who follows."""
        self._closing = True
        for awake in list(self._awake.values()):
            awake.set()

    def append(self, connection: sa.Connection, session: str, news: Iterable[News]) -> bool:
        """Write what is new of the news, inside a transaction; says whether anything was.

        Raises:
            Missing: There is no such session.
        """
        known = record.load(connection, session, lock=True, outcomes=False)
        stages = {(stage.stage, stage.item): stage for stage in known.stages}
        told: list[Stage] = []
        for each in news:
            before = stages.get((each.stage, each.item))
            if known.ended or (before is not None and not moves_on(each, before)):
                continue
            stage = _told(each)
            told.append(stage)
            stages[stage.stage, stage.item] = stage
            known = replace(known, stages=tuple(stages.values()))
            if stage.stage == "session" and stage.state != RUNNING:
                known = replace(known, state=stage.state, reason=stage.reason)
        if not told:
            return False
        self._write(connection, known, told)
        return True

    def hint(self, connection: sa.Connection, session: str, news: News) -> None:
        """Write an event that moves no stage, inside a transaction; nothing once the session has ended.

        Raises:
            Missing: There is no such session.
        """
        known = record.load(connection, session, lock=True, outcomes=False)
        if not known.ended:
            self._write(connection, known, [_told(news)], moved=False)

    def _write(self, connection: sa.Connection, known: Session, told: list[Stage], *, moved: bool = True) -> None:
        """Write events, and what the session is by them.

        Args:
            connection: In a transaction that holds the session.
            known: The session as they make it; how many events it has, without them.
            told: One or more.
            moved: Whether their stages stand where they say.
        """
        rows = [{"session": known.id, **vars(stage)} for stage in told]
        if moved:
            connection.execute(self._database.upsert(tables.stages), rows)
        changes = {"events": known.events + len(told), "touched_ns": told[-1].unix_ns}
        connection.execute(_TOUCH, {"one": known.id, **changes, "state": known.state, "reason": known.reason})
        estimate_s = self.estimate(known)
        for number, row in enumerate(rows, known.events + 1):
            del row["version"]
            row |= {"number": number, "estimate_s": estimate_s}
        connection.execute(_EVENT, rows)

    async def events(self, session: str, after: int, limit: int = 500) -> list[SessionEvent]:
        """Events of a session after a number, in order.

        Raises:
            Missing: There is no such session.
        """

        def read(connection: sa.Connection) -> list[SessionEvent]:
            record.head(connection, session)
            query = (
                sa.select(tables.events)
                .where((tables.events.c.session == session) & (tables.events.c.number > after))
                .order_by(tables.events.c.number)
                .limit(limit)
            )
            return [_event(row) for row in connection.execute(query)]

        return await self._database.transaction(read)

    async def follow(self, session: str, after: int, heartbeat_s: float) -> AsyncGenerator[SessionEvent | None]:
        """Events of a session from after a number until its last, as they come; None after `heartbeat_s` of silence.

        Raises:
            Missing: There is no such session, or it was erased meanwhile.
        """
        while not self._closing:
            awake = self._awake.setdefault(session, asyncio.Event())
            batch = await self.events(session, after)
            for event in batch:
                yield event
                after = event.number
                if event.stage == "session" and event.state in ENDS:
                    return
            if batch:
                continue
            if await self._told_all(session, after):
                return
            try:
                await asyncio.wait_for(awake.wait(), timeout=heartbeat_s)
            except TimeoutError:
                yield None

    async def _told_all(self, session: str, after: int) -> bool:
        """Whether a session has ended and its log holds nothing after this number."""

        def look(connection: sa.Connection) -> bool:
            row = record.head(connection, session)
            return row.state in ENDS and row.events <= after

        return await self._database.transaction(look)

    async def watch(self) -> AsyncGenerator[tuple[str, str, int]]:
        """Session, stage and state of every event that any replica writes from now on."""
        columns = (tables.events.c.sequence, tables.events.c.session, tables.events.c.stage, tables.events.c.state)
        newest = sa.select(sa.func.max(tables.events.c.sequence))
        last = await self._database.transaction(lambda connection: connection.execute(newest).scalar()) or 0
        back = 0 if self._database.is_sqlite else OVERTAKEN
        seen = set(range(last - back, last + 1))
        while not self._closing:
            later = sa.select(*columns).where(tables.events.c.sequence > last - back)
            rows = await self._database.rows(later.order_by(tables.events.c.sequence).limit(AT_ONCE))
            for row in rows:
                if row.sequence not in seen:
                    seen.add(row.sequence)
                    last = max(last, row.sequence)
                    self.wake(row.session)
                    yield row.session, row.stage, row.state
            seen = {sequence for sequence in seen if sequence > last - back}
            await asyncio.sleep(LOOK_S)

    def wake(self, session: str) -> None:
        """Tell who follows a session that there is more to read."""
        awake = self._awake.pop(session, None)
        if awake is not None:
            awake.set()


def _told(news: News) -> Stage:
    """Where news leave their item, now."""
    words = {"message": news.message[:400], "reason": news.reason[:80]}
    return Stage(**{**vars(news), **words}, unix_ns=time.time_ns())


def _event(row: Any) -> SessionEvent:
    return SessionEvent(
        number=row.number,
        unix_ns=row.unix_ns,
        stage=row.stage,
        item=row.item,
        state=row.state,
        fraction=row.fraction,
        message=row.message,
        estimate_s=row.estimate_s,
        reason=row.reason,
    )

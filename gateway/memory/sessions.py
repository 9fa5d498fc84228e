"""Fans' sessions: made, given inputs, told news and outcomes, ended, erased. Knows no REST, gRPC or workflow."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from fancam.errors import Conflict, InvalidRequest, Missing
from gateway.memory import record, tables
from gateway.memory.database import Database
from gateway.memory.log import Log
from gateway.memory.session import CANCELLED, DONE, FAILED, RETAKE, RUNNING, News, Session, older

KEY_LIFETIME_NS = 24 * 3600 * 10**9
"""How long an Idempotency-Key is remembered."""

HOUR_NS = 3600 * 10**9


class Sessions:
    """The sessions of a database. Every method is one transaction, off the event loop."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log

    async def create(self, session: Session, keep_hours: int, key: str, fingerprint: str) -> str:
        """Create a session once per idempotency key; says the id of the session that the key stands for.

        Args:
            session: Without inputs and results.
            keep_hours: How long it is kept after its last event.
            key: Hash of the Idempotency-Key; empty means that there was none.
            fingerprint: Hash of what was asked; the same key with another one is refused.

        Raises:
            InvalidRequest: The key was used for something else.
        """

        def write(connection: sa.Connection) -> str:
            now = time.time_ns()
            if key:
                known = self._known_by(connection, key, session.id, fingerprint, now)
                if known:
                    return known
            connection.execute(
                sa.insert(tables.sessions).values(
                    id=session.id,
                    campaign=session.campaign,
                    pressing=session.pressing,
                    name=session.name,
                    locale=session.locale,
                    state=RUNNING,
                    reason="",
                    created_ns=now,
                    touched_ns=now,
                    keep_hours=keep_hours,
                    events=0,
                )
            )
            first = News("session", RUNNING, message="waiting for a selfie and a take")
            self._log.append(connection, session.id, [first])
            return session.id

        return await self._database.transaction(write)

    def _known_by(self, connection: sa.Connection, key: str, session: str, fingerprint: str, now_ns: int) -> str:
        """The session that an idempotency key stands for; none when it is new, and stands for this one from now on."""
        keys = tables.keys.c
        connection.execute(sa.delete(tables.keys).where(keys.unix_ns < now_ns - KEY_LIFETIME_NS))
        row = {"key": key, "fingerprint": fingerprint, "session": session, "unix_ns": now_ns}
        insert = self._database.insert(tables.keys).values(row).on_conflict_do_nothing().returning(keys.key)
        if connection.execute(insert).first() is not None:
            return ""
        known = connection.execute(sa.select(tables.keys).where(keys.key == key)).one()
        if known.fingerprint != fingerprint:
            raise InvalidRequest(
                "this Idempotency-Key was used for another request",
                reason="IDEMPOTENCY_KEY_REUSED",
                fields={"Idempotency-Key": "was used with another body"},
            )
        return str(known.session)

    async def load(self, session: str) -> Session:
        """Everything known of a session.

        Raises:
            Missing: There is none of this id, or it was erased.
        """
        return await self._database.transaction(lambda connection: record.load(connection, session))

    async def give(self, session: str, name: str, artifact: bytes) -> tuple[bool, int]:
        """Note a new attempt at an input; giving the same again changes nothing, unless the last attempt was refused.

        Args:
            session: Its id.
            name: `selfie`, `take` or `name`.
            artifact: A serialised Artifact; for the name, its UTF-8 bytes.

        Returns:
            Whether this is a new attempt, and its number.

        Raises:
            Missing: There is no such session.
            Conflict: It has ended.
        """

        def write(connection: sa.Connection) -> tuple[bool, int]:
            known = record.load(connection, session, lock=True, outcomes=False)
            if known.ended:
                raise Conflict(f"the session has ended: {_WORDS[known.state]}", reason="SESSION_ENDED")
            before = known.inputs.get(name)
            refused = any(stage.state == RETAKE for stage in known.stages if stage.stage == name)
            if before is not None and before.artifact == artifact and not refused:
                return False, before.attempt
            attempt = before.attempt + 1 if before else 1
            row = {
                "session": session,
                "input": name,
                "attempt": attempt,
                "artifact": artifact,
                "unix_ns": time.time_ns(),
            }
            connection.execute(self._database.upsert(tables.inputs), row)
            if name == "name":
                of_session = sa.update(tables.sessions).where(tables.sessions.c.id == session)
                connection.execute(of_session.values(name=artifact.decode()))
            else:
                self._log.append(connection, session, [News(name, DONE, version=f"{name}{attempt}", fraction=1.0)])
            return True, attempt

        result = await self._database.transaction(write)
        self._log.wake(session)
        return result

    async def tell(self, session: str, news: News) -> bool:
        """Append an event if it says something new; says whether it did.

        Raises:
            Missing: There is no such session.
        """
        told = await self._database.transaction(lambda connection: self._log.append(connection, session, [news]))
        if told:
            self._log.wake(session)
        return told

    async def hint(self, session: str, news: News) -> None:
        """Append an event that moves no stage: what a fan is told while a take comes in, the second one as well.

        Raises:
            Missing: There is no such session.
        """
        await self._database.transaction(lambda connection: self._log.hint(connection, session, news))
        self._log.wake(session)

    async def tell_all(self, news: Mapping[str, Iterable[News]]) -> None:
        """Append what is new of many sessions, in one transaction; who was erased meanwhile is passed over."""

        def write(connection: sa.Connection) -> list[str]:
            told = []
            for session, of_session in news.items():
                with contextlib.suppress(Missing):
                    if self._log.append(connection, session, of_session):
                        told.append(session)
            return told

        for session in await self._database.transaction(write):
            self._log.wake(session)

    async def finish(
        self, session: str, task: str, version: str, value: bytes, news: Iterable[News], *, released: bool = True
    ) -> None:
        """Keep the outcome of a task and tell it, in one transaction; one of an older version comes too late.

        Raises:
            Missing: There is no such session.
        """

        def write(connection: sa.Connection) -> None:
            record.head(connection, session, lock=True)
            results = tables.results.c
            made = sa.select(results.version).where((results.session == session) & (results.task == task))
            before = connection.execute(made).scalar()
            if before is not None and older(version, before):
                return
            row = {"session": session, "task": task, "version": version, "value": value, "released": released}
            connection.execute(self._database.upsert(tables.results), row)
            self._log.append(connection, session, news)

        await self._database.transaction(write)
        self._log.wake(session)

    async def end(self, session: str, state: int, *, message: str = "", reason: str = "") -> bool:
        """Move a session to its last state, with its last event; says whether it was not there before."""
        news = News("session", state, fraction=1.0 if state == DONE else 0.0, message=message, reason=reason)
        return await self.tell(session, news)

    async def erase(self, session: str) -> None:
        """Forget a session; its pages in the database file are overwritten."""

        def write(connection: sa.Connection) -> None:
            for table in tables.PERSONAL:
                connection.execute(sa.delete(table).where(table.c.session == session))
            connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.id == session))

        await self._database.transaction(write)
        await self._database.scrub()
        self._log.wake(session)

    async def expired(self) -> list[str]:
        """Sessions whose last event is longer ago than their campaign keeps them."""
        sessions = tables.sessions.c
        kept_ns = sessions.keep_hours * sa.literal(HOUR_NS, sa.BigInteger)
        query = sa.select(sessions.id).where(sessions.touched_ns < time.time_ns() - kept_ns)
        return [row.id for row in await self._database.rows(query)]

    async def open_sessions(self) -> list[str]:
        """Sessions that have not ended."""
        query = sa.select(tables.sessions.c.id).where(tables.sessions.c.state == RUNNING)
        return [row.id for row in await self._database.rows(query)]

    async def demand(self, campaign: str) -> dict[str, int]:
        """Sessions by how far they are: `created`, `selfie`, `take`, `rendering`, `done`."""
        sessions, inputs = tables.sessions.c, tables.inputs.c
        given = [
            sa.exists().where((inputs.session == sessions.id) & (inputs.input == name)).label(name)
            for name in ("selfie", "take")
        ]
        counted = sa.select(sessions.state, *given).where(sessions.state.in_([RUNNING, DONE]))
        if campaign:
            counted = counted.where(sessions.campaign == campaign)
        each = counted.subquery().c
        query = sa.select(each.state, each.selfie, each.take, sa.func.count().label("sessions"))
        funnel = dict.fromkeys(("created", "selfie", "take", "rendering", "done"), 0)
        for row in await self._database.rows(query.group_by(each.state, each.selfie, each.take)):
            present = [name for name in ("selfie", "take") if getattr(row, name)]
            place = "rendering" if len(present) == 2 else present[0] if present else "created"
            funnel["done" if row.state == DONE else place] += row.sessions
        return funnel


_WORDS: dict[int, str] = {DONE: "its film is ready", FAILED: "it failed", CANCELLED: "it was cancelled"}

"""What waits for a person, and the record of what people decided. The record outlives sessions."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.memory import record, tables
from gateway.memory.database import Database
from gateway.memory.log import Log
from gateway.memory.session import REVIEW, RUNNING, News


@dataclass(frozen=True)
class Waiting:
    """A name or a take that waits for a person, without what it is.

    Attributes:
        session: Whose.
        stage: `name` or `sing`.
        version: Of the input.
        since_ns: Since when it waits.
        campaign: Of which campaign.
        locale: BCP 47 tag.
        before: Who has it before them; empty for nobody.
    """

    session: str
    stage: str
    version: str
    since_ns: int
    campaign: str
    locale: str
    before: str


@dataclass(frozen=True)
class Decided:
    """The record of a person's decision.

    Attributes:
        campaign: Of which campaign.
        stage: `name` or `sing`.
        session_sha256: Digest of the session's id.
        approved: Yes or no.
        by: Who, as they called themselves.
        held_ns: Since when it had waited.
        unix_ns: When it was decided.
        grounds: What moderation had said, without the fan's words, as JSON.
    """

    campaign: str
    stage: str
    session_sha256: str
    approved: bool
    by: str
    held_ns: int
    unix_ns: int
    grounds: str


class Decisions:
    """People's decisions on what moderation holds back."""

    def __init__(self, database: Database, log: Log) -> None:
        self._database = database
        self._log = log

    async def held(self, campaign: str = "", limit: int = 200) -> list[str]:
        """Sessions in which something waits for a person, the longest waiting first; of all campaigns or of one."""
        _, waiting = await self.waiting(campaign, limit)
        return list(dict.fromkeys(one.session for one in waiting))

    async def waiting(self, campaign: str = "", limit: int = 200) -> tuple[int, list[Waiting]]:
        """How much waits for a person, and what does so the longest; of all campaigns or of one."""
        held = tables.IN_REVIEW & (tables.sessions.c.state == RUNNING)
        if campaign:
            held &= tables.sessions.c.campaign == campaign
        joined = tables.stages.join(tables.sessions, tables.sessions.c.id == tables.stages.c.session)
        count = sa.select(sa.func.count()).select_from(joined).where(held)
        of = tables.stages.c
        lease = tables.leases.c
        theirs = (lease.session == of.session) & (lease.stage == of.stage) & (lease.version == of.version)
        leased = joined.outerjoin(tables.leases, theirs & (lease.until_ns > time.time_ns()))
        columns = (of.session, of.stage, of.version, of.unix_ns, tables.sessions.c.campaign, tables.sessions.c.locale)
        before = sa.func.coalesce(lease.by, "")
        query = sa.select(*columns, before).select_from(leased).where(held).order_by(of.unix_ns).limit(limit)
        number, rows = await self._database.transaction(
            lambda connection: (connection.execute(count).scalar_one(), connection.execute(query).all())
        )
        return number, [Waiting(*row) for row in rows]

    async def decide(
        self,
        session: str,
        stage: str,
        version: str,
        decided: Decided,
        news: Iterable[News],
        *,
        instead: bytes | None = None,
    ) -> bool:
        """Keep a person's decision on what is held, tell it, and let the outcome through after a yes: all or nothing.

        Args:
            session: Its id.
            stage: `name` or `sing`.
            version: Of what was looked at.
            decided: The record.
            news: What is told.
            instead: The outcome that is let through in place of the held one, where the person changed it.

        Returns:
            Whether this version was still held; otherwise nothing was changed.
        """
        stages, results = tables.stages.c, tables.results.c
        waits = (stages.session == session) & (stages.stage == stage) & (stages.item == "")
        waits &= (stages.state == REVIEW) & (stages.version == version)
        made = (results.session == session) & (results.task == stage) & (results.version == version)

        def write(connection: sa.Connection) -> bool:
            record.head(connection, session, lock=True)
            if not (_any(connection, tables.stages, waits) and _any(connection, tables.results, made)):
                return False
            if decided.approved:
                changes = {"released": True} | ({} if instead is None else {"value": instead})
                connection.execute(sa.update(tables.results).where(made).values(**changes))
            leases = tables.leases.c
            connection.execute(sa.delete(tables.leases).where((leases.session == session) & (leases.stage == stage)))
            connection.execute(sa.insert(tables.reviews).values(**vars(decided)))
            self._log.append(connection, session, news)
            return True

        done = await self._database.transaction(write)
        self._log.wake(session)
        return done

    async def decided(self, campaign: str = "", session_sha256: str = "", limit: int = 200) -> list[Decided]:
        """People's decisions, the newest first: of all campaigns or of one, of all sessions or of one."""
        query = sa.select(tables.reviews).order_by(tables.reviews.c.sequence.desc()).limit(limit)
        if campaign:
            query = query.where(tables.reviews.c.campaign == campaign)
        if session_sha256:
            query = query.where(tables.reviews.c.session_sha256 == session_sha256)
        columns = Decided.__dataclass_fields__
        rows = await self._database.rows(query)
        return [Decided(**{name: getattr(row, name) for name in columns}) for row in rows]


def _any(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(table).where(where)).first() is not None

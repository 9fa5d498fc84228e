"""Who has which held name or take before them, so that two people do not work on one."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.memory import record, tables
from gateway.memory.database import Database

LEASE_S = 60.0
"""A case is somebody's for so long after they last said so; the page says it three times as often."""


@dataclass(frozen=True)
class Lease:
    """Who has a case before them, until when if they say nothing more, and whether they had not a moment ago."""

    by: str
    until_ns: int
    new: bool = False


class Leases:
    """The cases that are before somebody. They bind nobody: what is decided first, on what is held, counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, session: str, stage: str, version: str, by: str, *, over: bool) -> Lease:
        """Say that somebody has a case before them; says who has it now.

        Args:
            session: Its id.
            stage: `name` or `sing`.
            version: Of what is held.
            by: Who.
            over: Whether it becomes theirs though somebody else has it.

        Raises:
            Missing: There is no such session.
        """
        of = tables.leases.c
        this = (of.session == session) & (of.stage == stage)

        def write(connection: sa.Connection) -> Lease:
            record.head(connection, session, lock=True)
            now = time.time_ns()
            holds = this & (of.version == version) & (of.until_ns > now)
            before = connection.execute(sa.select(of.by, of.until_ns).where(holds)).first()
            if before is not None and before.by != by and not over:
                return Lease(*before)
            made = Lease(by, now + round(LEASE_S * 1e9), new=before is None or before.by != by)
            row = {"session": session, "stage": stage, "version": version, "by": by, "until_ns": made.until_ns}
            connection.execute(self._database.upsert(tables.leases), row)
            return made

        return await self._database.transaction(write)

    async def leave(self, session: str, stage: str, by: str) -> None:
        """Say that somebody has a case before them no more; another's stays theirs."""
        of = tables.leases.c
        theirs = sa.delete(tables.leases).where((of.session == session) & (of.stage == stage) & (of.by == by))
        await self._database.transaction(lambda connection: connection.execute(theirs))

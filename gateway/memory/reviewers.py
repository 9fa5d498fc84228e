"""Reviewers whose keys were ended before their time."""

from __future__ import annotations

import time

import sqlalchemy as sa

from fancam.keys import Reviewer
from gateway.memory import tables
from gateway.memory.database import Database


class Reviewers:
    """The names whose keys opened something once, and open nothing since."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def end(self, by: str) -> None:
        """End every key in this name that was made until now; one that is made a second later opens again."""
        row = {"by": by, "unix_s": int(time.time())}
        upsert = self._database.upsert(tables.reviewers)
        await self._database.transaction(lambda connection: connection.execute(upsert, row))

    async def ended(self, who: Reviewer) -> bool:
        """Whether a key is one of those."""
        of = tables.reviewers.c
        query = sa.select(of.by).where((of.by == who.by) & (of.unix_s >= who.made))
        return bool(await self._database.rows(query))

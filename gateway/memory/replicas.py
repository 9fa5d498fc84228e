"""Which replicas of the gateway live, and who takes up the work of one that does not."""

from __future__ import annotations

import time

import sqlalchemy as sa

from gateway.memory import tables
from gateway.memory.database import Database


class Replicas:
    """The gateways on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, executor: str) -> None:
        """Say that this replica lives."""
        row = {"id": executor, "beat_ns": time.time_ns()}
        upsert = self._database.upsert(tables.executors)
        await self._database.transaction(lambda connection: connection.execute(upsert, row))

    async def inherit(self, executor: str, silent_s: float) -> list[str]:
        """Replicas that have been silent for longer than `silent_s`; each is given to one heir only."""

        def take(connection: sa.Connection) -> list[str]:
            of = tables.executors.c
            late = (of.beat_ns < time.time_ns() - round(silent_s * 1e9)) & (of.id != executor)
            rows = connection.execute(sa.delete(tables.executors).where(late).returning(of.id)).all()
            return [row.id for row in rows]

        return await self._database.transaction(take)

"""Which campaigns there are, and the pressing that new sessions of each use."""

from __future__ import annotations

import time

import sqlalchemy as sa

from gateway.memory import tables
from gateway.memory.database import Database


class Campaigns:
    """The campaigns of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, campaign: str, pressing: bytes) -> None:
        """Make `pressing` (a serialised Artifact) what new sessions of the campaign use."""
        row = {"id": campaign, "pressing": pressing, "unix_ns": time.time_ns()}
        upsert = self._database.upsert(tables.campaigns)
        await self._database.transaction(lambda connection: connection.execute(upsert, row))

    async def pressings(self) -> dict[str, bytes]:
        """Pressing per campaign."""
        rows = await self._database.rows(sa.select(tables.campaigns))
        return {row.id: row.pressing for row in rows}

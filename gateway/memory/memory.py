"""The gateway's memory as a whole: one database, and what is kept in it."""

from __future__ import annotations

from gateway.memory.campaigns import Campaigns
from gateway.memory.database import Database
from gateway.memory.decisions import Decisions
from gateway.memory.leases import Leases
from gateway.memory.log import Log
from gateway.memory.replicas import Replicas
from gateway.memory.reviewers import Reviewers
from gateway.memory.sessions import Sessions
from gateway.memory.shares import Shares
from gateway.memory.times import Times


class Memory:
    """Everything the gateway remembers.

    Args:
        address: Of the database, as SQLAlchemy writes it.
    """

    def __init__(self, address: str) -> None:
        self._database = Database(address)
        self.log = Log(self._database)
        self.sessions = Sessions(self._database, self.log)
        self.campaigns = Campaigns(self._database)
        self.decisions = Decisions(self._database, self.log)
        self.leases = Leases(self._database)
        self.reviewers = Reviewers(self._database)
        self.shares = Shares(self._database)
        self.times = Times(self._database)
        self.replicas = Replicas(self._database)

    async def open(self) -> None:
        """Create what is missing in the database."""
        await self._database.open()

    async def close(self) -> None:
        """End who follows a log, and let the database go."""
        self.log.close()
        await self._database.close()

    async def scrub(self) -> None:
        """Leave no readable trace of what was deleted."""
        await self._database.scrub()

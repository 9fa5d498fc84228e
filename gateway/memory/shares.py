"""Films that their fans show to others: what a shared page is made of. Nothing else of the fan is in it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.memory import tables
from gateway.memory.database import Database


@dataclass(frozen=True)
class Share:
    """One shared film.

    Attributes:
        session_sha256: Digest of the session's id: whoever has the id finds it.
        code: What its address ends in; whoever has it may see the film.
        campaign: Id of the campaign.
        title: What the campaign calls its music video.
        width: Of the film, in pixels.
        height: Of the film, in pixels.
        film: A serialised Artifact of its own, outside the session's scope; empty until it is there.
        poster: Likewise.
        created_ns: When the fan shared it.
        expires_ns: When it is deleted; from then on it is not shown.
    """

    session_sha256: str
    code: str
    campaign: str
    title: str
    width: int
    height: int
    film: bytes
    poster: bytes
    created_ns: int
    expires_ns: int

    @property
    def shown(self) -> bool:
        """Whether it may be looked at now."""
        return bool(self.film) and time.time_ns() < self.expires_ns


class Shares:
    """The shared films of a database; at most one of each session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, share: Share) -> Share:
        """Note that a film is going to be shared; says the share that there is already, if there is one."""
        of = tables.shares.c
        insert = self._database.insert(tables.shares).values(**vars(share)).on_conflict_do_nothing()

        def write(connection: sa.Connection) -> Share:
            connection.execute(insert)
            known = connection.execute(sa.select(tables.shares).where(of.session_sha256 == share.session_sha256))
            return Share(*known.one())

        return await self._database.transaction(write)

    async def fill(self, share: Share, film: bytes, poster: bytes) -> bool:
        """Show the film from now on; says whether it was not taken back meanwhile."""
        of = tables.shares.c
        update = sa.update(tables.shares).where((of.code == share.code) & (of.expires_ns > 0))
        filled = update.values(film=film, poster=poster).returning(of.code)
        return await self._database.transaction(lambda connection: connection.execute(filled).first() is not None)

    async def of_session(self, session_sha256: str) -> Share | None:
        """A session's share, shown or not."""
        return await self._one(tables.shares.c.session_sha256 == session_sha256)

    async def by_code(self, code: str) -> Share | None:
        """The share that an address ends in, shown or not."""
        return await self._one(tables.shares.c.code == code)

    async def hide(self, share: Share) -> None:
        """Show it to nobody from now on; it is past its time."""
        hidden = sa.update(tables.shares).where(tables.shares.c.code == share.code).values(expires_ns=0)
        await self._database.transaction(lambda connection: connection.execute(hidden))

    async def forget(self, share: Share) -> None:
        """Delete what is known of it."""
        gone = sa.delete(tables.shares).where(tables.shares.c.code == share.code)
        await self._database.transaction(lambda connection: connection.execute(gone))

    async def expired(self) -> list[Share]:
        """Shares whose time is over."""
        query = sa.select(tables.shares).where(tables.shares.c.expires_ns <= time.time_ns())
        return [Share(*row) for row in await self._database.rows(query)]

    async def _one(self, which: sa.ColumnElement[bool]) -> Share | None:
        rows = await self._database.rows(sa.select(tables.shares).where(which))
        return Share(*rows[0]) if rows else None

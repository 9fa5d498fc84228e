"""When things ran, and how long they take."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import sqlalchemy as sa

from fancam.errors import Missing
from fancam.timeline import TimedSpan
from gateway.memory import record, tables
from gateway.memory.database import Database


class Times:
    """The spans of sessions, and the pace of each stage."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_spans(self, session: str, spans: Iterable[TimedSpan]) -> None:
        """Keep when things ran; keeping a span again changes nothing."""
        rows = [{"session": session, **vars(span)} for span in spans]

        def write(connection: sa.Connection) -> None:
            # Who was erased meanwhile leaves nothing behind.
            with contextlib.suppress(Missing):
                record.head(connection, session)
                connection.execute(self._database.insert(tables.spans).on_conflict_do_nothing(), rows)

        if rows:
            await self._database.transaction(write)

    async def spans(self, session: str) -> list[TimedSpan]:
        """All spans of a session in order of their starts."""
        query = sa.select(tables.spans).where(tables.spans.c.session == session).order_by(tables.spans.c.start_unix_ns)

        def read(connection: sa.Connection) -> list[TimedSpan]:
            record.head(connection, session)
            names = TimedSpan.__dataclass_fields__
            return [TimedSpan(**{name: getattr(row, name) for name in names}) for row in connection.execute(query)]

        return await self._database.transaction(read)

    async def paces(self) -> dict[tuple[str, str], float]:
        """Seconds per unit of work, by stage and size of picture."""
        rows = await self._database.rows(sa.select(tables.paces))
        return {(row.stage, row.size): row.seconds_per_unit for row in rows}

    async def set_pace(self, stage: str, size: str, seconds_per_unit: float) -> None:
        """Remember how long a unit of work takes."""
        row = {"stage": stage, "size": size, "seconds_per_unit": seconds_per_unit}
        upsert = self._database.upsert(tables.paces)
        await self._database.transaction(lambda connection: connection.execute(upsert, row))

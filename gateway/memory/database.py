"""One database, SQLite or PostgreSQL, whose transactions run off the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.memory import tables

T = TypeVar("T")

CONNECTIONS = 8
"""Transactions at once on PostgreSQL. SQLite has one writer anyway: a queue is cheaper than its busy waiting."""


class Database:
    """Runs transactions, each a function of a connection."""

    def __init__(self, address: str) -> None:
        self._engine = sa.create_engine(address)
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        if self.is_sqlite:
            sa.event.listen(self._engine, "connect", _configure_sqlite)
            sa.event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        self._upserts: dict[str, Any] = {}
        self._threads = ThreadPoolExecutor(1 if self.is_sqlite else CONNECTIONS, thread_name_prefix="memory")

    async def open(self) -> None:
        """Create what is missing."""

        def create(connection: sa.Connection) -> None:
            tables.metadata.create_all(connection)
            tables.held.create(connection, checkfirst=True)  # also in a database that is older than it

        await self.transaction(create)

    async def close(self) -> None:
        """Let the database go, once what runs has ended."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    async def transaction(self, work: Callable[[sa.Connection], T]) -> T:
        """Do `work` in one transaction: all of it, or nothing if it raises."""

        def run() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await self._off_loop(run)

    async def rows(self, query: sa.Select[Any]) -> list[Any]:
        """Everything a query finds."""
        return list(await self.transaction(lambda connection: connection.execute(query).all()))

    async def scrub(self) -> None:
        """Empty the write-ahead log, where pages of the past would still be readable."""
        if self.is_sqlite:
            await self._off_loop(self._checkpoint)

    def insert(self, table: sa.Table) -> Any:
        """An insert that can say what happens `on_conflict`."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def upsert(self, table: sa.Table) -> Any:
        """An insert that replaces the row with the same primary key; executed with the row.

        Made once for each table: making a statement costs more than SQLite takes to do what it says.
        """
        known = self._upserts.get(table.name)
        if known is None:
            insert = self.insert(table)
            keys = [column.name for column in table.primary_key]
            changed = {column.name: insert.excluded[column.name] for column in table.c if column.name not in keys}
            known = insert.on_conflict_do_update(index_elements=keys, set_=changed)
            self._upserts[table.name] = known
        return known

    def _checkpoint(self) -> None:
        with contextlib.suppress(sa.exc.OperationalError), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def _off_loop(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _configure_sqlite(connection: Any, _: Any) -> None:
    # Transactions are begun by the "begin" listener, so the driver must not begin them itself.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=30000")
    # Deleted rows are overwritten with zeros: erasing a fan leaves no byte of them in the file.
    connection.execute("PRAGMA secure_delete=ON")

"""One session's rows, read inside a transaction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fancam.errors import Missing
from gateway.memory import tables
from gateway.memory.session import Given, Made, Session, Stage

# Made once: making a statement costs more than SQLite takes to do what it says.
_SESSION: sa.BindParameter[str] = sa.bindparam("session")
_HEAD = sa.select(tables.sessions).where(tables.sessions.c.id == _SESSION)
_LOCKED = _HEAD.with_for_update()
_INPUTS = sa.select(tables.inputs).where(tables.inputs.c.session == _SESSION)
_RESULTS = sa.select(tables.results).where(tables.results.c.session == _SESSION)
_STAGES = sa.select(*(tables.stages.c[name] for name in Stage.__dataclass_fields__)).where(
    tables.stages.c.session == _SESSION
)


def head(connection: sa.Connection, session: str, *, lock: bool = False) -> Any:
    """The session's own row.

    Args:
        connection: In a transaction.
        session: Its id.
        lock: Whether it is going to be written; others then wait for this transaction (PostgreSQL; SQLite has one
            writer anyway).

    Raises:
        Missing: There is none of this id, or it was erased.
    """
    row = connection.execute(_LOCKED if lock else _HEAD, {"session": session}).first()
    if row is None:
        raise Missing(f"there is no session {session}", reason="SESSION_UNKNOWN")
    return row


def load(connection: sa.Connection, session: str, *, lock: bool = False, outcomes: bool = True) -> Session:
    """Everything known of a session; its outcomes weigh most, and not everybody needs them.

    Raises:
        Missing: There is none of this id, or it was erased.
    """
    row = head(connection, session, lock=lock)
    inputs = connection.execute(_INPUTS, {"session": session})
    stages = connection.execute(_STAGES, {"session": session})
    made: dict[str, Made] = {}
    if outcomes:
        results = connection.execute(_RESULTS, {"session": session})
        made = {each.task: Made(each.version, each.value, each.released) for each in results}
    return Session(
        id=session,
        campaign=row.campaign,
        pressing=row.pressing,
        name=row.name,
        locale=row.locale,
        state=row.state,
        reason=row.reason,
        created_ns=row.created_ns,
        events=row.events,
        touched_ns=row.touched_ns,
        keep_hours=row.keep_hours,
        inputs={each.input: Given(each.attempt, each.artifact, each.unix_ns) for each in inputs},
        results=made,
        stages=tuple(Stage(*each) for each in stages),
    )

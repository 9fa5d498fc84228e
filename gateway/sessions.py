"""Everything the gateway remembers, in SQLite or PostgreSQL: campaigns, sessions, results and the log of events.

The log is append-only and numbered without gaps per session. An event is only written when it tells something new: a
step that is repeated after a crash says nothing twice, and progress never goes back. Knows no REST, gRPC or workflow.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fancam.errors import Conflict, InvalidRequest, Missing
from fancam.timeline import TimedSpan
from fancam.v1.gateway_pb2 import SessionEvent, StageState

T = TypeVar("T")

WAITING = StageState.STAGE_STATE_WAITING
RUNNING = StageState.STAGE_STATE_RUNNING
DONE = StageState.STAGE_STATE_DONE
FAILED = StageState.STAGE_STATE_FAILED
RETAKE = StageState.STAGE_STATE_RETAKE
CANCELLED = StageState.STAGE_STATE_CANCELLED
REVIEW = StageState.STAGE_STATE_REVIEW

# A stage only moves to a state of a higher step, or to more of the same state. A review ends in DONE or RETAKE, and an
# input that was received can still turn out to be useless.
_STEP: dict[int, int] = {WAITING: 0, RUNNING: 1, REVIEW: 2, DONE: 3, FAILED: 4, RETAKE: 4, CANCELLED: 4}

KEY_LIFETIME_NS = 24 * 3600 * 10**9
"""How long an Idempotency-Key is remembered."""

_metadata = sa.MetaData()

_campaigns = sa.Table(
    "fancam_campaigns",
    _metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("pressing", sa.LargeBinary, nullable=False),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
)
_sessions = sa.Table(
    "fancam_sessions",
    _metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("campaign", sa.String(60), nullable=False),
    sa.Column("pressing", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("locale", sa.String(40), nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(80), nullable=False, default=""),
    sa.Column("created_ns", sa.BigInteger, nullable=False),
    sa.Column("touched_ns", sa.BigInteger, nullable=False, index=True),
    sa.Column("keep_hours", sa.Integer, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False, default=0),
)
_keys = sa.Table(
    "fancam_keys",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("session", sa.String(64), nullable=False, index=True),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
)
_inputs = sa.Table(
    "fancam_inputs",
    _metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("input", sa.String(20), primary_key=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("artifact", sa.LargeBinary, nullable=False),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
)
_stages = sa.Table(
    "fancam_stages",
    _metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("stage", sa.String(20), primary_key=True),
    sa.Column("item", sa.String(200), primary_key=True),
    sa.Column("version", sa.String(60), nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("fraction", sa.Float, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("reason", sa.String(80), nullable=False),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
)
_events = sa.Table(
    "fancam_events",
    _metadata,
    sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("session", sa.String(64), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
    sa.Column("stage", sa.String(20), nullable=False),
    sa.Column("item", sa.String(200), nullable=False),
    sa.Column("state", sa.Integer, nullable=False),
    sa.Column("fraction", sa.Float, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("estimate_s", sa.Float, nullable=False),
    sa.Column("reason", sa.String(80), nullable=False),
    sa.UniqueConstraint("session", "number"),
    sqlite_autoincrement=True,
)
_results = sa.Table(
    "fancam_results",
    _metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("task", sa.String(220), primary_key=True),
    sa.Column("version", sa.String(60), nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
    # False while a person has to say yes first.
    sa.Column("released", sa.Boolean, nullable=False),
)
_spans = sa.Table(
    "fancam_spans",
    _metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("task", sa.String(220), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("start_unix_ns", sa.BigInteger, primary_key=True),
    sa.Column("end_unix_ns", sa.BigInteger, nullable=False),
    sa.Column("lane", sa.String(20), nullable=False),
)
_paces = sa.Table(
    "fancam_paces",
    _metadata,
    sa.Column("stage", sa.String(20), primary_key=True),
    sa.Column("size", sa.String(20), primary_key=True),
    sa.Column("seconds_per_unit", sa.Float, nullable=False),
)
# People's decisions outlive the session: they hold nothing of the fan.
_reviews = sa.Table(
    "fancam_reviews",
    _metadata,
    sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("campaign", sa.String(60), nullable=False),
    sa.Column("stage", sa.String(20), nullable=False),
    sa.Column("session_sha256", sa.String(64), nullable=False, index=True),
    sa.Column("approved", sa.Boolean, nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("held_ns", sa.BigInteger, nullable=False),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
    sa.Column("grounds", sa.Text, nullable=False),
)
_executors = sa.Table(
    "fancam_executors",
    _metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("beat_ns", sa.BigInteger, nullable=False),
)
_PERSONAL = (_keys, _inputs, _stages, _events, _results, _spans)


@dataclass(frozen=True)
class Stage:
    """Where one item of one stage stands."""

    stage: str
    item: str
    version: str
    state: int
    fraction: float
    message: str
    reason: str
    unix_ns: int


@dataclass(frozen=True)
class Given:
    """An input as last given."""

    attempt: int
    # A serialised Artifact; for the name, its UTF-8 bytes.
    artifact: bytes
    unix_ns: int


@dataclass(frozen=True)
class Made:
    """The outcome of one task."""

    version: str
    value: bytes
    released: bool


@dataclass(frozen=True)
class Session:
    """One fan's visit, with everything known of it."""

    id: str
    campaign: str
    # A serialised Artifact that holds a Pressing.
    pressing: bytes
    name: str
    locale: str
    state: int
    reason: str
    created_ns: int
    inputs: Mapping[str, Given] = field(default_factory=dict)
    results: Mapping[str, Made] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in {DONE, FAILED, CANCELLED}

    @property
    def attempts(self) -> dict[str, int]:
        """How often each input was given."""
        return {name: given.attempt for name, given in self.inputs.items()}

    @property
    def done(self) -> dict[str, str]:
        """Version of the released outcome per task."""
        return {task: made.version for task, made in self.results.items() if made.released}


@dataclass(frozen=True)
class News:
    """Something to tell about a stage."""

    stage: str
    state: int
    item: str = ""
    version: str = ""
    fraction: float = 0.0
    message: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Waiting:
    """A name or a take that waits for a person, without what it is: `stage` is `name` or `sing`."""

    session: str
    stage: str
    version: str
    since_ns: int
    campaign: str
    locale: str


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


Estimate = Callable[[Session], float]
"""Seconds until the film is ready, from what is known of a session; negative while inputs are missing."""


class Sessions:
    """The gateway's memory. Every method is one transaction, off the event loop."""

    def __init__(self, database: str, *, estimate: Estimate = lambda _: -1.0) -> None:
        self._engine = sa.create_engine(database)
        self.estimate = estimate
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _configure_sqlite)
            sa.event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        # SQLite has one writer anyway; a queue in front of it is cheaper than its busy waiting.
        workers = 1 if self._engine.dialect.name == "sqlite" else 8
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="sessions")
        self._awake: dict[str, asyncio.Event] = {}
        self._closing = False

    async def open(self) -> None:
        """Create what is missing in the database."""

        def create() -> None:
            with self._engine.begin() as connection:
                _metadata.create_all(connection)

        await self._off_loop(create)

    async def close(self) -> None:
        """End every listener and let the database go."""
        self._closing = True
        for event in self._awake.values():
            event.set()
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    # Campaigns

    async def set_campaign(self, campaign: str, pressing: bytes) -> None:
        """Make `pressing` (a serialised Artifact) what new sessions of the campaign use."""
        row = {"id": campaign, "pressing": pressing, "unix_ns": time.time_ns()}
        await self._write(lambda c: c.execute(self._upsert(_campaigns, row, ("id",))))

    async def campaigns(self) -> dict[str, bytes]:
        """Pressing per campaign."""
        rows = await self._write(lambda c: c.execute(sa.select(_campaigns.c.id, _campaigns.c.pressing)).all())
        return {row.id: row.pressing for row in rows}

    # Sessions

    async def create(self, session: Session, keep_hours: int, key: str, fingerprint: str) -> str:
        """Create a session once per idempotency key; says the id of the session that the key stands for.

        Args:
            session: Without inputs and results.
            keep_hours: How long it is kept after its last event.
            key: Hash of the Idempotency-Key; empty means that there was none.
            fingerprint: Hash of what was asked; the same key with another one is refused.

        Raises:
            InvalidRequest: The key was used for something else.
        """

        def write(connection: sa.Connection) -> str:
            now = time.time_ns()
            if key:
                connection.execute(sa.delete(_keys).where(_keys.c.unix_ns < now - KEY_LIFETIME_NS))
                row = {"key": key, "fingerprint": fingerprint, "session": session.id, "unix_ns": now}
                insert = self._insert(_keys).values(row).on_conflict_do_nothing().returning(_keys.c.key)
                if connection.execute(insert).first() is None:
                    known = connection.execute(sa.select(_keys).where(_keys.c.key == key)).one()
                    if known.fingerprint != fingerprint:
                        raise InvalidRequest(
                            "this Idempotency-Key was used for another request",
                            reason="IDEMPOTENCY_KEY_REUSED",
                            fields={"Idempotency-Key": "was used with another body"},
                        )
                    return str(known.session)
            connection.execute(
                sa.insert(_sessions).values(
                    id=session.id,
                    campaign=session.campaign,
                    pressing=session.pressing,
                    name=session.name,
                    locale=session.locale,
                    state=RUNNING,
                    reason="",
                    created_ns=now,
                    touched_ns=now,
                    keep_hours=keep_hours,
                    events=0,
                )
            )
            self._append(connection, session.id, News("session", RUNNING, message="waiting for a selfie and a take"))
            return session.id

        return await self._write(write)

    async def load(self, session: str) -> Session:
        """Everything known of a session.

        Raises:
            Missing: There is none of this id, or it was erased.
        """
        return await self._write(lambda connection: self._load(connection, session))

    async def give(self, session: str, name: str, artifact: bytes) -> tuple[bool, int]:
        """Note a new attempt at an input; giving the same again changes nothing, unless the last attempt was refused.

        Args:
            session: Its id.
            name: `selfie`, `take` or `name`.
            artifact: A serialised Artifact; for the name, its UTF-8 bytes.

        Returns:
            Whether this is a new attempt, and its number.

        Raises:
            Missing: There is no such session.
            Conflict: It has ended.
        """

        def write(connection: sa.Connection) -> tuple[bool, int]:
            known = self._load(connection, session)
            if known.ended:
                raise Conflict(f"the session has ended: {_WORDS[known.state]}", reason="SESSION_ENDED")
            before = known.inputs.get(name)
            refused = any(stage.state == RETAKE for stage in known.stages if stage.stage == name)
            if before is not None and before.artifact == artifact and not refused:
                return False, before.attempt
            attempt = before.attempt + 1 if before else 1
            row = {
                "session": session,
                "input": name,
                "attempt": attempt,
                "artifact": artifact,
                "unix_ns": time.time_ns(),
            }
            connection.execute(self._upsert(_inputs, row, ("session", "input")))
            if name == "name":
                connection.execute(sa.update(_sessions).where(_sessions.c.id == session).values(name=artifact.decode()))
            else:
                self._append(connection, session, News(name, DONE, version=f"{name}{attempt}", fraction=1.0))
            return True, attempt

        result = await self._write(write)
        self._wake(session)
        return result

    async def tell(self, session: str, news: News) -> bool:
        """Append an event if it says something new; says whether it did.

        Raises:
            Missing: There is no such session.
        """
        told = await self._write(lambda connection: self._append(connection, session, news))
        if told:
            self._wake(session)
        return told

    async def hint(self, session: str, news: News) -> None:
        """Append an event that moves no stage: what a fan is told while a take comes in, the second one as well.

        Raises:
            Missing: There is no such session.
        """

        def write(connection: sa.Connection) -> None:
            head = self._head(connection, session)
            if head.state == RUNNING:
                self._log(connection, head.events + 1, _row(session, news))

        await self._write(write)
        self._wake(session)

    async def finish(
        self, session: str, task: str, version: str, value: bytes, news: Iterable[News], *, released: bool = True
    ) -> None:
        """Keep the outcome of a task and tell it, in one transaction; one of an older version comes too late.

        Raises:
            Missing: There is no such session.
        """

        def write(connection: sa.Connection) -> None:
            self._head(connection, session)
            which = (_results.c.session == session) & (_results.c.task == task)
            before = connection.execute(sa.select(_results.c.version).where(which)).scalar()
            if before is not None and _older(version, before):
                return
            row = {"session": session, "task": task, "version": version, "value": value, "released": released}
            connection.execute(self._upsert(_results, row, ("session", "task")))
            for each in news:
                self._append(connection, session, each)

        await self._write(write)
        self._wake(session)

    async def held(self, campaign: str = "", limit: int = 200) -> list[str]:
        """Sessions in which something waits for a person, the longest waiting first; of all campaigns or of one."""
        query = (
            sa.select(_stages.c.session)
            .join(_sessions, _sessions.c.id == _stages.c.session)
            .where((_stages.c.state == REVIEW) & (_sessions.c.state == RUNNING))
            .group_by(_stages.c.session)
            .order_by(sa.func.min(_stages.c.unix_ns))
            .limit(limit)
        )
        if campaign:
            query = query.where(_sessions.c.campaign == campaign)
        return [row.session for row in await self._write(lambda connection: connection.execute(query).all())]

    async def waiting(self, campaign: str = "", limit: int = 200) -> tuple[int, list[Waiting]]:
        """How much waits for a person, and what does so the longest; of all campaigns or of one."""
        held = (_stages.c.state == REVIEW) & (_sessions.c.state == RUNNING)
        if campaign:
            held &= _sessions.c.campaign == campaign
        joined = _stages.join(_sessions, _sessions.c.id == _stages.c.session)
        count = sa.select(sa.func.count()).select_from(joined).where(held)
        of = _stages.c
        columns = (of.session, of.stage, of.version, of.unix_ns, _sessions.c.campaign, _sessions.c.locale)
        query = sa.select(*columns).select_from(joined).where(held).order_by(of.unix_ns).limit(limit)
        number, rows = await self._write(lambda c: (c.execute(count).scalar_one(), c.execute(query).all()))
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

        def write(connection: sa.Connection) -> bool:
            self._head(connection, session)
            place = (_stages.c.session == session) & (_stages.c.stage == stage) & (_stages.c.item == "")
            waits = place & (_stages.c.state == REVIEW) & (_stages.c.version == version)
            which = (_results.c.session == session) & (_results.c.task == stage) & (_results.c.version == version)
            if not (self._any(connection, _stages, waits) and self._any(connection, _results, which)):
                return False
            if decided.approved:
                changes = {"released": True} | ({} if instead is None else {"value": instead})
                connection.execute(sa.update(_results).where(which).values(**changes))
            connection.execute(sa.insert(_reviews).values(**vars(decided)))
            for each in news:
                self._append(connection, session, each)
            return True

        done = await self._write(write)
        self._wake(session)
        return done

    async def decided(self, campaign: str = "", session_sha256: str = "", limit: int = 200) -> list[Decided]:
        """People's decisions, the newest first: of all campaigns or of one, of all sessions or of one."""
        query = sa.select(_reviews).order_by(_reviews.c.sequence.desc()).limit(limit)
        if campaign:
            query = query.where(_reviews.c.campaign == campaign)
        if session_sha256:
            query = query.where(_reviews.c.session_sha256 == session_sha256)
        columns = Decided.__dataclass_fields__
        rows = await self._write(lambda connection: connection.execute(query).all())
        return [Decided(**{name: getattr(row, name) for name in columns}) for row in rows]

    async def end(self, session: str, state: int, *, message: str = "", reason: str = "") -> bool:
        """Move a session to its last state, with its last event; says whether it was not there before."""
        news = News("session", state, fraction=1.0 if state == DONE else 0.0, message=message, reason=reason)
        return await self.tell(session, news)

    async def erase(self, session: str) -> None:
        """Forget a session; its pages in the database file are overwritten."""

        def write(connection: sa.Connection) -> None:
            for table in _PERSONAL:
                connection.execute(sa.delete(table).where(table.c.session == session))
            connection.execute(sa.delete(_sessions).where(_sessions.c.id == session))

        await self._write(write)
        await self.scrub()
        self._wake(session)

    async def scrub(self) -> None:
        """Empty the write-ahead log, where pages of the past would still be readable."""
        await self._off_loop(self._checkpoint)

    async def expired(self) -> list[str]:
        """Sessions whose last event is longer ago than their campaign keeps them."""
        hour_ns = 3600 * 10**9
        query = sa.select(_sessions.c.id).where(
            _sessions.c.touched_ns < time.time_ns() - _sessions.c.keep_hours * sa.literal(hour_ns, sa.BigInteger)
        )
        return [row.id for row in await self._write(lambda connection: connection.execute(query).all())]

    async def open_sessions(self) -> list[str]:
        """Sessions that have not ended."""
        query = sa.select(_sessions.c.id).where(_sessions.c.state == RUNNING)
        return [row.id for row in await self._write(lambda connection: connection.execute(query).all())]

    async def demand(self, campaign: str) -> dict[str, int]:
        """Sessions by how far they are: `created`, `selfie`, `take`, `rendering`, `done`."""

        def count(connection: sa.Connection) -> dict[str, int]:
            given = (
                sa.select(_inputs.c.session, sa.func.group_concat(_inputs.c.input).label("given"))
                if connection.dialect.name == "sqlite"
                else sa.select(_inputs.c.session, sa.func.string_agg(_inputs.c.input, ",").label("given"))
            )
            given_rows = given.where(_inputs.c.input != "name").group_by(_inputs.c.session).subquery()
            query = sa.select(_sessions.c.state, given_rows.c.given).join(
                given_rows, given_rows.c.session == _sessions.c.id, isouter=True
            )
            if campaign:
                query = query.where(_sessions.c.campaign == campaign)
            funnel = dict.fromkeys(("created", "selfie", "take", "rendering", "done"), 0)
            for row in connection.execute(query):
                present = set((row.given or "").split(",")) - {""}
                if row.state == DONE:
                    funnel["done"] += 1
                elif row.state == RUNNING:
                    funnel["rendering" if len(present) == 2 else present.pop() if present else "created"] += 1
            return funnel

        return await self._write(count)

    # Events

    async def events(self, session: str, after: int, limit: int = 500) -> list[SessionEvent]:
        """Events of a session after a number, in order.

        Raises:
            Missing: There is no such session.
        """

        def read(connection: sa.Connection) -> list[SessionEvent]:
            self._head(connection, session)
            query = (
                sa.select(_events)
                .where((_events.c.session == session) & (_events.c.number > after))
                .order_by(_events.c.number)
                .limit(limit)
            )
            return [_event(row) for row in connection.execute(query)]

        return await self._write(read)

    async def follow(self, session: str, after: int, heartbeat_s: float) -> AsyncGenerator[SessionEvent | None]:
        """Events of a session from after a number until its last, as they come; None after `heartbeat_s` of silence.

        Raises:
            Missing: There is no such session, or it was erased meanwhile.
        """
        while not self._closing:
            awake = self._awake.setdefault(session, asyncio.Event())
            batch = await self.events(session, after)
            for event in batch:
                yield event
                after = event.number
                if event.stage == "session" and event.state in {DONE, FAILED, CANCELLED}:
                    return
            if batch:
                continue
            if (await self.load(session)).ended and not await self.events(session, after):
                return
            try:
                await asyncio.wait_for(awake.wait(), timeout=heartbeat_s)
            except TimeoutError:
                yield None

    async def watch(self) -> AsyncGenerator[tuple[str, str, int]]:
        """Session, stage and state of every event that any replica writes from now on."""
        last = await self._write(lambda c: c.execute(sa.select(sa.func.max(_events.c.sequence))).scalar()) or 0
        columns = (_events.c.sequence, _events.c.session, _events.c.stage, _events.c.state)
        while not self._closing:
            query = sa.select(*columns).where(_events.c.sequence > last).order_by(_events.c.sequence).limit(2000)
            rows = await self._write(lambda c, query=query: c.execute(query).all())  # type: ignore[misc]
            for row in rows:
                last = row.sequence
                self._wake(row.session)
                yield row.session, row.stage, row.state
            await asyncio.sleep(0.5)

    # Timeline and paces

    async def add_spans(self, session: str, spans: Iterable[TimedSpan]) -> None:
        """Keep when things ran; keeping a span again changes nothing."""
        rows = [{"session": session, **vars(span)} for span in spans]

        def write(connection: sa.Connection) -> None:
            if rows and self._alive(connection, session):
                connection.execute(self._insert(_spans).on_conflict_do_nothing(), rows)

        await self._write(write)

    async def spans(self, session: str) -> list[TimedSpan]:
        """All spans of a session in order of their starts."""
        query = sa.select(_spans).where(_spans.c.session == session).order_by(_spans.c.start_unix_ns)

        def read(connection: sa.Connection) -> list[TimedSpan]:
            self._head(connection, session)
            names = TimedSpan.__dataclass_fields__
            return [TimedSpan(**{name: getattr(row, name) for name in names}) for row in connection.execute(query)]

        return await self._write(read)

    async def paces(self) -> dict[tuple[str, str], float]:
        """Seconds per unit of work, by stage and size of picture."""
        rows = await self._write(lambda connection: connection.execute(sa.select(_paces)).all())
        return {(row.stage, row.size): row.seconds_per_unit for row in rows}

    async def set_pace(self, stage: str, size: str, seconds_per_unit: float) -> None:
        """Remember how long a unit of work takes."""
        row = {"stage": stage, "size": size, "seconds_per_unit": seconds_per_unit}
        await self._write(lambda connection: connection.execute(self._upsert(_paces, row, ("stage", "size"))))

    # Replicas

    async def beat(self, executor: str) -> None:
        """Say that this replica lives."""
        row = {"id": executor, "beat_ns": time.time_ns()}
        await self._write(lambda connection: connection.execute(self._upsert(_executors, row, ("id",))))

    async def inherit(self, executor: str, silent_s: float) -> list[str]:
        """Replicas that have been silent for longer than `silent_s`; each is given to one heir only."""

        def take(connection: sa.Connection) -> list[str]:
            late = (_executors.c.beat_ns < time.time_ns() - round(silent_s * 1e9)) & (_executors.c.id != executor)
            rows = connection.execute(sa.delete(_executors).where(late).returning(_executors.c.id)).all()
            return [row.id for row in rows]

        return await self._write(take)

    # Inside a transaction

    def _head(self, connection: sa.Connection, session: str) -> Any:
        row = connection.execute(sa.select(_sessions).where(_sessions.c.id == session).with_for_update()).first()
        if row is None:
            raise Missing(f"there is no session {session}", reason="SESSION_UNKNOWN")
        return row

    def _alive(self, connection: sa.Connection, session: str) -> bool:
        return self._any(connection, _sessions, _sessions.c.id == session)

    @staticmethod
    def _any(connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> bool:
        return connection.execute(sa.select(sa.literal(1)).select_from(table).where(where)).first() is not None

    def _load(self, connection: sa.Connection, session: str) -> Session:
        head = self._head(connection, session)
        inputs = connection.execute(sa.select(_inputs).where(_inputs.c.session == session))
        results = connection.execute(sa.select(_results).where(_results.c.session == session))
        stages = connection.execute(sa.select(_stages).where(_stages.c.session == session))
        columns = Stage.__dataclass_fields__
        return Session(
            id=session,
            campaign=head.campaign,
            pressing=head.pressing,
            name=head.name,
            locale=head.locale,
            state=head.state,
            reason=head.reason,
            created_ns=head.created_ns,
            inputs={row.input: Given(row.attempt, row.artifact, row.unix_ns) for row in inputs},
            results={row.task: Made(row.version, row.value, row.released) for row in results},
            stages=tuple(Stage(**{name: getattr(row, name) for name in columns}) for row in stages),
        )

    def _append(self, connection: sa.Connection, session: str, news: News) -> bool:
        head = self._head(connection, session)
        if head.state in {DONE, FAILED, CANCELLED}:
            return False
        which = (_stages.c.session == session) & (_stages.c.stage == news.stage) & (_stages.c.item == news.item)
        before = connection.execute(sa.select(_stages).where(which)).first()
        if before is not None and _older(news.version, before.version):
            return False
        if before is not None and before.version == news.version:
            now, then = (_STEP[news.state], news.fraction), (_STEP[before.state], before.fraction)
            if now[0] < then[0] or (now[0] == then[0] and now[1] <= then[1]):
                return False
        row = _row(session, news)
        connection.execute(self._upsert(_stages, row, ("session", "stage", "item")))
        self._log(connection, head.events + 1, row)
        return True

    def _log(self, connection: sa.Connection, number: int, row: Mapping[str, Any]) -> None:
        """Write an event, and what the session is by it."""
        changes: dict[str, Any] = {"events": number, "touched_ns": row["unix_ns"]}
        if row["stage"] == "session" and row["state"] != RUNNING:
            changes |= {"state": row["state"], "reason": row["reason"]}
        connection.execute(sa.update(_sessions).where(_sessions.c.id == row["session"]).values(changes))
        estimate_s = self.estimate(self._load(connection, row["session"]))
        event = {name: value for name, value in row.items() if name != "version"}
        connection.execute(sa.insert(_events).values(number=number, estimate_s=estimate_s, **event))

    def _checkpoint(self) -> None:
        if self._engine.dialect.name != "sqlite":
            return
        with contextlib.suppress(sa.exc.OperationalError), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # Plumbing

    def _insert(self, table: sa.Table) -> Any:
        return sqlite.insert(table) if self._engine.dialect.name == "sqlite" else postgresql.insert(table)

    def _upsert(self, table: sa.Table, row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
        statement = self._insert(table).values(row)
        return statement.on_conflict_do_update(
            index_elements=list(keys), set_={name: value for name, value in row.items() if name not in keys}
        )

    async def _write(self, work: Callable[[sa.Connection], T]) -> T:
        def run() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await self._off_loop(run)

    async def _off_loop(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _wake(self, session: str) -> None:
        event = self._awake.pop(session, None)
        if event is not None:
            event.set()


_WORDS: dict[int, str] = {DONE: "its film is ready", FAILED: "it failed", CANCELLED: "it was cancelled"}


def _row(session: str, news: News) -> dict[str, Any]:
    """News as the table of stages holds it."""
    return {
        "session": session,
        "stage": news.stage,
        "item": news.item,
        "version": news.version,
        "state": news.state,
        "fraction": news.fraction,
        "message": news.message[:400],
        "reason": news.reason[:80],
        "unix_ns": time.time_ns(),
    }


def _older(version: str, than: str) -> bool:
    """Whether a version is made of earlier attempts: `name1.selfie1` is older than `name1.selfie2`."""
    return [int(number) for number in re.findall(r"\d+", version)] < [
        int(number) for number in re.findall(r"\d+", than)
    ]


def _configure_sqlite(connection: Any, _: Any) -> None:
    # Transactions are begun by the "begin" listener, so the driver must not begin them itself.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=30000")
    # Deleted rows are overwritten with zeros: erasing a fan leaves no byte of them in the file.
    connection.execute("PRAGMA secure_delete=ON")


def _event(row: Any) -> SessionEvent:
    return SessionEvent(
        number=row.number,
        unix_ns=row.unix_ns,
        stage=row.stage,
        item=row.item,
        state=row.state,
        fraction=row.fraction,
        message=row.message,
        estimate_s=row.estimate_s,
        reason=row.reason,
    )

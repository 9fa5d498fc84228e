"""The tables, for SQLite and PostgreSQL alike."""

from __future__ import annotations

import sqlalchemy as sa

from fancam.v1.gateway_pb2 import StageState

metadata = sa.MetaData()

campaigns = sa.Table(
    "fancam_campaigns",
    metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("pressing", sa.LargeBinary, nullable=False),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
)
sessions = sa.Table(
    "fancam_sessions",
    metadata,
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
keys = sa.Table(
    "fancam_keys",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("session", sa.String(64), nullable=False, index=True),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
)
inputs = sa.Table(
    "fancam_inputs",
    metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("input", sa.String(20), primary_key=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("artifact", sa.LargeBinary, nullable=False),
    sa.Column("unix_ns", sa.BigInteger, nullable=False),
)
stages = sa.Table(
    "fancam_stages",
    metadata,
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
events = sa.Table(
    "fancam_events",
    metadata,
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
results = sa.Table(
    "fancam_results",
    metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("task", sa.String(220), primary_key=True),
    sa.Column("version", sa.String(60), nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
    # False while a person has to say yes first.
    sa.Column("released", sa.Boolean, nullable=False),
)
spans = sa.Table(
    "fancam_spans",
    metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("task", sa.String(220), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),
    sa.Column("start_unix_ns", sa.BigInteger, primary_key=True),
    sa.Column("end_unix_ns", sa.BigInteger, nullable=False),
    sa.Column("lane", sa.String(20), nullable=False),
)
paces = sa.Table(
    "fancam_paces",
    metadata,
    sa.Column("stage", sa.String(20), primary_key=True),
    sa.Column("size", sa.String(20), primary_key=True),
    sa.Column("seconds_per_unit", sa.Float, nullable=False),
)
# People's decisions outlive the session: they hold nothing of the fan.
reviews = sa.Table(
    "fancam_reviews",
    metadata,
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
# Who has which held name or take before them.
leases = sa.Table(
    "fancam_leases",
    metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("stage", sa.String(20), primary_key=True),
    sa.Column("version", sa.String(60), nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("until_ns", sa.BigInteger, nullable=False),
)
# Keys in a name that were made until then open nothing any more.
reviewers = sa.Table(
    "fancam_reviewers",
    metadata,
    sa.Column("by", sa.String(80), primary_key=True),
    sa.Column("unix_s", sa.BigInteger, nullable=False),
)
# A shared film outlives its session, as its fan agreed: it holds the film, and nothing else of the fan.
shares = sa.Table(
    "fancam_shares",
    metadata,
    sa.Column("session_sha256", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(32), nullable=False, unique=True),
    sa.Column("campaign", sa.String(60), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("film", sa.LargeBinary, nullable=False),
    sa.Column("poster", sa.LargeBinary, nullable=False),
    sa.Column("created_ns", sa.BigInteger, nullable=False),
    sa.Column("expires_ns", sa.BigInteger, nullable=False, index=True),
)
executors = sa.Table(
    "fancam_executors",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("beat_ns", sa.BigInteger, nullable=False),
)
IN_REVIEW = stages.c.state == sa.bindparam("in_review", StageState.STAGE_STATE_REVIEW, literal_execute=True)
"""What waits for a person; written out, since a partial index serves only queries whose text fits its own."""

held = sa.Index(
    "fancam_held",
    stages.c.unix_ns,
    sqlite_where=stages.c.state == StageState.STAGE_STATE_REVIEW,
    postgresql_where=stages.c.state == StageState.STAGE_STATE_REVIEW,
)
"""A handful among millions of rows, and every reviewer's page asks for them at every change."""

PERSONAL = (keys, inputs, stages, events, results, spans, leases)
"""What belongs to a session and goes with it."""

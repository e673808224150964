"""Tables of the state database. Times are microseconds since 1970 UTC, documents are JSON text.

A change here needs a migration in migrations/versions and a new HEAD; tests compare both.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

HEAD: Final = "0007"
"""Revision of the tables below, as Alembic counts them."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

metadata = sa.MetaData()

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite counts up only a column whose type is INTEGER."""

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

commits = sa.Table(
    "commits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # always 1
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

positions = sa.Table(
    "positions",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("position", sa.Text, nullable=False),
    sa.Column("carry", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

segments = sa.Table(
    "segments",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),  # events or rejected
    sa.Column("level", sa.SmallInteger, nullable=False),  # 0 as committed, then by compaction.SPANS
    sa.Column("sequence", sa.BigInteger, nullable=False),  # of the latest commit inside
    sa.Column("stored_at", sa.BigInteger, nullable=False),  # of the latest commit inside
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("first", sa.BigInteger),  # event time; null when no event has one
    sa.Column("last", sa.BigInteger),
    sa.Column("untimed", sa.BigInteger, nullable=False),  # events without a time
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("parts", sa.Text, nullable=False),  # rows of each Events inside, in order; empty once merged
    sa.Column("damage", sa.Text),  # why it cannot be read
    sa.Index("segments_last", "kind", "last"),
    sa.Index("segments_stored", "stored_at"),
)

segment_statistics = sa.Table(  # store.statistics
    "segment_statistics",
    metadata,
    sa.Column("segment", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

garbage = sa.Table(
    "garbage",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("unlink_after", sa.BigInteger, nullable=False),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("rule_id", sa.Text, nullable=False),
    sa.Column("rule_name", sa.Text, nullable=False),
    sa.Column("rule_source", sa.Text, nullable=False),
    sa.Column("alert_class", sa.Text, nullable=False),
    sa.Column("level", sa.SmallInteger, nullable=False),
    sa.Column("techniques", sa.Text),
    sa.Column("source_ip", sa.Text),
    sa.Column("destination_ip", sa.Text),
    sa.Column("user_name", sa.Text),
    sa.Column("host_name", sa.Text),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("first_seen", sa.BigInteger, nullable=False),
    sa.Column("last_seen", sa.BigInteger, nullable=False),
    sa.Column("stored_at", sa.BigInteger, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),  # of the commit that last changed it
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("assignee", sa.Text),
    sa.Column("incident", sa.Text),  # that lists it
    sa.Column("changed_at", sa.BigInteger),  # its state or assignee
    sa.Column("silence", sa.BigInteger),  # that last held back its notices
    sa.Index("alerts_destination_ip", "destination_ip", "last_seen"),
    sa.Index("alerts_groups", "level", "state", "alert_class", "rule_source", "rule_id"),
    sa.Index("alerts_host", "host_name", "state", "level", "last_seen"),
    sa.Index("alerts_incident", "incident"),
    sa.Index("alerts_last_seen", "last_seen"),
    sa.Index("alerts_rule", "rule_id", "last_seen"),
    sa.Index("alerts_sequence", "sequence"),
    sa.Index("alerts_source_ip", "source_ip", "last_seen"),
    sa.Index("alerts_source_state", "source_ip", "state", "level"),
    sa.Index("alerts_stored", "stored_at"),
    sa.Index("alerts_user", "user_name", "state", "level"),
)

alert_documents = sa.Table(
    "alert_documents",
    metadata,
    sa.Column("alert", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

alert_history = sa.Table(
    "alert_history",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    sa.Column("alert", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("to", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Index("alert_history_alert", "alert"),
)

incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("first_seen", sa.BigInteger, nullable=False),
    sa.Column("last_seen", sa.BigInteger, nullable=False),
    sa.Column("stored_at", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("level", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("assignee", sa.Text),
    sa.Column("sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("incidents_last_seen", "last_seen"),
    sa.Index("incidents_sequence", "sequence"),
    sa.Index("incidents_state", "state", "last_seen"),
)

history = sa.Table(
    "incident_history",
    metadata,
    sa.Column("incident", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),  # of the entry, so that it is kept once
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # order among entries of one time
    sa.Column("document", sa.Text, nullable=False),
)

FOREVER: Final = 2**63 - 1
"""`ends` of an action that lasts until somebody lifts it."""

actions = sa.Table(
    "actions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("network", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("ends", sa.BigInteger, nullable=False),  # when its time is over or it was lifted
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("actions_at", "at", "kind", "source"),
    sa.Index("actions_ends", "ends", "kind"),
    sa.Index("actions_network", "network", "at", "kind"),
    sa.Index("actions_sequence", "sequence"),
)

allowed = sa.Table(
    "allowed",
    metadata,
    sa.Column("network", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("queued_at", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Index("outbox_due", "state", "due"),
)

snapshots = sa.Table(
    "snapshots",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sqlite_autoincrement=True,  # an answered request's id must not come back
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("request", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("document", sa.Text, nullable=False),
)

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("notes_subject", "subject"),
)

searches = sa.Table(
    "searches",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),  # events, alerts or incidents
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
)

silences = sa.Table(
    "silences",
    metadata,
    sa.Column("id", Serial, primary_key=True, autoincrement=True),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("moved_by", sa.Text),
    sa.Column("held", sa.BigInteger, nullable=False),  # notices
    sa.Index("silences_until", "until"),
    sqlite_autoincrement=True,  # alerts name one by its id
)

INDEXED: Final = 500
"""Characters of an attacker-chosen value that an index takes."""


def indexed(value: str | None, longest: int = INDEXED) -> str | None:
    """A value as it stands in a row: not every database takes a NUL or any length."""
    return None if value is None else value[:longest].replace("\0", "\\x00")


users = sa.Table(
    "users",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password", sa.Text),  # argon2id
    sa.Column("subject", sa.Text, unique=True),  # who this is at the issuer of single sign-on
    sa.Column("disabled", sa.Integer, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("used", sa.BigInteger, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Index("sessions_user", "user", "used"),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("hint", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.BigInteger),
    sa.Column("used", sa.BigInteger),
    sa.Column("revoked", sa.BigInteger),
    sa.Index("tokens_user", "user"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("result", sa.Integer, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)

replies = sa.Table(
    "replies",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("replies_at", "at"),
)


def micros(time: datetime) -> int:
    """Exact microseconds since 1970."""
    return (time - EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The other way."""
    return EPOCH + timedelta(microseconds=value)

"""The catalog's tables, equal on SQLite and PostgreSQL. `layers/migrations` makes them; a test compares.

Times are UTC as text of fixed width, so that they sort, compare and read alike in both databases.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept as `2026-01-31T08:00:00.000000Z`."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value}")
        return value.astimezone(UTC).strftime(_TIME_FORMAT)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.strptime(value, _TIME_FORMAT).replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

layer = Table(
    "layer",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

spec = Table(
    "spec",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("layer", String(128), ForeignKey("layer.name"), nullable=False),
    Column("body", Text, nullable=False),
)

part = Table(
    "part",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("logical_hash", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("tables", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

version = Table(
    "version",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("layer", String(128), ForeignKey("layer.name"), nullable=False),
    Column("agency", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("part_hash", String(64), ForeignKey("part.hash"), nullable=False),
    Column("logical_hash", String(64), nullable=False),
    Column("spec_hash", String(64), ForeignKey("spec.hash"), nullable=False),
    Column("source_hash", String(64)),
    Column("parent", String(32), ForeignKey("version.id")),
    Column("rows", BigInteger, nullable=False),
    Column("bbox", Text),
    Column("facts", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Index("ix_version_layer_agency", "layer", "agency"),
)

head_move = Table(
    "head_move",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("layer", String(128), ForeignKey("layer.name"), nullable=False),
    Column("agency", String(64), nullable=False),
    Column("version", String(32), ForeignKey("version.id"), nullable=False),
    Column("previous", String(32), ForeignKey("version.id")),
    Column(
        "action",
        String(16),
        CheckConstraint("action IN ('publish', 'revert', 'migrate', 'withdraw')", name="action"),
        nullable=False,
    ),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("moved_at", UtcTime, nullable=False),
    Index("ix_head_move_layer_agency_sequence", "layer", "agency", "sequence"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("fields", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

UPLOAD_STATES = ("receiving", "waiting", "examined", "unreadable", "publishing", "published", "dropped")
JOB_STATES = ("queued", "running", "done", "failed")


def _one_of(states: tuple[str, ...]) -> CheckConstraint:
    names = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"state IN ({names})", name="state")


upload = Table(
    "upload",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", String(16), _one_of(UPLOAD_STATES), nullable=False),
    Column("files", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("layer", String(128)),
    Column("agency", String(64)),
    Column("examination", Integer, nullable=False),
    Column("version", String(32), ForeignKey("version.id")),
    Column("note", Text, nullable=False),
    Index("ix_upload_state_changed_at", "state", "changed_at"),
)

job = Table(
    "job",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("payload", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", String(16), _one_of(JOB_STATES), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", String(128)),
    Column("lease_until", UtcTime),
    Column("progress", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("outcome", Text),
    Column("error", Text),
    Index("ix_job_state_number", "state", "number"),
    Index("ix_job_subject_number", "subject", "number"),
)

session = Table(
    "session",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("actor", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

withdrawal = Table(
    "withdrawal",
    metadata,
    Column("version", String(32), ForeignKey("version.id"), primary_key=True),
    Column("why", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("purged_at", UtcTime),
)

APPEND_ONLY = ("head_move", "audit")

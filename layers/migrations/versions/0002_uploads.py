"""Uploads, jobs, sessions and withdrawals."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.String(27)
UPLOAD_STATES = "'receiving', 'waiting', 'examined', 'unreadable', 'publishing', 'published', 'dropped'"
JOB_STATES = "'queued', 'running', 'done', 'failed'"


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("layer", sa.String(128)),
        sa.Column("agency", sa.String(64)),
        sa.Column("examination", sa.Integer, nullable=False),
        sa.Column("version", sa.String(32)),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name="fk_upload_version_version"),
        sa.CheckConstraint(f"state IN ({UPLOAD_STATES})", name=op.f("ck_upload_state")),
    )
    op.create_index("ix_upload_state_changed_at", "upload", ["state", "changed_at"])
    op.create_table(
        "job",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(128)),
        sa.Column("lease_until", TIME),
        sa.Column("progress", sa.Text),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("number", name="uq_job_number"),
        sa.CheckConstraint(f"state IN ({JOB_STATES})", name=op.f("ck_job_state")),
    )
    op.create_index("ix_job_state_number", "job", ["state", "number"])
    op.create_index("ix_job_subject_number", "job", ["subject", "number"])
    op.create_table(
        "session",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_seen", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_session"),
    )
    op.create_table(
        "withdrawal",
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("purged_at", TIME),
        sa.PrimaryKeyConstraint("version", name="pk_withdrawal"),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name="fk_withdrawal_version_version"),
    )

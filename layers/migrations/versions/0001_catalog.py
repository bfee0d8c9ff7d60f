"""The catalog's first tables: layers, specs, parts, versions, head moves and the audit chain."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.String(27)
APPEND_ONLY = ("head_move", "audit")


def upgrade() -> None:
    op.create_table(
        "setting",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_setting"),
    )
    op.create_table(
        "layer",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_layer"),
    )
    op.create_table(
        "spec",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("layer", sa.String(128), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_spec"),
        sa.ForeignKeyConstraint(["layer"], ["layer.name"], name="fk_spec_layer_layer"),
    )
    op.create_table(
        "part",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("logical_hash", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("tables", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_part"),
    )
    op.create_table(
        "version",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("layer", sa.String(128), nullable=False),
        sa.Column("agency", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("part_hash", sa.String(64), nullable=False),
        sa.Column("logical_hash", sa.String(64), nullable=False),
        sa.Column("spec_hash", sa.String(64), nullable=False),
        sa.Column("source_hash", sa.String(64)),
        sa.Column("parent", sa.String(32)),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("bbox", sa.Text),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_version"),
        sa.ForeignKeyConstraint(["layer"], ["layer.name"], name="fk_version_layer_layer"),
        sa.ForeignKeyConstraint(["part_hash"], ["part.hash"], name="fk_version_part_hash_part"),
        sa.ForeignKeyConstraint(["spec_hash"], ["spec.hash"], name="fk_version_spec_hash_spec"),
        sa.ForeignKeyConstraint(["parent"], ["version.id"], name="fk_version_parent_version"),
    )
    op.create_index("ix_version_layer_agency", "version", ["layer", "agency"])
    op.create_table(
        "head_move",
        sa.Column("sequence", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("layer", sa.String(128), nullable=False),
        sa.Column("agency", sa.String(64), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("previous", sa.String(32)),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("moved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_head_move"),
        sa.CheckConstraint("action IN ('publish', 'revert')", name=op.f("ck_head_move_action")),
        sa.ForeignKeyConstraint(["layer"], ["layer.name"], name="fk_head_move_layer_layer"),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name="fk_head_move_version_version"),
        sa.ForeignKeyConstraint(["previous"], ["version.id"], name="fk_head_move_previous_version"),
    )
    op.create_index("ix_head_move_layer_agency_sequence", "head_move", ["layer", "agency", "sequence"])
    op.create_table(
        "audit",
        sa.Column("sequence", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    _forbid_changes()


def _forbid_changes() -> None:
    """Head moves and audit rows are only ever added: the database itself refuses the rest."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )

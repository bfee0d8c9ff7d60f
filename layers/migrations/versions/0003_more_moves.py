"""Heads also move when a spec changes or a version is withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.String(27)
ACTIONS = "action IN ('publish', 'revert', 'migrate', 'withdraw')"
INDEX = ["layer", "agency", "sequence"]


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_head_move_action"), "head_move", type_="check")
        op.create_check_constraint(op.f("ck_head_move_action"), "head_move", ACTIONS)
        return
    # SQLite cannot change a constraint: the rows move into a new table, which gets the same triggers
    op.create_table(
        "head_move_new",
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
        sa.CheckConstraint(ACTIONS, name=op.f("ck_head_move_action")),
        sa.ForeignKeyConstraint(["layer"], ["layer.name"], name="fk_head_move_layer_layer"),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name="fk_head_move_version_version"),
        sa.ForeignKeyConstraint(["previous"], ["version.id"], name="fk_head_move_previous_version"),
    )
    op.execute("INSERT INTO head_move_new SELECT * FROM head_move")  # the columns are in the same order
    op.drop_table("head_move")  # its triggers and index go with it
    op.rename_table("head_move_new", "head_move")
    op.create_index("ix_head_move_layer_agency_sequence", "head_move", INDEX)
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER head_move_no_{change.lower()} BEFORE {change} ON head_move "
            "BEGIN SELECT RAISE(ABORT, 'head_move is append-only'); END"
        )

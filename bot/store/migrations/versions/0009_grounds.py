"""The log of an alert keeps the grounds of each change; where each department's view goes is written down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import BigId, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The rows that are there get the empty text; afterwards every row brings its own.
    for name in ("event", "facts"):
        op.add_column("alert_log", sa.Column(name, sa.String(), nullable=False, server_default=sa.text("''")))
    with op.batch_alter_table("alert_log") as table:
        for name in ("event", "facts"):
            table.alter_column(name, server_default=None)
    op.create_table(
        "placing",
        sa.Column("number", BigId, autoincrement=False, nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("muted", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", "department"),
    )

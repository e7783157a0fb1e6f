"""What quiet hours hold from a channel, and what its budget of interruptions was spent on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import BigId, Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("number", BigId, autoincrement=False, nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "number"),
    )
    op.create_index("ix_held_until", "held", ["until"], unique=False)
    op.create_table(
        "interruption",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("number", BigId, nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "key"),
    )
    op.create_index("ix_interruption_day", "interruption", ["channel", "day"], unique=False)
    op.create_index("ix_interruption_number", "interruption", ["number"], unique=False)
    op.create_index("ix_interruption_at", "interruption", ["at"], unique=False)

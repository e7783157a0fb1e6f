"""Platforms are asked: where each stream stands, deliveries by the hour, how sound each way is, what is seen again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import BigId, Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "poll",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("bodies", BigId, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("last_ok", Instant(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "source", "stream"),
    )
    op.create_table(
        "heard_hour",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "source", "hour"),
    )
    op.create_table(
        "source_aspect",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("aspect", sa.String(), nullable=False),
        sa.Column("sound", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "source", "aspect"),
    )
    op.add_column("event", sa.Column("seen", Instant(), nullable=True))

"""What Slack refuses: broken channels, diverted and missed posts, the shared pace, since when limits hold a post."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import Instant

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("post", sa.Column("limited_at", Instant(), nullable=True))
    op.create_table(
        "destination",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("probe_at", Instant(), nullable=False),
        sa.Column("trial", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "diverted",
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("post"),
    )
    op.create_table(
        "missed",
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("post"),
    )
    op.create_index("ix_missed_channel", "missed", ["channel", "at"], unique=False)
    op.create_table(
        "rate",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("full_at", Instant(), nullable=False),
        sa.Column("closed_until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )

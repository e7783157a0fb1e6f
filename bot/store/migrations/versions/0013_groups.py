"""Alerts that share a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import BigId, Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert_group",
        sa.Column("id", BigId, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("labels", sa.String(), nullable=False),
        sa.Column("wait", sa.Float(), nullable=False),
        sa.Column("every", sa.Float(), nullable=False),
        sa.Column("again", sa.Float(), nullable=True),
        sa.Column("call", sa.Integer(), nullable=False),
        sa.Column("worst", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("remind_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alert_group_name", "alert_group", ["channel", "name"], unique=False)
    op.create_index("ix_alert_group_remind", "alert_group", ["remind_at"], unique=False)
    op.create_table(
        "grouped",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("number", BigId, autoincrement=False, nullable=False),
        sa.Column("group", BigId, nullable=False),
        sa.Column("joined_at", Instant(), nullable=False),
        sa.Column("call", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("foreign", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("high", BigId, nullable=True),
        sa.Column("low", BigId, nullable=True),
        sa.PrimaryKeyConstraint("channel", "number"),
    )
    op.create_index("ix_grouped_group", "grouped", ["group", "call"], unique=False)
    op.create_index("ix_grouped_number", "grouped", ["number"], unique=False)

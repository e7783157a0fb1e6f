"""A department's view of an alert may go to several channels, and each is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import BigId, Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_KEPT = "number, department, channel, reason, muted, at"


def upgrade() -> None:
    op.rename_table("placing", "placing_before")
    op.create_table(
        "placing",
        sa.Column("number", BigId, autoincrement=False, nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("muted", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", "department", "channel"),
    )
    op.execute(f'INSERT INTO "placing" ({_KEPT}) SELECT {_KEPT} FROM placing_before')
    op.drop_table("placing_before")

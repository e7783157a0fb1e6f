"""Acts that wait for a second person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import BigId, Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pending",
        sa.Column("id", BigId, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("matter", sa.String(), nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pending_matter", "pending", ["matter", "state"], unique=False)
    op.create_index("ix_pending_state", "pending", ["state", "until"], unique=False)

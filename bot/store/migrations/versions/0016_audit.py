"""The audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import BigId, Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("surface", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("number", BigId, nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_number", "audit", ["number"], unique=False)
    op.create_index("ix_audit_person", "audit", ["person", "at"], unique=False)
    op.create_index("uq_audit_key", "audit", ["key"], unique=True)

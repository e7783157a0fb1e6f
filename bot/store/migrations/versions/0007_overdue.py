"""Alerts say when somebody is to be reminded of them next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("remind_at", Instant(), nullable=True))
    op.create_index("ix_alert_remind", "alert", ["remind_at"], unique=False)

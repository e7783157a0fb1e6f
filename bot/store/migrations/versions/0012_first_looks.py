"""What a first look at a platform found is marked, so that it is no news later either."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event", sa.Column("first_look", Instant(), nullable=True))

"""Posts for which somebody waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("post", sa.Column("awaited", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("post") as table:
        table.alter_column("awaited", server_default=None)

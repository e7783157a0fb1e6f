"""Whether the last attempt to pay for an order failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("failed", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("orders") as table:
        table.alter_column("failed", server_default=None)

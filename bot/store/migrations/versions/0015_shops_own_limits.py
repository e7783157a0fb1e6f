"""At how many units the shop itself calls a SKU low, and whether it sells on when none is left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sku", sa.Column("low_at", sa.BigInteger(), nullable=True))
    op.add_column("sku", sa.Column("backorders", sa.Boolean(), nullable=True))

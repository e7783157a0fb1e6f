"""How far what an exception is about was decided on anew, since one for a vendor or a tag is about many SKUs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rule_exception", sa.Column("reached", sa.String(), nullable=True))

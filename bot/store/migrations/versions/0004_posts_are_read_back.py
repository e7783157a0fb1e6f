"""Posts are read back: when next, when last, how often one was sent again, and where a copy stands that is left."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("post", sa.Column("check_at", Instant(), nullable=True))
    op.add_column("post", sa.Column("checked_at", Instant(), nullable=True))
    # The rows that are there get the defaults; afterwards every row brings its own.
    new: dict[str, tuple[sa.types.TypeEngine[Any], str]] = {
        "resent": (sa.Integer(), "0"),
        "rootless": (sa.Boolean(), "false"),
        "generation": (sa.Integer(), "0"),
    }
    for name, (kind, empty) in new.items():
        op.add_column("post", sa.Column(name, kind, nullable=False, server_default=sa.text(empty)))
    with op.batch_alter_table("post") as table:
        for name in new:
            table.alter_column(name, server_default=None)
    op.create_index("ix_post_check", "post", ["check_at"], unique=False)
    op.create_index("ix_post_attempt", "post", ["channel", "last_attempt_at"], unique=False)

"""Campaigns find their SKUs by groups, and keep apart what a platform told and what a person said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The newest telling of each campaign, which until now was all that counted.
_TOLD = """
    INSERT INTO campaign_telling (shop, campaign, teller, body, at, rank)
    SELECT e.shop, c.campaign, 'platform', e.body, e.at, c.rank
    FROM event e JOIN campaign c ON c.shop = e.shop AND c.campaign = e.subject AND c.at = e.at
    WHERE e.id IN (
        SELECT max(n.id) FROM event n JOIN campaign d ON d.shop = n.shop AND d.campaign = n.subject AND d.at = n.at
        WHERE n.kind = 'CampaignChanged' GROUP BY n.shop, n.subject
    )
"""


def upgrade() -> None:
    op.create_table(
        "item_group",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "key", "source", "item"),
    )
    op.create_index("ix_item_group_item", "item_group", ["shop", "source", "item"], unique=False)
    op.create_table(
        "campaign_telling",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("teller", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "campaign", "teller"),
    )
    op.create_table(
        "campaign_group",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "key", "campaign"),
    )
    op.create_index("ix_campaign_group_campaign", "campaign_group", ["shop", "campaign"], unique=False)
    op.add_column("campaign", sa.Column("named", sa.String(), nullable=False, server_default="[]"))
    op.add_column("campaign", sa.Column("audience", sa.BigInteger(), nullable=True))
    op.execute("UPDATE campaign SET named = skus")
    with op.batch_alter_table("campaign") as table:
        table.alter_column("named", server_default=None)
    op.execute(_TOLD)

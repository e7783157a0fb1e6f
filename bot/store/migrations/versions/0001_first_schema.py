"""The first schema: deliveries, events, read models, alerts, posts and slots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables.types import BigId, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("number", BigId, autoincrement=False, nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.Column("snoozed_until", Instant(), nullable=True),
        sa.Column("recheck_at", Instant(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("shop", "rule", "about", "subject", "episode", name="uq_alert_episode"),
    )
    op.create_index("ix_alert_open", "alert", ["open", "shop", "rule"], unique=False)
    op.create_index("ix_alert_opened", "alert", ["shop", "opened_at"], unique=False)
    op.create_index("ix_alert_subject", "alert", ["shop", "about", "subject", "open"], unique=False)
    op.create_table(
        "alert_log",
        sa.Column("id", BigId, nullable=False),
        sa.Column("number", BigId, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alert_log_at", "alert_log", ["at"], unique=False)
    op.create_index("ix_alert_log_number", "alert_log", ["number", "id"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("starts", Instant(), nullable=False),
        sa.Column("ends", Instant(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("skus", sa.String(), nullable=False),
        sa.Column("uplift", sa.Float(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "campaign"),
    )
    op.create_index("ix_campaign_status", "campaign", ["shop", "status", "starts"], unique=False)
    op.create_table(
        "campaign_sku",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "sku", "campaign"),
    )
    op.create_index("ix_campaign_sku_campaign", "campaign_sku", ["shop", "campaign"], unique=False)
    op.create_table(
        "daily_total",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "measure", "day", "key"),
    )
    op.create_table(
        "decision",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("number", BigId, nullable=True),
        sa.PrimaryKeyConstraint("shop", "rule", "about", "subject"),
    )
    op.create_index("ix_decision_at", "decision", ["at"], unique=False)
    op.create_index("ix_decision_number", "decision", ["number"], unique=False)
    op.create_index("ix_decision_subject", "decision", ["shop", "subject"], unique=False)
    op.create_table(
        "dispute",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("dispute", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "dispute"),
    )
    op.create_index("ix_dispute_open", "dispute", ["shop", "open", "due"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shop", "kind", "subject", "at", "key", name="uq_event_telling"),
    )
    op.create_index("ix_event_at", "event", ["at"], unique=False)
    op.create_table(
        "heard",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("last", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "source"),
    )
    op.create_table(
        "inbound",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "sku", "reference"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("received", Instant(), nullable=False),
        sa.Column("headers", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("shop", "source", "digest", name="uq_inbox_digest"),
        sa.UniqueConstraint("shop", "source", "key", name="uq_inbox_key"),
    )
    op.create_index("ix_inbox_outcome", "inbox", ["outcome", "lane", "id"], unique=False)
    op.create_index("ix_inbox_received", "inbox", ["received"], unique=False)
    op.create_table(
        "item",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "source", "item"),
    )
    op.create_index("ix_item_sku", "item", ["shop", "sku"], unique=False)
    op.create_table("lane", sa.Column("name", sa.String(), nullable=False), sa.PrimaryKeyConstraint("name"))
    op.create_table(
        "note",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "order_line",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "order", "sku"),
    )
    op.create_index("ix_order_line_sku", "order_line", ["shop", "sku", "open", "at"], unique=False)
    op.create_table(
        "orders",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("order", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("placed", Instant(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_currency", sa.String(), nullable=False),
        sa.Column("outstanding_minor", sa.BigInteger(), nullable=False),
        sa.Column("outstanding_currency", sa.String(), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "order"),
    )
    op.create_index("ix_orders_open", "orders", ["shop", "open", "placed"], unique=False)
    op.create_table(
        "payout",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("payout", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("arrives", Instant(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "payout"),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("ts", sa.String(), nullable=True),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("look_at", Instant(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("first_attempt_at", Instant(), nullable=True),
        sa.Column("last_attempt_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("alert", BigId, nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "key", name="uq_post_key"),
    )
    op.create_index("ix_post_alert", "post", ["alert"], unique=False)
    op.create_index("ix_post_created", "post", ["created_at"], unique=False)
    op.create_index("ix_post_lease", "post", ["lease_until"], unique=False)
    op.create_index("ix_post_look", "post", ["look_at"], unique=False)
    op.create_index("ix_post_state", "post", ["state"], unique=False)
    op.create_table(
        "receivable",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "about", "reference"),
    )
    op.create_index("ix_receivable_open", "receivable", ["shop", "open", "due"], unique=False)
    op.create_table(
        "sku",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("price_currency", sa.String(), nullable=True),
        sa.Column("described_at", Instant(), nullable=True),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=True),
        sa.Column("demand", sa.String(), nullable=True),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("lead_days", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("shop", "sku"),
    )
    op.create_table(
        "slot",
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("claimed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", "key"),
    )
    op.create_index("ix_slot_claimed", "slot", ["claimed_at"], unique=False)
    op.create_table(
        "stock_level",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "sku", "location"),
    )
    op.create_table(
        "watermark",
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("schedule"),
    )

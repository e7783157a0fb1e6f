"""Campaigns as last told, and which SKUs they promote."""

from __future__ import annotations

from sqlalchemy import bindparam, delete

from bot.core.events import CampaignChanged
from bot.store.codec import dump
from bot.store.dialect import insert_new, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, applies
from bot.store.tables.shop import campaign, campaign_sku

_RANKS = {"scheduled": 0, "running": 1, "ended": 2, "cancelled": 3}
_FORGET = delete(campaign_sku).where(
    campaign_sku.c.shop == bindparam("in_shop"), campaign_sku.c.campaign == bindparam("of_campaign")
)


@applies(CampaignChanged)
def tell(connection: Connection, event: CampaignChanged, telling: Telling) -> None:
    """Keeps the campaign's newest plan."""
    row = {
        "shop": event.shop, "campaign": event.campaign, "name": event.name.text, "status": event.status,
        "starts": event.starts, "ends": event.ends, "channel": event.channel, "skus": dump(event.skus),
        "uplift": event.uplift, "at": event.at, "rank": _RANKS[event.status],
    }  # fmt: skip
    telling.fresh = connection.execute(upsert_newer(connection.dialect.name, campaign), row).rowcount == 1
    if not telling.fresh:
        return
    connection.execute(_FORGET, {"in_shop": event.shop, "of_campaign": event.campaign})
    promoted = [{"shop": event.shop, "sku": sku, "campaign": event.campaign} for sku in dict.fromkeys(event.skus)]
    if promoted:
        connection.execute(insert_new(connection.dialect.name, campaign_sku), promoted)

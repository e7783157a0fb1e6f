"""Campaigns as they stand, and the SKUs that they promote: named, known by the config, or found by their groups."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, bindparam, delete, select

from bot.core.campaigns import MOST_SKUS, SAID, CampaignMap, all_keys, merged
from bot.core.events import CampaignChanged
from bot.store import notes
from bot.store.codec import dump, load
from bot.store.dialect import cut, insert_new, upsert, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, applies
from bot.store.tables.shop import (
    campaign,
    campaign_group,
    campaign_sku,
    campaign_telling,
    item,
    item_group,
)

_MAP = "campaigns/map"
_RANKS = {"scheduled": 0, "running": 1, "ended": 2, "cancelled": 3}
_COLUMNS = tuple(sorted(column.name for column in campaign.c if not column.primary_key))
_TOLD = select(campaign_telling.c.teller, campaign_telling.c.body).where(
    campaign_telling.c.shop == bindparam("in_shop"), campaign_telling.c.campaign == bindparam("of_campaign")
)
_PROMOTED = select(campaign_sku.c.sku).where(
    campaign_sku.c.shop == bindparam("in_shop"), campaign_sku.c.campaign == bindparam("of_campaign")
)
_NO_LONGER = delete(campaign_sku).where(
    campaign_sku.c.shop == bindparam("in_shop"),
    campaign_sku.c.campaign == bindparam("of_campaign"),
    campaign_sku.c.sku == bindparam("of_sku"),
)
_FORGET_GROUPS = delete(campaign_group).where(
    campaign_group.c.shop == bindparam("in_shop"), campaign_group.c.campaign == bindparam("of_campaign")
)
_IN_GROUPS = (
    select(item.c.sku)
    .join(
        item_group,
        and_(item_group.c.shop == item.c.shop, item_group.c.source == item.c.source, item_group.c.item == item.c.item),
    )
    .where(item_group.c.shop == bindparam("in_shop"), item_group.c.key.in_(bindparam("of_keys", expanding=True)))
    .distinct()
    .order_by(item.c.sku)
    .limit(MOST_SKUS)
)
_PROMOTING = (
    select(campaign_group.c.campaign)
    .where(
        campaign_group.c.shop == bindparam("in_shop"), campaign_group.c.key.in_(bindparam("of_keys", expanding=True))
    )
    .distinct()
    .order_by(campaign_group.c.campaign)
)
_EVERY = select(campaign_telling.c.shop, campaign_telling.c.campaign).distinct().order_by(
    campaign_telling.c.shop, campaign_telling.c.campaign
)  # fmt: skip


@applies(CampaignChanged)
def tell(connection: Connection, event: CampaignChanged, telling: Telling) -> None:
    """Keeps the newest that a platform told and the newest that a person said, and makes one plan of them."""
    row = {
        "shop": event.shop, "campaign": event.campaign, "teller": _teller(event),
        "body": dump(event), "at": event.at, "rank": _RANKS[event.status],
    }  # fmt: skip
    telling.fresh = connection.execute(upsert_newer(connection.dialect.name, campaign_telling), row).rowcount == 1
    if telling.fresh:
        _settle(connection, event.shop, event.campaign)


def _teller(event: CampaignChanged) -> str:
    """Who told it. A telling of the state alone stands beside the whole one, and neither takes the other's place."""
    if event.source == SAID:
        return "person"
    return "notice" if event.state_only else "platform"


def regrouped(connection: Connection, shop: str, keys: Iterable[str]) -> None:
    """Finds anew what the campaigns that promote one of these groups promote."""
    wanted = sorted(keys)
    if wanted:
        for name in connection.execute(_PROMOTING, {"in_shop": shop, "of_keys": wanted}).scalars().all():
            _settle(connection, shop, name)


def remember(connection: Connection, known: CampaignMap) -> int:
    """Keeps what the config knows of campaigns, and makes their plans anew when that is not what it knew before.
    Returns how many were looked at."""
    text = dump(known)
    if (notes.get(connection, _MAP) or dump(CampaignMap())) == text:
        return 0
    notes.put(connection, _MAP, text)
    told = connection.execute(_EVERY).all()
    for row in told:
        _settle(connection, row.shop, row.campaign)
    return len(told)


def _settle(connection: Connection, shop: str, name: str) -> None:
    """Makes the campaign's rows say what follows from what was told."""
    names = {"in_shop": shop, "of_campaign": name}
    bodies = {row.teller: load(CampaignChanged, row.body) for row in connection.execute(_TOLD, names)}
    plan = merged(bodies.get("platform"), bodies.get("person"), bodies.get("notice"))
    keys = sorted(map(cut, all_keys(plan.groups)))
    _regroup(connection, names, keys)
    skus = plan.skus or _known(connection).skus(plan) or _grouped(connection, shop, keys)
    row = {
        "shop": shop, "campaign": name, "name": plan.name.text, "status": plan.status, "starts": plan.starts,
        "ends": plan.ends, "channel": plan.channel, "skus": dump(skus), "named": dump(plan.skus),
        "uplift": plan.uplift, "audience": plan.audience, "at": plan.at, "rank": _RANKS[plan.status],
    }  # fmt: skip
    connection.execute(upsert(connection.dialect.name, campaign, _COLUMNS), row)
    _promote(connection, names, frozenset(skus))


def _known(connection: Connection) -> CampaignMap:
    text = notes.get(connection, _MAP)
    return load(CampaignMap, text) if text else CampaignMap()


def _grouped(connection: Connection, shop: str, keys: list[str]) -> tuple[str, ...]:
    if not keys:
        return ()
    return tuple(connection.execute(_IN_GROUPS, {"in_shop": shop, "of_keys": keys}).scalars())


def _regroup(connection: Connection, names: dict[str, str], keys: list[str]) -> None:
    connection.execute(_FORGET_GROUPS, names)
    if keys:
        rows = [{"shop": names["in_shop"], "campaign": names["of_campaign"], "key": key} for key in keys]
        connection.execute(insert_new(connection.dialect.name, campaign_group), rows)


def _promote(connection: Connection, names: dict[str, str], skus: frozenset[str]) -> None:
    """Only the difference is written, because items come and go one by one."""
    before = frozenset(connection.execute(_PROMOTED, names).scalars())
    for sku in sorted(before - skus):
        connection.execute(_NO_LONGER, names | {"of_sku": sku})
    if new := sorted(skus - before):
        rows = [{"shop": names["in_shop"], "campaign": names["of_campaign"], "sku": sku} for sku in new]
        connection.execute(insert_new(connection.dialect.name, campaign_sku), rows)

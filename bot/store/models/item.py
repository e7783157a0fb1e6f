"""Which SKU a platform's stock item has, for platforms that tell levels by an id of their own, and its groups."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from bot.core.campaigns import all_keys, vendor_group
from bot.core.events import ItemDescribed
from bot.store.dialect import cut, insert_new, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, applies, campaign, stock_level
from bot.store.models import sku as sku_model
from bot.store.tables.shop import item as items
from bot.store.tables.shop import item_group
from bot.store.tables.shop import sku as skus

_SKU = select(items.c.sku).where(
    items.c.shop == bindparam("in_shop"), items.c.source == bindparam("by"), items.c.item == bindparam("of_item")
)
_BEARERS = select(items.c.item).where(items.c.shop == bindparam("in_shop"), items.c.sku == bindparam("of_sku")).limit(1)

_GROUPS = select(item_group.c.key, item_group.c.at).where(
    item_group.c.shop == bindparam("in_shop"),
    item_group.c.source == bindparam("by"),
    item_group.c.item == bindparam("of_item"),
)
_FORGET_GROUPS = delete(item_group).where(
    item_group.c.shop == bindparam("in_shop"),
    item_group.c.source == bindparam("by"),
    item_group.c.item == bindparam("of_item"),
)


def sku_of(connection: Connection, shop: str, source: str, item: str) -> str | None:
    """The SKU of a platform's item, or None while nobody has described it."""
    found = connection.execute(_SKU, {"in_shop": shop, "by": source, "of_item": item}).scalar()
    return None if found is None else str(found)


@applies(ItemDescribed)
def tell(connection: Connection, event: ItemDescribed, telling: Telling) -> None:
    """Keeps the item's SKU, title and price, and moves to it what was told under the item's id or its former SKU."""
    former = sku_of(connection, event.shop, event.source, event.item)
    before, after = _regroup(connection, event)
    row = {"shop": event.shop, "source": event.source, "item": event.item, "sku": event.sku, "at": event.at}
    if connection.execute(upsert_newer(connection.dialect.name, items), row).rowcount == 0:
        telling.fresh = False
        campaign.regrouped(connection, event.shop, before ^ after)
        return
    campaign.regrouped(connection, event.shop, before ^ after if former == event.sku else before | after)
    limits = {"low_at": event.low_at, "backorders": event.backorders}
    sku_model.describe(connection, telling, event.title, event.price, limits)
    for label in (f"item-{event.item}", former):
        if label is not None and label != event.sku and not _borne(connection, event.shop, label):
            _move(connection, telling, label)


def _regroup(connection: Connection, event: ItemDescribed) -> tuple[frozenset[str], frozenset[str]]:
    """The keys of the item's groups before and after this telling. One that names no group says nothing of them."""
    names = {"in_shop": event.shop, "by": event.source, "of_item": event.item}
    rows = connection.execute(_GROUPS, names).all()
    before = frozenset(row.key for row in rows)
    groups = (*event.groups, vendor_group(event.vendor)) if event.vendor else event.groups
    if not groups or any(row.at > event.at for row in rows):
        return before, before
    after = frozenset(map(cut, all_keys(groups)))
    connection.execute(_FORGET_GROUPS, names)
    told = {"shop": event.shop, "source": event.source, "item": event.item, "at": event.at}
    if after:
        connection.execute(
            insert_new(connection.dialect.name, item_group), [told | {"key": key} for key in sorted(after)]
        )
    return before, after


def _borne(connection: Connection, shop: str, sku: str) -> bool:
    return connection.execute(_BEARERS, {"in_shop": shop, "of_sku": sku}).first() is not None


def _move(connection: Connection, telling: Telling, label: str) -> None:
    """Moves levels, and with them the sales memory where the new label has none of its own."""
    shop, sku = telling.event.shop, telling.event.subject.id
    if not stock_level.relabel(connection, shop, label, sku):
        return
    telling.learnt["available"], _ = stock_level.total(connection, shop, sku)
    now, before = sku_model.known(connection, telling), sku_model.row(connection, shop, label)
    if before is not None:
        if now is None or now["demand"] is None:
            telling.learnt.update(demand=before["demand"], rate=before["rate"])
        connection.execute(delete(skus).where(skus.c.shop == shop, skus.c.sku == label))

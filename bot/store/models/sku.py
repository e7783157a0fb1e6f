"""The row of a SKU: what it is called, what it costs, how much there is, how it sells. Other models learn, this writes.

A row is read once and written once an event, whichever models had something to say.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import RowMapping, bindparam, select

from bot.core.events import ItemDescribed, ItemSold, StockChanged, StockReceived
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.store.dialect import upsert
from bot.store.engine import Connection
from bot.store.models import Stage, Telling, applies
from bot.store.tables.shop import sku as skus

_ROW = select(skus).where(skus.c.shop == bindparam("in_shop"), skus.c.sku == bindparam("of_sku"))


def row(connection: Connection, shop: str, sku: str) -> RowMapping | None:
    """The row of a SKU, or None."""
    return connection.execute(_ROW, {"in_shop": shop, "of_sku": sku}).mappings().first()


def known(connection: Connection, telling: Telling) -> RowMapping | None:
    """What was known of the event's SKU before it; looked up once."""
    if not telling.looked_up:
        telling.known = row(connection, telling.event.shop, telling.event.subject.id)
        telling.looked_up = True
    return telling.known


def describe(
    connection: Connection,
    telling: Telling,
    title: ShopText | None,
    price: Money | None,
    limits: Mapping[str, int | None] = {},
) -> None:
    """Learns a title, a price and the shop's own limits, by their columns, unless newer ones are known."""
    told = {name: value for name, value in limits.items() if value is not None}
    if not title and price is None and not told:
        return
    before, event = known(connection, telling), telling.event
    described_at = before["described_at"] if before else None
    newer = described_at is None or event.at >= described_at
    if title and (newer or before is None or before["title"] is None):
        telling.learnt.update(title=title.text, search=search_text(event.subject.id, title.text))
    if price is not None and (newer or before is None or before["price_minor"] is None):
        telling.learnt.update(price_minor=price.minor, price_currency=price.currency)
    telling.learnt.update(
        {name: value for name, value in told.items() if newer or before is None or before[name] is None}
    )
    if newer:
        telling.learnt["described_at"] = event.at


def search_text(sku: str, title: str = "") -> str:
    """What a search looks in: the case-folded SKU and title."""
    return f"{sku}\n{title}".casefold()


@applies(ItemSold)
def sold_under(connection: Connection, event: ItemSold, telling: Telling) -> None:
    """An order's line names the item too; that is good enough while nobody else has."""
    before = known(connection, telling)
    if event.title and (before is None or before["title"] is None):
        telling.learnt.update(title=event.title.text, search=search_text(event.sku, event.title.text))


@applies(ItemDescribed, ItemSold, StockChanged, StockReceived, stage=Stage.WRITTEN)
def write(connection: Connection, _event: object, telling: Telling) -> None:
    """Writes what was learnt."""
    if telling.learnt:
        put(connection, telling.event.shop, telling.event.subject.id, telling.learnt)


def put(connection: Connection, shop: str, sku: str, learnt: Mapping[str, object]) -> None:
    """Writes columns of a SKU's row, which is made when it is missing."""
    statement = upsert(connection.dialect.name, skus, tuple(sorted(learnt)))
    connection.execute(statement, {"search": search_text(sku), "rate": 0.0, **learnt, "shop": shop, "sku": sku})

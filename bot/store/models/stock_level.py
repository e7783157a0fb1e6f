"""Stock levels by SKU and location: the newest telling stands, whatever the order in which they come."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Insert, RowMapping, and_, bindparam, delete, func, or_, select

from bot.core.events import StockChanged
from bot.store.dialect import insert
from bot.store.engine import Connection
from bot.store.models import Telling, applies
from bot.store.models.sku import describe, known
from bot.store.tables.shop import stock_level as levels

_TOTAL = select(func.sum(levels.c.available), func.count(), func.count(levels.c.available)).where(
    levels.c.shop == bindparam("in_shop"), levels.c.sku == bindparam("of_sku"), levels.c.gone.is_(False)
)
_EACH = (
    select(levels)
    .where(levels.c.shop == bindparam("in_shop"), levels.c.sku == bindparam("of_sku"))
    .order_by(levels.c.location)
)


@applies(StockChanged)
def tell(connection: Connection, event: StockChanged, telling: Telling) -> None:
    """Keeps the level; a telling older than the one that stands is not fresh and changes nothing."""
    sku = event.subject.id
    row = {
        "shop": event.shop, "sku": sku, "location": event.location, "available": event.available, "at": event.at,
        "source": event.source, "gone": event.gone,
    }  # fmt: skip
    describe(connection, telling, event.title, event.price)
    if connection.execute(_newest(connection.dialect.name), row).rowcount == 0:
        telling.fresh = False
        return
    if telling.again:
        return
    before = known(connection, telling)
    telling.level_before = before["available"] if before else None
    available, in_stock = total(connection, event.shop, sku)
    telling.in_stock = in_stock
    telling.learnt["available"] = available
    telling.turned.add("level")
    if not in_stock and available is not None and telling.level_before is not None and telling.level_before > 0:
        telling.turned.add("sold_out")


def at_locations(connection: Connection, shop: str, sku: str) -> Sequence[RowMapping]:
    """Each level of a SKU."""
    return connection.execute(_EACH, {"in_shop": shop, "of_sku": sku}).mappings().all()


def total(connection: Connection, shop: str, sku: str) -> tuple[int | None, bool]:
    """Units over all locations (None when none counts), and whether there is any stock: a location that does not
    count never runs out. What is gone is no location."""
    units, locations, counting = connection.execute(_TOTAL, {"in_shop": shop, "of_sku": sku}).one()
    available = None if units is None else int(units)
    return available, counting < locations or (available or 0) > 0


def relabel(connection: Connection, shop: str, old: str, new: str) -> bool:
    """Moves the levels told under one label to another, where the newer telling stands. False when there are none."""
    mine = levels.c.shop == shop, levels.c.sku == old
    moved = connection.execute(select(levels).where(*mine)).mappings().all()
    if not moved:
        return False
    connection.execute(_newest(connection.dialect.name), [{**row, "sku": new} for row in moved])
    connection.execute(delete(levels).where(*mine))
    return True


@cache
def _newest(dialect: str) -> Insert:
    """Two tellings of the same moment that differ leave the lower level: better one look too many at the shelf. For the
    same reason what is there stands against what is gone."""
    statement = insert(dialect, levels)
    new, old = statement.excluded, levels.c
    lower = and_(new.available.is_not(None), or_(old.available.is_(None), new.available < old.available))
    stands = or_(lower, and_(old.gone, new.gone.is_(False)))
    made: Insert = statement.on_conflict_do_update(
        index_elements=["shop", "sku", "location"],
        set_={"available": new.available, "gone": new.gone, "at": new.at, "source": new.source},
        where=or_(new.at > old.at, and_(new.at == old.at, stands)),
    )
    return made

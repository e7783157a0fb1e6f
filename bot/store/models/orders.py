"""Orders as last told, and the SKUs that were sold in them."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Insert, RowMapping, bindparam, func, select, true, update

from bot.core.events import ItemSold, OrderChanged, OrderPlaced, PaymentFailed
from bot.store.dialect import insert_new, locked, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, applies
from bot.store.tables.shop import order_line as lines
from bot.store.tables.shop import orders

_ONE = select(orders).where(orders.c.shop == bindparam("in_shop"), orders.c.order == bindparam("of_order"))
_FAILED = select(orders.c.failed).where(orders.c.shop == bindparam("in_shop"), orders.c.order == bindparam("of_order"))
_PLACED = (
    update(orders)
    .where(orders.c.shop == bindparam("in_shop"), orders.c.order == bindparam("of_order"))
    .values(placed=bindparam("at_moment"), counted=True)
)
_LINES = (
    update(lines)
    .where(lines.c.shop == bindparam("in_shop"), lines.c.order == bindparam("of_order"))
    .values(open=bindparam("is_open"))
)
_IS_OPEN = (
    select(orders.c.open)
    .where(orders.c.shop == bindparam("in_shop"), orders.c.order == bindparam("of_order"))
    .scalar_subquery()
)


@applies(OrderPlaced, OrderChanged)
def tell(connection: Connection, event: OrderPlaced | OrderChanged, telling: Telling) -> None:
    """Keeps the order's newest state. The placing itself is news only once, also when it comes after later news."""
    names = {"in_shop": event.shop, "of_order": event.order}
    before = connection.execute(locked(connection, _ONE), names).mappings().first()
    row = _row(event)
    statement = upsert_newer(connection.dialect.name, orders, kept=("placed", "counted"))
    telling.fresh = connection.execute(statement, row).rowcount == 1
    if isinstance(event, OrderPlaced) and (before is None or not before["counted"]):
        telling.turned.add("placed")
        if before is not None:
            connection.execute(_PLACED, {**names, "at_moment": event.at})
    if telling.fresh:
        _turn(telling, before, row)
        if before is not None and before["open"] != row["open"]:
            connection.execute(_LINES, {**names, "is_open": row["open"]})


def failed_already(connection: Connection, event: PaymentFailed) -> bool:
    """Whether a platform that tells no attempts says of an order once more what it has said already."""
    if not event.standing:
        return False
    return bool(connection.execute(_FAILED, {"in_shop": event.shop, "of_order": event.order}).scalar())


def _row(event: OrderPlaced | OrderChanged) -> dict[str, Any]:
    placed = isinstance(event, OrderPlaced)
    shipped = isinstance(event, OrderChanged) and event.shipped
    cancelled = isinstance(event, OrderChanged) and event.cancelled
    failed = isinstance(event, OrderChanged) and event.failed
    return {
        "shop": event.shop, "order": event.order, "number": event.number, "placed": event.at, "counted": placed,
        "total_minor": event.total.minor, "total_currency": event.total.currency,
        "outstanding_minor": event.outstanding.minor, "outstanding_currency": event.outstanding.currency,
        "shipped": shipped, "cancelled": cancelled, "failed": failed, "at": event.at,
        "open": not (shipped or cancelled), "rank": 0 if placed else 1 + shipped + 2 * cancelled,
    }  # fmt: skip


def _turn(telling: Telling, before: RowMapping | None, now: dict[str, Any]) -> None:
    was = before if before is not None else {"shipped": False, "cancelled": False, "outstanding_minor": 0}
    if now["shipped"] and not was["shipped"]:
        telling.turned.add("shipped")
    if now["cancelled"] and not was["cancelled"]:
        telling.turned.add("cancelled")
    if now["outstanding_minor"] > 0 and not now["cancelled"]:
        telling.turned.add("owed")
    elif was["outstanding_minor"] > 0:
        telling.turned.add("settled")


@applies(ItemSold)
def sold(connection: Connection, event: ItemSold, telling: Telling) -> None:
    """A SKU is sold once in an order: a retelling of the order, at whatever moment, sells nothing anew."""
    row = {
        "shop": event.shop, "order": event.order, "sku": event.sku, "quantity": event.quantity, "at": event.at,
        "in_shop": event.shop, "of_order": event.order,
    }  # fmt: skip
    telling.fresh = connection.execute(_new_line(connection.dialect.name), row).rowcount == 1
    if telling.fresh:
        telling.turned.add("sold")


@cache
def _new_line(dialect: str) -> Insert:
    """A line is as open as its order, and open while nobody has told of that."""
    names = ("shop", "order", "sku", "quantity", "at")
    return insert_new(dialect, lines).values(
        **{name: bindparam(name) for name in names}, open=func.coalesce(_IS_OPEN, true())
    )

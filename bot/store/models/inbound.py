"""Promised arrivals, and what their punctuality teaches about the lead time."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from bot.core.events import StockExpected, StockReceived
from bot.store.dialect import locked, upsert_newer
from bot.store.engine import Connection
from bot.store.models import Telling, applies
from bot.store.models.sku import known
from bot.store.tables.shop import inbound as promises

LEARNING_RATE = 0.3
_DAY = 86_400.0
_ONE = select(promises).where(
    promises.c.shop == bindparam("in_shop"),
    promises.c.sku == bindparam("of_sku"),
    promises.c.reference == bindparam("under"),
)


@applies(StockExpected)
def promised(connection: Connection, event: StockExpected, telling: Telling) -> None:
    """A promise, or a newer word on it; none of its units withdraws it. When it was first made is kept."""
    row = {
        "shop": event.shop, "sku": event.sku, "reference": event.reference, "quantity": event.quantity,
        "due": event.due, "told_at": event.at, "at": event.at, "open": event.quantity > 0,
    }  # fmt: skip
    statement = upsert_newer(connection.dialect.name, promises, kept=("told_at",))
    telling.fresh = connection.execute(statement, row).rowcount == 1


@applies(StockReceived)
def received(connection: Connection, event: StockReceived, telling: Telling) -> None:
    """An arrival closes its promise, and the days since the promise was made move the lead time."""
    if not event.reference:
        return
    names = {"in_shop": event.shop, "of_sku": event.sku, "under": event.reference}
    before = connection.execute(locked(connection, _ONE), names).mappings().first()
    row = {
        "shop": event.shop, "sku": event.sku, "reference": event.reference,
        "quantity": before["quantity"] if before else 0, "due": before["due"] if before else event.at,
        "told_at": None, "at": event.at, "open": False,
    }  # fmt: skip
    statement = upsert_newer(connection.dialect.name, promises, kept=("told_at",))
    closed = connection.execute(statement, row).rowcount == 1
    if closed and before is not None and before["open"] and before["told_at"] is not None:
        _learn_lead(connection, telling, (event.at - before["told_at"]).total_seconds() / _DAY)


def _learn_lead(connection: Connection, telling: Telling, days: float) -> None:
    before = known(connection, telling)
    usual = before["lead_days"] if before else None
    telling.learnt["lead_days"] = days if usual is None else usual + LEARNING_RATE * (days - usual)

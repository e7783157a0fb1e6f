"""Daily totals by measure, so that a digest reads a few rows however many events there were.

Keys: a currency for money, ``provider/method`` for payments, the SKU for what was sold, sold out or received, else "".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bot.core import events as told
from bot.core.events import Event
from bot.store.dialect import add
from bot.store.engine import Connection
from bot.store.models import Stage, Telling, applies
from bot.store.tables.shop import daily_total

Totals = Iterable[tuple[str, str, int]]


def _placed(event: told.OrderPlaced, telling: Telling) -> Totals:
    if "placed" in telling.turned:
        yield "orders", "", 1
        yield "units", "", sum(line.quantity for line in event.lines)
        yield "sales", event.total.currency, event.total.minor
        yield "discounted_orders", "", int(event.discounted)
        yield from (
            ("sold", sold.sku, sold.quantity) for sold in told.consequences(event) if isinstance(sold, told.ItemSold)
        )


def _order(_event: told.OrderChanged, telling: Telling) -> Totals:
    yield "shipped", "", int("shipped" in telling.turned)
    yield "cancelled", "", int("cancelled" in telling.turned)


def _refunded(event: told.Refunded, _telling: Telling) -> Totals:
    yield "refunds", event.amount.currency, event.amount.minor
    yield "refund_count", "", 1


def _failed(event: told.PaymentFailed, _telling: Telling) -> Totals:
    """A provider's own retry of a subscription is no new attempt."""
    yield "payments_failed", event.subject.id, int(not event.retry)


def _payout(event: told.PayoutChanged, telling: Telling) -> Totals:
    yield "payout_paid", event.amount.currency, event.amount.minor if "paid_out" in telling.turned else 0
    yield "payout_failed", event.amount.currency, event.amount.minor if "bounced" in telling.turned else 0


_TOTALS: dict[type[Event], Callable[[Any, Telling], Totals]] = {
    told.OrderPlaced: _placed,
    told.OrderChanged: _order,
    told.Refunded: _refunded,
    told.PaymentSucceeded: lambda event, _: [("payments_ok", event.subject.id, 1)],
    told.PaymentFailed: _failed,
    told.PayoutChanged: _payout,
    told.DisputeChanged: lambda _, telling: [("disputes", "", int("disputed" in telling.turned))],
    told.StockChanged: lambda event, telling: [("stockouts", event.subject.id, int("sold_out" in telling.turned))],
    told.StockReceived: lambda event, _: [("received", event.sku, event.quantity)],
}


@applies(*_TOTALS, stage=Stage.WRITTEN)
def tell(connection: Connection, event: Event, telling: Telling) -> None:
    """Adds what the event turned to the totals of its day."""
    rows = [
        {"shop": event.shop, "measure": measure, "day": telling.day.isoformat(), "key": key, "value": value}
        for measure, key, value in _TOTALS[type(event)](event, telling)
        if value
    ]
    if rows:
        connection.execute(add(connection.dialect.name, daily_total, "value"), rows)

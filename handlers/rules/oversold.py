"""Tells when more units of a SKU are ordered than exist, and which orders cannot be shipped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.events import ItemSold, StockChanged, StockReceived, Tick
from bot.core.facts import CampaignsFor, Now, OrdersFor, PositionOf, ask
from bot.core.handlers import rule
from bot.core.known import Campaign, OrderState, Position
from bot.core.money import Money
from bot.core.parts import Line, Moment, MoneyRange, ShopText, join, say
from bot.core.stock import counted, major, name, on_hand, on_order, runs, stock_of
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View

_MOST_ORDERS = 25
_NAMED_IN_STEP = 3


@dataclass(frozen=True)
class Facts:
    """The SKU's stock and the open orders that hold it, newest first."""

    position: Position | None = ask(PositionOf())
    orders: tuple[OrderState, ...] = ask(OrdersFor(_MOST_ORDERS))
    campaigns: tuple[Campaign, ...] = ask(CampaignsFor())
    now: datetime = ask(Now())


@rule(about="sku", inhibits=("low_stock", "out_of_stock"))
def oversold(
    event: StockChanged | ItemSold | StockReceived | Tick,
    facts: Facts,
    *,
    backorders: int = 0,
    critical_units: int = 10,
    critical_amount: int = 1000,
) -> Verdict:
    """Fires when more units are ordered than there are, and lists the newest open orders, which cannot be shipped.

    It is high, and critical from many units or much money on. It clears when nothing is missing any more. While it
    is open, low_stock and out_of_stock of the same SKU are not shown.

    - backorders: so many units may be ordered beyond the stock on purpose.
    - critical_units: units missing from which it is critical.
    - critical_amount: worth of the orders concerned, in major units of their currency, from which it is critical.
    """
    position = facts.position
    stock = stock_of(position) if position else None
    if position is None or stock is None:
        return Quiet(say("The shop does not count all stock of this SKU"))
    if stock >= 0:
        return Clear(say("There are as many units as were ordered"))
    missing = -stock
    if missing <= backorders:
        return Clear(say("The units missing are within the backorders allowed"))
    return _fire(facts, position, missing, critical_units, critical_amount)


def _fire(facts: Facts, position: Position, missing: int, critical_units: int, critical_amount: int) -> Fire:
    # An order holds at least one unit, so no more orders than missing units are concerned: the newest, by fairness.
    orders = facts.orders[:missing]
    cost = _cost(position.price, missing, orders)
    critical = missing >= critical_units or (major(cost) or 0.0) >= critical_amount
    return Fire(
        reason=say("More units are ordered than there are"),
        severity=Severity.CRITICAL if critical else Severity.HIGH,
        title=say(name(position.sku, position.title), " oversold by ", counted(missing, "unit")),
        views=_views(facts, position, missing, orders),
        cost=cost,
        details=tuple(_order(order) for order in orders),
        as_of=position.as_of,
    )


def _cost(price: Money | None, missing: int, orders: tuple[OrderState, ...]) -> Cost | None:
    """From the missing units alone to the whole of the orders that hold them, when they are in one currency."""
    totals = [order.total for order in orders]
    units = price.times(missing) if price else None
    currencies = {money.currency for money in (*totals, *([units] if units else ()))}
    if len(currencies) != 1:
        return None
    currency = currencies.pop()
    whole = Money(sum(total.minor for total in totals), currency)
    low, high = sorted((units or whole, whole if totals else units or whole), key=lambda money: money.minor)
    formula = say("From the missing units at their price to the whole of the newest orders that hold them")
    return Cost(MoneyRange(low, high), formula) if high.minor > 0 else None


def _views(facts: Facts, position: Position, missing: int, orders: tuple[OrderState, ...]) -> dict[str, View]:
    short = say(counted(missing, "unit"), " are ordered that do not exist")
    figures = (("On hand", on_hand(position)), ("Inbound", on_order(position, facts.now)))
    holds = say("holds ", _names(orders), " and ") if orders else ()
    held = say(holds, "finds or orders ", counted(missing, "unit"))
    views = {"warehouse": View(short, Step(held, within=timedelta(hours=2)), figures)}
    if orders:
        refunds = say("decides refund or wait for ", _names(orders))
        exposed = say(counted(len(orders), "order"), " may have to be refunded")
        views["finance"] = View(exposed, Step(refunds, within=timedelta(hours=24)))
    running = next((campaign for campaign in facts.campaigns if runs(campaign, facts.now)), None)
    if running:
        selling = say(running.name, " still promotes it")
        views["marketing"] = View(selling, Step(say("takes it out of ", running.name), within=timedelta(hours=2)))
    return views


def _names(orders: tuple[OrderState, ...]) -> Line:
    named = join([say(ShopText(order.number)) for order in orders[:_NAMED_IN_STEP]])
    rest = len(orders) - _NAMED_IN_STEP
    return say(named, f" and {rest} more") if rest > 0 else named


def _order(order: OrderState) -> Line:
    return say(ShopText(order.number), ", placed ", Moment(order.placed), ", ", order.total)

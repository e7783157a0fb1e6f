"""Tells when one order took so much of a SKU's stock that the rest no longer lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.demand import DEFAULT_LEAD_DAYS, cover
from bot.core.events import ItemSold, StockChanged, StockReceived, Tick
from bot.core.facts import AlertsOpen, Latest, LevelBefore, Now, PositionOf, Today, ask
from bot.core.handlers import rule
from bot.core.known import AlertLine, Position
from bot.core.parts import Line, Quantity, Share, ShopText, say
from bot.core.stock import counted, in_days, lasts, memory, name, on_hand, on_order, stock_of
from bot.core.verdict import Clear, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The stock before and after, and the newest order of the SKU."""

    position: Position | None = ask(PositionOf())
    before: int | None = ask(LevelBefore())
    order: ItemSold | None = ask(Latest(ItemSold))
    alerts: tuple[AlertLine, ...] = ask(AlertsOpen(about_subject=True))
    now: datetime = ask(Now())
    today: date = ask(Today())


_SOON_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Drop:
    """An order and the stock held before it and after it."""

    order: ItemSold
    held: int
    left: int


@rule(about="sku")
def big_order(
    event: ItemSold | StockChanged | StockReceived | Tick,
    facts: Facts,
    *,
    share: float = 0.5,
    least_held: int = 10,
    lead_days: float = DEFAULT_LEAD_DAYS,
    hours: float = 24.0,
) -> Verdict:
    """Fires when one order took a large part of a SKU's stock and what is left lasts less than the lead time.

    Platforms tell the order and the new stock in either order; both are understood. It clears after a day, or when
    stock is received.

    - share: the part of the stock held before that one order must take.
    - least_held: stock below which even a small order is a large part, and nothing is told.
    - lead_days: days from order to arrival, where the SKU's own receipts do not tell.
    - hours: after so many hours it clears by itself.
    """
    if isinstance(event, StockReceived):
        return Clear(say("Stock was received"), say("+", counted(event.quantity, "unit"), " received"))
    if isinstance(event, Tick):
        return _aged(facts, timedelta(hours=hours))
    drop = _drop(event, facts)
    if facts.position is None or drop is None:
        return Quiet(say("No single order explains the stock's change"))
    if drop.held < least_held:
        return Quiet(say("So few units were held that any order is a large part"))
    if drop.order.quantity < share * drop.held:
        return Quiet(say("No order took as much as ", Share(share), " of the stock"))
    lead = facts.position.lead_days if facts.position.lead_days is not None else lead_days
    return _judge(facts, facts.position, drop, lead)


def _aged(facts: Facts, age: timedelta) -> Verdict:
    opened = next((alert.opened_at for alert in facts.alerts if alert.rule == "big_order"), None)
    if opened is not None and facts.now - opened >= age:
        left = stock_of(facts.position) if facts.position else None
        hand = say(": ", Quantity(left), " on hand") if left is not None else ()
        return Clear(say("It was told long enough ago"), say("No stock was received since", hand))
    return Quiet(say("Nothing was ordered"))


def _drop(event: ItemSold | StockChanged, facts: Facts) -> _Drop | None:
    """The order and the stock around it.

    With a new stock level the newest order counts when the level fell by exactly its quantity, soon after it. An order
    that is told after its level is judged at once; one that is told before it waits for the level.
    """
    available = stock_of(facts.position) if facts.position else None
    if available is None:
        return None
    fell = (facts.before or 0) - available
    if isinstance(event, ItemSold):
        told = facts.position.as_of if facts.position else None
        return _Drop(event, available + event.quantity, available) if told and told >= event.at else None
    order = facts.order
    if order is None or fell != order.quantity or abs(event.at - order.at) > _SOON_AFTER:
        return None
    return _Drop(order, available + fell, available)


def _judge(facts: Facts, position: Position, drop: _Drop, lead: float) -> Verdict:
    if drop.left <= 0:
        return Quiet(say("The order took all there was, which out_of_stock or oversold tells"))
    demand = memory(position, facts.today)
    after = cover(demand, drop.left)
    if after is None or after.days >= lead:
        return Quiet(say("What is left still lasts longer than the lead time"))
    pace = demand.rate()
    fell = say("Cover fell from ", in_days(drop.held / pace), " to ", in_days(after.days))
    figures = (
        ("On hand", on_hand(position)),
        ("Cover", lasts(after)),
        ("Inbound", on_order(position, facts.now)),
        ("Order", say(ShopText(drop.order.number), ", ", drop.order.amount)),
    )
    step = Step(
        say("checks that the order is genuine and that the rest can still be shipped"), within=timedelta(hours=24)
    )
    return Fire(
        reason=say("One order took a large part of the stock, and the rest does not last the lead time"),
        severity=Severity.MEDIUM,
        title=_title(drop, name(position.sku, position.title)),
        views={"warehouse": View(fell, step, figures)},
        as_of=position.as_of,
    )


def _title(drop: _Drop, what: Line) -> Line:
    took = say(Quantity(drop.order.quantity), " of ", Quantity(drop.held), " ")
    return say("Order ", ShopText(drop.order.number), " took ", took, what)

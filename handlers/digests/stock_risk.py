"""What is likely to run out, and what was out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.core import compare
from bot.core import stock as reckon
from bot.core.demand import cover
from bot.core.facts import DayTotals, Now, OrdersWaiting, PositionsAtRisk, Today, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import DayTotal, OrderState, Position
from bot.core.message import Block, Chart, Figures, Heading, Table
from bot.core.parts import Duration, Line, Quantity, Share, say
from bot.core.subject import Subject

_MOST_ROWS = 10


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())
    today: date = ask(Today())
    at_risk: tuple[Position, ...] = ask(PositionsAtRisk())
    waiting: tuple[OrderState, ...] = ask(OrdersWaiting())
    units: tuple[DayTotal, ...] = ask(DayTotals("units"))
    shipped: tuple[DayTotal, ...] = ask(DayTotals("shipped"))
    shipped_before: tuple[DayTotal, ...] = ask(DayTotals("shipped", weeks_before=4))
    stockouts: tuple[DayTotal, ...] = ask(DayTotals("stockouts"))
    received: tuple[DayTotal, ...] = ask(DayTotals("received"))


@section(departments=("warehouse",), order=10)
def stock_risk(period: Period, facts: Facts, *, probability: float = 0.3, margin_days: float = 3.0) -> Entry | None:
    """What will probably run out within its lead time, orders waiting, shipments and receipts.

    - probability: the chance of running out from which a SKU counts.
    - margin_days: days beyond the lead time that are looked at.
    """
    risky = [
        (chance, position)
        for position in facts.at_risk
        if (chance := _chance(position, facts, margin_days)) >= probability
    ]
    risky.sort(key=lambda each: -each[0])
    blocks: list[Block] = []
    if risky:
        blocks.append(_table(risky, facts))
    labels, values = compare.weekdays(period), compare.by_day(period, facts.units)
    if any(values):
        twin = compare.highest(labels, values, compare.units)
        blocks += [Heading("The period"), Figures(_figures(period, facts))]
        blocks.append(Chart("Units ordered by day", "bar", labels, (("Units", values),), "units", twin))
    headline = (say(reckon.counted(len(risky), "SKU"), " at risk"),) if risky else ()
    return Entry(tuple(blocks), headline, decisions=len(risky)) if blocks else None


def _chance(position: Position, facts: Facts, margin: float) -> float:
    """What is out already cannot run out."""
    if not position.available or position.available <= 0:
        return 0.0
    return reckon.chance_within_lead(position, facts.today, facts.now, margin)


def _table(risky: list[tuple[float, Position]], facts: Facts) -> Table:
    rows = tuple(_row(chance, position, facts) for chance, position in risky[:_MOST_ROWS])
    return Table(
        "Likely to run out within the lead time",
        ("SKU", "Product", "On hand", "Sells", "Cover", "Chance"),
        rows,
        numeric=(2,),
    )


def _row(chance: float, position: Position, facts: Facts) -> tuple[Line, ...]:
    demand = reckon.memory(position, facts.today)
    lasting = cover(demand, position.available or 0)
    return (
        say(Subject("sku", position.sku)),
        say(position.title or "–"),
        say(Quantity(position.available or 0)),
        say(reckon.a_day(demand.rate())),
        reckon.lasts(lasting) if lasting else say("–"),
        say(Share(chance)),
    )


def _figures(period: Period, facts: Facts) -> tuple[tuple[str, Line], ...]:
    shipped = compare.trend(period, facts.shipped, facts.shipped_before)
    oldest = (facts.now - facts.waiting[0].placed).total_seconds() if facts.waiting else 0.0
    waiting = say(Quantity(len(facts.waiting)), ", the oldest for ", Duration(oldest)) if facts.waiting else say("none")
    return (
        ("Shipped", compare.told(shipped, compare.units)),
        ("Orders waiting", waiting),
        ("Received", say(Quantity(sum(day.value for day in facts.received), "units"))),
        ("Stock-outs", say(Quantity(sum(day.value for day in facts.stockouts)))),
    )

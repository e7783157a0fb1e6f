"""A small shop to decide on, and verdicts read as plain words, so that a test's table is sentences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.demand import Demand, advance, sold
from bot.core.events import ItemSold, StockChanged, StockReceived, Tick
from bot.core.known import AlertLine, Campaign, Inbound, Level, Position
from bot.core.money import Money
from bot.core.parts import Duration, Line, Moment, MoneyRange, Part, Person, Quantity, Share, ShopText, Text
from bot.core.settings import Shop
from bot.core.subject import Subject
from bot.core.verdict import Clear, Fire, Quiet, Verdict

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""A Monday morning."""
TODAY = date(2026, 3, 2)
SHOP = Shop("eu", "Example Shop", "EUR", ZoneInfo("Europe/Berlin"))
TICK = Tick(shop="eu", at=NOW)
STOCK = StockChanged(shop="eu", source="shopify", at=NOW, sku="HOODIE-M", available=0)
RECEIVED = StockReceived(shop="eu", source="erp", at=NOW, sku="HOODIE-M", quantity=50)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def eur(major: float) -> Money:
    return Money(round(major * 100), "EUR")


def pace(a_day: float, known: int = 60) -> Demand:
    """A SKU that sold ``a_day`` units on each of the ``known`` days before today."""
    state = Demand(day=TODAY - timedelta(days=known))
    for number in range(known):
        state = sold(state, TODAY - timedelta(days=known - number), a_day)
    return advance(state, TODAY)


def position(available: int | None = 40, demand: Demand | None = None, **changes: Any) -> Position:
    """Blue Hoodie M, 10 a day, EUR 30, all of it in Berlin."""
    told: dict[str, Any] = {
        "sku": "HOODIE-M",
        "title": ShopText("Blue Hoodie M"),
        "levels": (Level("Berlin", available, NOW - hours(1), "shopify"),),
        "demand": demand or pace(10),
        "price": eur(30),
        "lead_days": 7.0,
    }
    return Position(**(told | changes))


def promise(quantity: int, in_days: float, reference: str = "PO-7") -> Inbound:
    return Inbound(quantity, NOW + days(in_days), reference)


def campaign(starts_in: float = 5, lasts: float | None = 7, status: str = "scheduled", **changes: Any) -> Campaign:
    """Spring Sale with the hoodie."""
    starts = NOW + days(starts_in)
    told: dict[str, Any] = {
        "campaign": "c-1",
        "name": ShopText("Spring Sale"),
        "status": status,
        "starts": starts,
        "ends": None if lasts is None else starts + days(lasts),
        "channel": "email",
        "skus": ("HOODIE-M",),
        "uplift": None,
        "at": NOW - hours(2),
    }
    return Campaign(**(told | changes))


def sale(quantity: int = 1, at: datetime = NOW) -> ItemSold:
    return ItemSold(
        shop="eu",
        source="shopify",
        at=at,
        sku="HOODIE-M",
        quantity=quantity,
        amount=eur(30 * quantity),
        order="o-1",
        number="#1001",
    )


def opened(rule: str, ago: timedelta) -> AlertLine:
    return AlertLine(1, rule, "sku:HOODIE-M", "firing", "high", (), "warehouse", None, NOW - ago, None, None, None)


_WORDS: dict[type[Any], Callable[[Any], str]] = {
    Text: lambda part: part.text,
    ShopText: lambda part: part.text,
    Quantity: lambda part: f"{part.value:.{part.digits}f} {part.unit}".strip(),
    Money: lambda part: f"{part.decimal()} {part.currency}",
    MoneyRange: lambda part: f"{part.low.decimal()} to {part.high.decimal()} {part.high.currency}",
    Share: lambda part: f"{part.value:.0%}",
    Moment: lambda part: f"{part.at:%a %d %b}" if part.show == "day" else f"{part.at:%a %d %b %H:%M}",
    Duration: lambda part: f"{part.seconds / 3600:g} h",
    Subject: lambda part: part.id,
    Person: lambda part: f"@{part.id}",
}


def words(line: Line) -> str:
    """A line as it reads."""
    return "".join(word(part) for part in line)


def word(part: Part) -> str:
    return _WORDS[type(part)](part)


def told(verdict: Verdict) -> str:
    """A verdict as one sentence: its severity and title, or the reason for silence."""
    match verdict:
        case Fire():
            return f"{verdict.severity.name} {words(verdict.title)}"
        case Clear(reason, note):
            return f"clear: {words(note or reason)}"
        case Quiet(reason):
            return f"quiet: {words(reason)}"


def story(verdict: Verdict) -> dict[str, str]:
    """All that a fire says, by its place in the message."""
    assert isinstance(verdict, Fire)
    lines = {"title": words(verdict.title), "reason": words(verdict.reason), "severity": verdict.severity.name}
    for department, view in verdict.views.items():
        lines[f"{department} impact"] = words(view.impact)
        lines[f"{department} step"] = words(view.step.what)
        lines |= {f"{department} {label}": words(line) for label, line in view.fields}
    if verdict.cost:
        lines["cost"] = words((verdict.cost.amount,))
        lines["formula"] = words(verdict.cost.formula)
    return lines | {f"detail {number}": words(line) for number, line in enumerate(verdict.details)}

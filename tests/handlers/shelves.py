"""Stock positions and lines of text that the tests of commands and digest sections start from."""

from __future__ import annotations

from datetime import date, timedelta

from bot.core.demand import Demand, advance, sold
from bot.core.known import AlertLine, Campaign, Inbound, Level, Position
from bot.core.message import Block, Bullets, Figures, Message, Paragraph, Table
from bot.core.money import Money
from bot.core.parts import Line, Moment, Person, Quantity, ShopText, Text, say
from bot.core.subject import Subject
from tests.core.samples import NOW

TODAY = date(2026, 11, 23)


def pace(units_a_day: float, days: int = 28) -> Demand:
    """A memory of ``days`` even days."""
    demand = Demand(day=TODAY - timedelta(days=days))
    for ago in range(days, 0, -1):
        demand = sold(demand, TODAY - timedelta(days=ago), units_a_day)
    return advance(demand, TODAY)


def position(sku: str = "HOODIE-M", stock: int | None = 40, a_day: float = 10, inbound: int = 0) -> Position:
    """A SKU with its stock in Berlin and its pace."""
    promised = (Inbound(inbound, NOW + timedelta(days=2), "PO-1"),) if inbound else ()
    title, price = ShopText(f"The {sku.lower()}"), Money(5900, "EUR")
    return Position(sku, title, (Level("Berlin", stock, NOW),), pace(a_day), promised, price, committed=3)


def campaign(*skus: str, days: float = 3, lasts: float | None = 4, uplift: float | None = 3.0) -> Campaign:
    """A campaign that starts in ``days`` and runs for ``lasts``."""
    starts = NOW + timedelta(days=days)
    ends = starts + timedelta(days=lasts) if lasts is not None else None
    return Campaign("c1", ShopText("Spring Sale"), "scheduled", starts, ends, "e-mail", skus, uplift, NOW)


def alert(number: int, person: str | None = None, subject: str = "HOODIE-M", **changes: object) -> AlertLine:
    """A line of the list of alerts."""
    fields: dict[str, object] = {
        "number": number, "rule": "low_stock", "subject": subject, "state": "firing", "severity": "HIGH",
        "title": say("Hoodie runs out"), "department": "warehouse", "person": person, "opened_at": NOW,
        "due_at": None, "cost_minor": 210_000, "cost_currency": "EUR",
    }  # fmt: skip
    return AlertLine(**(fields | changes))  # type: ignore[arg-type]


def words(line: Line) -> str:
    """A line as a reader of a test sees it: text as it is, «shop text», figures as numbers, other parts by kind."""
    return "".join(_shown(part) for part in line)


def _shown(part: object) -> str:
    match part:
        case Text(text=text):
            return text
        case ShopText(text=text):
            return f"«{text}»"
        case Subject(id=text):
            return text
        case Person(id=text):
            return f"@{text}"
        case Quantity(value=value, unit=unit):
            return f"{value:g} {unit}".strip()
        case Money(minor=minor, currency=currency):
            return f"{minor / 100:g} {currency}"
        case Moment():
            return "<moment>"
        case _:
            return f"<{getattr(part, 'kind', part)}>"


def spoken(message: Message) -> list[str]:
    """Every line of a message's blocks, in order."""
    return [words(line) for block in message.blocks for line in lines(block)]


def lines(block: Block) -> list[Line]:
    """The lines of one block."""
    match block:
        case Paragraph(line=line):
            return [line]
        case Bullets(lines=listed):
            return list(listed)
        case Figures(figures=figures):
            return [say(f"{label}: ", line) for label, line in figures]
        case Table(rows=rows):
            return [say(*(part for cell in row for part in (cell, " | "))) for row in rows]
        case _:
            return []

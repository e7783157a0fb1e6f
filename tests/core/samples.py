"""Values that several of the core's tests start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.advance import Seat, advance
from bot.core.alerts import Alert
from bot.core.money import Money
from bot.core.parts import MoneyRange, say
from bot.core.settings import Department, House, Shop
from bot.core.subject import Subject
from bot.core.verdict import Cost, Fire, Severity, Step, View

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SKU = Subject("sku", "HOODIE-M")
SHOP = Shop("demo", "Demo shop", "EUR", ZoneInfo("Europe/Berlin"))
SEAT = Seat(1042, "demo", "low_stock", SKU)
COST = Cost(MoneyRange(Money(210_000, "EUR"), Money(340_000, "EUR")), say("units short times price"))


def fire(severity: Severity = Severity.HIGH, title: str = "Hoodie runs out", **changes: object) -> Fire:
    """A verdict that fires, with a warehouse and a marketing view."""
    fields: dict[str, object] = {
        "reason": say("it sells fast"),
        "severity": severity,
        "title": say(title),
        "views": {
            "warehouse": View(
                say("About 340 units short."),
                Step(say("confirms the expedite"), within=timedelta(hours=4)),
                (("On hand", say("410")), ("Cover", say("4.4 d"))),
            ),
            "marketing": View(
                say("The sale will miss it."), Step(say("decides on a swap")), (("Cover", say("4.4 d")),)
            ),
        },
        "cost": COST,
    }
    return Fire(**(fields | changes))  # type: ignore[arg-type]


def opened(severity: Severity = Severity.HIGH, now: datetime = NOW) -> Alert:
    """An alert that has just opened."""
    alert = advance(None, fire(severity), SEAT, now).alert
    assert alert is not None
    return alert


def house(*departments: Department, **changes: object) -> House:
    """A house with the demo shop and the given departments, or the usual three."""
    usual = tuple(Department(name, f"#{name}") for name in ("marketing", "finance", "warehouse"))
    named = {department.name: department for department in departments or usual}
    return House({"demo": SHOP}, named, **changes)  # type: ignore[arg-type]

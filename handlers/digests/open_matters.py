"""What is still open, who has it, and what came of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bot.core.facts import AlertsOpen, AlertsOpened, Now, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import AlertLine
from bot.core.message import Block, Bullets, Figures, Heading
from bot.core.money import Money
from bot.core.parts import Duration, Line, Person, Quantity, say
from bot.core.stock import counted

_MOST_LISTED = 5


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())
    open: tuple[AlertLine, ...] = ask(AlertsOpen())
    opened: tuple[AlertLine, ...] = ask(AlertsOpened())


@section(departments=("operations",), order=5)
def open_matters(period: Period, facts: Facts) -> Entry | None:
    """The worst open alerts with their holder and age, how many were opened in the period and how fast they ended."""
    if not facts.open and not facts.opened:
        return None
    blocks: list[Block] = [Heading("Open matters"), Figures(_figures(facts))]
    if facts.open:
        blocks.append(Bullets(tuple(_matter(alert, facts.now) for alert in facts.open[:_MOST_LISTED])))
    nobody = sum(alert.person is None for alert in facts.open)
    headline = (say(counted(nobody, "open matter"), " that nobody has taken"),) if nobody else ()
    return Entry(tuple(blocks), headline, decisions=nobody)


def _figures(facts: Facts) -> tuple[tuple[str, Line], ...]:
    took = [alert.resolved_at - alert.opened_at for alert in facts.opened if alert.resolved_at]
    usual = say(Duration(median(span.total_seconds() for span in took))) if took else say("none resolved yet")
    return (
        ("Open now", say(Quantity(len(facts.open)))),
        ("Opened in the period", say(Quantity(len(facts.opened)))),
        ("Median time to resolve", usual),
    )


def _matter(alert: AlertLine, now: datetime) -> Line:
    cost = (
        say(" · ", Money(alert.cost_minor, alert.cost_currency), " at risk")
        if alert.cost_minor and alert.cost_currency
        else ()
    )
    holder = say(Person(alert.person)) if alert.person else say(alert.department)
    age = Duration((now - alert.opened_at).total_seconds())
    return say(f"A-{alert.number} {alert.severity.upper()} · ", alert.title, cost, " · ", holder, ", open for ", age)

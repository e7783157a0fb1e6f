"""How often a channel is interrupted on one day, and the one live post that tells of whatever exceeds that.

New messages and calls spend the budget, edits do not. What is critical is always told, and so is what somebody took or
what would be too dear to wait with; none of these is refused for want of a budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.core.alerts import Alert, Change
from bot.core.message import Bullets, Footer, Heading, Message, Paragraph
from bot.core.mute import calls_people
from bot.core.parts import Line, say
from bot.core.settings import Department, House, QuietHours
from bot.core.verdict import Severity

MOST_NAMED = 10


def local_day(department: Department, house: House, at: datetime) -> date:
    """The department's calendar day at a moment: by the zone of its hours, of its quiet hours, or of the first shop."""
    return at.astimezone(_zone(department, house)).date()


def _zone(department: Department, house: House) -> ZoneInfo:
    if department.hours is not None:
        return department.hours.zone
    if isinstance(department.quiet, QuietHours):
        return department.quiet.zone
    return next(iter(house.shops.values())).zone


def free(alert: Alert, woken: bool) -> bool:
    """Whether an alert is told without asking the budget and without spending any of it."""
    return woken or alert.severity is Severity.CRITICAL or alert.exercise is not None


def stays(alert: Alert, change: Change) -> bool:
    """Whether an alert that is in a day's summary stays there: until somebody takes it or must look at it again."""
    return alert.holder.person is None and not calls_people(change)


def affordable(alert: Alert, spent: int, budget: int) -> bool:
    """Whether it is told now. What somebody took is theirs to see, whatever was spent."""
    return spent < budget or alert.holder.person is not None


def exceeded(day: date) -> str:
    """Why an alert is told in the summary alone."""
    return f"the channel's budget for {day.isoformat()} is spent, so it is in the summary of that day"


def summary(alerts: Sequence[Alert], house: House, day: date) -> Message:
    """What exceeded the budget of a day: how many, the worst by the money at stake, and how many of them are over."""
    over = sum(alert.state == "resolved" for alert in alerts)
    count = f"+{len(alerts)} more today" if alerts else "Nothing more today"
    count = f"{count} ({day.isoformat()})"
    ended = f", {over} of them over" if over else ""
    line = say(f"{count}{ended}: beyond what this channel is interrupted for.")
    if not alerts:
        return Message(line, (Paragraph(say("Whatever exceeded the budget has a message of its own by now.")),))
    worst = sorted(alerts, key=lambda alert: _rank(alert, house))
    left = len(worst) - MOST_NAMED
    more = (Footer(say(f"+{left} more")),) if left > 0 else ()
    named = Bullets(tuple(map(_named, worst[:MOST_NAMED])))
    beyond = Paragraph(say(f"Beyond what this channel is interrupted for{ended}, the dearest first."))
    return Message(say(line, " Worst: ", _named(worst[0])), (Heading(count), beyond, named, *more))


def _rank(alert: Alert, house: House) -> tuple[bool, bool, bool, str, int, int, int]:
    """What stands before what is over, the dearest first. Amounts of different currencies are not compared: those in
    the shop's own come first, then currency by currency, then what has no amount."""
    cost = alert.fire.cost.amount.high if alert.fire.cost else None
    currency, minor = (cost.currency, cost.minor) if cost else ("", 0)
    shop = house.shops.get(alert.shop)
    foreign = shop is None or currency != shop.currency
    return alert.state == "resolved", cost is None, foreign, currency, -minor, -alert.severity, alert.number


def _named(alert: Alert) -> Line:
    cost = say(" · ", alert.fire.cost.amount, " at risk") if alert.fire.cost else ()
    state = "RESOLVED" if alert.state == "resolved" else alert.severity.name
    return say(f"{alert.name} {state} · ", alert.fire.title if _nameless(alert) else alert.rule, cost)


def _nameless(alert: Alert) -> bool:
    """Whether its title names nobody's order: when a customer is to be forgotten, nobody looks for it in a summary."""
    return alert.subject.about in ("sku", "campaign", "payment_method", "payout", "source")

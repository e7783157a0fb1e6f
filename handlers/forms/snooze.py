"""The form in which a matter is put to rest until something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from bot.core.alerts import LONGEST_SNOOZE, rests_until, snoozed
from bot.core.calendar import next_start
from bot.core.facts import NoFacts
from bot.core.forms import Choice, Number, Sent, When, Wrong, asked, form
from bot.core.handlers import Acted
from bot.core.parts import Moment, say

_UNTIL = (
    ("hours", "Some hours have passed"),
    ("moment", "A moment"),
    ("working_hours", "Its department's next working hours"),
    ("worse", "It gets worse"),
)
_DAYS = LONGEST_SNOOZE.days
T = TypeVar("T")


@dataclass(frozen=True)
class Pause:
    """What is asked."""

    until: str = asked(Choice(label="Until", options=_UNTIL))
    hours: float | None = asked(Number(label="Hours", optional=True, least=0.25, most=24 * _DAYS, decimals=True))
    moment: datetime | None = asked(When(label="Moment", optional=True, hint=f"{_DAYS} days from now at the latest."))


@form(title="Snooze", submit="Snooze", on_alert=True, states=("firing", "acknowledged", "snoozed"))
def snooze(answers: Pause, sent: Sent, facts: NoFacts) -> Acted:
    """The matter stays quiet for some hours, until a moment, until the department that holds it works again, or until
    it gets worse.

    Whatever it was put to rest for, it comes back when it gets worse, and after 30 days at the latest.
    """
    until = _end(answers, sent)
    if until is not None and until <= sent.now:
        raise Wrong({"moment": say("That is over.")})
    if until is not None and until > sent.now + LONGEST_SNOOZE:
        raise Wrong({"moment": say("That is too far ahead: ", Moment(sent.now + LONGEST_SNOOZE), " is the latest.")})
    resting = snoozed(sent.on, until, sent.person, sent.now)
    return Acted(resting, "snoozed", say("until ", rests_until(resting)))


def _end(answers: Pause, sent: Sent) -> datetime | None:
    """The moment at which it is over, None for when it gets worse."""
    match answers.until:
        case "hours":
            return sent.now + timedelta(hours=_given("hours", answers.hours))
        case "moment":
            return _given("moment", answers.moment)
        case "working_hours":
            return _next_working_hours(sent)
        case _:
            return None


def _given(field: str, value: T | None) -> T:
    if value is None:
        raise Wrong({field: say("This is needed.")})
    return value


def _next_working_hours(sent: Sent) -> datetime:
    name = sent.on.holder.department
    known = sent.house.departments.get(name)
    if known is None or known.hours is None:
        raise Wrong({"until": say(f"The config names no working hours of {name}, so it always works.")})
    return next_start(known.hours, sent.now)

"""What happens to a matter whose due time passes while nobody has ended it: a reminder, then wider and wider circles.

Each step is a slot like a digest's: named by the matter, its episode and its due time, taken once in the transaction
of what it posts, by whichever replica comes first. After a stop only the newest step that has passed is told, since it
says all that the earlier ones would have said; one told late says since when the matter is overdue. Steps count from
an instant, so no change of the clocks moves them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase

from bot.core.alerts import Alert
from bot.core.parts import Line, Moment, say
from bot.core.schedule import Slot
from bot.core.settings import Escalation

REMINDER = Escalation(timedelta(0))
"""At its due time whoever holds the matter hears of it, whatever the config says."""


@dataclass(frozen=True, slots=True)
class Step:
    """An escalation of one matter, and its slot."""

    escalation: Escalation
    slot: Slot


def steps(alert: Alert, escalations: Iterable[Escalation]) -> tuple[Step, ...]:
    """The steps of a matter in their order; none without a due time."""
    if alert.due_at is None:
        return ()
    meant = [REMINDER, *(each for each in escalations if _meant(each, alert))]
    return tuple(Step(each, _slot(alert, alert.due_at, each)) for each in sorted(meant, key=lambda each: each.after))


def _meant(escalation: Escalation, alert: Alert) -> bool:
    return fnmatchcase(alert.rule, escalation.rule) and alert.severity >= escalation.at_least


def _slot(alert: Alert, due: datetime, escalation: Escalation) -> Slot:
    at = due + escalation.after
    key = f"{due.isoformat()}+{int(escalation.after.total_seconds())}s/{escalation.to or 'holder'}"
    return Slot(f"alert/{alert.number}/{alert.episode}", key, at, date(at.year, at.month, at.day))


def passed(of: Iterable[Step], now: datetime) -> tuple[Step, ...]:
    """The steps whose time has come, oldest first."""
    return tuple(step for step in of if step.slot.due <= now)


def next_at(of: Iterable[Step], now: datetime) -> datetime | None:
    """When the next step comes (aware UTC), or None when none is left."""
    return min((step.slot.due for step in of if step.slot.due > now), default=None)


def told(alert: Alert, newest: Step, circle: Iterable[Step]) -> tuple[Alert, Line]:
    """The matter after its newest step, and the line for its log. Each department of ``circle``, the steps that have
    passed so far, sees it from now on."""
    departments = dict.fromkeys([*alert.escalated_to, *(step.escalation.to for step in circle if step.escalation.to)])
    seen = tuple(name for name in departments if name not in alert.fire.views)
    after = replace(alert, version=alert.version + 1, escalated_to=seen)
    since = say("due at ", Moment(alert.due_at)) if alert.due_at else ()
    return after, say(since, f"; told {newest.escalation.to or alert.holder.department}")

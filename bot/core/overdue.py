"""What happens to a matter that nobody ends: a reminder at its due time, then wider circles; and a hold lapses.

Each step is a slot like a digest's: named by the matter, its episode and its due time, taken once in the transaction
of what it posts, by whichever replica comes first. After a stop only the newest step that has passed is told, since it
says all that the earlier ones would have said and calls everybody whom they would have called; one told late says since
when the matter is overdue. Steps count from an instant, so no change of the clocks moves them; those that count working
time are reckoned as due times are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Literal

from bot.core.alerts import Alert, given_back
from bot.core.calendar import deadline
from bot.core.parts import Line, Moment, called, say
from bot.core.schedule import Slot
from bot.core.settings import Escalation, House

REMINDER = Escalation(timedelta(0))
"""At its due time whoever holds the matter hears of it, whatever the config says."""

WARNED = timedelta(hours=1)
"""So long before a hold lapses its holder hears of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to a matter at its slot's time: ``to`` is the department that hears of it from then on, or the Slack
    id of whom it calls; "" stands for whoever holds it."""

    what: Literal["overdue", "lapsing", "lapsed"]
    slot: Slot
    to: str = ""


def steps(alert: Alert, house: House) -> tuple[Step, ...]:
    """The steps of a matter in their order; an exercise has none, since it ends by itself."""
    if alert.exercise is not None:
        return ()
    return tuple(sorted([*_overdue(alert, house), *_lapse(alert, house.lapse)], key=lambda step: step.slot.due))


def _overdue(alert: Alert, house: House) -> Iterator[Step]:
    """None without a due time. A slot is named by the time that was given and not by its end, which moves with the
    hours of whoever holds the matter."""
    if alert.due_at is None:
        return
    for each in (REMINDER, *(each for each in house.escalations if _meant(each, alert))):
        named = f"{alert.due_at.isoformat()}+{int(each.after.total_seconds())}s/{each.to or 'holder'}"
        yield Step("overdue", _slot(alert, named, _end(alert, alert.due_at, each, house)), each.to or "")


def _end(alert: Alert, due: datetime, escalation: Escalation, house: House) -> datetime:
    if escalation.counted == "always":
        return due + escalation.after
    return deadline(house)(alert.holder.department, due, escalation.after)


def _meant(escalation: Escalation, alert: Alert) -> bool:
    return fnmatchcase(alert.rule, escalation.rule) and alert.severity >= escalation.at_least


def _lapse(alert: Alert, lapse: timedelta | None) -> Iterator[Step]:
    """None while no person holds it."""
    if lapse is None or alert.taken_at is None:
        return
    taken = alert.taken_at.isoformat()
    if lapse > WARNED:
        yield Step("lapsing", _slot(alert, f"taken-{taken}/lapsing", alert.taken_at + lapse - WARNED))
    yield Step("lapsed", _slot(alert, f"taken-{taken}/lapsed", alert.taken_at + lapse))


def _slot(alert: Alert, key: str, at: datetime) -> Slot:
    return Slot(f"alert/{alert.number}/{alert.episode}", key, at, date(at.year, at.month, at.day))


def passed(of: Iterable[Step], now: datetime) -> tuple[Step, ...]:
    """The steps whose time has come, oldest first."""
    return tuple(step for step in of if step.slot.due <= now)


def next_at(of: Iterable[Step], now: datetime) -> datetime | None:
    """When the next step comes (aware UTC), or None when none is left."""
    return min((step.slot.due for step in of if step.slot.due > now), default=None)


def taken_by(alert: Alert, fresh: Sequence[Step], circle: Iterable[Step], now: datetime) -> tuple[Alert, Line]:
    """The matter after its ``fresh`` steps, oldest first, and the line for its log. Each department that ``circle``
    names, the steps that have passed so far, sees it from now on; members and user groups are called by the fresh ones
    alone; a hold that has lapsed is over."""
    told = [step.to for step in circle if step.to and called(step.to) is None]
    departments = dict.fromkeys([*alert.escalated_to, *told])
    people = tuple(dict.fromkeys(whom for step in fresh if (whom := called(step.to))))
    wider = replace(
        alert, escalated_to=tuple(name for name in departments if name not in alert.fire.views), called=people
    )
    if any(step.what == "lapsed" for step in circle):
        wider = given_back(wider, now)
    else:
        wider = replace(wider, version=alert.version + 1)
    return wider, _reason(alert, fresh[-1])


def _reason(alert: Alert, newest: Step) -> Line:
    match newest.what:
        case "overdue":
            due = say("due at ", Moment(alert.due_at), "; ") if alert.due_at else ()
            return say(due, "told ", called(newest.to) or newest.to or alert.holder.department)
        case "lapsing":
            return say("the hold lapses in an hour")
        case _:
            return say("held for too long without an end")

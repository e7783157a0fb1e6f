"""When digests are due: slots named by local wall time, exact over every change of the clocks.

A slot is one (schedule, local day, wall time, zone). Where the clocks skip the wall time the slot falls on the first
valid instant after the gap; where they repeat it, on the first of the two. Its key names no offset, so a day has one
slot whatever the clocks do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.handlers import Period
from bot.core.settings import Schedule

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LATE = timedelta(minutes=10)
"""A slot told later than this was missed: what is told then is marked late."""

LEAP = timedelta(minutes=10)
"""When the wall clock moves against a steady one by more than this, it was set and did not run."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a schedule is due: its key for ever, and the instant (aware UTC)."""

    schedule: str
    key: str
    due: datetime
    day: date


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (aware UTC) of a local wall time; in a gap the first valid instant after it."""
    local = datetime.combine(day, at, tzinfo=zone)
    back = local.astimezone(UTC).astimezone(zone)
    if back.replace(tzinfo=None) == local.replace(tzinfo=None):
        return local.astimezone(UTC)
    return _after_gap(local, zone)


def _after_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """The end of the gap that ``local`` lies in, found by halving between the offsets before and after it."""
    low = local.replace(fold=1).astimezone(UTC)
    high = local.replace(fold=0).astimezone(UTC)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def slots(schedule: Schedule, after: datetime, until: datetime) -> Iterator[Slot]:
    """The slots with after < due <= until, in order."""
    day = after.astimezone(schedule.zone).date() - timedelta(days=1)
    last = until.astimezone(schedule.zone).date() + timedelta(days=1)
    while day <= last:
        if WEEKDAYS[day.weekday()] in schedule.weekdays:
            due = instant(day, schedule.at, schedule.zone)
            if after < due <= until:
                yield Slot(schedule.name, slot_key(schedule, day), due, day)
        day += timedelta(days=1)


def slot_key(schedule: Schedule, day: date) -> str:
    """Such as ``2026-W48/Mon 09:00 Europe/Berlin``."""
    year, week, weekday = day.isocalendar()
    name = WEEKDAYS[weekday - 1].capitalize()
    return f"{year}-W{week:02d}/{name} {schedule.at:%H:%M} {schedule.zone.key}"


def next_slot(schedule: Schedule, after: datetime) -> Slot | None:
    """The first slot after a moment, within the next two weeks."""
    return next(slots(schedule, after, after + timedelta(days=14)), None)


def owed(schedule: Schedule, since: datetime, now: datetime, at_least: timedelta = timedelta(0)) -> tuple[Slot, ...]:
    """The slots to be told now, oldest first: those due after ``since`` that the schedule's policy does not give up.

    ``at_least`` is how far back they are owed whatever the schedule's ``max_age`` says.
    """
    max_age = timedelta(days=schedule.days) / 2 if schedule.max_age is None else schedule.max_age
    oldest = now - max(LATE if schedule.catch_up == "none" else max(max_age, LATE), at_least)
    due = tuple(slots(schedule, max(since, oldest), now))
    return due if schedule.catch_up == "all" else due[-1:]


def leapt(wall: timedelta, steady: float) -> bool:
    """Whether the wall clock was set: it moved by ``wall`` while one that nobody sets moved by ``steady`` seconds."""
    return abs(wall - timedelta(seconds=steady)) > LEAP


def period_before(day: date, days: int, zone: ZoneInfo) -> Period:
    """The ``days`` complete local days before ``day``."""
    start, names = day - timedelta(days=days), []
    for number in range(days):
        names.append((start + timedelta(days=number)).isoformat())
    midnight = time(0, 0)
    return Period(instant(start, midnight, zone), instant(day, midnight, zone), tuple(names))

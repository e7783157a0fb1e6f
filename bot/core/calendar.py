"""When a department works, and by when it must have acted: opening hours by local wall time, without holidays.

An opening belongs to the local day on which it begins and may end on the next one. Its ends are instants found as those
of schedules are, so they are exact over every change of the clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.core.alerts import Deadline
from bot.core.schedule import WEEKDAYS, instant
from bot.core.settings import House, WorkingHours

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """From ``start`` up to ``end`` (aware UTC) a department works."""

    start: datetime
    end: datetime


def is_open(hours: WorkingHours, now: datetime) -> bool:
    """Whether the department works at a moment; at the end of an opening it does not any more."""
    return next(openings(hours, now)).start <= now


def next_open(hours: WorkingHours, now: datetime) -> datetime:
    """The first moment from ``now`` on (aware UTC) at which the department works."""
    return max(next(openings(hours, now)).start, now)


def next_start(hours: WorkingHours, now: datetime) -> datetime:
    """When the department next begins to work (aware UTC), later than now."""
    return next(opening.start for opening in openings(hours, now) if opening.start > now)


def openings(hours: WorkingHours, after: datetime) -> Iterator[Opening]:
    """The openings that end after a moment, in order, without end. An opening that a change of the clocks swallows is
    left out."""
    day = after.astimezone(hours.zone).date() - _DAY
    while True:
        if WEEKDAYS[day.weekday()] in hours.weekdays and day not in hours.holidays:
            last = day if hours.start < hours.end else day + _DAY
            opening = Opening(instant(day, hours.start, hours.zone), instant(last, hours.end, hours.zone))
            if max(after, opening.start) < opening.end:
                yield opening
        day += _DAY


def due(hours: WorkingHours | None, since: datetime, within: timedelta) -> datetime:
    """When something is due that came up at ``since`` and is to be done ``within`` a time (aware UTC): a department's
    time runs only while it is open, and each whole day of it is over, at the latest, as far into the next opening as it
    began in the one before.

    So four hours from an hour before closing end three hours after the next opening, a day from Friday afternoon ends
    on Monday afternoon, and what comes up at night counts from the morning. Without hours time runs always.
    """
    if hours is None:
        return since + within
    days, rest = divmod(max(within, timedelta(0)), _DAY)
    ahead = openings(hours, since)
    first = next(ahead)
    offset = max(since - first.start, timedelta(0))
    for _ in range(days):
        first = next(ahead)
    start = min(first.start + offset, first.end)
    return _run(first, ahead, start, rest, offset)


def _run(opening: Opening, ahead: Iterator[Opening], start: datetime, rest: timedelta, offset: timedelta) -> datetime:
    """``rest``, less than a day, of open time after ``start``, which lies in ``opening``; no later than as far into the
    next opening."""
    if start + rest <= opening.end:
        return start + rest
    rest -= opening.end - start
    following = next(ahead)
    return min(following.start + min(rest, offset), following.end)


def deadline(house: House) -> Deadline:
    """By whose hours the due times of a house's alerts are reckoned: those of the department that holds them."""
    return partial(_deadline, house)


def _deadline(house: House, department: str, since: datetime, within: timedelta) -> datetime:
    known = house.departments.get(department)
    return due(known.hours if known else None, since, within)

"""When a department works, and when what it is asked to do is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.advance import advance
from bot.core.calendar import deadline, due, is_open, next_open, next_start, openings
from bot.core.parts import say
from bot.core.schedule import WEEKDAYS
from bot.core.settings import Department, WorkingHours
from bot.core.verdict import Step, View
from tests.core.samples import NOW, SEAT, fire, house

BERLIN = ZoneInfo("Europe/Berlin")
DEPOT = WorkingHours(
    ("mon", "tue", "wed", "thu", "fri"), time(7), time(16), BERLIN, frozenset({date(2026, 12, 25), date(2026, 12, 28)})
)
NIGHT_SHIFT = replace(DEPOT, start=time(22), end=time(6))
ALWAYS = WorkingHours(WEEKDAYS, time(0), time(0), BERLIN)


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        (DEPOT, "2026-11-23 06:59", "2026-11-23 07:00"),
        (DEPOT, "2026-11-23 07:00", None),
        (DEPOT, "2026-11-23 15:59", None),
        # At closing time it is closed.
        (DEPOT, "2026-11-23 16:00", "2026-11-24 07:00"),
        (DEPOT, "2026-11-27 16:00", "2026-11-30 07:00"),
        # Christmas on a Friday, and the Monday after it.
        (DEPOT, "2026-12-24 16:30", "2026-12-29 07:00"),
        # A night shift belongs to the day on which it begins: Friday's goes on until Saturday morning.
        (NIGHT_SHIFT, "2026-11-28 05:59", None),
        (NIGHT_SHIFT, "2026-11-28 06:00", "2026-11-30 22:00"),
        (NIGHT_SHIFT, "2026-12-25 23:00", "2026-12-29 22:00"),
        (ALWAYS, "2026-11-28 03:00", None),
        # The clocks go forward in the night of 29 March: seven o'clock is seven o'clock.
        (DEPOT, "2026-03-27 17:00", "2026-03-30 07:00"),
        # What lies in the hour that is left out opens when that hour is over.
        (replace(ALWAYS, start=time(2, 30), end=time(5)), "2026-03-29 01:00", "2026-03-29 03:00"),
    ],
)
def test_a_department_is_open_at_its_local_hours_and_else_opens_next(
    hours: WorkingHours, now: str, opens: str | None
) -> None:
    at = local(now)
    assert is_open(hours, at) == (opens is None)
    assert next_open(hours, at) == (local(opens) if opens else at)


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-11-23 06:00", "2026-11-23 07:00"),
        # Who works already begins next on the next working day.
        ("2026-11-23 07:00", "2026-11-24 07:00"),
        ("2026-11-27 12:00", "2026-11-30 07:00"),
        ("2026-11-28 12:00", "2026-11-30 07:00"),
    ],
)
def test_the_next_start_of_work_lies_ahead_also_for_who_is_at_work(now: str, start: str) -> None:
    assert next_start(DEPOT, local(now)) == local(start)


def test_an_opening_that_a_change_of_the_clocks_swallows_is_none() -> None:
    swallowed = replace(ALWAYS, start=time(2, 10), end=time(2, 50))
    assert next_open(swallowed, local("2026-03-28 12:00")) == local("2026-03-30 02:10")


@pytest.mark.parametrize(
    ("since", "within", "expected"),
    [
        ("2026-11-23 08:00", "4h", "2026-11-23 12:00"),
        ("2026-11-23 12:00", "4h", "2026-11-23 16:00"),
        # What is left at closing time goes on in the morning, over a weekend and holidays too.
        ("2026-11-23 15:00", "4h", "2026-11-24 10:00"),
        ("2026-11-27 15:00", "4h", "2026-11-30 10:00"),
        ("2026-12-24 15:00", "4h", "2026-12-29 10:00"),
        # What comes up while nobody works counts from the next opening.
        ("2026-11-23 21:00", "4h", "2026-11-24 11:00"),
        ("2026-11-28 09:00", "30m", "2026-11-30 07:30"),
        # A day is a working day, not so many hours at work.
        ("2026-11-23 15:00", "24h", "2026-11-24 15:00"),
        ("2026-11-27 15:00", "24h", "2026-11-30 15:00"),
        ("2026-11-27 15:00", "48h", "2026-12-01 15:00"),
        ("2026-11-28 09:00", "24h", "2026-12-01 07:00"),
        # Less than a day is never later than a day.
        ("2026-11-23 08:00", "23h", "2026-11-24 08:00"),
        ("2026-11-23 15:00", "28h", "2026-11-25 10:00"),
        # Nothing to wait for at all.
        ("2026-11-23 21:00", "0h", "2026-11-24 07:00"),
    ],
)
def test_time_runs_only_while_the_department_is_open(since: str, within: str, expected: str) -> None:
    number, unit = int(within[:-1]), within[-1]
    span = timedelta(hours=number) if unit == "h" else timedelta(minutes=number)
    assert due(DEPOT, local(since), span) == local(expected)


def test_a_shift_over_a_change_of_the_clocks_is_reckoned_in_true_hours() -> None:
    # From ten in the evening to six: nine hours when the clocks go back, seven when they go forward.
    sundays = replace(NIGHT_SHIFT, weekdays=WEEKDAYS)
    assert due(sundays, local("2026-10-24 22:00"), timedelta(hours=8, minutes=30)) == local("2026-10-25 05:30")
    assert due(sundays, local("2026-03-28 22:00"), timedelta(hours=6, minutes=30)) == local("2026-03-29 05:30")
    # A shorter night has no place for what would be its ninth hour: it is due when it ends.
    assert due(sundays, local("2026-03-28 05:30"), timedelta(hours=24)) == local("2026-03-29 06:00")


def test_an_alert_is_due_by_the_hours_of_the_department_that_holds_it() -> None:
    asleep = local("2026-11-23 21:00")
    reckoned = deadline(house(Department("warehouse", "#warehouse", hours=DEPOT), Department("marketing", "#m")))
    opened = advance(None, fire(), SEAT, asleep, reckoned).alert
    assert opened is not None
    assert opened.due_at == local("2026-11-24 11:00")
    others = deadline(house(Department("marketing", "#m")))
    plain = advance(None, fire(), SEAT, asleep, others).alert
    assert plain is not None
    assert plain.due_at == asleep + timedelta(hours=4)


def test_a_fixed_moment_is_nobodys_to_move() -> None:
    by = local("2026-11-28 12:00")
    closed = deadline(house(Department("warehouse", "#warehouse", hours=DEPOT)))
    view = {"warehouse": View(say("So."), Step(say("answers the bank"), within=timedelta(hours=4), by=by))}
    opened = advance(None, fire(views=view), SEAT, NOW, closed).alert
    assert opened is not None
    assert opened.due_at == by


HOURS = st.builds(
    WorkingHours,
    weekdays=st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(tuple),
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]).map(ZoneInfo),
    holidays=st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20),
)
# The nights in which the clocks change, and any other moment of that year.
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 3, 28, 12), datetime(2026, 3, 29, 12)),
    st.datetimes(datetime(2026, 10, 24, 12), datetime(2026, 10, 25, 12)),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
).map(lambda moment: moment.replace(tzinfo=UTC))
SPANS = st.timedeltas(timedelta(0), timedelta(days=9))


@given(HOURS, MOMENTS, SPANS)
def test_what_is_due_is_due_while_the_department_works(hours: WorkingHours, since: datetime, within: timedelta) -> None:
    when = due(hours, since, within)
    assert when >= since
    opening = next(each for each in openings(hours, since) if each.end >= when)
    assert opening.start <= when <= opening.end


@given(HOURS, MOMENTS, SPANS, st.timedeltas(timedelta(0), timedelta(days=2)), st.booleans())
def test_what_comes_up_later_or_may_take_longer_is_never_due_earlier(
    hours: WorkingHours, since: datetime, within: timedelta, more: timedelta, later: bool
) -> None:
    before = due(hours, since, within)
    assert due(hours, since + more, within) >= before if later else due(hours, since, within + more) >= before


@given(MOMENTS, SPANS)
def test_without_hours_nothing_changes(since: datetime, within: timedelta) -> None:
    assert due(None, since, within) == since + within


@given(HOURS, MOMENTS)
def test_openings_come_in_order_and_say_the_same_as_is_open(hours: WorkingHours, now: datetime) -> None:
    found = list(islice(openings(hours, now), 4))
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(now < opening.end and opening.start < opening.end for opening in found)
    assert is_open(hours, now) == (found[0].start <= now)
    assert is_open(hours, found[0].start)
    assert is_open(hours, next_open(hours, now))

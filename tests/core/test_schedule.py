"""When digests are due, over every change of the clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.schedule import LEAP, WEEKDAYS, instant, leapt, next_slot, owed, period_before, slot_key, slots
from bot.core.settings import CatchUp, Schedule

BERLIN = ZoneInfo("Europe/Berlin")
WEEKLY = Schedule("weekly", ("mon",), time(9), BERLIN, ("finance",))
DAILY = Schedule("daily", WEEKDAYS, time(2, 30), BERLIN, ("finance",), days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        ("2026-11-23", time(9), "Europe/Berlin", "2026-11-23 08:00"),
        ("2026-07-06", time(9), "Europe/Berlin", "2026-07-06 07:00"),
        # Half past two does not exist on the day the clocks go forward: the first valid instant is three o'clock.
        ("2026-03-29", time(2, 30), "Europe/Berlin", "2026-03-29 01:00"),
        # Half past two exists twice on the day they go back: the first one counts.
        ("2026-10-25", time(2, 30), "Europe/Berlin", "2026-10-25 00:30"),
        # Lord Howe moves its clocks by half an hour.
        ("2026-10-04", time(2, 15), "Australia/Lord_Howe", "2026-10-03 15:30"),
    ],
)
def test_a_local_time_is_one_instant(day: str, at: time, zone: str, expected: str) -> None:
    assert instant(date.fromisoformat(day), at, ZoneInfo(zone)) == utc(expected)


def test_a_slot_is_named_by_week_day_local_time_and_zone() -> None:
    assert slot_key(WEEKLY, date(2026, 11, 23)) == "2026-W48/Mon 09:00 Europe/Berlin"


def test_slots_are_those_after_one_moment_up_to_another() -> None:
    due = [slot.due for slot in slots(WEEKLY, utc("2026-11-16 08:00"), utc("2026-11-30 08:00"))]
    assert due == [utc("2026-11-23 08:00"), utc("2026-11-30 08:00")]


@pytest.mark.parametrize(
    ("catch_up", "down_for", "told"),
    [
        *[("latest", missed, 1) for missed in (1, 3, 30)],
        *[("all", missed, missed) for missed in (1, 3, 30)],
        *[("none", missed, 0) for missed in (1, 3, 30)],
    ],
)
def test_after_a_pause_the_policy_says_which_slots_are_told(catch_up: CatchUp, down_for: int, told: int) -> None:
    schedule = replace(DAILY, zone=ZoneInfo("UTC"), catch_up=catch_up, max_age=timedelta(days=40))
    last = utc("2026-11-23 02:30")
    found = owed(schedule, last - timedelta(days=down_for), last + timedelta(hours=1))
    assert [slot.due for slot in found] == [last - timedelta(days=ago) for ago in range(told - 1, -1, -1)]


@pytest.mark.parametrize(
    ("schedule", "late", "told"),
    [
        # Left out, the age is half of what is summed up: of a week three days and a half, of a day twelve hours.
        (WEEKLY, timedelta(days=3, hours=12) - timedelta(seconds=1), True),
        (WEEKLY, timedelta(days=3, hours=12), False),
        (replace(WEEKLY, days=1), timedelta(hours=11, minutes=59), True),
        (replace(WEEKLY, days=1), timedelta(hours=12), False),
        (replace(WEEKLY, max_age=timedelta(hours=2)), timedelta(minutes=119), True),
        (replace(WEEKLY, max_age=timedelta(hours=2)), timedelta(hours=2), False),
        # Whatever the policy is, a tick that comes some minutes late is in time.
        (replace(WEEKLY, max_age=timedelta(0)), timedelta(minutes=9), True),
        (replace(WEEKLY, catch_up="none"), timedelta(minutes=9), True),
        (replace(WEEKLY, catch_up="none"), timedelta(minutes=10), False),
        (replace(WEEKLY, catch_up="none", max_age=timedelta(days=3)), timedelta(minutes=10), False),
    ],
)
def test_a_slot_that_is_too_old_is_not_told(schedule: Schedule, late: timedelta, told: bool) -> None:
    due = utc("2026-11-23 08:00")
    assert len(owed(schedule, due - timedelta(days=30), due + late)) == told


def test_what_was_seen_to_is_owed_no_more_and_a_head_start_is_owed_whatever_the_age() -> None:
    due = utc("2026-11-23 08:00")
    assert owed(WEEKLY, due, due + timedelta(hours=1)) == ()
    week = timedelta(days=6)
    assert owed(WEEKLY, due - week, due + week) == ()
    assert [slot.due for slot in owed(WEEKLY, due - week, due + week, at_least=timedelta(days=7))] == [due]


@pytest.mark.parametrize(
    ("wall", "steady", "expected"),
    [
        (timedelta(seconds=5), 5.0, False),
        (LEAP, 0.0, False),
        (LEAP + timedelta(seconds=1), 0.0, True),
        (timedelta(hours=-1), 5.0, True),
        (timedelta(hours=2), 7200.0, False),
        (utc("2038-01-19") - utc("2026-11-23"), 5.0, True),
        (utc("1970-01-01") - utc("2026-11-23"), 5.0, True),
    ],
)
def test_a_clock_that_was_set_is_told_from_one_that_ran(wall: timedelta, steady: float, expected: bool) -> None:
    assert leapt(wall, steady) is expected


def test_the_next_slot_is_found_and_a_schedule_without_days_has_none() -> None:
    upcoming = next_slot(WEEKLY, utc("2026-11-23 08:00"))
    assert upcoming is not None
    assert upcoming.due == utc("2026-11-30 08:00")
    assert next_slot(Schedule("never", (), time(9), BERLIN, ()), utc("2026-11-23 08:00")) is None


def test_a_period_is_whole_local_days_also_over_a_change_of_the_clocks() -> None:
    period = period_before(date(2026, 10, 26), 7, BERLIN)
    assert period.days == tuple(f"2026-10-{day}" for day in range(19, 26))
    assert (period.start, period.end) == (utc("2026-10-18 22:00"), utc("2026-10-25 23:00"))


def transitions(zone: ZoneInfo, first: int = 2020, last: int = 2035) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Every instant at which a zone's offset from UTC changes, with the offsets before and after it."""

    def offset(at: datetime) -> timedelta:
        return at.astimezone(zone).utcoffset() or timedelta(0)

    at, end, step = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC), timedelta(days=3)
    before = offset(at)
    while at < end:
        if (after := offset(at + step)) != before:
            low, high = at, at + step
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            yield high, before, after
            before = after
        at += step


def test_at_every_change_of_the_clocks_of_every_zone_each_day_has_one_slot_at_its_exact_instant() -> None:
    checked = 0
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for change, before, after in transitions(zone):
            gap_from, gap_to = sorted((change + before, change + after))
            walls = {gap_from, gap_from + (gap_to - gap_from) / 2, gap_to, gap_from - timedelta(minutes=1)}
            for at in {wall.time().replace(second=0) for wall in walls}:
                schedule = Schedule("daily", WEEKDAYS, at, zone, ())
                found = list(slots(schedule, change - timedelta(days=2), change + timedelta(days=2)))
                for slot in found:
                    wanted = datetime.combine(slot.day, at, tzinfo=UTC)
                    # The first instant at which the wall clock shows that time or a later one, on either side.
                    exact = wanted - before if wanted - before < change else max(change, wanted - after)
                    assert slot.due == exact, (name, slot)
                assert [slot.day for slot in found] == [found[0].day + timedelta(days=nth) for nth in range(len(found))]
                assert [slot.due for slot in found] == sorted({slot.due for slot in found}), name
                assert len(found) in (3, 4, 5), (name, found)
                checked += len(found)
    assert checked > 50_000


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(available_timezones())),
    st.integers(0, 23),
    st.sampled_from([0, 15, 30, 45]),
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
)
def test_in_every_zone_each_day_has_exactly_one_slot_in_order(zone: str, hour: int, minute: int, first: date) -> None:
    schedule = Schedule("daily", WEEKDAYS, time(hour, minute), ZoneInfo(zone), ())
    start = datetime.combine(first, time(0), tzinfo=UTC)
    found = list(slots(schedule, start, start + timedelta(days=60)))
    days = [slot.day for slot in found]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(days) in (59, 60, 61)
    # Two days' slots may fall together only where a zone skipped a whole day, as Samoa did in 2011.
    assert all(earlier.due <= later.due for earlier, later in pairwise(found))
    for slot in found:
        local = slot.due.astimezone(ZoneInfo(zone))
        assert local.time() >= schedule.at or local.date() > slot.day


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.integers(1, 5000))
def test_looking_often_or_seldom_finds_the_same_slots(begin: datetime, minutes: int) -> None:
    start = begin.replace(tzinfo=UTC)
    end = start + timedelta(days=3)
    seldom = [slot.key for slot in slots(DAILY, start, end)]
    often, at = [], start
    while at < end:
        until = min(at + timedelta(minutes=minutes), end)
        often += [slot.key for slot in slots(DAILY, at, until)]
        at = until
    assert often == seldom

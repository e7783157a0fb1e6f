"""When digests are due, over every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.schedule import WEEKDAYS, instant, latest_due, next_slot, period_before, slot_key, slots
from bot.core.settings import Schedule

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


def test_after_a_pause_only_the_latest_slot_is_due() -> None:
    slot = latest_due(WEEKLY, utc("2026-10-01 00:00"), utc("2026-11-24 00:00"))
    assert slot is not None
    assert slot.key == "2026-W48/Mon 09:00 Europe/Berlin"
    assert latest_due(WEEKLY, utc("2026-11-23 08:00"), utc("2026-11-24 00:00")) is None


def test_the_next_slot_is_found_and_a_schedule_without_days_has_none() -> None:
    upcoming = next_slot(WEEKLY, utc("2026-11-23 08:00"))
    assert upcoming is not None
    assert upcoming.due == utc("2026-11-30 08:00")
    assert next_slot(Schedule("never", (), time(9), BERLIN, ()), utc("2026-11-23 08:00")) is None


def test_a_period_is_whole_local_days_also_over_a_change_of_the_clocks() -> None:
    period = period_before(date(2026, 10, 26), 7, BERLIN)
    assert period.days == tuple(f"2026-10-{day}" for day in range(19, 26))
    assert (period.start, period.end) == (utc("2026-10-18 22:00"), utc("2026-10-25 23:00"))


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

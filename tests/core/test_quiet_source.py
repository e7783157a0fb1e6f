"""Silence against the rhythm of a week: nights and Sundays are no news, a dead webhook is within the hour."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.quiet_source import LEAST_EXPECTED, QUARTERS, WINDOWS, Window, asleep, since, windows

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 9, 1, tzinfo=UTC)
FIRST = int(START.timestamp() // 3600)
UNLIKELY = 0.0002


def office(hour: int, a_day: float) -> float:
    """Deliveries from eight to eight, Monday to Saturday."""
    at = datetime.fromtimestamp(hour * 3600, BERLIN)
    return a_day / 12 if 8 <= at.hour < 20 and at.weekday() < 6 else 0.0


def played(days: int, a_day: float, seed: int = 1) -> dict[int, int]:
    """Sales of three deliveries each, by chance."""
    chance = random.Random(seed)
    counts: dict[int, int] = {}
    for hour in range(FIRST, FIRST + days * 24):
        sales = sum(chance.random() < office(hour, a_day) / 3 / 20 for _ in range(20))
        if sales:
            counts[hour] = 3 * sales
    return counts


def at(days: int, hour: int = 0, minute: int = 0) -> datetime:
    return START + timedelta(days=days, hours=hour, minutes=minute)


def least(found: tuple[Window, ...]) -> float:
    return min((window.probability for window in found), default=1.0)


def alarming(found: tuple[Window, ...]) -> bool:
    return least(found) < UNLIKELY and found[0].probability < 0.05


def silent_from(counts: dict[int, int], moment: datetime) -> dict[int, int]:
    return {hour: number for hour, number in counts.items() if hour * 3600 < moment.timestamp()}


def test_too_short_a_history_says_nothing() -> None:
    assert windows({}, BERLIN, START) == ()
    assert windows(played(16, 240), BERLIN, at(16)) == ()
    assert windows(played(18, 240), BERLIN, at(18, 12)) != ()


def test_a_source_that_never_sent_much_is_not_judged() -> None:
    assert windows(dict.fromkeys(range(FIRST, FIRST + 60 * 24, 100), 1), BERLIN, at(60)) == ()


@pytest.mark.parametrize("days", [45, 46, 47])
def test_a_night_and_a_sunday_are_no_silence(days: int) -> None:
    counts = played(60, 240)
    for hour in range(24):
        now = at(days, hour, 30)
        assert not alarming(windows(silent_from(counts, now), BERLIN, now))


def test_a_dead_webhook_is_known_within_two_hours() -> None:
    died = at(45, 9)
    counts = silent_from(played(45, 240), died)
    found = [
        minute for minute in range(0, 300, 15) if alarming(windows(counts, BERLIN, died + timedelta(minutes=minute)))
    ]
    assert found
    assert found[0] <= 120


def test_a_part_that_goes_missing_is_known_within_a_day() -> None:
    died = at(45, 8)
    counts = played(47, 240)
    half = {hour: number if hour < died.timestamp() // 3600 else number // 3 for hour, number in counts.items()}
    assert any(alarming(windows(silent_from(half, at(45, h)), BERLIN, at(45, h))) for h in range(9, 20))


def test_a_shop_that_grows_quieter_is_measured_by_its_last_two_weeks() -> None:
    busy, calm = played(30, 240), played(60, 60, seed=2)
    counts = busy | {hour: number for hour, number in calm.items() if hour >= FIRST + 30 * 24}
    now = at(55, 16)
    assert not alarming(windows(silent_from(counts, now), BERLIN, now))


def test_the_change_to_winter_time_shifts_nothing() -> None:
    counts = played(70, 240)
    sunday = datetime(2026, 10, 26, 10, 30, tzinfo=UTC)
    assert not alarming(windows(silent_from(counts, sunday), BERLIN, sunday))


def test_a_window_knows_when_it_began() -> None:
    assert since(Window(3, 0, 9.0, 0.1), at(3)) == at(2, 21)


@given(
    st.dictionaries(st.integers(FIRST, FIRST + 24 * 60), st.integers(0, 500), max_size=60),
    st.integers(0, 24 * 62),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_any_counts_are_judged_with_a_probability(counts: dict[int, int], hours: int, zone: str) -> None:
    now = START + timedelta(hours=hours, minutes=17)
    past = silent_from(counts, now)
    for window in windows(past, ZoneInfo(zone), now):
        assert 0.0 <= window.probability <= 1.0
        assert window.expected >= LEAST_EXPECTED
        assert window.hours in WINDOWS
        assert window.seen <= sum(past.values())


@given(st.integers(0, 40), st.integers(1, 40))
def test_fewer_deliveries_are_never_likelier(seen: int, fewer: int) -> None:
    now = at(45, 12)
    counts = played(45, 240)
    hour = int(now.timestamp() // 3600) - 1
    more = {one.hours: one.probability for one in windows(counts | {hour: seen + fewer}, BERLIN, now)}
    less = {one.hours: one.probability for one in windows(counts | {hour: seen}, BERLIN, now)}
    assert all(less[hours] <= more[hours] + 1e-12 for hours in less)


def test_what_nobody_was_there_to_hear_is_nobodys_silence() -> None:
    """The bot was down from the evening on, and it is past two in the afternoon of a working day when it is up again."""
    now, counts = at(37, 12, 5), played(38, 240)
    slept = range(FIRST + 36 * 24 + 19, FIRST + 37 * 24 + 12)
    counts = {hour: number for hour, number in counts.items() if hour < slept.start}
    assert alarming(windows(counts, BERLIN, now))
    assert not alarming(windows(counts, BERLIN, now, slept))


def up(*spans: tuple[float, float]) -> dict[int, int]:
    """Marks of having been up during spans of hours after the start."""
    marks: dict[int, int] = {}
    for begin, end in spans:
        for quarter in range(int((FIRST + begin) * QUARTERS), math.ceil((FIRST + end) * QUARTERS)):
            marks[quarter // QUARTERS] = marks.get(quarter // QUARTERS, 0) | 1 << quarter % QUARTERS
    return marks


@pytest.mark.parametrize(
    ("spans", "now", "hours"),
    [
        ((), 9, set()),
        (((0, 9.2),), 9.2, set()),
        (((0, 2.1), (7.9, 9.2)), 9.2, {2, 3, 4, 5, 6, 7}),
        (((0, 3), (7, 9.2)), 9.2, {2, 3, 4, 5, 6, 7}),
        (((0, 8), (9.2, 9.2)), 9.24, {7, 8, 9}),
        (((0, 9.1), (9.8, 9.9)), 9.9, {9}),
        (((0, 9.05), (9.2, 9.9)), 9.9, set()),
        (((5, 9.2),), 9.2, set()),
        (((5, 9.0),), 9.01, set()),
    ],
)
def test_an_hour_is_trusted_when_we_were_there_all_the_time(
    spans: tuple[tuple[float, float], ...], now: float, hours: set[int]
) -> None:
    slept = asleep(up(*spans), START + timedelta(hours=now))
    assert slept == {FIRST + hour for hour in hours}


def test_a_bot_that_has_just_come_back_waits_for_an_hour_that_it_has_seen_whole() -> None:
    counts = {hour: number for hour, number in played(38, 240).items() if hour < FIRST + 37 * 24 + 6}
    for minute in (0, 5, 14, 29, 59):
        now = at(37, 11, 14) + timedelta(minutes=minute)
        marks = up((0, 37 * 24 + 6.1), (37 * 24 + 11.2, (now - START).total_seconds() / 3600))
        assert not alarming(windows(counts, BERLIN, now, asleep(marks, now)))
    later = at(37, 13, 30)
    marks = up((0, 37 * 24 + 6.1), (37 * 24 + 11.2, 37 * 24 + 13.5))
    assert alarming(windows(counts, BERLIN, later, asleep(marks, later)))


@given(st.sets(st.integers(FIRST, FIRST + 40 * 24), max_size=400))
def test_hours_that_were_slept_through_leave_a_steady_source_as_usual(slept: set[int]) -> None:
    steady = {hour: 5 for hour in range(FIRST, FIRST + 40 * 24 + 1) if hour not in slept}
    if not steady:
        return
    for window in windows(steady, BERLIN, at(40, 0, 59), slept):
        assert window.seen == sum(
            steady.get(hour, 0) for hour in range(FIRST + 40 * 24 - window.hours, FIRST + 40 * 24 + 1)
        )
        assert window.probability > 0.05

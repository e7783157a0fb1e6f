"""Silence against the rhythm of a week: nights and Sundays are no news, a dead webhook is within the hour."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.quiet_source import LEAST_EXPECTED, WINDOWS, Window, since, windows

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

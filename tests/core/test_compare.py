"""A period's number against those before it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import compare
from bot.core.known import DayTotal
from bot.core.money import Money
from bot.core.parts import Line, Quantity, Share, Text, say
from bot.core.schedule import period_before
from tests.core.samples import SHOP

PERIOD = period_before(date(2026, 11, 23), 7, SHOP.zone)
START = date(2026, 11, 16)


def on(day: date, value: int, key: str = "") -> DayTotal:
    return DayTotal(day.isoformat(), key, value)


def words(line: Line) -> str:
    return "".join(part.text if isinstance(part, Text) else f"<{getattr(part, 'value', part)}>" for part in line)


def test_a_trend_is_the_sum_the_period_before_and_the_median_of_all_before() -> None:
    before = [on(START - timedelta(days=days), value) for days, value in ((1, 40), (7, 60), (8, 70), (21, 500))]
    found = compare.trend(PERIOD, [on(START, 80), on(START + timedelta(days=6), 20)], before)
    assert found == compare.Trend(now=100, before=100, usual=100)


def test_with_no_past_there_is_nothing_to_compare() -> None:
    assert compare.trend(PERIOD, [on(START, 5)], []) == compare.Trend(5, None, None)


@pytest.mark.parametrize(
    ("trend", "told"),
    [
        (compare.Trend(120, 100, 110), "<120> (<0.19999999999999996> on the period before, usually <110>)"),
        (compare.Trend(120, None, 110), "<120> (usually <110>)"),
        (compare.Trend(120, None, None), "<120>"),
        # Nothing grows from zero by a share.
        (compare.Trend(120, 0, 0), "<120> (usually <0>)"),
    ],
)
def test_it_is_told_with_what_is_known(trend: compare.Trend, told: str) -> None:
    assert words(compare.told(trend, compare.units)) == told


def test_changes_carry_their_sign() -> None:
    assert Share(-0.5, signed=True) in compare.told(compare.Trend(50, 100, None), compare.units)


def test_amounts_are_money_of_their_currency_and_keys_are_picked() -> None:
    assert compare.money("EUR")(1250.4) == Money(1250, "EUR")
    totals = [on(START, 1, "EUR"), on(START, 2, "USD")]
    assert compare.of_key(totals, "USD") == (totals[1],)


def test_a_chart_has_a_value_for_every_day_in_order() -> None:
    values = compare.by_day(PERIOD, [on(START + timedelta(days=1), 500), on(START - timedelta(days=1), 9)], 100)
    assert values == (0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert compare.weekdays(PERIOD) == ("Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22")


def test_a_charts_twin_names_the_highest_and_the_lowest_day() -> None:
    line = compare.highest(("Mon", "Tue", "Wed"), (3, 9, 1), compare.units)
    assert line == say("most on ", "Tue", " (", Quantity(9), "), least on ", "Wed", " (", Quantity(1), ")")
    assert words(compare.highest(("Mon",), (0,), compare.units)) == "nothing in this period"


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 1000)), max_size=60))
def test_every_day_before_counts_in_exactly_one_period(days: list[tuple[int, int]]) -> None:
    before = [on(START - timedelta(days=ago), value) for ago, value in days]
    found = compare.trend(PERIOD, [], before)
    last_week = [value for ago, value in days if ago <= 7]
    assert found.before == (sum(last_week) if last_week else None)
    assert (found.usual is None) == (not days)

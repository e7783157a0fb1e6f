"""The memory of sales, its tails held against exact sums, and the days that a stock lasts."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.demand import (
    MOST_COVER_DAYS,
    Demand,
    Outlook,
    advance,
    cover,
    current,
    outlook,
    run_out_day,
    sold,
    stocked,
    tail,
)

START = date(2026, 1, 1)
KEEP = 0.5 ** (1 / 28)
sales = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 500)), max_size=25)


def day(number: int) -> date:
    return START + timedelta(days=number)


def exact_binomial_tail(mean: float, variance: float, least: int) -> float:
    """P(X >= least) of the negative binomial by adding every mass below it, with 60 digits."""
    with localcontext() as context:
        context.prec = 60
        m, v = Decimal(mean), Decimal(variance)
        size, q = m * m / (v - m), 1 - m / v
        mass, below = ((m / v).ln() * size).exp(), Decimal(0)
        for k in range(least):
            below += mass
            mass *= q * (k + size) / (k + 1)
        return float(1 - below)


def exact_poisson_tail(mean: float, least: int) -> float:
    with localcontext() as context:
        context.prec = 60
        mass, below = (-Decimal(mean)).exp(), Decimal(0)
        for k in range(least):
            below += mass
            mass *= Decimal(mean) / (k + 1)
        return float(1 - below)


@settings(max_examples=80)
@given(st.floats(0.01, 300), st.floats(1.001, 400), st.integers(0, 900))
def test_the_tail_agrees_with_an_exact_sum(mean: float, ratio: float, least: int) -> None:
    assert tail(mean, mean * ratio, least) == pytest.approx(
        exact_binomial_tail(mean, mean * ratio, least), rel=1e-7, abs=1e-14
    )


@settings(max_examples=50)
@given(st.floats(0.001, 200), st.integers(0, 500))
def test_without_extra_variance_the_tail_is_a_poissons(mean: float, least: int) -> None:
    assert tail(mean, mean / 2, least) == pytest.approx(exact_poisson_tail(mean, least), rel=1e-9, abs=1e-14)


@given(st.floats(1e-15, 1e6), st.floats(0, 1e9), st.integers(-5, 100_000))
def test_the_tail_is_a_probability_that_falls_with_the_stock(mean: float, variance: float, least: int) -> None:
    """Where the variance is hundreds of millions of times the mean, only nine digits after the point are right."""
    here, further = tail(mean, variance, least), tail(mean, variance, least + 1 + least // 10)
    assert 0.0 <= further <= here + 1e-9 <= 1.0 + 1e-9


@pytest.mark.parametrize(
    ("mean", "variance", "least", "chance"),
    [
        (5.0, 20.0, 0, 1.0),
        (5.0, 20.0, -3, 1.0),
        (0.0, 0.0, 1, 0.0),
        (100_000.0, 100_000.0, 200_000, 0.0),
        (100_000.0, 10_000_000.0, 50_000, 1.0),
    ],
)
def test_the_tail_at_its_ends(mean: float, variance: float, least: int, chance: float) -> None:
    assert tail(mean, variance, least) == pytest.approx(chance, abs=1e-12)


def test_small_tails_do_not_drown_in_rounding() -> None:
    assert tail(2.0, 2.0, 60) == pytest.approx(math.exp(-2 + 60 * math.log(2) - math.lgamma(61)) * 1.0339, rel=1e-3)


@given(st.floats(0.01, 5000), st.floats(1.0, 50), st.floats(0.01, 0.99))
def test_the_quantile_is_the_fewest_units_that_suffice(mean: float, ratio: float, share: float) -> None:
    ahead = Outlook(mean, mean * ratio)
    units = ahead.quantile(share)
    assert ahead.beyond(units + 1) <= 1 - share
    assert units == 0 or ahead.beyond(units) > 1 - share


@given(sales, st.integers(61, 200))
def test_the_order_in_which_sales_are_told_does_not_change_the_mean(told: list[tuple[int, int]], end: int) -> None:
    def remembered(order: list[tuple[int, int]]) -> Demand:
        state = Demand(day=START)
        for when, units in order:
            state = sold(state, day(when), units)
        return advance(state, day(end))

    forward, backward = remembered(sorted(told)), remembered(sorted(told, reverse=True))
    assert backward.units == pytest.approx(forward.units)
    assert backward.weight == pytest.approx(forward.weight)
    assert backward.weight2 == pytest.approx(forward.weight2)


def test_history_told_newest_first_knows_as_many_days() -> None:
    state = Demand(day=day(40))
    for number in reversed(range(40)):
        state = sold(state, day(number), 3)
    assert state.rate() == pytest.approx(3.0)


@given(sales, st.integers(61, 600))
def test_sold_then_advanced_equals_each_day_closed_by_hand(told: list[tuple[int, int]], end: int) -> None:
    state = Demand(day=START)
    for when, units in sorted(told):
        state = sold(state, day(when), units)
    state = advance(state, day(end))
    by_day = [sum(units for when, units in told if when == number) for number in range(end)]
    ages = [KEEP ** (end - 1 - number) for number in range(end)]
    assert state.weight == pytest.approx(sum(ages))
    assert state.units == pytest.approx(sum(age * units for age, units in zip(ages, by_day, strict=True)))
    assert state.squares == pytest.approx(sum(age * units**2 for age, units in zip(ages, by_day, strict=True)))
    assert state.weight2 == pytest.approx(sum(age**2 for age in ages))


@given(
    st.lists(st.tuples(st.sampled_from(["sold", "empty", "full", "rest"]), st.integers(0, 5000), st.integers(0, 999)))
)
def test_the_memory_is_never_negative_or_undefined(story: list[tuple[str, int, int]]) -> None:
    state = Demand(day=START)
    for what, when, units in story:
        match what:
            case "sold":
                state = sold(state, day(when), units)
            case "rest":
                state = advance(state, day(when))
            case _:
                state = stocked(state, day(when), what == "full")
        for figure in (state.weight, state.units, state.squares, state.weight2, state.rate(), state.spread()):
            assert math.isfinite(figure) and figure >= 0
        assert 0.0 <= outlook(state, 17).beyond(5) <= 1.0


def test_a_past_day_changes_nothing() -> None:
    state = sold(Demand(day=day(5)), day(5), 2)
    assert advance(state, day(3)) == state


def test_days_out_of_stock_say_nothing_about_demand() -> None:
    state = Demand(day=START)
    for number in range(10):
        state = sold(state, day(number), 8)
    state = stocked(advance(state, day(10)), day(10), False)
    after = advance(state, day(40))
    assert after.rate() == pytest.approx(advance(state, day(11)).rate())
    assert stocked(after, day(40), True).stocked
    back = advance(stocked(after, day(40), True), day(41))
    assert back.weight == pytest.approx(after.weight * KEEP + 1)


def test_a_day_sold_out_in_its_course_counts_and_an_order_while_empty_does_too() -> None:
    selling = stocked(sold(Demand(day=START), START, 4), START, False)
    assert advance(selling, day(1)).units == 4
    assert not advance(selling, day(1)).stocked
    backorder = sold(advance(selling, day(1)), day(1), 2)
    assert advance(backorder, day(2)).weight == pytest.approx(KEEP + 1)


@pytest.mark.parametrize(("today", "expected"), [(0, 5.0), (4, 5.0), (5, 5.0), (50, 7.15)])
def test_a_running_day_counts_as_soon_as_it_sold_more_than_usual(today: int, expected: float) -> None:
    state = Demand(day=START)
    for number in range(28):
        state = sold(state, day(number), 5)
    state = sold(advance(state, day(28)), day(28), today) if today else advance(state, day(28))
    assert current(state, day(28)).rate() == pytest.approx(expected, abs=0.01)


def test_nothing_known_expects_nothing() -> None:
    unknown = Demand(day=START)
    assert outlook(unknown, 14) == Outlook(0.0, 0.0)
    assert outlook(sold(unknown, day(1), 5), -1) == Outlook(0.0, 0.0)
    assert (unknown.rate(), unknown.spread(), unknown.days_known()) == (0.0, 0.0, 0.0)
    assert cover(unknown, 10) is None


def even(a_day: int, known: int = 60) -> Demand:
    state = Demand(day=START)
    for number in range(known):
        state = sold(state, day(number), a_day)
    return advance(state, day(known))


@pytest.mark.parametrize(("stock", "days"), [(0, 0.0), (-3, 0.0), (50, 5.0), (100_000, MOST_COVER_DAYS)])
def test_cover_is_stock_by_pace(stock: int, days: float) -> None:
    lasting = cover(even(10), stock)
    assert lasting is not None
    assert lasting.days == pytest.approx(days)
    assert lasting.soonest <= lasting.days <= lasting.latest <= MOST_COVER_DAYS


@given(st.integers(1, 30), st.integers(1, 2000), st.floats(0.05, 0.95))
def test_the_run_out_day_is_where_the_chance_is_reached(a_day: int, stock: int, chance: float) -> None:
    state = even(a_day)
    when = run_out_day(state, stock, chance)
    if when < MOST_COVER_DAYS:
        assert outlook(state, when).beyond(stock) >= chance
        assert outlook(state, when - 0.1).beyond(stock) <= chance or when < 0.1


@pytest.mark.parametrize("uplift", [0.5, 2.0, 3.0])
def test_an_uplift_sells_as_much_as_so_many_more_days(uplift: float) -> None:
    assert outlook(even(4), 10, uplift) == outlook(even(4), 10 * uplift)


def test_a_short_memory_is_less_sure_than_a_long_one() -> None:
    assert outlook(even(10, known=3), 14).variance > outlook(even(10, known=60), 14).variance


def test_a_day_without_stock_and_without_a_sale_is_left_out_of_the_memory() -> None:
    empty = replace(Demand(day=START, weight=3.0, units=12.0), stocked=False, in_stock=False)
    after = advance(empty, START + timedelta(days=1))
    assert (after.day, after.weight, after.units) == (START + timedelta(days=1), 3.0, 12.0)

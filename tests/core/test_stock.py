"""What a position means: chance, shortfall and day of running out, and how they are told."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.demand import Cover, outlook
from bot.core.known import Level
from bot.core.money import Money
from bot.core.parts import Moment, MoneyRange, ShopText, say
from bot.core.stock import (
    Arrival,
    a_day,
    arrivals_of,
    chance_out,
    counted,
    in_days,
    kept,
    lasts,
    left_after,
    major,
    name,
    noon_of,
    on_day,
    on_hand,
    on_order,
    overdue,
    run_out,
    runs,
    stock_of,
    supply,
    two_digits,
    units_short,
    worth,
)
from bot.core.verdict import Cost
from tests.handlers.rules.cases import NOW, campaign, days, eur, pace, position, promise, words

BERLIN = ZoneInfo("Europe/Berlin")


def test_with_one_arrival_the_chance_is_the_larger_of_before_it_and_with_it() -> None:
    demand, stock, due, quantity, horizon = pace(10), 60, 6.0, 50, 14.0
    before, after = outlook(demand, due).beyond(stock), outlook(demand, horizon).beyond(stock + quantity)
    assert chance_out(demand, stock, (Arrival(due, quantity),), horizon) == max(before, after)


@given(st.integers(0, 200), st.lists(st.tuples(st.floats(0, 40), st.integers(1, 80)), max_size=4), st.floats(0.5, 30))
def test_an_arrival_never_raises_the_chance_nor_the_units_short(
    stock: int, told: list[tuple[float, int]], horizon: float
) -> None:
    arrivals = tuple(Arrival(when, quantity) for when, quantity in sorted(told))
    demand = pace(7)
    assert chance_out(demand, stock, arrivals, horizon) <= chance_out(demand, stock, (), horizon) + 1e-9
    assert 0 <= units_short(7, stock, arrivals, horizon) <= units_short(7, stock, (), horizon) + 1e-9
    assert left_after(7, stock, arrivals, horizon) >= left_after(7, stock, (), horizon) - 1e-9


@pytest.mark.parametrize(
    ("stock", "arrivals", "short", "left"),
    [
        (100, (), 0, 30),
        (40, (), 30, 0),
        (-5, (), 70, 0),
        (40, (Arrival(5, 100),), 10, 80),
        (40, (Arrival(2, 10),), 20, 0),
        (40, (Arrival(8, 500),), 30, 0),
        (10, (Arrival(2, 10), Arrival(5, 10)), 40, 0),
    ],
)
def test_units_short_and_left_after_a_week_at_ten_a_day(
    stock: int, arrivals: tuple[Arrival, ...], short: float, left: float
) -> None:
    assert units_short(10, stock, arrivals, 7) == pytest.approx(short)
    assert left_after(10, stock, arrivals, 7) == pytest.approx(left)


@pytest.mark.parametrize(
    ("a_day", "stock", "arrivals", "when"),
    [
        (10, 40, (), 4.0),
        (10, 0, (), 0.0),
        (0, 40, (), math.inf),
        (10, 40, (Arrival(3, 20),), 6.0),
        (10, 40, (Arrival(4, 20),), 4.0),
        (10, 40, (Arrival(3, 20), Arrival(9, 90)), 6.0),
    ],
)
def test_the_day_it_runs_out(a_day: float, stock: float, arrivals: tuple[Arrival, ...], when: float) -> None:
    assert run_out(a_day, stock, arrivals) == pytest.approx(when)


def test_a_promise_is_kept_until_a_day_after_its_moment() -> None:
    here = position(inbound=(promise(5, 3), promise(7, -0.9), promise(9, -1.0), promise(0, 2)))
    assert [inbound.quantity for inbound in kept(here, NOW)] == [7, 5]
    assert [inbound.quantity for inbound in overdue(here, NOW)] == [9]
    assert arrivals_of(here, NOW) == (Arrival(0.0, 7), Arrival(3.0, 5))


@pytest.mark.parametrize(
    ("starts_in", "lasts_days", "status", "running"),
    [
        (-1, 7, "scheduled", True),
        (-1, 7, "running", True),
        (1, 7, "running", True),
        (1, 7, "scheduled", False),
        (-9, 7, "running", False),
        (-9, None, "running", True),
        (-1, 7, "ended", False),
        (-1, 7, "cancelled", False),
    ],
)
def test_whether_a_campaign_runs(starts_in: float, lasts_days: float | None, status: str, running: bool) -> None:
    assert runs(campaign(starts_in, lasts_days, status), NOW) is running


@pytest.mark.parametrize(
    ("value", "told"), [(0, 0), (math.inf, 0), (1234, 1200), (0.0567, 0.057), (9.96, 10), (-1234, -1200), (7, 7)]
)
def test_estimates_have_two_digits(value: float, told: float) -> None:
    assert two_digits(value) == pytest.approx(told)


def test_a_day_ahead_is_noon_of_the_shops_local_day() -> None:
    assert on_day(date(2026, 3, 28), 1.9, BERLIN) == datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert on_day(date(2026, 3, 28), -4, BERLIN) == datetime(2026, 3, 28, 11, tzinfo=UTC)
    assert on_day(date(2026, 3, 28), math.inf, BERLIN).year == 2036
    assert noon_of(datetime(2026, 3, 28, 23, 30, tzinfo=UTC), BERLIN) == datetime(2026, 3, 29, 10, tzinfo=UTC)


def level(place: str, available: int | None) -> Level:
    return Level(place, available, NOW)


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ((level("Berlin", 40),), "40"),
        ((level("Berlin", 400), level("Lodz", 10)), "410 (Berlin 400, Lodz 10)"),
        ((level("Berlin", 4), level("Lodz", None)), "4"),
        (tuple(level(place, 1) for place in "ABCDEF"), "6 (A 1, B 1, C 1, D 1, 2 more)"),
        ((), "0"),
    ],
)
def test_units_on_hand_are_told_by_location(levels: tuple[Level, ...], told: str) -> None:
    assert words(on_hand(position(levels=levels))) == told


@pytest.mark.parametrize(
    ("promises", "told", "act"),
    [
        ((), "0", "orders at least 120 units"),
        (
            (promise(50, 3),),
            "50, first Thu 05 Mar",
            "asks for the 50 units (PO-7) earlier and orders at least 120 units",
        ),
        (
            (promise(50, -3, ""), promise(1, 3)),
            "1, first Thu 05 Mar, 50 overdue",
            "chases the overdue delivery of 50 units and orders at least 120 units",
        ),
    ],
)
def test_what_is_on_order_and_what_the_warehouse_does(promises: tuple[object, ...], told: str, act: str) -> None:
    here = position(inbound=promises)
    assert words(on_order(here, NOW)) == told
    assert words(supply(here, NOW, 123)) == act


def test_enough_on_order_is_only_hurried_and_nothing_at_all_still_orders_one() -> None:
    assert words(supply(position(inbound=(promise(500, 9),)), NOW, -20)) == "asks for the 500 units (PO-7) earlier"
    assert words(supply(position(), NOW, -20)) == "orders at least 1 unit"


def test_figures_are_rounded_where_they_are_said() -> None:
    assert words(lasts(Cover(4.44, 2.9, 6.1))) == "4.4 d (2 to 7)"
    assert (in_days(9.96).value, in_days(12.6).value, a_day(92.4).value) == (10.0, 13, 92.0)
    assert (words((counted(1, "unit"),)), words((counted(2, "unit"),))) == ("1 unit", "2 units")


def test_a_sku_is_told_by_title_and_code() -> None:
    assert words(name("HOODIE-M", ShopText("Blue Hoodie M"))) == "Blue Hoodie M (HOODIE-M)"
    assert words(name("HOODIE-M", ShopText(" "))) == words(name("HOODIE-M", None)) == "HOODIE-M"


def test_worth_is_a_range_with_its_formula() -> None:
    cost = worth(70, 34.4, eur(30), say("Units short"))
    assert cost is not None
    assert cost.amount == MoneyRange(eur(1020), eur(2100))
    assert words(cost.formula) == "Units short, 34 to 70 units, times the price of 30.00 EUR"
    assert major(cost) == 2100.0


@pytest.mark.parametrize(
    ("low", "high", "price"), [(0, 0.4, eur(30)), (5, 9, None), (5, 9, eur(0)), (math.inf, math.inf, eur(3))]
)
def test_what_cannot_be_priced_has_no_worth(low: float, high: float, price: Money | None) -> None:
    cost: Cost | None = worth(low, high, price, say("Units short"))
    assert cost is None
    assert major(cost) is None


def test_a_moment_of_a_promise_is_told_as_a_day() -> None:
    assert Moment(NOW + days(3), "day") in on_order(position(inbound=(promise(5, 3),)), NOW)


def test_the_risk_of_a_thousand_skus_is_known_within_a_second() -> None:
    shelves = [position(5 + 37 * number, pace(1 + number % 50, known=40)) for number in range(1000)]
    began = perf_counter()
    risks = [chance_out(shelf.demand, shelf.available or 0, (Arrival(6, 40),), 17) for shelf in shelves]
    assert perf_counter() - began < 1.0
    assert 0 < sum(risk >= 0.3 for risk in risks) < 1000


@pytest.mark.parametrize(
    ("levels", "units"),
    [
        ((level("Berlin", 40), level("Lodz", -2)), 38),
        ((level("Berlin", 0), level("Dropship", None)), None),
        ((), None),
    ],
)
def test_a_location_that_does_not_count_never_runs_out(levels: tuple[Level, ...], units: int | None) -> None:
    assert stock_of(position(levels=levels)) == units

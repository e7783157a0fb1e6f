"""What is owed, by age and currency."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.known import Receivable
from bot.core.money import Money
from bot.core.owed import AGES, by_age, sums
from tests.core.samples import NOW

AMOUNTS = st.builds(Money, st.integers(0, 10**9), st.sampled_from(["EUR", "USD", "JPY"]))
DAYS = st.none() | st.floats(-60, 400, allow_nan=False)


def owed(amount: Money, days: float | None) -> Receivable:
    return Receivable("r", "R", amount, None if days is None else NOW - timedelta(days=days), "open", NOW)


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (None, "not due"), (-3, "not due"), (0, "not due"), (0.1, "0-7 days"), (7, "0-7 days"), (7.1, "8-30 days"),
        (30, "8-30 days"), (30.1, "over 30 days"), (4000, "over 30 days"),
    ],
)  # fmt: skip
def test_a_receivable_is_as_old_as_the_days_since_it_was_due(days: float | None, age: str) -> None:
    assert [each.age for each in by_age([owed(Money(1, "EUR"), days)], NOW)] == [age]


@given(st.lists(st.tuples(AMOUNTS, DAYS)))
def test_every_receivable_stands_in_one_row_of_its_own_currency(given: list[tuple[Money, float | None]]) -> None:
    all_owed = [owed(amount, days) for amount, days in given]
    rows = by_age(all_owed, NOW)
    assert sorted(map(repr, all_owed)) == sorted(repr(each) for row in rows for each in row.receivables)
    assert all(len({each.outstanding.currency for each in row.receivables}) == 1 for row in rows)
    ages = [age for age, _ in AGES]
    assert [ages.index(row.age) for row in rows] == sorted(ages.index(row.age) for row in rows)
    assert all(
        row.receivables[0].outstanding.minor == max(e.outstanding.minor for e in row.receivables) for row in rows
    )


@given(st.lists(AMOUNTS))
def test_sums_are_one_a_currency(amounts: list[Money]) -> None:
    added = sums(amounts)
    assert len({each.currency for each in added}) == len(added)
    for each in added:
        assert each.minor == sum(amount.minor for amount in amounts if amount.currency == each.currency)

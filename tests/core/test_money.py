"""Money adds within a currency and is read from decimals exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.money import Money, exponent, from_decimal


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("12.5", "eur", 1250),
        ("0", "EUR", 0),
        ("-5.00", "EUR", -500),
        ("1200", "JPY", 1200),
        ("1.234", "KWD", 1234),
        (Decimal("19.995"), "EUR", 2000),
        (Decimal("19.985"), "EUR", 1998),
        (7, "EUR", 700),
    ],
)
def test_a_decimal_becomes_minor_units_by_the_currency(amount: str | int | Decimal, currency: str, minor: int) -> None:
    assert from_decimal(amount, currency) == Money(minor, currency.upper())


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("x", "EUR"), ("NaN", "EUR"), ("Infinity", "EUR"), ("1e40", "EUR"), ("1e-40", "EUR"), ("1", "EURO"), ("1", "E1R")],
)
def test_what_is_no_amount_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        from_decimal(amount, currency)


def test_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="cannot add USD to EUR"):
        Money(1, "EUR") + Money(1, "USD")


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_adding_and_taking_away_are_exact(one: int, other: int, currency: str) -> None:
    first, second = Money(one, currency), Money(other, currency)
    assert (first + second - second) == first


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD", "XXX"]))
def test_the_decimal_of_an_amount_reads_back_as_the_amount(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert from_decimal(money.decimal(), currency) == money
    assert -money.decimal().as_tuple().exponent in (exponent(currency), 0)  # type: ignore[operator]


def test_times_rounds_half_to_even() -> None:
    assert Money(5, "EUR").times(0.5) == Money(2, "EUR")
    assert Money(1000, "EUR").times(2.345) == Money(2345, "EUR")

"""How surprising failures are, held against exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.surprise import KAPPA, Tally, surprise, usual_rate


def exact_tail(n: int, least: int, a: Fraction, b: Fraction) -> Fraction:
    """P(X >= least), X ~ BetaBinomial(n, a, b), from the polynomial form: C(n,k) a^(k) b^(n-k) / (a+b)^(n), rising."""

    def rising(start: Fraction, steps: int) -> Fraction:
        return math.prod((start + step for step in range(steps)), start=Fraction(1))

    masses = (math.comb(n, k) * rising(a, k) * rising(b, n - k) for k in range(least, n + 1))
    return sum(masses, Fraction(0)) / rising(a + b, n)


@settings(max_examples=60, deadline=None)
@given(st.integers(3, 40), st.integers(3, 40), st.integers(1, 94))
def test_surprise_agrees_with_exact_fractions(one: int, other: int, percent: int) -> None:
    attempts, failures = max(one, other), min(one, other)
    a = Fraction(percent, 100) * 60
    exact = -math.log10(exact_tail(attempts, failures, a, 60 - a))
    assert surprise(Tally(attempts, failures), percent / 100) == pytest.approx(exact, rel=1e-7, abs=1e-9)


@given(st.integers(3, 50_000), st.floats(0, 1), st.floats(0, 1))
def test_more_failures_are_never_less_surprising(attempts: int, share: float, usual: float) -> None:
    failures = max(3, round(attempts * share))
    here, more = (surprise(Tally(max(attempts, n), n), usual) for n in (failures, failures + 1))
    if failures < attempts:
        assert here <= more + 1e-9
    assert 0.0 <= here < math.inf


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_fewer_than_three_failures_surprise_nobody(failures: int) -> None:
    assert surprise(Tally(failures, failures), 0.0001) == 0.0


def test_failures_beyond_the_attempts_are_impossible() -> None:
    assert surprise(Tally(3, 4), 0.05) == math.inf


def test_nine_of_fourteen_are_once_in_a_hundred_thousand_at_five_per_cent() -> None:
    assert surprise(Tally(14, 9), 0.05) > 5.0


def test_a_busy_shop_is_tolerated_its_wander() -> None:
    assert surprise(Tally(50_000, 3_000), 0.05) < 1.0
    assert surprise(Tally(50_000, 25_000), 0.05) > 3.0


@pytest.mark.parametrize(
    ("days", "rate"),
    [
        ([], 0.05),
        ([Tally(10_000, 1_000)], 0.0999),
        ([Tally(0, 0)], 0.05),
        ([Tally(3_000, 0), Tally(3_000, 300)], 0.0335),
    ],
)
def test_the_usual_rate_leans_on_the_newest_days(days: list[Tally], rate: float) -> None:
    assert usual_rate(days) == pytest.approx(rate, abs=1e-3)


def test_the_share_that_failed() -> None:
    assert (Tally(0, 0).rate, Tally(20, 5).rate) == (0.0, 0.25)
    assert KAPPA == 60

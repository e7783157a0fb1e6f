"""What became of the orders that cannot be shipped, whom a case names, and how that reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cases import Settled, ended, exposed, holding, left, named, names, progress, settled, told_late, went_back
from bot.core.known import Case, Claim, OrderState
from bot.core.money import Money
from tests.core.samples import NOW
from tests.handlers.rules.cases import words


def eur(major: int) -> Money:
    return Money(major * 100, "EUR")


def claim(number: int = 1, units: int = 1, worth: Money | None = None, back: Money | None = None, **how: Any) -> Claim:
    """An order over EUR 80 of which EUR 30 were charged for the SKU."""
    state: dict[str, Any] = {"shipped": False, "cancelled": False, "total": eur(80)} | how
    order = OrderState(
        f"o-{number}", f"#{number}", NOW - timedelta(hours=number), state["total"], eur(0), state["shipped"],
        state["cancelled"], NOW,
    )  # fmt: skip
    return Claim(order, units, worth or eur(30), back)


@pytest.mark.parametrize(
    ("one", "how"),
    [
        (claim(), None),
        (claim(shipped=True), "shipped"),
        (claim(cancelled=True), "cancelled"),
        (claim(back=eur(30)), "refunded"),
        (claim(back=eur(29)), None),
        # Whoever cancels an order pays it back; that is what people ask for.
        (claim(cancelled=True, back=eur(80)), "refunded"),
        # The units were paid back and the rest of the order was shipped.
        (claim(shipped=True, back=eur(30)), "refunded"),
        (claim(shipped=True, back=eur(5)), "shipped"),
        # A discount on the whole order may leave less to pay back than its lines say.
        (claim(worth=eur(100), back=eur(80)), "refunded"),
        # Units that cost nothing, or whose price nobody told: then only the whole order says it.
        (claim(worth=eur(0), back=eur(30)), None),
        (claim(worth=eur(0), back=eur(80)), "refunded"),
        (claim(worth=Money(3000, "SEK"), back=eur(30)), None),
        (claim(back=Money(8000, "SEK")), None),
        (claim(total=eur(0), back=eur(0)), None),
    ],
)
def test_what_ends_the_claim_of_an_order(one: Claim, how: Settled | None) -> None:
    assert settled(one) == how


def test_money_of_two_currencies_is_never_added() -> None:
    other = claim(2, total=Money(900, "SEK"), back=Money(900, "SEK"))
    assert went_back((claim(back=eur(30)), other)) is None
    assert went_back(()) is None
    assert went_back((claim(back=eur(30)), claim(2, back=eur(12)), claim(3, back=Money(5, "SEK")))) == eur(42)
    assert words(ended((claim(back=eur(30)), other))) == "2 refunded"


def test_long_lists_are_cut_and_say_so() -> None:
    many = tuple(claim(number, units=number, shipped=number > 8) for number in range(1, 17))
    assert words(names(many, 3)) == "#1, #2, #3 and 13 more"
    assert words(progress(many)) == ("8 of 16: #9 shipped, #10 shipped, #11 shipped, #12 shipped and 4 more")
    assert words(holding(many[:2])) == "#1, #2 (2 units)"
    assert words(exposed((claim(), Claim(claim(2).order, 1)))) == "#1 30.00 EUR, #2 80.00 EUR"


fates: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"shipped": st.booleans(), "cancelled": st.booleans(), "back": st.none() | st.integers(0, 80).map(eur)}
)
claims = st.lists(st.tuples(st.integers(1, 5), fates), max_size=8).map(
    lambda found: tuple(claim(number, units, **fate) for number, (units, fate) in enumerate(found))
)


@given(claims, st.integers(0, 8), st.booleans(), st.integers(0, 30), st.integers(0, 30))
def test_a_case_keeps_whom_it_named_and_names_no_more_than_it_must(
    everybody: tuple[Claim, ...], split: int, goes_on: bool, missing: int, grown: int
) -> None:
    before, waiting = everybody[:split], everybody[split:]
    now = named(Case(before, goes_on), waiting, missing, grown)
    kept = before if goes_on else ()
    added = now[len(kept) :]
    assert now[: len(kept)] == kept
    assert list(added) == [one for one in waiting if one in added]
    assert not any(settled(one) for one in added)
    begins = not before or (not goes_on and bool(left(before)))
    wanted = missing - units(left(kept))
    wanted = wanted if begins else min(wanted, grown)
    assert units(added) >= wanted or len(added) == len(left(waiting))
    # Without the last one that was added the units were not yet covered.
    assert not added or units(added[:-1]) < wanted


def units(of: tuple[Claim, ...]) -> int:
    return sum(one.units for one in of)


@pytest.mark.parametrize(
    ("claims", "late", "missing", "follows"),
    [
        # An older order was named in its place, since the count of the stock came first.
        ((claim(5),), claim(2), 1, (2,)),
        ((claim(5), claim(4)), claim(2), 2, (5, 2)),
        ((claim(5), claim(4)), claim(2, units=2), 2, (2,)),
        # Only so far as the missing units are still held.
        ((claim(5), claim(4)), claim(2), 3, (5, 4, 2)),
        ((claim(5, units=3),), claim(2), 3, (5,)),
        # What is settled stays, and so does a younger order.
        ((claim(5, shipped=True), claim(4)), claim(2), 1, (5, 2)),
        ((claim(2),), claim(5), 1, (2,)),
        # It is known already.
        ((claim(2), claim(5)), claim(2), 1, (2, 5)),
    ],
)
def test_an_order_that_is_told_after_the_stock_takes_the_place_of_an_older_one(
    claims: tuple[Claim, ...], late: Claim, missing: int, follows: tuple[int, ...]
) -> None:
    assert told_late(claims, late, missing) == tuple(
        one for number in follows for one in {each.order.order: each for each in (*claims, late)}.values()
        if one.order.order == f"o-{number}"
    )  # fmt: skip


@given(claims)
def test_settled_and_left_are_the_whole_case(everybody: tuple[Claim, ...]) -> None:
    over = [one for one in everybody if settled(one)]
    assert sorted([*over, *left(everybody)], key=lambda one: one.order.order) == sorted(
        everybody, key=lambda one: one.order.order
    )
    assert words(progress(everybody)).startswith(f"{len(over)} of {len(everybody)}")

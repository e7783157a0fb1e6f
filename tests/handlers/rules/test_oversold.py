"""When oversold speaks, what it says, and how it follows the orders that it named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.core.events import Event
from bot.core.handlers import Inhibits
from bot.core.known import Case, Claim, OrderState, Position
from bot.core.money import Money
from bot.core.verdict import Clear, Fire
from handlers.rules.oversold import Facts, oversold
from tests.handlers.rules.cases import NOW, STOCK, TICK, campaign, eur, hours, position, sale, story, told, words


def order(number: int, total: Money | None = None, units: int = 1, **changes: Any) -> Claim:
    state = OrderState(
        f"o-{number}", f"#{number}", NOW - hours(9 - number), total or eur(80), eur(0), False, False, NOW
    )
    worth = changes.pop("worth", eur(30 * units))
    refunded = changes.pop("refunded", None)
    return Claim(replace(state, **changes), units, worth, refunded)


ORDERS = tuple(order(number) for number in (5, 4, 3, 2, 1))
FIVE, FOUR, THREE = ORDERS[:3]
REFUNDED = order(5, refunded=eur(30))
SHIPPED = order(4, shipped=True)
CANCELLED = order(3, cancelled=True)


def sold(at: datetime) -> Claim:
    """The order of ``sale``, which is placed when it is sold."""
    return order(1, placed=at)


def facts(here: Position | None, waiting: tuple[Claim, ...] = ORDERS, **changes: Any) -> Facts:
    known: dict[str, Any] = {"campaigns": (), "now": NOW, "before": None, "case": Case()}
    return Facts(position=here, waiting=waiting, **(known | changes))


def going(*claims: Claim) -> Case:
    return Case(claims, goes_on=True)


@pytest.mark.parametrize(
    ("here", "settings", "says"),
    [
        (None, {}, "quiet: The shop does not count all stock of this SKU"),
        (position(None), {}, "quiet: The shop does not count all stock of this SKU"),
        (position(0), {}, "clear: As many units as were ordered are there, or are allowed to be missing"),
        (
            position(-40, backorders=True),
            {},
            "clear: As many units as were ordered are there, or are allowed to be missing",
        ),
        (position(-1), {}, "HIGH Blue Hoodie M (HOODIE-M) oversold by 1 unit"),
        (position(-4), {}, "HIGH Blue Hoodie M (HOODIE-M) oversold by 4 units"),
        (position(-10), {}, "CRITICAL Blue Hoodie M (HOODIE-M) oversold by 10 units"),
        (position(-4), {"critical_amount": 300}, "CRITICAL Blue Hoodie M (HOODIE-M) oversold by 4 units"),
        (
            position(-4),
            {"backorders": 4},
            "clear: As many units as were ordered are there, or are allowed to be missing",
        ),
    ],
)
def test_what_it_says_of_a_position(here: Position | None, settings: dict[str, int], says: str) -> None:
    assert told(oversold.decide(STOCK, facts(here), **settings)) == says


def test_it_silences_the_quieter_rules_of_the_same_sku() -> None:
    assert oversold.inhibits == (Inhibits("low_stock"), Inhibits("out_of_stock"))


def test_the_exact_orders_are_listed_for_warehouse_and_finance() -> None:
    verdict = oversold.decide(STOCK, facts(position(-4)))
    assert isinstance(verdict, Fire)
    assert verdict.case == ("o-5", "o-4", "o-3", "o-2")
    read = story(verdict)
    assert read["warehouse step"] == "holds #5, #4 and 2 more and finds or orders 4 units"
    assert read["warehouse Settled"] == "0 of 4"
    assert read["warehouse Open"] == "#5, #4, #3, #2"
    assert read["finance impact"] == "4 orders may have to be refunded"
    assert read["finance step"] == "decides refund or wait for #5, #4 and 2 more"
    assert read["finance To decide"] == "#5 30.00 EUR, #4 30.00 EUR, #3 30.00 EUR, #2 30.00 EUR"
    assert [read[f"detail {line}"] for line in range(4)] == [
        "#5, placed Mon 02 Mar 05:30, 1 unit, 80.00 EUR: open",
        "#4, placed Mon 02 Mar 04:30, 1 unit, 80.00 EUR: open",
        "#3, placed Mon 02 Mar 03:30, 1 unit, 80.00 EUR: open",
        "#2, placed Mon 02 Mar 02:30, 1 unit, 80.00 EUR: open",
    ]
    assert "detail 4" not in read


def test_no_more_orders_are_named_than_hold_the_missing_units() -> None:
    verdict = oversold.decide(STOCK, facts(position(-4), (order(9, units=3), order(8, units=2), order(7))))
    assert isinstance(verdict, Fire)
    assert verdict.case == ("o-9", "o-8")


def test_with_no_order_known_the_warehouse_finds_the_units() -> None:
    read = story(oversold.decide(STOCK, facts(position(-2), ())))
    assert read["warehouse step"] == "finds or orders 2 units"
    assert "finance step" not in read


def test_each_department_sees_what_became_of_the_orders_in_its_own_way() -> None:
    half = order(2, refunded=eur(10))
    case = going(REFUNDED, SHIPPED, CANCELLED, half, order(1))
    read = story(oversold.decide(STOCK, facts(position(-2), case=case)))
    assert read["warehouse Settled"] == "3 of 5: #5 refunded, #4 shipped, #3 cancelled"
    assert read["warehouse Open"] == "#2, #1"
    assert read["finance impact"] == "2 orders may have to be refunded"
    assert read["finance Refunded so far"] == "40.00 EUR"
    assert read["finance To decide"] == "#2 30.00 EUR, #1 30.00 EUR"
    assert read["cost"] == "60.00 to 160.00 EUR"
    assert read["detail 0"] == "#5, placed Mon 02 Mar 05:30, 1 unit, 80.00 EUR: refunded"
    assert read["detail 3"] == "#2, placed Mon 02 Mar 02:30, 1 unit, 80.00 EUR: open, 10.00 EUR refunded"


SIX = order(6)


@pytest.mark.parametrize(
    ("event", "before", "stock", "case", "waiting", "follows"),
    [
        # Stock that comes back for some lets no named order go.
        (STOCK, -3, -1, going(FIVE, FOUR, THREE), ORDERS, ("o-5", "o-4", "o-3")),
        # The open ones hold as many units as are missing, so nobody is added.
        (STOCK, -2, -3, going(FIVE, FOUR, THREE), (SIX, *ORDERS), ("o-5", "o-4", "o-3")),
        # It got worse: the newest of the others is added, behind those who were named first.
        (STOCK, -3, -4, going(FIVE, FOUR, THREE), (SIX, *ORDERS), ("o-5", "o-4", "o-3", "o-6")),
        (STOCK, None, -4, going(FIVE, FOUR, THREE), (SIX, *ORDERS), ("o-5", "o-4", "o-3", "o-6")),
        (STOCK, 2, -4, going(FIVE, FOUR, THREE), (SIX, *ORDERS), ("o-5", "o-4", "o-3", "o-6")),
        # A refund that leaves the count as it is, or comes before its unit does, harms no other order.
        (TICK, None, -3, going(REFUNDED, FOUR, THREE), (SIX, *ORDERS), ("o-5", "o-4", "o-3")),
        (STOCK, -3, -3, going(REFUNDED, FOUR, THREE), (SIX, *ORDERS), ("o-5", "o-4", "o-3")),
        # An order that was paid back already waits for nothing.
        (STOCK, 0, -1, Case(), (REFUNDED, FOUR), ("o-4",)),
        # What an earlier matter named is no part of a new one.
        (STOCK, 0, -1, Case((REFUNDED,)), (FOUR,), ("o-4",)),
        (TICK, None, -1, Case((FOUR,)), (FOUR,), ("o-4",)),
        # The stock was told before the order that took it: that one cannot be shipped, and not an older one.
        (sale(at=NOW - hours(2)), None, -2, going(THREE, FOUR), (sold(NOW - hours(2)), *ORDERS), ("o-3", "o-1")),
        # An order told before its stock waits for it.
        (sale(at=NOW), None, -2, going(FIVE, FOUR), (sold(NOW), *ORDERS), ("o-5", "o-4")),
        # One that was told late and is over by now changes nothing.
        (sale(at=NOW - hours(2)), None, -2, going(THREE, FOUR), ORDERS, ("o-3", "o-4")),
    ],
)
def test_whom_the_case_follows(
    event: Event, before: int | None, stock: int, case: Case, waiting: tuple[Claim, ...], follows: tuple[str, ...]
) -> None:
    verdict = oversold.decide(event, facts(position(stock), waiting, case=case, before=before))
    assert isinstance(verdict, Fire)
    assert verdict.case == follows


@pytest.mark.parametrize(
    ("stock", "case", "settings", "says", "loss"),
    [
        (-3, going(REFUNDED, SHIPPED, CANCELLED), {},
         "All 3 orders are settled: 1 cancelled, 1 refunded, 1 shipped; 30.00 EUR refunded in all", eur(30)),
        (-1, going(SHIPPED), {}, "The one order is settled: 1 shipped", eur(0)),
        (0, going(SHIPPED, CANCELLED), {}, "All 2 orders are settled: 1 cancelled, 1 shipped", eur(0)),
        (12, going(REFUNDED, FOUR), {},
         "+15 units, 12 on hand: #4 can be shipped; before that 1 refunded; 30.00 EUR refunded in all", eur(30)),
        (0, going(FOUR, THREE), {}, "+3 units, 0 on hand: #4, #3 can be shipped", eur(0)),
        (-4, going(FOUR), {"backorders": 5}, "What is missing is within the backorders allowed: #4 may wait", eur(0)),
        (7, going(), {}, "+10 units, 7 on hand", None),
        # The stock's count stays below zero though nobody waits: that is no matter again.
        (-3, Case((REFUNDED, SHIPPED)), {}, "Every order that could not be shipped is settled", None),
    ],
)  # fmt: skip
def test_how_a_case_ends_and_what_it_cost(
    stock: int, case: Case, settings: dict[str, int], says: str, loss: Money | None
) -> None:
    verdict = oversold.decide(STOCK, facts(position(stock), (), case=case, before=-3), **settings)
    assert isinstance(verdict, Clear)
    assert (words(verdict.note or verdict.reason), verdict.loss) == (says, loss)


def test_at_its_end_a_case_shows_what_became_of_each_order_and_nothing_that_is_over() -> None:
    over = oversold.decide(STOCK, facts(position(-1), (), case=going(REFUNDED, SHIPPED), before=-1))
    assert isinstance(over, Clear)
    seen = {name: {label: words(line) for label, line in view.fields} for name, view in over.views.items()}
    assert seen == {
        "warehouse": {"Settled": "2 of 2: #5 refunded, #4 shipped"},
        "finance": {"Settled": "2 of 2: #5 refunded, #4 shipped", "Refunded": "30.00 EUR"},
    }
    assert [words(line).rpartition(": ")[2] for line in over.details] == ["refunded", "shipped"]
    back = oversold.decide(STOCK, facts(position(3), (), case=going(SHIPPED, THREE), before=-1))
    assert isinstance(back, Clear)
    assert dict(back.views["warehouse"].fields)["Open"]
    assert [label for label, _ in back.views["finance"].fields] == ["Settled"]


@pytest.mark.parametrize(
    ("price", "orders", "cost"),
    [
        (eur(30), ORDERS, "60.00 to 160.00 EUR"),
        (eur(300), ORDERS, "160.00 to 600.00 EUR"),
        (None, ORDERS, "160.00 to 160.00 EUR"),
        (eur(30), (), "60.00 to 60.00 EUR"),
        (None, (), None),
        (eur(0), (), None),
        (Money(3000, "USD"), ORDERS, None),
    ],
)
def test_what_is_exposed_is_never_added_over_currencies(
    price: Money | None, orders: tuple[Claim, ...], cost: str | None
) -> None:
    assert story(oversold.decide(STOCK, facts(position(-2, price=price), orders))).get("cost") == cost


def test_marketing_stops_promoting_it_while_a_campaign_runs() -> None:
    read = story(oversold.decide(STOCK, facts(position(-2), campaigns=(campaign(-1),))))
    assert read["marketing step"] == "takes it out of Spring Sale"

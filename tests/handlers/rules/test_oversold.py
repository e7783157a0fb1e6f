"""When oversold speaks, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.known import OrderState, Position
from bot.core.money import Money
from handlers.rules.oversold import Facts, oversold
from tests.handlers.rules.cases import NOW, STOCK, campaign, eur, hours, position, story, told


def order(number: int, total: Money) -> OrderState:
    return OrderState(f"o-{number}", f"#{number}", NOW - hours(9 - number), total, eur(0), False, False, NOW)


ORDERS = tuple(order(number, eur(80)) for number in (5, 4, 3, 2, 1))


def facts(here: Position | None, orders: tuple[OrderState, ...] = ORDERS, **changes: Any) -> Facts:
    known: dict[str, Any] = {"campaigns": (), "now": NOW}
    return Facts(position=here, orders=orders, **(known | changes))


@pytest.mark.parametrize(
    ("here", "settings", "says"),
    [
        (None, {}, "quiet: The shop does not count all stock of this SKU"),
        (position(None), {}, "quiet: The shop does not count all stock of this SKU"),
        (position(0), {}, "clear: There are as many units as were ordered"),
        (position(-1), {}, "HIGH Blue Hoodie M (HOODIE-M) oversold by 1 unit"),
        (position(-4), {}, "HIGH Blue Hoodie M (HOODIE-M) oversold by 4 units"),
        (position(-10), {}, "CRITICAL Blue Hoodie M (HOODIE-M) oversold by 10 units"),
        (position(-4), {"critical_amount": 300}, "CRITICAL Blue Hoodie M (HOODIE-M) oversold by 4 units"),
        (position(-4), {"backorders": 4}, "clear: The units missing are within the backorders allowed"),
    ],
)
def test_what_it_says_of_a_position(here: Position | None, settings: dict[str, int], says: str) -> None:
    assert told(oversold.decide(STOCK, facts(here), **settings)) == says


def test_it_silences_the_quieter_rules_of_the_same_sku() -> None:
    assert oversold.inhibits == ("low_stock", "out_of_stock")


def test_the_exact_orders_are_listed_for_warehouse_and_finance() -> None:
    read = story(oversold.decide(STOCK, facts(position(-4))))
    assert read["warehouse step"] == "holds #5, #4, #3 and 1 more and finds or orders 4 units"
    assert read["finance impact"] == "4 orders may have to be refunded"
    assert read["finance step"] == "decides refund or wait for #5, #4, #3 and 1 more"
    assert [read[f"detail {line}"] for line in range(4)] == [
        "#5, placed Mon 02 Mar 05:30, 80.00 EUR",
        "#4, placed Mon 02 Mar 04:30, 80.00 EUR",
        "#3, placed Mon 02 Mar 03:30, 80.00 EUR",
        "#2, placed Mon 02 Mar 02:30, 80.00 EUR",
    ]
    assert "detail 4" not in read


def test_with_no_order_known_the_warehouse_finds_the_units() -> None:
    read = story(oversold.decide(STOCK, facts(position(-2), ())))
    assert read["warehouse step"] == "finds or orders 2 units"
    assert "finance step" not in read


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
    price: Money | None, orders: tuple[OrderState, ...], cost: str | None
) -> None:
    assert story(oversold.decide(STOCK, facts(position(-2, price=price), orders))).get("cost") == cost


def test_marketing_stops_promoting_it_while_a_campaign_runs() -> None:
    read = story(oversold.decide(STOCK, facts(position(-2), campaigns=(campaign(-1),))))
    assert read["marketing step"] == "takes it out of Spring Sale"

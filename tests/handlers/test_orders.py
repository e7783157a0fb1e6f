"""What /ops orders answers, from plain facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.events import OrderHeld, ShipmentChanged
from bot.core.handlers import Refused, Reply, Request
from bot.core.known import OrderState, SourceSeen
from bot.core.message import Footer
from bot.core.money import Money
from bot.core.parts import ShopText
from handlers.commands import orders
from tests.core.samples import NOW
from tests.handlers.shelves import spoken, words

HOUR = timedelta(hours=1)


def asked(text: str = "", **known: object) -> Reply:
    nothing: dict[str, object] = {
        "by_age": (0, 0, 0, 0), "waiting": (), "held": (), "exceptions": (), "sources": (SourceSeen("shopify", NOW),),
    }  # fmt: skip
    facts = orders.Facts(now=NOW, **(nothing | known))  # type: ignore[arg-type]
    reply = orders.orders.answer(Request(text, "U1", "C1", NOW), facts)
    assert isinstance(reply, Reply)
    return reply


def lines(reply: Reply) -> list[str]:
    """Every line, the small print last."""
    fresh = reply.message.blocks[-1]
    assert isinstance(fresh, Footer)
    return [*spoken(reply.message), words(fresh.line)]


def order(id: str, hours: float, number: str = "") -> OrderState:
    total = Money(4500, "EUR")
    return OrderState(id, number or f"#{id}", NOW - hours * HOUR, total, total, False, False, NOW)


def hold(id: str, number: str = "", reason: str = "") -> OrderHeld:
    told = ShopText(reason) if reason else None
    return OrderHeld(shop="main", source="shopify", at=NOW - HOUR, order=id, held=True, number=number, reason=told)


def shipment(status: str, number: str = "#1", carrier: str = "DHL", due: bool = True) -> ShipmentChanged:
    return ShipmentChanged(
        shop="main", source="shopify", at=NOW, shipment="s-1", order="1", status=status,  # type: ignore[arg-type]
        number=number, carrier=carrier, due=NOW + 24 * HOUR if due else None,
    )  # fmt: skip


def test_with_nothing_to_do_each_part_says_so_in_one_line() -> None:
    reply = asked()
    assert lines(reply) == [
        "Every order has been shipped.",
        "No order has waited for longer than <duration>.",
        "No order is on hold.",
        "No delivery has gone wrong in 14 days.",
        "as of shopify <moment>",
    ]
    assert words(reply.message.summary) == "Orders: 0 not shipped yet, 0 late, 0 on hold"
    assert reply.share


def test_unfulfilled_orders_are_counted_by_age() -> None:
    assert lines(asked("waiting", by_age=(7, 0, 2, 1)))[:-1] == [
        "Placed under a day ago: 7 orders",
        "Placed 3 to 7 days ago: 2 orders",
        "Placed over 7 days ago: 1 order",
    ]


def test_late_orders_are_listed_the_oldest_first_and_say_if_they_are_on_hold() -> None:
    waiting = (order("1", 100), order("2", 73), order("3", 71))
    told = lines(asked("late", by_age=(0, 1, 2, 0), waiting=waiting, held=(hold("2"),)))
    assert told[:-1] == [
        "«#1» | <moment> | <duration> | 45 EUR | – | ",
        "«#2» | <moment> | <duration> | 45 EUR | on hold | ",
    ]


@pytest.mark.parametrize(
    ("all_open", "late", "more"),
    [(12, "12 late", "+2 more"), (500, "12+ late", "+2+ more")],
    ids=["all were read", "there may be more"],
)
def test_a_long_list_of_late_orders_says_how_many_it_leaves_out(all_open: int, late: str, more: str) -> None:
    reply = asked("late", by_age=(0, 0, 0, all_open), waiting=tuple(order(str(number), 100) for number in range(12)))
    assert late in words(reply.message.summary)
    assert lines(reply)[-2] == more


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (hold("1", "#1001", "address"), "«#1001» for <duration>: «address»"),
        (hold("1"), "«1» for <duration>, no reason told"),
    ],
)
def test_an_order_on_hold_is_told_with_its_reason(held: OrderHeld, told: str) -> None:
    assert lines(asked("held", held=(held,)))[0] == told


@pytest.mark.parametrize(
    ("shipped", "told"),
    [
        (shipment("delayed"), "The shipment of «#1» with «DHL» is delayed, promised for <moment>, told <moment>"),
        (shipment("attempted", carrier="", due=False), "The shipment of «#1» could not be handed over, told <moment>"),
        (shipment("failed", "", "", False), "The shipment of «1» failed, told <moment>"),
        (shipment("returned", due=False), "The shipment of «#1» with «DHL» comes back, told <moment>"),
    ],
    ids=["delayed", "attempted", "failed", "returned"],
)
def test_a_delivery_that_went_wrong_is_told_with_what_happened(shipped: ShipmentChanged, told: str) -> None:
    assert lines(asked("exceptions", exceptions=(shipped,)))[0] == told


def test_long_lists_of_holds_and_deliveries_say_how_many_they_leave_out() -> None:
    told = lines(asked(held=(hold("1"),) * 12, exceptions=(shipment("failed"),) * 11))
    assert "+2 more" in told and "+1 more" in told


def test_a_wrong_word_is_answered_with_the_nearest_and_all_there_are() -> None:
    with pytest.raises(Refused) as refused:
        asked("hold")
    told = "I do not know «hold». Did you mean held? There is: waiting, late, held, exceptions."
    assert words(refused.value.line) == told

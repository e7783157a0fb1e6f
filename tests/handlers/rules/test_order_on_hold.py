"""When order_on_hold speaks, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.events import Event, OrderHeld
from bot.core.parts import ShopText
from handlers.rules.order_on_hold import Facts, order_on_hold
from tests.handlers.rules.cases import NOW, TICK, hours, story, told

HELD = OrderHeld(
    shop="eu", source="shopify", at=NOW, order="o-1", held=True, number="#1001", reason=ShopText("High risk of fraud")
)
FREED = replace(HELD, held=False)


@pytest.mark.parametrize(
    ("event", "latest", "says"),
    [
        (HELD, HELD, "LOW Order #1001 is on hold"),
        (HELD, None, "LOW Order #1001 is on hold"),
        (replace(HELD, number=""), None, "LOW Order o-1 is on hold"),
        (TICK, replace(HELD, at=NOW - hours(23)), "LOW Order #1001 is on hold"),
        (TICK, replace(HELD, at=NOW - hours(24)), "MEDIUM Order #1001 is on hold"),
        (TICK, None, "quiet: Nothing is known of a hold"),
        (FREED, FREED, "clear: The hold was lifted, Mon 02 Mar 09:30"),
        (replace(HELD, at=NOW - hours(3)), FREED, "clear: The hold was lifted, Mon 02 Mar 09:30"),
        (replace(FREED, at=NOW - hours(3)), HELD, "LOW Order #1001 is on hold"),
    ],
)
def test_what_it_says_of_an_order(event: Event, latest: OrderHeld | None, says: str) -> None:
    assert told(order_on_hold.decide(event, Facts(latest, NOW))) == says


def test_the_warehouse_reads_why_and_since_when() -> None:
    read = story(order_on_hold.decide(HELD, Facts(HELD, NOW)))
    assert read["warehouse step"] == "finds out what it waits for, and lets it go or cancels it"
    assert (read["warehouse Reason"], read["warehouse Held since"]) == ("High risk of fraud", "Mon 02 Mar 09:30")
    assert read["reason"] == "The order is on hold"


def test_a_hold_without_a_reason_says_so_and_an_old_one_that_it_is_old() -> None:
    read = story(order_on_hold.decide(TICK, Facts(replace(HELD, reason=None), NOW + hours(30))))
    assert read["warehouse Reason"] == "none told"
    assert read["reason"] == "The order is on hold for long"

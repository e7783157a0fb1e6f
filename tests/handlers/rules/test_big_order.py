"""When big_order speaks, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.demand import Demand
from bot.core.events import Event
from bot.core.known import Position
from handlers.rules.big_order import Facts, big_order
from tests.handlers.rules.cases import (
    NOW,
    RECEIVED,
    STOCK,
    TICK,
    TODAY,
    hours,
    opened,
    pace,
    position,
    sale,
    story,
    told,
)


def facts(here: Position | None, **changes: Any) -> Facts:
    known: dict[str, Any] = {"before": None, "order": None, "alerts": (), "now": NOW, "today": TODAY}
    return Facts(position=here, **(known | changes))


EARLIER = NOW - hours(2)
"""Before the level of the position was told, so that the level contains the order."""
TOOK_60_OF_98 = "MEDIUM Order #1001 took 60 of 98 Blue Hoodie M (HOODIE-M)"


@pytest.mark.parametrize(
    ("event", "known", "says"),
    [
        (sale(60, EARLIER), facts(position(38)), TOOK_60_OF_98),
        (sale(60, EARLIER), facts(position(38, lead_days=None)), TOOK_60_OF_98),
        (STOCK, facts(position(38), before=98, order=sale(60, NOW - hours(0.5))), TOOK_60_OF_98),
        (
            STOCK,
            facts(position(38), before=98, order=sale(60, NOW - hours(3))),
            "quiet: No single order explains the stock's change",
        ),
        (STOCK, facts(position(38), before=98, order=sale(59)), "quiet: No single order explains the stock's change"),
        (STOCK, facts(position(38), before=98), "quiet: No single order explains the stock's change"),
        (STOCK, facts(position(38), order=sale(60)), "quiet: No single order explains the stock's change"),
        # An order told before its level waits for the level.
        (sale(60), facts(position(38)), "quiet: No single order explains the stock's change"),
        (sale(60), facts(None), "quiet: No single order explains the stock's change"),
        (sale(60, EARLIER), facts(position(None)), "quiet: No single order explains the stock's change"),
        (sale(20, EARLIER), facts(position(38)), "quiet: No order took as much as 50% of the stock"),
        (sale(5, EARLIER), facts(position(3)), "quiet: So few units were held that any order is a large part"),
        (
            sale(60, EARLIER),
            facts(position(0)),
            "quiet: The order took all there was, which out_of_stock or oversold tells",
        ),
        (sale(60, EARLIER), facts(position(38, pace(1))), "quiet: What is left still lasts longer than the lead time"),
        (
            sale(60, EARLIER),
            facts(position(38, Demand(TODAY))),
            "quiet: What is left still lasts longer than the lead time",
        ),
        (RECEIVED, facts(position(500)), "clear: +50 units received"),
        (TICK, facts(position(38)), "quiet: Nothing was ordered"),
        (TICK, facts(position(38), alerts=(opened("big_order", hours(23)),)), "quiet: Nothing was ordered"),
        (
            TICK,
            facts(position(38), alerts=(opened("big_order", hours(24)),)),
            "clear: No stock was received since: 38 on hand",
        ),
    ],
)
def test_what_it_says_of_an_order(event: Event, known: Facts, says: str) -> None:
    assert told(big_order.decide(event, known)) == says


def test_the_warehouse_reads_how_far_the_cover_fell() -> None:
    read = story(big_order.decide(sale(60, EARLIER), facts(position(38))))
    assert read["warehouse impact"] == "Cover fell from 9.8 d to 3.8 d"
    assert read["warehouse step"] == "checks that the order is genuine and that the rest can still be shipped"
    assert read["warehouse Order"] == "#1001, 1800.00 EUR"

"""When out_of_stock speaks, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.demand import Demand
from bot.core.known import Position
from bot.core.money import Money
from handlers.rules.out_of_stock import Facts, out_of_stock
from tests.handlers.rules.cases import (
    NOW,
    STOCK,
    TODAY,
    campaign,
    days,
    eur,
    opened,
    pace,
    position,
    promise,
    story,
    told,
)


def facts(here: Position | None, before: int | None = 4, **changes: Any) -> Facts:
    known: dict[str, Any] = {"campaigns": (), "alerts": (), "now": NOW, "today": TODAY}
    return Facts(position=here, before=before, **(known | changes))


@pytest.mark.parametrize(
    ("here", "says"),
    [
        (None, "quiet: The shop does not count all stock of this SKU"),
        (position(None), "quiet: The shop does not count all stock of this SKU"),
        (position(levels=()), "clear: No location stocks it any more"),
        (position(0), "HIGH Blue Hoodie M (HOODIE-M) is sold out"),
        (position(-1), "quiet: More is ordered than there is, which oversold tells"),
        (position(0, backorders=True), "clear: The shop sells it on while none is left, so no sale is lost"),
        (position(-1, backorders=True), "clear: The shop sells it on while none is left, so no sale is lost"),
        (position(7, backorders=True), "clear: Back in stock, +3"),
        (position(7), "clear: Back in stock, +3"),
        (position(0, Demand(TODAY)), "quiet: It hardly sells, or never had stock, so an empty shelf is no news"),
        (position(0, pace(0.01)), "quiet: It hardly sells, or never had stock, so an empty shelf is no news"),
    ],
)
def test_what_it_says_of_a_position(here: Position | None, says: str) -> None:
    assert told(out_of_stock.decide(STOCK, facts(here))) == says


@pytest.mark.parametrize(
    ("before", "says"),
    [
        (0, "clear: Back in stock, +50, lost about 30 units while out"),
        (None, "clear: Back in stock, +50, lost about 30 units while out"),
        (60, "clear: Back in stock, +50, lost about 30 units while out"),
    ],
)
def test_when_stock_is_back_it_tells_what_was_lost(before: int | None, says: str) -> None:
    open_ones = (opened("low_stock", days(9)), opened("out_of_stock", days(3)))
    assert told(out_of_stock.decide(STOCK, facts(position(50), before, alerts=open_ones))) == says


@pytest.mark.parametrize(
    ("price", "promoted", "severity"),
    [
        (eur(30), False, "HIGH"),
        (eur(3), False, "MEDIUM"),
        (eur(0.3), False, "LOW"),
        (None, False, "MEDIUM"),
        (eur(0.3), True, "HIGH"),
    ],
)
def test_severity_is_what_is_lost_until_stock_can_be_back(price: Money | None, promoted: bool, severity: str) -> None:
    running = (campaign(-1),) if promoted else ()
    read = story(out_of_stock.decide(STOCK, facts(position(0, price=price), campaigns=running)))
    assert read["severity"] == severity


def test_the_warehouse_reads_how_to_get_it_back() -> None:
    read = story(out_of_stock.decide(STOCK, facts(position(0, lead_days=None, inbound=(promise(100, 2.9),)))))
    assert read["warehouse impact"] == "About 30 units lost in 3.0 d, until stock can be back"
    assert read["warehouse step"] == "asks for the 100 units (PO-7) earlier and orders at least 320 units"
    assert read["warehouse Inbound"] == "100, first Thu 05 Mar, lead time 14 d"


def test_marketing_is_told_while_a_campaign_runs() -> None:
    waiting = story(out_of_stock.decide(STOCK, facts(position(0), campaigns=(campaign(3),))))
    running = story(out_of_stock.decide(STOCK, facts(position(0), campaigns=(campaign(3), campaign(-1)))))
    assert "marketing step" not in waiting
    assert running["marketing step"] == "takes it out of Spring Sale or swaps it"

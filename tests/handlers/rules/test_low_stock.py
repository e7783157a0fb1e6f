"""When low_stock speaks, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.demand import Demand, sold
from bot.core.known import Position
from bot.core.money import Money
from bot.core.verdict import Fire
from handlers.rules.low_stock import Facts, low_stock
from tests.handlers.rules.cases import (
    NOW,
    SHOP,
    STOCK,
    TICK,
    TODAY,
    campaign,
    days,
    eur,
    hours,
    pace,
    position,
    promise,
    story,
    told,
    words,
)


def facts(here: Position | None, **changes: Any) -> Facts:
    known: dict[str, Any] = {"sold_7d": 92, "campaigns": (), "now": NOW, "today": TODAY, "shop": SHOP, "before": 4}
    return Facts(position=here, **(known | changes))


RUNS_OUT_FRIDAY = "HIGH Blue Hoodie M (HOODIE-M) runs out about Fri 06 Mar"


@pytest.mark.parametrize(
    ("here", "says"),
    [
        (None, "quiet: The shop does not count all stock of this SKU"),
        (position(None), "quiet: The shop does not count all stock of this SKU"),
        (position(levels=()), "clear: No location stocks it any more"),
        (position(0), "clear: The last unit was sold or taken out"),
        (position(-2), "clear: The last unit was sold or taken out"),
        (
            position(5, pace(10, known=4)),
            "quiet: Too few days of sales are known to judge; it needs 7 d",
        ),
        (position(1, pace(0.05)), "clear: It hardly sells any more, 2 units lately"),
        (position(40), RUNS_OUT_FRIDAY),
        (position(400), "clear: +396 units, 400 on hand"),
        (
            position(110),
            "quiet: The chance of running out within 10 d is below 30%, where it would fire, and not below 15%",
        ),
        (position(40, inbound=(promise(200, 2),)), "clear: +36 units, 40 on hand, 200 units promised"),
        (position(40, inbound=(promise(200, -2),)), RUNS_OUT_FRIDAY),
        (position(40, inbound=(promise(200, 9),)), RUNS_OUT_FRIDAY),
        (position(40, lead_days=0.0), "clear: +36 units, 40 on hand"),
        (position(40, lead_days=None), RUNS_OUT_FRIDAY),
    ],
)
def test_what_it_says_of_a_position(here: Position | None, says: str) -> None:
    assert told(low_stock.decide(STOCK, facts(here))) == says


@pytest.mark.parametrize(
    ("available", "says"),
    [
        (6, "clear: +2 units, 6 on hand"),
        (5, "HIGH Blue Hoodie M (HOODIE-M) runs out about Mon 02 Mar"),
        (0, "clear: The last unit was sold or taken out"),
    ],
)
def test_a_threshold_decides_alone(available: int, says: str) -> None:
    assert told(low_stock.decide(STOCK, facts(position(available)), threshold=5)) == says


def test_a_threshold_needs_no_history() -> None:
    verdict = low_stock.decide(STOCK, facts(position(3, Demand(TODAY), price=None)), threshold=5)
    assert told(verdict) == "LOW Blue Hoodie M (HOODIE-M) is down to 3 units"
    assert "warehouse Cover" not in story(verdict)


def test_the_warehouse_reads_what_to_order_and_why() -> None:
    read = story(low_stock.decide(STOCK, facts(position(40))))
    assert read["warehouse impact"] == "About 60 units short before a new order arrives, at the usual pace"
    assert read["warehouse step"] == "orders at least 340 units"
    assert read["warehouse On hand"] == "40"
    assert read["warehouse Inbound"] == "0, lead time 7.0 d"
    assert read["warehouse Sells"] == "13.0 a day (usual 10.0)"
    assert read["warehouse Cover"] == "4.0 d (3 to 5)"
    assert read["cost"] == "1800.00 to 2220.00 EUR"
    assert read["formula"].endswith("60 to 74 units, times the price of 30.00 EUR")


def test_marketing_sees_it_only_with_a_campaign_ahead() -> None:
    assert "marketing step" not in story(low_stock.decide(STOCK, facts(position(40))))
    later = campaign(9, name=campaign().name)
    read = story(low_stock.decide(STOCK, facts(position(40), campaigns=(later, campaign(2)))))
    assert read["title"] == "Blue Hoodie M (HOODIE-M) runs out about Fri 06 Mar, Spring Sale ends Wed 11 Mar"
    assert read["marketing impact"] == "Spring Sale promotes it, and only 40 units are on hand"
    assert read["marketing step"] == "decides: cap it or swap it in Spring Sale"


def test_a_campaign_without_end_needs_it() -> None:
    read = story(low_stock.decide(STOCK, facts(position(40), campaigns=(campaign(2, None),))))
    assert read["title"].endswith("runs out about Fri 06 Mar, Spring Sale needs it")


def test_with_time_to_spare_the_order_is_due_on_its_last_good_day() -> None:
    verdict = low_stock.decide(STOCK, facts(position(98)))
    assert isinstance(verdict, Fire)
    step = verdict.views["warehouse"].step
    assert step.within is None and step.by is not None
    assert step.by.date() == TODAY + days(2)
    assert story(verdict)["warehouse impact"].startswith("About 2 units short")


@pytest.mark.parametrize(
    ("available", "impact"),
    [
        (101, "Up to 13 units short before a new order arrives, if it sells fast"),
        (125, "It may run out before a new order arrives"),
    ],
)
def test_what_falls_short_only_in_a_busy_spell(available: int, impact: str) -> None:
    read = story(low_stock.decide(STOCK, facts(position(available)), probability=0.001, clear_below=0.001))
    assert read["warehouse impact"] == impact


@pytest.mark.parametrize(
    ("available", "price", "severity"),
    [
        (10, eur(600), "CRITICAL"),
        (40, eur(30), "HIGH"),
        (40, eur(6), "MEDIUM"),
        (40, eur(0.5), "LOW"),
        (40, None, "MEDIUM"),
        (95, eur(600), "MEDIUM"),
    ],
)
def test_severity_is_chance_times_money_and_how_soon(available: int, price: Money | None, severity: str) -> None:
    assert story(low_stock.decide(STOCK, facts(position(available, price=price))))["severity"] == severity


def test_overdue_deliveries_are_chased_and_listed() -> None:
    read = story(low_stock.decide(STOCK, facts(position(40, inbound=(promise(200, -3),)))))
    assert read["warehouse step"].startswith("chases the overdue delivery of 200 units (PO-7) and orders at least")
    assert read["detail 2"] == "Overdue since Fri 27 Feb: 200 units"


def test_a_rush_today_counts_at_once() -> None:
    calm = position(140)
    rush = position(140, sold(calm.demand, TODAY, 150))
    assert told(low_stock.decide(STOCK, facts(calm))).startswith("clear")
    assert told(low_stock.decide(STOCK, facts(rush))).split()[0] in ("LOW", "MEDIUM", "HIGH")


def test_an_hour_later_the_same_facts_say_the_same() -> None:
    here = position(40, inbound=(promise(100, 8),))
    first = low_stock.decide(STOCK, facts(here))
    assert low_stock.decide(TICK, facts(here, now=NOW + hours(1))) == first


OWN = "LOW Blue Hoodie M (HOODIE-M) runs out about"


@pytest.mark.parametrize(
    ("here", "settings", "says"),
    [
        (position(400, low_at=400), {}, OWN),
        (position(400, low_at=399), {}, "clear: "),
        (position(400, low_at=400), {"shop_threshold": False}, "clear: "),
        (position(400, low_at=400), {"threshold": 5}, "clear: "),
        (position(1, pace(0.05), low_at=2), {}, "clear: "),
        (position(2, Demand(TODAY), low_at=2), {}, "LOW Blue Hoodie M (HOODIE-M) is down to 2 units"),
        (position(3, Demand(TODAY), low_at=2), {}, "clear: "),
        (
            position(3, Demand(TODAY), low_at=2),
            {"shop_threshold": False},
            "quiet: Too few days of sales are known to judge; it needs 7 d",
        ),
        (position(110, low_at=110), {}, "Blue Hoodie M (HOODIE-M) runs out about"),
        (position(40, low_at=2), {}, RUNS_OUT_FRIDAY),
        (position(0, low_at=2), {}, "clear: "),
    ],
)
def test_the_shop_s_own_threshold_fires_as_well(here: Position, settings: dict[str, Any], says: str) -> None:
    assert says in told(low_stock.decide(STOCK, facts(here), **settings))


def test_it_says_that_the_shop_itself_calls_it_low() -> None:
    verdict = low_stock.decide(STOCK, facts(position(400, low_at=500)))
    assert isinstance(verdict, Fire)
    assert words(verdict.reason) == "The stock is at or below the shop's own threshold of 500 units"
    assert "The shop's own threshold is 500 units" in [words(line) for line in verdict.details]
    likely = low_stock.decide(STOCK, facts(position(40, low_at=50)))
    assert isinstance(likely, Fire)
    assert words(likely.reason).startswith("It will probably run out")
    assert "The shop's own threshold is 50 units" in [words(line) for line in likely.details]

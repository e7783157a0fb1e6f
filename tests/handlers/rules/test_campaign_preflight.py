"""When campaign_preflight speaks, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.demand import Demand
from bot.core.events import CampaignChanged, Event
from bot.core.known import Campaign, Position
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.verdict import Fire
from handlers.rules.campaign_preflight import Facts, campaign_preflight
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
)

PLANNED = CampaignChanged(
    shop="eu", source="klaviyo", at=NOW, campaign="c-1", name=ShopText("Spring Sale"), status="scheduled", starts=NOW
)
HOODIE = position(100)
LANTERN = position(500, pace(3), sku="LANTERN", title=ShopText("Lantern"), price=eur(12))
NEW = position(9, Demand(TODAY), sku="NEW", title=None)


def facts(known: Campaign | None, *positions: Position) -> Facts:
    named = replace(known, skus=tuple(each.sku for each in positions)) if known else None
    return Facts(named, positions, NOW, TODAY, SHOP)


@pytest.mark.parametrize(
    ("event", "known", "says"),
    [
        (TICK, facts(None), "quiet: Nothing is known of this campaign"),
        (TICK, facts(campaign(5), HOODIE, LANTERN), "HIGH Spring Sale: 1 of 2 SKUs runs out before it ends"),
        (TICK, facts(campaign(5), LANTERN), "clear: There is enough of 1 SKU until it ends on Sat 14 Mar"),
        (TICK, facts(campaign(5), NEW), "quiet: It names no SKU whose stock and pace are known"),
        (TICK, facts(campaign(5), position(None)), "quiet: It names no SKU whose stock and pace are known"),
        (TICK, facts(campaign(5)), "quiet: It names no SKU whose stock and pace are known"),
        (TICK, facts(campaign(5), position(185)), "MEDIUM Spring Sale: 1 of 1 SKU runs out before it ends"),
        (TICK, facts(campaign(5), position(194)), "quiet: Some SKUs may run out before it ends, but probably will not"),
        (TICK, facts(campaign(5), position(230)), "clear: There is enough of 1 SKU until it ends on Sat 14 Mar"),
        (TICK, facts(campaign(15), HOODIE), "quiet: It starts in more than 14 d"),
        (PLANNED, facts(campaign(15), HOODIE), "clear: The campaign was moved to Tue 17 Mar"),
        (TICK, facts(campaign(5, status="cancelled"), HOODIE), "clear: The campaign was cancelled"),
        (TICK, facts(campaign(-5, status="ended"), HOODIE), "clear: The campaign is over"),
        (TICK, facts(campaign(-8, 7), HOODIE), "clear: The campaign is over"),
        (TICK, facts(campaign(-8, None), HOODIE), "clear: The campaign is over"),
        (STOCK, facts(campaign(-1, 7, "running"), HOODIE), "HIGH Spring Sale: 1 of 1 SKU runs out before it ends"),
        (
            STOCK,
            facts(campaign(-1, 7, "running"), position(20)),
            "CRITICAL Spring Sale: 1 of 1 SKU runs out before it ends",
        ),
    ],
)
def test_what_it_says_of_a_campaign(event: Event, known: Facts, says: str) -> None:
    assert told(campaign_preflight.decide(event, known)) == says


@pytest.mark.parametrize(
    ("here", "says"),
    [
        (position(0, inbound=(promise(300, 4),)), "clear"),
        (position(0, inbound=(promise(300, 6),)), "MEDIUM"),
        (position(100, inbound=(promise(300, 6),)), "clear"),
        (position(100, inbound=(promise(300, -2),)), "HIGH"),
        (position(100, inbound=(promise(300, 13),)), "HIGH"),
        (position(0, Demand(TODAY)), "MEDIUM"),
    ],
)
def test_promised_deliveries_count_when_they_come_in_time(here: Position, says: str) -> None:
    assert told(campaign_preflight.decide(TICK, facts(campaign(5), here))).startswith(says)


def test_both_departments_read_what_is_theirs() -> None:
    read = story(campaign_preflight.decide(TICK, facts(campaign(5), LANTERN, HOODIE)))
    assert read["marketing impact"] == "Out before the end: Blue Hoodie M (HOODIE-M) Mon 09 Mar"
    assert read["marketing step"] == "decides: swap, cap or move Blue Hoodie M (HOODIE-M)"
    assert read["warehouse impact"] == "About 90 units short while it runs, the first on Mon 09 Mar"
    assert read["warehouse step"] == "expedites 90 units of Blue Hoodie M (HOODIE-M) by Mon 09 Mar"
    assert read["cost"] == "600.00 to 2700.00 EUR"
    assert read["detail 1"] == (
        "Blue Hoodie M (HOODIE-M): 100 on hand, cover at the campaign's pace 5.0 d, out Mon 09 Mar, 90 units short"
    )


def test_marketing_holds_it_and_decides_two_days_before_the_start() -> None:
    verdict = campaign_preflight.decide(TICK, facts(campaign(5), HOODIE))
    assert isinstance(verdict, Fire)
    assert list(verdict.views) == ["marketing", "warehouse"]
    assert verdict.views["marketing"].step.by == NOW + days(3)


@pytest.mark.parametrize("starts_in", [2.5, -1])
def test_late_or_running_it_is_decided_within_a_day(starts_in: float) -> None:
    verdict = campaign_preflight.decide(TICK, facts(campaign(starts_in), HOODIE))
    assert isinstance(verdict, Fire)
    assert verdict.views["marketing"].step.within == timedelta(days=1)


def test_the_worst_by_money_comes_first_and_the_rest_is_counted() -> None:
    short = [position(5, sku=f"S-{price}", title=None, price=eur(price)) for price in (10, 40, 30, 20)]
    read = story(campaign_preflight.decide(TICK, facts(campaign(5), *short)))
    assert read["title"] == "Spring Sale: 4 of 4 SKUs run out before it ends"
    assert read["marketing step"] == "decides: swap, cap or move S-40, S-30, S-20 and 1 more"
    assert read["warehouse impact"].startswith("About 560 units short")


@pytest.mark.parametrize(
    ("price", "cost"), [(Money(3000, "USD"), "600.00 to 2700.00 EUR"), (None, "600.00 to 2700.00 EUR")]
)
def test_prices_in_other_currencies_are_left_out_and_it_is_said(price: Money | None, cost: str) -> None:
    other = position(100, sku="OTHER", title=None, price=price)
    read = story(campaign_preflight.decide(TICK, facts(campaign(5), HOODIE, other)))
    assert read["cost"] == cost
    assert read["formula"].endswith("; 1 SKU without a price in EUR left out")


def test_without_any_price_there_is_no_sum() -> None:
    assert "cost" not in story(campaign_preflight.decide(TICK, facts(campaign(5), position(100, price=None))))


def test_what_could_not_be_judged_is_counted_and_an_empty_shelf_without_pace_is_told() -> None:
    empty = position(0, Demand(TODAY), sku="EMPTY", title=None)
    read = story(campaign_preflight.decide(TICK, facts(campaign(5), HOODIE, NEW, empty)))
    assert read["detail 2"].startswith("EMPTY: 0 on hand, cover at the campaign's pace unknown")
    assert read["detail 3"] == "1 SKU could not be judged: their stock or their pace is not known"


def test_a_campaign_that_expects_more_runs_out_earlier() -> None:
    modest = story(campaign_preflight.decide(TICK, facts(campaign(5, uplift=1.5), HOODIE)))
    bold = story(campaign_preflight.decide(TICK, facts(campaign(5, None, uplift=5.0), HOODIE)))
    assert modest["marketing impact"].endswith("Tue 10 Mar")
    assert bold["marketing impact"].endswith("Sun 08 Mar")
    assert bold["marketing Ends"] == "no end told"
    assert bold["marketing Starts"] == "Sat 07 Mar 09:30"


def test_a_running_campaign_says_when_it_started() -> None:
    assert "marketing Started" in story(campaign_preflight.decide(TICK, facts(campaign(-1), HOODIE)))


def test_minutes_do_not_change_what_it_says() -> None:
    known = facts(campaign(5), HOODIE, LANTERN)
    first = campaign_preflight.decide(TICK, known)
    assert campaign_preflight.decide(TICK, replace(known, now=NOW + hours(0.4))) == first

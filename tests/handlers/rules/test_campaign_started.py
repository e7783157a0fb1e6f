"""When campaign_started speaks, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.demand import Demand
from bot.core.known import Campaign, Position
from bot.core.parts import ShopText
from handlers.rules.campaign_started import Facts, campaign_started
from tests.handlers.rules.cases import NOW, TICK, TODAY, campaign, pace, position, story, told


def facts(known: Campaign | None, positions: tuple[Position, ...] = (position(100),)) -> Facts:
    return Facts(known, positions, NOW, TODAY, None)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (None, "quiet: Nothing is known of this campaign"),
        (campaign(1), "quiet: The campaign has not begun"),
        (campaign(0), "LOW Spring Sale has begun: 1 SKU"),
        (campaign(-0.5, 7, "running"), "LOW Spring Sale has begun: 1 SKU"),
        (campaign(1, 7, "running"), "LOW Spring Sale has begun: 1 SKU"),
        (campaign(-1), "clear: The campaign runs since Sun 01 Mar 09:30"),
        (campaign(-0.5, 0.4), "clear: The campaign is over"),
        (campaign(-0.5, 7, "ended"), "clear: The campaign is over"),
        (campaign(-0.5, 7, "cancelled"), "clear: The campaign was cancelled"),
        (campaign(5, 7, "cancelled"), "clear: The campaign was cancelled"),
    ],
)
def test_what_it_says_of_a_campaign(known: Campaign | None, says: str) -> None:
    assert told(campaign_started.decide(TICK, facts(known))) == says


def test_a_campaign_that_ran_before_the_first_look_is_no_news() -> None:
    began = NOW - timedelta(days=0.5)
    for found, told_as in ((began, "quiet"), (NOW, "quiet"), (began - timedelta(minutes=1), "LOW")):
        known = replace(facts(campaign(-0.5, 7, "running")), first_seen=found)
        assert told(campaign_started.decide(TICK, known)).startswith(told_as)


def test_marketing_sees_the_shortest_covers_and_the_warehouse_the_picks() -> None:
    lantern = position(18, pace(3), sku="LANTERN", title=ShopText("Lantern"))
    unknown = position(9, Demand(TODAY), sku="NEW", title=None)
    uncounted = position(None, pace(1), sku="GIFT", title=None)
    read = story(
        campaign_started.decide(TICK, facts(campaign(0, uplift=3.0), (position(100), lantern, unknown, uncounted)))
    )
    assert read["marketing impact"] == (
        "Shortest cover at the campaign's pace: Lantern (LANTERN) 2 d, Blue Hoodie M (HOODIE-M) 3 d"
    )
    assert read["warehouse impact"] == "Expect about 42.0 a day of its SKUs, usually 14.0 a day"
    assert read["marketing Until"] == "Mon 09 Mar"


def test_a_campaign_that_names_no_skus_is_asked_to() -> None:
    read = story(campaign_started.decide(TICK, facts(campaign(0, None, skus=()), ())))
    assert read["marketing step"] == "names the campaign's SKUs, so that their stock can be watched"
    assert read["marketing Until"] == "no end told"
    assert "warehouse step" not in read


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    read = story(campaign_started.decide(TICK, facts(campaign(0), (position(9, Demand(TODAY)),))))
    assert read["marketing impact"] == "Shortest cover at the campaign's pace: not known yet"

"""When campaign_complaints speaks, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.events import CampaignEchoed, Event
from bot.core.known import Campaign, Echoes
from bot.core.parts import ShopText
from handlers.rules.campaign_complaints import Facts, campaign_complaints
from tests.handlers.rules.cases import NOW, TICK, campaign, story, told

LEFT = CampaignEchoed(shop="eu", source="klaviyo", at=NOW, reference="so far", echo="sent", count=60, campaign="c-1")
SPRING = campaign(name=ShopText("Spring Sale"))


def facts(sent: int, complained: int = 0, bounced: int = 0, left: int = 0, failed: int = 0, **changes: Any) -> Facts:
    known: dict[str, Any] = {
        "echoes": Echoes(sent, bounced, complained, left, failed),
        "campaign": SPRING,
        "latest": LEFT,
        "now": NOW,
    }
    return Facts(**(known | changes))


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (facts(20_000, 40), "HIGH Spring Sale: 0% of 20000 recipients complained"),
        (facts(20_000, 60), "CRITICAL Spring Sale: 0% of 20000 recipients complained"),
        (facts(20_000, bounced=300, failed=300), "HIGH Spring Sale: 3% of 20000 recipients bounced"),
        (facts(20_000, bounced=4000), "HIGH Spring Sale: 20% of 20000 recipients bounced"),
        (facts(20_000, left=400), "MEDIUM Spring Sale: 2% of 20000 recipients left"),
        (facts(20_000, 60, 4000, 400), "CRITICAL Spring Sale: 0% of 20000 recipients complained"),
        (facts(20_000, 0, 4000, 400), "HIGH Spring Sale: 20% of 20000 recipients bounced"),
        (facts(20_000, 25), "quiet: It may be chance: too few recipients have reacted so to be sure"),
        (facts(1_000, 4), "quiet: It may be chance: too few recipients have reacted so to be sure"),
        (facts(499, 90), "quiet: It may be chance: too few recipients have reacted so to be sure"),
        (facts(500, 5), "CRITICAL Spring Sale: 1% of 500 recipients complained"),
        (facts(20_000, 20, 400, 200), "clear: Down to 0% complained, 2% bounced, 1% left"),
        (facts(0, 5), "quiet: Nobody has told to how many it was sent"),
        (facts(0, now=NOW + timedelta(days=8)), "clear: Nothing was sent for seven days"),
        (facts(0, latest=None), "clear: Nothing was sent for seven days"),
    ],
)
@pytest.mark.parametrize("event", [LEFT, TICK])
def test_what_it_says_of_the_last_seven_days(event: Event, known: Facts, says: str) -> None:
    assert told(campaign_complaints.decide(event, known)) == says


def test_marketing_reads_the_shares_and_pauses() -> None:
    read = story(campaign_complaints.decide(LEFT, facts(20_000, 60, 300, 100, 20)))
    assert read["marketing impact"] == "0% complained, more than 0%: mail may end up as spam"
    assert read["marketing step"].startswith("pauses the campaign or flow")
    assert read["marketing Sent to"] == "20000 recipients"
    assert read["marketing Not delivered"] == "320 (2%)"
    assert {name for name in read if name.endswith("step")} == {"marketing step"}


@pytest.mark.parametrize(
    ("known", "step"), [(facts(9_000, bounced=500), "cleans the list"), (facts(9_000, left=500), "looks at how often")]
)
def test_the_step_is_what_helps_against_the_worst(known: Facts, step: str) -> None:
    assert story(campaign_complaints.decide(LEFT, known))["marketing step"].startswith(step)


@pytest.mark.parametrize(
    ("plan", "latest", "reads"),
    [
        (None, LEFT, "Campaign c-1"),
        (campaign(name=ShopText(" ")), LEFT, "Campaign c-1"),
        (None, CampaignEchoed(shop="eu", source="x", at=NOW, reference="1", echo="sent", channel="sms"), "sms"),
        (None, None, "Campaign"),
    ],
)
def test_what_has_no_name_is_told_as_well_as_may_be(
    plan: Campaign | None, latest: CampaignEchoed | None, reads: str
) -> None:
    title = story(campaign_complaints.decide(TICK, facts(20_000, 60, campaign=plan, latest=latest)))["title"]
    assert title == f"{reads}: 0% of 20000 recipients complained"


def test_the_limits_are_the_shops() -> None:
    strict = {"complaint_rate": 0.0001, "least_sent": 100, "least_count": 1}
    assert told(campaign_complaints.decide(LEFT, facts(400, 2), **strict)).startswith("CRITICAL")
    assert told(campaign_complaints.decide(LEFT, facts(20_000, 60), complaint_rate=0.01)).startswith("clear")


def test_nothing_is_decided_on_half_a_report() -> None:
    """New reactions against an old number of recipients would be a false alarm, and the other way round a false end."""
    half = replace(LEFT, echo="complained")
    assert told(campaign_complaints.decide(half, facts(20_000, 60))) == "quiet: The rest of the report follows"
    assert told(campaign_complaints.decide(replace(half, reference="01J7"), facts(20_000, 60))).startswith("CRITICAL")

"""A campaign that names no goods is asked about while there is time."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.known import Campaign
from handlers.rules.campaign_without_goods import Facts, campaign_without_goods
from tests.handlers.rules.cases import NOW, TICK, campaign, story, told


def decided(known: Campaign | None, **settings: Any) -> str:
    return told(campaign_without_goods.decide(TICK, Facts(known, NOW), **settings))


CASES: list[tuple[Campaign | None, dict[str, Any], str]] = [
    (None, {}, "quiet: Nothing is known of this campaign"),
    (campaign(2), {}, "clear: It promotes HOODIE-M"),
    (campaign(2, skus=()), {}, "LOW Which SKUs does Spring Sale promote?"),
    (campaign(2, skus=(), audience=50), {}, "LOW Which SKUs does Spring Sale promote?"),
    (campaign(2, skus=(), audience=50), {"least_audience": 100}, "quiet: It goes to fewer than 100 people"),
    (campaign(2, skus=()), {"least_audience": 100}, "LOW Which SKUs does Spring Sale promote?"),
    (campaign(4, skus=()), {}, "quiet: It starts in more than 3.0 d"),
    (campaign(4, skus=()), {"ahead_days": 5.0}, "LOW Which SKUs does Spring Sale promote?"),
    (campaign(-1, skus=()), {}, "clear: The campaign began without them"),
    (campaign(2, status="cancelled", skus=()), {}, "clear: The campaign was cancelled"),
]


@pytest.mark.parametrize(("known", "settings", "said"), CASES)
def test_it_asks_before_the_start_and_only_where_nobody_knows(
    known: Campaign | None, settings: dict[str, Any], said: str
) -> None:
    assert decided(known, **settings) == said


def test_it_tells_marketing_how_to_name_them() -> None:
    said = story(campaign_without_goods.decide(TICK, Facts(campaign(2, skus=()), NOW)))
    assert said["marketing step"] == "names its SKUs with /ops campaign"
    assert said["marketing impact"].startswith("Nobody has said which SKUs it promotes")

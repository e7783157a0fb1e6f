"""What /ops campaigns answers, from plain facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.handlers import Refused, Reply, Request
from bot.core.known import Campaign, Position
from bot.core.parts import ShopText
from handlers.commands import campaigns
from tests.core.samples import NOW
from tests.handlers.shelves import TODAY, campaign, position, spoken, words

DAY = timedelta(days=1)
HOODIES = (position("HOODIE-M", stock=40, a_day=10), position("HOODIE-L", stock=900, a_day=10))


def asked(
    text: str = "",
    ahead: tuple[Campaign, ...] = (),
    positions: tuple[Position, ...] = HOODIES,
    matching: tuple[Campaign, ...] = (),
) -> Reply:
    facts = campaigns.Facts(NOW, TODAY, ahead, positions, matching, ())
    reply = campaigns.campaigns.answer(Request(text, "U1", "C1", NOW), facts)
    assert isinstance(reply, Reply)
    return reply


def named(name: str, *skus: str, days: float = 3, lasts: float | None = 4) -> Campaign:
    return replace(campaign(*skus, days=days, lasts=lasts), campaign=name.lower(), name=ShopText(name))


@pytest.mark.parametrize(
    ("one", "row"),
    [
        (
            named("Sale", "HOODIE-M", "HOODIE-L"),
            "«Sale» | short: 1 of 2 SKUs | HOODIE-M 3.3 d of 7 d | <moment> to <moment> | ",
        ),
        (
            named("Now", "HOODIE-M", "HOODIE-M", days=-1, lasts=8),
            "«Now» | short: 2 of 2 SKUs | HOODIE-M 1.3 d of 7 d | runs until <moment> | ",
        ),
        (
            named("On", "HOODIE-L", days=-1, lasts=None),
            "«On» | lasts | HOODIE-L 30 d of 6 d | runs, no end told | ",
        ),
        (
            named("Mixed", "HOODIE-L", "NEW", lasts=None),
            "«Mixed» | lasts, 1 SKU not known | HOODIE-L 32 d of 10 d | <moment>, no end told | ",
        ),
        (
            named("Blind", "NEW"),
            "«Blind» | stock not known | – | <moment> to <moment> | ",
        ),
        (named("Bare"), "«Bare» | names no SKU | – | <moment> to <moment> | "),
    ],
    ids=["short", "running and short", "endless", "partly unknown", "unknown", "without goods"],
)
def test_a_campaign_is_told_with_its_least_cover_against_its_end(one: Campaign, row: str) -> None:
    assert spoken(asked("", (one,)).message) == [row]


def test_running_campaigns_come_first_and_are_counted_apart() -> None:
    reply = asked("", (named("Next", "HOODIE-L"), named("Now", "HOODIE-L", days=-1)))
    assert words(reply.message.summary) == "Campaigns: 1 running, 1 to come"
    assert [row.split(" | ")[0] for row in spoken(reply.message)] == ["«Now»", "«Next»"]
    assert reply.share


def test_without_any_campaign_it_says_so() -> None:
    assert spoken(asked().message) == ["No campaign runs, and none starts within 60 days."]


def test_a_long_list_says_how_many_it_leaves_out() -> None:
    many = tuple(named(f"C{number}", "HOODIE-L") for number in range(17))
    assert spoken(asked("", many).message)[-1] == "+2 more; name one for less"


@pytest.mark.parametrize("typed", ["sale", " SALE ", "sal"])
def test_a_named_campaign_is_told_by_each_sku_what_lasts_least_first(typed: str) -> None:
    told = spoken(asked(typed, (named("Sale", "HOODIE-L", "HOODIE-M"), named("Other"))).message)
    assert told == [
        "«Sale» · <moment> to <moment>",
        "Verdict  short: 1 of 2 SKUs",
        "«The hoodie-m» (HOODIE-M) | 4 d | 3.3 d | 7 d | runs out before the end | ",
        "«The hoodie-l» (HOODIE-L) | 90 d | 32 d | 7 d | lasts | ",
    ]


def test_a_name_that_several_bear_lists_them_all() -> None:
    told = spoken(asked("sale", (named("Sale A", "HOODIE-L"), named("Sale B", "HOODIE-L"))).message)
    assert [row.split(" | ")[0] for row in told] == ["«Sale A»", "«Sale B»"]


def test_of_many_skus_the_best_supplied_are_left_out_and_of_unknown_ones_there_is_no_table() -> None:
    shelf = tuple(position(f"S-{number}") for number in range(17))
    told = spoken(asked("big", (named("Big", *(each.sku for each in shelf)),), shelf).message)
    assert told[-1] == "+2 more, which last longer"
    assert len(spoken(asked("blind", (named("Blind", "NEW"),)).message)) == 2


@pytest.mark.parametrize(
    ("ahead", "matching", "told"),
    [
        ((), (), "No campaign that runs or starts within 60 days is called «sommer»."),
        ((named("Sale"),), (), "No campaign that runs or starts within 60 days is called «sommer». The nearest: «Sale» (<moment>)."),
        ((named("Sale"),), (named("Summer"),), "No campaign that runs or starts within 60 days is called «sommer». The nearest: «Summer» (<moment>)."),
    ],
    ids=["none at all", "others", "one spelt like it"],
)  # fmt: skip
def test_an_unknown_name_is_answered_with_the_nearest(
    ahead: tuple[Campaign, ...], matching: tuple[Campaign, ...], told: str
) -> None:
    with pytest.raises(Refused) as refused:
        asked("sommer", ahead, matching=matching)
    assert words(refused.value.line) == told

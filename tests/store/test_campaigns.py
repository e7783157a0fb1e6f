"""Campaigns find their SKUs: named, known by the config, or in one of their groups, whichever side is told first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import select

from bot.core.campaigns import MOST_SKUS, CampaignMap, Promotes, all_keys, merged
from bot.core.entries import Spelt
from bot.core.events import CampaignChanged, Event, ItemDescribed
from bot.core.facts import CampaignOf, CampaignsMatching, ask
from bot.core.known import Campaign
from bot.core.parts import ShopText
from bot.core.subject import Subject
from bot.store.answers.campaigns import campaigns_matching
from bot.store.answers.stock import spelt
from bot.store.engine import Store
from bot.store.facts import Question, load
from bot.store.models.campaign import remember
from bot.store.rebuild import rebuild
from bot.store.tables.shop import campaign, campaign_sku
from tests.store.histories import SHOP, START, empty, histories, state, tell
from tests.store.test_events import calm

HOUR = timedelta(hours=1)
NO_MAP = CampaignMap()


@dataclass(frozen=True)
class Asked:
    campaign: Campaign | None = ask(CampaignOf())


def plan(hours: float = 0, source: str = "klaviyo", **fields: Any) -> CampaignChanged:
    given: dict[str, Any] = {
        "campaign": "c", "name": ShopText("Autumn"), "status": "scheduled", "starts": START + 72 * HOUR,
    }  # fmt: skip
    return CampaignChanged(shop="acme", source=source, at=START + hours * HOUR, **given | fields)


def item(sku: str, *groups: str, hours: float = 0, item: str = "", source: str = "shopify") -> ItemDescribed:
    at = START + hours * HOUR
    return ItemDescribed(shop="acme", source=source, at=at, item=item or f"i-{sku}", sku=sku, groups=groups)


def known(store: Store) -> Campaign:
    question = Question(shop=SHOP, subject=Subject("campaign", "c"), now=START)
    with store.read() as connection:
        found = load(connection, Asked, question).campaign
    assert found is not None
    return found


def configured(store: Store, *lines: Promotes) -> int:
    with store.write() as connection:
        return remember(connection, CampaignMap(lines))


HISTORY = (item("A", "Wool", "tag:new"), item("B", "https://x.example/products/b"), item("C", "silk"),
           plan(groups=("WOOL", "https://x.example/collections/all/products/b?utm=1")))  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_items_of_its_groups_are_promoted_whoever_is_told_first(store: Store, order: tuple[int, ...]) -> None:
    tell(store, [HISTORY[place] for place in order])
    assert (known(store).skus, known(store).named) == (("A", "B"), ())


SENT = (*HISTORY, plan(1, status="running", state_only=True, name=ShopText("Subject"), starts=START + HOUR))


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (0, 4, 1, 2, 3)])
def test_a_campaign_that_was_sent_goes_on_promoting_what_its_plan_said(store: Store, order: tuple[int, ...]) -> None:
    tell(store, [SENT[place] for place in order])
    found = known(store)
    assert (found.status, found.starts, found.skus) == ("running", START + HOUR, ("A", "B"))
    assert found.name == ShopText("Autumn")


def test_an_item_that_joins_leaves_or_changes_its_sku_is_followed(store: Store) -> None:
    tell(store, [plan(groups=("wool",)), item("A", "wool"), item("B", "silk", hours=1)])
    assert known(store).skus == ("A",)
    tell(store, [item("B", "wool", hours=2)])
    assert known(store).skus == ("A", "B")
    tell(store, [item("A2", "wool", hours=3, item="i-A"), item("B", "silk", hours=3)])
    assert known(store).skus == ("A2",)


def test_a_telling_that_names_no_group_or_comes_late_changes_no_group(store: Store) -> None:
    tell(store, [plan(groups=("wool",)), item("A", "wool", hours=2), item("A", hours=3), item("A", "silk", hours=1)])
    assert known(store).skus == ("A",)


def test_groups_told_late_but_first_count_and_the_sku_stays_the_newest(store: Store) -> None:
    tell(store, [plan(groups=("wool",)), item("B", hours=3, item="1"), item("A", "wool", hours=2, item="1")])
    assert known(store).skus == ("B",)


def test_a_group_that_is_nothing_in_particular_finds_nothing(store: Store) -> None:
    tell(store, [item("A", "https://x.example/"), plan(groups=("https://x.example/",))])
    assert known(store).skus == ()


def test_what_it_names_comes_first_then_the_config_then_the_groups(store: Store) -> None:
    tell(store, [item("A", "wool"), plan(groups=("wool",))])
    assert configured(store, Promotes("autumn*", ("M", "N"))) == 1
    assert known(store).skus == ("M", "N")
    assert configured(store, Promotes("autumn*", ("M", "N"))) == 0
    tell(store, [plan(1, groups=("wool",), skus=("X",))])
    assert (known(store).skus, known(store).named) == (("X",), ("X",))
    assert configured(store) == 1
    tell(store, [plan(2, groups=("wool",))])
    assert known(store).skus == ("A",)


def test_what_the_config_knows_outlives_a_rebuild(store: Store) -> None:
    configured(store, Promotes("*", ("M",)))
    tell(store, [plan()])
    rebuild(store)
    assert known(store).skus == ("M",)


def test_a_platform_that_tells_again_takes_no_sku_from_a_person(store: Store) -> None:
    tell(store, [plan(), plan(1, "slack", skus=("A",), audience=50), plan(2, status="running")])
    assert (known(store).skus, known(store).status, known(store).audience) == (("A",), "running", 50)
    tell(store, [plan(3, skus=("B",))])
    assert known(store).skus == ("B",)
    late, later = tell(store, [plan(1.5, skus=("C",)), plan(0.5, "slack", skus=("D",))])
    assert (late.fresh, later.fresh, known(store).skus) == (False, False, ("B",))


def test_no_more_are_found_by_groups_than_a_campaign_can_have(store: Store) -> None:
    tell(store, [plan(groups=("all",))])
    tell(store, [item(f"S{number:04}", "all") for number in range(MOST_SKUS + 2)])
    assert (len(known(store).skus), known(store).skus[-1]) == (MOST_SKUS, f"S{MOST_SKUS - 1:04}")


def matching(store: Store, text: str, most: int = 10) -> list[str]:
    question = Question(shop=SHOP, subject=Subject("text", text), now=START, text=text)
    with store.read() as connection:
        return [each.campaign for each in campaigns_matching(connection, CampaignsMatching(most), question)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Straßenfest", ["s"]),
        ("STRASSENFEST", ["s"]),
        (" c ", ["c"]),
        ("autumn", ["c"]),
        ("umn", ["c", "d"]),
        ("Straßnfest", ["s"]),
        ("winter", []),
        ("", []),
    ],
)
def test_a_campaign_is_found_by_its_id_its_name_a_part_of_it_or_nearly(
    store: Store, text: str, found: list[str]
) -> None:
    tell(store, [plan(starts=START + 9 * 24 * HOUR), plan(campaign="d", name=ShopText("Autumn again")),
                 plan(campaign="s", name=ShopText("Straßenfest"))])  # fmt: skip
    assert matching(store, text) == found


def test_no_more_campaigns_are_found_than_were_asked_for(store: Store) -> None:
    tell(store, [plan(campaign=f"c{number}") for number in range(5)])
    assert matching(store, "autumn", most=3) == ["c0", "c1", "c2"]


def test_skus_come_in_the_shops_spelling_and_unknown_ones_with_the_nearest(store: Store) -> None:
    tell(store, [item("HOODIE-M"), item("hoodie-l"), item("Tea")])
    with store.read() as connection:
        assert spelt(connection, "acme", ["Tea", "HOODIE-M"]) == Spelt({"Tea": "Tea", "HOODIE-M": "HOODIE-M"}, {})
        found = spelt(connection, "acme", ["tea", "HOODIE-L", "hodie-m", "xyz", "q", "w"])
    assert found.knows == {"tea": "Tea", "HOODIE-L": "hoodie-l"}
    assert found.nearest == {"hodie-m": ("HOODIE-M", "hoodie-l"), "xyz": (), "q": ()}


@calm
@given(history=histories("campaign", "described"))
def test_a_campaign_promotes_what_a_plain_reading_of_everything_told_says(store: Store, history: list[Event]) -> None:
    empty(store)
    configured(store, Promotes("z", ("Z",)))
    tell(store, history)
    with store.read() as connection:
        found: dict[str, set[str]] = {row.campaign: set() for row in connection.execute(select(campaign.c.campaign))}
        for row in connection.execute(select(campaign_sku)):
            found[row.campaign].add(row.sku)
        before = state(connection)
    assert found == _plainly(history, CampaignMap((Promotes("z", ("Z",)),)))
    rebuild(store)
    with store.read() as connection:
        assert state(connection) == before


def _plainly(history: list[Event], config: CampaignMap) -> dict[str, set[str]]:
    """Every event in order into plain dictionaries, and at the end each campaign looked up anew."""
    seen: set[object] = set()
    told: dict[tuple[str, str], CampaignChanged] = {}
    sku: dict[str, ItemDescribed] = {}
    groups: dict[str, ItemDescribed] = {}
    for event in history:
        mark = (type(event), event.subject, event.at, event.key)
        if mark in seen:
            continue
        seen.add(mark)
        if isinstance(event, ItemDescribed):
            # Of two SKUs that one item is told to have at one moment, the first stays.
            if event.item not in sku or event.at > sku[event.item].at:
                sku[event.item] = event
            if event.groups and (event.item not in groups or event.at >= groups[event.item].at):
                groups[event.item] = event
        elif isinstance(event, CampaignChanged):
            place = (
                event.campaign,
                "person" if event.source == "slack" else "state" if event.state_only else "platform",
            )
            if place not in told or _order(event) >= _order(told[place]):
                told[place] = event
    plans = {
        name: merged(*(told.get((name, teller)) for teller in ("platform", "person", "state"))) for name, _ in told
    }
    return {
        name: set(
            each.skus
            or config.skus(each)
            or {sku[key].sku for key, item in groups.items() if all_keys(item.groups) & all_keys(each.groups)}
        )
        for name, each in plans.items()
    }


def _order(event: CampaignChanged) -> tuple[object, int]:
    return event.at, ("scheduled", "running", "ended", "cancelled").index(event.status)

"""The demo's story is what the platforms would send: their sources accept it, and a retelling is recognised."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import Catalog
from bot.core.delivery import Delivery, Unverified
from bot.core.events import Event, OrderPlaced
from bot.core.shopfront import Shopfront
from bot.demo.stores import Storefront, Telling, storefront, storefronts
from bot.demo.story import anchor, day, history
from tests.bench import OPTIONS, SECRETS

BEGAN = datetime(2026, 11, 23, 5, 42, 16, tzinfo=UTC)
SOURCES = Catalog.scan(("handlers",)).sources
FRONTS = [storefront(name) for name in storefronts()]
EACH = pytest.mark.parametrize("front", FRONTS, ids=storefronts())
PLACES = {name: OPTIONS.get(name, {}) for name in SECRETS} | {front.name: front.options for front in FRONTS}
KEYS = SECRETS | {front.name: front.secret for front in FRONTS}


def told(front: Storefront, began: datetime, speed: float = 1.0) -> Iterator[Telling]:
    yield from history(began, front)
    for scene in day(began, front, speed):
        yield from scene.tellings


def sent(telling: Telling, at: datetime = BEGAN) -> Delivery:
    """The telling as it arrives, signed by its platform."""
    source, front = SOURCES[telling.source], shopfront(telling.source)
    body = json.dumps(telling.body).encode()
    headers = source.sign(telling.topic, body, KEYS[telling.source], at, front)
    return Delivery(telling.source, {name.lower(): value for name, value in headers.items()}, body, at)


def shopfront(source: str) -> Shopfront:
    return Shopfront(source, "demo", "EUR", options=PLACES[source])


def understood(telling: Telling) -> tuple[Event, ...]:
    return SOURCES[telling.source].parse(sent(telling), shopfront(telling.source))


def test_there_is_a_storefront_for_each_shop_platform_that_the_story_can_be_told_by() -> None:
    assert "shopify" in storefronts()
    assert [front.name for front in FRONTS] == list(storefronts())
    with pytest.raises(KeyError):
        storefront("stripe")


@EACH
def test_every_telling_is_proved_by_its_platform_and_means_at_least_one_event(front: Storefront) -> None:
    for telling in told(front, BEGAN):
        delivery, source = sent(telling), SOURCES[telling.source]
        source.verify(delivery, (KEYS[telling.source],), BEGAN, shopfront(telling.source))
        events = source.parse(delivery, shopfront(telling.source))
        assert events, telling
        assert {event.shop for event in events} == {"demo"}


@EACH
def test_a_telling_with_another_secret_is_not_believed(front: Storefront) -> None:
    """One telling of each platform that the story is told by: two keys are of one form, and yet not the same."""
    for name, telling in {telling.source: telling for telling in told(front, BEGAN)}.items():
        other = KEYS[name][:-6] + "AAAAA="
        with pytest.raises(Unverified):
            SOURCES[name].verify(sent(telling), (other,), BEGAN, shopfront(name))


@EACH
def test_the_same_beginning_tells_the_same_deliveries_so_that_a_restart_is_recognised(front: Storefront) -> None:
    once, again = ([sent(telling) for telling in told(front, BEGAN, 20.0)] for _ in range(2))
    assert [delivery.body for delivery in once] == [delivery.body for delivery in again]
    assert [SOURCES[each.source].key(each) for each in once] == [SOURCES[each.source].key(each) for each in again]


@EACH
def test_no_two_tellings_of_a_story_are_taken_for_one(front: Storefront) -> None:
    names = [(each.source, SOURCES[each.source].key(each) or each.body) for each in map(sent, told(front, BEGAN))]
    assert len(names) == len(set(names))


@EACH
@settings(max_examples=25)
@given(later=st.integers(1, 900_000))
def test_two_beginnings_share_no_order_and_no_event_of_stripe(front: Storefront, later: int) -> None:
    first, second = (_names(front, began) for began in (BEGAN, BEGAN + timedelta(seconds=later)))
    assert first.isdisjoint(second)


def _names(front: Storefront, began: datetime) -> set[str]:
    bodies = [(each.source, each.topic, each.body) for each in told(front, began)]
    ids = {f"{source} {body['id']}" for source, topic, body in bodies if source == "stripe" or "order" in topic}
    return ids | {str(body["campaign"]) for _, _, body in bodies if "campaign" in body}


@EACH
@pytest.mark.parametrize("hour", [0, 5, 12, 23])
def test_the_history_lies_before_the_beginning(front: Storefront, hour: int) -> None:
    began = BEGAN.replace(hour=hour, minute=0, second=1)
    assert all(event.at < began for telling in history(began, front) for event in understood(telling))


@EACH
@pytest.mark.parametrize("speed", [0.5, 1.0, 20.0])
def test_nothing_is_told_before_it_has_happened(front: Storefront, speed: float) -> None:
    for scene in day(BEGAN, front, speed):
        moment = BEGAN + timedelta(seconds=scene.second / speed)
        assert all(event.at <= moment for telling in scene.tellings for event in understood(telling))


@EACH
def test_the_history_is_told_in_about_the_order_of_time_and_the_scenes_exactly(front: Storefront) -> None:
    known = [event for telling in history(BEGAN, front) for event in understood(telling)]
    placed = [event.at for event in known if isinstance(event, OrderPlaced)]
    assert len(placed) > 200
    assert all(later - earlier > timedelta(hours=-1) for earlier, later in pairwise(placed))
    seconds = [scene.second for scene in day(BEGAN, front)]
    assert seconds == sorted(seconds) and len(set(seconds)) == len(seconds)


def test_a_fresh_beginning_is_remembered_and_a_stale_one_renewed() -> None:
    now = BEGAN + timedelta(minutes=30, microseconds=17)
    assert anchor(None, now) == now.replace(microsecond=0)
    assert anchor(BEGAN.isoformat(), now) == BEGAN
    assert anchor(BEGAN.isoformat(), BEGAN + timedelta(hours=2)) == BEGAN + timedelta(hours=2)

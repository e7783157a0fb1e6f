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
from bot.core.delivery import Delivery, Shopfront, Unverified
from bot.core.events import Event, OrderPlaced
from bot.demo.story import Telling, anchor, day, history
from tests.bench import OPTIONS, SECRETS

BEGAN = datetime(2026, 11, 23, 5, 42, 16, tzinfo=UTC)
SOURCES = Catalog.scan(("handlers",)).sources


def told(began: datetime, speed: float = 1.0) -> Iterator[Telling]:
    yield from history(began)
    for scene in day(began, speed):
        yield from scene.tellings


def sent(telling: Telling, at: datetime = BEGAN) -> Delivery:
    """The telling as it arrives, signed by its platform."""
    source, front = SOURCES[telling.source], shopfront(telling.source)
    body = json.dumps(telling.body).encode()
    headers = source.sign(telling.topic, body, SECRETS[telling.source], at, front)
    return Delivery(telling.source, {name.lower(): value for name, value in headers.items()}, body, at)


def shopfront(source: str) -> Shopfront:
    return Shopfront(source, "demo", "EUR", options=OPTIONS.get(source, {}))


def understood(telling: Telling) -> tuple[Event, ...]:
    return SOURCES[telling.source].parse(sent(telling), shopfront(telling.source))


def test_every_telling_is_proved_by_its_platform_and_means_at_least_one_event() -> None:
    for telling in told(BEGAN):
        delivery, source = sent(telling), SOURCES[telling.source]
        source.verify(delivery, (SECRETS[telling.source],), BEGAN, shopfront(telling.source))
        events = source.parse(delivery, shopfront(telling.source))
        assert events, telling
        assert {event.shop for event in events} == {"demo"}


@pytest.mark.parametrize("name", sorted({telling.source for telling in told(BEGAN)}))
def test_a_telling_with_another_secret_is_not_believed(name: str) -> None:
    telling = next(each for each in told(BEGAN) if each.source == name)
    other = SECRETS[name][:-6] + "AAAAA="
    with pytest.raises(Unverified):
        SOURCES[name].verify(sent(telling), (other,), BEGAN, shopfront(name))


def test_the_same_beginning_tells_the_same_deliveries_so_that_a_restart_is_recognised() -> None:
    once, again = ([sent(telling) for telling in told(BEGAN, 20.0)] for _ in range(2))
    assert [delivery.body for delivery in once] == [delivery.body for delivery in again]
    assert [SOURCES[each.source].key(each) for each in once] == [SOURCES[each.source].key(each) for each in again]


def test_no_two_tellings_of_a_story_are_taken_for_one() -> None:
    names = [(each.source, SOURCES[each.source].key(each) or each.body) for each in map(sent, told(BEGAN))]
    assert len(names) == len(set(names))


@settings(max_examples=25)
@given(st.integers(1, 900_000))
def test_two_beginnings_share_no_order_and_no_event_of_stripe(later: int) -> None:
    first, second = (_names(began) for began in (BEGAN, BEGAN + timedelta(seconds=later)))
    assert first.isdisjoint(second)


def _names(began: datetime) -> set[str]:
    bodies = [(each.source, each.topic, each.body) for each in told(began)]
    ids = {f"{source} {body['id']}" for source, topic, body in bodies if source == "stripe" or "orders" in topic}
    return ids | {str(body["campaign"]) for _, _, body in bodies if "campaign" in body}


@pytest.mark.parametrize("hour", [0, 5, 12, 23])
def test_the_history_lies_before_the_beginning(hour: int) -> None:
    began = BEGAN.replace(hour=hour, minute=0, second=1)
    assert all(event.at < began for telling in history(began) for event in understood(telling))


@pytest.mark.parametrize("speed", [0.5, 1.0, 20.0])
def test_nothing_is_told_before_it_has_happened(speed: float) -> None:
    for scene in day(BEGAN, speed):
        moment = BEGAN + timedelta(seconds=scene.second / speed)
        assert all(event.at <= moment for telling in scene.tellings for event in understood(telling))


def test_the_history_is_told_in_about_the_order_of_time_and_the_scenes_exactly() -> None:
    placed = [event.at for telling in history(BEGAN) for event in understood(telling) if isinstance(event, OrderPlaced)]
    assert len(placed) > 200
    assert all(later - earlier > timedelta(hours=-1) for earlier, later in pairwise(placed))
    seconds = [scene.second for scene in day(BEGAN)]
    assert seconds == sorted(seconds) and len(set(seconds)) == len(seconds)


def test_a_fresh_beginning_is_remembered_and_a_stale_one_renewed() -> None:
    now = BEGAN + timedelta(minutes=30, microseconds=17)
    assert anchor(None, now) == now.replace(microsecond=0)
    assert anchor(BEGAN.isoformat(), now) == BEGAN
    assert anchor(BEGAN.isoformat(), BEGAN + timedelta(hours=2)) == BEGAN + timedelta(hours=2)

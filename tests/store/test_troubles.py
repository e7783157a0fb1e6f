"""What Slack refuses, as rows on both databases: noticed, diverted, tried, healed and folded, without any Slack."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.clock import Clock
from bot.core.dispatch import Shown, settled
from bot.core.message import Message, Paragraph
from bot.core.parts import say
from bot.core.trouble import PROBE_EVERY
from bot.rounds.troubles import Troubles
from bot.store import destinations, missed, outbox, posts
from bot.store.engine import Store
from bot.store.tables.work import post as table
from tests.core.samples import NOW

OPS, WAREHOUSE = "#operations", "#warehouse"


class Watch(Clock):
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


def want(store: Store, key: str, channel: str = WAREHOUSE, at: datetime = NOW, **more: Any) -> None:
    message = Message(say(key), (Paragraph(say(key)),))
    with store.write() as connection:
        posts.want(connection, channel, key, message, urgency=more.pop("urgency", 1), now=at, **more)


def park(store: Store, key: str, reason: str = "is_archived", at: datetime = NOW) -> None:
    with store.write() as connection:
        connection.execute(
            update(table).where(table.c.key == key).values(state="parked", reason=reason, due_at=at, look_at=None)
        )


def show(store: Store, now: datetime) -> list[str]:
    """Slack takes whatever is due."""
    shown: list[str] = []
    while True:
        with store.write() as connection:
            claimed = outbox.claim(connection, now, 50)
            for number, each in enumerate(claimed):
                done = settled(each.post, each.post.wanted, Shown(each.post.ts or f"1.{len(shown) + number}"), now)
                outbox.save(connection, done)
            shown += [each.post.key for each in claimed]
        if not claimed:
            return shown


def state(store: Store, key: str, channel: str = WAREHOUSE) -> str:
    with store.read() as connection:
        found = posts.find(connection, channel, key)
    assert found is not None
    return found.state


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def troubles(store: Store, watch: Watch) -> Troubles:
    return Troubles(store, OPS, watch)


def test_with_nothing_amiss_a_tick_changes_nothing(store: Store, troubles: Troubles) -> None:
    want(store, "alert/1")
    assert troubles.tick() == 0


def test_a_broken_channel_goes_through_its_whole_course(store: Store, troubles: Troubles, watch: Watch) -> None:
    want(store, "alert/1")
    park(store, "alert/1")
    want(store, "alert/2", urgency=4)
    assert troubles.tick() > 0
    assert (state(store, "alert/1"), state(store, "alert/2")) == ("parked", "parked")
    assert len(show(store, watch.at)) == 3, "two copies and a word to operations"
    want(store, "alert/3")
    assert show(store, watch.at) == [], "a broken channel is given nothing"
    watch.at += PROBE_EVERY
    troubles.tick()
    assert set(show(store, watch.at)) == {f"diverted/{_id(store, 'alert/3')}", "alert/2"}
    assert troubles.tick() > 0
    assert set(show(store, watch.at)) >= {"alert/1", "alert/3"}
    with store.read() as connection:
        assert destinations.broken(connection) == []


def _id(store: Store, key: str) -> str:
    with store.read() as connection:
        found = posts.find(connection, WAREHOUSE, key)
    assert found is not None
    return found.id


def test_a_channel_that_refuses_again_is_left_alone_for_as_long_again(
    store: Store, troubles: Troubles, watch: Watch
) -> None:
    want(store, "alert/1")
    park(store, "alert/1")
    troubles.tick()
    for _ in range(3):
        watch.at += PROBE_EVERY
        troubles.tick()
        assert state(store, "alert/1") == "wanted"
        park(store, "alert/1", at=watch.at)
        troubles.tick()
        assert state(store, "alert/1") == "parked"


def test_a_channel_for_which_nothing_waits_is_forgotten(store: Store, troubles: Troubles) -> None:
    want(store, "alert/1")
    park(store, "alert/1")
    troubles.tick()
    with store.write() as connection:
        posts.drop(connection, WAREHOUSE, "alert/1", "says it already elsewhere", NOW)
    troubles.tick()
    with store.read() as connection:
        assert destinations.broken(connection) == []


def test_what_was_missed_is_told_in_one_post_that_takes_in_more(store: Store, troubles: Troubles, watch: Watch) -> None:
    for number in range(3):
        want(store, f"alert/{number}")
    watch.at += timedelta(minutes=2)
    for number in range(3):
        with store.write() as connection:
            missed.keep(connection, WAREHOUSE, f"alert/{number}", watch.at)
            posts.drop(connection, WAREHOUSE, f"alert/{number}", "over before it was shown", watch.at)
        troubles.tick()
    assert len(show(store, watch.at)) == 1
    assert troubles.tick() == 0
    watch.at += timedelta(hours=2)
    troubles.tick()
    with store.read() as connection:
        assert missed.channels(connection) == []


def test_what_had_no_minutes_time_or_was_held_was_not_missed(store: Store, watch: Watch) -> None:
    want(store, "alert/1")
    want(store, "alert/2", at=NOW - timedelta(hours=1), due_at=NOW + timedelta(hours=8))
    with store.write() as connection:
        for key in ("alert/1", "alert/2"):
            missed.keep(connection, WAREHOUSE, key, NOW)
        assert missed.channels(connection) == []


def test_what_is_in_somebodys_hands_is_not_taken_back(store: Store) -> None:
    want(store, "digest/1")
    with store.write() as connection:
        [work] = outbox.claim(connection, NOW, 1)
        assert not missed.drop(connection, work.post.id, "older than a day", NOW)


def test_what_is_taken_back_takes_along_the_replies_that_wait_for_it(store: Store) -> None:
    want(store, "digest/1")
    want(store, "digest/1/note", thread="digest/1")
    with store.write() as connection:
        root = posts.find(connection, WAREHOUSE, "digest/1")
        assert root is not None
        assert missed.drop(connection, root.id, "older than a day", NOW)
        after = posts.find(connection, WAREHOUSE, "digest/1")
    assert after is not None
    assert after.epoch > root.epoch
    assert (state(store, "digest/1"), state(store, "digest/1/note")) == ("dropped", "dropped")


def test_a_digest_that_waited_for_a_day_is_taken_back_with_its_reason(
    store: Store, troubles: Troubles, watch: Watch
) -> None:
    want(store, "digest/1")
    watch.at += timedelta(days=1)
    troubles.tick()
    assert state(store, "digest/1") == "dropped"
    [summary] = show(store, watch.at)
    assert summary.startswith("away/")

"""The inbox keeps each delivery once, whatever comes twice, at once, or in the middle of a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.delivery import Delivery
from bot.store import inbox
from bot.store.engine import Store, StoreDown
from bot.store.inbox import Arrival
from bot.store.intake import Intake

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def arrival(key: str = "k1", body: bytes = b"{}", source: str = "shopify", shop: str = "acme") -> Arrival:
    return Arrival(source, shop, key, Delivery(source, {"x-topic": "orders/create"}, body, NOW))


@pytest.fixture
async def intake(store: Store) -> AsyncIterator[Intake]:
    made = Intake(store)
    made.start()
    yield made
    made.stop()


def rows(store: Store) -> int:
    with store.read() as connection:
        return sum(inbox.counts(connection).values())


async def test_the_same_delivery_ten_times_at_once_is_one_row(store: Store, intake: Intake) -> None:
    answers = await asyncio.gather(*(intake.admit(arrival()) for _ in range(10)))
    assert sorted(answers) == [False] * 9 + [True]
    assert rows(store) == 1


@pytest.mark.parametrize(
    ("second", "is_new"),
    [
        (arrival("k1", b"other"), False),
        (arrival("k2", b"{}"), False),
        (arrival("k2", b"other"), True),
        (arrival("", b"{}"), False),
        (arrival("k1", b"{}", shop="other"), True),
        (arrival("k1", b"{}", source="stripe"), True),
    ],
)
async def test_a_delivery_is_the_same_when_its_key_or_its_body_is(
    intake: Intake, second: Arrival, is_new: bool
) -> None:
    assert await intake.admit(arrival()) is True
    assert await intake.admit(second) is is_new


async def test_two_interactions_with_the_same_body_are_two(intake: Intake) -> None:
    assert await intake.admit(arrival("a", b"x", source="slack")) is True
    assert await intake.admit(arrival("b", b"x", source="slack")) is True
    assert await intake.admit(arrival("b", b"y", source="slack")) is False


@pytest.mark.parametrize("key", ["nul \x00 in it", "lone \ud800 surrogate", "long " * 2000])
async def test_a_strange_key_is_kept_and_known_again(store: Store, intake: Intake, key: str) -> None:
    assert await intake.admit(arrival(key, b"1")) is True
    assert await intake.admit(arrival(key, b"2")) is False
    assert rows(store) == 1


async def test_what_the_database_refuses_fails_alone(store: Store, intake: Intake) -> None:
    naive = Arrival("shopify", "acme", "bad", Delivery("shopify", {}, b"bad", datetime(2026, 1, 1)))
    answers = await asyncio.gather(
        intake.admit(arrival("a", b"a")), intake.admit(naive), intake.admit(arrival("b", b"b")), return_exceptions=True
    )
    assert [answers[0], answers[2]] == [True, True]
    assert isinstance(answers[1], Exception)
    assert rows(store) == 2


async def test_a_closed_intake_refuses(store: Store) -> None:
    intake = Intake(store)
    intake.start()
    intake.stop()
    with pytest.raises(StoreDown):
        await intake.admit(arrival())


async def test_waiting_deliveries_come_oldest_first_and_without_interactions(store: Store, intake: Intake) -> None:
    for number in range(3):
        await intake.admit(arrival(f"k{number}", b"%d" % number))
    await intake.admit(arrival("click", b"click", source="slack", shop=""))
    await intake.admit(arrival("z", b"z", shop="zoo"))
    with store.write() as connection:
        assert inbox.shops_waiting(connection) == ("acme", "zoo")
        found = inbox.waiting(connection, "acme", 2)
        assert [w.delivery.body for w in found] == [b"0", b"1"]
        assert found[0].delivery == arrival("k0", b"0").delivery
        assert [w.delivery.body for w in inbox.interactions(connection, 9)] == [b"click"]


async def test_a_finished_delivery_waits_no_more_and_a_failed_one_counts(store: Store, intake: Intake) -> None:
    await intake.admit(arrival("a", b"a"))
    await intake.admit(arrival("b", b"b"))
    with store.write() as connection:
        first, second = inbox.waiting(connection, "acme", 9)
        inbox.finish(connection, first.id, "done")
        assert [inbox.failed(connection, second.id, "no"), inbox.failed(connection, second.id, "no")] == [1, 2]
    with store.read() as connection:
        assert [(w.id, w.attempts) for w in inbox.waiting(connection, "acme", 9)] == [(second.id, 2)]
        assert inbox.counts(connection) == {"done": 1, "waiting": 1}
        assert inbox.heard(connection) == {"shopify": NOW}


async def test_retention_empties_bodies_then_deletes_but_never_what_waits(store: Store, intake: Intake) -> None:
    await intake.admit(arrival("a", b"a"))
    await intake.admit(arrival("b", b"b"))
    with store.write() as connection:
        inbox.finish(connection, inbox.waiting(connection, "acme", 1)[0].id, "done")
        assert inbox.forget(connection, NOW + timedelta(days=6)) == 0
        assert inbox.forget(connection, NOW + timedelta(days=8)) == 1
        assert inbox.forget(connection, NOW + timedelta(days=8)) == 0
        assert inbox.forget(connection, NOW + timedelta(days=31)) == 1
        assert inbox.counts(connection) == {"waiting": 1}

"""Polls on both databases: one claimant, a cursor that moves with what was heard, health kept apart from webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import delete, select

from bot.core.delivery import BASELINE, POLLED, Delivery
from bot.core.events import ItemDescribed, SourceChanged, StockChanged
from bot.core.facts import AspectsOf, PolledOf, Query, QuietOf
from bot.core.known import Aspect, Polled, Quietness
from bot.core.parts import ShopText
from bot.core.quiet_source import asleep, quarter_of, windows
from bot.core.subject import Subject
from bot.store import events, inbox, polls
from bot.store.engine import Connection, Store
from bot.store.facts import Question, load
from bot.store.inbox import Arrival
from bot.store.polls import Turn
from bot.store.tables.asking import heard_hour, poll
from bot.store.tables.log import heard as heard_table
from bot.store.tables.log import inbox as deliveries
from tests.store.histories import SHOP, START, histories, tell

NOW = START
HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=5)
EVERY = {"orders": timedelta(minutes=5), "stock": timedelta(minutes=15)}


def enrolled(store: Store, **more: timedelta) -> None:
    with store.write() as connection:
        polls.enrol(connection, "acme", "shopify", EVERY | more, NOW)


def claimed(store: Store, now: Any = NOW, streams: tuple[str, ...] = ("orders", "stock")) -> Turn | None:
    return store.run(lambda connection: polls.claim(connection, "acme", "shopify", streams, now, LEASE))


def must(turn: Turn | None) -> Turn:
    assert turn is not None
    return turn


def write(store: Store, work: Callable[[Connection], Any]) -> Any:
    return store.run(work)


def ended(store: Store, turn: Turn, due: Any) -> None:
    """The run came to its end."""
    assert write(store, lambda c: polls.done(c, turn, due, NOW))


def rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(deliveries).order_by(deliveries.c.id)).mappings())


def row(store: Store, stream: str = "orders") -> Any:
    with store.read() as connection:
        return connection.execute(select(poll).where(poll.c.stream == stream)).mappings().one()


# Turns.


def test_the_most_overdue_stream_has_its_turn_and_nobody_else_gets_it(store: Store) -> None:
    enrolled(store)
    first, second = must(claimed(store)), must(claimed(store))
    assert (first.stream, second.stream, claimed(store)) == ("orders", "stock", None)
    assert (first.epoch, first.cursor, first.complete) == (1, "", False)


def test_only_streams_that_are_wanted_have_a_turn(store: Store) -> None:
    enrolled(store)
    assert claimed(store, streams=()) is None
    assert must(claimed(store, streams=("stock",))).stream == "stock"


def test_a_turn_that_nobody_gave_back_is_free_when_its_lease_ends(store: Store) -> None:
    enrolled(store)
    first = must(claimed(store, streams=("orders",)))
    assert claimed(store, NOW + LEASE - timedelta(seconds=1), ("orders",)) is None
    second = must(claimed(store, NOW + LEASE, ("orders",)))
    assert second.epoch == first.epoch + 1


def test_what_a_former_claimant_writes_changes_nothing(store: Store) -> None:
    enrolled(store)
    former = must(claimed(store, streams=("orders",)))
    present = must(claimed(store, NOW + LEASE, ("orders",)))
    late: list[Callable[[Connection], bool]] = [
        lambda c: polls.heard(c, former, "orders", [b"1"], "late", NOW),
        lambda c: polls.looked(c, former, "late", []),
        lambda c: polls.renew(c, former, NOW + HOUR * 9),
        lambda c: polls.done(c, former, NOW + HOUR, NOW),
        lambda c: polls.failed(c, former, NOW + HOUR, "late", 401, NOW),
    ]
    before = row(store)
    assert [write(store, each) for each in late] == [False] * 5
    write(store, lambda c: polls.let_go(c, former))
    assert (row(store), rows(store)) == (before, [])
    assert write(store, lambda c: polls.heard(c, present, "orders", [b"1"], "a", NOW))


def test_of_many_who_claim_at_once_each_stream_goes_to_one(store: Store) -> None:
    enrolled(store)
    together = Barrier(6)

    def race(_: int) -> Turn | None:
        together.wait()
        return claimed(store)

    with ThreadPoolExecutor(6) as pool:
        found = [turn for turn in pool.map(race, range(6)) if turn is not None]
    assert len({turn.stream for turn in found}) == len(found) >= 1


def test_a_lease_can_be_made_longer(store: Store) -> None:
    enrolled(store)
    turn = must(claimed(store, streams=("orders",)))
    assert write(store, lambda c: polls.renew(c, turn, NOW + HOUR))
    assert claimed(store, NOW + HOUR - LEASE, ("orders",)) is None


def test_when_something_is_due_next_is_known_without_claiming(store: Store) -> None:
    def due() -> Any:
        with store.read() as connection:
            return polls.next_due(connection, "acme", "shopify", ["orders", "stock"], NOW)

    assert due() is None
    enrolled(store)
    assert due() == NOW
    for stream in ("orders", "stock"):
        ended(store, must(claimed(store, streams=(stream,))), NOW + EVERY[stream])
    assert due() == NOW + EVERY["orders"]
    must(claimed(store, NOW + EVERY["orders"]))
    assert due() == NOW + EVERY["orders"] + LEASE


def test_a_stream_can_be_hastened_and_never_put_off(store: Store) -> None:
    enrolled(store)
    write(store, lambda c: polls.hasten(c, "acme", "shopify", "orders", NOW + HOUR))
    assert row(store)["due"] == NOW
    turn = must(claimed(store, streams=("orders",)))
    write(store, lambda c: polls.done(c, turn, NOW + 9 * HOUR, NOW))
    write(store, lambda c: polls.hasten(c, "acme", "shopify", "orders", NOW + HOUR))
    assert row(store)["due"] == NOW + HOUR


# What was heard.


def test_what_was_heard_waits_in_the_shops_lane_with_its_topic_and_moment(store: Store) -> None:
    enrolled(store)
    turn = must(claimed(store, streams=("orders",)))
    write(store, lambda c: polls.heard(c, turn, "orders/updated", [b"a", b"a"], "c1", NOW + HOUR))
    with store.write() as connection:
        waiting = inbox.waiting(connection, "acme", 9)
    assert [(one.delivery.polled, one.delivery.baseline, one.delivery.body) for one in waiting] == [
        ("orders/updated", True, b"a"),
        ("orders/updated", True, b"a"),
    ]
    assert {one.delivery.received for one in waiting} == {NOW + HOUR}
    assert [one["key"] for one in rows(store)] == [f"poll/orders/{(NOW + HOUR).isoformat()}/{n}" for n in (0, 1)]
    assert row(store)["cursor"] == "c1"


def test_the_same_bodies_at_the_same_moment_are_told_apart(store: Store) -> None:
    enrolled(store)
    turn = must(claimed(store, streams=("orders",)))
    for _ in range(3):
        write(store, lambda c: polls.heard(c, turn, "stock", [b"5"], "c", NOW))
    assert len(rows(store)) == 3


def test_a_webhook_with_the_body_of_a_poll_is_new_and_the_other_way_round(store: Store) -> None:
    enrolled(store)
    turn = must(claimed(store, streams=("orders",)))
    arrival = Arrival("shopify", "acme", "", Delivery("shopify", {}, b"5", NOW))
    assert write(store, lambda c: inbox.admit(c, [arrival])) == [True]
    write(store, lambda c: polls.heard(c, turn, "stock", [b"5"], "c", NOW))
    assert len(rows(store)) == 2


def test_only_what_is_heard_after_a_complete_run_is_no_first_look(store: Store) -> None:
    enrolled(store)
    first = must(claimed(store, streams=("orders",)))
    write(store, lambda c: polls.heard(c, first, "o", [b"1"], "1", NOW))
    second = must(claimed(store, NOW + LEASE, ("orders",)))
    write(store, lambda c: polls.heard(c, second, "o", [b"2"], "2", NOW))
    write(store, lambda c: polls.done(c, second, NOW + HOUR, NOW))
    third = must(claimed(store, NOW + HOUR, ("orders",)))
    write(store, lambda c: polls.heard(c, third, "o", [b"3"], "3", NOW))
    write(store, lambda c: polls.done(c, third, NOW + 2 * HOUR, NOW + HOUR))
    headers = [json.loads(one["headers"]) for one in rows(store)]
    assert [BASELINE in one for one in headers] == [True, True, False, False]
    # Behind all that was heard stands, once, that the first look is over.
    assert [one[POLLED] for one in headers] == ["o", "o", polls.LOOKED, "o"]


def test_a_poll_counts_as_no_webhook(store: Store) -> None:
    enrolled(store)
    turn = must(claimed(store, streams=("orders",)))
    write(store, lambda c: polls.heard(c, turn, "o", [b"1"], "1", NOW))
    with store.read() as connection:
        assert connection.execute(select(heard_table)).all() == []
        assert connection.execute(select(heard_hour)).all() == []


def test_a_body_that_was_worked_on_is_emptied_when_nobody_needs_it(store: Store) -> None:
    enrolled(store)
    turn = must(claimed(store, streams=("orders",)))
    write(store, lambda c: polls.heard(c, turn, "o", [b"pii"], "1", NOW))
    with store.write() as connection:
        inbox.finish(connection, inbox.waiting(connection, "acme", 1)[0].id, "done", emptied=True)
    (one,) = rows(store)
    assert (one["body"], one["headers"], one["outcome"]) == (None, "{}", "done")


# Trouble.


def fail(store: Store, now: Any, status: int = 0, why: str = "503") -> None:
    turn = must(claimed(store, now, ("orders",)))
    write(store, lambda c: polls.failed(c, turn, now, why, status, now))


def told(store: Store) -> list[SourceChanged]:
    return [polls.reported(one["body"]) for one in rows(store) if json.loads(one["headers"])[POLLED] == polls.OWN]


@pytest.mark.parametrize(("status", "runs"), [(0, 3), (404, 3), (401, 1), (403, 1)])
def test_trouble_is_told_once_when_it_lasts_or_will_not_pass(store: Store, status: int, runs: int) -> None:
    enrolled(store)
    for number in range(1, 6):
        fail(store, NOW + number * HOUR, status)
        assert len(told(store)) == (number >= runs)
    turn = must(claimed(store, NOW + 9 * HOUR, ("orders",)))
    write(store, lambda c: polls.done(c, turn, NOW + 10 * HOUR, NOW + 9 * HOUR))
    assert [(one.aspect, one.sound) for one in told(store)] == [("poll orders", False), ("poll orders", True)]
    assert (row(store)["failures"], row(store)["last_error"], row(store)["last_ok"]) == (0, "", NOW + 9 * HOUR)


def test_what_a_platform_says_is_kept_in_part_and_without_what_a_database_refuses(store: Store) -> None:
    enrolled(store)
    fail(store, NOW, 401, "no\x00" + "x" * 5000)
    assert len(row(store)["last_error"]) == 300
    assert told(store)[0].note is not None


# Items.


def test_items_are_those_whose_stock_was_told_and_whose_sku_was_not(store: Store) -> None:
    def level(item: str, source: str = "shopify") -> StockChanged:
        return StockChanged(shop="acme", source=source, at=NOW, item=item, available=1)

    named = ItemDescribed(shop="acme", source="shopify", at=NOW, item="2", sku="A")
    nameless = ItemDescribed(shop="acme", source="shopify", at=NOW, item="4", sku="item-4")
    plain = StockChanged(shop="acme", source="shopify", at=NOW, sku="B", available=1)
    tell(store, [level("1"), level("2"), level("3"), level("4"), level("9", "woo"), plain, named, nameless])
    with store.read() as connection:
        assert polls.items(connection, "acme", "shopify") == ("1", "3")
        assert polls.items(connection, "acme", "woo") == ("9",)
        assert polls.items(connection, "other", "shopify") == ()


def test_a_level_that_is_healed_is_told_under_its_sku_for_each_location(store: Store) -> None:
    early = [
        StockChanged(shop="acme", source="shopify", at=NOW, item="1", available=units, location=place)
        for place, units in (("east", 4), ("main", 0))
    ]
    tell(store, early)
    described = ItemDescribed(shop="acme", source="shopify", at=NOW + HOUR, item="1", sku="A")
    with store.write() as connection:
        first = events.record(connection, described, NOW.date())
        again = events.record(connection, described, NOW.date())
    assert [(one.subject.id, one.location, one.available) for one in first.healed] == [
        ("A", "east", 4),
        ("A", "main", 0),
    ]
    assert again.healed == ()


def test_the_levels_of_a_source_that_a_count_passed_by_are_told_as_gone(store: Store) -> None:
    def level(sku: str, hours: int, source: str = "shopify", gone: bool = False) -> StockChanged:
        units = None if gone else 4
        return StockChanged(shop="acme", source=source, at=NOW + hours * HOUR, sku=sku, available=units, gone=gone)

    tell(store, [level("A", 1), level("B", 3), level("C", 1, "woo"), level("D", 0), level("D", 1, gone=True)])
    body = (NOW + 2 * HOUR).isoformat().encode()
    with store.write() as connection:
        told = polls.missed(connection, Delivery("shopify", {}, body, NOW + 5 * HOUR), "acme")
        assert polls.missed(connection, Delivery("shopify", {}, body, NOW), "other") == ()
    assert told == (StockChanged(shop="acme", source="shopify", at=NOW + 5 * HOUR, sku="A", available=None, gone=True),)


# Facts.


def ask(store: Store, query: Query, now: Any = NOW, source: str = "shopify") -> Any:
    from dataclasses import make_dataclass

    facts = make_dataclass("Facts", [("answer", object, query)], frozen=True)
    with store.read() as connection:
        return load(connection, facts, Question(shop=SHOP, subject=Subject("source", source), now=now)).answer


calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@calm
@given(history=histories("source", most=12))
def test_the_aspects_of_a_source_are_as_last_told(store: Store, history: list[Any]) -> None:
    from tests.store.histories import empty

    empty(store)
    tell(store, history)
    newest: dict[str, SourceChanged] = {}
    for event in history:
        known = newest.get(event.aspect)
        if known is None or (event.at, not event.sound) >= (known.at, not known.sound):
            newest[event.aspect] = event
    expected = sorted((one.sound, one.aspect) for one in newest.values())
    assert [(one.sound, one.aspect) for one in ask(store, AspectsOf())] == expected


def test_an_aspect_knows_since_when_it_is_so(store: Store) -> None:
    def change(hours: int, sound: bool, note: str = "") -> SourceChanged:
        return SourceChanged(
            shop="acme", source="shopify", at=NOW + hours * HOUR, aspect="keys", sound=sound,
            note=ShopText(note) if note else None,
        )  # fmt: skip

    tell(store, [change(0, True), change(1, False, "no"), change(2, False, "still no")])
    assert ask(store, AspectsOf()) == (Aspect("keys", False, ShopText("still no"), NOW + HOUR),)
    assert ask(store, AspectsOf(), source="stripe") == ()


def test_how_asking_fares_is_known_of_sources_that_are_asked(store: Store) -> None:
    assert ask(store, PolledOf()) is None
    enrolled(store)
    assert ask(store, PolledOf()) == Polled(None, 0)
    fail(store, NOW)
    turn = must(claimed(store, streams=("stock",)))
    write(store, lambda c: polls.done(c, turn, NOW + HOUR, NOW))
    assert ask(store, PolledOf()) == Polled(NOW, 1)


def test_deliveries_are_counted_by_the_hour_and_repeats_are_not(store: Store) -> None:
    def arrive(key: str, minutes: int, source: str = "shopify") -> None:
        at = NOW + timedelta(minutes=minutes)
        arrival = Arrival(source, "acme", key, Delivery(source, {}, key.encode(), at))
        write(store, lambda c: inbox.admit(c, [arrival]))

    for key, minutes in (("a", 0), ("b", 10), ("b", 20), ("c", 40)):
        arrive(key, minutes)
    arrive("click", 0, inbox.SLACK)
    first = inbox.hour_of(NOW)
    with store.read() as connection:
        found = connection.execute(select(heard_hour).order_by(heard_hour.c.hour)).all()
    assert [tuple(one) for one in found] == [("acme", "shopify", first, 2), ("acme", "shopify", first + 1, 1)]


def test_counts_are_forgotten_after_eight_weeks(store: Store) -> None:
    hours = [{"shop": "acme", "source": "s", "hour": inbox.hour_of(NOW) + n, "deliveries": 1} for n in (0, 5)]
    with store.write() as connection:
        connection.execute(heard_hour.insert(), hours)
        assert inbox.forget(connection, NOW + timedelta(weeks=8) + 2 * HOUR) == 1
        assert len(connection.execute(select(heard_hour)).all()) == 1


def test_quietness_is_judged_on_the_counts_of_its_own_source(store: Store) -> None:
    now = inbox.hour_of(NOW)
    counts = {now - ago: 10 for ago in range(5, 24 * 30)}
    with store.write() as connection:
        connection.execute(delete(heard_hour))
        connection.execute(
            heard_hour.insert(),
            [
                {"shop": "acme", "source": name, "hour": hour, "deliveries": number}
                for hour, number in counts.items()
                for name in ("shopify", "stripe")
            ],
        )
        connection.execute(heard_table.insert(), {"shop": "acme", "source": "shopify", "last": NOW - 5 * HOUR})
    found = ask(store, QuietOf())
    assert found == Quietness("shopify", windows(counts, SHOP.zone, NOW), NOW - 5 * HOUR)
    assert found.windows[0].seen == 0
    assert ask(store, QuietOf(), source="nobody") == Quietness("nobody", ())


def test_hours_in_which_the_bot_was_down_are_left_out_of_the_judgement(store: Store) -> None:
    now = inbox.hour_of(NOW)
    counts = {now - ago: 10 for ago in range(9, 24 * 30)}
    up = [
        NOW - ago * HOUR - minutes * HOUR / 60 for ago in (*range(9, 40), 0, 1) for minutes in (0, 10, 20, 30, 40, 50)
    ]
    with store.write() as connection:
        connection.execute(delete(heard_hour))
        for hour, number in counts.items():
            row = {"shop": "acme", "source": "shopify", "hour": hour, "deliveries": number}
            connection.execute(heard_hour.insert(), row)
        for moment in up:
            inbox.awake(connection, moment)
    marks: dict[int, int] = {}
    for moment in up:
        marks[inbox.hour_of(moment)] = marks.get(inbox.hour_of(moment), 0) | 1 << quarter_of(moment) % 4
    slept = asleep(marks, NOW)
    assert len(slept) > 6
    assert ask(store, QuietOf()).windows == windows(counts, SHOP.zone, NOW, slept)
    assert ask(store, QuietOf()).windows != windows(counts, SHOP.zone, NOW)

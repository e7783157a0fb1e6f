"""Exceptions to rules on both databases: kept, listed, over, ended and forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.events import ItemDescribed
from bot.core.exceptions import RuleException
from bot.store import events, exceptions, labels
from bot.store.engine import Store
from bot.store.retention import tidy
from tests.store.histories import START

DAY = timedelta(days=1)
WANTED = RuleException(
    rule="low_stock",
    level="sku",
    pattern="MUG",
    given=(("threshold", 12), ("margin_days", 2.5), ("order", "4h"), ("deep", True)),
    reason="sets of twelve",
    by="U0BEN",
    created=START,
    shop="demo",
)


def test_an_exception_comes_back_as_it_was_kept(store: Store) -> None:
    with store.write() as connection:
        laid, fresh = exceptions.lay(connection, WANTED)
        off, _ = exceptions.lay(connection, replace(WANTED, given=None, until=START + DAY))
    assert (laid, fresh) == (replace(WANTED, id=laid.id), True)
    assert laid.id < off.id
    with store.read() as connection:
        assert exceptions.current(connection, START) == [laid, off]
        assert exceptions.current(connection, START + DAY) == [laid]


def test_the_same_one_kept_twice_is_one_also_once_it_has_ended(store: Store) -> None:
    with store.write() as connection:
        laid, _ = exceptions.lay(connection, WANTED)
        assert exceptions.lay(connection, WANTED) == (laid, False)
        exceptions.end(connection, laid.id, START)
        assert exceptions.lay(connection, WANTED) == (laid, False)
        other, fresh = exceptions.lay(connection, replace(WANTED, created=START + DAY))
    assert fresh and other.id != laid.id


def test_one_that_is_over_is_seen_to_once_and_one_without_an_end_is_never_over(store: Store) -> None:
    with store.write() as connection:
        exceptions.lay(connection, WANTED)
        short, _ = exceptions.lay(connection, replace(WANTED, pattern="CUP", until=START + DAY))
        assert exceptions.over(connection, START) == []
        assert exceptions.over(connection, START + DAY) == [short]
        assert exceptions.end(connection, short.id, START + DAY) == short
        assert exceptions.end(connection, short.id, START + DAY) is None
        assert exceptions.over(connection, START + DAY) == []


def test_what_ended_is_forgotten_after_a_month_and_what_holds_is_not(store: Store) -> None:
    with store.write() as connection:
        holds, _ = exceptions.lay(connection, WANTED)
        gone, _ = exceptions.lay(connection, replace(WANTED, pattern="CUP"))
        exceptions.end(connection, gone.id, START)
        assert tidy(connection, START + 31 * DAY)["exceptions"] == 0
        assert tidy(connection, START + 32 * DAY)["exceptions"] == 1
        assert exceptions.current(connection, START + 400 * DAY) == [holds]


def test_of_what_is_about_many_is_remembered_how_far_it_was_decided_on_until_that_is_done(store: Store) -> None:
    with store.write() as connection:
        laid, _ = exceptions.lay(connection, replace(WANTED, level="vendor", pattern="Glas"))
        assert exceptions.unfinished(connection) == [(laid, "")]
        exceptions.reach(connection, laid.id, "MUG")
        assert exceptions.unfinished(connection) == [(laid, "MUG")]
        exceptions.reach(connection, laid.id, None)
        assert exceptions.unfinished(connection) == []
        exceptions.end(connection, laid.id, START)
        assert exceptions.unfinished(connection) == [(laid, "")]


def test_the_skus_that_bear_a_label_come_in_their_order_each_once_and_of_their_shop_alone(store: Store) -> None:
    with store.write() as connection:
        for shop, item, sku, vendor in (
            ("demo", "1", "MUG", "Glas"), ("demo", "2", "CUP", "Glas"), ("demo", "3", "CUP", "Ton"),
            ("demo", "4", "POT", ""), ("other", "5", "JAR", "Glas"),
        ):  # fmt: skip
            told = ItemDescribed(shop=shop, source="erp", at=START, item=item, sku=sku, vendor=vendor, groups=("Red",))
            events.record(connection, told, START.date())
    with store.read() as connection:
        assert labels.keys(connection, "demo") == ("red", "vendor-glas", "vendor-ton")
        assert labels.keys(connection, "gone") == ()
        both = ["vendor-glas", "vendor-ton"]
        assert labels.bearing(connection, "demo", both, "", 5) == ["CUP", "MUG"]
        assert labels.bearing(connection, "demo", ["red"], "CUP", 1) == ["MUG"]
        assert [labels.many(connection, "demo", wanted) for wanted in (both, ["red"], [])] == [2, 3, 0]

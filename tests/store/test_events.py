"""Events and read models: each telling counts once, the newest stands, and a rebuild finds the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.core.events import (
    STORED,
    CampaignChanged,
    DisputeChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    ItemSold,
    OrderChanged,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    PayoutChanged,
    StockChanged,
    StockExpected,
    StockReceived,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.subject import Subject
from bot.store import notes
from bot.store.answers.stock import positions
from bot.store.engine import Store
from bot.store.facts import Question
from bot.store.rebuild import rebuild
from bot.store.soundness import UNFINISHED_REBUILD
from bot.store.tables.shop import (
    campaign_sku,
    daily_total,
    inbound,
    order_line,
    orders,
    payout,
    receivable,
    sku,
    stock_level,
)
from tests.store.histories import KINDS, SHOP, START, day_of, empty, histories, state, tell

EUR = Money(1000, "EUR")
HOUR = timedelta(hours=1)
calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def level(available: int | None, hours: float = 0, **more: str) -> StockChanged:
    names = {"sku": "A", "item": "", "location": "main", **more}
    return StockChanged(
        shop="acme",
        source="shopify",
        at=START + hours * HOUR,
        available=available,
        sku=names["sku"],
        item=names["item"],
        location=names["location"],
    )


def placed(hours: float = 0, outstanding: int = 0, quantity: int = 2) -> OrderPlaced:
    return OrderPlaced(
        shop="acme",
        source="shopify",
        at=START + hours * HOUR,
        order="1",
        number="#1",
        total=EUR,
        outstanding=Money(outstanding, "EUR"),
        lines=(OrderLine("A", quantity, EUR),),
    )


def changed(hours: float, **more: bool) -> OrderChanged:
    return OrderChanged(
        shop="acme",
        source="shopify",
        at=START + hours * HOUR,
        order="1",
        number="#1",
        total=EUR,
        outstanding=Money(0, "EUR"),
        **more,
    )


def totals(store: Store) -> dict[tuple[str, str], int]:
    query = select(daily_total.c.measure, daily_total.c.key, daily_total.c.value)
    with store.read() as connection:
        found: Counter[tuple[str, str]] = Counter()
        for measure, key, value in connection.execute(query):
            found[measure, key] += value
        return dict(found)


def rows(store: Store, *columns: object) -> list[tuple[object, ...]]:
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]  # type: ignore[call-overload]


# Random histories.


@calm
@given(history=histories())
def test_read_models_equal_a_rebuild(store: Store, history: list[Event]) -> None:
    empty(store)
    tell(store, history)
    with store.read() as connection:
        before = state(connection)
    rebuild(store)
    with store.read() as connection:
        assert state(connection) == before


@calm
@given(history=histories("level", most=12))
def test_a_stock_level_ends_at_the_newest_telling_whatever_the_order(store: Store, history: list[Event]) -> None:
    empty(store)
    tell(store, history)
    newest: dict[tuple[str, str], StockChanged] = {}
    for event in history:
        assert isinstance(event, StockChanged)
        place = event.sku, event.location
        if place not in newest or _later(event) > _later(newest[place]):
            newest[place] = event
    expected = {place: (event.available, event.at) for place, event in newest.items()}
    found = rows(store, stock_level.c.sku, stock_level.c.location, stock_level.c.available, stock_level.c.at)
    assert {(row[0], row[1]): (row[2], row[3]) for row in found} == expected


def _later(event: StockChanged) -> tuple[object, float]:
    """By time; of two tellings of one moment the lower level stands."""
    return event.at, -(float("inf") if event.available is None else event.available)


@calm
@given(history=histories("placed", "changed", "unpaid", "paid", "refunded"))
def test_totals_count_each_order_payment_and_refund_once(store: Store, history: list[Event]) -> None:
    empty(store)
    tell(store, history)
    first: dict[str, OrderPlaced] = {}
    for event in history:
        if isinstance(event, OrderPlaced):
            first.setdefault(event.order, event)
    found = totals(store)
    assert found.get(("orders", ""), 0) == len(first)
    assert found.get(("units", ""), 0) == sum(line.quantity for order in first.values() for line in order.lines)
    failures = {(e.subject, e.at, e.key): e for e in reversed(history) if isinstance(e, PaymentFailed)}
    tried = [e for e in failures.values() if not e.retry]
    assert sum(n for (measure, _), n in found.items() if measure == "payments_failed") == len(tried)


@calm
@given(history=histories(), again=st.integers(1, 2))
def test_telling_everything_again_changes_nothing(store: Store, history: list[Event], again: int) -> None:
    empty(store)
    labelled = [recorded.event for recorded in tell(store, _steady(history))]
    with store.read() as connection:
        before = state(connection)
    for _ in range(again):
        assert not any(recorded.fresh for recorded in tell(store, labelled))
    with store.read() as connection:
        assert state(connection) == before


def _steady(history: list[Event]) -> list[Event]:
    """The history with each item under one SKU: a level told under an item's id means whichever SKU it has by then."""
    first: dict[str, str] = {}
    return [
        replace(event, sku=first.setdefault(event.item, event.sku)) if isinstance(event, ItemDescribed) else event
        for event in history
    ]


@calm
@given(event=st.one_of(*KINDS.values()))
def test_every_event_is_recorded_once(store: Store, event: Event) -> None:
    empty(store)
    first, second = tell(store, [event])[0], tell(store, [event])[0]
    assert (first.known, first.fresh, second.known, second.fresh) == (False, True, True, False)


@settings(max_examples=1)
@given(told=st.tuples(*KINDS.values()))
def test_every_stored_kind_is_among_the_histories(told: tuple[Event, ...]) -> None:
    assert {type(event) for event in told} | {ItemSold} == set(STORED.values())


# Single read models.


def test_an_older_level_is_recorded_but_is_no_news(store: Store) -> None:
    newer, older, newest = tell(store, [level(5, 2), level(0, 1), level(3, 3)])
    assert (newer.fresh, newer.level_before) == (True, None)
    assert (older.fresh, older.known, older.level_before) == (False, False, None)
    assert (newest.fresh, newest.level_before) == (True, 5)
    assert rows(store, sku.c.available) == [(3,)]


def test_the_level_before_is_over_all_locations(store: Store) -> None:
    tell(store, [level(4), level(6, location="east")])
    assert tell(store, [level(1, 1)])[0].level_before == 10
    assert rows(store, sku.c.available) == [(7,)]


def test_running_out_counts_once_and_only_from_something_to_nothing(store: Store) -> None:
    tell(store, [level(0), level(3, 1), level(0, 2), level(-1, 3), level(2, 4), level(None, 5), level(0, 6)])
    assert totals(store) == {("stockouts", "A"): 1}


def test_a_location_that_stocks_it_no_more_counts_for_nothing(store: Store) -> None:
    here, there = level(4), level(6, location="east")
    gone = replace(level(None, 2, location="east"), gone=True)
    *_, told = tell(store, [here, there, gone])
    assert (told.fresh, told.level_before) == (True, 10)
    assert rows(store, sku.c.available) == [(4,)]
    late, back = tell(store, [level(9, 1, location="east"), level(2, 3, location="east")])
    assert (late.fresh, back.fresh, back.level_before) == (False, True, 4)
    assert rows(store, sku.c.available) == [(6,)]


def test_what_no_location_stocks_any_more_has_not_run_out(store: Store) -> None:
    tell(store, [level(4), replace(level(None, 1), gone=True)])
    assert rows(store, sku.c.available) == [(None,)]
    assert totals(store) == {}


@pytest.mark.parametrize("first", ["gone", "there"])
def test_of_one_moment_what_is_there_stands_against_what_is_gone(store: Store, first: str) -> None:
    told = [replace(level(None, 1), gone=True), level(None, 1)]
    tell(store, told if first == "gone" else told[::-1])
    assert rows(store, stock_level.c.gone) == [(False,)]


def test_a_level_told_by_item_finds_its_sku_before_and_after_the_item_is_described(store: Store) -> None:
    described = ItemDescribed(shop="acme", source="shopify", at=START, item="77", sku="A", title=ShopText("Lamp"))
    (early,) = tell(store, [level(5, 1, sku="", item="77")])
    assert early.event.subject.id == "item-77"
    tell(store, [described])
    assert rows(store, stock_level.c.sku, stock_level.c.available) == [("A", 5)]
    assert rows(store, sku.c.sku, sku.c.title, sku.c.available) == [("A", "Lamp", 5)]
    (late,) = tell(store, [level(4, 2, sku="", item="77")])
    assert late.event.subject.id == "A"
    assert late.level_before == 5


def test_an_item_with_a_new_sku_takes_its_levels_along(store: Store) -> None:
    def described(sku: str, hours: float) -> ItemDescribed:
        return ItemDescribed(shop="acme", source="shopify", at=START + hours * HOUR, item="77", sku=sku)

    tell(store, [described("A", 0), level(5, 1, sku="", item="77"), described("B", 2)])
    assert rows(store, stock_level.c.sku, stock_level.c.available) == [("B", 5)]
    assert rows(store, sku.c.sku, sku.c.available) == [("B", 5)]


def test_an_item_of_another_source_with_the_same_id_is_another_item(store: Store) -> None:
    tell(store, [ItemDescribed(shop="acme", source="woocommerce", at=START, item="77", sku="W")])
    (told,) = tell(store, [level(5, 1, sku="", item="77")])
    assert told.event.subject.id == "item-77"


def test_a_receipt_closes_its_promise_and_teaches_the_lead_time(store: Store) -> None:
    def promise(hours: float, reference: str, quantity: int = 5) -> StockExpected:
        at = START + hours * HOUR
        return StockExpected(
            shop="acme", source="erp", at=at, sku="A", quantity=quantity, due=at + 48 * HOUR, reference=reference
        )

    def arrival(hours: float, reference: str) -> StockReceived:
        return StockReceived(
            shop="acme", source="erp", at=START + hours * HOUR, sku="A", quantity=5, reference=reference
        )

    tell(store, [promise(0, "p1"), promise(12, "p1", 6), arrival(96, "p1")])
    assert rows(store, sku.c.lead_days) == [(4.0,)]
    tell(store, [promise(100, "p2"), arrival(100 + 24 * 14, "p2"), promise(50, "p1")])
    (row,) = rows(store, sku.c.lead_days)
    assert row[0] == pytest.approx(4.0 + 0.3 * 10)
    tell(store, [promise(0, "p3"), promise(1, "p3", 0)])
    assert set(rows(store, inbound.c.reference, inbound.c.open)) == {("p1", False), ("p2", False), ("p3", False)}
    assert totals(store) == {("received", "A"): 10}


def test_an_order_told_twice_at_different_moments_counts_and_sells_once(store: Store) -> None:
    first, _, second, again = tell(store, [placed(0), placed(1)])
    assert (first.fresh, second.fresh, again.fresh) == (True, True, False)
    assert totals(store) == {("orders", ""): 1, ("units", ""): 2, ("sold", "A"): 2, ("sales", "EUR"): 1000}
    assert rows(store, order_line.c.sku, order_line.c.quantity) == [("A", 2)]


def test_a_placing_told_after_later_news_counts_but_is_no_news(store: Store) -> None:
    shipped, late, sold = tell(store, [changed(2, shipped=True), placed(0)])
    assert (shipped.fresh, late.fresh, sold.fresh) == (True, False, True)
    assert totals(store)["orders", ""] == 1
    assert rows(store, orders.c.shipped, orders.c.open, orders.c.placed) == [(True, False, START)]
    assert rows(store, order_line.c.open) == [(False,)]


def attempt(hours: float, *, standing: bool) -> PaymentFailed:
    return PaymentFailed(
        shop="acme",
        source="woocommerce",
        at=START + hours * HOUR,
        payment=f"1-{hours}",
        provider="bacs",
        method="bacs",
        amount=EUR,
        order="1",
        standing=standing,
    )


@pytest.mark.parametrize(("standing", "failures"), [(True, 2), (False, 4)])
def test_a_failure_told_as_a_state_counts_when_the_order_turns_to_it(
    store: Store, standing: bool, failures: int
) -> None:
    for hours, failed in enumerate((True, True, False, True, True)):
        telling = [attempt(hours, standing=standing)] if failed else []
        tell(store, [*telling, changed(hours, failed=failed)])
    assert totals(store)["payments_failed", "bacs/bacs"] == failures


def test_shipping_and_cancelling_count_when_they_happen(store: Store) -> None:
    tell(store, [placed(0), changed(1), changed(2, shipped=True), changed(3, shipped=True)])
    tell(store, [changed(4, shipped=True, cancelled=True)])
    found = totals(store)
    assert (found["shipped", ""], found["cancelled", ""]) == (1, 1)
    assert rows(store, order_line.c.open) == [(False,)]


def test_an_order_is_a_receivable_until_it_is_paid_or_cancelled(store: Store) -> None:
    columns = receivable.c.about, receivable.c.reference, receivable.c.minor, receivable.c.status, receivable.c.open
    tell(store, [placed(0, outstanding=700)])
    assert rows(store, *columns) == [("order", "1", 700, "open", True)]
    tell(store, [changed(1)])
    assert rows(store, *columns) == [("order", "1", 0, "paid", False)]


def test_an_order_paid_at_once_leaves_no_receivable(store: Store) -> None:
    tell(store, [placed(0), changed(1)])
    assert rows(store, receivable.c.reference) == []


@pytest.mark.parametrize(
    ("status", "is_open"), [("open", True), ("paid", False), ("void", False), ("uncollectible", False)]
)
def test_an_invoice_is_open_while_it_is_to_be_paid(store: Store, status: str, is_open: bool) -> None:
    event = InvoiceChanged(
        shop="acme",
        source="stripe",
        at=START,
        invoice="i",
        number="I-1",
        outstanding=EUR,
        status=status,  # type: ignore[arg-type]
    )
    tell(store, [event])
    assert rows(store, receivable.c.open, receivable.c.about) == [(is_open, "invoice")]


def test_of_two_tellings_of_one_second_the_further_state_stands(store: Store) -> None:
    def dispute(status: str) -> DisputeChanged:
        return DisputeChanged(
            shop="acme",
            source="stripe",
            at=START,
            dispute="d",
            amount=EUR,
            reason=ShopText("x"),
            status=status,  # type: ignore[arg-type]
        )

    won, opened = tell(store, [dispute("won"), dispute("open")])
    assert (won.fresh, opened.fresh) == (True, False)
    assert totals(store) == {("disputes", ""): 1}


def test_payouts_count_when_they_turn(store: Store) -> None:
    def told(status: str, hours: float) -> PayoutChanged:
        at = START + hours * HOUR
        return PayoutChanged(shop="acme", source="stripe", at=at, payout="p", amount=EUR, status=status)  # type: ignore[arg-type]

    tell(store, [told("pending", 0), told("paid", 1), told("paid", 2), told("failed", 3)])
    assert totals(store) == {("payout_paid", "EUR"): 1000, ("payout_failed", "EUR"): 1000}
    assert rows(store, payout.c.status) == [("failed",)]


def test_a_campaign_promotes_the_skus_it_was_last_told_to(store: Store) -> None:
    def told(hours: float, *skus: str) -> CampaignChanged:
        return CampaignChanged(
            shop="acme",
            source="klaviyo",
            at=START + hours * HOUR,
            campaign="c",
            name=ShopText("Autumn"),
            status="scheduled",
            starts=START,
            skus=skus,
        )

    tell(store, [told(1, "A", "B", "A"), told(2, "B", "C"), told(0, "Z")])
    assert set(rows(store, campaign_sku.c.sku)) == {("B",), ("C",)}


def test_a_newer_title_replaces_an_older_one_and_a_line_of_an_order_only_fills_a_gap(store: Store) -> None:
    def described(title: str, hours: float) -> ItemDescribed:
        at = START + hours * HOUR
        return ItemDescribed(shop="acme", source="s", at=at, item="1", sku="A", title=ShopText(title), price=EUR)

    sold = ItemSold(
        shop="acme",
        source="s",
        at=START,
        sku="A",
        quantity=1,
        amount=EUR,
        order="9",
        number="#9",
        title=ShopText("Line"),
    )
    tell(store, [sold])
    assert rows(store, sku.c.title) == [("Line",)]
    tell(store, [described("New", 2), described("Old", 1)])
    assert rows(store, sku.c.title, sku.c.search) == [("New", "a\nnew")]


def test_two_shops_with_equal_names_do_not_mix(store: Store) -> None:
    other = StockChanged(shop="other", source="shopify", at=START, sku="A", available=9)
    tell(store, [level(5), other])
    assert sorted(rows(store, sku.c.shop, sku.c.available)) == [("acme", 5), ("other", 9)]


def test_a_very_long_key_is_recorded_and_known_again(store: Store) -> None:
    sold = ItemSold(shop="acme", source="s", at=START, sku="A", quantity=1, amount=EUR, order="9" * 5000, number="#9")
    assert [recorded.known for recorded in tell(store, [sold, sold])] == [False, True]


def test_a_rebuild_that_was_cut_short_is_told_until_it_is_done(store: Store) -> None:
    tell(store, [level(5)])
    with store.write() as connection:
        notes.put(connection, UNFINISHED_REBUILD, "yes")
    assert any("rebuild" in problem for problem in store.check())
    assert rebuild(store) == 1
    assert store.check() == ()


def test_a_rebuild_keeps_totals_from_before_the_oldest_event(store: Store) -> None:
    tell(store, [placed(0)])
    row = {"shop": SHOP.name, "measure": "orders", "day": "2025-01-01", "key": "", "value": 7}
    with store.write() as connection:
        connection.execute(daily_total.insert(), row)
    rebuild(store)
    assert totals(store)["orders", ""] == 8
    assert day_of(placed(0)).isoformat() == "2026-10-20"


@pytest.mark.parametrize("late", [False, True])
def test_the_newest_word_on_a_shop_s_limits_stands_and_silence_changes_nothing(store: Store, late: bool) -> None:
    def described(hours: float, **limits: Any) -> ItemDescribed:
        return ItemDescribed(shop="acme", source="shopify", at=START + hours * HOUR, item="77", sku="A", **limits)

    said = [described(0, low_at=5, backorders=True), described(1, low_at=0, backorders=False), described(2)]
    tell(store, said[1:] + said[:1] if late else said)
    assert rows(store, sku.c.low_at, sku.c.backorders) == [(0, False)]
    with store.read() as connection:
        (found,) = positions(connection, Question(shop=SHOP, subject=Subject("sku", "A"), now=START), ["A"]).values()
    assert (found.low_at, found.backorders) == (0, False)

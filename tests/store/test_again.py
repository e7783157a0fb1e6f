"""What a poll finds again is not recorded again, and nobody who reads the read models can tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from bot.core.demand import Demand, advance
from bot.core.events import (
    Event,
    ItemDescribed,
    LocationNamed,
    OrderHeld,
    ShipmentChanged,
    SourceChanged,
    StockChanged,
    StockReceived,
    consequences,
)
from bot.core.parts import ShopText
from bot.store import events
from bot.store.codec import load
from bot.store.engine import Store
from bot.store.rebuild import rebuild
from bot.store.tables.log import event as log
from bot.store.tables.shop import READ_MODELS, sku, stock_level
from tests.store.histories import END, KINDS, START, day_of, empty, histories, names

HOUR = timedelta(hours=1)
calm = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MEMORY = {"demand", "rate"}


def tell(store: Store, history: Iterable[tuple[Event, bool]]) -> list[events.Recorded]:
    """Records events, some of them seen by a poll, as the pipeline does."""
    recorded = []
    with store.write() as connection:
        for event, observed in history:
            first = events.record(connection, event, day_of(event), observed=observed)
            recorded.append(first)
            if not first.known:
                for each in consequences(first.event):
                    events.record(connection, each, day_of(each))
    return recorded


def state(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every read model, without the sales memory."""
    return {
        table.name: [
            tuple(row)
            for row in connection.execute(
                select(*(column for column in table.c if column.name not in MEMORY)).order_by(*table.primary_key)
            )
        ]
        for table in READ_MODELS
    }


def count(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(log)).scalar() or 0)


def seen_later(draw: st.DataObject, history: list[Event]) -> list[tuple[Event, bool]]:
    """The history with some of its events seen again by a poll, at later moments, anywhere after them."""
    told: list[tuple[Event, bool]] = [(event, draw.draw(st.booleans())) for event in history]
    for event in history:
        for _ in range(draw.draw(st.integers(0, 2))):
            again = replace(event, at=event.at + HOUR * draw.draw(st.integers(1, 60)))
            told.insert(draw.draw(st.integers(0, len(told))), (again, True))
    return told


@calm
@given(history=histories(most=10), draw=st.data())
def test_the_read_models_are_what_they_were_if_every_observation_were_recorded(
    store: Store, history: list[Event], draw: st.DataObject
) -> None:
    told = seen_later(draw, history)
    empty(store)
    tell(store, told)
    with store.read() as connection:
        ours = state(connection)
    some = count(store)
    empty(store)
    tell(store, [(event, False) for event, _ in told])
    with store.read() as connection:
        assert ours == state(connection)
    assert some <= count(store)


STATES = ("described", "level", "invoice", "campaign", "echo", "held", "source", "paid", "received")


@calm
@given(history=histories(*STATES, most=10), draw=st.data())
def test_a_rebuild_finds_what_was_seen_again(store: Store, history: list[Event], draw: st.DataObject) -> None:
    empty(store)
    tell(store, seen_later(draw, history))
    with store.read() as connection:
        before = state(connection)
    rebuild(store)
    with store.read() as connection:
        assert state(connection) == before


@calm
@given(history=histories("level", "placed", most=12), draw=st.data())
def test_what_is_seen_again_teaches_the_sales_memory_nothing(
    store: Store, history: list[Event], draw: st.DataObject
) -> None:
    told = sorted(seen_later(draw, history), key=lambda one: one[0].at)
    memories = []
    for flags in (True, False):
        empty(store)
        tell(store, [(event, observed and flags) for event, observed in told])
        with store.read() as connection:
            found = connection.execute(select(sku.c.sku, sku.c.demand).order_by(sku.c.sku)).all()
        end = (END + HOUR * 60).date()
        memories.append({row.sku: advance(load(Demand, row.demand), end) for row in found if row.demand})
    ours, theirs = memories
    assert ours.keys() == theirs.keys()
    for name, memory in ours.items():
        other = theirs[name]
        assert (memory.stocked, memory.in_stock) == (other.stocked, other.in_stock)
        for field in ("weight", "units", "squares", "weight2", "today"):
            assert getattr(memory, field) == pytest.approx(getattr(other, field))


def level(available: int | None, hours: float = 0, location: str = "main", **more: str) -> StockChanged:
    return StockChanged(
        shop="acme", source="shopify", at=START + hours * HOUR, sku="A", available=available, location=location
    )


def test_a_level_that_is_seen_again_leaves_one_event_and_says_when_it_was_seen(store: Store) -> None:
    first, *later = tell(store, [(level(5, hours), True) for hours in range(20)])
    assert (first.fresh, first.known) == (True, False)
    assert {(one.fresh, one.known) for one in later} == {(False, True)}
    assert count(store) == 1
    with store.read() as connection:
        assert connection.execute(select(stock_level.c.at)).scalar() == START + 19 * HOUR


def test_a_level_that_went_and_came_back_is_three_tellings(store: Store) -> None:
    tell(store, [(level(5), True), (level(4, 1), True), (level(5, 2), True), (level(5, 3), True)])
    assert count(store) == 3


def test_a_level_that_is_gone_is_not_one_that_nobody_counts(store: Store) -> None:
    gone = replace(level(None, 1), gone=True)
    tell(store, [(level(None), True), (gone, True), (replace(gone, at=START + 2 * HOUR), True), (level(None, 3), True)])
    assert count(store) == 3


def test_each_location_is_seen_for_itself(store: Store) -> None:
    places = [(level(5, hours, place), True) for hours in range(4) for place in ("main", "east")]
    tell(store, places)
    assert count(store) == 2


def test_a_late_word_from_before_it_was_seen_is_no_news(store: Store) -> None:
    *_, late = tell(store, [(level(5), False), (level(5, 10), True), (level(7, 4), False)])
    assert not late.fresh
    with store.read() as connection:
        assert connection.execute(select(stock_level.c.available)).scalar() == 5


def test_a_webhook_that_says_the_same_again_is_recorded(store: Store) -> None:
    tell(store, [(level(5), False), (level(5, 1), False)])
    assert count(store) == 2


def test_a_level_told_by_item_is_seen_again_under_its_sku(store: Store) -> None:
    described = ItemDescribed(shop="acme", source="shopify", at=START, item="77", sku="A")
    by_item = [replace(level(5, hours), sku="", item="77") for hours in (1, 2, 3)]
    tell(store, [(described, True), *((one, True) for one in by_item)])
    assert count(store) == 2


@pytest.mark.parametrize(
    "event",
    [
        OrderHeld(shop="acme", source="s", at=START, order="1", held=True),
        LocationNamed(shop="acme", source="s", at=START, location="1", name=ShopText("Leeds")),
        ShipmentChanged(shop="acme", source="s", at=START, shipment="p", order="1", status="sent"),
        SourceChanged(shop="acme", source="s", at=START, aspect="keys", sound=False, note=ShopText("no")),
        ItemDescribed(shop="acme", source="s", at=START, item="1", sku="A", title=ShopText("Lamp")),
    ],
)
def test_each_kind_of_state_is_seen_again(store: Store, event: Event) -> None:
    tell(store, [(replace(event, at=START + HOUR * hours), True) for hours in range(3)])
    assert count(store) == 1


@pytest.mark.parametrize(
    ("event", "between"),
    [
        (OrderHeld(shop="acme", source="s", at=START, order="1", held=True), {"held": False}),
        (LocationNamed(shop="acme", source="s", at=START, location="1", name=ShopText("A")), {"name": ShopText("B")}),
        (ShipmentChanged(shop="acme", source="s", at=START, shipment="p", order="1", status="sent"), {"status": "delayed"}),
        (SourceChanged(shop="acme", source="s", at=START, aspect="keys", sound=False), {"sound": True}),
    ],
)  # fmt: skip
def test_what_came_back_after_something_else_is_news(store: Store, event: Event, between: dict[str, object]) -> None:
    other = replace(event, at=START + HOUR, **between)  # type: ignore[arg-type]
    *_, back = tell(store, [(event, True), (other, True), (replace(event, at=START + 2 * HOUR), True)])
    assert not back.known
    assert count(store) == 3


def test_another_entity_of_the_same_subject_does_not_stand_in_the_way(store: Store) -> None:
    one = ShipmentChanged(shop="acme", source="s", at=START, shipment="p", order="1", status="sent")
    other = replace(one, shipment="q", status="delayed", at=START + HOUR)
    tell(store, [(one, True), (other, True), (replace(one, at=START + 2 * HOUR), True)])
    assert count(store) == 2


def test_an_item_that_had_another_sku_in_between_is_told_anew(store: Store) -> None:
    lamp = ItemDescribed(shop="acme", source="s", at=START, item="1", sku="A", title=ShopText("Lamp"))
    other = replace(lamp, sku="B", at=START + 5 * HOUR)
    late, back = replace(lamp, at=START + HOUR), replace(lamp, at=START + 9 * HOUR)
    *_, third, fourth = tell(store, [(lamp, True), (other, True), (late, True), (back, True)])
    assert (third.known, third.fresh, fourth.known, fourth.fresh) == (False, False, False, True)
    with store.read() as connection:
        before = state(connection)
    rebuild(store)
    with store.read() as connection:
        assert state(connection) == before


def test_what_happens_and_is_no_state_is_always_recorded(store: Store) -> None:
    received = StockReceived(shop="acme", source="s", at=START, sku="A", quantity=1)
    tell(store, [(replace(received, at=START + HOUR * hours), True) for hours in range(3)])
    assert count(store) == 3


@calm
@given(event=st.one_of(*KINDS.values()), gap=st.integers(-3, 3), other=names)
def test_an_observation_never_breaks_whatever_stands(store: Store, event: Event, gap: int, other: str) -> None:
    empty(store)
    tell(store, [(event, False), (replace(event, at=event.at + gap * HOUR), True)])
    assert 1 <= count(store) <= 6

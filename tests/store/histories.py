"""Random histories of a small shop: few names and few moments, so that events meet, repeat and overtake each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from sqlalchemy import Connection, select

from bot.core import events as told
from bot.core.events import Event, consequences
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.settings import Shop
from bot.store import events
from bot.store.engine import Store
from bot.store.tables.log import event as log
from bot.store.tables.shop import READ_MODELS

SHOP = Shop("acme", "Acme", "EUR", ZoneInfo("Europe/Berlin"))
START = datetime(2026, 10, 20, 21, 30, tzinfo=UTC)
END = START + timedelta(days=12)

skus = st.sampled_from(["A", "B"])
items = st.sampled_from(["1", "2"])
names = st.sampled_from(["x", "y", "z"])
moments = st.integers(0, 24).map(lambda halves: START + timedelta(hours=12 * halves))
units = st.integers(1, 9)
levels = st.one_of(st.none(), st.integers(-3, 12))
money = st.builds(Money, st.integers(0, 5000), st.sampled_from(["EUR", "EUR", "SEK"]))
titles = st.one_of(st.none(), st.sampled_from([ShopText("Lamp"), ShopText("Großer <Tisch> 'x'")]))
groups = st.lists(st.sampled_from(["Summer Sale", "tag:Wool", "https://x.example/products/lamp"]), max_size=2).map(
    tuple
)
told_by: dict[str, st.SearchStrategy[Any]] = {"shop": st.just("acme"), "source": st.just("shopify"), "at": moments}

lines = st.lists(st.builds(told.OrderLine, skus, units, money.map(lambda m: Money(m.minor, "EUR")), titles), max_size=3)


def _level(event: told.StockChanged) -> told.StockChanged:
    """What is gone has no units."""
    return replace(event, available=None) if event.gone else event


KINDS: dict[str, st.SearchStrategy[Event]] = {
    "described": st.builds(
        told.ItemDescribed,
        **told_by,
        item=items,
        sku=skus,
        title=titles,
        price=st.one_of(st.none(), money),
        groups=groups,
        low_at=st.none() | st.integers(0, 9),
        backorders=st.none() | st.booleans(),
    ),
    "level": st.builds(
        told.StockChanged,
        **told_by,
        sku=skus,
        location=st.sampled_from(["main", "east"]),
        available=levels,
        title=titles,
        gone=st.booleans(),
    ).map(_level),
    "item level": st.builds(told.StockChanged, **told_by, item=items, available=levels, gone=st.booleans()).map(_level),
    "expected": st.builds(
        told.StockExpected, **told_by, sku=skus, quantity=st.integers(0, 9), due=moments, reference=names
    ),
    "received": st.builds(
        told.StockReceived, **told_by, sku=skus, quantity=units, reference=st.sampled_from(["", "x", "y"])
    ),
    "placed": st.builds(
        told.OrderPlaced,
        **told_by,
        order=names,
        number=st.just("#1"),
        total=money,
        outstanding=money,
        lines=lines.map(tuple),
        discounted=st.booleans(),
    ),
    "changed": st.builds(
        told.OrderChanged,
        **told_by,
        order=names,
        number=st.just("#1"),
        total=money,
        outstanding=money,
        shipped=st.booleans(),
        cancelled=st.booleans(),
    ),
    "paid": st.builds(
        told.PaymentSucceeded,
        **told_by,
        payment=names,
        provider=st.just("stripe"),
        method=st.sampled_from(["card", "ideal"]),
        amount=money,
    ),
    "unpaid": st.builds(
        told.PaymentFailed,
        **told_by,
        payment=names,
        provider=st.just("stripe"),
        method=st.sampled_from(["card", "ideal"]),
        amount=money,
        code=st.sampled_from(["", "declined"]),
        retry=st.booleans(),
    ),
    "refunded": st.builds(told.Refunded, **told_by, refund=names, amount=money, order=names),
    "dispute": st.builds(
        told.DisputeChanged,
        **told_by,
        dispute=names,
        amount=money,
        reason=st.just(ShopText("fraudulent")),
        status=st.sampled_from(["open", "answered", "won", "lost"]),
        due=st.one_of(st.none(), moments),
    ),
    "invoice": st.builds(
        told.InvoiceChanged,
        **told_by,
        invoice=names,
        number=st.just("I-1"),
        outstanding=money,
        status=st.sampled_from(["open", "paid", "void"]),
        due=st.one_of(st.none(), moments),
    ),
    "payout": st.builds(
        told.PayoutChanged,
        **told_by,
        payout=names,
        amount=money,
        status=st.sampled_from(["pending", "paid", "failed"]),
    ),
    "campaign": st.builds(
        told.CampaignChanged,
        **told_by | {"source": st.sampled_from(["shopify", "shopify", "slack"])},
        campaign=names,
        name=st.just(ShopText("Autumn")),
        status=st.sampled_from(["scheduled", "running", "ended", "cancelled"]),
        starts=moments,
        ends=st.one_of(st.none(), moments),
        skus=st.lists(skus, max_size=3).map(tuple),
        uplift=st.one_of(st.none(), st.floats(0.5, 4)),
        audience=st.one_of(st.none(), units),
        groups=groups,
        state_only=st.sampled_from([False, False, True]),
    ),
    "echo": st.builds(
        told.CampaignEchoed,
        **told_by,
        reference=names,
        echo=st.sampled_from(["sent", "bounced", "complained", "unsubscribed", "failed"]),
        count=units,
        campaign=st.sampled_from(["", "x"]),
    ),
    "shipment": st.builds(
        told.ShipmentChanged,
        **told_by,
        shipment=names,
        order=names,
        status=st.sampled_from(["sent", "under_way", "delayed", "delivered"]),
        due=st.one_of(st.none(), moments),
    ),
    "named": st.builds(told.LocationNamed, **told_by, location=names, name=st.just(ShopText("Leeds"))),
    "held": st.builds(told.OrderHeld, **told_by, order=names, held=st.booleans()),
    "source": st.builds(
        told.SourceChanged,
        **told_by,
        aspect=st.sampled_from(["poll orders", "webhook orders/create", "keys"]),
        sound=st.booleans(),
        note=st.sampled_from([None, ShopText("403: read_orders is missing")]),
    ),
}


def histories(*kinds: str, most: int = 25) -> st.SearchStrategy[list[Event]]:
    """Events of some kinds (of all, when none is named), some of them told twice, in any order."""
    one = st.one_of([KINDS[kind] for kind in kinds or KINDS])
    return st.lists(one, max_size=most).flatmap(
        lambda events: st.permutations(events + events[: len(events) // 3]).map(list)
    )


def day_of(event: Event) -> date:
    """The shop's local day of an event."""
    return event.at.astimezone(SHOP.zone).date()


def tell(store: Store, history: Iterable[Event]) -> list[events.Recorded]:
    """Records a history as the pipeline does, with what follows from each event."""
    recorded = []
    with store.write() as connection:
        for event in history:
            for each in (event, *consequences(event)):
                recorded.append(events.record(connection, each, day_of(each)))
    return recorded


def empty(store: Store) -> None:
    """Forgets everything that was recorded."""
    with store.write() as connection:
        for table in (log, *READ_MODELS):
            connection.execute(table.delete())


def state(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every read model."""
    return {
        table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for table in READ_MODELS
    }

"""The event log: each telling once, and the read models brought up to date in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import select

from bot.core.events import Event, ItemDescribed, PaymentFailed, StockChanged
from bot.core.subject import Subject
from bot.store.again import tells_nothing_new
from bot.store.codec import dump
from bot.store.dialect import cut, insert_new, text_in
from bot.store.engine import Connection
from bot.store.models import Telling, listeners, stock_level
from bot.store.models.item import sku_of
from bot.store.models.orders import failed_already
from bot.store.tables.log import event as log


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it was recorded.

    ``known`` says that it was there already and nothing happened. ``fresh`` is False when a newer telling of the same
    thing stands, so that the event is no news. ``level_before`` is the SKU's stock before it, when it changed a level.
    ``healed`` are levels that were told before anybody knew their item's SKU, under the SKU that this event told.
    """

    event: Event
    fresh: bool
    known: bool
    level_before: int | None = None
    healed: tuple[StockChanged, ...] = ()


def record(
    connection: Connection, event: Event, today: date, *, observed: bool = False, first_look: datetime | None = None
) -> Recorded:
    """Records an event in a write transaction. ``today`` is the shop's local calendar day of ``event.at``.

    A StockChanged that names the platform's item comes back with its SKU, when that is known. One that a poll
    ``observed`` is known when it says only what stands already. ``first_look`` is when it was observed, if that was the
    first look at its platform.
    """
    event = labelled(connection, event)
    if observed and tells_nothing_new(connection, event, today):
        return Recorded(event, fresh=False, known=True)
    if isinstance(event, PaymentFailed) and failed_already(connection, event):
        return Recorded(event, fresh=False, known=True)
    if not append(connection, event, today, first_look):
        return Recorded(event, fresh=False, known=True)
    nameless = _nameless(connection, event)
    telling = apply(connection, event, today)
    return Recorded(event, telling.fresh, False, telling.level_before, nameless if telling.fresh else ())


def _nameless(connection: Connection, event: Event) -> tuple[StockChanged, ...]:
    """The levels that were told under the id of the item that is now described."""
    if not isinstance(event, ItemDescribed):
        return ()
    label = StockChanged(shop=event.shop, source=event.source, at=event.at, item=event.item, available=None)
    return tuple(
        replace(
            label, sku=event.sku, location=row["location"], available=row["available"], at=row["at"], gone=row["gone"]
        )
        for row in stock_level.at_locations(connection, event.shop, label.subject.id)
        if label.subject != event.subject
    )


def labelled(connection: Connection, event: Event) -> Event:
    """The event with the SKU of the item that it names."""
    if not isinstance(event, StockChanged) or event.sku or not event.item:
        return event
    sku = sku_of(connection, event.shop, event.source, event.item)
    return replace(event, sku=sku) if sku else event


def append(connection: Connection, event: Event, today: date, first_look: datetime | None = None) -> bool:
    """Writes the event to the log. False when it is there already."""
    row = {
        "shop": event.shop, "kind": type(event).__name__, "subject": cut(event.subject.id), "at": event.at,
        "key": cut(event.key), "day": today.isoformat(), "body": dump(event),
        "first_look": first_look,
    }  # fmt: skip
    return connection.execute(_append(connection.dialect.name), row).first() is not None


@cache
def _append(dialect: str) -> Any:
    """Asks for the number it is given, since PostgreSQL's driver counts no rows for a table that gives numbers."""
    return insert_new(dialect, log).returning(log.c.id)


def teller(connection: Connection, shop: str, kinds: Iterable[type[Event]], subject: Subject) -> str:
    """The source that last told any of these kinds of a subject; "" where none did."""
    named = tuple(kind.__name__ for kind in kinds)
    query = (
        select(text_in(connection.dialect.name, log.c.body, "source"))
        .where(log.c.shop == shop, log.c.kind.in_(named), log.c.subject == cut(subject.id))
        .order_by(log.c.at.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""


def apply(connection: Connection, event: Event, today: date) -> Telling:
    """Brings the read models up to date with an event of the log."""
    telling = Telling(event, today)
    for listener in listeners(type(event)):
        listener(connection, event, telling)
    return telling

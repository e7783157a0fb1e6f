"""The event log: each telling once, and the read models brought up to date in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from bot.core.events import Event, StockChanged
from bot.store.again import tells_nothing_new
from bot.store.codec import dump
from bot.store.dialect import cut, insert_new
from bot.store.engine import Connection
from bot.store.models import Telling, listeners
from bot.store.models.item import sku_of
from bot.store.tables.log import event as log


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it was recorded.

    ``known`` says that it was there already and nothing happened. ``fresh`` is False when a newer telling of the same
    thing stands, so that the event is no news. ``level_before`` is the SKU's stock before it, when it changed a level.
    """

    event: Event
    fresh: bool
    known: bool
    level_before: int | None = None


def record(connection: Connection, event: Event, today: date, *, observed: bool = False) -> Recorded:
    """Records an event in a write transaction. ``today`` is the shop's local calendar day of ``event.at``.

    A StockChanged that names the platform's item comes back with its SKU, when that is known. One that a poll
    ``observed`` is known when it says only what stands already.
    """
    event = labelled(connection, event)
    if observed and tells_nothing_new(connection, event, today):
        return Recorded(event, fresh=False, known=True)
    if not append(connection, event, today):
        return Recorded(event, fresh=False, known=True)
    telling = apply(connection, event, today)
    return Recorded(event, telling.fresh, False, telling.level_before)


def labelled(connection: Connection, event: Event) -> Event:
    """The event with the SKU of the item that it names."""
    if not isinstance(event, StockChanged) or event.sku or not event.item:
        return event
    sku = sku_of(connection, event.shop, event.source, event.item)
    return replace(event, sku=sku) if sku else event


def append(connection: Connection, event: Event, today: date) -> bool:
    """Writes the event to the log. False when it is there already."""
    row = {
        "shop": event.shop, "kind": type(event).__name__, "subject": cut(event.subject.id), "at": event.at,
        "key": cut(event.key), "day": today.isoformat(), "body": dump(event),
    }  # fmt: skip
    return connection.execute(_append(connection.dialect.name), row).first() is not None


@cache
def _append(dialect: str) -> Any:
    """Asks for the number it is given, since PostgreSQL's driver counts no rows for a table that gives numbers."""
    return insert_new(dialect, log).returning(log.c.id)


def apply(connection: Connection, event: Event, today: date) -> Telling:
    """Brings the read models up to date with an event of the log."""
    telling = Telling(event, today)
    for listener in listeners(type(event)):
        listener(connection, event, telling)
    return telling

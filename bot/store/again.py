"""What a poll finds again: an observation that says only what is known is not recorded a second time.

The telling that stands is marked with when it was last seen, and the read models take that moment as if it had been
told then, so that an older telling which comes late is still known to be older. A rebuild does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, get_args, get_type_hints

from sqlalchemy import Select, bindparam, select, update

from bot.core import events as told
from bot.core.events import Event, ItemDescribed, StockChanged
from bot.store.codec import load
from bot.store.dialect import cut
from bot.store.engine import Connection
from bot.store.models import Telling, listeners
from bot.store.models.item import sku_of
from bot.store.tables.log import event as log
from bot.store.tables.shop import stock_level

_SHIPMENT_STATES = get_args(get_type_hints(told.ShipmentChanged)["status"])
_STANDS: dict[type[Event], Callable[[Any], tuple[str, ...] | None]] = {
    told.OrderChanged: lambda event: None,
    told.DisputeChanged: lambda event: None,
    told.InvoiceChanged: lambda event: None,
    told.PayoutChanged: lambda event: None,
    told.CampaignChanged: lambda event: None,
    told.OrderHeld: lambda event: None,
    told.LocationNamed: lambda event: None,
    told.ShipmentChanged: lambda event: tuple(f"{event.shipment}/{state}" for state in _SHIPMENT_STATES),
    told.SourceChanged: lambda event: tuple(f"{event.aspect}={sound}" for sound in (True, False)),
}
"""Kinds of which the newest telling stands, and the keys under which its entity is told; None is any of its subject."""

_ALSO: dict[type[Event], tuple[str, ...]] = {told.OrderChanged: ("OrderPlaced",)}
"""Other kinds that tell of the same entity."""

_NEWEST = (
    select(log.c.id, log.c.at, log.c.seen, log.c.body)
    .where(
        log.c.shop == bindparam("in_shop"),
        log.c.kind == bindparam("of_kind"),
        log.c.subject == bindparam("on_subject"),
        log.c.key == bindparam("under"),
    )
    .order_by(log.c.at.desc())
    .limit(1)
)
_SINCE = (
    select(log.c.id)
    .where(
        log.c.shop == bindparam("in_shop"),
        log.c.kind.in_(bindparam("of_kinds", expanding=True)),
        log.c.subject == bindparam("on_subject"),
        log.c.at >= bindparam("since"),
        log.c.id != bindparam("but"),
    )
    .limit(1)
)
_LEVEL = select(stock_level.c.available, stock_level.c.gone).where(
    stock_level.c.shop == bindparam("in_shop"),
    stock_level.c.sku == bindparam("of_sku"),
    stock_level.c.location == bindparam("in_place"),
    stock_level.c.at >= bindparam("since"),
)


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    at: datetime
    seen: datetime


def tells_nothing_new(connection: Connection, event: Event, day: date) -> bool:
    """Whether what stands already says the same; it is then marked as seen at ``event.at``. Needs a write transaction.

    Asked of an observation only: that something was said twice by a webhook may mean something, that it was seen twice
    does not.
    """
    found = _standing(connection, event)
    if found is None:
        return False
    if event.at > found.seen:
        connection.execute(update(log).where(log.c.id == found.id).values(seen=event.at))
        apply_again(connection, event, day)
    return True


def apply_again(connection: Connection, event: Event, day: date) -> None:
    """Brings up to date when the read models' state was last told, and nothing that follows from its having changed."""
    telling = Telling(event, day, again=True)
    for listener in listeners(type(event)):
        listener(connection, event, telling)


def _standing(connection: Connection, event: Event) -> _Found | None:
    """The telling in the log that says the same of the same entity, when it is older and the last word on it."""
    if type(event) not in _STANDS and type(event) not in _BY_MODEL:
        return None
    names = {
        "in_shop": event.shop, "of_kind": type(event).__name__, "on_subject": cut(event.subject.id),
        "under": cut(event.key),
    }  # fmt: skip
    row = connection.execute(_NEWEST, names).first()
    if row is None or row.at >= event.at or replace(load(type(event), row.body), at=event.at) != event:
        return None
    stands = _BY_MODEL.get(type(event), _is_last)
    found = _Found(row.id, row.at, row.seen or row.at)
    return found if stands(connection, event, found) else None


def _is_level(connection: Connection, event: Event, found: _Found) -> bool:
    """A level stands where the read model has it, whatever was told of other locations in between."""
    assert isinstance(event, StockChanged)
    names = {
        "in_shop": event.shop, "of_sku": event.subject.id, "in_place": event.location, "since": found.at,
    }  # fmt: skip
    row = connection.execute(_LEVEL, names).first()
    return row is not None and (row.available, row.gone) == (event.available, event.gone)


def _is_item(connection: Connection, event: Event, _found: _Found) -> bool:
    """An item may have been told under another SKU since, which is another subject."""
    assert isinstance(event, ItemDescribed)
    return sku_of(connection, event.shop, event.source, event.item) == event.sku


def _is_last(connection: Connection, event: Event, found: _Found) -> bool:
    keys = _STANDS[type(event)](event)
    names = {
        "in_shop": event.shop, "of_kinds": [type(event).__name__, *_ALSO.get(type(event), ())],
        "on_subject": cut(event.subject.id), "since": found.at, "but": found.id,
    }  # fmt: skip
    since: Select[Any] = _SINCE if keys is None else _SINCE.where(log.c.key.in_(list(map(cut, keys))))
    return connection.execute(since, names).first() is None


_BY_MODEL: dict[type[Event], Callable[[Connection, Event, _Found], bool]] = {
    StockChanged: _is_level,
    ItemDescribed: _is_item,
}
"""Kinds whose entity is told under more than one subject or key, so that the read model says what stands."""

"""Polls: whose turn it is, what was heard with the cursor in one transaction, and how each stream fares.

A stream is run by whoever claimed it last: the row's epoch grows with each claim, and what an earlier claimant still
wants to write changes nothing. What is heard goes into the inbox as deliveries that are told apart by their own key and
not by their bodies, since a stock of five, four and five again is three tellings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, literal, or_, select, update

from bot.core.delivery import BASELINE, COUNTED, OURS, POLLED, Delivery
from bot.core.events import SourceChanged, StockChanged
from bot.core.parts import ShopText
from bot.store import inbox
from bot.store.codec import dump, load
from bot.store.dialect import insert_new, locked
from bot.store.engine import Connection
from bot.store.tables.asking import poll
from bot.store.tables.log import inbox as deliveries
from bot.store.tables.shop import item, stock_level

OWN = f"{OURS}source"
"""The topic of what the bot itself found out about a source; the body is the SourceChanged."""
LOOKED = f"{OURS}looked"
"""The topic of the word that a stream's first look is over, which comes behind all that was heard in it."""
MOST_ITEMS = 5000
MOST_GONE = 200
"""So many levels at most are found gone in one transaction; the next ones in another."""
LONGEST_LEASE = timedelta(hours=1)
PATIENCE = 3
"""Runs in a row that may fail before somebody is told."""

_LONGEST_WHY = 300
_NEVER_PASSING = frozenset({401, 403})
_UNKNOWN = (
    select(stock_level.c.sku)
    .where(
        stock_level.c.shop == bindparam("in_shop"),
        stock_level.c.source == bindparam("by"),
        stock_level.c.gone.is_(False),
        stock_level.c.sku.startswith("item-", autoescape=True),
        ~exists().where(
            item.c.shop == stock_level.c.shop,
            item.c.source == stock_level.c.source,
            literal("item-") + item.c.item == stock_level.c.sku,
        ),
    )
    .distinct()
    .order_by(stock_level.c.sku)
    .limit(MOST_ITEMS)
)

_PASSED_BY = (
    select(stock_level.c.sku, stock_level.c.location)
    .where(
        stock_level.c.shop == bindparam("in_shop"),
        stock_level.c.source == bindparam("by"),
        stock_level.c.gone.is_(False),
        stock_level.c.at < bindparam("since"),
    )
    .order_by(stock_level.c.sku, stock_level.c.location)
    .limit(bindparam("at_most"))
)
_NOT_UNDERSTOOD = (
    select(deliveries.c.id)
    .where(
        deliveries.c.shop == bindparam("in_shop"),
        deliveries.c.source == bindparam("by"),
        deliveries.c.outcome == "quarantined",
        deliveries.c.received >= bindparam("since"),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A claimed run of a stream, with what it begins with. ``complete`` says that an earlier run came to its end."""

    shop: str
    source: str
    stream: str
    cursor: str
    epoch: int
    complete: bool
    failures: int
    told: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a stream fares. ``last_ok`` is when a run last came to its end, ``failures`` how many went wrong since."""

    source: str
    stream: str
    last_ok: datetime | None
    failures: int
    last_error: str


def enrol(connection: Connection, shop: str, source: str, every: Mapping[str, timedelta], now: datetime) -> None:
    """Makes sure that the streams have rows: a new one is due at once, a known one no later than ``every`` from now."""
    for stream, pause in sorted(every.items()):
        row = {
            "shop": shop, "source": source, "stream": stream, "cursor": "", "due": now, "epoch": 0, "complete": False,
            "bodies": 0, "failures": 0, "told": False, "last_error": "",
        }  # fmt: skip
        connection.execute(insert_new(connection.dialect.name, poll), row)
        later = update(poll).where(_of(shop, source, stream), poll.c.due > now + pause)
        connection.execute(later.values(due=now + pause))


def claim(
    connection: Connection, shop: str, source: str, streams: Sequence[str], now: datetime, lease: timedelta
) -> Turn | None:
    """The turn of the stream that is most overdue and that nobody runs; None when there is none."""
    # A lease that lies further ahead than any is given was written by a clock that has been set back since.
    free = or_(poll.c.lease_until.is_(None), poll.c.lease_until <= now, poll.c.lease_until > now + LONGEST_LEASE)
    query = (
        select(poll)
        .where(poll.c.shop == shop, poll.c.source == source, poll.c.stream.in_(streams), poll.c.due <= now, free)
        .order_by(poll.c.due, poll.c.stream)
        .limit(1)
    )
    row = connection.execute(locked(connection, query, skip=True)).mappings().first()
    if row is None:
        return None
    mine = update(poll).where(_of(shop, source, row["stream"]), poll.c.epoch == row["epoch"], free)
    if connection.execute(mine.values(epoch=row["epoch"] + 1, lease_until=now + lease)).rowcount != 1:
        return None
    return Turn(
        shop, source, row["stream"], row["cursor"], row["epoch"] + 1, row["complete"], row["failures"], row["told"]
    )


def renew(connection: Connection, turn: Turn, until: datetime) -> bool:
    """Holds the turn until then. False when somebody else has taken it over."""
    return connection.execute(_ours(turn).values(lease_until=until)).rowcount == 1


def items(connection: Connection, shop: str, source: str) -> tuple[str, ...]:
    """The source's items whose stock was told and whose SKU nobody has told yet, 5,000 at most."""
    found = connection.execute(_UNKNOWN, {"in_shop": shop, "by": source}).scalars()
    return tuple(label.removeprefix("item-") for label in found)


def heard(connection: Connection, turn: Turn, topic: str, bodies: Sequence[bytes], cursor: str, at: datetime) -> bool:
    """Keeps the bodies as deliveries on the topic and moves the cursor. False, and nothing is done, when somebody else
    has taken the turn over."""
    moved = _ours(turn).values(cursor=cursor, bodies=poll.c.bodies + len(bodies)).returning(poll.c.bodies)
    so_far = connection.execute(moved).scalar()
    if so_far is None:
        return False
    headers = {POLLED: topic} | ({} if turn.complete else {BASELINE: "1"})
    first = int(so_far) - len(bodies)
    rows = [
        _kept(turn.shop, turn.source, f"poll/{turn.stream}/{at.isoformat()}/{first + number}", headers, body, at)
        for number, body in enumerate(bodies)
    ]
    if rows:
        connection.execute(insert_new(connection.dialect.name, deliveries), rows)
    return True


def looked(connection: Connection, turn: Turn, cursor: str, changes: Sequence[SourceChanged]) -> bool:
    """Reports what changed and moves the cursor. False, and nothing is done, when the turn is no longer ours."""
    if connection.execute(_ours(turn).values(cursor=cursor)).rowcount != 1:
        return False
    for event in changes:
        report(connection, event)
    return True


def done(connection: Connection, turn: Turn, due: datetime, now: datetime, *, complete: bool = True) -> bool:
    """The run came to its end. False when the turn is no longer ours. One that is not ``complete`` had nothing to ask,
    so that a first look is still to come."""
    ended = complete or turn.complete
    well = {"lease_until": None, "due": due, "complete": ended, "failures": 0, "told": False, "last_ok": now}
    if connection.execute(_ours(turn).values(**well, last_error="")).rowcount != 1:
        return False
    if turn.told:
        report(connection, _changed(turn, now, sound=True, note=""))
    if ended and not turn.complete:
        row = _kept(turn.shop, turn.source, f"{LOOKED}/{turn.stream}", {POLLED: LOOKED}, b"", now)
        connection.execute(insert_new(connection.dialect.name, deliveries), row)
    return True


def failed(connection: Connection, turn: Turn, due: datetime, why: str, status: int, now: datetime) -> bool:
    """The run went wrong; ``status`` is HTTP's, 0 when nobody answered. False when the turn is no longer ours.

    It is told with the third in a row, or at once where waiting does not help.
    """
    failures, why = turn.failures + 1, why.replace("\x00", "")[:_LONGEST_WHY]
    telling = not turn.told and (failures >= PATIENCE or status in _NEVER_PASSING)
    ill = {"lease_until": None, "due": due, "failures": failures, "told": turn.told or telling, "last_error": why}
    if connection.execute(_ours(turn).values(**ill)).rowcount != 1:
        return False
    if telling:
        report(connection, _changed(turn, now, sound=False, note=why))
    return True


def let_go(connection: Connection, turn: Turn) -> None:
    """Gives the turn back as it was taken, so that whoever comes next goes on from the cursor."""
    connection.execute(_ours(turn).values(lease_until=None))


def report(connection: Connection, event: SourceChanged) -> None:
    """Puts what the bot found out about a source into the inbox, so that it goes the way of everything else."""
    key = f"{OWN}/{event.key}/{event.at.isoformat()}"
    row = _kept(event.shop, event.source, key, {POLLED: OWN}, dump(event).encode(), event.at)
    connection.execute(insert_new(connection.dialect.name, deliveries), row)


def reported(body: bytes) -> SourceChanged:
    """What was put there. Raises ValueError for anything else."""
    return load(SourceChanged, body.decode())


def missed(connection: Connection, delivery: Delivery, shop: str) -> tuple[StockChanged, ...]:
    """The levels of a source that a count of its whole stock has passed by, as levels that are gone. None when a
    delivery of the source since then was not understood: it may have told of them.

    Needs a write transaction: when there may be more of them than these, the count is put into the inbox once more.
    """
    before = datetime.fromisoformat(delivery.body.decode())
    names = {"in_shop": shop, "by": delivery.source, "since": before}
    if connection.execute(_NOT_UNDERSTOOD, names).first() is not None:
        return ()
    gone = StockChanged(shop=shop, source=delivery.source, at=delivery.received, available=None, gone=True)
    rows = connection.execute(_PASSED_BY, names | {"at_most": MOST_GONE}).all()
    if len(rows) == MOST_GONE:
        key = f"{COUNTED}/{delivery.received.isoformat()}/{rows[-1].sku}/{rows[-1].location}"
        more = _kept(shop, delivery.source, key, delivery.headers, delivery.body, delivery.received)
        connection.execute(insert_new(connection.dialect.name, deliveries), more)
    return tuple(replace(gone, sku=row.sku, location=row.location) for row in rows)


def standings(connection: Connection) -> list[Standing]:
    """How every stream fares, by source and stream."""
    query = select(poll.c.source, poll.c.stream, poll.c.last_ok, poll.c.failures, poll.c.last_error)
    return [Standing(*row) for row in connection.execute(query.order_by(poll.c.source, poll.c.stream))]


def next_due(connection: Connection, shop: str, source: str, streams: Sequence[str], now: datetime) -> datetime | None:
    """When one of the streams is due next, or when the lease on one that is due ends; None when there is none."""
    query = select(poll.c.due, poll.c.lease_until).where(
        poll.c.shop == shop, poll.c.source == source, poll.c.stream.in_(streams)
    )
    return min(
        (max(row.due, _held(row.lease_until, now) or row.due) for row in connection.execute(query)), default=None
    )


def _held(until: datetime | None, now: datetime) -> datetime | None:
    return until if until is not None and until <= now + LONGEST_LEASE else None


def hasten(connection: Connection, shop: str, source: str, stream: str, due: datetime) -> None:
    """Has a stream run by then at the latest."""
    connection.execute(update(poll).where(_of(shop, source, stream), poll.c.due > due).values(due=due))


def _of(shop: str, source: str, stream: str) -> ColumnElement[bool]:
    return and_(poll.c.shop == shop, poll.c.source == source, poll.c.stream == stream)


def _ours(turn: Turn) -> Any:
    return update(poll).where(_of(turn.shop, turn.source, turn.stream), poll.c.epoch == turn.epoch)


def _changed(turn: Turn, at: datetime, *, sound: bool, note: str) -> SourceChanged:
    said = ShopText(note) if note else None
    return SourceChanged(
        shop=turn.shop, source=turn.source, at=at, aspect=f"poll {turn.stream}", sound=sound, note=said
    )


def _kept(
    shop: str, source: str, key: str, headers: Mapping[str, str], body: bytes, received: datetime
) -> dict[str, object]:
    named = inbox.named(shop, source, key, hashlib.sha256(key.encode()).digest())
    return named | {"headers": json.dumps(dict(headers)), "body": body, "received": received}

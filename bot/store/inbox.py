"""The inbox: raw deliveries and Slack interactions, each kept once before anybody is answered 200.

It is apart from the event log because its random keys are what makes inserts slow as a table grows, and because it is
emptied after days, not months.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update

from bot.core.delivery import Delivery
from bot.core.quiet_source import QUARTERS, quarter_of
from bot.store.dialect import add, cut, insert, insert_new, locked
from bot.store.engine import Connection
from bot.store.tables.asking import heard_hour as hours
from bot.store.tables.log import heard as heard_table
from bot.store.tables.log import inbox

SLACK = "slack"
_SHOP_LANE = "shop/"
BODIES_KEPT = timedelta(days=7)
ROWS_KEPT = timedelta(days=30)
HOURS_KEPT = timedelta(weeks=8)
AWAKE = ""
"""The source, of no shop, under which the hours stand in which the bot itself was up, a bit for each quarter."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified delivery to be kept. ``key`` is the platform's own name of it, "" when it has none; ``digest`` is the
    SHA-256 of the body as it was sent, where less of it than that is kept."""

    source: str
    shop: str
    key: str
    delivery: Delivery
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that waits for its turn, and how often it has failed so far."""

    id: int
    delivery: Delivery
    attempts: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A delivery that is dealt with: "done", "unrouted" (nobody listens), "quarantined" (it cannot be understood), or
    "ignored"; ``note`` says why. ``emptied`` forgets its body at once, where nobody will want to look at it."""

    id: int
    outcome: str
    note: str = ""
    emptied: bool = False


_FINISHED = (
    update(inbox)
    .where(inbox.c.id == bindparam("of_id"))
    .values(outcome=bindparam("as_outcome"), note=bindparam("because"))
)
_EMPTIED = _FINISHED.values(body=None, headers="{}")


def admit(connection: Connection, arrivals: Sequence[Arrival]) -> list[bool]:
    """Keeps arrivals; says of each whether it is new.

    A delivery is the same when its key or its body is, because most platforms sign the body alone: a replayed body
    under a new id changes nothing. Slack's interactions are told apart by their keys alone.
    """
    rows = [_row(arrival) for arrival in arrivals]
    statement = insert_new(connection.dialect.name, inbox).returning(inbox.c.shop, inbox.c.source, inbox.c.key)
    ordered = sorted(rows, key=lambda row: (row["shop"], row["source"], row["key"]))
    new = {tuple(found) for found in connection.execute(statement, ordered)}
    _hear(connection, rows)
    _count(connection, [row for row in rows if (row["shop"], row["source"], row["key"]) in new])
    verdicts = []
    for row in rows:
        name = (row["shop"], row["source"], row["key"])
        verdicts.append(name in new)
        new.discard(name)
    return verdicts


def _row(arrival: Arrival) -> dict[str, object]:
    delivery = arrival.delivery
    is_slack = arrival.source == SLACK
    told_apart_by = arrival.key.encode("utf-8", "backslashreplace") if is_slack else delivery.body
    digest = arrival.digest or hashlib.sha256(told_apart_by).digest()
    named_so = named(arrival.shop, arrival.source, arrival.key or digest.hex(), digest)
    return named_so | {
        "received": delivery.received,
        "headers": json.dumps(dict(delivery.headers)),
        "body": delivery.body,
    }


def named(shop: str, source: str, key: str, digest: bytes) -> dict[str, object]:
    """The columns of a delivery that nobody has worked on yet, without what it says."""
    lane = SLACK if source == SLACK else _SHOP_LANE + shop
    return {
        "shop": shop, "source": source, "key": cut(key), "digest": digest, "lane": lane, "attempts": 0,
        "outcome": "waiting", "note": "",
    }  # fmt: skip


def _hear(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    last: dict[tuple[object, object], datetime] = {}
    for row in rows:
        received = row["received"]
        assert isinstance(received, datetime)
        name = (row["shop"], row["source"])
        last[name] = max(last.get(name, received), received)
    statement = insert(connection.dialect.name, heard_table)
    new = statement.excluded.last
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["shop", "source"], set_={"last": new}, where=new > heard_table.c.last
        ),
        [{"shop": shop, "source": source, "last": at} for (shop, source), at in sorted(last.items(), key=str)],
    )


def _count(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Counts the webhook deliveries of each hour, by which a source that falls silent is known."""
    counts: Counter[tuple[str, str, int]] = Counter()
    for row in rows:
        received = row["received"]
        assert isinstance(received, datetime)
        if row["source"] != SLACK:
            counts[str(row["shop"]), str(row["source"]), hour_of(received)] += 1
    if counts:
        connection.execute(
            add(connection.dialect.name, hours, "deliveries"),
            [
                {"shop": shop, "source": source, "hour": hour, "deliveries": number}
                for (shop, source, hour), number in sorted(counts.items())
            ],
        )


def awake(connection: Connection, at: datetime) -> None:
    """Notes that somebody was there to hear in this quarter of an hour (``bot.core.quiet_source.asleep``)."""
    here = {"shop": "", "source": AWAKE, "hour": hour_of(at), "deliveries": 1 << quarter_of(at) % QUARTERS}
    statement = insert(connection.dialect.name, hours)
    both = hours.c.deliveries.bitwise_or(statement.excluded.deliveries)
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(hours.primary_key), set_={"deliveries": both}), here
    )


def hour_of(at: datetime) -> int:
    """The hour of a moment, counted from 1970 in UTC."""
    return int(at.timestamp() // 3600)


def waiting(connection: Connection, shop: str, most: int) -> list[Waiting]:
    """The shop's oldest deliveries that wait, at most ``most``, locked until this write transaction ends; those that
    another worker holds are left out. Slack's interactions are not among them."""
    return _waiting(connection, _SHOP_LANE + shop, most)


def interactions(connection: Connection, most: int) -> list[Waiting]:
    """The oldest of Slack's interactions that wait, locked in the same way."""
    return _waiting(connection, SLACK, most)


def _waiting(connection: Connection, lane: str, most: int) -> list[Waiting]:
    query = (
        select(inbox.c.id, inbox.c.source, inbox.c.headers, inbox.c.body, inbox.c.received, inbox.c.attempts)
        .where(inbox.c.outcome == "waiting", inbox.c.lane == lane)
        .order_by(inbox.c.id)
        .limit(most)
    )
    return [
        Waiting(row.id, Delivery(row.source, json.loads(row.headers), row.body or b"", row.received), row.attempts)
        for row in connection.execute(locked(connection, query, skip=True))
    ]


def shops_waiting(connection: Connection) -> tuple[str, ...]:
    """The shops with deliveries that wait. Steps from shop to shop in the index, however many wait."""
    shops: list[str] = []
    after = _SHOP_LANE
    while True:
        query = select(func.min(inbox.c.lane)).where(inbox.c.outcome == "waiting", inbox.c.lane > after)
        found = connection.execute(query).scalar()
        if found is None:
            return tuple(shops)
        if found.startswith(_SHOP_LANE):
            shops.append(found.removeprefix(_SHOP_LANE))
        after = found


def finish(connection: Connection, id: int, outcome: str, note: str = "", *, emptied: bool = False) -> None:
    """The delivery is dealt with; see ``Ended``."""
    finish_all(connection, [Ended(id, outcome, note, emptied)])


def finish_all(connection: Connection, ended: Sequence[Ended]) -> None:
    """The deliveries are dealt with."""
    for statement, emptied in ((_FINISHED, False), (_EMPTIED, True)):
        rows = [
            {"of_id": each.id, "as_outcome": each.outcome, "because": each.note}
            for each in ended
            if each.emptied is emptied
        ]
        if rows:
            connection.execute(statement, rows)


def failed(connection: Connection, id: int, note: str) -> int:
    """Writes down that working on the delivery failed. Returns how often it has by now."""
    statement = (
        update(inbox)
        .where(inbox.c.id == id)
        .values(attempts=inbox.c.attempts + 1, note=note)
        .returning(inbox.c.attempts)
    )
    return int(connection.execute(statement).scalar() or 0)


def heard(connection: Connection) -> dict[str, datetime]:
    """When each source was last heard, in any shop (aware UTC)."""
    query = select(heard_table.c.source, heard_table.c.last).order_by(heard_table.c.last)
    return {row.source: row.last for row in connection.execute(query)}


def counts(connection: Connection) -> dict[str, int]:
    """How many deliveries are kept, by outcome."""
    query = select(inbox.c.outcome, func.count().label("number")).group_by(inbox.c.outcome)
    return {row.outcome: row.number for row in connection.execute(query)}


def forget(connection: Connection, now: datetime, most: int = 5000) -> int:
    """Empties bodies older than 7 days and deletes rows older than 30, finished ones alone, ``most`` of each at once,
    and the counts of hours older than 8 weeks. Returns how many were touched."""
    old = select(inbox.c.id).where(inbox.c.outcome != "waiting").order_by(inbox.c.received).limit(most)
    gone = connection.execute(delete(inbox).where(inbox.c.id.in_(old.where(inbox.c.received < now - ROWS_KEPT))))
    bodies = old.where(inbox.c.received < now - BODIES_KEPT, inbox.c.body.is_not(None))
    emptied = connection.execute(update(inbox).where(inbox.c.id.in_(bodies)).values(body=None, headers="{}"))
    counted = connection.execute(delete(hours).where(hours.c.hour < hour_of(now - HOURS_KEPT)))
    return gone.rowcount + emptied.rowcount + counted.rowcount

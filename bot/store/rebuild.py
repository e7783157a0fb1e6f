"""Makes the read models anew from the event log."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlalchemy import delete, func, select

from bot.core.events import STORED
from bot.store import notes
from bot.store.again import apply_again
from bot.store.codec import load
from bot.store.engine import Connection, Store
from bot.store.events import apply
from bot.store.soundness import UNFINISHED_REBUILD
from bot.store.tables.log import event as log
from bot.store.tables.shop import READ_MODELS, daily_total

_BATCH = 1000


def rebuild(store: Store) -> int:
    """Empties the read models and applies the log to them in the order in which it was recorded.

    Nothing else should record events meanwhile: stop the other processes. It works in batches, so a rebuild that was
    cut short leaves a note behind that ``Store.check`` tells of, and is simply started again. Daily totals from before
    the oldest event stay, because the log no longer holds what they were made of. Returns the number of events.
    """
    with store.write(patient=True) as connection:
        last = connection.execute(select(func.max(log.c.id))).scalar() or 0
        notes.put(connection, UNFINISHED_REBUILD, "yes")
        _empty(connection)
    applied, after = 0, 0
    while True:
        with store.write(patient=True) as connection:
            number, after = _apply_batch(connection, after, last)
            if not number:
                notes.put(connection, UNFINISHED_REBUILD, "")
                return applied
        applied += number


def _empty(connection: Connection) -> None:
    oldest = select(log.c.shop, func.min(log.c.day)).group_by(log.c.shop)
    for shop, day in connection.execute(oldest).all():
        connection.execute(delete(daily_total).where(daily_total.c.shop == shop, daily_total.c.day >= day))
    for table in READ_MODELS:
        if table is not daily_total:
            connection.execute(delete(table))


def _apply_batch(connection: Connection, after: int, last: int) -> tuple[int, int]:
    query = (
        select(log.c.id, log.c.kind, log.c.day, log.c.body, log.c.seen)
        .where(log.c.id > after, log.c.id <= last)
        .order_by(log.c.id)
        .limit(_BATCH)
    )
    rows = connection.execute(query).all()
    for row in rows:
        told, day = load(STORED[row.kind], row.body), date.fromisoformat(row.day)
        apply(connection, told, day)
        if row.seen is not None:
            apply_again(connection, replace(told, at=row.seen), day)
    return len(rows), rows[-1].id if rows else after

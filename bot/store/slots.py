"""Slots of schedules: each is taken once, by whoever inserts its row in the transaction of its post."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from bot.core.schedule import Slot
from bot.store.dialect import insert_new
from bot.store.engine import Connection
from bot.store.tables.work import slot as slots
from bot.store.tables.work import watermark as watermarks


def claim(connection: Connection, slot: Slot, now: datetime) -> bool:
    """Whether the slot is ours. False when somebody has taken it before, in any replica."""
    row = {"schedule": slot.schedule, "key": slot.key, "due": slot.due, "claimed_at": now}
    return connection.execute(insert_new(connection.dialect.name, slots), row).rowcount == 1


def watermark(connection: Connection, schedule: str, now: datetime) -> datetime:
    """Up to when the schedule's slots have been seen to; ``now`` for a schedule never seen, so that nothing is told
    of the time before it was set up."""
    query = select(watermarks.c.at).where(watermarks.c.schedule == schedule)
    found: datetime | None = connection.execute(query).scalar()
    if found is not None:
        return found
    connection.execute(insert_new(connection.dialect.name, watermarks), {"schedule": schedule, "at": now})
    return now


def advance(connection: Connection, schedule: str, to: datetime) -> None:
    """Moves the watermark forward; it never goes back."""
    connection.execute(update(watermarks).where(watermarks.c.schedule == schedule, watermarks.c.at < to).values(at=to))

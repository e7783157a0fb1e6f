"""Slots of schedules: each is taken once, by whoever inserts its row in the transaction of its post."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from bot.core.schedule import LATE, Slot
from bot.store.dialect import insert_new
from bot.store.engine import Connection
from bot.store.tables.work import slot as slots
from bot.store.tables.work import watermark as watermarks


def claim(connection: Connection, slot: Slot, now: datetime) -> bool:
    """Whether the slot is ours. False when somebody has taken it before, in any replica, and also when the day's slot
    was taken at another time of the day, since a schedule whose time was changed is not told twice on that day."""
    day = slot.key.partition(" ")[0]
    same_day = slots.c.key.startswith(f"{day} ", autoescape=True)
    query = select(slots.c.key).where(slots.c.schedule == slot.schedule, slots.c.key != slot.key, same_day)
    if connection.execute(query).first() is not None:
        return False
    row = {"schedule": slot.schedule, "key": slot.key, "due": slot.due, "claimed_at": now}
    return connection.execute(insert_new(connection.dialect.name, slots), row).rowcount == 1


def watermark(connection: Connection, schedule: str, now: datetime, head_start: timedelta = timedelta(0)) -> datetime:
    """Up to when the schedule's slots have been seen to; ``head_start`` before now for a schedule never seen, so that
    nothing is told of the time before it was set up.

    A watermark that lies ahead was set by a clock that ran ahead. It stays, but until time has caught up with it the
    newest slot that was taken says what has been seen to, so that no slot in between is left out.
    """
    query = select(watermarks.c.at).where(watermarks.c.schedule == schedule)
    found: datetime | None = connection.execute(query).scalar()
    if found is None:
        found = now - head_start
        connection.execute(insert_new(connection.dialect.name, watermarks), {"schedule": schedule, "at": found})
    return found if found <= now else _taken(connection, schedule, now) or now - LATE


def _taken(connection: Connection, schedule: str, now: datetime) -> datetime | None:
    query = select(func.max(slots.c.due)).where(slots.c.schedule == schedule, slots.c.due <= now)
    taken: datetime | None = connection.execute(query).scalar()
    return taken


def advance(connection: Connection, schedule: str, to: datetime) -> None:
    """Moves the watermark forward; it never goes back."""
    connection.execute(update(watermarks).where(watermarks.c.schedule == schedule, watermarks.c.at < to).values(at=to))

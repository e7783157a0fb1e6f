"""Lanes: of all workers of all replicas one at a time works in a lane, such as the deliveries of one shop."""

from __future__ import annotations

from sqlalchemy import select

from bot.store.dialect import insert_new, locked
from bot.store.engine import Connection
from bot.store.tables.work import lane as lanes


def hold(connection: Connection, lane: str) -> bool:
    """Whether this write transaction is now the only one that works in the lane, until it ends.

    On SQLite a write transaction is the only one anyway.
    """
    if connection.dialect.name == "sqlite":
        return True
    if _lock(connection, lane):
        return True
    if connection.execute(select(lanes.c.name).where(lanes.c.name == lane)).first() is not None:
        return False
    connection.execute(insert_new(connection.dialect.name, lanes), {"name": lane})
    return _lock(connection, lane)


def wait(connection: Connection, lane: str) -> None:
    """Waits until this write transaction is the only one that works in the lane, until it ends."""
    connection.execute(insert_new(connection.dialect.name, lanes), {"name": lane})
    connection.execute(locked(connection, select(lanes.c.name).where(lanes.c.name == lane)))


def _lock(connection: Connection, lane: str) -> bool:
    query = select(lanes.c.name).where(lanes.c.name == lane)
    return connection.execute(locked(connection, query, skip=True)).first() is not None

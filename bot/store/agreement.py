"""Acts that wait for a second person: asked for, looked up with their row locked, and ended once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update

from bot.core.agreement import Pending, State
from bot.store.codec import dump, load
from bot.store.dialect import cut, locked
from bot.store.engine import Connection
from bot.store.tables.agreement import pending as table


def put(connection: Connection, pending: Pending) -> Pending:
    """Has an act wait; gives it with its id, whatever id it came with."""
    row = {
        "state": "waiting", "matter": cut(pending.matter), "shop": pending.shop, "subject": cut(pending.subject),
        "until": pending.until, "body": dump(pending),
    }  # fmt: skip
    made = connection.execute(insert(table).values(**row).returning(table.c.id)).scalar_one()
    return replace(pending, id=made)


def waiting(connection: Connection, id: int) -> Pending | None:
    """The act of that id, its row locked, if it still waits."""
    return _one(connection, select(table).where(table.c.id == id, table.c.state == "waiting"))


def same(connection: Connection, matter: str, now: datetime) -> Pending | None:
    """An act that waits for the same already."""
    mine = (table.c.matter == cut(matter), table.c.state == "waiting", table.c.until > now)
    return _one(connection, select(table).where(*mine).order_by(table.c.id).limit(1))


def lapsed(connection: Connection, now: datetime) -> list[Pending]:
    """Acts on which nobody agreed in time and that nobody has seen to yet, their rows locked."""
    query = select(table).where(table.c.state == "waiting", table.c.until <= now).order_by(table.c.id)
    return [_pending(row) for row in connection.execute(locked(connection, query, skip=True)).mappings()]


def end(connection: Connection, id: int, state: State) -> None:
    """It waits no more; what was entered is forgotten."""
    connection.execute(update(table).where(table.c.id == id).values(state=state, subject="", matter="", body=""))


def _one(connection: Connection, query: Select[Any]) -> Pending | None:
    row = connection.execute(locked(connection, query)).mappings().first()
    return _pending(row) if row is not None else None


def _pending(row: RowMapping) -> Pending:
    return replace(load(Pending, row["body"]), id=row["id"])

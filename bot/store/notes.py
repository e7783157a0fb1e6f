"""Small named values: the last tick, the demo's anchor, when an operator was last told of something."""

from __future__ import annotations

from sqlalchemy import select

from bot.store.dialect import upsert
from bot.store.engine import Connection
from bot.store.tables.work import note


def get(connection: Connection, name: str) -> str | None:
    """The value, or None when nobody has put one."""
    found = connection.execute(select(note.c.value).where(note.c.name == name)).scalar()
    return None if found is None else str(found)


def put(connection: Connection, name: str, value: str) -> None:
    """Keeps the value under the name, in place of an earlier one."""
    connection.execute(upsert(connection.dialect.name, note, ("value",)), {"name": name, "value": value})

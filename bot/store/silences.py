"""Silences: laid, ended early, and looked up whenever an alert is to be shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, insert, select, update

from bot.core.silences import Silence
from bot.store.dialect import locked
from bot.store.engine import Connection
from bot.store.tables.work import silence as silences

_CURRENT = (
    select(silences)
    .where(silences.c.ended.is_(False), silences.c.until > bindparam("now"))
    .order_by(silences.c.until, silences.c.id)
)
_TOLD = ("until", "by", "reason", "created", "rule", "subject", "shop")


def lay(connection: Connection, silence: Silence) -> tuple[Silence, bool]:
    """Keeps a silence; gives it with its id, whatever id it came with, and whether it is new: the same person's at the
    same moment is the same, also when somebody has ended it since."""
    row = {name: getattr(silence, name) for name in _TOLD}
    same = select(silences).where(*(silences.c[name] == value for name, value in row.items() if name != "until"))
    found = connection.execute(same).mappings().first()
    if found is not None:
        return _silence(found), False
    made = connection.execute(insert(silences).values(**row, ended=False).returning(silences)).mappings().one()
    return _silence(made), True


def current(connection: Connection, now: datetime) -> list[Silence]:
    """The silences that hold now, the one that ends first first."""
    return [_silence(row) for row in connection.execute(_CURRENT, {"now": now}).mappings()]


def of_person(connection: Connection, by: str) -> list[Silence]:
    """All that somebody ever laid."""
    return _all(connection, select(silences).where(silences.c.by == by))


def over(connection: Connection, now: datetime) -> list[Silence]:
    """Silences whose time is over and that nobody has seen to yet, their rows locked."""
    query = select(silences).where(silences.c.ended.is_(False), silences.c.until <= now)
    return _all(connection, locked(connection, query, skip=True))


def cut_short(connection: Connection, id: int, now: datetime) -> Silence | None:
    """Has a silence end now; None when there is none of that id that holds."""
    which = (silences.c.id == id, silences.c.ended.is_(False), silences.c.until > now)
    found = connection.execute(update(silences).where(*which).values(until=now).returning(silences)).mappings().first()
    return _silence(found) if found is not None else None


def ended(connection: Connection, id: int) -> None:
    """What it kept quiet was looked at again."""
    connection.execute(update(silences).where(silences.c.id == id).values(ended=True))


def _all(connection: Connection, query: Select[Any]) -> list[Silence]:
    return [_silence(row) for row in connection.execute(query.order_by(silences.c.until, silences.c.id)).mappings()]


def _silence(row: RowMapping) -> Silence:
    return Silence(**{name: row[name] for name in ("id", *_TOLD)})

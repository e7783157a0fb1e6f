"""Silences: laid, ended early, and looked up whenever an alert is to be shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update

from bot.core.silences import Silence
from bot.store.dialect import locked
from bot.store.engine import Connection
from bot.store.tables.work import silence as silences


def lay(connection: Connection, silence: Silence) -> Silence:
    """Keeps a silence; gives it with its id, whatever id it came with."""
    row = {
        "rule": silence.rule, "subject": silence.subject, "shop": silence.shop, "until": silence.until,
        "by": silence.by, "reason": silence.reason, "created": silence.created, "ended": False,
    }  # fmt: skip
    made = connection.execute(insert(silences).values(**row).returning(silences)).mappings().one()
    return _silence(made)


def current(connection: Connection, now: datetime) -> list[Silence]:
    """The silences that hold now, the one that ends first first."""
    return _all(connection, select(silences).where(silences.c.ended.is_(False), silences.c.until > now))


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
    return Silence(
        **{name: row[name] for name in ("id", "until", "by", "reason", "created", "rule", "subject", "shop")}
    )

"""Exceptions to rules that members set: kept, ended, and looked up whenever a rule is asked."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, insert, or_, select, update

from bot.core.exceptions import RuleException
from bot.store.dialect import locked
from bot.store.engine import Connection
from bot.store.tables.work import rule_exception as exceptions

_PLAIN = ("shop", "rule", "level", "pattern", "reason", "by", "created", "until")
_CURRENT = (
    select(exceptions)
    .where(exceptions.c.ended.is_(False), or_(exceptions.c.until.is_(None), exceptions.c.until > bindparam("now")))
    .order_by(exceptions.c.id)
)


def lay(connection: Connection, wanted: RuleException) -> tuple[RuleException, bool]:
    """Keeps an exception; gives it with its id, and whether it is new: the same person's at the same moment is the
    same, also when somebody has ended it since."""
    row = {name: getattr(wanted, name) for name in _PLAIN} | {"given": _dumped(wanted.given)}
    same = select(exceptions).where(*(exceptions.c[name] == value for name, value in row.items() if name != "until"))
    found = connection.execute(same).mappings().first()
    if found is not None:
        return _exception(found), False
    made = (
        connection.execute(insert(exceptions).values(**row, ended=False, reached="").returning(exceptions))
        .mappings()
        .one()
    )
    return _exception(made), True


def current(connection: Connection, now: datetime) -> list[RuleException]:
    """The exceptions that hold now, the oldest first."""
    return [_exception(row) for row in connection.execute(_CURRENT, {"now": now}).mappings()]


def over(connection: Connection, now: datetime) -> list[RuleException]:
    """Exceptions whose time is over and that nobody has seen to yet, their rows locked."""
    query: Select[Any] = select(exceptions).where(exceptions.c.ended.is_(False), exceptions.c.until <= now)
    found = connection.execute(locked(connection, query.order_by(exceptions.c.id), skip=True))
    return [_exception(row) for row in found.mappings()]


def end(connection: Connection, id: int, now: datetime) -> RuleException | None:
    """Has an exception hold no more; None when there is none of that id that did."""
    which = (exceptions.c.id == id, exceptions.c.ended.is_(False))
    ending = update(exceptions).where(*which).values(ended=True, ended_at=now, reached="").returning(exceptions)
    found = connection.execute(ending).mappings().first()
    return _exception(found) if found is not None else None


def unfinished(connection: Connection) -> list[tuple[RuleException, str]]:
    """The exceptions, also ended ones, of which not all is decided on anew yet, each with the SKU that was reached,
    their rows locked."""
    query: Select[Any] = select(exceptions).where(exceptions.c.reached.is_not(None))
    found = connection.execute(locked(connection, query.order_by(exceptions.c.id), skip=True))
    return [(_exception(row), row["reached"]) for row in found.mappings()]


def reach(connection: Connection, id: int, sku: str | None) -> None:
    """Remembers up to which SKU all is decided on anew; None once that is done."""
    connection.execute(update(exceptions).where(exceptions.c.id == id).values(reached=sku))


def _dumped(given: tuple[tuple[str, Any], ...] | None) -> str:
    return "" if given is None else json.dumps(given, ensure_ascii=False)


def _exception(row: RowMapping) -> RuleException:
    given = tuple((name, value) for name, value in json.loads(row["given"])) if row["given"] else None
    return RuleException(id=row["id"], given=given, **{name: row[name] for name in _PLAIN})

"""Where SQLite and PostgreSQL differ, apart from how they connect: upserts, row locks, and fields of stored JSON.

Statements are built once and kept, because building one costs more than running it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Insert,
    Select,
    String,
    Table,
    and_,
    cast,
    func,
    literal,
    or_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSON

_KEY_LENGTH = 160


def insert(dialect: str, table: Table) -> Any:
    """An INSERT of the dialect, which knows ON CONFLICT and keeps its row count (PostgreSQL's driver forgets it)."""
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return statement.execution_options(preserve_rowcount=True)


@cache
def insert_new(dialect: str, table: Table) -> Insert:
    """An INSERT that leaves a row that is already there alone; its row count says whether there was none."""
    statement: Insert = insert(dialect, table).on_conflict_do_nothing()
    return statement


@cache
def upsert(dialect: str, table: Table, changed: tuple[str, ...]) -> Insert:
    """An INSERT that sets the ``changed`` columns where the primary key is already there."""
    statement = insert(dialect, table)
    made: Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={name: statement.excluded[name] for name in changed}
    )
    return made


@cache
def upsert_newer(dialect: str, table: Table, kept: tuple[str, ...] = ()) -> Insert:
    """An INSERT that replaces the row of the same primary key when it is told later, or at the same moment with no
    lower ``rank``; its row count is 0 when a newer telling stands. ``kept`` columns stay as they are."""
    statement = insert(dialect, table)
    keys = {column.name for column in table.primary_key}
    new, old = statement.excluded, table.c
    newer = new.at > old.at
    if "rank" in old:
        newer = or_(newer, and_(new.at == old.at, new.rank >= old.rank))
    made: Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={column.name: new[column.name] for column in old if column.name not in keys | set(kept)},
        where=newer,
    )
    return made


@cache
def add(dialect: str, table: Table, column: str) -> Insert:
    """An INSERT that adds to ``column`` where the primary key is already there."""
    statement = insert(dialect, table)
    made: Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key), set_={column: table.c[column] + statement.excluded[column]}
    )
    return made


def locked(connection: Connection, select: Select[Any], *, skip: bool = False) -> Select[Any]:
    """The query with its rows locked until the end of a write transaction, leaving out rows that others hold when
    ``skip``. SQLite locks the whole database for a writer, so there it is the query itself."""
    if connection.dialect.name != "postgresql" or not connection.get_execution_options().get("writer"):
        return select
    return _for_update(select, skip)


@lru_cache
def _for_update(select: Select[Any], skip: bool) -> Select[Any]:
    return select.with_for_update(skip_locked=skip)


def number_in(dialect: str, column: ColumnElement[str], *path: str) -> ColumnElement[int]:
    """The whole number at a path of a JSON text column."""
    return cast(_text_in(dialect, column, path), BigInteger)


def text_in(dialect: str, column: ColumnElement[str], *path: str) -> ColumnElement[str]:
    """The text at a path of a JSON text column."""
    return cast(_text_in(dialect, column, path), String)


def holds(dialect: str, column: ColumnElement[bytes], piece: bytes) -> ColumnElement[bool]:
    """Whether a column of bytes holds a piece somewhere."""
    found: ColumnElement[int] = (
        func.position(literal(piece).op("IN")(column)) if dialect == "postgresql" else func.instr(column, piece)
    )
    return found > 0


def differs_in(dialect: str, column: ColumnElement[str], name: str, value: bool | str) -> ColumnElement[bool]:
    """Whether a field of a JSON text column is not ``value`` (an absent one is not). The two databases spell a
    boolean differently when they make a text of it."""
    spelt = value if isinstance(value, str) else _BOOLEANS[dialect][value]
    found = text_in(dialect, column, name)
    return or_(found.is_(None), found != spelt)


_BOOLEANS = {"sqlite": {True: "1", False: "0"}, "postgresql": {True: "true", False: "false"}}


def _text_in(dialect: str, column: ColumnElement[str], path: tuple[str, ...]) -> ColumnElement[Any]:
    return _EXTRACT[dialect](column, path)


_EXTRACT: dict[str, Callable[[ColumnElement[str], tuple[str, ...]], ColumnElement[Any]]] = {
    "sqlite": lambda column, path: func.json_extract(column, "$." + ".".join(path)),
    "postgresql": lambda column, path: cast(column, JSON)[path].astext,
}


def cut(text: str) -> str:
    """A text fit for an index and for both databases: what is long keeps its start and gets a hash for the rest, and
    characters that PostgreSQL refuses are spelt out. Short plain text stays as it is."""
    plain = text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()
    if len(plain) <= _KEY_LENGTH:
        return plain
    return f"{plain[: _KEY_LENGTH - 33]}~{hashlib.sha256(plain.encode()).hexdigest()[:32]}"

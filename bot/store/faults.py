"""What the drivers' errors mean: whether the store is down, and in which words to tell the operator."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_SQLITE = {
    "database is locked": "another process holds the database {path} for too long",
    "database table is locked": "another process holds the database {path} for too long",
    "database or disk is full": "the disk is full that holds {path}: free some space, nothing else is needed",
    "attempt to write a readonly database": (
        "the database file {path} or its folder is read-only: mount it for writing, or give both to the user that the "
        "bot runs as"
    ),
    "unable to open database file": (
        "the database file {path} cannot be opened: the user that the bot runs as must be able to read and write it "
        "and its folder"
    ),
    "disk i/o error": "the disk that holds {path} fails to read or write: check the disk, then run the check command",
    "database disk image is malformed": (
        "the database file {path} is damaged: stop the bot, and put back the last backup with floorwalker restore"
    ),
    "file is not a database": "the file {path} is no database: check the path in the config",
    "no such table": "the schema is missing or old: start once, or run the migration",
    "no such column": "the schema is missing or old: start once, or run the migration",
}
"""SQLite's own words, which are stable, and ours."""

_AGAIN = frozenset({"40001", "40P01"})
"""SQLSTATEs after which the whole transaction is simply done again: serialization failure, deadlock."""

_DOWN_CLASSES = ("08", "25", "53", "55", "57", "58", "40", "28", "3D", "42P01", "42703")
"""SQLSTATE classes that speak of the server and not of what was asked: connection, read-only, resources, locks,
operator intervention, system, rollback, authentication, no such database; and a schema that is missing or old."""


class StoreDown(Exception):
    """The store cannot be used now. The message is for the operator and holds no secret.

    ``again`` says that the same transaction may simply be tried once more.
    """

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


def is_down(error: DBAPIError) -> bool:
    """Whether the database, and not what was asked of it, is at fault."""
    if error.connection_invalidated:
        return True
    state = _state(error)
    if state is not None:
        return state.startswith(_DOWN_CLASSES)
    kind = type(error.orig).__name__
    return kind in ("OperationalError", "InterfaceError") or _sqlite_words(error) is not None


def blames_store(error: Exception) -> bool:
    """Whether an error that comes out of a transaction speaks of the store and not of what was being worked on."""
    return isinstance(error, StoreDown | PoolTimeout) or (isinstance(error, DBAPIError) and is_down(error))


def passes_by_itself(error: DBAPIError) -> bool:
    """Whether the connection was cut, so that a new one may do."""
    return error.connection_invalidated


def down(error: DBAPIError, path: str = "") -> StoreDown:
    """The error in words for the operator, without the statement and its values, which may hold customers' data.

    ``path`` is where the database's file is, when it is one.
    """
    state = _state(error)
    again = error.connection_invalidated or state in _AGAIN
    words = _sqlite_words(error)
    if words is not None:
        words = words.format(path=path)
    else:
        first = (str(error.orig).strip() or type(error.orig).__name__).splitlines()[0]
        words = f"the database server says: {first}" if state or again else f"the database says: {first}"
    return StoreDown(words, again=again)


def _state(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def _sqlite_words(error: DBAPIError) -> str | None:
    said = str(error.orig).lower()
    return next((ours for theirs, ours in _SQLITE.items() if theirs in said), None)

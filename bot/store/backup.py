"""Copies of a SQLite database: one made while the bot runs, and one put in the database's place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.store import notes, wishes
from bot.store.engine import Connection, Store, StoreDown
from bot.store.restore import TAKEN_AT, mark, taken_at

_BESIDE = ("", "-wal", "-shm")


class Unfit(Exception):
    """A backup cannot be made or put back; the message says why and what to do."""


def copy(store: Store, to: Path, now: datetime) -> int:
    """Copies the database of a bot, which may be running, as of ``now`` into a file; gives its size in bytes.

    The file appears whole and checked, or not at all; one of that name is replaced. Raises Unfit and StoreDown.
    """
    part = to.with_name(f"{to.name}.part")
    _forget(part)
    try:
        with store.read() as connection, closing(_private(part)) as target:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            source.backup(target)
        with closing(Store.open(f"sqlite:///{part}")) as made:
            with made.write() as connection:
                notes.put(connection, TAKEN_AT, now.isoformat())
            _must_be_sound(made, to)
        with closing(sqlite3.connect(part)) as plain:
            # In one file without a log beside it, it can be read from where nothing may be written.
            plain.execute("PRAGMA journal_mode=DELETE")
        os.replace(part, to)
    except (OSError, sqlite3.Error) as error:
        raise Unfit(f"{to} cannot be written: {error}") from None
    finally:
        _forget(part)
    return to.stat().st_size


@dataclass(frozen=True, slots=True)
class Restored:
    """The name under which the database so far is ``kept`` (None when there was none), how many posts are
    ``looked_for`` in their channels before they are sent, and how many wishes to forget were carried out again."""

    kept: Path | None
    looked_for: int
    forgotten: int


def put_back(backup: Path, path: Path, now: datetime) -> Restored:
    """Puts a copy in the place of the database at ``path``, which is kept beside it under another name.

    Raises Unfit when the copy is no sound database of the bot, or when a bot has the database open.
    """
    part = path.with_name(f"{path.name}.part")
    _forget(part)
    try:
        with closing(_readable(backup)) as source, closing(_private(part)) as target:
            source.backup(target)
        with closing(Store.open(f"sqlite:///{part}")) as made:
            made.migrate()
            _must_be_sound(made, backup)
            with made.write() as connection:
                looked_for, forgotten = mark(connection, now), forget_again(connection, f"sqlite:///{path}", now)
        kept = _set_aside(path, now)
        os.replace(part, path)
    except (OSError, sqlite3.Error, StoreDown) as error:
        raise Unfit(f"{backup} cannot be put back: {error}") from None
    finally:
        _forget(part)
    return Restored(kept, looked_for, forgotten)


def forget_again(connection: Connection, store_url: str, now: datetime) -> int:
    """Carries out what was wished after the backup that was brought back was taken; gives how many wishes that were."""
    return wishes.repeat(connection, wishes.folder_of(store_url), taken_at(connection), now)


def _must_be_sound(store: Store, file: Path) -> None:
    problems = store.check()
    if problems:
        raise Unfit(f"{file} would be no sound database: {'; '.join(problems)}")


def _set_aside(path: Path, now: datetime) -> Path | None:
    """Renames the database with all that belongs to it; nothing is deleted."""
    if not path.exists():
        return None
    _must_be_free(path)
    kept = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%S}")
    for end in _BESIDE:
        beside = path.with_name(path.name + end)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + end))
    return kept


def _must_be_free(path: Path) -> None:
    """In WAL mode everybody who has the database open keeps others from leaving that mode. What is damaged cannot be
    asked, and nobody can work with it either."""
    try:
        with closing(sqlite3.connect(path, timeout=1.0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Unfit(f"{path} is in use: stop the bot first, then restore again") from None
    except sqlite3.DatabaseError:
        return


def _readable(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _private(path: Path) -> sqlite3.Connection:
    """A new file that only this user may read, since customers' data will be in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    return sqlite3.connect(path)


def _forget(path: Path) -> None:
    for end in _BESIDE:
        path.with_name(path.name + end).unlink(missing_ok=True)

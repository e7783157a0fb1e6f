"""The one place that makes a database engine: transactions that neither lose updates nor wait for ever.

SQLite runs in WAL mode with synchronous=FULL, every writer begins with BEGIN IMMEDIATE (a deferred transaction that
starts to write later fails at once when somebody else wrote in between), and a lock of the process queues its writers.
PostgreSQL needs nothing that lives longer than a transaction, so it may sit behind PgBouncer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import Connection, Engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from bot.store import migrations, soundness
from bot.store.faults import StoreDown, down, is_down, passes_by_itself

__all__ = ["Connection", "Store", "StoreDown"]

LOCK_SECONDS = 2.0
STATEMENT_SECONDS = 5.0
IDLE_SECONDS = 15.0
"""How long a transaction may stand idle on PostgreSQL: the locks of a replica that was frozen must not outlive this."""
_WRITERS_WAIT_SECONDS = 30.0
_PATIENCE = 60.0
_ATTEMPTS = 3
T = TypeVar("T")


class Store:
    """A database with the shop's memory in it. Make one with ``Store.open``, once in a process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writer=True)
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._path = engine.url.database or "in memory" if self._is_sqlite else ""
        self._is_shared = isinstance(engine.pool, StaticPool)
        self._turn = threading.RLock()
        self._shared: Connection | None = None

    @classmethod
    def open(cls, url: str) -> Store:
        """A store at ``sqlite:///path``, ``sqlite://`` (in memory) or ``postgresql+psycopg://…``.

        The directory of a SQLite file is made when it is missing. Raises StoreDown when that cannot be done.
        """
        where = make_url(url)
        if where.get_backend_name() == "sqlite":
            return cls(_sqlite(where.database or ""))
        return cls(_postgresql(url))

    @property
    def dialect(self) -> str:
        """The name of the database: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    def now(self) -> datetime | None:
        """The time by the database server's clock (aware UTC); None where there is no server. Raises StoreDown."""
        if self.dialect != "postgresql":
            return None
        with self.read() as connection:
            at: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return at.astimezone(UTC)

    def write(self, *, patient: bool = False) -> AbstractContextManager[Connection]:
        """One transaction that may write: committed at the end, rolled back on any exception.

        Raises StoreDown when the database cannot be used, also when the connection broke during COMMIT: then nobody
        knows whether it happened, and what was done must be safe to do again. ``patient`` lifts the time limits.
        """
        return self._transaction(self._writer, exclusive=self._is_sqlite, patient=patient)

    def read(self) -> AbstractContextManager[Connection]:
        """One transaction that sees one state of everything and writes nothing. Raises StoreDown."""
        return self._transaction(self._engine, exclusive=self._is_shared, patient=False)

    def run(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns in a write transaction; it is done again, twice at most, when the database asks for
        that (a deadlock, a serialization failure, a connection that was cut). Raises StoreDown."""
        for _ in range(_ATTEMPTS - 1):
            try:
                with self.write() as connection:
                    return work(connection)
            except StoreDown as fault:
                if not fault.again:
                    raise
        with self.write() as connection:
            return work(connection)

    def migrate(self) -> None:
        """Brings the schema to its newest version. Processes that start together wait for each other."""
        with self.write(patient=True) as connection:
            migrations.upgrade(connection)

    def check(self) -> tuple[str, ...]:
        """Problems found in the database, each a sentence with its remedy; none when it is sound."""
        try:
            with self.read() as connection:
                return soundness.problems(connection)
        except StoreDown as fault:
            return (str(fault),)

    def reachable(self) -> bool:
        """Whether a transaction can be had just now."""
        try:
            with self.read() as connection:
                connection.execute(text("SELECT 1"))
        except StoreDown:
            return False
        return True

    def wipe_log(self) -> None:
        """Empties SQLite's write-ahead log into the database, so that what was deleted is not left in it. Readers that
        are at work keep it for now. PostgreSQL sees to its own log. Raises StoreDown."""
        if self._is_sqlite:
            with _faults_named(self._path), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Gives back every connection."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine, *, exclusive: bool, patient: bool) -> Iterator[Connection]:
        if exclusive and not self._turn.acquire(timeout=_WRITERS_WAIT_SECONDS):
            raise StoreDown("the database is busy: another writer of this process did not finish")
        try:
            if self._shared is not None:
                yield self._shared
            else:
                with _faults_named(self._path), self._begun(engine, patient) as connection, self._sharing(connection):
                    yield connection
        finally:
            if exclusive:
                self._turn.release()

    @contextmanager
    def _sharing(self, connection: Connection) -> Iterator[None]:
        """In memory there is only one connection, so a read within a write of the same thread goes through it."""
        self._shared = connection if self._is_shared else None
        try:
            yield
        finally:
            self._shared = None

    @contextmanager
    def _begun(self, engine: Engine, patient: bool) -> Iterator[Connection]:
        """A connection in a transaction. A pooled connection may have been cut while it lay idle, and BEGIN is the
        first to find out, so a failed one is tried once more."""
        connection = engine.connect()
        try:
            try:
                self._begin(connection, patient)
            except DBAPIError as error:
                if not passes_by_itself(error):
                    raise
                connection.close()
                connection = engine.connect()
                self._begin(connection, patient)
            yield connection
            connection.commit()
        finally:
            connection.close()

    def _begin(self, connection: Connection, patient: bool) -> None:
        """Begins by hand: a listener on the engine would cost every statement a tenth of its time."""
        connection.begin()
        writes = bool(connection.get_execution_options().get("writer"))
        for statement in _BEGIN[self.dialect](writes, patient):
            connection.exec_driver_sql(statement)


@contextmanager
def _faults_named(path: str) -> Iterator[None]:
    """Turns what the driver says of an unusable database into StoreDown; mistakes in what we ask stay as they are."""
    try:
        yield
    except DBAPIError as error:
        if is_down(error):
            raise down(error, path) from None
        raise
    except PoolTimeout:
        raise StoreDown("all connections to the database are in use", again=True) from None


def _sqlite(path: str) -> Engine:
    if path:
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreDown(f"the directory of {path} cannot be made: {error.strerror}") from None
    options: dict[str, Any] = {} if path else {"poolclass": StaticPool}
    engine = sqlalchemy.create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": LOCK_SECONDS, "isolation_level": None, "check_same_thread": False},
        **options,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """What is deleted is overwritten, so that what was forgotten cannot be read out of the file."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(writes: bool, patient: bool) -> tuple[str, ...]:
    seconds = _PATIENCE if patient else LOCK_SECONDS
    return f"PRAGMA busy_timeout={int(seconds * 1000)}", "BEGIN IMMEDIATE" if writes else "BEGIN"


def _postgresql(url: str) -> Engine:
    """No prepared statements and no start-up options: neither survives PgBouncer's transaction mode."""
    return sqlalchemy.create_engine(
        url,
        connect_args={"prepare_threshold": None, "connect_timeout": 5},
        pool_size=5,
        max_overflow=10,
        pool_timeout=5,
    )


def _begin_postgresql(writes: bool, patient: bool) -> tuple[str, ...]:
    """Sets limits for this transaction alone; as its first statement it also finds out whether the line still holds."""
    statement, lock = (0.0, _PATIENCE) if patient else (STATEMENT_SECONDS, LOCK_SECONDS)
    limits = {"statement_timeout": statement, "lock_timeout": lock, "idle_in_transaction_session_timeout": IDLE_SECONDS}
    mode = "" if writes else "SET TRANSACTION READ ONLY; "
    return (mode + "; ".join(f"SET LOCAL {name} = {int(seconds * 1000)}" for name, seconds in limits.items()),)


_BEGIN = {"sqlite": _begin_sqlite, "postgresql": _begin_postgresql}

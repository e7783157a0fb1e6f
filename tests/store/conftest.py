"""Every store test runs on both databases: a SQLite file, and a schema-fresh database of one PostgreSQL server.

In the long form each runs once more through PgBouncer in transaction mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store.engine import Store
from tests.store.servers import NO_BOUNCER, Bouncer, Server, bouncer, bouncer_binary, postgresql


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL server, one for all tests of a run."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def pooled(postgres: Server) -> Iterator[Bouncer]:
    """PgBouncer in front of it."""
    if bouncer_binary() is None:
        pytest.skip(NO_BOUNCER)
    with bouncer(postgres) as pool:
        yield pool


@pytest.fixture
def empty_postgres_url(postgres: Server) -> str:
    """The address of a PostgreSQL database without any tables."""
    return postgres.url(postgres.database("template1"))


@pytest.fixture(params=["sqlite", "postgresql", pytest.param("pgbouncer", marks=pytest.mark.reliability)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with the newest schema and no rows."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'floorwalker.db'}"
    server: Server = request.getfixturevalue("postgres")
    if request.param == "postgresql":
        return server.url(server.database())
    pool: Bouncer = request.getfixturevalue("pooled")
    return pool.url(server.database())


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with the newest schema and no rows."""
    opened = Store.open(url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """The address of a PostgreSQL database with the newest schema and no rows."""
    return postgres.url(postgres.database())


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[Store]:
    """A store on it."""
    opened = Store.open(postgres_url)
    yield opened
    opened.close()

"""The incoming edge on loopback: a store in a file, a clock that is set by hand, and servers that end with the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.clock import Clock
from bot.edge.metrics import Meters
from bot.edge.server import Handle, HttpServer, Limits
from bot.store.engine import Store
from bot.store.intake import Intake

Serve = Callable[..., Awaitable[str]]
QUICK = Limits(linger=0.2, grace=0.5)


class HandClock(Clock):
    """Wall time stands still until it is moved; the other clocks are the machine's."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def meters() -> Meters:
    return Meters(sources=("shopify", "warehouse"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'floorwalker.db'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def intake(store: Store) -> Iterator[Intake]:
    started = Intake(store)
    started.start()
    yield started
    started.stop()


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """serve(routes, limits) gives the address of a server on a free port."""
    async with AsyncExitStack() as stack:

        async def start(routes: Mapping[str, Handle], limits: Limits = QUICK) -> str:
            server = HttpServer(routes, limits)
            port = await server.start("127.0.0.1", 0)
            stack.push_async_callback(server.stop)
            return f"http://127.0.0.1:{port}"

        yield start


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session

"""A shop on a platform that is played over real HTTP, and the bot that asks it and works on what it heard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from bot.core.shopfront import Shopfront
from bot.demo.stores import Stand
from bot.edge.asking import Asker
from bot.edge.fetch import Fetcher
from bot.edge.metrics import Meters
from bot.edge.poller import Poller, platform
from bot.edge.stand import Stands
from bot.pipeline import Feed
from tests.bench import Bench

S = TypeVar("S", bound=Stand)


@dataclass
class House(Generic[S]):
    """The bot, its shop, and what asks it."""

    bench: Bench
    shop: S
    poller: Poller

    async def ask(self, minutes: float = 0) -> None:
        """After so many minutes every stream that is due has its turn, and what was heard is worked on."""
        self.bench.watch.forward(minutes=minutes)
        (each,) = self.poller.platforms
        while await self.poller.step(each):
            while self.bench.pipeline.work():
                pass

    def rows(self, table: Any) -> list[Any]:
        with self.bench.store.read() as connection:
            return list(connection.execute(select(table)).mappings())

    def stamp(self) -> str:
        now: datetime = self.bench.watch.now()
        return f"{now:%Y-%m-%dT%H:%M:%SZ}"


@asynccontextmanager
async def asking(
    folder: Path, shop: S, front: Shopfront, keys: Mapping[str, str], address: str = ""
) -> AsyncIterator[House[S]]:
    """A house whose shop is of the platform that the front names, and takes these keys."""
    bench = Bench(folder)
    source = bench.catalog.sources[front.source]
    assert source.api is not None
    bench.pipeline = replace(bench.pipeline, feeds={**bench.feeds, front.source: Feed(source, front)})
    clock: Any = bench.watch
    async with AsyncExitStack() as stack:
        stands = Stands([shop], clock)
        reroute = await stands.start()
        stack.push_async_callback(stands.stop)
        fetcher = await Fetcher.open(clock, reroute=reroute)
        stack.push_async_callback(fetcher.close)

        async def pause(seconds: float) -> None:
            bench.watch.forward(seconds=seconds)

        asked = platform(front, source.api, keys, {}, address, source.strip)
        yield House(bench, shop, Poller(bench.store, Asker(fetcher, clock, pause), (asked,), clock, Meters()))
    bench.close()

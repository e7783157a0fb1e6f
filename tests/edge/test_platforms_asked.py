"""Real platforms' files asked over real HTTP by the real poller, into the pipeline: a first look, changes, trouble."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.delivery import Shopfront
from bot.demo.stores.magento import KEYS, SHOP, Magento
from bot.edge.asking import Asker
from bot.edge.fetch import Fetcher
from bot.edge.metrics import Meters
from bot.edge.poller import Poller, platform
from bot.edge.stand import Stands
from bot.pipeline import Feed
from bot.store import polls
from bot.store.tables.log import event
from bot.store.tables.log import inbox as deliveries
from bot.store.tables.shop import stock_level
from tests.bench import Bench

FRONT = Shopfront("magento", "demo", "EUR", options={"url": f"https://{SHOP}", "page_size": 3})
OAUTH = {name: KEYS[name] for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")}


@dataclass
class House:
    """A shop on Magento, and the bot that asks it."""

    bench: Bench
    shop: Magento
    poller: Poller

    async def ask(self) -> None:
        """Every stream that is due has its turn, and what was heard is worked on."""
        (each,) = self.poller.platforms
        while await self.poller.step(each):
            while self.bench.pipeline.work():
                pass

    def rows(self, table: Any) -> list[Any]:
        with self.bench.store.read() as connection:
            return list(connection.execute(select(table)).mappings())

    def shelf(self, sku: str, quantity: float) -> None:
        self.shop.source_items = [row for row in self.shop.source_items if row["sku"] != sku]
        self.shop.source_items.append({"sku": sku, "source_code": "default", "quantity": quantity, "status": 1})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    bench, shop = Bench(tmp_path), Magento()
    source = bench.catalog.sources["magento"]
    assert source.api is not None
    bench.pipeline = replace(bench.pipeline, feeds={**bench.feeds, "magento": Feed(source, FRONT)})
    clock: Any = bench.watch
    async with AsyncExitStack() as stack:
        stands = Stands([shop], clock)
        reroute = await stands.start()
        stack.push_async_callback(stands.stop)
        fetcher = await Fetcher.open(clock, reroute=reroute)
        stack.push_async_callback(fetcher.close)

        async def pause(seconds: float) -> None:
            bench.watch.forward(seconds=seconds)

        asked = platform(FRONT, source.api, OAUTH, {}, "")
        yield House(bench, shop, Poller(bench.store, Asker(fetcher, clock, pause), (asked,), clock, Meters()))
    bench.close()


async def test_a_first_look_fills_the_shelves_and_alerts_nobody(house: House) -> None:
    for number in range(8):
        house.shelf(f"SKU-{number}", 0 if number % 2 else 40)
    await house.ask()
    levels = {row["sku"]: row["available"] for row in house.rows(stock_level)}
    assert levels == {f"SKU-{number}": 0 if number % 2 else 40 for number in range(8)}
    assert [house.bench.shown(channel) for channel in ("#warehouse", "#marketing", "#finance", "#operations")] == [
        []
    ] * 4
    assert {(row["outcome"], row["body"]) for row in house.rows(deliveries)} == {("done", None)}
    with house.bench.store.read() as connection:
        assert {one.failures for one in polls.standings(connection)} == {0}


async def test_what_changes_afterwards_is_told_and_what_does_not_is_not_recorded_again(house: House) -> None:
    house.bench.sells("SKU-1", 10)
    house.shelf("SKU-1", 400)
    house.shelf("SKU-2", 7)
    await house.ask()
    before = len(house.rows(event))
    for _ in range(3):
        house.bench.watch.forward(minutes=16)
        await house.ask()
    assert len(house.rows(event)) == before
    house.shelf("SKU-1", 0)
    house.bench.watch.forward(minutes=16)
    await house.ask()
    assert len(house.rows(event)) == before + 1
    assert [line for line in house.bench.shown("#warehouse") if "SKU-1" in line]


async def test_a_right_that_is_missing_is_told_to_operations_and_over_when_it_is_given(house: House) -> None:
    house.shop.lacks = frozenset({"Magento_Sales::actions_view"})
    await house.ask()
    (shown,) = house.bench.shown("#operations")
    assert "«magento»: it does not answer us" in shown
    assert OAUTH["access_token"] not in str(house.bench.body("#operations"))
    house.bench.deliver_posts()
    house.shop.lacks = frozenset()
    house.bench.watch.forward(minutes=5)
    await house.ask()
    assert house.bench.shown("#operations")[0].startswith("RESOLVED: ")


async def test_a_shop_that_stumbles_is_heard_all_the_same(house: House) -> None:
    house.shelf("SKU-1", 5)
    house.shop.fails = 4
    await house.ask()
    house.bench.watch.forward(minutes=16)
    await house.ask()
    assert [row["available"] for row in house.rows(stock_level)] == [5]


async def test_a_platforms_clock_that_is_wrong_orders_what_it_tells_by_itself(house: House) -> None:
    house.shop.ahead = timedelta(minutes=4)
    house.shelf("SKU-1", 5)
    await house.ask()
    (level,) = house.rows(stock_level)
    assert timedelta(minutes=3) < level["at"] - house.bench.watch.now() <= timedelta(minutes=4)

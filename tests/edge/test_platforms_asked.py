"""Real platforms' files asked over real HTTP by the real poller, into the pipeline: a first look, changes, trouble."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.shopfront import Shopfront
from bot.demo.stores.magento import KEYS, SHOP, Magento
from bot.store import polls
from bot.store.tables.log import event
from bot.store.tables.log import inbox as deliveries
from bot.store.tables.shop import stock_level
from tests.handlers.sources.house import House, asking

FRONT = Shopfront("magento", "demo", "EUR", options={"url": f"https://{SHOP}", "page_size": 3})
OAUTH = {name: KEYS[name] for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House[Magento]]:
    async with asking(tmp_path, Magento(), FRONT, OAUTH) as house:
        yield house


def shelf(house: House[Magento], sku: str, quantity: float) -> None:
    """What the only source of the shop holds of a SKU from now on."""
    house.shop.source_items = [row for row in house.shop.source_items if row["sku"] != sku]
    house.shop.source_items.append({"sku": sku, "source_code": "default", "quantity": quantity, "status": 1})


async def test_a_first_look_fills_the_shelves_and_alerts_nobody(house: House[Magento]) -> None:
    for number in range(8):
        shelf(house, f"SKU-{number}", 0 if number % 2 else 40)
    await house.ask()
    levels = {row["sku"]: row["available"] for row in house.rows(stock_level)}
    assert levels == {f"SKU-{number}": 0 if number % 2 else 40 for number in range(8)}
    assert [house.bench.shown(channel) for channel in ("#warehouse", "#marketing", "#finance", "#operations")] == [
        []
    ] * 4
    assert {(row["outcome"], row["body"]) for row in house.rows(deliveries)} == {("done", None)}
    with house.bench.store.read() as connection:
        assert {one.failures for one in polls.standings(connection)} == {0}


async def test_what_changes_afterwards_is_told_and_what_does_not_is_not_recorded_again(house: House[Magento]) -> None:
    house.bench.sells("SKU-1", 10)
    shelf(house, "SKU-1", 400)
    shelf(house, "SKU-2", 7)
    await house.ask()
    before = len(house.rows(event))
    for _ in range(3):
        house.bench.watch.forward(minutes=16)
        await house.ask()
    assert len(house.rows(event)) == before
    shelf(house, "SKU-1", 0)
    house.bench.watch.forward(minutes=16)
    await house.ask()
    assert len(house.rows(event)) == before + 1
    assert [line for line in house.bench.shown("#warehouse") if "SKU-1" in line]


async def test_a_right_that_is_missing_is_told_to_operations_and_over_when_it_is_given(house: House[Magento]) -> None:
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


async def test_a_shop_that_stumbles_is_heard_all_the_same(house: House[Magento]) -> None:
    shelf(house, "SKU-1", 5)
    house.shop.fails = 4
    await house.ask()
    house.bench.watch.forward(minutes=16)
    await house.ask()
    assert [row["available"] for row in house.rows(stock_level)] == [5]


async def test_a_platforms_clock_that_is_wrong_orders_what_it_tells_by_itself(house: House[Magento]) -> None:
    house.shop.ahead = timedelta(minutes=4)
    shelf(house, "SKU-1", 5)
    await house.ask()
    (level,) = house.rows(stock_level)
    assert timedelta(minutes=3) < level["at"] - house.bench.watch.now() <= timedelta(minutes=4)

"""Shopify asked over real HTTP by the real poller, and telling by webhooks, into one pipeline and one database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.delivery import Shopfront
from bot.demo.stores.shopify import CLIENT, DOMAIN, Shopify
from bot.edge.asking import Asker
from bot.edge.fetch import Fetcher
from bot.edge.metrics import Meters
from bot.edge.poller import Poller, platform
from bot.edge.stand import Stands
from bot.pipeline import Feed
from bot.store.tables.log import event
from bot.store.tables.shop import stock_level
from tests.bench import Bench
from tests.handlers.sources.test_shopify import fixture
from tests.handlers.sources.test_shopify_poll import hold, item, order, paid, sent

FRONT = Shopfront("shopify", "demo", "GBP", options={"domain": DOMAIN})
ADDRESS = "https://bot.example/webhooks/shopify"


@dataclass
class House:
    """A shop on Shopify, and the bot that asks it."""

    bench: Bench
    shop: Shopify
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


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    bench, shop = Bench(tmp_path), Shopify()
    source = bench.catalog.sources["shopify"]
    assert source.api is not None
    bench.pipeline = replace(bench.pipeline, feeds={**bench.feeds, "shopify": Feed(source, FRONT)})
    clock: Any = bench.watch
    async with AsyncExitStack() as stack:
        stands = Stands([shop], clock)
        reroute = await stands.start()
        stack.push_async_callback(stands.stop)
        fetcher = await Fetcher.open(clock, reroute=reroute)
        stack.push_async_callback(fetcher.close)

        async def pause(seconds: float) -> None:
            bench.watch.forward(seconds=seconds)

        asked = platform(FRONT, source.api, dict(CLIENT), {}, ADDRESS)
        yield House(bench, shop, Poller(bench.store, Asker(fetcher, clock, pause), (asked,), clock, Meters()))
    bench.close()


async def test_a_first_look_fills_the_shelves_and_alerts_nobody(house: House) -> None:
    house.shop.items = [item(number, f"TEA-{number}", (61001, 0 if number % 2 else 9)) for number in range(30)]
    house.shop.holds = [hold(1, updatedAt=house.stamp())]
    await house.ask()
    assert len(house.rows(stock_level)) == 30
    assert {row["sku"] for row in house.rows(stock_level)} == {f"TEA-{number}" for number in range(30)}
    assert [house.bench.shown(name) for name in ("#warehouse", "#finance", "#operations")] == [[]] * 3
    assert len(house.shop.tokens) == 2


async def test_an_order_is_held_and_let_go_in_the_warehouse(house: House) -> None:
    await house.ask()
    house.shop.holds = [hold(1, updatedAt=house.stamp())]
    await house.ask(6)
    (shown,) = house.bench.shown("#warehouse")
    assert "Order «#2001» is on hold" in shown
    house.bench.deliver_posts()
    house.shop.holds = []
    await house.ask(6)
    assert house.bench.shown("#warehouse")[0].startswith("RESOLVED: ")


async def test_what_a_webhook_and_a_poll_tell_is_recorded_once(house: House) -> None:
    await house.ask()
    house.bench.watch.forward(minutes=16)
    stamp = house.stamp()
    node = order(
        createdAt=stamp, updatedAt=stamp,
        transactions=[paid("CAPTURE", processedAt=stamp)],
        fulfillments=[sent("DELAYED", updatedAt=stamp)],
    )  # fmt: skip
    attempt = {"kind": "capture", "status": "success", "processed_at": stamp}
    told = [
        ("orders/updated", fixture("orders/create", created_at=stamp, updated_at=stamp)),
        ("order_transactions/create", fixture("order_transactions/create", **attempt)),
        ("fulfillments/update", fixture("fulfillments/update", updated_at=stamp, shipment_status="delayed")),
    ]
    for topic, body in told:
        house.bench.tell("shopify", topic, body)
    before = [row for row in house.rows(event) if row["kind"] != "SourceChanged"]
    assert {row["kind"] for row in before} >= {"OrderPlaced", "ItemSold", "PaymentSucceeded", "ShipmentChanged"}
    house.shop.orders = [node]
    await house.ask()
    assert [row for row in house.rows(event) if row["kind"] != "SourceChanged"] == before
    assert any("is delayed" in line for line in house.bench.shown("#warehouse"))


async def test_a_webhook_that_shopify_deleted_is_subscribed_again_and_told(house: House) -> None:
    house.shop.webhooks = [
        {"id": "gid://shopify/WebhookSubscription/1", "topic": "ORDERS_CREATE", "uri": ADDRESS, "format": "JSON"}
    ]
    await house.ask()
    house.shop.webhooks.clear()
    await house.ask(61)
    assert [hook["topic"] for hook in house.shop.webhooks] == ["ORDERS_CREATE"]
    notes = [json.loads(row["body"]) for row in house.rows(event) if row["kind"] == "SourceChanged"]
    assert [note["sound"] for note in notes] == [False, True]
    assert "switched on again" in notes[1]["note"]["text"]

"""Shopify asked over real HTTP by the real poller, and telling by webhooks, into one pipeline and one database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.shopfront import Shopfront
from bot.demo.stores.shopify import CLIENT, DOMAIN, Shopify
from bot.store.tables.log import event
from bot.store.tables.shop import stock_level
from tests.handlers.sources.house import House, asking
from tests.handlers.sources.test_shopify import fixture
from tests.handlers.sources.test_shopify_poll import hold, item, order, paid, sent

FRONT = Shopfront("shopify", "demo", "GBP", options={"domain": DOMAIN})
ADDRESS = "https://bot.example/webhooks/shopify"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House[Shopify]]:
    async with asking(tmp_path, Shopify(), FRONT, CLIENT, ADDRESS) as house:
        yield house


async def test_a_first_look_fills_the_shelves_and_alerts_nobody(house: House[Shopify]) -> None:
    house.shop.items = [item(number, f"TEA-{number}", (61001, 0 if number % 2 else 9)) for number in range(30)]
    house.shop.holds = [hold(1, updatedAt=house.stamp())]
    await house.ask()
    assert len(house.rows(stock_level)) == 30
    assert {row["sku"] for row in house.rows(stock_level)} == {f"TEA-{number}" for number in range(30)}
    assert [house.bench.shown(name) for name in ("#warehouse", "#finance", "#operations")] == [[]] * 3
    assert len(house.shop.tokens) == 2


async def test_an_order_is_held_and_let_go_in_the_warehouse(house: House[Shopify]) -> None:
    await house.ask()
    house.shop.holds = [hold(1, updatedAt=house.stamp())]
    await house.ask(6)
    (shown,) = house.bench.shown("#warehouse")
    assert "Order «#2001» is on hold" in shown
    house.bench.deliver_posts()
    house.shop.holds = []
    await house.ask(6)
    assert house.bench.shown("#warehouse")[0].startswith("RESOLVED: ")


async def test_what_a_webhook_and_a_poll_tell_is_recorded_once(house: House[Shopify]) -> None:
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


async def test_a_webhook_that_shopify_deleted_is_subscribed_again_and_told(house: House[Shopify]) -> None:
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

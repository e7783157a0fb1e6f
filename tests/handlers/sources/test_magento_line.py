"""Magento is asked over a real line: what the client puts into the address is what was signed, also when it asks again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.core.polling import Heard, Subscription
from bot.core.shopfront import Shopfront
from bot.demo.stores.magento import KEYS, SHOP, Magento
from bot.edge.asking import Asker, Run
from bot.edge.fetch import Fetcher
from bot.edge.stand import Stands
from handlers.sources.magento import SOURCE
from tests.edge.conftest import HandClock

FRONT = Shopfront("magento", "leaf", options={"url": f"https://{SHOP}", "stock": "salable"})
ADDRESS = "https://bot.example/webhooks/magento?of=spice rack"
assert SOURCE.api is not None
API = SOURCE.api


@dataclass
class Line:
    """A played shop at the other end of a line."""

    shop: Magento
    asker: Asker
    heard: list[Heard] = field(default_factory=list)

    async def run(self, stream: str, cursor: str = "") -> None:
        [plan] = [each.plan for each in API.streams if each.name == stream]
        await self.asker.carry_out(
            plan(self.asker.asked(FRONT, KEYS, cursor)), Run(FRONT, API.hosts(FRONT), self._hear)
        )

    async def care(self, *topics: str) -> tuple[Subscription, ...]:
        assert API.care is not None
        care = API.care(self.asker.asked(FRONT, KEYS), ADDRESS, frozenset(topics))
        return await self.asker.carry_out(care, Run(FRONT, API.hosts(FRONT)))

    async def _hear(self, heard: Heard) -> None:
        self.heard.append(heard)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    clock = HandClock()
    order = {"entity_id": 7, "grand_total": 5.1, "updated_at": "2026-11-23 08:50:00"}
    shelves = [
        {"sku": sku, "source_code": "a", "quantity": 5, "status": 1} for sku in ("SALT & PEPPER/250 g+", "SÄL-7")
    ]
    shop = Magento(orders=[order], source_items=shelves, salable={"SALT & PEPPER/250 g+": 3, "SÄL-7": 4})
    stands = Stands([shop], clock)
    fetcher = await Fetcher.open(clock, reroute=await stands.start(), seconds=5.0)

    async def pause(seconds: float) -> None:
        clock.move(seconds=seconds)

    yield Line(shop, Asker(fetcher, clock, pause))
    await fetcher.close()
    await stands.stop()


async def test_a_signature_survives_blanks_slashes_and_letters_from_elsewhere(line: Line) -> None:
    await line.run("orders", "2026-11-23 08:55:00")
    await line.run("stock")
    assert b'"entity_id": 7' in line.heard[0].bodies[0]
    assert line.heard[1].bodies == (
        b'{"items": [{"sku": "SALT & PEPPER/250 g+", "salable": 3}, {"sku": "S\\u00c4L-7", "salable": 4}]}',
    )


async def test_a_request_that_the_client_repeats_is_signed_anew_when_its_nonce_is_taken(line: Line) -> None:
    line.shop.fails = 1
    await line.run("orders")
    assert len(line.heard) == 1
    assert [len(line.shop.asked), len(line.shop.nonces)] == [3, 2]


async def test_webhooks_are_registered_over_the_line(line: Line) -> None:
    [made] = await line.care("sales.order.saved")
    assert made == Subscription("sales.order.saved", "active", mended=True)
    assert await line.care() == (Subscription("sales.order.saved", "active"),)

"""Magento is asked over a real line: what the client puts into the address is what was signed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.delivery import Shopfront
from bot.core.polling import Asked, Call, Heard
from bot.demo.stores.magento import KEYS, SHOP, Magento
from bot.edge.fetch import Fetcher
from bot.edge.stand import Stands
from handlers.sources.magento import SOURCE
from tests.edge.conftest import HandClock

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FRONT = Shopfront("magento", "leaf", options={"url": f"https://{SHOP}", "stock": "salable"})
assert SOURCE.api is not None
API = SOURCE.api


@pytest.fixture
def shop() -> Magento:
    order = {"entity_id": 7, "grand_total": 5.1, "updated_at": "2026-11-20 10:00:00"}
    shelves = [
        {"sku": sku, "source_code": "a", "quantity": 5, "status": 1} for sku in ("SALT & PEPPER/250 g+", "SÄL-7")
    ]
    return Magento(orders=[order], source_items=shelves, salable={"SALT & PEPPER/250 g+": 3, "SÄL-7": 4})


@pytest.fixture
async def fetcher(shop: Magento) -> AsyncIterator[Fetcher]:
    clock = HandClock()
    stands = Stands([shop], clock)
    made = await Fetcher.open(clock, reroute=await stands.start(), seconds=5.0)
    yield made
    await made.close()
    await stands.stop()


async def ran(fetcher: Fetcher, plan: Any) -> list[Heard]:
    """Carries out a plan as the poller does, and gives what it heard."""
    heard: list[Heard] = []
    answer = None
    while True:
        try:
            step = plan.send(answer)
        except StopIteration:
            return heard
        answer = await fetcher.fetch(step, API.hosts(FRONT)) if isinstance(step, Call) else None
        heard += [step] if isinstance(step, Heard) else []


@pytest.mark.parametrize(
    ("stream", "cursor", "body"),
    [
        ("orders", "2026-11-20 10:00:00", b'"entity_id": 7'),
        ("stock", "", b'{"sku": "SALT & PEPPER/250 g+", "salable": 3}, {"sku": "S\\u00c4L-7", "salable": 4}'),
    ],
)
async def test_a_signature_survives_the_line(fetcher: Fetcher, stream: str, cursor: str, body: bytes) -> None:
    [plan] = [each.plan for each in API.streams if each.name == stream]
    [heard] = await ran(fetcher, plan(Asked(FRONT, KEYS, cursor, NOW)))
    assert body in heard.bodies[0]

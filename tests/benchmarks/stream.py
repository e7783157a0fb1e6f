"""A shop of 500 SKUs in full swing, for the benchmarks of the whole way: its past, and a mixed stream of what happens.

Of five deliveries two are orders of two lines, two are stock levels and one is a payment, of which one in twenty fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.catalog import Catalog
from bot.core.shopfront import Shopfront
from bot.demo import shop
from bot.demo.shop import Item, wobble
from bot.demo.story import Telling

SECRETS = {"shopify": "benchmark-secret", "stripe": "whsec_benchmark"}
SOURCES = {name: source for name, source in Catalog.scan(("handlers",)).sources.items() if name in SECRETS}
FRONTS = {name: Shopfront(name, "demo", "EUR") for name in SECRETS}
BERLIN = next(iter(shop.LOCATIONS))
PAST_DAYS = 21
_ORDERS_A_DAY = 50
_LINES = 10

ITEMS = tuple(
    Item(number, f"SKU-{number:04d}", f"Product {number}", "", "19.90", 1.0, 15 + int(100 * wobble("stock", number)))
    for number in range(500)
)


def past(now: datetime) -> Iterator[Telling]:
    """Goods, three weeks of orders in which each SKU sells about one a day, and the stock of this morning."""
    first = now - timedelta(days=PAST_DAYS + 5)
    for item in ITEMS:
        yield Telling("shopify", "products/update", shop.product(item, first))
    # The last days are left out: what is younger would be decided on, and this is not what is measured.
    for ago in range(PAST_DAYS + 4, 4, -1):
        for nth in range(_ORDERS_A_DAY):
            number = ago * _ORDERS_A_DAY + nth
            lines = [(ITEMS[(nth * _LINES + line) % len(ITEMS)], 1) for line in range(_LINES)]
            body = shop.order(number, f"#{number}", lines, now - timedelta(days=ago, seconds=nth))
            yield Telling("shopify", "orders/create", body)
    for item in ITEMS:
        at = now - timedelta(days=4, minutes=5)
        yield Telling("shopify", "inventory_levels/update", shop.level(item, BERLIN, item.stock, at))


def telling(number: int, now: datetime) -> Telling:
    """The delivery of that number, happening now."""
    item = ITEMS[int(len(ITEMS) * wobble("item", number))]
    match number % 5:
        case 0 | 1:
            other = ITEMS[int(len(ITEMS) * wobble("other", number))]
            lines = [(item, 1 + number % 3), *([(other, 1)] if other is not item else [])]
            return Telling("shopify", "orders/create", shop.order(10_000_000 + number, f"#{number}", lines, now))
        case 2 | 3:
            left = int(item.stock * wobble("left", number))
            return Telling("shopify", "inventory_levels/update", shop.level(item, BERLIN, left, now))
        case _:
            decline = "insufficient_funds" if wobble("decline", number) < 0.05 else ""
            body = shop.payment(f"b{number}", 1_000 + int(9_000 * wobble("sum", number)), now, decline)
            return Telling("stripe", str(body["type"]), body)


def signed(told: Telling, now: datetime) -> tuple[dict[str, str], bytes]:
    """Headers and body as the platform sends them."""
    body = json.dumps(told.body).encode()
    headers = SOURCES[told.source].sign(told.topic, body, SECRETS[told.source], now, FRONTS[told.source])
    return headers, body


def request(number: int) -> bytes:
    """The whole HTTP request of that number."""
    now = datetime.now(UTC)
    told = telling(number, now)
    headers, body = signed(told, now)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST /webhooks/{told.source} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body

"""The demo shop on WooCommerce: the webhooks that it sends of what happens in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.demo.shop import Body, Item
from bot.demo.stores import Purchase, Telling


@dataclass(frozen=True, slots=True)
class WooCommerce:
    """WooCommerce counts stock by product, wherever it lies, and tells the whole product when it changes."""

    name: str = "woocommerce"
    secret: str = "demo & secret"
    options: Mapping[str, Any] = field(
        default_factory=lambda: {"url": "https://shop.example", "paid_elsewhere": ["stripe"]}
    )

    def product(self, item: Item, at: datetime) -> Iterator[Telling]:
        yield Telling(self.name, "product.updated", _product(item, item.stock, at))

    def level(self, item: Item, shelves: Mapping[int, int], where: Sequence[int], at: datetime) -> Iterator[Telling]:
        yield Telling(self.name, "product.updated", _product(item, sum(shelves.values()), at))

    def order(self, purchase: Purchase) -> Iterator[Telling]:
        yield Telling(self.name, "order.created", _order(purchase, purchase.at, "processing"))

    def shipped(self, purchase: Purchase, at: datetime) -> Iterator[Telling]:
        yield Telling(self.name, "order.updated", _order(purchase, at, "completed"))


# The source tells apart what happened within one second by millionths of it, none of which may lie ahead of the story.
_WITHIN = timedelta(microseconds=100)


def _written(at: datetime) -> str:
    """A moment as WooCommerce writes it: UTC in whole seconds."""
    return f"{at - _WITHIN:%Y-%m-%dT%H:%M:%S}"


def _product(item: Item, units: int, at: datetime) -> Body:
    return {
        "id": 700 + item.number,
        "name": item.title,
        "type": "simple",
        "sku": item.sku,
        "price": item.price,
        "permalink": f"https://shop.example/product/{item.sku.lower()}/",
        "manage_stock": True,
        "stock_quantity": units,
        "stock_status": "instock" if units > 0 else "outofstock",
        "date_modified_gmt": _written(at),
        "categories": [{"id": 9, "name": "Gifts", "slug": "gifts"}],
        "tags": [],
    }


def _order(bought: Purchase, at: datetime, status: str) -> Body:
    rows = [(item, quantity, Decimal(item.price) * quantity) for item, quantity in bought.lines]
    return {
        "id": bought.number,
        "number": bought.name.lstrip("#"),
        "status": status,
        "currency": "EUR",
        "total": str(sum((row for _, _, row in rows), Decimal(0))),
        "date_created_gmt": _written(bought.at),
        "date_modified_gmt": _written(at),
        "date_paid_gmt": _written(bought.at),
        "payment_method": "stripe",
        "transaction_id": f"ch_{bought.number}",
        "coupon_lines": [{"code": bought.code}] if bought.code else [],
        "line_items": [
            {
                "id": bought.number * 10 + place,
                "sku": item.sku,
                "name": item.title,
                "quantity": quantity,
                "total": str(row),
                "total_tax": "0.00",
            }
            for place, (item, quantity, row) in enumerate(rows)
        ],
        "refunds": [],
    }


FRONT = WooCommerce()

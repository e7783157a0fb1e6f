"""The demo shop on Shopify: the webhooks that it sends of what happens in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.demo import shop
from bot.demo.shop import LOCATIONS, Body, Item
from bot.demo.stores import Purchase, Telling


def _options() -> Mapping[str, Any]:
    return {"locations": {str(number): name for number, name in LOCATIONS.items()}}


@dataclass(frozen=True, slots=True)
class Shopify:
    """Shopify counts stock by location and names no SKU when it does."""

    name: str = "shopify"
    secret: str = "demo-secret-shopify"
    options: Mapping[str, Any] = field(default_factory=_options)

    def product(self, item: Item, at: datetime) -> Iterator[Telling]:
        yield self._told("products/update", shop.product(item, at))

    def level(self, item: Item, shelves: Mapping[int, int], where: Sequence[int], at: datetime) -> Iterator[Telling]:
        for location in where:
            yield self._told("inventory_levels/update", shop.level(item, location, shelves[location], at))

    def order(self, purchase: Purchase) -> Iterator[Telling]:
        yield self._told("orders/create", _body(purchase))

    def shipped(self, purchase: Purchase, at: datetime) -> Iterator[Telling]:
        yield self._told("orders/fulfilled", shop.shipped(_body(purchase), at))

    def _told(self, topic: str, body: Body) -> Telling:
        return Telling(self.name, topic, body)


def _body(bought: Purchase) -> Body:
    return shop.order(bought.number, bought.name, bought.lines, bought.at, bought.code)


FRONT = Shopify()

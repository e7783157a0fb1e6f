"""The demo shop on Magento: the async events that it sends of what happens in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.demo.shop import LOCATIONS, Body, Item
from bot.demo.stores import Purchase, Telling


def _options() -> Mapping[str, Any]:
    return {
        "url": "https://shop.example",
        "zone": "Europe/Berlin",
        "locations": {_code(n): n for n in LOCATIONS.values()},
    }


def _code(location: str) -> str:
    return f"{location.lower()}_wh"


@dataclass(frozen=True, slots=True)
class Magento:
    """Magento counts stock by source and SKU. An order that is shipped is told by the shipment and by the order."""

    name: str = "magento"
    secret: str = "demo-verification-token"
    options: Mapping[str, Any] = field(default_factory=_options)

    def product(self, item: Item, at: datetime) -> Iterator[Telling]:
        yield self._told("catalog.product.saved", at, _product(item, at))

    def level(self, item: Item, shelves: Mapping[int, int], where: Sequence[int], at: datetime) -> Iterator[Telling]:
        for location in where:
            held = {"source_code": _code(LOCATIONS[location]), "quantity": shelves[location], "status": 1}
            yield self._told("inventory.source_item.saved", at, {"sku": item.sku, **held})

    def order(self, purchase: Purchase) -> Iterator[Telling]:
        yield self._told("sales.order.created", purchase.at, _order(purchase, purchase.at, "processing"))

    def shipped(self, purchase: Purchase, at: datetime) -> Iterator[Telling]:
        yield self._told("sales.shipment.created", at, _shipment(purchase, at))
        yield self._told("sales.order.saved", at, _order(purchase, at, "complete"))

    def _told(self, topic: str, at: datetime, thing: Body) -> Telling:
        """The event as the module sends it, and with its time, which the module leaves out: a month that is told in a
        minute would else have happened in it."""
        mark = hashlib.sha256(repr((topic, at, thing)).encode()).hexdigest()
        identity = "-".join((mark[:8], mark[8:12], mark[12:16], mark[16:20], mark[20:32]))
        event = {"specversion": "1.0", "id": identity, "source": "1", "type": topic, "time": at.isoformat()}
        return Telling(self.name, topic, {**event, "datacontenttype": "application/json", "data": thing})


# The source tells apart what happened within one second by millionths of it, none of which may lie ahead of the story.
_WITHIN = timedelta(microseconds=100)


def _written(at: datetime) -> str:
    """A moment as Magento writes it, in whole seconds."""
    return f"{at - _WITHIN:%Y-%m-%d %H:%M:%S}"


def _title(item: Item) -> str:
    return f"{item.product} – {item.variant}" if item.variant else item.product


def _product(item: Item, at: datetime) -> Body:
    return {
        "id": 700 + item.number,
        "sku": item.sku,
        "name": _title(item),
        "attribute_set_id": 4,
        "price": float(item.price),
        "status": 1,
        "type_id": "simple",
        "updated_at": _written(at),
        "extension_attributes": {"category_links": [{"position": 0, "category_id": "4"}]},
    }


def _order(bought: Purchase, at: datetime, state: str) -> Body:
    """A paid order in euros, as it is at ``at``."""
    rows = [(item, quantity, Decimal(item.price) * quantity) for item, quantity in bought.lines]
    total = float(sum(row for _, _, row in rows))
    return {
        "entity_id": bought.number,
        "increment_id": bought.name,
        "state": state,
        "status": state,
        "created_at": _written(bought.at),
        "updated_at": _written(at),
        "order_currency_code": "EUR",
        "grand_total": total,
        "total_paid": total,
        "total_due": 0,
        "coupon_code": bought.code or None,
        "items": [
            {
                "item_id": bought.number * 10 + place,
                "product_id": 700 + item.number,
                "product_type": "simple",
                "sku": item.sku,
                "name": _title(item),
                "qty_ordered": quantity,
                "row_total_incl_tax": float(row),
                "discount_amount": 0,
            }
            for place, (item, quantity, row) in enumerate(rows)
        ],
    }


def _shipment(bought: Purchase, at: datetime) -> Body:
    track = {"carrier_code": "dhl", "title": "DHL", "track_number": f"JD{bought.number}", "created_at": _written(at)}
    own = {
        "entity_id": bought.number,
        "order_id": bought.number,
        "created_at": _written(at),
        "updated_at": _written(at),
    }
    return {**own, "tracks": [track]}


FRONT = Magento()

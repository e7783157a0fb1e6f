"""The demo shop's goods and what its platforms would send about them: pure functions from facts to bodies."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

Body = dict[str, Any]
LOCATIONS = {24826418: "Berlin", 24826419: "Lodz"}


@dataclass(frozen=True, slots=True)
class Item:
    """One SKU of the demo shop: ``pace`` is its usual sales a day, ``stock`` what it holds when the day begins."""

    number: int
    sku: str
    product: str
    variant: str
    price: str
    pace: float
    stock: int

    @property
    def inventory_item(self) -> int:
        """Shopify's id of the stock item."""
        return 271_000_000_000 + self.number

    @property
    def title(self) -> str:
        return f"{self.product} {self.variant}".strip()


ITEMS = (
    Item(1, "HOODIE-BLU-M", "Blue Hoodie", "M", "59.00", 21, 520),
    Item(2, "HOODIE-BLU-L", "Blue Hoodie", "L", "59.00", 17, 1100),
    Item(3, "BEANIE-GRY", "Grey Beanie", "", "24.00", 3, 80),
    Item(4, "SCARF-RED", "Red Scarf", "", "34.50", 6, 340),
    Item(5, "MUG-OWL", "Owl Mug", "", "14.90", 12, 720),
    Item(6, "CANDLE-CED", "Cedar Candle", "", "19.90", 8, 380),
    Item(7, "SOCKS-WOL", "Wool Socks", "3 pairs", "22.00", 15, 900),
    Item(8, "BLANKET-OAT", "Oat Blanket", "", "89.00", 3, 96),
    Item(9, "TEAPOT-CAST", "Cast Iron Teapot", "", "74.00", 0.3, 12),
    Item(10, "LANTERN-BRS", "Brass Lantern", "", "49.00", 4, 52),
    Item(11, "CARD-SET", "Greeting Cards", "set of 12", "12.50", 10, 700),
    Item(12, "APRON-LIN", "Linen Apron", "", "44.00", 5, 310),
)
BY_SKU = {item.sku: item for item in ITEMS}


def wobble(*of: object) -> float:
    """A number in [0, 1) that looks like chance and is the same in every run."""
    digest = hashlib.blake2b("/".join(map(str, of)).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def product(item: Item, at: datetime) -> Body:
    """Shopify ``products/update``."""
    return {
        "id": 788_000_000_000 + item.number,
        "title": item.product,
        "vendor": "Nordlicht",
        "updated_at": at.isoformat(),
        "tags": "demo",
        "variants": [
            {
                "id": 642_000_000_000 + item.number,
                "sku": item.sku,
                "title": item.variant or "Default Title",
                "price": item.price,
                "inventory_item_id": item.inventory_item,
                "inventory_quantity": item.stock,
                "updated_at": at.isoformat(),
            }
        ],
    }


def level(item: Item, location: int, available: int, at: datetime) -> Body:
    """Shopify ``inventory_levels/update``, which never says the SKU."""
    return {
        "inventory_item_id": item.inventory_item,
        "location_id": location,
        "available": available,
        "updated_at": at.isoformat(),
    }


def order(identity: int, name: str, lines: Sequence[tuple[Item, int]], at: datetime, code: str = "") -> Body:
    """Shopify ``orders/create``: a paid order."""
    total = sum((Decimal(item.price) * quantity for item, quantity in lines), Decimal(0))
    return {
        "id": identity,
        "name": name,
        "test": False,
        "created_at": at.isoformat(),
        "updated_at": at.isoformat(),
        "currency": "EUR",
        "total_price": str(total),
        "total_outstanding": "0.00",
        "financial_status": "paid",
        "fulfillment_status": None,
        "cancelled_at": None,
        "payment_gateway_names": ["stripe"],
        "discount_codes": [{"code": code, "amount": "5.00", "type": "fixed_amount"}] if code else [],
        "line_items": [
            {
                "id": identity * 10 + place,
                "sku": item.sku,
                "title": item.product,
                "variant_title": item.variant or None,
                "quantity": quantity,
                "price": item.price,
                "total_discount": "0.00",
            }
            for place, (item, quantity) in enumerate(lines)
        ],
    }


def shipped(body: Body, at: datetime) -> Body:
    """Shopify ``orders/fulfilled`` for an order told before."""
    return {**body, "fulfillment_status": "fulfilled", "updated_at": at.isoformat()}


def stripe(kind: str, identity: str, at: datetime, thing: Body) -> Body:
    """Stripe's envelope around one object."""
    return {
        "id": f"evt_{identity}",
        "object": "event",
        "api_version": "2026-04-22.dahlia",
        "created": int(at.timestamp()),
        "livemode": True,
        "type": kind,
        "data": {"object": thing},
    }


def payment(identity: str, cents: int, at: datetime, decline: str = "") -> Body:
    """Stripe ``payment_intent.succeeded`` or, with a decline code, ``payment_intent.payment_failed``."""
    error = {
        "code": "card_declined",
        "decline_code": decline,
        "message": "Your card was declined.",
        "type": "card_error",
    }
    thing: Body = {
        "id": f"pi_{identity}",
        "object": "payment_intent",
        "amount": cents,
        "currency": "eur",
        "status": "requires_payment_method" if decline else "succeeded",
        "payment_method_types": ["card"],
        "last_payment_error": {**error, "payment_method": {"type": "card"}} if decline else None,
        "metadata": {},
    }
    kind = "payment_intent.payment_failed" if decline else "payment_intent.succeeded"
    return stripe(kind, identity, at, thing)


def dispute(identity: str, cents: int, at: datetime, due: datetime) -> Body:
    """Stripe ``charge.dispute.created``."""
    thing = {
        "id": f"du_{identity}",
        "object": "dispute",
        "amount": cents,
        "currency": "eur",
        "charge": f"ch_{identity}",
        "payment_intent": f"pi_{identity}",
        "reason": "product_not_received",
        "status": "needs_response",
        "evidence_details": {"due_by": int(due.timestamp()), "has_evidence": False, "past_due": False},
    }
    return stripe("charge.dispute.created", f"{identity}_dispute", at, thing)


def invoice(identity: str, number: str, cents: int, at: datetime, due: datetime, kind: str) -> Body:
    """Stripe ``invoice.overdue`` and its like."""
    thing = {
        "id": f"in_{identity}",
        "object": "invoice",
        "number": number,
        "status": "open",
        "currency": "eur",
        "amount_due": cents,
        "amount_remaining": cents,
        "due_date": int(due.timestamp()),
        "attempt_count": 0,
        "collection_method": "send_invoice",
        "billing_reason": "manual",
    }
    return stripe(kind, f"{identity}_{kind.rpartition('.')[2]}", at, thing)


def payout(identity: str, cents: int, at: datetime, *, failed: bool) -> Body:
    """Stripe ``payout.failed`` or ``payout.paid``."""
    thing = {
        "id": f"po_{identity}",
        "object": "payout",
        "amount": cents,
        "currency": "eur",
        "status": "failed" if failed else "paid",
        "arrival_date": int(at.timestamp()),
        "failure_code": "account_closed" if failed else None,
        "failure_message": "The bank account has been closed." if failed else None,
    }
    return stripe("payout.failed" if failed else "payout.paid", identity, at, thing)

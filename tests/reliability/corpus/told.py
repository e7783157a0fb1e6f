"""Signed deliveries in which one field holds a text of somebody's choice, each of a kind that comes to be told.

A row of ``FIELDS`` makes a topic and a body out of a text and a number that keeps its ids apart from other rows'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]

NOW, SOON, LATER = "2026-11-23T10:00:00Z", "2026-11-24T06:00:00Z", "2026-12-01T10:00:00Z"
NOW_UNIX, SOON_UNIX = 1795428000, 1795500000
EUR = {"amount": "432.10", "currency": "EUR"}


@dataclass(frozen=True)
class Field:
    """The field of a source that holds the text."""

    source: str
    name: str
    make: Callable[[str, int], tuple[str, Body]]


def _generic(kind: str, **fields: Any) -> tuple[str, Body]:
    return kind, {"type": kind, "at": NOW, **fields}


def _dispute(n: int, **fields: Any) -> tuple[str, Body]:
    usual = {"dispute": f"d{n}", "amount": EUR, "reason": "fraud", "status": "open", "due": SOON}
    return _generic("dispute.changed", **(usual | fields))


def _payout(n: int, **fields: Any) -> tuple[str, Body]:
    return _generic("payout.changed", **({"payout": f"p{n}", "amount": EUR, "status": "failed"} | fields))


def _campaign(n: int, **fields: Any) -> tuple[str, Body]:
    usual = {"campaign": f"c{n}", "name": "Cosy", "status": "scheduled", "starts": SOON, "skus": [f"NONE-{n}"]}
    return _generic("campaign.changed", **(usual | fields))


def _stock(n: int, **fields: Any) -> tuple[str, Body]:
    """Below nothing, which is told at once."""
    return _generic("stock.changed", **({"sku": f"TEA-{n}", "available": -3, "location": "Leeds"} | fields))


def _invoice(n: int, **fields: Any) -> tuple[str, Body]:
    usual = {"invoice": f"i{n}", "number": f"N{n}", "outstanding": EUR, "status": "open", "due": "2026-11-01T00:00:00Z"}
    return _generic("invoice.changed", **(usual | fields))


def _ordered(n: int, text: str, field: str) -> tuple[str, Body]:
    line = {"sku": f"TEA-{n}", "quantity": 4, "amount": EUR} | ({field: text} if field in ("sku", "title") else {})
    order = {"order": f"o{n}", "number": f"#{n}", "total": EUR, "outstanding": EUR, "lines": [line]}
    return _generic("order.placed", **(order | ({field: text} if field not in line else {})))


def _shopify_dispute(n: int, reason: str) -> tuple[str, Body]:
    body = {"id": n, "amount": "43.20", "currency": "GBP", "reason": reason, "status": "needs_response"}
    return "disputes/create", body | {"order_id": None, "evidence_due_by": SOON}


def _shopify_product(n: int, **fields: Any) -> tuple[str, Body]:
    variant = {
        "id": n,
        "title": "100 g",
        "sku": f"TEA-{n}",
        "price": "12.00",
        "inventory_item_id": n,
        "inventory_quantity": 4,
    }
    body: Body = {"id": n, "title": "Earl Grey", "vendor": "Leaf", "updated_at": NOW, "variants": [variant]}
    return "products/update", body | fields


def _shopify_order(n: int, line: Mapping[str, Any], **fields: Any) -> tuple[str, Body]:
    usual: Body = {"sku": f"TEA-{n}", "title": "Earl Grey", "variant_title": None, "quantity": 2, "price": "12.00"}
    lines = [usual | dict(line)]
    body = {
        "id": n, "name": f"#{n}", "currency": "EUR", "created_at": NOW, "updated_at": NOW, "total_price": "24.00",
        "line_items": lines, "financial_status": "pending", "fulfillment_status": None, "cancelled_at": None,
    }  # fmt: skip
    return "orders/create", body | fields


def _shopify_failure(n: int, **fields: Any) -> tuple[str, Body]:
    body = {
        "id": n, "order_id": n, "kind": "sale", "gateway": "shopify_payments", "status": "failure", "message": "no funds",
        "created_at": NOW, "error_code": "card", "amount": "4.00", "currency": "EUR",
    }  # fmt: skip
    return "order_transactions/create", body | fields


def _shopify_discount(n: int, title: str) -> tuple[str, Body]:
    body = {"admin_graphql_api_id": f"gid://shopify/DiscountCodeNode/{n}", "title": title, "status": "SCHEDULED"}
    return "discounts/create", body | {"updated_at": NOW, "starts_at": SOON, "ends_at": LATER}


def _stripe(kind: str, n: int, thing: Body) -> tuple[str, Body]:
    envelope = {"id": f"evt_{n}", "object": "event", "created": NOW_UNIX, "livemode": True, "type": kind}
    return kind, envelope | {"data": {"object": {"id": f"x_{n}", "livemode": True, "created": NOW_UNIX} | thing}}


def _stripe_dispute(n: int, **fields: Any) -> tuple[str, Body]:
    usual = {"object": "dispute", "amount": 4320, "currency": "gbp", "reason": "fraud", "status": "needs_response"}
    return _stripe("charge.dispute.created", n, usual | {"evidence_details": {"due_by": SOON_UNIX}} | fields)


def _stripe_payout(n: int, **fields: Any) -> tuple[str, Body]:
    usual = {"object": "payout", "amount": 812, "currency": "gbp", "arrival_date": SOON_UNIX, "status": "failed"}
    return _stripe("payout.failed", n, usual | fields)


FIELDS: tuple[Field, ...] = (
    Field("generic", "dispute reason", lambda text, n: _dispute(n, reason=text)),
    Field("generic", "dispute provider", lambda text, n: _dispute(n, provider=text)),
    Field("generic", "dispute order", lambda text, n: _dispute(n, order=text)),
    Field("generic", "dispute id", lambda text, n: _dispute(n, dispute=text)),
    Field("generic", "payout reason", lambda text, n: _payout(n, reason=text)),
    Field("generic", "payout provider", lambda text, n: _payout(n, provider=text)),
    Field("generic", "campaign name", lambda text, n: _campaign(n, name=text)),
    Field("generic", "campaign channel", lambda text, n: _campaign(n, channel=text)),
    Field("generic", "campaign sku", lambda text, n: _campaign(n, skus=[text])),
    Field("generic", "stock title", lambda text, n: _stock(n, title=text)),
    Field("generic", "stock sku", lambda text, n: _stock(n, sku=text)),
    Field("generic", "stock location", lambda text, n: _stock(n, location=text)),
    Field("generic", "invoice number", lambda text, n: _invoice(n, number=text)),
    Field("generic", "order number", lambda text, n: _ordered(n, text, "number")),
    Field("generic", "line title", lambda text, n: _ordered(n, text, "title")),
    Field("generic", "currency", lambda text, n: _payout(n, amount={"amount": "1.00", "currency": text})),
    Field("generic", "type", lambda text, n: _generic(text, n=n)),
    Field("generic", "a field's name", lambda text, n: _dispute(n, **{text: 1})),
    Field("shopify", "dispute reason", lambda text, n: _shopify_dispute(n, text)),
    Field("shopify", "product title", lambda text, n: _shopify_product(n, title=text)),
    Field("shopify", "vendor", lambda text, n: _shopify_product(n, vendor=text)),
    Field("shopify", "order name", lambda text, n: _shopify_order(n, {}, name=text)),
    Field("shopify", "line title", lambda text, n: _shopify_order(n, {"title": text})),
    Field("shopify", "line sku", lambda text, n: _shopify_order(n, {"sku": text})),
    Field("shopify", "gateway", lambda text, n: _shopify_failure(n, gateway=text)),
    Field("shopify", "failure", lambda text, n: _shopify_failure(n, message=text, error_code=text)),
    Field("shopify", "discount", lambda text, n: _shopify_discount(n, text)),
    Field("stripe", "dispute reason", lambda text, n: _stripe_dispute(n, reason=text)),
    Field("stripe", "dispute order", lambda text, n: _stripe_dispute(n, metadata={"order_id": text})),
    Field("stripe", "payout failure", lambda text, n: _stripe_payout(n, failure_message=text)),
    Field("stripe", "payout code", lambda text, n: _stripe_payout(n, failure_code=text)),
    Field("stripe", "object id", lambda text, n: _stripe_dispute(n, id=text)),
    Field("stripe", "currency", lambda text, n: _stripe_payout(n, currency=text)),
)

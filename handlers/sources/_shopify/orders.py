"""What Shopify says of orders: their payments, refunds, disputes, payouts, shipments and holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from bot.core.delivery import Unparsable
from bot.core.events import (
    DisputeChanged,
    Event,
    InvoiceChanged,
    OrderChanged,
    OrderHeld,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    Refunded,
    ShipmentChanged,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.wild import MAX_COUNT, Wild
from handlers.sources._shopify.told import Told, among, money, nodes, number_of, title


def order(told: Told) -> tuple[Event, ...]:
    """The order as it was placed, of which the first telling counts, and as it is now, of which the latest counts."""
    body = told.body
    currency = body["currency"].text()
    number, order = body["name"].id(), body["id"].id()
    total = money(body, "total_price", currency)
    outstanding, nothing = _outstanding(body, currency), Money(0, currency.upper())
    owed = nothing if body["payment_terms"] else outstanding
    placed = OrderPlaced(
        **told.by,
        at=body["created_at"].moment(),
        order=order,
        number=number,
        total=total,
        outstanding=owed,
        lines=tuple(_line(line, currency) for line in nodes(body["line_items"])),
        discounted=bool(nodes(body["discount_codes"]) or nodes(body["discount_applications"])),
    )
    current = body["current_total_price"] or body["current_total_price_set"]
    changed = OrderChanged(
        **told.by,
        at=body["updated_at"].moment(),
        order=order,
        number=number,
        total=money(body, "current_total_price", currency) if current else total,
        outstanding=owed,
        shipped=body["fulfillment_status"].text_or("").lower() == "fulfilled",
        cancelled=bool(body["cancelled_at"]),
    )
    return placed, changed, *_on_terms(changed, body["payment_terms"], outstanding)


def _on_terms(order: OrderChanged, terms: Wild, outstanding: Money) -> tuple[Event, ...]:
    """An order with payment terms is an invoice, which is due when its first open payment is. What is outstanding is
    told by the invoice alone, or it would be counted twice."""
    if not terms:
        return ()
    schedules = nodes(terms["payment_schedules"])
    dues = [each["due_at"].moment() for each in schedules if each["due_at"] and not each["completed_at"]]
    invoice = InvoiceChanged(
        shop=order.shop,
        source=order.source,
        at=order.at,
        invoice=order.order,
        number=order.number,
        outstanding=outstanding,
        status="void" if order.cancelled else "open" if outstanding.minor else "paid",
        due=min(dues, default=None),
    )
    return (invoice,)


_SETTLED: Final = ("voided", "refunded", "paid", "partially_refunded")


def _outstanding(body: Wild, currency: str) -> Money:
    """What is still to be paid: nothing once the order is cancelled or voided, whatever its total still says, and
    nothing when the shop owes the customer."""
    status, nothing = body["financial_status"].text_or("").lower(), Money(0, currency.upper())
    if body["cancelled_at"] or status in ("voided", "refunded"):
        return nothing
    if body["total_outstanding"] or body["total_outstanding_set"]:
        left = money(body, "total_outstanding", currency)
        return left if left.minor > 0 else nothing
    return nothing if status in _SETTLED else money(body, "total_price", currency)


def _line(line: Wild, currency: str) -> OrderLine:
    quantity = line["quantity"].int()
    amount = money(line, "price", currency).times(quantity)
    for share in line["discount_allocations"].each():
        amount -= money(share, "amount", currency)
    if abs(amount.minor) > MAX_COUNT:
        raise Unparsable(f"{line.path} is too large")
    named = title(line["title"].text_or(""), line["variant_title"].text_or(""))
    return OrderLine(line["sku"].id_or(""), quantity, amount, named)


def whole_order(told: Told) -> tuple[Event, ...]:
    """An order as the API tells it, with what webhooks tell apart from it: its payments, refunds and shipments."""
    body = told.body
    currency, id, number = body["currency"].text(), body["id"].id(), body["name"].id()
    events = [*order(told)]
    for paid in body["transactions"].each():
        if not (told.front.live and paid["test"].flag()):
            of_order = replace(told, body=paid)
            events += _attempt(of_order, currency, id) or _repaid(of_order, currency, id)
    for sent in body["fulfillments"].each():
        carrier = sent["tracking"][0]["company"].text_or("")
        events += _shipped(replace(told, body=sent), id, number, carrier)
    return tuple(events)


def transaction(told: Told) -> tuple[Event, ...]:
    """One attempt to pay, in a webhook of its own."""
    return _attempt(told, told.body["currency"].text(), told.body["order_id"].id_or(""))


def _attempt(told: Told, currency: str, order: str) -> tuple[Event, ...]:
    """An attempt to pay. Refunds and voids are told by their own topics."""
    body = told.body
    kind, status = body["kind"].text().lower(), body["status"].text().lower()
    if kind not in ("sale", "capture", "authorization") or status not in ("success", "failure", "error"):
        return ()
    provider = body["gateway"].id_or("shopify").lower()
    attempt = told.by | {
        "at": told.moment(body["processed_at"] or body["created_at"]),
        "payment": number_of(body),
        "provider": provider,
        "method": _method(body["payment_details"], provider),
        "amount": money(body, "amount", currency),
        "order": order,
    }
    if status == "success":
        return (PaymentSucceeded(**attempt),)
    code = body["error_code"].text_or("").lower()
    return (PaymentFailed(**attempt, code=code, reason=body["message"].shop_text()),)


def _method(details: Wild, provider: str) -> str:
    """A gateway without details (PayPal, a bank transfer) is its own method."""
    if not details or not details.keys():
        return provider
    name = details["payment_method_name"].id_or("") or details["credit_card_company"].id_or("")
    return name.lower() or "card"


def refund(told: Told) -> tuple[Event, ...]:
    """The money that moved, a transaction each; a refund that only restocks tells nothing."""
    body = told.body
    order = body["order_id"].id()
    events: list[Event] = []
    for paid in body["transactions"].each():
        if not (told.front.live and paid["test"].flag()):
            events += _repaid(replace(told, body=paid), _refund_currency(paid, body), order)
    return tuple(events)


def _repaid(told: Told, currency: str, order: str) -> tuple[Event, ...]:
    body = told.body
    if (body["kind"].text().lower(), body["status"].text().lower()) != ("refund", "success"):
        return ()
    refunded = Refunded(
        **told.by,
        at=told.moment(body["processed_at"] or body["created_at"]),
        refund=number_of(body),
        amount=money(body, "amount", currency),
        order=order,
    )
    return (refunded,)


def _refund_currency(paid: Wild, refund: Wild) -> str:
    """A refund's transaction may come without a currency, and then the refund's own sums have it."""
    return paid["currency"].text_or("") or refund["total_duties_set"]["shop_money"]["currency_code"].text_or("")


# https://shopify.dev/docs/api/admin-graphql/latest/enums/DisputeStatus
_DISPUTES: Final[Mapping[str, Literal["open", "answered", "won", "lost", "closed"]]] = {
    "needs_response": "open",
    "under_review": "answered",
    "accepted": "lost",
    "lost": "lost",
    "won": "won",
    "charge_refunded": "closed",
    "prevented": "closed",
}


def dispute(told: Told) -> tuple[Event, ...]:
    """The body has no time of change, so the moment of the delivery orders its tellings. An inquiry is called one: no
    money has been taken back yet."""
    body = told.body
    due, reason = body["evidence_due_by"], body["reason"] or body["reason_details"]["reason"]
    kind = "inquiry" if body["type"].text_or("").lower() == "inquiry" else ""
    words = filter(None, (kind, reason.text_or("").lower().replace("_", " ")))
    amount = body if body["currency"] else body["amount"]
    dispute = DisputeChanged(
        **told.by,
        at=told.at,
        dispute=body["id"].id(),
        amount=amount["amount"].money(amount["currency"].text()),
        reason=ShopText(", ".join(words)),
        status=among(body["status"], _DISPUTES),
        due=due.moment() if due else None,
        order=(body["order_id"] or body["order"]["id"]).id_or(""),
        provider="shopify_payments",
    )
    return (dispute,)


# https://shopify.dev/docs/api/admin-graphql/latest/enums/ShopifyPaymentsPayoutStatus
_PAYOUTS: Final[Mapping[str, Literal["pending", "paid", "failed", "canceled"]]] = {
    "scheduled": "pending",
    "in_transit": "pending",
    "paid": "paid",
    "failed": "failed",
    "canceled": "canceled",
}


def payout(told: Told) -> tuple[Event, ...]:
    """A payout as it stands; the API does not say since when."""
    body = told.body
    payout = PayoutChanged(
        **told.by,
        at=told.at,
        payout=body["id"].id(),
        amount=body["net"]["amount"].money(body["net"]["currency"].text()),
        status=among(body["status"], _PAYOUTS),
        provider="shopify_payments",
    )
    return (payout,)


_Shipment = Literal["sent", "under_way", "delayed", "attempted", "failed", "delivered", "cancelled"]
# https://shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentDisplayStatus
_SHIPMENTS: Final[Mapping[str, _Shipment]] = {
    **dict.fromkeys(("fulfilled", "marked_as_fulfilled", "submitted", "confirmed"), "sent"),
    **dict.fromkeys(("label_printed", "label_purchased"), "sent"),
    **dict.fromkeys(("carrier_picked_up", "in_transit", "out_for_delivery", "ready_for_pickup"), "under_way"),
    "delayed": "delayed",
    "attempted_delivery": "attempted",
    **dict.fromkeys(("failure", "not_delivered"), "failed"),
    **dict.fromkeys(("delivered", "picked_up"), "delivered"),
    "canceled": "cancelled",
}
_FULFILLMENTS: Final[Mapping[str, _Shipment]] = {"cancelled": "cancelled", "error": "failed", "failure": "failed"}


def fulfillment(told: Told) -> tuple[Event, ...]:
    """A fulfillment is called "#1001.1" after its order."""
    number = told.body["name"].text_or("").rpartition(".")[0]
    return _shipped(told, told.body["order_id"].id(), number, told.body["tracking_company"].text_or(""))


def _shipped(told: Told, order: str, number: str, carrier: str) -> tuple[Event, ...]:
    """Where a shipment is. One that nobody has taken on yet, or in a state that is new to us, tells nothing."""
    body = told.body
    filled, way = body["status"].text().lower(), body["shipment_status"].text_or("fulfilled").lower()
    status = _FULFILLMENTS.get(filled) or (_SHIPMENTS.get(way) if filled == "success" else None)
    return _under_way(told, body["id"], body["updated_at"], status, order=order, number=number, carrier=carrier)


def carried(told: Told) -> tuple[Event, ...]:
    """What a carrier did with a shipment."""
    body = told.body
    status = _SHIPMENTS.get(body["status"].text().lower())
    return _under_way(told, body["fulfillment_id"], body["happened_at"], status, order=body["order_id"].id())


def _under_way(told: Told, id: Wild, at: Wild, status: _Shipment | None, **more: str) -> tuple[Event, ...]:
    due, moment, shipment = told.body["estimated_delivery_at"], told.moment(at), id.id()
    if status is None:
        return ()
    promised = due.moment() if due else None
    return (ShipmentChanged(**told.by, at=moment, shipment=shipment, status=status, due=promised, **more),)


def held(told: Told) -> tuple[Event, ...]:
    """An order that must not be shipped for now, or that is let go again, as a poll found it."""
    body = told.body
    if told.front.live and body["order"]["test"].flag():
        return ()
    held = OrderHeld(
        **told.by,
        at=body["updated_at"].moment(),
        order=body["order"]["id"].id(),
        held=not body["freed"].flag(),
        number=body["order"]["name"].id_or(""),
        reason=body["holds"][0]["reason"].shop_text(),
    )
    return (held,)

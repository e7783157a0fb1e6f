"""Stripe webhooks: payments, disputes, reviews, invoices, payouts, refunds and promotions.

Subscribe an endpoint with payload style "Snapshot" to these events (thin events carry nothing to act on):

* payment_intent.succeeded, payment_intent.payment_failed, charge.failed: attempts to pay. A failed charge that belongs
  to a payment intent is told by the intent alone.
* checkout.session.async_payment_failed: a failed payment that has no intent to tell it.
* charge.refunded: money that went back, each time the difference to before.
* charge.dispute.created, charge.dispute.updated, charge.dispute.closed, charge.dispute.funds_withdrawn,
  charge.dispute.funds_reinstated: disputes with their deadline for evidence.
* review.opened, review.closed, radar.early_fraud_warning.created: payments whose order should not be shipped for now.
  Stripe names the payment there and not the order.
* invoice.finalized, invoice.will_be_due, invoice.overdue, invoice.payment_failed, invoice.payment_action_required,
  invoice.paid, invoice.voided, invoice.marked_uncollectible: what customers still owe. invoice.payment_failed is a
  failed payment as well, and from the second automatic attempt on it counts as a retry; the intent of an invoice is
  silent about its failure.
* payout.created, payout.updated, payout.paid, payout.failed, payout.canceled: money on its way to your bank.
* coupon.created, coupon.updated, coupon.deleted, promotion_code.created, promotion_code.updated: a campaign, when it
  has an end.

Understood, and silent: payment_intent.requires_action, checkout.session.expired, refund.created, refund.updated,
refund.failed, charge.refund.updated, radar.early_fraud_warning.updated, invoice.finalization_failed,
payout.reconciliation_completed, balance.available.

Options: ``payments`` (``intents``, the default, or ``charges``: then charge.succeeded and charge.failed tell the
attempts, which name the exact payment method where an intent offers several), ``order`` (the key in ``metadata`` under
which your shop keeps its order id; ``order_id`` by default), ``account`` (``acct_…``: events of this connected account
alone; ``any``: those of all; without it, events of connected accounts are ignored), ``poll`` (``undelivered``, the
default: only events that no webhook has taken are asked for; ``all``: every one, for a shop without webhooks).

Events in test mode are ignored by a live shop. Names, addresses and e-mail addresses of customers are never read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from bot.core.delivery import Delivery, Shopfront, Source, Unparsable, Unrouted
from bot.core.events import (
    CampaignChanged,
    DisputeChanged,
    Event,
    InvoiceChanged,
    OrderHeld,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    Refunded,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.signatures import Scheme, check
from bot.core.signatures import sign as sign_body
from bot.core.wild import Wild, read
from handlers.sources._api.stripe import API, EVENT

# https://docs.stripe.com/webhooks/signature
_SCHEME: Final = Scheme(header="stripe-signature", signed="{timestamp}.{body}", prefix="v1=", separator=",", stamp="t=")

# https://docs.stripe.com/currencies: what Stripe counts without and with three decimals. It differs from ISO 4217, for
# example ISK and UGX have two decimals here and MGA has none.
_ZERO: Final = ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
_THREE: Final = ["BHD", "JOD", "KWD", "OMR", "TND"]
_MAX_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class _Told:
    """An event of Stripe: its type, its object with what it was before, and its place."""

    type: str
    at: datetime
    thing: Wild
    before: Wild
    front: Shopfront

    @property
    def by(self) -> dict[str, Any]:
        """What every event says: the shop, the source and the moment."""
        return {"shop": self.front.shop, "source": self.front.source, "at": self.at}

    def money(self, amount: Wild) -> Money:
        """An amount in Stripe's minor units of the object's currency."""
        currency = self.thing["currency"].text().upper()
        amount.int()
        return amount.money(currency, 0 if currency in _ZERO else 3 if currency in _THREE else 2)

    @property
    def order(self) -> str:
        """The shop's order id, if the shop keeps it in the metadata."""
        return self.thing["metadata"][str(self.front.options.get("order", "order_id"))].id_or("")


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """The time and the body are signed; the key is the whole text of the endpoint's secret, ``whsec_`` included."""
    check((_SCHEME,), delivery, secrets, now)


def key(delivery: Delivery) -> str:
    """The event's id, which stays on retries."""
    try:
        found = read(delivery.body)["id"].id()
    except Unparsable:
        return ""
    return found if len(found) <= _MAX_KEY else ""


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers of a delivery as Stripe sends them. The topic is in the body."""
    return {"content-type": "application/json; charset=utf-8"} | sign_body(_SCHEME, body, secret, now)


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """What the event's type tells of its object."""
    if delivery.polled not in ("", EVENT):
        raise Unrouted(f"polled topic {delivery.polled[:100]!r}")
    body = read(delivery.body)
    if body["object"].text() == "v2.core.event":
        raise Unparsable(
            'a thin event carries no object: set the payload style of this event destination to "Snapshot"'
        )
    topic = body["type"].text()
    topics = _TOPICS | _PAYMENTS[str(shopfront.options.get("payments", "intents"))]
    if topic not in topics:
        raise Unrouted(f"type {topic[:100]!r}")
    if (shopfront.live and not body["livemode"].flag(default=True)) or not _ours(body["account"], delivery, shopfront):
        return ()
    content = body["data"]
    told = _Told(topic, body["created"].epoch(), content["object"], content["previous_attributes"], shopfront)
    return topics[topic](told)


def _ours(account: Wild, delivery: Delivery, shopfront: Shopfront) -> bool:
    """Whether the event is of the account that is meant. A connected account names itself in webhooks only, since a
    poll asks for it by name."""
    wanted, found = str(shopfront.options.get("account", "")), account.id_or("")
    return wanted in ("any", found) or (delivery.polled == EVENT and not found)


def _intent_succeeded(told: _Told) -> tuple[Event, ...]:
    thing = told.thing
    paid = thing["amount_received"] or thing["amount"]
    return (_succeeded(told, thing["id"].id(), _intent_method(thing), told.money(paid)),)


def _charge_succeeded(told: _Told) -> tuple[Event, ...]:
    thing = told.thing
    return (_succeeded(told, _payment(thing), _charge_method(thing), told.money(thing["amount"])),)


def _succeeded(told: _Told, payment: str, method: str, amount: Money) -> Event:
    return PaymentSucceeded(
        **told.by, payment=payment, provider="stripe", method=method, amount=amount, order=told.order
    )


def _intent_failed(told: _Told) -> tuple[Event, ...]:
    thing, error = told.thing, told.thing["last_payment_error"]
    if _billed(thing):
        return ()
    method = error["payment_method"]["type"].id_or("") or error["source"]["object"].id_or("")
    failed = PaymentFailed(
        **told.by,
        payment=thing["id"].id(),
        provider="stripe",
        method=method or _intent_method(thing),
        amount=told.money(thing["amount"]),
        order=told.order,
        code=error["decline_code"].text_or("") or error["code"].text_or(""),
        reason=error["message"].shop_text(),
    )
    return (failed,)


def _charge_failed(told: _Told) -> tuple[Event, ...]:
    thing = told.thing
    if _billed(thing):
        return ()
    failed = PaymentFailed(
        **told.by,
        payment=_payment(thing),
        provider="stripe",
        method=_charge_method(thing),
        amount=told.money(thing["amount"]),
        order=told.order,
        code=thing["failure_code"].text_or(""),
        reason=thing["failure_message"].shop_text(),
    )
    return (failed,)


def _charge_failed_alone(told: _Told) -> tuple[Event, ...]:
    """A charge of the old API, which has no payment intent to tell of it."""
    return () if told.thing["payment_intent"] else _charge_failed(told)


def _session_failed(told: _Told) -> tuple[Event, ...]:
    """A checkout whose payment failed later. Its intent or its invoice tells that, if there is one."""
    thing = told.thing
    if thing["payment_intent"] or thing["invoice"] or not thing["amount_total"]:
        return ()
    failed = PaymentFailed(
        **told.by,
        payment=thing["id"].id(),
        provider="stripe",
        method=_intent_method(thing),
        amount=told.money(thing["amount_total"]),
        order=told.order,
    )
    return (failed,)


def _payment(charge: Wild) -> str:
    return charge["payment_intent"].id_or("") or charge["id"].id()


def _billed(thing: Wild) -> bool:
    """Whether an intent or a charge pays an invoice. Since 2025 only the description that Stripe gives says so."""
    described = thing["description"].text_or("")
    return bool(thing["invoice"]) or described.startswith(("Subscription ", "Payment for Invoice"))


def _intent_method(intent: Wild) -> str:
    """The method of an intent: that of its charge in the old shape, else a card where several were offered."""
    charge = intent["charges"]["data"].each()
    offered = tuple(method.id() for method in intent["payment_method_types"].each())
    return _charge_method(charge[0]) if charge else offered[0] if len(offered) == 1 else "card"


def _charge_method(charge: Wild) -> str:
    return charge["payment_method_details"]["type"].id_or("") or charge["source"]["object"].id_or("card")


def _refund(told: _Told) -> tuple[Event, ...]:
    """A charge knows only what has been refunded in all, so the refund is the difference to before."""
    whole, before = told.thing["amount_refunded"], told.before["amount_refunded"]
    amount = told.money(whole) - told.money(before) if before else told.money(whole)
    if amount.minor <= 0:
        return ()
    return (Refunded(**told.by, refund=f"{told.thing['id'].id()}/{whole.int()}", amount=amount, order=told.order),)


# https://docs.stripe.com/api/disputes/object#dispute_object-status; a warning is an inquiry before a dispute.
_DISPUTES: Final[Mapping[str, Literal["open", "answered", "won", "lost", "closed"]]] = {
    "warning_needs_response": "open",
    "needs_response": "open",
    "warning_under_review": "answered",
    "under_review": "answered",
    "won": "won",
    "lost": "lost",
    "warning_closed": "closed",
    "charge_refunded": "closed",
    "prevented": "closed",
}


def _dispute(told: _Told) -> tuple[Event, ...]:
    thing, due = told.thing, told.thing["evidence_details"]["due_by"]
    dispute = DisputeChanged(
        **told.by,
        dispute=thing["id"].id(),
        amount=told.money(thing["amount"]),
        reason=ShopText(thing["reason"].text_or("").replace("_", " ")),
        status=thing["status"].among(_DISPUTES),
        due=due.epoch() if due else None,
        order=told.order,
        provider="stripe",
    )
    return (dispute,)


# https://docs.stripe.com/api/radar/reviews/object#review_object-closed_reason: what lets the order go again.
_RELEASED: Final = frozenset({"approved", "acknowledged", "canceled", "redacted"})


def _review(told: _Told) -> tuple[Event, ...]:
    """A payment that somebody has to look at. A review that ended badly does not let the order go."""
    closed = told.thing["closed_reason"].text_or("")
    reason = closed or told.thing["reason"].text_or("") or told.thing["opened_reason"].text_or("")
    return (_hold(told, closed not in _RELEASED, f"in review: {reason}"),)


def _warning(told: _Told) -> tuple[Event, ...]:
    """The bank of the card suspects a fraud. One that can no longer be acted upon was refunded or disputed."""
    if not told.thing["actionable"].flag():
        return ()
    return (_hold(told, True, f"early fraud warning: {told.thing['fraud_type'].text_or('')}"),)


def _hold(told: _Told, held: bool, reason: str) -> Event:
    """Neither a review nor a warning knows the order, so the payment stands for it."""
    name = told.thing["payment_intent"].id_or("") or told.thing["charge"].id()
    words = ShopText(reason.removesuffix(": ").replace("_", " "))
    return OrderHeld(**told.by, order=name, number=name, held=held, reason=words)


_InvoiceStatus = Literal["open", "paid", "void", "uncollectible"]
_INVOICES: Final[Mapping[str, _InvoiceStatus | None]] = {
    "draft": None,
    "open": "open",
    "paid": "paid",
    "void": "void",
    "uncollectible": "uncollectible",
}


def _invoice(told: _Told) -> tuple[Event, ...]:
    """An invoice as it stands; a draft owes nothing yet."""
    thing, due, status = told.thing, told.thing["due_date"], _invoice_status(told.thing)
    if status is None:
        return ()
    outstanding = _remaining(told)
    name = thing["id"].id()
    invoice = InvoiceChanged(
        **told.by,
        invoice=name,
        number=thing["number"].id_or(name),
        outstanding=outstanding - outstanding if status in ("paid", "void") else outstanding,
        status=status,
        due=due.epoch() if due else None,
    )
    return (invoice,)


def _invoice_failed(told: _Told) -> tuple[Event, ...]:
    """An invoice and the attempt to pay it. Only Stripe's own retries raise the attempt count above one."""
    thing = told.thing
    methods = thing["payment_settings"]["payment_method_types"].each()
    attempt = thing["attempt_count"].int() if thing["attempt_count"] else 1
    failed = PaymentFailed(
        **told.by,
        payment=thing["payment_intent"].id_or("") or _paying(thing) or f"{thing['id'].id()}/{attempt}",
        provider="stripe",
        method=methods[0].id() if len(methods) == 1 else "card",
        amount=_remaining(told),
        order=told.order,
        retry=attempt > 1,
    )
    return (*_invoice(told), failed)


def _paying(invoice: Wild) -> str:
    """The intent that pays an invoice, where it stands since 2025; "" when the invoice does not carry its payments."""
    intents = (each["payment"]["payment_intent"].id_or("") for each in invoice["payments"]["data"].each())
    return next((intent for intent in intents if intent), "")


def _invoice_status(invoice: Wild) -> _InvoiceStatus | None:
    """API versions before 2018-11-08 have flags instead of a status."""
    if invoice["status"]:
        return invoice["status"].among(_INVOICES)
    if invoice["paid"].flag():
        return "paid"
    if invoice["forgiven"].flag():
        return "uncollectible"
    return "void" if invoice["closed"].flag() else "open"


def _remaining(told: _Told) -> Money:
    return told.money(told.thing["amount_remaining"] or told.thing["amount_due"])


_PayoutStatus = Literal["pending", "paid", "failed", "canceled"]
_ARRIVALS: Final[Mapping[str, _PayoutStatus]] = {
    "pending": "pending",
    "in_transit": "pending",
    "paid": "paid",
    "failed": "failed",
    "canceled": "canceled",
}
_PAYOUTS: Final[Mapping[str, _PayoutStatus]] = {
    "payout.created": "pending",
    "payout.paid": "paid",
    "payout.failed": "failed",
    "payout.canceled": "canceled",
}


def _payout(told: _Told) -> tuple[Event, ...]:
    """The type says the state: Stripe sends payout.failed for payouts that are still called in transit."""
    thing, arrives = told.thing, told.thing["arrival_date"]
    payout = PayoutChanged(
        **told.by,
        payout=thing["id"].id(),
        amount=told.money(thing["amount"]),
        status=_PAYOUTS[told.type] if told.type in _PAYOUTS else thing["status"].among(_ARRIVALS),
        reason=thing["failure_message"].shop_text() or thing["failure_code"].shop_text(),
        arrives=arrives.epoch() if arrives else None,
        provider="stripe",
    )
    return (payout,)


def _coupon(told: _Told) -> tuple[Event, ...]:
    """A coupon with an end. One without is no campaign that anybody plans for."""
    thing, ends = told.thing, told.thing["redeem_by"]
    over: _Over = "cancelled" if told.type == "coupon.deleted" else "ended"
    gone = told.type == "coupon.deleted" or not thing["valid"].flag(default=True)
    return (_campaign(told, thing["name"], ends.epoch(), over if gone else None),) if ends else ()


def _code(told: _Told) -> tuple[Event, ...]:
    thing, ends = told.thing, told.thing["expires_at"]
    gone = not thing["active"].flag(default=True)
    return (_campaign(told, thing["code"], ends.epoch(), "cancelled" if gone else None),) if ends else ()


_Over = Literal["ended", "cancelled"]


def _campaign(told: _Told, name: Wild, ends: datetime, over: _Over | None) -> Event:
    """What is over when its time is up has ended, whoever switched it off then."""
    thing = told.thing
    return CampaignChanged(
        **told.by,
        campaign=thing["id"].id(),
        name=name.shop_text() or ShopText(thing["id"].id()),
        status="ended" if ends <= told.at else over or "running",
        starts=thing["created"].epoch(),
        ends=ends,
        channel="discount",
    )


def _silent(told: _Told) -> tuple[Event, ...]:
    """Something else tells of it, or it tells nothing that anybody must know."""
    return ()


_Tell = Callable[[_Told], tuple[Event, ...]]
_BILLED = (
    *("finalized", "finalization_failed", "will_be_due", "overdue", "payment_action_required"),
    *("paid", "voided", "marked_uncollectible"),
)
_DISPUTED = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
_SILENT = (
    *("payment_intent.requires_action", "checkout.session.expired", "charge.refund.updated"),
    *("refund.created", "refund.updated", "refund.failed", "radar.early_fraud_warning.updated"),
    *("payout.reconciliation_completed", "balance.available"),
)
_TOPICS: Final[dict[str, _Tell]] = {
    "charge.refunded": _refund,
    **dict.fromkeys((f"charge.dispute.{what}" for what in _DISPUTED), _dispute),
    "checkout.session.async_payment_failed": _session_failed,
    "review.opened": _review,
    "review.closed": _review,
    "radar.early_fraud_warning.created": _warning,
    **dict.fromkeys((f"invoice.{what}" for what in _BILLED), _invoice),
    "invoice.payment_failed": _invoice_failed,
    **dict.fromkeys(_PAYOUTS, _payout),
    "payout.updated": _payout,
    **dict.fromkeys((f"coupon.{what}" for what in ("created", "updated", "deleted")), _coupon),
    **dict.fromkeys((f"promotion_code.{what}" for what in ("created", "updated")), _code),
    **dict.fromkeys(_SILENT, _silent),
}
_PAYMENTS: Final[Mapping[str, dict[str, _Tell]]] = {
    "intents": {
        "payment_intent.succeeded": _intent_succeeded,
        "payment_intent.payment_failed": _intent_failed,
        "charge.succeeded": _silent,
        "charge.failed": _charge_failed_alone,
    },
    "charges": {
        "payment_intent.succeeded": _silent,
        "payment_intent.payment_failed": _silent,
        "charge.succeeded": _charge_succeeded,
        "charge.failed": _charge_failed,
    },
}


_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{1,60}|any")


def options(given: Mapping[str, Any]) -> None:
    """Raise ValueError, which names the key, unless the source's options are as documented above."""
    for name, value in given.items():
        if name not in ("payments", "order", "account", "poll"):
            raise ValueError(f"{name}: stripe has no such option; it has payments, order, account, poll")
        if name == "payments" and value not in _PAYMENTS:
            raise ValueError(f"{name}: must be {' or '.join(_PAYMENTS)}")
        if name == "order" and not (isinstance(value, str) and value):
            raise ValueError(f"{name}: must be the name of a key in metadata")
        if name == "account" and not (isinstance(value, str) and _ACCOUNT.fullmatch(value)):
            raise ValueError(f"{name}: must be the id of a connected account (acct_…) or any")
        if name == "poll" and value not in ("undelivered", "all"):
            raise ValueError(f"{name}: must be undelivered or all")


SOURCE = Source("stripe", verify, key, parse, sign, options, __doc__ or "", api=API)

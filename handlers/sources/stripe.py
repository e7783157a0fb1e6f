"""Stripe webhooks: payments, disputes, reviews, invoices, payouts, refunds and promotions.

Subscribe an endpoint with payload style "Snapshot" to these events (thin events carry nothing to act on):

* payment_intent.succeeded, payment_intent.payment_failed, charge.failed: attempts to pay. A failed charge that belongs
  to a payment intent is told by the intent alone.
* checkout.session.async_payment_failed: a failed payment that has no intent to tell it.
* charge.refunded: money that went back, each time the difference to before.
* refund.failed: a refund that did not reach the customer.
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

Understood, and silent: payment_intent.requires_action, checkout.session.expired, refund.created; refund.updated and
charge.refund.updated unless it failed; radar.early_fraud_warning.updated, invoice.finalization_failed,
payout.reconciliation_completed, balance.available.

Options: ``payments`` (``intents``, the default, or ``charges``: then charge.succeeded and charge.failed tell the
attempts, which name the exact payment method where an intent offers several), ``order`` (the key in ``metadata`` under
which your shop keeps its order id; ``order_id`` by default), ``account`` (``acct_…``: events of this connected account
alone; ``any``: those of all; without it, events of connected accounts are ignored), ``poll`` (``undelivered``, the
default: only events that no webhook has taken are asked for; ``all``: every one, for a shop without webhooks).

Events in test mode are ignored by a live shop. Names, addresses and e-mail addresses of customers are never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.core.delivery import Delivery, Source, Unparsable, Unrouted
from bot.core.events import Event
from bot.core.keys import id_of_body
from bot.core.options import matching, one_of, options_of
from bot.core.shopfront import Shopfront
from bot.core.signatures import Scheme, check
from bot.core.signatures import sign as sign_body
from bot.core.strip import stripped
from bot.core.wild import Wild, read
from handlers.sources._stripe import disputes, invoices, payments, payouts, promotions
from handlers.sources._stripe.asked import API, EVENT
from handlers.sources._stripe.people import CUT
from handlers.sources._stripe.told import Tell, Told, silent

# https://docs.stripe.com/webhooks/signature
_SCHEME: Final = Scheme(header="stripe-signature", signed="{timestamp}.{body}", prefix="v1=", separator=",", stamp="t=")


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """The time and the body are signed; the key is the whole text of the endpoint's secret, ``whsec_`` included."""
    check((_SCHEME,), delivery, secrets, now)


def key(delivery: Delivery) -> str:
    """The event's id, which stays on retries."""
    return id_of_body(delivery)


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
    told = Told(topic, body["created"].epoch(), content["object"], content["previous_attributes"], shopfront)
    return topics[topic](told)


def _ours(account: Wild, delivery: Delivery, shopfront: Shopfront) -> bool:
    """Whether the event is of the account that is meant. A connected account names itself in webhooks only, since a
    poll asks for it by name."""
    wanted, found = str(shopfront.options.get("account", "")), account.id_or("")
    return wanted in ("any", found) or (delivery.polled == EVENT and not found)


_BILLED = (
    *("finalized", "finalization_failed", "will_be_due", "overdue", "payment_action_required"),
    *("paid", "voided", "marked_uncollectible"),
)
_DISPUTED = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
_SILENT = (
    *("payment_intent.requires_action", "checkout.session.expired", "refund.created"),
    "radar.early_fraud_warning.updated",
    *("payout.reconciliation_completed", "balance.available"),
)
_TOPICS: Final[dict[str, Tell]] = {
    "charge.refunded": payments.refund,
    **dict.fromkeys(("refund.failed", "refund.updated", "charge.refund.updated"), payouts.refund_failed),
    **dict.fromkeys((f"charge.dispute.{what}" for what in _DISPUTED), disputes.dispute),
    "checkout.session.async_payment_failed": payments.session_failed,
    "review.opened": disputes.review,
    "review.closed": disputes.review,
    "radar.early_fraud_warning.created": disputes.warning,
    **dict.fromkeys((f"invoice.{what}" for what in _BILLED), invoices.invoice),
    "invoice.payment_failed": invoices.invoice_failed,
    **dict.fromkeys(payouts.PAYOUTS, payouts.payout),
    "payout.updated": payouts.payout,
    **dict.fromkeys((f"coupon.{what}" for what in ("created", "updated", "deleted")), promotions.coupon),
    **dict.fromkeys((f"promotion_code.{what}" for what in ("created", "updated")), promotions.code),
    **dict.fromkeys(_SILENT, silent),
}
_PAYMENTS: Final[Mapping[str, dict[str, Tell]]] = {
    "intents": {
        "payment_intent.succeeded": payments.intent_succeeded,
        "payment_intent.payment_failed": payments.intent_failed,
        "charge.succeeded": silent,
        "charge.failed": payments.charge_failed_alone,
    },
    "charges": {
        "payment_intent.succeeded": silent,
        "payment_intent.payment_failed": silent,
        "charge.succeeded": payments.charge_succeeded,
        "charge.failed": payments.charge_failed,
    },
}


options: Final = options_of(
    "stripe",
    {
        "payments": one_of(*_PAYMENTS),
        "order": (matching("(?s).+"), "the name of a key in metadata"),
        "account": (matching("acct_[A-Za-z0-9]{1,60}|any"), "the id of a connected account (acct_…) or any"),
        "poll": one_of("undelivered", "all"),
    },
)

SOURCE = Source("stripe", verify, key, parse, sign, options, __doc__ or "", api=API, strip=stripped(CUT))

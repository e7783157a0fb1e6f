"""PayPal webhooks: payments, refunds, disputes, invoices and payouts.

Subscribe a webhook of your app to these event types; the webhook's id is the source's secret:

* PAYMENT.CAPTURE.COMPLETED, DENIED, DECLINED and, of the older API, PAYMENT.SALE.COMPLETED, DENIED: attempts to pay.
* PAYMENT.CAPTURE.REFUNDED, REVERSED and PAYMENT.SALE.REFUNDED, REVERSED: money that went back.
* CUSTOMER.DISPUTE.CREATED, UPDATED, RESOLVED: disputes with their deadline.
* INVOICING.INVOICE.*: what customers owe.
* PAYMENT.PAYOUTSBATCH.DENIED and PAYMENT.PAYOUTS-ITEM.BLOCKED, DENIED, FAILED, CANCELED, REFUNDED, RETURNED: money that
  you pay out to others through PayPal and that did not arrive. What arrives is no payout to your bank and is not told.
* BILLING.SUBSCRIPTION.PAYMENT.FAILED: a failed payment of a subscription, a retry from the second on.

Understood, and silent because others tell it: CHECKOUT.ORDER.*, PAYMENT.AUTHORIZATION.*, pending payments and the rest
of BILLING.SUBSCRIPTION.* and of the payouts.

Options: ``mode`` (``live``, the default, or ``sandbox``), ``order`` (the field of a payment in which your shop sends
its order id: ``invoice_id``, the default, or ``custom_id``). What happens in the sandbox is ignored by a live shop.

PayPal signs with a key of its own, and its certificate is fetched from PayPal and led back to an authority that this
machine trusts. Names, addresses, e-mail addresses and messages of customers are never read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.core.delivery import Delivery, Source, Unrouted
from bot.core.events import Event
from bot.core.keys import id_of_body
from bot.core.options import one_of, options_of
from bot.core.shopfront import Shopfront
from bot.core.strip import stripped
from bot.core.wild import read
from handlers.sources._paypal import disputes, invoices, payments, payouts
from handlers.sources._paypal.asked import API, DISPUTE, EVENT
from handlers.sources._paypal.people import CUT
from handlers.sources._paypal.proof import verify
from handlers.sources._paypal.told import OLDER, Tell, Told, silent


def key(delivery: Delivery) -> str:
    """The event's id, which stays on retries and when the event is polled. What else is polled has none."""
    return id_of_body(delivery)


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """Raises ValueError: nobody but PayPal has the key, so that its deliveries cannot be imitated."""
    raise ValueError(
        "PayPal signs with a key that nobody else has, so its deliveries cannot be imitated; "
        "have PayPal send one again: developer dashboard, Event Logs, Webhook Events, Resend"
    )


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """What the event's type tells of its resource. A polled dispute is a resource alone."""
    if delivery.polled not in ("", EVENT, DISPUTE):
        raise Unrouted(f"polled topic {delivery.polled[:100]!r}")
    body = read(delivery.body)
    ignored = shopfront.live and shopfront.options.get("mode") == "sandbox"
    if delivery.polled == DISPUTE:
        told = disputes.dispute(Told("CUSTOMER.DISPUTE.UPDATED", delivery.received, body, shopfront))
        return () if ignored else told
    topic = body["event_type"].text()
    tell = _TOPICS.get(topic) or _unknown(topic)
    return () if ignored else tell(Told(topic, body["create_time"].moment(), body["resource"], shopfront))


def _unknown(topic: str) -> Tell:
    if topic.startswith(_FAMILIES):
        return silent
    raise Unrouted(f"event type {topic[:100]!r}")


_FAMILIES: Final = (
    "CHECKOUT.ORDER.",
    "CHECKOUT.PAYMENT-APPROVAL.",
    "PAYMENT.AUTHORIZATION.",
    "PAYMENT.PAYOUTSBATCH.",
    "PAYMENT.PAYOUTS-ITEM.",
    "BILLING.SUBSCRIPTION.",
)
_TOPICS: Final[dict[str, Tell]] = {
    "PAYMENT.CAPTURE.COMPLETED": payments.succeeded,
    "PAYMENT.CAPTURE.DECLINED": payments.failed,
    "PAYMENT.CAPTURE.DENIED": payments.failed,
    "PAYMENT.CAPTURE.PENDING": silent,
    "PAYMENT.CAPTURE.REFUNDED": payments.refunded,
    "PAYMENT.CAPTURE.REVERSED": payments.refunded,
    "PAYMENT.SALE.COMPLETED": payments.succeeded,
    "PAYMENT.SALE.DENIED": payments.failed,
    "PAYMENT.SALE.PENDING": silent,
    "PAYMENT.SALE.REFUNDED": payments.refunded,
    "PAYMENT.SALE.REVERSED": payments.refunded,
    **{f"CUSTOMER.DISPUTE.{what}": disputes.dispute for what in ("CREATED", "UPDATED", "RESOLVED")},
    **{
        f"INVOICING.INVOICE.{what}": invoices.invoice
        for what in ("CANCELLED", "CREATED", "PAID", "REFUNDED", "SCHEDULED", "UPDATED")
    },
    "PAYMENT.PAYOUTSBATCH.DENIED": payouts.batch,
    **{f"PAYMENT.PAYOUTS-ITEM.{what}": payouts.item for what in payouts.ITEMS},
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED": payments.subscription_failed,
}
options: Final = options_of(
    "paypal",
    {"mode": one_of("live", "sandbox"), "order": one_of(*OLDER)},
)

SOURCE = Source("paypal", verify, key, parse, sign, options, __doc__ or "", api=API, strip=stripped(CUT))

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

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.core.delivery import Delivery, Shopfront, Source, Unparsable, Unrouted, Unverified, Wanting
from bot.core.events import (
    DisputeChanged,
    Event,
    InvoiceChanged,
    PaymentFailed,
    PaymentSucceeded,
    PayoutChanged,
    Refunded,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.rsa import check_rsa, issuer_url, trusted_leaf
from bot.core.signatures import header
from bot.core.wild import Wild, read
from handlers.sources._api.paypal import API, DISPUTE, EVENT

# https://developer.paypal.com/api/rest/webhooks/rest: 25 attempts over three days. What is older is no retry.
_PAST: Final = timedelta(days=3, hours=6)
_FUTURE: Final = timedelta(minutes=5)
_MAX_KEY: Final = 200
# What the simulator of the developer dashboard signs with: anybody can have that signed, so it proves nothing.
_SIMULATOR: Final = "WEBHOOK_ID"
# The address is a stranger's word: plain https on PayPal's own domain, and nothing that two readers read differently.
_CERTIFICATE = re.compile(r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*paypal\.com/[A-Za-z0-9._~/-]{1,400}")
# PayPal serves its certificate without the one that lies between it and the root. The certificate says where that is.
_AUTHORITY = "cacerts.digicert.com"
_BETWEEN = re.compile(rf"https?://{re.escape(_AUTHORITY)}(/[A-Za-z0-9._-]{{1,200}})")
_STEPS: Final = 2
_NAME: Final = "messageverificationcerts.paypal.com"
_SANDBOX: Final = "messageverificationcerts.sandbox.paypal.com"


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """The id, the time, the webhook's id and the body's CRC-32 are signed with PayPal's key
    (https://developer.paypal.com/api/rest/webhooks/rest). Raises Wanting for each certificate that is not there yet."""
    name, time = header(delivery, "paypal-transmission-id"), header(delivery, "paypal-transmission-time")
    if header(delivery, "paypal-auth-algo").lower() != "sha256withrsa":
        raise Unverified("paypal-auth-algo is not SHA256withRSA")
    _timely(time, now)
    signature = _decoded(header(delivery, "paypal-transmission-sig"))
    ids = [secret for secret in secrets if secret and secret != _SIMULATOR]
    if not ids:
        raise Unverified("no webhook id is configured for this source")
    key = _leaf(delivery, header(delivery, "paypal-cert-url"), now, shopfront)
    for webhook in ids:
        message = f"{name}|{time}|{webhook}|{zlib.crc32(delivery.body)}".encode(errors="replace")
        if _signed(key, signature, message):
            return
    raise Unverified("paypal-transmission-sig does not match the body and any configured webhook id")


def _timely(time: str, now: datetime) -> None:
    try:
        age = now - Wild(time, "paypal-transmission-time").moment()
    except Unparsable as error:
        raise Unverified(str(error)) from None
    if not -_FUTURE <= age <= _PAST:
        raise Unverified(f"paypal-transmission-time is too far in the {'past' if age > _PAST else 'future'}")


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature.encode(errors="replace"), validate=True)
    except binascii.Error:
        raise Unverified("paypal-transmission-sig is not base64") from None


def _signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        check_rsa(key, signature, message)
    except Unverified:
        return False
    return True


def _leaf(delivery: Delivery, url: str, now: datetime, shopfront: Shopfront) -> bytes:
    """PayPal's certificate, once it is led back to a trusted authority. What lies between is asked for step by step."""
    if not _CERTIFICATE.fullmatch(url):
        raise Unverified("paypal-cert-url is not on paypal.com")
    chain = [_document(delivery, url, ".paypal.com", "paypal.com")]
    while True:
        try:
            return _trusted(delivery, chain, now, shopfront)
        except Unverified:
            above = _BETWEEN.fullmatch(issuer_url(chain[-1]))
            if above is None or len(chain) > _STEPS:
                raise
        chain.append(_document(delivery, f"https://{_AUTHORITY}{above[1]}", _AUTHORITY))


def _document(delivery: Delivery, url: str, *hosts: str) -> bytes:
    found = delivery.evidence.documents.get(url)
    if found is None:
        raise Wanting(url, *hosts)
    return found


def _trusted(delivery: Delivery, chain: list[bytes], now: datetime, shopfront: Shopfront) -> bytes:
    """A sandbox has a certificate of its own, or the one of the live system; a live source takes the latter alone."""
    anchors, between = delivery.evidence.anchors, tuple(chain[1:])
    if shopfront.options.get("mode") == "sandbox":
        try:
            return trusted_leaf(chain[0], _SANDBOX, anchors, now, between)
        except Unverified:
            pass
    return trusted_leaf(chain[0], _NAME, anchors, now, between)


def key(delivery: Delivery) -> str:
    """The event's id, which stays on retries and when the event is polled. What else is polled has none."""
    try:
        found = read(delivery.body)["id"].id()
    except Unparsable:
        return ""
    return found if len(found) <= _MAX_KEY else ""


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """Raises ValueError: nobody but PayPal has the key, so that its deliveries cannot be imitated."""
    raise ValueError(
        "PayPal signs with a key that nobody else has, so its deliveries cannot be imitated; "
        "have PayPal send one again: developer dashboard, Event Logs, Webhook Events, Resend"
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """An event of PayPal: its type, when it was made, the resource that it is about, and its place."""

    type: str
    at: datetime
    thing: Wild
    front: Shopfront

    @property
    def by(self) -> dict[str, Any]:
        """What every event says: the shop, the source and the moment."""
        return {"shop": self.front.shop, "source": self.front.source, "at": self.at}

    @property
    def order(self) -> str:
        """The shop's order id, under its newer or its older name."""
        newer = str(self.front.options.get("order", "invoice_id"))
        return self.thing[newer].id_or("") or self.thing[_OLDER[newer]].id_or("")


_OLDER: Final = {"invoice_id": "invoice_number", "custom_id": "custom"}


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """What the event's type tells of its resource. A polled dispute is a resource alone."""
    if delivery.polled not in ("", EVENT, DISPUTE):
        raise Unrouted(f"polled topic {delivery.polled[:100]!r}")
    body = read(delivery.body)
    ignored = shopfront.live and shopfront.options.get("mode") == "sandbox"
    if delivery.polled == DISPUTE:
        told = _dispute(_Told("CUSTOMER.DISPUTE.UPDATED", delivery.received, body, shopfront))
        return () if ignored else told
    topic = body["event_type"].text()
    tell = _TOPICS.get(topic) or _unknown(topic)
    return () if ignored else tell(_Told(topic, body["create_time"].moment(), body["resource"], shopfront))


def _unknown(topic: str) -> _Tell:
    if topic.startswith(_FAMILIES):
        return _silent
    raise Unrouted(f"event type {topic[:100]!r}")


def _money(amount: Wild) -> Money:
    """An amount of either API: ``{currency_code, value}``, and before that ``{currency, total}`` or ``{currency,
    value}``. The text in major units has as many decimals as PayPal likes; it knows no minor units."""
    currency = (amount["currency_code"] or amount["currency"]).text()
    return (amount["value"] or amount["total"]).money(currency)


def _method(payment: Wild) -> str:
    """A card that PayPal took for the shop has the answer of the card's bank."""
    return "card" if payment["processor_response"] else "paypal"


def _words(code: str) -> ShopText | None:
    """PayPal's codes are words in capitals."""
    return ShopText(code.replace("_", " ").lower()) or None


def _succeeded(told: _Told) -> tuple[Event, ...]:
    thing = told.thing
    event = PaymentSucceeded(
        **told.by,
        payment=thing["id"].id(),
        provider="paypal",
        method=_method(thing),
        amount=_money(thing["amount"]),
        order=told.order,
    )
    return (event,)


def _failed(told: _Told) -> tuple[Event, ...]:
    thing = told.thing
    code = thing["status_details"]["reason"].text_or("") or thing["reason_code"].text_or("")
    event = PaymentFailed(
        **told.by,
        payment=thing["id"].id(),
        provider="paypal",
        method=_method(thing),
        amount=_money(thing["amount"]),
        order=told.order,
        code=code,
        reason=_words(code),
    )
    return (event,)


def _refunded(told: _Told) -> tuple[Event, ...]:
    """A refund or a reversal. The older API writes the amounts of both with a minus sign."""
    thing, amount = told.thing, _money(told.thing["amount"])
    status = (thing["status"] or thing["state"]).text_or("").lower()
    if status in ("failed", "cancelled") or amount.minor == 0:
        return ()
    amount = Money(abs(amount.minor), amount.currency)
    return (Refunded(**told.by, refund=thing["id"].id(), amount=amount, order=told.order),)


_DisputeStatus = Literal["open", "answered", "won", "lost", "closed"]
# https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_get: status, and when it is resolved the outcome.
_DISPUTES: Final[Mapping[str, _DisputeStatus]] = {
    "OPEN": "open",
    "WAITING_FOR_SELLER_RESPONSE": "open",
    "WAITING_FOR_BUYER_RESPONSE": "answered",
    "UNDER_REVIEW": "answered",
    "RESOLVED": "closed",
    "OTHER": "open",
}
_OUTCOMES: Final[Mapping[str, _DisputeStatus]] = {
    "RESOLVED_BUYER_FAVOUR": "lost",
    "ACCEPTED": "lost",
    "RESOLVED_SELLER_FAVOUR": "won",
    "RESOLVED_WITH_PAYOUT": "won",
    "DENIED": "won",
}


def _dispute(told: _Told) -> tuple[Event, ...]:
    """A dispute has an id of another name, and says itself when it changed. An outcome that is new just closes it."""
    thing, due = told.thing, told.thing["seller_response_due_date"]
    status = thing["status"].among(_DISPUTES)
    outcome = thing["dispute_outcome"]["outcome_code"].text_or("")
    bought = thing["disputed_transactions"][0]
    changed = thing["update_time"]
    event = DisputeChanged(
        **told.by | {"at": changed.moment() if changed else told.at},
        dispute=thing["dispute_id"].id(),
        amount=_money(thing["dispute_amount"]),
        reason=_words(thing["reason"].text_or("")) or ShopText(""),
        status=_OUTCOMES.get(outcome, "closed") if status == "closed" else status,
        due=due.moment() if due else None,
        order=bought[_OLDER[str(told.front.options.get("order", "invoice_id"))]].id_or(""),
        provider="paypal",
    )
    return (event,)


_InvoiceStatus = Literal["open", "paid", "void"]
# https://developer.paypal.com/docs/api/invoicing/v2/#invoices_get; a draft owes nothing yet.
_INVOICES: Final[Mapping[str, _InvoiceStatus | None]] = {
    "DRAFT": None,
    "SCHEDULED": None,
    "SENT": "open",
    "UNPAID": "open",
    "PARTIALLY_PAID": "open",
    "PAYMENT_PENDING": "open",
    "PAID": "paid",
    "MARKED_AS_PAID": "paid",
    "REFUNDED": "paid",
    "PARTIALLY_REFUNDED": "paid",
    "MARKED_AS_REFUNDED": "paid",
    "CANCELLED": "void",
}


def _invoice(told: _Told) -> tuple[Event, ...]:
    """An invoice as it stands. The older API has its fields one level higher and its total instead of what is due."""
    thing = told.thing.maybe("invoice") or told.thing
    detail = thing.maybe("detail") or thing
    status, name = thing["status"].among(_INVOICES), thing["id"].id()
    if status is None:
        return ()
    owed = _money(thing.maybe("due_amount") or thing.maybe("amount") or thing["total_amount"])
    event = InvoiceChanged(
        **told.by,
        invoice=name,
        number=(detail["invoice_number"] or detail["number"]).id_or(name),
        outstanding=owed if status == "open" else Money(0, owed.currency),
        status=status,
        due=_day(detail["payment_term"]["due_date"]),
    )
    return (event,)


def _day(date: Wild) -> datetime | None:
    """The end of a day by UTC. The older API appends a zone by name (``2026-11-20 PST``), which is left out."""
    text = date.text_or("")
    return Wild(f"{text[:10]}T23:59:59Z", date.path).moment() if text else None


# https://developer.paypal.com/docs/api/payments.payouts-batch/v1/: the payments of a batch that did not arrive.
_ITEMS: Final[Mapping[str, Literal["failed", "canceled"]]] = {
    "BLOCKED": "failed",
    "DENIED": "failed",
    "FAILED": "failed",
    "CANCELED": "canceled",
    "REFUNDED": "canceled",
    "RETURNED": "canceled",
}


def _batch(told: _Told) -> tuple[Event, ...]:
    """A batch that PayPal refused as a whole, mostly because the balance is too low."""
    batch = told.thing["batch_header"]
    return (_payout(told, batch["payout_batch_id"], batch["amount"], "failed", batch["errors"]),)


def _item(told: _Told) -> tuple[Event, ...]:
    """One payment of a batch. To whom it goes is not read."""
    thing, status = told.thing, _ITEMS[told.type.rpartition(".")[2]]
    return (_payout(told, thing["payout_item_id"], thing["payout_item"]["amount"], status, thing["errors"]),)


def _payout(told: _Told, name: Wild, amount: Wild, status: Literal["failed", "canceled"], errors: Wild) -> Event:
    reason = _words(errors["name"].text_or(""))
    return PayoutChanged(
        **told.by, payout=name.id(), amount=_money(amount), status=status, reason=reason, provider="paypal"
    )


def _subscription_failed(told: _Told) -> tuple[Event, ...]:
    """PayPal tries again by itself, and counts. Without the failed payment there is no amount to tell."""
    thing, billing = told.thing, told.thing["billing_info"]
    failure, count = billing["last_failed_payment"], billing["failed_payments_count"]
    times = count.int() if count else 1
    if not failure["amount"]:
        return ()
    code = failure["reason_code"].text_or("")
    event = PaymentFailed(
        **told.by,
        payment=f"{thing['id'].id()}/{times}",
        provider="paypal",
        method="paypal",
        amount=_money(failure["amount"]),
        order=told.order,
        code=code,
        reason=_words(code),
        retry=times > 1,
    )
    return (event,)


def _silent(told: _Told) -> tuple[Event, ...]:
    """Something else tells of it, or it tells nothing that anybody must know."""
    return ()


_Tell = Callable[[_Told], tuple[Event, ...]]
_FAMILIES: Final = (
    "CHECKOUT.ORDER.",
    "CHECKOUT.PAYMENT-APPROVAL.",
    "PAYMENT.AUTHORIZATION.",
    "PAYMENT.PAYOUTSBATCH.",
    "PAYMENT.PAYOUTS-ITEM.",
    "BILLING.SUBSCRIPTION.",
)
_TOPICS: Final[dict[str, _Tell]] = {
    "PAYMENT.CAPTURE.COMPLETED": _succeeded,
    "PAYMENT.CAPTURE.DECLINED": _failed,
    "PAYMENT.CAPTURE.DENIED": _failed,
    "PAYMENT.CAPTURE.PENDING": _silent,
    "PAYMENT.CAPTURE.REFUNDED": _refunded,
    "PAYMENT.CAPTURE.REVERSED": _refunded,
    "PAYMENT.SALE.COMPLETED": _succeeded,
    "PAYMENT.SALE.DENIED": _failed,
    "PAYMENT.SALE.PENDING": _silent,
    "PAYMENT.SALE.REFUNDED": _refunded,
    "PAYMENT.SALE.REVERSED": _refunded,
    **{f"CUSTOMER.DISPUTE.{what}": _dispute for what in ("CREATED", "UPDATED", "RESOLVED")},
    **{
        f"INVOICING.INVOICE.{what}": _invoice
        for what in ("CANCELLED", "CREATED", "PAID", "REFUNDED", "SCHEDULED", "UPDATED")
    },
    "PAYMENT.PAYOUTSBATCH.DENIED": _batch,
    **{f"PAYMENT.PAYOUTS-ITEM.{what}": _item for what in _ITEMS},
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED": _subscription_failed,
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"mode": ("live", "sandbox"), "order": tuple(_OLDER)}


def options(given: Mapping[str, Any]) -> None:
    """Raise ValueError, which names the key, unless the source's options are as documented above."""
    for name, value in given.items():
        if name not in _CHOICES:
            raise ValueError(f"{name}: paypal has no such option; it has {', '.join(_CHOICES)}")
        if value not in _CHOICES[name]:
            raise ValueError(f"{name}: must be {' or '.join(_CHOICES[name])}")


SOURCE = Source("paypal", verify, key, parse, sign, options, __doc__ or "", api=API)

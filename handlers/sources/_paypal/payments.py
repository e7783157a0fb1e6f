"""Attempts to pay with PayPal, in both of its APIs, and what of them went back."""

from __future__ import annotations

from bot.core.events import Event, PaymentFailed, PaymentSucceeded, Refunded
from bot.core.money import Money
from bot.core.wild import Wild
from handlers.sources._paypal.told import Told, money_of, words_of


def _method(payment: Wild) -> str:
    """A card that PayPal took for the shop has the answer of the card's bank."""
    return "card" if payment["processor_response"] else "paypal"


def succeeded(told: Told) -> tuple[Event, ...]:
    """A payment that was taken."""
    thing = told.thing
    event = PaymentSucceeded(
        **told.by,
        payment=thing["id"].id(),
        provider="paypal",
        method=_method(thing),
        amount=money_of(thing["amount"]),
        order=told.order,
    )
    return (event,)


def failed(told: Told) -> tuple[Event, ...]:
    """A payment that PayPal or a card's bank declined."""
    thing = told.thing
    code = thing["status_details"]["reason"].text_or("") or thing["reason_code"].text_or("")
    event = PaymentFailed(
        **told.by,
        payment=thing["id"].id(),
        provider="paypal",
        method=_method(thing),
        amount=money_of(thing["amount"]),
        order=told.order,
        code=code,
        reason=words_of(code),
    )
    return (event,)


def refunded(told: Told) -> tuple[Event, ...]:
    """A refund or a reversal. The older API writes the amounts of both with a minus sign."""
    thing, amount = told.thing, money_of(told.thing["amount"])
    status = (thing["status"] or thing["state"]).text_or("").lower()
    if status in ("failed", "cancelled") or amount.minor == 0:
        return ()
    amount = Money(abs(amount.minor), amount.currency)
    return (Refunded(**told.by, refund=thing["id"].id(), amount=amount, order=told.order),)


def subscription_failed(told: Told) -> tuple[Event, ...]:
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
        amount=money_of(failure["amount"]),
        order=told.order,
        code=code,
        reason=words_of(code),
        retry=times > 1,
    )
    return (event,)

"""Attempts to pay at Stripe, by intents or by charges, and what of them went back."""

from __future__ import annotations

from bot.core.events import Event, PaymentFailed, PaymentSucceeded, Refunded
from bot.core.money import Money
from bot.core.wild import Wild
from handlers.sources._stripe.told import Told


def intent_succeeded(told: Told) -> tuple[Event, ...]:
    """A payment by an intent."""
    thing = told.thing
    paid = thing["amount_received"] or thing["amount"]
    return (_succeeded(told, thing["id"].id(), _intent_method(thing), told.money(paid)),)


def charge_succeeded(told: Told) -> tuple[Event, ...]:
    """A payment by a charge, under the name of its intent if it has one."""
    thing = told.thing
    return (_succeeded(told, _payment(thing), _charge_method(thing), told.money(thing["amount"])),)


def _succeeded(told: Told, payment: str, method: str, amount: Money) -> Event:
    return PaymentSucceeded(
        **told.by, payment=payment, provider="stripe", method=method, amount=amount, order=told.order
    )


def intent_failed(told: Told) -> tuple[Event, ...]:
    """A failed attempt; that of an invoice is told by the invoice."""
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


def charge_failed(told: Told) -> tuple[Event, ...]:
    """A failed attempt, with the very method that was tried."""
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


def charge_failed_alone(told: Told) -> tuple[Event, ...]:
    """A charge of the old API, which has no payment intent to tell of it."""
    return () if told.thing["payment_intent"] else charge_failed(told)


def session_failed(told: Told) -> tuple[Event, ...]:
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


def refund(told: Told) -> tuple[Event, ...]:
    """A charge knows only what has been refunded in all, so the refund is the difference to before."""
    whole, before = told.thing["amount_refunded"], told.before["amount_refunded"]
    amount = told.money(whole) - told.money(before) if before else told.money(whole)
    if amount.minor <= 0:
        return ()
    return (Refunded(**told.by, refund=f"{told.thing['id'].id()}/{whole.int()}", amount=amount, order=told.order),)

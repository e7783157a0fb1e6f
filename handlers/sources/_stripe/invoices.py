"""What customers owe by invoices of Stripe, and the attempts to pay them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from bot.core.events import Event, InvoiceChanged, PaymentFailed
from bot.core.money import Money
from bot.core.wild import Wild
from handlers.sources._stripe.told import Told

_InvoiceStatus = Literal["open", "paid", "void", "uncollectible"]
_INVOICES: Final[Mapping[str, _InvoiceStatus | None]] = {
    "draft": None,
    "open": "open",
    "paid": "paid",
    "void": "void",
    "uncollectible": "uncollectible",
}


def invoice(told: Told) -> tuple[Event, ...]:
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


def invoice_failed(told: Told) -> tuple[Event, ...]:
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
        invoice=thing["id"].id(),
        retry=attempt > 1,
    )
    return (*invoice(told), failed)


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


def _remaining(told: Told) -> Money:
    return told.money(told.thing["amount_remaining"] or told.thing["amount_due"])

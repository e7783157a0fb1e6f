"""What customers owe by invoices of PayPal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from bot.core.events import Event, InvoiceChanged
from bot.core.money import Money
from bot.core.wild import Wild
from handlers.sources._paypal.told import Told, money_of

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


def invoice(told: Told) -> tuple[Event, ...]:
    """An invoice as it stands. The older API has its fields one level higher and its total instead of what is due."""
    thing = told.thing.maybe("invoice") or told.thing
    detail = thing.maybe("detail") or thing
    status, name = thing["status"].among(_INVOICES), thing["id"].id()
    if status is None:
        return ()
    owed = money_of(thing.maybe("due_amount") or thing.maybe("amount") or thing["total_amount"])
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

"""Tells when the payment of one big invoice failed, and stays until the money is there or given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.core.events import InvoiceChanged, PaymentFailed, Tick
from bot.core.facts import ReceivableOf, ask
from bot.core.handlers import rule
from bot.core.invoices import ended
from bot.core.known import Receivable
from bot.core.money import Money
from bot.core.parts import Line, Moment, MoneyRange, ShopText, say
from bot.core.verdict import Cost, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The invoice that was to be paid, as last told."""

    invoice: Receivable | None = ask(ReceivableOf())


_SPELT = {"paypal": "PayPal"}


@rule(about="invoice", inhibits=("invoice_overdue",))
def payment_failed(
    event: PaymentFailed | InvoiceChanged | Tick,
    facts: Facts,
    *,
    least_amount: int = 500,
    high_amount: int = 5000,
    within_hours: float = 24.0,
) -> Verdict:
    """Fires when a payment of a big invoice, such as a subscription's, failed: medium, and high from more money on.

    It clears when the invoice is paid, void or written off. Small invoices stay in the rates of payment_failures, and
    while that is open for the provider, single payments are not shown. While it is open, invoice_overdue of the same
    invoice is not shown.

    - least_amount: amount outstanding, in major units of the invoice's currency, below which it is left to the rates.
    - high_amount: amount outstanding, in major units of the invoice's currency, from which it is high.
    - within_hours: hours in which finance sees to it.
    """
    invoice = facts.invoice
    if invoice is not None and (over := ended(invoice)):
        return over
    if not isinstance(event, PaymentFailed):
        return Quiet(say("No payment of the invoice failed just now"))
    owed = invoice.outstanding if invoice is not None else event.amount
    if owed.decimal() < least_amount:
        return Quiet(say("The amount is small, and left to the rates of failures"))
    severity = Severity.HIGH if owed.decimal() >= high_amount else Severity.MEDIUM
    return _fire(event, invoice, owed, severity, timedelta(hours=within_hours))


def _fire(
    failed: PaymentFailed, invoice: Receivable | None, owed: Money, severity: Severity, within: timedelta
) -> Fire:
    number = ShopText(invoice.number if invoice is not None else failed.invoice)
    again = " failed again" if failed.retry else " failed"
    step = Step(say("agrees on another way to pay with the customer"), within=within)
    impact = say("The customer still owes ", owed, "; ", _provider(failed.provider), " may try again by itself")
    return Fire(
        reason=say("A payment of a big invoice failed"),
        severity=severity,
        title=say("Payment of invoice ", number, again, ": ", owed),
        views={"finance": View(impact, step, _figures(failed, invoice))},
        cost=Cost(MoneyRange(owed, owed), say("What is outstanding of the invoice")),
        as_of=failed.at,
        labels=(("provider", failed.provider),) if failed.provider else (),
    )


def _figures(failed: PaymentFailed, invoice: Receivable | None) -> tuple[tuple[str, Line], ...]:
    told = failed.reason or ShopText(failed.code)
    due = (("Due", say(Moment(invoice.due, "day"))),) if invoice is not None and invoice.due else ()
    return (("Reason", say(told) if told else say("none told")), *due)


def _provider(provider: str) -> Line:
    spelt = _SPELT.get(provider, provider.capitalize())
    return say(ShopText(spelt)) if spelt.strip() else say("the provider")

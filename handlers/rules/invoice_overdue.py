"""Tells when an invoice was not paid in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.events import InvoiceChanged, Tick
from bot.core.facts import FirstSeen, Now, ReceivableOf, ask
from bot.core.handlers import rule
from bot.core.invoices import ended
from bot.core.known import Receivable
from bot.core.parts import Moment, MoneyRange, ShopText, say
from bot.core.stock import DAY, counted
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The invoice as last told."""

    invoice: Receivable | None = ask(ReceivableOf())
    now: datetime = ask(Now())
    first_seen: datetime | None = ask(FirstSeen())


# What to do, and in how many days, by the days it is overdue; the last row that fits. The bounds are the digest's ages.
_STEPS = ((0, "sends a reminder", 2), (8, "calls the customer", 2), (31, "starts dunning or agrees on instalments", 1))


@rule(about="invoice")
def invoice_overdue(
    event: InvoiceChanged | Tick,
    facts: Facts,
    *,
    grace_days: float = 1.0,
    high_amount: int = 1000,
    old_days: float = 30.0,
) -> Verdict:
    """Fires when an open invoice is past its due date by more than the days of grace.

    One that was overdue already when its platform was first asked is told in the digests alone.
    It clears when the invoice is paid, void or written off, or its due date is moved to a later day.

    - grace_days: days after the due date before anybody is told.
    - high_amount: amount outstanding, in major units of the invoice's currency, from which it is worse by a step.
    - old_days: days overdue from which it is worse by a step.
    """
    invoice = facts.invoice
    if invoice is None:
        return Quiet(say("Nothing is known of this invoice"))
    if over := ended(invoice):
        return over
    if invoice.due is None:
        return Quiet(say("The invoice has no due date"))
    late = (facts.now - invoice.due) / DAY
    if late < 0:
        moved = say("The due date was moved to ", Moment(invoice.due, "day"))
        return Clear(say("The invoice is not due yet"), moved)
    if late < grace_days:
        return Quiet(say("The invoice is due, and within its days of grace"))
    if facts.first_seen and (facts.first_seen - invoice.due) / DAY >= grace_days:
        return Quiet(say("It was overdue already when its platform was first asked"))
    return _fire(invoice, invoice.due, late, _severity(invoice, late, high_amount, old_days))


def _severity(invoice: Receivable, late: float, high_amount: int, old_days: float) -> Severity:
    """Low, and a step more for much money and for great age each."""
    return Severity(1 + (invoice.outstanding.decimal() >= high_amount) + (late >= old_days))


def _fire(invoice: Receivable, due: datetime, late: float, severity: Severity) -> Fire:
    since, act, days = next(row for row in reversed(_STEPS) if late >= row[0])
    age = say("Overdue for more than ", counted(since - 1, "day")) if since else say("Overdue for a week at most")
    return Fire(
        reason=say("The invoice is past its due date and its days of grace"),
        severity=severity,
        title=say(
            "Invoice ", ShopText(invoice.number), " overdue since ", Moment(due, "day"), ": ", invoice.outstanding
        ),
        views={"finance": View(age, Step(say(act), within=timedelta(days=days)), (("Due", say(Moment(due, "day"))),))},
        cost=Cost(MoneyRange(invoice.outstanding, invoice.outstanding), say("What is outstanding of the invoice")),
        as_of=invoice.at,
    )

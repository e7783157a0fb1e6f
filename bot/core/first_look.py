"""What the first look at a platform finds open: told in one message, since it was so before anybody asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.core.events import DisputeChanged, Event, InvoiceChanged
from bot.core.message import Bullets, Message, Paragraph
from bot.core.money import Money
from bot.core.parts import Line, Moment, Quantity, ShopText, join, say


def summary(source: str, found: Iterable[Event], now: datetime) -> Message | None:
    """One message of what was found and waits for somebody; None when nothing does. Of what was told more than once
    the newest telling counts."""
    newest: dict[tuple[type[Event], str], Event] = {}
    for event in sorted(found, key=lambda event: event.at):
        newest[type(event), event.subject.id] = event
    disputes = [each for each in newest.values() if isinstance(each, DisputeChanged) and each.status == "open"]
    invoices = [each for each in newest.values() if isinstance(each, InvoiceChanged) and _overdue(each, now)]
    number = len(disputes) + len(invoices)
    if not number:
        return None
    matters = "open matter was" if number == 1 else "open matters were"
    line = say(Quantity(number), f" {matters} there when ", ShopText(source), " was first asked.")
    rows = tuple(row for row in (_disputes(disputes, now), _invoices(invoices)) if row)
    aside = say("Nobody is alerted of what was so before. A dispute is told once its deadline is near.")
    return Message(line, (Paragraph(line), Bullets(rows), Paragraph(aside)))


def _overdue(invoice: InvoiceChanged, now: datetime) -> bool:
    is_open = invoice.status == "open" and invoice.outstanding.minor > 0
    return is_open and invoice.due is not None and invoice.due < now


def _disputes(found: list[DisputeChanged], now: datetime) -> Line:
    if not found:
        return ()
    due = min((each.due for each in found if each.due and each.due > now), default=None)
    until = say(", the next deadline ", Moment(due)) if due else ()
    return say(_counted(len(found), "dispute"), " over ", _sum(each.amount for each in found), until)


def _invoices(found: list[InvoiceChanged]) -> Line:
    if not found:
        return ()
    return say(_counted(len(found), "overdue invoice"), " over ", _sum(each.outstanding for each in found))


def _counted(number: int, what: str) -> Quantity:
    return Quantity(number, what if number == 1 else f"{what}s")


def _sum(amounts: Iterable[Money]) -> Line:
    """The sum of each currency, by its name."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums[amount.currency] + amount if amount.currency in sums else amount
    return join([say(sums[currency]) for currency in sorted(sums)])

"""How an invoice ends, and what that did cost."""

from __future__ import annotations

from bot.core.known import Receivable
from bot.core.parts import Moment, ShopText, say
from bot.core.verdict import Clear

_ENDED = {"paid": "was paid", "void": "was voided", "uncollectible": "was written off"}


def ended(invoice: Receivable) -> Clear | None:
    """The end of every matter about an invoice; None while something of it is to be collected. What was written off is
    lost; what was voided was never owed."""
    if invoice.status not in _ENDED and invoice.outstanding.minor > 0:
        return None
    how = say(_ENDED.get(invoice.status, "has nothing outstanding any more"), ", ", Moment(invoice.at, "day"))
    written_off = invoice.status == "uncollectible" and invoice.outstanding.minor > 0
    lost = say(": ", invoice.outstanding, " is lost") if written_off else ()
    note = say("Invoice ", ShopText(invoice.number), " ", how, lost)
    return Clear(say("Nothing is to be collected any more"), note, invoice.outstanding if written_off else None)

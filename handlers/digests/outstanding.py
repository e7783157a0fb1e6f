"""What customers and providers still owe the shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.facts import DayTotals, DisputesOpen, Now, Receivables, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import DayTotal, DisputeState, Receivable
from bot.core.message import Block, Bullets, Figures, Heading
from bot.core.money import Money
from bot.core.owed import in_words, table
from bot.core.parts import Line, Moment, say

_MOST_EXAMPLES = 3


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())
    receivables: tuple[Receivable, ...] = ask(Receivables())
    disputes: tuple[DisputeState, ...] = ask(DisputesOpen())
    paid_out: tuple[DayTotal, ...] = ask(DayTotals("payout_paid"))
    bounced: tuple[DayTotal, ...] = ask(DayTotals("payout_failed"))
    refunds: tuple[DayTotal, ...] = ask(DayTotals("refunds"))


@section(departments=("finance", "operations"), order=20)
def outstanding(period: Period, facts: Facts) -> Entry | None:
    """Money outstanding by age and currency, disputes with their deadline, payouts and refunds of the period."""
    blocks: list[Block] = []
    headline: list[Line] = []
    if facts.receivables:
        headline.append(say(in_words(receivable.outstanding for receivable in facts.receivables), " outstanding"))
        blocks.append(table(facts.receivables, facts.now))
    figures = _figures(facts)
    if figures:
        blocks += [Heading("Payouts and refunds"), Figures(figures)]
    if facts.disputes:
        blocks += [Heading("Disputes"), Bullets(_disputes(facts.disputes))]
    if not blocks:
        return None
    return Entry(tuple(blocks), tuple(headline), decisions=len(facts.disputes))


def _figures(facts: Facts) -> tuple[tuple[str, Line], ...]:
    named = (("Paid out", facts.paid_out), ("Payouts that came back", facts.bounced), ("Refunded", facts.refunds))
    return tuple((label, in_words(Money(day.value, day.key) for day in totals)) for label, totals in named if totals)


def _disputes(disputes: tuple[DisputeState, ...]) -> tuple[Line, ...]:
    lines = [
        say(dispute.amount, " · ", dispute.reason, say(" · evidence by ", Moment(dispute.due)) if dispute.due else ())
        for dispute in disputes[:_MOST_EXAMPLES]
    ]
    more = len(disputes) - _MOST_EXAMPLES
    return (*lines, say(f"+{more} more")) if more > 0 else tuple(lines)

"""What customers and providers still owe the shop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.core.facts import DayTotals, DisputesOpen, Now, Receivables, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import DayTotal, DisputeState, Receivable
from bot.core.message import Block, Bullets, Figures, Heading, Table
from bot.core.money import Money
from bot.core.parts import Line, Moment, Quantity, join, say

_AGES = (("not due", 0), ("0-7 days", 7), ("8-30 days", 30), ("over 30 days", 1_000_000))
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
        headline.append(say(_sums(receivable.outstanding for receivable in facts.receivables), " outstanding"))
        blocks.append(_by_age(facts))
    figures = _figures(facts)
    if figures:
        blocks += [Heading("Payouts and refunds"), Figures(figures)]
    if facts.disputes:
        blocks += [Heading("Disputes"), Bullets(_disputes(facts.disputes))]
    if not blocks:
        return None
    return Entry(tuple(blocks), tuple(headline), decisions=len(facts.disputes))


def _by_age(facts: Facts) -> Table:
    rows = []
    for label, receivables in _aged(facts).items():
        if receivables:
            worst = max(receivables, key=lambda each: each.outstanding.minor)
            sums = _sums(receivable.outstanding for receivable in receivables)
            rows.append((say(label), say(Quantity(len(receivables))), sums, say(worst.number)))
    return Table("Outstanding by age", ("Overdue", "Open", "Amount", "Largest"), tuple(rows), numeric=(1, 2))


def _aged(facts: Facts) -> dict[str, list[Receivable]]:
    aged: dict[str, list[Receivable]] = {label: [] for label, _ in _AGES}
    for receivable in facts.receivables:
        days = (facts.now - receivable.due).total_seconds() / 86_400 if receivable.due else -1.0
        aged[next(label for label, most in _AGES if days <= most)].append(receivable)
    return aged


def _sums(amounts: Iterable[Money]) -> Line:
    """A sum a currency, since currencies are never added."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums[amount.currency] + amount if amount.currency in sums else amount
    return join([say(amount) for amount in sums.values()], " + ")


def _figures(facts: Facts) -> tuple[tuple[str, Line], ...]:
    named = (("Paid out", facts.paid_out), ("Payouts that came back", facts.bounced), ("Refunded", facts.refunds))
    return tuple((label, _sums(Money(day.value, day.key) for day in totals)) for label, totals in named if totals)


def _disputes(disputes: tuple[DisputeState, ...]) -> tuple[Line, ...]:
    lines = [
        say(dispute.amount, " · ", dispute.reason, say(" · evidence by ", Moment(dispute.due)) if dispute.due else ())
        for dispute in disputes[:_MOST_EXAMPLES]
    ]
    more = len(disputes) - _MOST_EXAMPLES
    return (*lines, say(f"+{more} more")) if more > 0 else tuple(lines)

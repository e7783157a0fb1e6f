"""How well payments go through."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core import compare
from bot.core.facts import DayTotals, ask
from bot.core.handlers import Entry, Period, section
from bot.core.known import DayTotal
from bot.core.message import Chart, Figures, Heading
from bot.core.parts import Line, Quantity, Share, say


@dataclass(frozen=True)
class Facts:
    ok: tuple[DayTotal, ...] = ask(DayTotals("payments_ok"))
    failed: tuple[DayTotal, ...] = ask(DayTotals("payments_failed"))
    ok_before: tuple[DayTotal, ...] = ask(DayTotals("payments_ok", weeks_before=4))
    failed_before: tuple[DayTotal, ...] = ask(DayTotals("payments_failed", weeks_before=4))


@section(departments=("finance",), order=10)
def payment_health(period: Period, facts: Facts) -> Entry | None:
    """The share of payments that went through, by method, against the four weeks before, and failures by day."""
    tried = _sum(facts.ok) + _sum(facts.failed)
    if not tried:
        return None
    methods = sorted({total.key for total in (*facts.ok, *facts.failed)})
    figures = [("Went through", _rate(facts.ok, facts.failed, facts.ok_before, facts.failed_before))]
    figures += [(method, _of_method(facts, method)) for method in methods] if len(methods) > 1 else []
    labels, values = compare.weekdays(period), compare.by_day(period, facts.failed)
    twin = compare.highest(labels, values, compare.units)
    chart = Chart("Failed payments by day", "bar", labels, (("Failed", values),), "payments", twin)
    return Entry((Heading("Payments"), Figures(tuple(figures[:8])), chart))


def _sum(totals: tuple[DayTotal, ...]) -> int:
    return sum(total.value for total in totals)


def _of_method(facts: Facts, method: str) -> Line:
    picked = (facts.ok, facts.failed, facts.ok_before, facts.failed_before)
    return _rate(*(compare.of_key(totals, method) for totals in picked))


def _rate(
    ok: tuple[DayTotal, ...],
    failed: tuple[DayTotal, ...],
    ok_before: tuple[DayTotal, ...],
    failed_before: tuple[DayTotal, ...],
) -> Line:
    """Such as "96% of 412 (usually 95%)"."""
    tried, tried_before = _sum(ok) + _sum(failed), _sum(ok_before) + _sum(failed_before)
    usual = say(" (usually ", Share(_sum(ok_before) / tried_before, 1), ")") if tried_before else ()
    if not tried:
        return say("nobody tried", usual)
    return say(Share(_sum(ok) / tried, 1), " of ", Quantity(tried), usual)

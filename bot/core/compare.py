"""A period's number against the one before it and against the median of the four before: how digests speak."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from bot.core.handlers import Period
from bot.core.known import DayTotal
from bot.core.money import Money
from bot.core.parts import Line, Part, Quantity, Share, say


@dataclass(frozen=True, slots=True)
class Trend:
    """A number of the period, of the period before it (None when nothing is known), and the usual one (a median)."""

    now: float
    before: float | None
    usual: float | None


def trend(period: Period, now: Iterable[DayTotal], before: Iterable[DayTotal]) -> Trend:
    """The sums of a measure over the period and over the periods of the same length before it."""
    sums = _by_period(period, before)
    return Trend(
        now=sum(total.value for total in now),
        before=sums.get(1),
        usual=median(sums.values()) if sums else None,
    )


def _by_period(period: Period, totals: Iterable[DayTotal]) -> dict[int, float]:
    """Sum by how many periods ago, 1 being the one just before; periods without any value are left out."""
    start, length = date.fromisoformat(period.days[0]), len(period.days)
    sums: dict[int, float] = {}
    for total in totals:
        ago = (start - date.fromisoformat(total.day)).days
        nth = (ago - 1) // length + 1
        sums[nth] = sums.get(nth, 0) + total.value
    return sums


def told(trend: Trend, show: Callable[[float], Part]) -> Line:
    """Such as "1,240 (+12% on the week before, usually 1,100)"."""
    aside: list[Line] = []
    if trend.before:
        aside.append(say(Share(trend.now / trend.before - 1, signed=True), " on the period before"))
    if trend.usual is not None:
        aside.append(say("usually ", show(trend.usual)))
    if not aside:
        return say(show(trend.now))
    middle = say(", ") if len(aside) > 1 else ()
    return say(show(trend.now), " (", aside[0], middle, *aside[1:], ")")


def units(value: float) -> Part:
    """A plain count."""
    return Quantity(round(value))


def money(currency: str) -> Callable[[float], Part]:
    """Minor units of one currency."""
    return lambda value: Money(round(value), currency)


def of_key(totals: Iterable[DayTotal], key: str) -> tuple[DayTotal, ...]:
    """The totals of one key, such as one currency."""
    return tuple(total for total in totals if total.key == key)


def by_day(period: Period, totals: Sequence[DayTotal], scale: float = 1.0) -> tuple[float, ...]:
    """The period's values, a day each, zero where nothing was counted."""
    values = dict.fromkeys(period.days, 0.0)
    for total in totals:
        if total.day in values:
            values[total.day] += total.value / scale
    return tuple(values.values())


def weekdays(period: Period) -> tuple[str, ...]:
    """Chart labels of the period's days: "Mon 16"."""
    days = (date.fromisoformat(day) for day in period.days)
    return tuple(f"{('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun')[day.weekday()]} {day.day}" for day in days)


def highest(labels: Sequence[str], values: Sequence[float], show: Callable[[float], Part]) -> Line:
    """A chart's twin in words: its highest and lowest day."""
    if not any(values):
        return say("nothing in this period")
    top, low = max(range(len(values)), key=values.__getitem__), min(range(len(values)), key=values.__getitem__)
    return say(
        "most on ", labels[top], " (", show(values[top]), "), least on ", labels[low], " (", show(values[low]), ")"
    )

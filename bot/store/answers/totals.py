"""Answers from the daily totals."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import bindparam, select

from bot.core.facts import DayTotal, DayTotals
from bot.core.schedule import period_before
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.shop import daily_total

_WEEK = 7
_BETWEEN = (
    select(daily_total.c.day, daily_total.c.key, daily_total.c.value)
    .where(
        daily_total.c.shop == bindparam("in_shop"),
        daily_total.c.measure == bindparam("of_measure"),
        daily_total.c.day >= bindparam("first"),
        daily_total.c.day <= bindparam("last"),
    )
    .order_by(daily_total.c.day, daily_total.c.key)
)


@answering(DayTotals)
def day_totals(connection: Connection, query: DayTotals, question: Question) -> tuple[DayTotal, ...]:
    """The measure by day and key over the question's period, oldest first; without a period over the last seven
    complete days. With ``weeks_before`` over that many weeks (or periods, when they are longer) before it."""
    first, last = _days(query, question)
    names = {"in_shop": question.shop.name, "of_measure": query.measure, "first": first, "last": last}
    return tuple(DayTotal(row.day, row.key, row.value) for row in connection.execute(_BETWEEN, names))


def _days(query: DayTotals, question: Question) -> tuple[str, str]:
    shop = question.shop
    today = question.now.astimezone(shop.zone).date()
    days = question.period.days if question.period else period_before(today, _WEEK, shop.zone).days
    if not query.weeks_before:
        return days[0], days[-1]
    start = date.fromisoformat(days[0])
    length = query.weeks_before * max(_WEEK, len(days))
    return (start - timedelta(days=length)).isoformat(), (start - timedelta(days=1)).isoformat()

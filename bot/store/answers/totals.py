"""Answers from the daily totals."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import and_, bindparam, case, func, select

from bot.core.facts import BestSellers, DayTotals
from bot.core.known import DayTotal, Seller
from bot.core.parts import ShopText
from bot.core.schedule import period_before
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.shop import daily_total, sku

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

_IN_PERIOD = func.sum(case((daily_total.c.day >= bindparam("first"), daily_total.c.value), else_=0)).label("units")
_BEFORE = func.sum(case((daily_total.c.day < bindparam("first"), daily_total.c.value), else_=0)).label("before")
_SOLD = (
    select(daily_total.c.key, sku.c.title, _IN_PERIOD, _BEFORE)
    .join(sku, and_(sku.c.shop == daily_total.c.shop, sku.c.sku == daily_total.c.key), isouter=True)
    .where(
        daily_total.c.shop == bindparam("in_shop"),
        daily_total.c.measure == "sold",
        daily_total.c.day >= bindparam("before_that"),
        daily_total.c.day <= bindparam("last"),
    )
    .group_by(daily_total.c.key, sku.c.title)
    .having(_IN_PERIOD > 0)
    .order_by(_IN_PERIOD.desc(), daily_total.c.key)
    .limit(bindparam("most"))
)


@answering(BestSellers)
def best_sellers(connection: Connection, query: BestSellers, question: Question) -> tuple[Seller, ...]:
    """The SKUs ordered most in the question's period, with their units in the period of the same length before it."""
    first, last = _days(DayTotals("sold"), question)
    length = date.fromisoformat(last) - date.fromisoformat(first) + timedelta(days=1)
    before_that = (date.fromisoformat(first) - length).isoformat()
    names = {"in_shop": question.shop.name, "first": first, "last": last, "before_that": before_that}
    rows = connection.execute(_SOLD, names | {"most": query.most})
    return tuple(
        Seller(row.key, ShopText(row.title) if row.title else None, int(row.units), int(row.before)) for row in rows
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

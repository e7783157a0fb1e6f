"""Answers about money: receivables, disputes, and how payments went on past days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import RowMapping, and_, bindparam, nulls_last, or_, select

from bot.core.events import PaymentFailed, PaymentSucceeded
from bot.core.facts import (
    Count,
    DisputeOf,
    DisputesOpen,
    MethodsTried,
    PaymentDays,
    Payouts,
    ReceivableOf,
    Receivables,
)
from bot.core.known import DisputeState, MethodTried, PayoutState, Receivable
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.subject import Subject
from bot.core.surprise import Tally
from bot.store.answers.log import count
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.shop import daily_total, dispute, payout, receivable

_RECEIVABLE = select(receivable).where(
    receivable.c.shop == bindparam("in_shop"),
    receivable.c.about == bindparam("on_about"),
    receivable.c.reference == bindparam("of_id"),
)
_RECEIVABLES = (
    select(receivable)
    .where(receivable.c.shop == bindparam("in_shop"), receivable.c.open.is_(True))
    .order_by(nulls_last(receivable.c.due), receivable.c.about, receivable.c.reference)
)
_DISPUTE = select(dispute).where(dispute.c.shop == bindparam("in_shop"), dispute.c.dispute == bindparam("of_id"))
_DISPUTES = (
    select(dispute)
    .where(dispute.c.shop == bindparam("in_shop"), dispute.c.open.is_(True))
    .order_by(nulls_last(dispute.c.due), dispute.c.dispute)
)
_DAYS = select(daily_total.c.day, daily_total.c.measure, daily_total.c.value).where(
    daily_total.c.shop == bindparam("in_shop"),
    daily_total.c.measure.in_(("payments_ok", "payments_failed")),
    daily_total.c.day >= bindparam("first"),
    daily_total.c.day <= bindparam("last"),
    daily_total.c.key == bindparam("of_method"),
)
_METHODS = (
    select(daily_total.c.key)
    .where(
        daily_total.c.shop == bindparam("in_shop"),
        daily_total.c.measure.in_(("payments_ok", "payments_failed")),
        daily_total.c.day >= bindparam("first"),
    )
    .distinct()
    .order_by(daily_total.c.key)
)
_PAYOUTS = (
    select(payout)
    .where(
        payout.c.shop == bindparam("in_shop"),
        or_(payout.c.status == "pending", and_(payout.c.status != "canceled", payout.c.at > bindparam("after"))),
    )
    .order_by(payout.c.at.desc(), payout.c.payout)
)


@answering(ReceivableOf)
def receivable_of(connection: Connection, _query: ReceivableOf, question: Question) -> Receivable | None:
    """The subject invoice, or the subject order as far as money is outstanding on it."""
    about = "order" if question.subject.about == "order" else "invoice"
    names = {"in_shop": question.shop.name, "on_about": about, "of_id": question.subject.id}
    found = connection.execute(_RECEIVABLE, names).mappings().first()
    return _receivable(found) if found is not None else None


@answering(Receivables)
def receivables(connection: Connection, _query: Receivables, question: Question) -> tuple[Receivable, ...]:
    """All that is outstanding, the first to fall due first."""
    found = connection.execute(_RECEIVABLES, {"in_shop": question.shop.name}).mappings()
    return tuple(_receivable(row) for row in found)


@answering(DisputeOf)
def dispute_of(connection: Connection, _query: DisputeOf, question: Question) -> DisputeState | None:
    """The subject dispute as last told."""
    names = {"in_shop": question.shop.name, "of_id": question.subject.id}
    found = connection.execute(_DISPUTE, names).mappings().first()
    return _dispute(found) if found is not None else None


@answering(DisputesOpen)
def disputes_open(connection: Connection, _query: DisputesOpen, question: Question) -> tuple[DisputeState, ...]:
    """Disputes that wait for evidence, the next deadline first."""
    found = connection.execute(_DISPUTES, {"in_shop": question.shop.name}).mappings()
    return tuple(_dispute(row) for row in found)


@answering(PaymentDays)
def payment_days(connection: Connection, query: PaymentDays, question: Question) -> tuple[Tally, ...]:
    """Days on which somebody tried to pay by the subject method, newest first. The newest is the day before
    yesterday: of yesterday a part lies within the last 24 hours."""
    today = question.now.astimezone(question.shop.zone).date()
    last = today - timedelta(days=2)
    names = {
        "in_shop": question.shop.name,
        "first": (last - timedelta(days=query.days - 1)).isoformat(),
        "last": last.isoformat(),
        "of_method": question.subject.id,
    }
    days: dict[str, dict[str, int]] = {}
    for row in connection.execute(_DAYS, names):
        days.setdefault(row.day, {})[row.measure] = row.value
    return tuple(_tally(days[day]) for day in sorted(days, reverse=True))


@answering(MethodsTried)
def methods_tried(connection: Connection, query: MethodsTried, question: Question) -> tuple[MethodTried, ...]:
    """Found by the daily totals, so that however long the log is, only a range of it is counted for each method."""
    first = question.now.astimezone(question.shop.zone).date() - timedelta(days=query.days)
    methods = connection.execute(_METHODS, {"in_shop": question.shop.name, "first": first.isoformat()}).scalars().all()
    return tuple(
        _method(connection, query, replace(question, subject=Subject("payment_method", name))) for name in methods
    )


def _method(connection: Connection, query: MethodsTried, question: Question) -> MethodTried:
    window = timedelta(hours=query.hours)
    failed = count(connection, Count(PaymentFailed, window, (("retry", True),)), question)
    paid = count(connection, Count(PaymentSucceeded, window), question)
    days = payment_days(connection, PaymentDays(query.days), question)
    return MethodTried(question.subject.id, Tally(paid + failed, failed), days)


@answering(Payouts)
def payouts(connection: Connection, query: Payouts, question: Question) -> tuple[PayoutState, ...]:
    """What is still to come, and what came, or came back, of late."""
    names = {"in_shop": question.shop.name, "after": question.now - timedelta(days=query.days)}
    return tuple(_payout(row) for row in connection.execute(_PAYOUTS, names).mappings())


def _tally(day: dict[str, int]) -> Tally:
    failures = day.get("payments_failed", 0)
    return Tally(day.get("payments_ok", 0) + failures, failures)


def _receivable(row: RowMapping) -> Receivable:
    money = Money(row["minor"], row["currency"])
    return Receivable(row["reference"], row["number"], money, row["due"], row["status"], row["at"])


def _dispute(row: RowMapping) -> DisputeState:
    return DisputeState(
        dispute=row["dispute"],
        amount=Money(row["minor"], row["currency"]),
        reason=ShopText(row["reason"]),
        status=row["status"],
        due=row["due"],
        order=row["order"],
        provider=row["provider"],
        at=row["at"],
    )


def _payout(row: RowMapping) -> PayoutState:
    return PayoutState(
        payout=row["payout"],
        amount=Money(row["minor"], row["currency"]),
        status=row["status"],
        reason=ShopText(row["reason"]) if row["reason"] else None,
        arrives=row["arrives"],
        provider=row["provider"],
        at=row["at"],
    )

"""Answers from the event log, each by a range of its index (shop, kind, subject, at)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from bot.core.events import CampaignChanged, DisputeChanged, Event, InvoiceChanged
from bot.core.facts import Count, FirstSeen, Latest, Total, TotalMoney
from bot.core.money import Money
from bot.store.codec import load
from bot.store.dialect import cut, differs_in, number_in, text_in
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.log import event as log

_OF_SUBJECT = (
    log.c.shop == bindparam("in_shop"),
    log.c.kind == bindparam("of_kind"),
    log.c.subject == bindparam("on_subject"),
)
_WITHIN = (*_OF_SUBJECT, log.c.at > bindparam("after"), log.c.at <= bindparam("until"))
_LATEST = (
    select(log.c.body)
    .where(*_OF_SUBJECT, log.c.at <= bindparam("until"))
    .order_by(log.c.at.desc(), log.c.key.desc())
    .limit(1)
)
_FIRST = (
    select(log.c.first_look)
    .where(
        log.c.shop == bindparam("in_shop"),
        log.c.kind == bindparam("of_kind"),
        log.c.subject == bindparam("on_subject"),
    )
    .order_by(log.c.id)
    .limit(1)
)
_TOLD_BY: Mapping[str, type[Event]] = {
    "dispute": DisputeChanged, "invoice": InvoiceChanged, "campaign": CampaignChanged,
}  # fmt: skip
_built: dict[tuple[str, object], Any] = {}


@answering(Total, of_events=True)
def total(connection: Connection, query: Total, question: Question) -> int:
    """The sum of a whole number over the window (now - window, now]."""
    dialect = connection.dialect.name
    key = dialect, (Total, query.field)
    if key not in _built:
        _built[key] = select(func.sum(number_in(dialect, log.c.body, query.field))).where(*_WITHIN)
    return int(connection.execute(_built[key], _names(question, query.event, query.window)).scalar() or 0)


@answering(FirstSeen)
def first_seen(connection: Connection, _query: FirstSeen, question: Question) -> datetime | None:
    """When the subject was found, where its first telling comes from a first look."""
    kind = _TOLD_BY.get(question.subject.about)
    if kind is None:
        return None
    names = {"in_shop": question.shop.name, "of_kind": kind.__name__, "on_subject": cut(question.subject.id)}
    found: datetime | None = connection.execute(_FIRST, names).scalar()
    return found


@answering(Count, of_events=True)
def count(connection: Connection, query: Count, question: Question) -> int:
    """The number of events in the window, without those of the values left out."""
    dialect = connection.dialect.name
    key = dialect, (Count, query.leaving_out)
    if key not in _built:
        kept = (differs_in(dialect, log.c.body, name, value) for name, value in query.leaving_out)
        _built[key] = select(func.count()).select_from(log).where(*_WITHIN, *kept)
    return int(connection.execute(_built[key], _names(question, query.event, query.window)).scalar_one())


@answering(TotalMoney, of_events=True)
def total_money(connection: Connection, query: TotalMoney, question: Question) -> tuple[Money, ...]:
    """The sums of a Money over the window, by currency in alphabetical order."""
    dialect = connection.dialect.name
    key = dialect, (TotalMoney, query.field)
    if key not in _built:
        currency = text_in(dialect, log.c.body, query.field, "currency")
        minor = func.sum(number_in(dialect, log.c.body, query.field, "minor"))
        _built[key] = select(currency, minor).where(*_WITHIN).group_by(currency)
    found = connection.execute(_built[key], _names(question, query.event, query.window))
    return tuple(sorted((Money(int(minor), code) for code, minor in found), key=lambda money: money.currency))


@answering(Latest, of_events=True)
def latest(connection: Connection, query: Latest, question: Question) -> Event | None:
    """The newest event up to now."""
    found = connection.execute(_LATEST, _names(question, query.event, timedelta(0))).scalar()
    return load(query.event, found) if found is not None else None


def _names(question: Question, kind: type[Event], window: timedelta) -> dict[str, str | datetime]:
    return {
        "in_shop": question.shop.name,
        "of_kind": kind.__name__,
        "on_subject": cut(question.subject.id),
        "after": question.now - window,
        "until": question.now,
    }

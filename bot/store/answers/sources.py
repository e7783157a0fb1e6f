"""Answers about the way between a platform and us: what is sound, how asking fares, whether it is unusually quiet."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from bot.core.facts import AspectsOf, PolledOf, QuietOf
from bot.core.known import Aspect, Polled, Quietness
from bot.core.parts import ShopText
from bot.core.quiet_source import asleep, windows
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.inbox import AWAKE, HOURS_KEPT, hour_of
from bot.store.tables.asking import heard_hour, poll, source_aspect
from bot.store.tables.log import heard

_ASPECTS = (
    select(source_aspect.c.aspect, source_aspect.c.sound, source_aspect.c.note, source_aspect.c.since)
    .where(source_aspect.c.shop == bindparam("in_shop"), source_aspect.c.source == bindparam("of_source"))
    .order_by(source_aspect.c.sound, source_aspect.c.aspect)
)
_POLLED = select(func.max(poll.c.last_ok), func.count(poll.c.failures).filter(poll.c.failures > 0), func.count()).where(
    poll.c.shop == bindparam("in_shop"), poll.c.source == bindparam("of_source")
)
_HOURS = select(heard_hour.c.hour, heard_hour.c.deliveries).where(
    heard_hour.c.shop == bindparam("in_shop"),
    heard_hour.c.source == bindparam("of_source"),
    heard_hour.c.hour >= bindparam("first"),
)
_OURSELVES = {"in_shop": "", "of_source": AWAKE}
_LAST = select(heard.c.last).where(heard.c.shop == bindparam("in_shop"), heard.c.source == bindparam("of_source"))


def _names(question: Question) -> dict[str, str]:
    return {"in_shop": question.shop.name, "of_source": question.subject.id}


@answering(AspectsOf)
def aspects(connection: Connection, _query: AspectsOf, question: Question) -> tuple[Aspect, ...]:
    """The subject source's aspects, the unsound ones first."""
    found = connection.execute(_ASPECTS, _names(question))
    return tuple(Aspect(row.aspect, row.sound, ShopText(row.note) if row.note else None, row.since) for row in found)


@answering(PolledOf)
def polled(connection: Connection, _query: PolledOf, question: Question) -> Polled | None:
    """How asking the subject source fares."""
    last_ok, failing, streams = connection.execute(_POLLED, _names(question)).one()
    return Polled(last_ok, failing) if streams else None


@answering(QuietOf)
def quiet(connection: Connection, _query: QuietOf, question: Question) -> Quietness:
    """The subject source's deliveries against what is usual at this hour of its week."""
    names = _names(question)
    first = hour_of(question.now - HOURS_KEPT)
    counts = _by_hour(connection, names, first)
    slept = asleep(_by_hour(connection, _OURSELVES, first), question.now)
    last = connection.execute(_LAST, names).scalar()
    return Quietness(question.subject.id, windows(counts, question.shop.zone, question.now, slept), last)


def _by_hour(connection: Connection, names: dict[str, str], first: int) -> dict[int, int]:
    return {row.hour: row.deliveries for row in connection.execute(_HOURS, {**names, "first": first})}

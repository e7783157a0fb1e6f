"""Answers about how often people were interrupted."""

from __future__ import annotations

from sqlalchemy import case, func, select

from bot.core.facts import Interruptions
from bot.core.known import InterruptionLine
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.held import interruption
from bot.store.tables.work import alert


@answering(Interruptions)
def interruptions(connection: Connection, _query: Interruptions, question: Question) -> tuple[InterruptionLine, ...]:
    """What the shop's alerts cost of the channels' budgets in the period; nothing without a period."""
    if question.period is None:
        return ()
    told = func.sum(case((interruption.c.told, 1), else_=0))
    query = (
        select(interruption.c.channel, interruption.c.day, alert.c.rule, told, func.count() - told)
        .join(alert, alert.c.number == interruption.c.number)
        .where(
            alert.c.shop == question.shop.name,
            interruption.c.at >= question.period.start,
            interruption.c.at < question.period.end,
        )
        .group_by(interruption.c.channel, interruption.c.day, alert.c.rule)
        .order_by(interruption.c.channel, interruption.c.day, alert.c.rule)
    )
    return tuple(InterruptionLine(*row) for row in connection.execute(query))

"""Answers about exercises."""

from __future__ import annotations

from bot.core.drills import result, running
from bot.core.facts import Exercises
from bot.core.parts import Line
from bot.store import alerts, exercises
from bot.store.engine import Connection
from bot.store.facts import Question, answering


@answering(Exercises)
def exercises_done(connection: Connection, query: Exercises, question: Question) -> tuple[Line, ...]:
    """What came of the shop's newest exercises, by their logs and by when Slack showed them."""
    told = []
    for each in exercises.newest(connection, question.shop.name, query.most):
        first = min(exercises.shown(connection, each.number).values(), default=None)
        told.append(result(each, first, alerts.logged(connection, each.number)) or running(each))
    return tuple(told)

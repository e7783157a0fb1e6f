"""Answers about exceptions to rules."""

from __future__ import annotations

from bot.core.exceptions import RuleException
from bot.core.facts import ExceptionsHeld
from bot.store import exceptions
from bot.store.engine import Connection
from bot.store.facts import Question, answering


@answering(ExceptionsHeld)
def exceptions_held(connection: Connection, _query: ExceptionsHeld, question: Question) -> tuple[RuleException, ...]:
    """What members set, in every shop."""
    return tuple(exceptions.current(connection, question.now))

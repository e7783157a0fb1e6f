"""Answers what handlers want to know: each query of a facts class has a function under ``answers`` that answers it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bot.core.alerts import Alert
from bot.core.facts import Query, queries
from bot.core.handlers import Period
from bot.core.settings import Shop
from bot.core.subject import Subject
from bot.store import answers
from bot.store.engine import Connection
from bot.store.events import Recorded

F = TypeVar("F")
Q = TypeVar("Q", bound=Query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Who asks: on which subject of which shop, as of when. ``event`` is the one being decided, ``text`` what was
    typed after a command, ``period`` that of a digest, ``user`` the Slack id of the one who asks, "" for the bot.
    ``anywhere`` says that nobody named the shop, so that what is of the whole house is meant. ``newest`` is the newest
    alert of each rule on the subject, where whoever asks has read them already."""

    shop: Shop
    subject: Subject
    now: datetime
    event: Recorded | None = None
    text: str = ""
    period: Period | None = None
    user: str = ""
    anywhere: bool = False
    newest: Mapping[str, Alert] | None = None


Answer = Callable[[Connection, Any, Question], Any]
Answered = dict[tuple[Subject, Query], Any]
A = TypeVar("A", bound=Answer)
_answers: dict[type[Query], Answer] = {}
_of_events: set[type[Query]] = set()
_plans: dict[type, dict[str, Query]] = {}


def load(connection: Connection, facts: type[F], question: Question, answered: Answered | None = None) -> F:
    """The facts as of ``question.now``; a query that stands in two fields is answered once.

    ``answered`` holds what was answered before to questions that differ in nothing but the subject, and gets what is
    answered now; it is the caller's to forget it when a row that facts are made of has changed. Raises LookupError for
    a query that nobody answers, TypeError for a class that is no dataclass of queries.
    """
    plan = _plans.get(facts)
    if plan is None:
        plan = _plans.setdefault(facts, queries(facts))
    found: Answered = {} if answered is None else answered
    for query in plan.values():
        if (question.subject, query) not in found:
            found[question.subject, query] = _answer_to(type(query))(connection, query, question)
    return facts(**{name: found[question.subject, query] for name, query in plan.items()})


def forget_alerts(answered: Answered) -> None:
    """Forgets what may be answered otherwise after an alert has changed: all but what is made of events alone."""
    for asked in [asked for asked in answered if type(asked[1]) not in _of_events]:
        del answered[asked]


def unanswered(facts: type) -> tuple[str, ...]:
    """Fields of a facts class whose queries nobody answers, for the check at start."""
    _find()
    return tuple(name for name, query in queries(facts).items() if type(query) not in _answers)


def answering(query: type[Query], *, of_events: bool = False) -> Callable[[A], A]:
    """Declares ``def answer(connection, query, question)``, called for every query of that type. ``of_events`` says
    that it is made of what was told alone, whatever becomes of alerts."""

    def declare(answer: A) -> A:
        _answers[query] = answer
        if of_events:
            _of_events.add(query)
        return answer

    return declare


def _answer_to(query: type[Query]) -> Answer:
    if query not in _answers:
        _find()
    if query not in _answers:
        raise LookupError(f"nothing in bot/store/answers answers {query.__name__}")
    return _answers[query]


def _find() -> None:
    for module in pkgutil.iter_modules(answers.__path__, answers.__name__ + "."):
        importlib.import_module(module.name)

"""Answers about alerts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, select

from bot.core.alerts import Alert
from bot.core.facts import AlertNamed, AlertsOpen, AlertsOpened, AlertStory, DecisionsOn
from bot.core.known import AlertLine, DecisionLine, Story
from bot.core.typed import number_in
from bot.store import alerts as matters
from bot.store import decisions
from bot.store.codec import load
from bot.store.dialect import cut
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.work import alert

_REAL = alert.c.about != "exercise"
_NUMBER = re.compile(r"\s*(?:A-?)?([0-9]{1,12})\s*", re.IGNORECASE)


@answering(AlertsOpen)
def alerts_open(connection: Connection, query: AlertsOpen, question: Question) -> tuple[AlertLine, ...]:
    """The alerts that are not resolved, worst first and then oldest."""
    if query.about_subject and question.newest is not None:
        return _listed(each for each in question.newest.values() if each.state != "resolved")
    found = select(alert.c.body).where(alert.c.open.is_(True))
    if not (query.anywhere and question.anywhere):
        found = found.where(alert.c.shop == question.shop.name)
    if question.period is not None or not query.exercises:
        found = found.where(_REAL)
    if query.about_subject:
        found = found.where(alert.c.about == question.subject.about, alert.c.subject == cut(question.subject.id))
    return _listed(_found(connection, found))


@answering(AlertsOpened)
def alerts_opened(connection: Connection, _query: AlertsOpened, question: Question) -> tuple[AlertLine, ...]:
    """The shop's alerts opened in the period, worst first and then oldest; none without a period."""
    if question.period is None:
        return ()
    within = alert.c.opened_at >= question.period.start, alert.c.opened_at < question.period.end
    return _listed(_found(connection, select(alert.c.body).where(alert.c.shop == question.shop.name, _REAL, *within)))


@answering(AlertStory)
def story(connection: Connection, _query: AlertStory, question: Question) -> Story | None:
    """The story of the alert that the text names, as "A-1042" or "1042"; numbers are the same over all shops."""
    named = _NUMBER.fullmatch(question.text)
    return matters.story(connection, int(named[1])) if named else None


@answering(AlertNamed)
def alert_named(connection: Connection, _query: AlertNamed, question: Question) -> Alert | None:
    """The alert that the text names first; numbers are the same over all shops."""
    number, _ = number_in(question.text)
    return matters.by_number(connection, number) if number is not None else None


@answering(DecisionsOn)
def decisions_on(connection: Connection, _query: DecisionsOn, question: Question) -> tuple[DecisionLine, ...]:
    """What the rules last decided on whatever the text names, in any spelling of its case."""
    return tuple(
        DecisionLine(
            each.rule, each.subject.id, each.verdict, each.reason, each.at, each.since, each.times, each.number
        )
        for each in decisions.of(connection, question.shop.name, question.text)
    )


def _found(connection: Connection, query: Select[Any]) -> Iterator[Alert]:
    return (load(Alert, body) for body in connection.execute(query).scalars())


def _listed(found: Iterable[Alert]) -> tuple[AlertLine, ...]:
    ordered = sorted(found, key=lambda each: (-each.severity, each.opened_at, each.number))
    return tuple(map(matters.listed, ordered))

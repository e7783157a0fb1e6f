"""Answers about what is silent."""

from __future__ import annotations

from bot.core.facts import SilencesHeld
from bot.core.silences import Held, about
from bot.store import alerts, silences
from bot.store.engine import Connection
from bot.store.facts import Question, answering


@answering(SilencesHeld)
def silences_held(connection: Connection, _query: SilencesHeld, question: Question) -> tuple[Held, ...]:
    """The silences of every shop, since one may be about several, with the open alerts that each is about."""
    current = silences.current(connection, question.now)
    matters = alerts.open_alerts(connection) if current else []
    return tuple(Held(each, tuple(alert.name for alert in matters if about(each, alert))) for each in current)

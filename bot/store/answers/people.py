"""Answers about the one who asks."""

from __future__ import annotations

from bot.core.facts import PreferencesOf
from bot.core.preferences import Preferences
from bot.store import preferences
from bot.store.engine import Connection
from bot.store.facts import Question, answering


@answering(PreferencesOf)
def preferences_of(connection: Connection, _query: PreferencesOf, question: Question) -> Preferences:
    """What they said last, or the preferences of who never said any."""
    return preferences.get(connection, question.user)

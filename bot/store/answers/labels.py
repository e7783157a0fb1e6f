"""Answers about what a shop's goods are labelled with."""

from __future__ import annotations

from bot.core.facts import LabelsKnown
from bot.store import labels
from bot.store.engine import Connection
from bot.store.facts import Question, answering


@answering(LabelsKnown)
def labels_known(connection: Connection, _query: LabelsKnown, question: Question) -> tuple[str, ...]:
    """Of all its items, whatever their SKUs."""
    return labels.keys(connection, question.shop.name)

"""Answers that need no table, or the smallest one: the moment, the shop, the event at hand, the sources."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from bot.core.facts import LevelBefore, Now, SettingsOfShop, SourcesSeen, Today
from bot.core.known import SourceSeen
from bot.core.settings import Shop
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.inbox import SLACK
from bot.store.tables.log import heard


@answering(Now, of_events=True)
def now(_connection: Connection, _query: Now, question: Question) -> datetime:
    """The moment of the question."""
    return question.now


@answering(Today, of_events=True)
def today(_connection: Connection, _query: Today, question: Question) -> date:
    """The shop's local day at that moment."""
    return question.now.astimezone(question.shop.zone).date()


@answering(SettingsOfShop)
def settings(_connection: Connection, _query: SettingsOfShop, question: Question) -> Shop:
    """The shop that is asked about."""
    return question.shop


@answering(LevelBefore, of_events=True)
def level_before(_connection: Connection, _query: LevelBefore, question: Question) -> int | None:
    """What the event being decided found."""
    return question.event.level_before if question.event else None


@answering(SourcesSeen)
def sources(connection: Connection, _query: SourcesSeen, question: Question) -> tuple[SourceSeen, ...]:
    """The shop's sources by name."""
    query = (
        select(heard.c.source, heard.c.last)
        .where(heard.c.shop == question.shop.name, heard.c.source != SLACK)
        .order_by(heard.c.source)
    )
    return tuple(SourceSeen(row.source, row.last) for row in connection.execute(query))

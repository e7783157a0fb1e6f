"""Answers about posts that cannot be shown."""

from __future__ import annotations

from sqlalchemy import select

from bot.core.facts import ParkedPosts
from bot.core.known import ParkedLine
from bot.core.message import Message
from bot.core.parts import say
from bot.store.codec import load
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.work import post


@answering(ParkedPosts)
def parked_posts(connection: Connection, _query: ParkedPosts, _question: Question) -> tuple[ParkedLine, ...]:
    """Every parked post, longest parked first; channels and their troubles are the same for all shops."""
    query = select(post).where(post.c.state == "parked").order_by(post.c.due_at, post.c.created_at, post.c.id)
    return tuple(
        ParkedLine(
            row["id"], row["channel"],
            load(Message, row["message"]).summary if row["message"] else say(row["key"]),
            row["due_at"], row["reason"],
        )
        for row in connection.execute(query).mappings()
    )  # fmt: skip

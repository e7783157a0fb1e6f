"""Posts that ended without ever being shown while nothing could be shown, and the summaries that tell of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, literal, or_, select, update

from bot.core.message import Message
from bot.core.trouble import LATE_AFTER, Missed
from bot.store import posts
from bot.store.codec import load
from bot.store.destinations import Kept, kept_of
from bot.store.dialect import insert, locked
from bot.store.engine import Connection
from bot.store.tables.trouble import missed
from bot.store.tables.work import post

EXTENDED_FOR = timedelta(hours=1)


def keep(connection: Connection, channel: str, key: str, now: datetime) -> None:
    """To be called before a post is taken back: keeps in mind that it was wanted and could not be shown.

    A post that nobody tried to show because it was held, or that had no minute's time yet, was not missed.
    """
    _insert(connection, (post.c.channel == channel, post.c.key == key), now)


def drop(connection: Connection, id: str, reason: str, now: datetime) -> bool:
    """Ends a post that nobody has seen and that is not worth showing any more, with the replies that wait for it. False
    when it is in somebody's hands."""
    free = or_(post.c.lease_until.is_(None), post.c.lease_until <= now)
    query = select(post.c.channel, post.c.key).where(post.c.id == id, free)
    found = connection.execute(locked(connection, query)).first()
    if found is None:
        return False
    _insert(connection, (post.c.id == id,), now)
    return posts.drop(connection, found.channel, found.key, reason, now)


def _insert(connection: Connection, which: tuple[Any, ...], now: datetime) -> None:
    late = or_(
        post.c.state == "parked",
        post.c.last_attempt_at.is_not(None),
        and_(post.c.due_at <= now - LATE_AFTER, post.c.created_at <= now - LATE_AFTER),
    )
    unseen = (post.c.ts.is_(None), post.c.state.in_(("wanted", "parked")), post.c.message.is_not(None))
    rows = select(post.c.id, post.c.channel, literal(now, missed.c.at.type), literal("")).where(*which, *unseen, late)
    statement = insert(connection.dialect.name, missed).from_select(["post", "channel", "at", "summary"], rows)
    connection.execute(statement.on_conflict_do_nothing())


def channels(connection: Connection) -> list[str]:
    """The channels in which posts were missed that no shown summary tells of yet."""
    return list(connection.execute(select(missed.c.channel).distinct().order_by(missed.c.channel)).scalars())


def summary_key(connection: Connection, channel: str, now: datetime) -> str | None:
    """The key of the summary to write or to extend; None when there is nothing new to tell.

    What is in doubt when Slack is back ends a little later, so a shown summary takes in more for an hour; then what it
    tells of is forgotten, and what was missed since goes into a new one.
    """
    told = connection.execute(_told(channel)).scalar()
    summary = posts.find(connection, channel, told) if told else None
    closed = summary is not None and summary.ts is not None and now - summary.due_at > EXTENDED_FOR
    if closed:
        connection.execute(delete(missed).where(missed.c.channel == channel, missed.c.summary == told))
    fresh = connection.execute(
        select(func.min(missed.c.at)).where(missed.c.channel == channel, missed.c.summary == "")
    ).scalar()
    if fresh is None:
        return None
    return told if told and not closed else f"away/{fresh.isoformat()}"


def _told(channel: str) -> Any:
    return (
        select(missed.c.summary)
        .where(missed.c.channel == channel, missed.c.summary != "")
        .order_by(missed.c.at)
        .limit(1)
    )


def gather(connection: Connection, channel: str, key: str) -> list[Missed]:
    """Everything that the channel's summary of that key tells of, oldest first; what is wanted again is left out."""
    connection.execute(update(missed).where(missed.c.channel == channel, missed.c.summary == "").values(summary=key))
    query = (
        select(post.c.key, post.c.message, post.c.created_at, missed.c.at)
        .join(post, post.c.id == missed.c.post)
        .where(missed.c.channel == channel, missed.c.summary == key, post.c.state == "dropped")
        .order_by(missed.c.at, post.c.id)
    )
    return [
        Missed(row.key, load(Message, row.message).summary, row.created_at, row.at) for row in connection.execute(query)
    ]


def waiting(connection: Connection, now: datetime) -> list[Kept]:
    """Posts that nobody has seen and that have waited for more than a minute."""
    late = now - LATE_AFTER
    query = select(post).where(
        post.c.look_at.is_not(None), post.c.state == "wanted", post.c.ts.is_(None), post.c.created_at <= late,
        post.c.message.is_not(None),
        or_(post.c.due_at <= late, post.c.last_attempt_at.is_not(None)),
    )  # fmt: skip
    return [kept_of(row) for row in connection.execute(query).mappings()]

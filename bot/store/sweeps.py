"""What the sweep asks of posts and keeps of what it found in the channels; ``bot.core.sweep`` decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, null, or_, select, update

from bot.core.dispatch import Post
from bot.core.sweep import DEEPEST, EVERY, HORIZON, Row
from bot.store.engine import Connection
from bot.store.post_rows import AS_SHOWN, post_of, work_of
from bot.store.posts import thread_ts
from bot.store.tables.work import post as posts


def channels_in_doubt(connection: Connection, now: datetime) -> list[str]:
    """The channels with a post that is to be read back by now."""
    query = select(posts.c.channel).where(posts.c.check_at <= now, _attempted_since(now - DEEPEST)).distinct()
    return list(connection.execute(query.order_by(posts.c.channel)).scalars())


def channels_of_late(connection: Connection, now: datetime) -> list[str]:
    """The channels with posts of the last HORIZON."""
    query = select(posts.c.channel).where(_attempted_since(now - HORIZON)).distinct()
    return list(connection.execute(query.order_by(posts.c.channel)).scalars())


def _attempted_since(since: datetime) -> ColumnElement[bool]:
    return or_(posts.c.last_attempt_at >= since, posts.c.created_at >= since)


def audited(connection: Connection, channel: str, now: datetime) -> list[Row]:
    """A channel's posts of the last HORIZON and those in doubt, for its audit. What is to be read back by ``now`` will
    be again after EVERY, should the audit come to nothing."""
    due = and_(posts.c.channel == channel, posts.c.check_at <= now)
    connection.execute(update(posts).where(due).values(check_at=now + EVERY))
    doubted = and_(posts.c.check_at.is_not(None), _attempted_since(now - DEEPEST))
    chosen = and_(posts.c.channel == channel, or_(_attempted_since(now - HORIZON), doubted))
    query = select(posts).where(chosen).order_by(posts.c.created_at, posts.c.id)
    found = [post_of(row) for row in connection.execute(query).mappings()]
    return [Row(post, thread_ts(connection, post)) for post in found]


def mend(connection: Connection, before: Post, after: Post) -> bool:
    """Keeps what an audit found out. False, and nothing kept, when anything was done to the post since ``before``."""
    same = and_(
        posts.c.id == before.id,
        posts.c.epoch == before.epoch,
        posts.c.state == before.state,
        posts.c.ts.is_not_distinct_from(before.ts),
    )
    statement = update(posts).where(same)
    if after.state == "shown":
        statement = statement.values(AS_SHOWN)
    return connection.execute(statement, work_of(replace(after, epoch=before.epoch + 1))).rowcount == 1


def checked(connection: Connection, seen: Iterable[Post], now: datetime) -> None:
    """Notes that the posts were seen in their channel, unless there was work on them or doubt of them meanwhile."""
    for post in seen:
        if post.checked_at is not None and post.check_at is None:
            continue
        same = and_(
            posts.c.id == post.id,
            posts.c.epoch == post.epoch,
            posts.c.check_at.is_not_distinct_from(post.check_at),
        )
        connection.execute(update(posts).where(same).values(checked_at=now, check_at=null()))

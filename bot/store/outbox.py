"""Who is at work on which post: posts that are due are claimed, and what became of them is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, RowMapping, Select, and_, bindparam, func, or_, select, update

from bot.core.dispatch import Post, claimed, overtaken
from bot.core.message import Message
from bot.store.codec import load
from bot.store.dialect import locked
from bot.store.engine import Connection
from bot.store.post_rows import AS_SHOWN, CHANGED, post_of, row_of, work_of
from bot.store.posts import thread_ts
from bot.store.tables.trouble import destination
from bot.store.tables.work import alert
from bot.store.tables.work import post as posts

_WORKED_ON = CHANGED.where(posts.c.epoch == bindparam("in_epoch"))
_SHOWN = _WORKED_ON.values(AS_SHOWN)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A post in our hands until its lease ends, what it should show, and the root of its thread when it is a reply."""

    post: Post
    message: Message
    thread_ts: str | None


def claim(connection: Connection, now: datetime, most: int) -> list[Claimed]:
    """Takes posts to work on: those that somebody waits for, then the most urgent, then the oldest. At most one a
    channel, and none in a channel in which somebody is at work. A reply waits until its root is shown."""
    chosen = connection.execute(locked(connection, _due(), skip=True), {"now": now, "most": most}).mappings()
    found = sorted(chosen, key=lambda row: (not row["awaited"], -row["urgency"], row["created_at"], row["id"]))
    return [_take(connection, row, now) for row in found]


@cache
def _due() -> Select[Any]:
    # PostgreSQL chooses by what it saw when the statement began and looks once more at a row that was changed before it
    # could be locked: only at what is asked here, so that being due is asked here too.
    return select(posts).where(posts.c.look_at <= bindparam("now"), posts.c.id.in_(_next()))


def _next() -> Select[Any]:
    busy = select(posts.c.channel).where(posts.c.lease_until > bindparam("now"))
    place = func.row_number().over(partition_by=posts.c.channel, order_by=_first(posts))
    ready = (
        select(posts.c.id, posts.c.awaited, posts.c.urgency, posts.c.created_at, place.label("place"))
        .where(posts.c.look_at <= bindparam("now"), posts.c.channel.not_in(busy), _root_shown(), _taken_there())
        .subquery("ready")
    )
    return select(ready.c.id).where(ready.c.place == 1).order_by(*_first(ready)).limit(bindparam("most"))


def _first(among: FromClause) -> tuple[ColumnElement[Any], ...]:
    return among.c.awaited.desc(), among.c.urgency.desc(), among.c.created_at, among.c.id


def _root_shown() -> ColumnElement[bool]:
    root = posts.alias("root")
    shown = select(root.c.id).where(
        root.c.channel == posts.c.channel, root.c.key == posts.c.thread, root.c.ts.is_not(None)
    )
    return or_(posts.c.thread == "", posts.c.rootless, shown.exists())


def _taken_there() -> ColumnElement[bool]:
    """A channel that takes no messages gets none, but for the one it is tried with; and a matter that is over and that
    nobody saw is not shown any more: it is taken back within the minute."""
    refusing = select(destination.c.channel).where(
        destination.c.channel == posts.c.channel, destination.c.trial != posts.c.id
    )
    over = select(alert.c.number).where(alert.c.number == posts.c.alert, alert.c.open.is_(False))
    unseen = and_(posts.c.ts.is_(None), posts.c.state == "wanted", posts.c.thread == "")
    return and_(~refusing.exists(), ~and_(unseen, over.exists()))


def _take(connection: Connection, row: RowMapping, now: datetime) -> Claimed:
    post = claimed(post_of(row), now)
    connection.execute(CHANGED, row_of(post) | {"of_id": post.id})
    root = None if post.rootless else thread_ts(connection, post)
    return Claimed(post, load(Message, row["message"]), root)


def save(connection: Connection, post: Post) -> bool:
    """Keeps what became of a claimed post. False, and nothing kept, when somebody else has taken it over meanwhile.

    What is wanted is not the worker's to write: a version wanted while it worked stays wanted.
    """
    kept = work_of(post) | {"of_id": post.id, "in_epoch": post.epoch}
    if post.check_at is None:
        del kept["check_at"]  # A doubt that somebody else has entered meanwhile is not the worker's to take away.
    return connection.execute(_SHOWN if post.state == "shown" else _WORKED_ON, kept).rowcount == 1


def overtake(connection: Connection, id: str, now: datetime) -> bool:
    """Notes that a worker which had lost the post may have left a copy of it. False when there is no such post."""
    found = connection.execute(locked(connection, select(posts).where(posts.c.id == id))).mappings().first()
    if found is None:
        return False
    connection.execute(update(posts).where(posts.c.id == id).values(**row_of(overtaken(post_of(found), now))))
    return True


def next_due(connection: Connection) -> datetime | None:
    """When to look at posts next (aware UTC), None when there is nothing to do."""
    found: datetime | None = connection.execute(_first_due()).scalar()
    return found


@cache
def _first_due() -> Select[Any]:
    return select(func.min(posts.c.look_at)).where(posts.c.look_at.is_not(None), _root_shown(), _taken_there())

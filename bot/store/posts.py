"""Posts: the messages that ought to exist. ``bot.core.dispatch`` says what their states mean."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    and_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    update,
)

from bot.core.dispatch import Post
from bot.core.message import Message
from bot.core.wants import raised
from bot.store.codec import dump
from bot.store.dialect import insert_new, locked
from bot.store.engine import Connection
from bot.store.post_rows import CHANGED, post_of, row_of
from bot.store.restore import looked_for_first
from bot.store.tables.work import post as posts

_NAMES = uuid.UUID("8f2f4d0e-7a51-5c1b-9c27-3f6d1d1a6b52")
_ONE = select(posts).where(posts.c.channel == bindparam("in_channel"), posts.c.key == bindparam("under"))
_OF_ALERT = select(posts).where(posts.c.alert == bindparam("of_number")).order_by(posts.c.created_at, posts.c.id)
_LIVE = ("wanted", "maybe", "sending")


def alert_key(number: int, part: str = "") -> str:
    """The key of an alert's post ("alert/1042"), or of another post that belongs to it ("alert/1042/thread-2")."""
    return f"alert/{number}/{part}" if part else f"alert/{number}"


def want(
    connection: Connection,
    channel: str,
    key: str,
    message: Message,
    *,
    urgency: int,
    now: datetime,
    thread: str = "",
    due_at: datetime | None = None,
    fresh: bool = False,
    reason: str = "",
) -> Post:
    """The post that shall show ``message``: a new one, or the one of that key with its wanted version raised.

    The same content again is no new version. ``due_at`` holds a post that nobody has tried to send yet, for
    ``reason``. ``thread`` is the key of the root post in the same channel. ``fresh`` asks for a new message in place
    of an edit: people are called once more, and the message shown so far is left as it stands.
    """
    body = dump(message)
    before = _locked(connection, channel, key)
    if before is None:
        made = looked_for_first(connection, _new(channel, key, urgency, now, thread, due_at or now, reason), now)
        row = row_of(made) | {"message": body}
        if connection.execute(insert_new(connection.dialect.name, posts), row).rowcount == 1:
            return made
        before = _locked(connection, channel, key)  # Another replica made it in this very moment.
    assert before is not None
    new = before["message"] != body or fresh or before["state"] == "dropped"
    name = _name(channel, key, before["wanted"] + 1) if fresh else ""
    post = raised(post_of(before), new=new, fresh=name, due_at=due_at, now=now, reason=reason)
    live = before["state"] in _LIVE
    post = replace(post, urgency=max(urgency, post.urgency) if live else urgency, thread=thread)
    post = replace(post, awaited=post.awaited and live)
    if new or post != post_of(before):
        connection.execute(CHANGED, row_of(post) | {"message": body, "of_id": before["id"]})
    return post


def _new(channel: str, key: str, urgency: int, now: datetime, thread: str, due_at: datetime, reason: str) -> Post:
    return Post(
        id=_name(channel, key, 1), channel=channel, key=key, state="wanted", wanted=1, thread=thread, urgency=urgency,
        due_at=due_at, created_at=now, reason=reason,
    )  # fmt: skip


def hasten(connection: Connection, number: int, keys: Iterable[str], now: datetime) -> None:
    """Has what is to be told of an alert, and under ``keys`` besides, go before all that nobody waits for. What is held
    for a reason of its own stays held; an edit, and what Slack's limits alone hold back, is tried now."""
    theirs = or_(posts.c.alert == number, posts.c.key.in_(list(keys)))
    free = and_(or_(posts.c.ts.is_not(None), posts.c.limited_at.is_not(None)), posts.c.lease_until.is_(None))
    at_hand = or_(posts.c.look_at <= now, posts.c.lease_until.is_not(None), free)
    values = {name: case((free, now), else_=posts.c[name]) for name in ("due_at", "look_at")}
    waiting = update(posts).where(theirs, posts.c.state.in_(_LIVE), at_hand)
    connection.execute(waiting.values(awaited=True, **values))


def drop(connection: Connection, channel: str, key: str, reason: str, now: datetime) -> bool:
    """Takes back a post that nobody has seen as of ``now``, and the replies that wait for it; whoever was about to send
    it loses it.

    False when it is shown, or may be, or does not exist.
    """
    root = and_(posts.c.channel == channel, posts.c.key == key, posts.c.state.in_(("wanted", "parked")))
    if not _drop(connection, root, reason, now):
        return False
    replies = and_(posts.c.channel == channel, posts.c.thread == key, posts.c.rootless.is_(False))
    _drop(connection, replies, reason, now)
    return True


def _drop(connection: Connection, which: ColumnElement[bool], reason: str, now: datetime) -> bool:
    statement = (
        update(posts)
        .where(
            which,
            posts.c.ts.is_(None),
            posts.c.state != "dropped",
        )
        .values(state="dropped", reason=reason, due_at=now, look_at=null(), lease_until=null(), epoch=posts.c.epoch + 1)
    )
    return connection.execute(statement).rowcount > 0


def find(connection: Connection, channel: str, key: str) -> Post | None:
    """The post of that key in that channel."""
    found = connection.execute(_ONE, {"in_channel": channel, "under": key}).mappings().first()
    return post_of(found) if found is not None else None


def parked(connection: Connection) -> list[Post]:
    """Posts that cannot be shown until an operator has seen to it, oldest first."""
    query = select(posts).where(posts.c.state == "parked").order_by(posts.c.created_at)
    return [post_of(row) for row in connection.execute(query).mappings()]


def release_parked(connection: Connection, id: str, now: datetime) -> bool:
    """Has a parked post tried again, or looked for where a copy may be visible. False when it is not parked."""
    unclear = and_(posts.c.ts.is_(None), posts.c.first_attempt_at.is_not(None))
    statement = (
        update(posts)
        .where(posts.c.id == id, posts.c.state == "parked")
        .values(state=case((unclear, "maybe"), else_="wanted"), due_at=now, look_at=now, attempts=0, reason="")
    )
    return connection.execute(statement).rowcount == 1


def by_state(connection: Connection) -> dict[str, int]:
    """How many posts there are, by state."""
    query = select(posts.c.state, func.count().label("number")).group_by(posts.c.state)
    return {row.state: row.number for row in connection.execute(query)}


def of_alert(connection: Connection, number: int) -> list[Post]:
    """Where an alert shows: the posts whose keys ``alert_key`` made, oldest first. Within a write transaction they stay
    as they are until it ends, so that none is sent in the moment in which it is found unseen and taken back."""
    found = connection.execute(locked(connection, _OF_ALERT), {"of_number": number}).mappings()
    return [post_of(row) for row in found]


def _locked(connection: Connection, channel: str, key: str) -> RowMapping | None:
    return connection.execute(locked(connection, _ONE), {"in_channel": channel, "under": key}).mappings().first()


def _name(channel: str, key: str, version: int) -> str:
    """An opaque name that says nothing to those who read it in the message's metadata."""
    return str(uuid.uuid5(_NAMES, f"{channel}\n{key}\n{version}"))


def thread_ts(connection: Connection, post: Post) -> str | None:
    """The message in whose thread a post stands, None while that is not shown, or where it stands by itself."""
    root = find(connection, post.channel, post.thread) if post.thread else None
    return root.ts if root else None

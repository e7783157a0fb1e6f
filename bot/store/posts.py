"""Posts: the messages that ought to exist, and who is at work on which. ``bot.core.dispatch`` says what states mean.

``look_at`` is the one column by which work is found: when a post is due, or when the lease on it ends; it is NULL
where nothing is left to do, so neither claiming nor waking looks at what is finished.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    update,
)

from bot.core.dispatch import Post, claimed, overtaken
from bot.core.message import Message
from bot.core.sweep import DEEPEST, EVERY, HORIZON, Row
from bot.core.wants import raised
from bot.store.codec import dump, load
from bot.store.dialect import insert_new, locked
from bot.store.engine import Connection
from bot.store.restore import looked_for_first
from bot.store.tables.trouble import destination
from bot.store.tables.work import alert
from bot.store.tables.work import post as posts

_NAMES = uuid.UUID("8f2f4d0e-7a51-5c1b-9c27-3f6d1d1a6b52")
_FIELDS = tuple(spec.name for spec in fields(Post))
_ALERT = re.compile(r"alert/(\d{1,15})(?:/|$)", re.ASCII)
_ONE = select(posts).where(posts.c.channel == bindparam("in_channel"), posts.c.key == bindparam("under"))
_OF_ALERT = select(posts).where(posts.c.alert == bindparam("of_number")).order_by(posts.c.created_at, posts.c.id)
_CHANGED = update(posts).where(posts.c.id == bindparam("of_id"))
_BEHIND = posts.c.wanted > bindparam("seen")
_AS_SHOWN = {
    "state": case((_BEHIND, "wanted"), else_="shown"),
    "look_at": case((_BEHIND, bindparam("next_at", type_=posts.c.look_at.type)), else_=null()),
}
"""What is shown may be wanted otherwise meanwhile."""
_WORKED_ON = _CHANGED.where(posts.c.epoch == bindparam("in_epoch"))
_SHOWN = _WORKED_ON.values(_AS_SHOWN)
_LIVE = ("wanted", "maybe", "sending")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A post in our hands until its lease ends, what it should show, and the root of its thread when it is a reply."""

    post: Post
    message: Message
    thread_ts: str | None


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
        row = _row(made) | {"message": body}
        if connection.execute(insert_new(connection.dialect.name, posts), row).rowcount == 1:
            return made
        before = _locked(connection, channel, key)  # Another replica made it in this very moment.
    assert before is not None
    new = before["message"] != body or fresh or before["state"] == "dropped"
    name = _name(channel, key, before["wanted"] + 1) if fresh else ""
    post = raised(_post(before), new=new, fresh=name, due_at=due_at, now=now, reason=reason)
    live = before["state"] in _LIVE
    post = replace(post, urgency=max(urgency, post.urgency) if live else urgency, thread=thread)
    post = replace(post, awaited=post.awaited and live)
    if new or post != _post(before):
        connection.execute(_CHANGED, _row(post) | {"message": body, "of_id": before["id"]})
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
    return _post(found) if found is not None else None


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
    post = claimed(_post(row), now)
    connection.execute(_CHANGED, _row(post) | {"of_id": post.id})
    thread_ts = None if post.rootless else _thread_ts(connection, post)
    return Claimed(post, load(Message, row["message"]), thread_ts)


def _thread_ts(connection: Connection, post: Post) -> str | None:
    root = find(connection, post.channel, post.thread) if post.thread else None
    return root.ts if root else None


def save(connection: Connection, post: Post) -> bool:
    """Keeps what became of a claimed post. False, and nothing kept, when somebody else has taken it over meanwhile.

    What is wanted is not the worker's to write: a version wanted while it worked stays wanted.
    """
    kept = _work(post) | {"of_id": post.id, "in_epoch": post.epoch}
    if post.check_at is None:
        del kept["check_at"]  # A doubt that somebody else has entered meanwhile is not the worker's to take away.
    return connection.execute(_SHOWN if post.state == "shown" else _WORKED_ON, kept).rowcount == 1


def _work(post: Post) -> dict[str, Any]:
    """The columns that whoever works on a post may write."""
    kept = _row(post)
    for name in ("id", "channel", "key", "wanted", "thread", "urgency", "created_at", "awaited", "alert"):
        del kept[name]
    if post.state == "shown":
        del kept["state"], kept["look_at"]
        kept |= {"seen": post.shown, "next_at": post.due_at}
    return kept


def overtake(connection: Connection, id: str, now: datetime) -> bool:
    """Notes that a worker which had lost the post may have left a copy of it. False when there is no such post."""
    found = connection.execute(locked(connection, select(posts).where(posts.c.id == id))).mappings().first()
    if found is None:
        return False
    connection.execute(update(posts).where(posts.c.id == id).values(**_row(overtaken(_post(found), now))))
    return True


# The audit: see bot.core.sweep.


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
    found = [_post(row) for row in connection.execute(query).mappings()]
    return [Row(post, _thread_ts(connection, post)) for post in found]


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
        statement = statement.values(_AS_SHOWN)
    return connection.execute(statement, _work(replace(after, epoch=before.epoch + 1))).rowcount == 1


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


def next_due(connection: Connection) -> datetime | None:
    """When to look at posts next (aware UTC), None when there is nothing to do."""
    found: datetime | None = connection.execute(_first_due()).scalar()
    return found


@cache
def _first_due() -> Select[Any]:
    return select(func.min(posts.c.look_at)).where(posts.c.look_at.is_not(None), _root_shown(), _taken_there())


def parked(connection: Connection) -> list[Post]:
    """Posts that cannot be shown until an operator has seen to it, oldest first."""
    query = select(posts).where(posts.c.state == "parked").order_by(posts.c.created_at)
    return [_post(row) for row in connection.execute(query).mappings()]


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
    return [_post(row) for row in found]


def _locked(connection: Connection, channel: str, key: str) -> RowMapping | None:
    return connection.execute(locked(connection, _ONE), {"in_channel": channel, "under": key}).mappings().first()


def _name(channel: str, key: str, version: int) -> str:
    """An opaque name that says nothing to those who read it in the message's metadata."""
    return str(uuid.uuid5(_NAMES, f"{channel}\n{key}\n{version}"))


def _post(row: RowMapping) -> Post:
    return Post(**{name: row[name] for name in _FIELDS})


def _row(post: Post) -> dict[str, Any]:
    found = _ALERT.match(post.key)
    return {name: getattr(post, name) for name in _FIELDS} | {
        "look_at": _look_at(post),
        "alert": int(found[1]) if found else None,
    }


def _look_at(post: Post) -> datetime | None:
    match post.state:
        case "sending":
            return post.lease_until
        case "wanted" | "maybe":
            return max(post.due_at, post.lease_until) if post.lease_until else post.due_at
        case _:
            return None

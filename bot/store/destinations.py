"""Channels that take no messages: which they are, what waits for them, and what of it is shown elsewhere meanwhile.

A channel is found to be broken by its parked posts. While it has a row here nothing of it is claimed but the one post
it is tried with.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, delete, func, null, or_, select, update

from bot.core.dispatch import Post, PostState
from bot.core.message import Message
from bot.core.refusals import ERROR_CLASSES
from bot.core.trouble import OF_OURSELVES, Broken, noticed
from bot.store import posts
from bot.store.codec import load
from bot.store.dialect import insert_new, locked, upsert
from bot.store.engine import Connection
from bot.store.tables.trouble import destination, diverted
from bot.store.tables.work import post

_ERRORS = tuple(error for error, kind in ERROR_CLASSES.items() if kind == "destination")
_NAMES = tuple(spec.name for spec in fields(Post))
_REFUSED = and_(post.c.state == "parked", post.c.reason.in_(_ERRORS))


@dataclass(frozen=True, slots=True)
class Kept:
    """A post that is not shown, what it would say, and the number of the alert it tells of."""

    post: Post
    message: Message
    alert: int | None


def concern(connection: Connection, since: datetime) -> bool:
    """Whether there is anything to see to: a channel, a refused post, one given up since then, or a diverted one."""
    given_up = and_(post.c.state == "parked", or_(post.c.reason.in_(_ERRORS), post.c.due_at >= since))
    queries = (select(destination.c.channel), select(diverted.c.post), select(post.c.id).where(given_up))
    return any(connection.execute(query.limit(1)).first() is not None for query in queries)


def owed(connection: Connection, channel: str) -> bool:
    """Whether the channel has refused any post that still waits for it."""
    query = select(post.c.id).where(post.c.channel == channel, _REFUSED).limit(1)
    return connection.execute(query).first() is not None


def notice(connection: Connection) -> int:
    """Enters the channels whose posts have been refused since the last look; gives how many those were."""
    known = select(destination.c.channel).where(destination.c.channel == post.c.channel)
    query = (
        select(post.c.channel, func.min(post.c.reason), func.min(post.c.due_at))
        .where(_REFUSED, ~known.exists())
        .group_by(post.c.channel)
    )
    fresh = [_row(noticed(channel, reason, since)) for channel, reason, since in connection.execute(query)]
    statement = insert_new(connection.dialect.name, destination)
    return sum(connection.execute(statement, row).rowcount for row in fresh)


def broken(connection: Connection) -> list[Broken]:
    """The channels that take no messages, in a write transaction locked; those that another replica holds left out."""
    query = locked(connection, select(destination).order_by(destination.c.channel), skip=True)
    return [Broken(**row) for row in connection.execute(query).mappings()]


def one(connection: Connection, channel: str) -> Broken | None:
    """The channel's row while it takes no messages."""
    found = connection.execute(select(destination).where(destination.c.channel == channel)).mappings().first()
    return Broken(**found) if found is not None else None


def save(connection: Connection, channel: Broken) -> None:
    """Keeps what is known of a broken channel."""
    changed = ("reason", "since", "probe_at", "trial")
    connection.execute(upsert(connection.dialect.name, destination, changed), _row(channel))


def forget(connection: Connection, channel: str) -> None:
    """The channel takes messages again, or is to be treated as if."""
    connection.execute(delete(destination).where(destination.c.channel == channel))


def state_of(connection: Connection, id: str) -> PostState | None:
    """The state of a post by its id."""
    found: PostState | None = connection.execute(select(post.c.state).where(post.c.id == id)).scalar()
    return found


def next_trial(connection: Connection, channel: str) -> str | None:
    """The post that a channel is best tried with: an edit, which calls nobody, else the most urgent and oldest."""
    order = (post.c.ts.is_(None), post.c.urgency.desc(), post.c.created_at, post.c.id)
    query = select(post.c.id).where(post.c.channel == channel, _REFUSED, _root_there()).order_by(*order).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def _root_there() -> ColumnElement[bool]:
    root = post.alias("root")
    shown = select(root.c.id).where(
        root.c.channel == post.c.channel, root.c.key == post.c.thread, root.c.ts.is_not(None)
    )
    return or_(post.c.thread == "", shown.exists())


def refused(connection: Connection, channel: str) -> list[Kept]:
    """The posts that the channel has refused, the most urgent and oldest first."""
    order = (post.c.urgency.desc(), post.c.created_at, post.c.id)
    query = select(post).where(post.c.channel == channel, _REFUSED, post.c.message.is_not(None)).order_by(*order)
    return [kept_of(row) for row in connection.execute(query).mappings()]


def to_divert(connection: Connection, channel: str) -> list[Kept]:
    """The refused posts whose newest content is not shown elsewhere yet, roots before their replies."""
    ours = or_(*(post.c.key.startswith(start, autoescape=True) for start in OF_OURSELVES))
    query = (
        select(post)
        .join(diverted, diverted.c.post == post.c.id, isouter=True)
        .where(post.c.channel == channel, _REFUSED, post.c.message.is_not(None), ~ours)
        .where(func.coalesce(diverted.c.wanted, 0) < post.c.wanted)
        .order_by(post.c.thread != "", post.c.urgency.desc(), post.c.created_at, post.c.id)
    )
    return [kept_of(row) for row in connection.execute(query).mappings()]


def kept_of(row: RowMapping) -> Kept:
    """The post of a row with what it would say."""
    return Kept(Post(**{name: row[name] for name in _NAMES}), load(Message, row["message"]), row["alert"])


def mark_diverted(connection: Connection, shown: Post) -> None:
    """Remembers that the post's wanted version is shown elsewhere."""
    row = {"post": shown.id, "channel": shown.channel, "wanted": shown.wanted}
    connection.execute(upsert(connection.dialect.name, diverted, ("wanted",)), row)


def settled_elsewhere(connection: Connection) -> list[Kept]:
    """Diverted posts that their own channel shows by now or never will; with the asking they are forgotten."""
    query = (
        select(post)
        .join(diverted, diverted.c.post == post.c.id)
        .where(post.c.state.in_(("shown", "dropped")), post.c.message.is_not(None))
        .order_by(post.c.created_at, post.c.id)
    )
    found = [kept_of(row) for row in connection.execute(query).mappings()]
    connection.execute(delete(diverted).where(diverted.c.post.in_([kept.post.id for kept in found])))
    return found


def given_up(connection: Connection, since: datetime) -> list[tuple[str, str, datetime]]:
    """Channel, reason and moment of what was parked since then for another reason than its channel, oldest first."""
    ours = or_(*(post.c.key.startswith(start, autoescape=True) for start in OF_OURSELVES))
    query = (
        select(post.c.channel, post.c.reason, post.c.due_at)
        .where(post.c.state == "parked", post.c.reason.not_in(_ERRORS), post.c.due_at >= since, ~ours)
        .order_by(post.c.due_at, post.c.id)
    )
    return [(channel, reason, at) for channel, reason, at in connection.execute(query)]


def park_waiting(connection: Connection, channel: Broken, now: datetime) -> int:
    """Parks what is wanted in a broken channel and in nobody's hands, so that no call is spent on it."""
    waiting = (post.c.channel == channel.channel, post.c.state == "wanted", post.c.lease_until.is_(None))
    due = or_(post.c.look_at <= now, post.c.last_attempt_at.is_not(None))
    statement = update(post).where(*waiting, due, post.c.id != channel.trial)
    parked = statement.values(state="parked", reason=channel.reason, due_at=now, look_at=null())
    return connection.execute(parked).rowcount


def release(connection: Connection, now: datetime, *, id: str | None = None, channel: str | None = None) -> int:
    """Has refused posts tried again: the one of that id, or all of the channel. Gives how many those are.

    One that was ever on its way is looked for first: the channel may have broken before that could be done.
    """
    chosen = post.c.id == id if id is not None else post.c.channel == channel
    unclear = and_(post.c.ts.is_(None), post.c.first_attempt_at.is_not(None))
    state = case((unclear, "maybe"), else_="wanted")
    statement = update(post).where(chosen, _REFUSED).values(state=state, due_at=now, look_at=now, attempts=0, reason="")
    return connection.execute(statement).rowcount


def release_any(connection: Connection, start: str, now: datetime) -> list[str]:
    """Has an operator's parked posts tried again: those whose ids begin so ("" is every one). Gives their ids.

    Their channels count as sound until they refuse again.
    """
    query = select(post.c.id, post.c.channel).where(post.c.state == "parked", post.c.id.startswith(start))
    found = connection.execute(query.order_by(post.c.created_at, post.c.id)).all()
    for _, channel in found:
        forget(connection, channel)
    return [id for id, _ in found if posts.release_parked(connection, id, now)]


def _row(channel: Broken) -> dict[str, Any]:
    return {spec.name: getattr(channel, spec.name) for spec in fields(Broken)}

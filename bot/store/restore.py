"""After a backup was put back: what the bot did since then is in Slack and not in the database, so it looks first.

Every post that had not been seen when the backup was taken, and for a day every new one, may stand in its channel
already. They are looked for by their tags before anything is sent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import case, func, null, select, update

from bot.core.dispatch import Post
from bot.store import notes
from bot.store.engine import Connection
from bot.store.tables.log import inbox
from bot.store.tables.work import post as posts
from bot.store.tables.work import watermark

TAKEN_AT = "backup/taken"
RESTORED_AT = "backup/restored"
WATCHFUL = timedelta(hours=24)
"""For how long after a restore a new post is looked for before it is sent: as far back as channels are audited."""


def mark(connection: Connection, now: datetime) -> int:
    """Marks a database that was brought back at ``now``; gives how many of its posts are looked for before a send.

    When the backup was taken is a note in it; where it was made by other means, the newest delivery in it says so.
    Slots that came due since are taken to have been told.
    """
    taken = _taken_at(connection, now)
    notes.put(connection, TAKEN_AT, taken.isoformat())
    notes.put(connection, RESTORED_AT, now.isoformat())
    connection.execute(update(watermark).where(watermark.c.at < now).values(at=now))
    seen = {"first_attempt_at": func.coalesce(posts.c.first_attempt_at, taken), "last_attempt_at": taken}
    unseen = posts.c.ts.is_(None)
    connection.execute(update(posts).where(unseen, posts.c.state == "parked").values(**seen))
    later = case((posts.c.due_at > now, posts.c.due_at), else_=now)
    maybe = {"state": "maybe", "due_at": later, "look_at": later, "lease_until": null(), "epoch": posts.c.epoch + 1}
    open_ones = unseen & posts.c.state.in_(("wanted", "sending", "maybe"))
    return connection.execute(update(posts).where(open_ones).values(**maybe, **seen)).rowcount


def taken_at(connection: Connection) -> datetime:
    """When the backup that was brought back was taken. To be asked after ``mark``."""
    return datetime.fromisoformat(notes.get(connection, TAKEN_AT) or "")


def restored_at(connection: Connection) -> datetime | None:
    """When a backup was last brought back, None when never."""
    noted = notes.get(connection, RESTORED_AT)
    return datetime.fromisoformat(noted) if noted is not None else None


def _taken_at(connection: Connection, now: datetime) -> datetime:
    noted = notes.get(connection, TAKEN_AT)
    if noted is not None:
        return datetime.fromisoformat(noted)
    newest: datetime | None = connection.execute(select(func.max(inbox.c.received))).scalar()
    return min(newest, now) if newest is not None else now - WATCHFUL


def looked_for_first(connection: Connection, post: Post, now: datetime) -> Post:
    """A post that is new to the database, as it is kept: soon after a restore the channel may have it already."""
    restored = restored_at(connection)
    if restored is None or now - restored > WATCHFUL:
        return post
    taken = taken_at(connection)
    return replace(post, state="maybe", first_attempt_at=taken, last_attempt_at=taken)

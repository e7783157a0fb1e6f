"""The store's posts in memory: the same rows and the same rules, without SQL. A test holds it equal to the real one."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import dispatch, sweep, wants
from bot.core.dispatch import Post
from bot.core.sweep import Row

_LIVE = ("wanted", "maybe", "sending")
_KEPT = ("id", "channel", "key", "wanted", "thread", "urgency", "created_at", "awaited")


@dataclass(frozen=True, slots=True)
class Taken:
    """A claimed post, and the root of its thread."""

    post: Post
    thread_ts: str | None


class Ledger:
    """Posts by channel and key. Every method is one transaction, and bears the name that it has in the store."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Post] = {}

    def copied(self) -> Ledger:
        """A backup."""
        other = copy(self)
        other.rows = dict(self.rows)
        return other

    def want(
        self, channel: str, key: str, *, id: str, urgency: int, now: datetime, thread: str = "", due_at: datetime | None
    ) -> Post:
        """Always with something new to say."""
        before = self.rows.get((channel, key))
        if before is None:
            post = Post(
                id=id, channel=channel, key=key, state="wanted", wanted=1, thread=thread, urgency=urgency,
                due_at=due_at or now, created_at=now,
            )  # fmt: skip
        else:
            post = wants.raised(before, new=True, fresh="", due_at=due_at, now=now, reason="")
            live = before.state in _LIVE
            post = replace(post, urgency=max(urgency, post.urgency) if live else urgency, thread=thread)
            post = replace(post, awaited=post.awaited and live)
        self.rows[channel, key] = post
        return post

    def hasten(self, number: int, now: datetime) -> None:
        """As in the store, of one alert's posts."""
        for place, post in self.rows.items():
            about = post.key.partition("/turn-")[0] == f"alert/{number}"
            if about and post.state in _LIVE:
                self.rows[place] = _hastened(post, now)

    def drop(self, channel: str, key: str, reason: str, now: datetime) -> bool:
        """As in the store."""
        post = self.rows.get((channel, key))
        if post is None or not wants.droppable(post):
            return False
        self.rows[channel, key] = wants.dropped(post, reason, now)
        for reply in list(self.rows.values()):
            if (reply.channel, reply.thread) == (channel, key) and wants.falls_with_its_root(reply):
                self.rows[channel, reply.key] = wants.dropped(reply, reason, now)
        return True

    def release_parked(self, id: str, now: datetime) -> bool:
        """As in the store."""
        post = self._of(id)
        if post is None or post.state != "parked":
            return False
        self.rows[post.channel, post.key] = wants.unparked(post, now)
        return True

    def claim(self, now: datetime, most: int) -> list[Taken]:
        """As in the store."""
        busy = {post.channel for post in self.rows.values() if post.lease_until is not None and post.lease_until > now}
        chosen: dict[str, Post] = {}
        for post in sorted(self.rows.values(), key=_order):
            at = look_at(post)
            if at is not None and at <= now and post.channel not in busy and self._root_shown(post):
                chosen.setdefault(post.channel, post)
        return [self._take(post, now) for post in sorted(chosen.values(), key=_order)[:most]]

    def _take(self, post: Post, now: datetime) -> Taken:
        taken = self.rows[post.channel, post.key] = dispatch.claimed(post, now)
        return Taken(taken, None if taken.rootless else self._thread_ts(taken))

    def _thread_ts(self, post: Post) -> str | None:
        root = self.rows.get((post.channel, post.thread)) if post.thread else None
        return root.ts if root else None

    def _root_shown(self, post: Post) -> bool:
        return not post.thread or post.rootless or self._thread_ts(post) is not None

    def next_due(self) -> datetime | None:
        """As in the store."""
        at = [look_at(post) for post in self.rows.values() if self._root_shown(post)]
        return min((one for one in at if one is not None), default=None)

    def save(self, post: Post) -> bool:
        """As in the store."""
        row = self._of(post.id)
        if row is None or row.epoch != post.epoch:
            return False
        self._write(row, replace(post, check_at=post.check_at or row.check_at))
        return True

    def overtake(self, id: str, now: datetime) -> bool:
        """As in the store."""
        row = self._of(id)
        if row is not None:
            self.rows[row.channel, row.key] = dispatch.overtaken(row, now)
        return row is not None

    def mend(self, before: Post, after: Post) -> bool:
        """As in the store."""
        row = self._of(before.id)
        if row is None or (row.epoch, row.state, row.ts) != (before.epoch, before.state, before.ts):
            return False
        self._write(row, replace(after, epoch=before.epoch + 1))
        return True

    def _write(self, row: Post, post: Post) -> None:
        behind = post.state == "shown" and row.wanted > post.shown
        kept = {name: getattr(row, name) for name in _KEPT}
        self.rows[row.channel, row.key] = replace(post, state="wanted" if behind else post.state, **kept)

    def channels_in_doubt(self, now: datetime) -> list[str]:
        """As in the store."""
        since = now - sweep.DEEPEST
        return sorted({post.channel for post in self.rows.values() if _is_due(post, now) and _since(post, since)})

    def channels_of_late(self, now: datetime) -> list[str]:
        """As in the store."""
        return sorted({post.channel for post in self.rows.values() if _since(post, now - sweep.HORIZON)})

    def audited(self, channel: str, now: datetime) -> list[Row]:
        """As in the store."""
        found = []
        for place, post in self.rows.items():
            if post.channel == channel and _is_due(post, now):
                self.rows[place] = replace(post, check_at=now + sweep.EVERY)
        for post in self.rows.values():
            doubted = post.check_at is not None and _since(post, now - sweep.DEEPEST)
            if post.channel == channel and (doubted or _since(post, now - sweep.HORIZON)):
                found.append(post)
        return [Row(post, self._thread_ts(post)) for post in sorted(found, key=lambda post: (post.created_at, post.id))]

    def checked(self, seen: Iterable[Post], now: datetime) -> None:
        """As in the store."""
        for post in seen:
            row = self._of(post.id)
            if row is None or (row.epoch, row.check_at) != (post.epoch, post.check_at):
                continue
            if post.checked_at is None or post.check_at is not None:
                self.rows[row.channel, row.key] = replace(row, checked_at=now, check_at=None)

    def _of(self, id: str) -> Post | None:
        return next((post for post in self.rows.values() if post.id == id), None)


def look_at(post: Post) -> datetime | None:
    """When somebody should look at the post next."""
    match post.state:
        case "sending":
            return post.lease_until
        case "wanted" | "maybe":
            return max(post.due_at, post.lease_until) if post.lease_until else post.due_at
        case _:
            return None


def _hastened(post: Post, now: datetime) -> Post:
    if post.lease_until is None and (post.ts is not None or post.limited_at is not None):
        return replace(post, awaited=True, due_at=now)
    due = look_at(post)
    return replace(post, awaited=True) if post.lease_until is not None or (due and due <= now) else post


def _order(post: Post) -> tuple[bool, int, datetime, str]:
    return (not post.awaited, -post.urgency, post.created_at, post.id)


def _is_due(post: Post, now: datetime) -> bool:
    return post.check_at is not None and post.check_at <= now


def _since(post: Post, since: datetime) -> bool:
    return post.created_at >= since or (post.last_attempt_at is not None and post.last_attempt_at >= since)

"""The audit of a channel: what was found there is held against what ought to be, and what differs is put right.

One reading of a channel serves all its posts. Of several copies the oldest stays; a copy that nobody knew of is
adopted; one that Slack lost after saying ok is sent again, once it has been looked for a second time. Whoever wants to
know what a reading says about one post alone asks ``read_back``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.dispatch import SETTLE, Absent, Post, Shown

EVERY = timedelta(minutes=5)
HORIZON = timedelta(hours=24)
YOUNG = timedelta(minutes=15)
"""Slack loses what it loses at once: what is missed later was taken away by somebody."""
THREADS_FOR = timedelta(hours=1)
"""A thread is read by a call of its own, so only while it is this young."""
MOST_RESENT = 3
DEEPEST = timedelta(days=7)
"""How far back a channel is read for a post that is in doubt."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message in a channel that carries a post's tag; ``bot`` says whose it is, ``version`` what it shows, ``thread``
    is the root of the thread that it stands in."""

    ts: str
    tag: str
    bot: str
    version: int = 0
    thread: str = ""


def own(seen: Iterable[Sighting], bot: str) -> tuple[Sighting, ...]:
    """The bot's own messages, oldest first: anybody may copy a tag, nobody the bot."""
    return tuple(sorted((one for one in seen if one.bot == bot), key=lambda one: float(one.ts)))


def read_back(seen: Iterable[Sighting], bot: str, tag: str) -> Shown | Absent:
    """What a reading says about one post: its oldest copy and the version that it shows, or that there is none."""
    for one in own(seen, bot):
        if one.tag == tag:
            return Shown(one.ts, one.version)
    return Absent()


@dataclass(frozen=True, slots=True)
class Row:
    """A post as it was before the channel was read, and the root of its thread when it is a reply, also when it was
    put into the channel in the end."""

    post: Post
    thread_ts: str | None = None


# Effects: what the edge, or a simulation, does for a sweep.


@dataclass(frozen=True, slots=True)
class Read:
    """Read the channel from ``oldest`` on (aware UTC), or one of its threads. Answered with sightings, or with None
    when that was not possible."""

    thread_ts: str | None
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Mend:
    """Save the post unless anything happened to it since it was ``before``. Answered with whether it was kept."""

    before: Post
    after: Post


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a surplus copy. Answered with whether it is gone."""

    post: Post
    ts: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The posts were seen, each as it should be."""

    posts: tuple[Post, ...]


Effect = Read | Mend | Delete | Checked
Answer = tuple[Sighting, ...] | bool | None
Sweep = Generator[Effect, Answer, tuple[Sighting, ...]]


def sweep(rows: Sequence[Row], bot: str, now: datetime) -> Sweep:
    """The course of one channel's audit. ``rows`` are its posts of the last HORIZON and those in doubt, read before it
    begins at ``now``.

    Returns those of the bot's messages that belong to none of the posts, or to one that somebody is about to send. A
    channel that could not be read returns none and changes nothing.
    """
    since = _since(rows, now)
    channel = yield Read(None, since)
    if not isinstance(channel, tuple):
        return ()
    threads = _threads(rows, own(channel, bot), now)
    seen = yield from _read(threads, since, channel)
    if seen is None:
        return ()
    mine = own(seen, bot)
    found = _Found(rows, mine)
    sound: list[Post] = []
    # Replies first: once a surplus root is deleted nobody finds what stands in its thread.
    for row in sorted(rows, key=lambda row: not row.post.thread):
        if _readable(row, threads) and not (row.post.ts and float(row.post.ts) < since.timestamp()):
            kept = yield from _put_right(row.post, found, now)
            sound += [row.post] if kept else []
    yield Checked(tuple(sound))
    known = {row.post.tag for row in rows} - found.unadopted
    return tuple(one for one in mine if one.tag not in known)


class _Found:
    """The copies of each post, oldest first, and which of them stand in the thread of a surplus root."""

    def __init__(self, rows: Iterable[Row], mine: Iterable[Sighting]) -> None:
        self._copies: dict[str, list[Sighting]] = {}
        for one in mine:
            self._copies.setdefault(one.tag, []).append(one)
        self._by_key = {row.post.key: row.post for row in rows}
        self._threads = {row.post.thread for row in rows if row.post.thread}
        self._spared: set[str] = set()
        self.unadopted: set[str] = set()

    def copies(self, post: Post) -> tuple[Sighting, ...]:
        """All of the post's that may stay."""
        doomed = self._doomed(post)
        return tuple(one for one in self._copies.get(post.tag, ()) if one.thread not in doomed)

    def astray(self, post: Post) -> tuple[Sighting, ...]:
        """A reply's copies whose thread is about to go."""
        doomed = self._doomed(post)
        return tuple(one for one in self._copies.get(post.tag, ()) if one.thread in doomed)

    def _doomed(self, post: Post) -> set[str]:
        root = self._by_key.get(post.thread)
        copies = self._copies.get(root.tag, []) if root else []
        known = root is not None and copies and root.ts == copies[0].ts
        return {one.ts for one in surplus(copies)} if known else set()

    def has_replies(self, post: Post) -> bool:
        """Whether something belongs into the post's thread."""
        return post.key in self._threads

    def leave(self, post: Post) -> None:
        """Somebody else is at work on the post. A reply may leave something in a surplus thread, which then stays; one
        that is about to be sent may be there already."""
        self.spare(post)
        if post.ts is None:
            self.unadopted.add(post.tag)

    def spare(self, post: Post) -> None:
        """Something of a reply is left in a surplus thread, or may be, so that the thread must stay as well."""
        root = self._by_key.get(post.thread)
        if root is not None:
            self._spared.add(root.tag)

    def is_spared(self, post: Post) -> bool:
        """Whether the post's copies are to be left as they are for now."""
        return post.tag in self._spared


def _threads(rows: Sequence[Row], mine: Sequence[Sighting], now: datetime) -> dict[str, None]:
    """The threads in which replies are to be looked for: of the known roots, and of every copy of a root that has
    several."""
    young = (row for row in rows if (row.post.last_attempt_at or row.post.created_at) > now - THREADS_FOR)
    roots = {row.post.thread for row in rows if row.post.thread}
    tags = {row.post.tag for row in rows if row.post.key in roots}
    times = Counter(one.tag for one in mine)
    doubled = (one.ts for one in mine if one.tag in tags and times[one.tag] > 1)
    return dict.fromkeys([*(row.thread_ts for row in young if row.thread_ts), *doubled])


def _since(rows: Iterable[Row], now: datetime) -> datetime:
    """As far back as the oldest message in doubt was posted."""
    doubted = (row.post.first_attempt_at or row.post.created_at for row in rows if row.post.check_at)
    return max(now - DEEPEST, min((now - HORIZON, *doubted)))


def _readable(row: Row, threads: Container[str]) -> bool:
    return row.post.rootless or not row.post.thread or (row.thread_ts is not None and row.thread_ts in threads)


def _read(
    threads: Iterable[str], since: datetime, channel: tuple[Sighting, ...]
) -> Generator[Effect, Answer, tuple[Sighting, ...] | None]:
    seen = {one.ts: one for one in channel}
    for thread_ts in threads:
        page = yield Read(thread_ts, since)
        if not isinstance(page, tuple):
            return None
        seen |= {one.ts: one for one in page}
    return tuple(seen.values())


def _put_right(post: Post, found: _Found, now: datetime) -> Generator[Effect, Answer, bool]:
    """One post. True when it was found as it should be. The row follows first: whoever crashes after that leaves a
    surplus copy for the next sweep, and no row that names a message which is gone."""
    if in_hands(post, now) or found.is_spared(post):
        found.leave(post)
        return False
    copies, astray = found.copies(post), found.astray(post)
    after = moved(post, now) if astray and not copies else judged(post, copies, now)
    if after != post:
        kept = yield Mend(post, after)
        if not kept:
            found.leave(post)
            return False
        if after.ts != post.ts and found.has_replies(post):
            # Replies may be on their way into the other thread, so it is emptied and deleted at a later look.
            return False
    for one in (*surplus(copies), *astray):
        gone = yield Delete(post, one.ts)
        if not gone:
            found.spare(post)
    return after == post and bool(copies) and settled_by(post, now)


def in_hands(post: Post, now: datetime) -> bool:
    """Whether somebody is at work on the post, or was and nobody knows yet how far that went."""
    return post.state == "sending" or (post.lease_until is not None and post.lease_until > now)


def moved(post: Post, now: datetime) -> Post:
    """A reply that is to be posted again, into the thread that stays."""
    return replace(
        post, state="wanted", ts=None, shown=0, due_at=now, lease_until=None, reason="its thread was a second copy",
    )  # fmt: skip


def surplus(copies: Sequence[Sighting]) -> Sequence[Sighting]:
    """The copies to delete, given all of them, oldest first."""
    return copies[1:]


def settled_by(post: Post, now: datetime) -> bool:
    """Whether a reading that begins now sees what the last attempt left."""
    return post.last_attempt_at is None or post.last_attempt_at + SETTLE <= now


def judged(post: Post, copies: Sequence[Sighting], now: datetime) -> Post:
    """What a post should be, given its copies in the channel, oldest first. The same post when it is that already."""
    if not copies:
        return lost(post) if _is_lost(post, now) else _looked_for(post, now)
    if len(copies) > 1:
        # Whether the surplus copies are gone is for a later look to say.
        post = replace(post, check_at=now + SETTLE)
    first = copies[0]
    if post.ts != first.ts:
        return _adopted(post, first, now)
    if post.state == "shown" and post.shown != first.version:
        return replace(post, state="wanted", shown=first.version, due_at=now)
    return post


def _looked_for(post: Post, now: datetime) -> Post:
    """A post that is not there leaves no doubt any more, once it had the time to appear."""
    return replace(post, check_at=None) if settled_by(post, now) else post


def _adopted(post: Post, copy: Sighting, now: datetime) -> Post:
    """The post is what it turns out to be: shown, and to be edited when it does not show what is wanted."""
    behind = copy.version != post.wanted
    first, last = post.first_attempt_at or now, post.last_attempt_at or now
    return replace(
        post, ts=copy.ts, shown=copy.version, state="wanted" if behind else "shown", due_at=now, lease_until=None,
        attempts=0, reason="", first_attempt_at=first, last_attempt_at=last,
    )  # fmt: skip


def _is_lost(post: Post, now: datetime) -> bool:
    """Whether Slack said ok and has it not. What was once seen there and is no more was taken away by somebody."""
    if post.ts is None or post.state not in ("shown", "wanted") or post.checked_at is not None:
        return False
    if post.last_attempt_at is None or post.resent >= MOST_RESENT:
        return False
    return settled_by(post, now) and now - post.last_attempt_at < YOUNG


def lost(post: Post) -> Post:
    """The post to be looked for once more and then sent again."""
    return replace(
        post, state="maybe", ts=None, shown=0, lease_until=None, resent=post.resent + 1,
        reason="Slack lost it after saying ok",
    )  # fmt: skip

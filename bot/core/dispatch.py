"""How a post reaches Slack: a state machine that says what to do next and what an answer means.

A post is a message that ought to exist: ``wanted`` is the version that should be shown, ``shown`` the one that is.
Slack has no idempotent post, so the intent is written down (state ``sending``) before the first byte leaves, one
attempt is made, and an unclear outcome (state ``maybe``) is settled, read back from the channel by the post's own key,
and sent again only when it is not there. Edits are full renders of a known message and may be repeated freely.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.core.refusals import ERROR_CLASSES, ErrorClass, error_class

__all__ = [
    "CRITICAL", "ERROR_CLASSES", "LEASE", "LONGEST_WAIT", "SETTLE", "Absent", "Edit", "ErrorClass", "Forbidden",
    "NotSent", "Outcome", "Post", "PostState", "Promise", "ReadBack", "Rejected", "Send", "Shown", "Step", "Unclear",
    "Unread", "Wait", "attempting", "claimable", "claimed", "error_class", "next_step", "overtaken", "promise",
    "released", "settled",
]  # fmt: skip

PostState = Literal["wanted", "sending", "maybe", "shown", "parked", "dropped"]

LEASE = timedelta(seconds=30)
SETTLE = timedelta(seconds=60)
"""Longer than any call takes and than a message that was accepted stays out of the channel's history."""
LONGEST_WAIT = timedelta(hours=1)
CRITICAL = 4
"""From this urgency on a post is read back as soon as it has settled, however clear the answer was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message that ought to exist in a channel. ``id`` is opaque.

    ``due_at`` is when to look at it again, ``first_attempt_at`` since when a copy may be visible, ``limited_at`` since
    when Slack's limits hold it back. ``check_at`` is when it must be read back because there is doubt, ``checked_at``
    when it was last seen in the channel. ``resent`` counts how often Slack lost it after saying ok; ``rootless`` is a
    reply that stands in the channel because its thread is gone; ``generation`` counts the messages that could be
    changed no more and were left standing. ``awaited`` says that somebody did something and looks for it to show.
    """

    id: str
    channel: str
    key: str
    state: PostState
    wanted: int
    shown: int = 0
    ts: str | None = None
    thread: str = ""
    urgency: int = 0
    due_at: datetime
    attempts: int = 0
    epoch: int = 0
    lease_until: datetime | None = None
    first_attempt_at: datetime | None = None
    last_attempt_at: datetime | None = None
    limited_at: datetime | None = None
    created_at: datetime
    reason: str = ""
    check_at: datetime | None = None
    checked_at: datetime | None = None
    resent: int = 0
    rootless: bool = False
    generation: int = 0
    awaited: bool = False

    @property
    def tag(self) -> str:
        """What travels in the message's metadata, by which it is found again."""
        return f"{self.id}/{self.generation}" if self.generation else self.id


# What to do next.


@dataclass(frozen=True, slots=True)
class Send:
    """Post it: nothing of it can be in the channel."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Bring the message ``ts`` to the wanted version."""

    ts: str


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Look whether it is in the channel, from ``oldest`` on (aware UTC)."""

    oldest: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before ``until`` (aware UTC)."""

    until: datetime


Step = Send | Edit | ReadBack | Wait


# What came of it.


@dataclass(frozen=True, slots=True)
class Shown:
    """Slack has it, as message ``ts``; ``version`` is what it shows, when it was read and not written."""

    ts: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The channel was read and does not have it."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """It surely did not arrive; try again after ``wait``."""

    reason: str
    wait: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may have arrived."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """The channel could not be read."""

    reason: str
    wait: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The bot may not read the channel at all, so nobody will know."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Slack said no: ``error`` is its word."""

    error: str


Outcome = Shown | Absent | NotSent | Unclear | Unread | Forbidden | Rejected


def claimable(post: Post, now: datetime) -> bool:
    """Whether somebody should work on the post now: it is due and nobody does, or whoever did has vanished."""
    if post.lease_until is not None:
        return post.state in ("wanted", "maybe", "sending") and post.lease_until <= now
    return post.state in ("wanted", "maybe") and post.due_at <= now


def claimed(post: Post, now: datetime) -> Post:
    """The post in our hands until the lease ends.

    A vanished worker's first post may have arrived, so it is unclear; its edit may still land on a later one, so it
    counts as an attempt that was unclear.
    """
    unclear = post.state == "maybe" or (post.state == "sending" and post.ts is None)
    vanished = post.lease_until is not None
    return replace(
        post,
        state="maybe" if unclear else "wanted",
        epoch=post.epoch + 1,
        lease_until=now + LEASE,
        attempts=post.attempts + vanished,
    )


def next_step(post: Post, now: datetime) -> Step:
    """What the holder of a claimed post does now."""
    if post.ts is not None:
        return Edit(post.ts)
    if post.state != "maybe":
        return Send()
    settled = (post.last_attempt_at or post.created_at) + SETTLE
    if now < settled:
        return Wait(settled)
    return ReadBack(post.first_attempt_at or post.created_at)


def attempting(post: Post, now: datetime) -> Post:
    """The intent, to be committed before the first byte of a Send leaves."""
    return replace(
        post,
        state="sending",
        attempts=post.attempts + 1,
        first_attempt_at=post.first_attempt_at or now,
        last_attempt_at=now,
    )


def released(post: Post, until: datetime) -> Post:
    """Out of our hands, to be looked at again at ``until``."""
    state: PostState = "maybe" if post.state == "maybe" else "wanted"
    return replace(post, state=state, due_at=until, lease_until=None)


def settled(post: Post, version: int, outcome: Outcome, now: datetime) -> Post:
    """The post after an outcome. ``version`` is the one that was sent, which may no longer be the wanted one."""
    match outcome:
        case Shown(ts, read):
            return _shown(post, version if read is None else read, ts, now)
        case Absent():
            return replace(post, state="wanted", due_at=now, lease_until=None, reason="not in the channel")
        case NotSent(reason, wait):
            return _not_sent(post, reason, now + min(wait, LONGEST_WAIT))
        case Unread(reason, wait):
            return replace(post, state="maybe", due_at=now + min(wait, LONGEST_WAIT), lease_until=None, reason=reason)
        case Forbidden(reason):
            return _forbidden(post, reason, now)
        case Unclear(reason):
            return _unclear(post, reason, now)
        case _:
            return _rejected(post, outcome.error, now)


def _shown(post: Post, version: int, ts: str, now: datetime) -> Post:
    """A message found again by reading back may show some earlier version, and is then edited to the wanted one."""
    behind = post.wanted > version
    return replace(
        post,
        ts=ts,
        shown=version,
        state="wanted" if behind else "shown",
        due_at=now,
        lease_until=None,
        attempts=0,
        reason="",
        check_at=now + SETTLE if _in_doubt(post) else post.check_at,
    )


def _in_doubt(post: Post) -> bool:
    """Whether something may still land in the channel that nobody has an answer to, or nobody may miss the message."""
    if post.ts is not None:
        return post.attempts > 0
    return post.first_attempt_at != post.last_attempt_at or post.urgency >= CRITICAL


def _not_sent(post: Post, reason: str, until: datetime) -> Post:
    """When the only attempt surely came to nothing, no copy can be visible."""
    only = post.ts is None and post.first_attempt_at == post.last_attempt_at
    first = None if only else post.first_attempt_at
    return replace(post, state="wanted", due_at=until, lease_until=None, reason=reason, first_attempt_at=first)


Promise = Literal["at least once", "at most once"]


def promise(post: Post) -> Promise:
    """What holds for a post where it cannot be read back: rather two alerts than none, rather no digest than two."""
    return "at most once" if post.key.startswith("digest/") else "at least once"


def _forbidden(post: Post, reason: str, now: datetime) -> Post:
    if promise(post) == "at least once":
        return replace(post, state="wanted", due_at=now, lease_until=None, reason=f"cannot be read back: {reason}")
    # Whoever releases it decides that it is sent again, so that no reading stands in the way of that.
    told = f"may have been sent, and cannot be read back: {reason}"
    return replace(post, state="parked", lease_until=None, reason=told, first_attempt_at=None)


def _unclear(post: Post, reason: str, now: datetime) -> Post:
    if post.ts is not None:
        wait = min(timedelta(seconds=2 ** min(post.attempts, 6)), LONGEST_WAIT)
        return replace(
            post, state="wanted", due_at=now + wait, lease_until=None, reason=reason, attempts=post.attempts + 1
        )
    return replace(post, state="maybe", due_at=now + SETTLE, lease_until=None, reason=reason)


_WAITS = {"wait": timedelta(seconds=30), "workspace": timedelta(minutes=1), "quota": LONGEST_WAIT}


def _rejected(post: Post, error: str, now: datetime) -> Post:
    kind = error_class(error)
    match kind:
        case "wait" | "workspace" | "quota" if post.state == "maybe":
            # A refusal to read back says nothing about the message, which may still be in the channel.
            return replace(post, due_at=now + _WAITS[kind], lease_until=None, reason=error)
        case "wait" | "workspace" | "quota":
            return _not_sent(post, error, now + _WAITS[kind])
        case "unclear":
            return _unclear(post, error, now)
        case "gone" | "uneditable" if post.ts is not None:
            return _anew(post, error, now, post.generation + (kind == "uneditable"))
        case "thread" if post.ts is None and post.thread and not post.rootless:
            return replace(_not_sent(post, error, now), rootless=True)
        case _ if post.state == "maybe":
            return replace(post, state="parked", lease_until=None, reason=error)
        case _:
            return replace(_not_sent(post, error, now), state="parked")


def _anew(post: Post, error: str, now: datetime, generation: int) -> Post:
    """A message that cannot be changed stays, under its old tag, so that the sweep leaves it alone."""
    return replace(
        post, state="wanted", ts=None, shown=0, due_at=now, lease_until=None, reason=error,
        first_attempt_at=None, checked_at=None, attempts=0, generation=generation,
    )  # fmt: skip


def overtaken(post: Post, now: datetime) -> Post:
    """The post when a worker that had lost it comes back with an answer: what it sent may be there as well."""
    if post.state == "wanted" and post.ts is None and post.lease_until is None:
        since = post.first_attempt_at or now - SETTLE
        return replace(post, state="maybe", due_at=now, first_attempt_at=since, last_attempt_at=now)
    return replace(post, check_at=now + SETTLE)

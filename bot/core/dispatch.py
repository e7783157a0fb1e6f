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

PostState = Literal["wanted", "sending", "maybe", "shown", "parked", "dropped"]

LEASE = timedelta(seconds=30)
SETTLE = timedelta(seconds=60)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message that ought to exist in a channel. ``id`` is opaque and travels in the message's metadata.

    ``due_at`` is when to look at it again, ``first_attempt_at`` since when a copy may be visible,
    ``limited_at`` since when Slack's limits hold it back.
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
    """Slack has it, as message ``ts``."""

    ts: str


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
class Rejected:
    """Slack said no: ``error`` is its word."""

    error: str


Outcome = Shown | Absent | NotSent | Unclear | Unread | Rejected

ErrorClass = Literal["wait", "unclear", "destination", "workspace", "content", "gone", "unknown"]

_ERRORS: dict[ErrorClass, tuple[str, ...]] = {
    "wait": (
        "ratelimited", "rate_limited", "request_timeout", "team_added_to_org", "org_login_required",
        "message_limit_exceeded",
    ),
    "unclear": ("fatal_error", "internal_error", "service_unavailable"),
    "destination": (
        "channel_not_found", "is_archived", "not_in_channel", "restricted_action",
        "restricted_action_read_only_channel", "restricted_action_non_threadable_channel",
        "restricted_action_thread_only_channel", "no_permission",
        "ekm_access_denied", "messages_tab_disabled", "team_not_found", "team_access_not_granted",
    ),
    "workspace": (
        "token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive", "missing_scope",
        "not_allowed_token_type", "app_access_restricted", "two_factor_setup_required", "access_denied",
    ),
    "content": (
        "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text",
        "too_many_attachments", "attachment_payload_limit_exceeded", "metadata_too_large", "invalid_metadata_format",
        "invalid_metadata_schema", "metadata_must_be_sent_from_app", "markdown_text_conflict", "invalid_charset",
        "invalid_arguments", "invalid_arg_name",
    ),
    "gone": (
        "message_not_found", "edit_window_closed", "cant_update_message", "is_inactive", "cannot_reply_to_message",
        "restricted_action_thread_locked", "thread_not_found",
    ),
}  # fmt: skip
ERROR_CLASSES: dict[str, ErrorClass] = {error: kind for kind, errors in _ERRORS.items() for error in errors}


def error_class(error: str) -> ErrorClass:
    """What a Slack error means for a post; one that nobody has heard of is "unknown"."""
    return ERROR_CLASSES.get(error, "unknown")


def claimable(post: Post, now: datetime) -> bool:
    """Whether somebody should work on the post now: it is due and nobody does, or whoever did has vanished."""
    if post.lease_until is not None:
        return post.state in ("wanted", "maybe", "sending") and post.lease_until <= now
    return post.state in ("wanted", "maybe") and post.due_at <= now


def claimed(post: Post, now: datetime) -> Post:
    """The post in our hands until the lease ends. A vanished worker's first post may have arrived, so it is unclear."""
    unclear = post.state == "maybe" or (post.state == "sending" and post.ts is None)
    return replace(post, state="maybe" if unclear else "wanted", epoch=post.epoch + 1, lease_until=now + LEASE)


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
        case Shown(ts):
            return _shown(post, version, ts, now)
        case Absent():
            return replace(post, state="wanted", due_at=now, lease_until=None, reason="not in the channel")
        case NotSent(reason, wait):
            return replace(post, state="wanted", due_at=now + min(wait, LONGEST_WAIT), lease_until=None, reason=reason)
        case Unread(reason, wait):
            return replace(post, state="maybe", due_at=now + min(wait, LONGEST_WAIT), lease_until=None, reason=reason)
        case Unclear(reason):
            return _unclear(post, reason, now)
        case _:
            return _rejected(post, outcome.error, now)


def _shown(post: Post, version: int, ts: str, now: datetime) -> Post:
    """A message found again by reading back shows some earlier version, so it is edited to the wanted one."""
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
    )


def _unclear(post: Post, reason: str, now: datetime) -> Post:
    if post.ts is not None:
        wait = min(timedelta(seconds=2 ** min(post.attempts, 6)), LONGEST_WAIT)
        return replace(
            post, state="wanted", due_at=now + wait, lease_until=None, reason=reason, attempts=post.attempts + 1
        )
    return replace(post, state="maybe", due_at=now + SETTLE, lease_until=None, reason=reason)


def _rejected(post: Post, error: str, now: datetime) -> Post:
    # A refusal to read back says nothing about the message, which may still be in the channel.
    state: PostState = "maybe" if post.state == "maybe" else "wanted"
    match error_class(error):
        case "wait":
            return replace(post, state=state, due_at=now + timedelta(seconds=30), lease_until=None, reason=error)
        case "unclear":
            return _unclear(post, error, now)
        case "workspace":
            return replace(post, state=state, due_at=now + timedelta(minutes=1), lease_until=None, reason=error)
        case "gone" if post.ts is not None:
            return replace(post, state="wanted", ts=None, shown=0, due_at=now, lease_until=None, reason=error)
        case _:
            return replace(post, state="parked", lease_until=None, reason=error)

"""What is wanted of a post: how its row follows when a message is wanted, wanted anew, or taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.dispatch import Post
from bot.core.refusals import error_class


def raised(post: Post, *, new: bool, fresh: str, due_at: datetime | None, now: datetime, reason: str) -> Post:
    """The post with its next version wanted when what it says is ``new``. ``fresh`` is the id of a new message that is
    to stand beside the old one, or "". What somebody is sending, or may have sent, stays in its state; and a wait
    that Slack asked for stays a wait."""
    if new:
        post = replace(post, wanted=post.wanted + 1)
    if fresh and post.state in ("shown", "wanted", "parked", "dropped") and post.ts is not None:
        post = _named_anew(post, fresh)
    match post.state:
        case "shown" | "dropped" if new:
            return replace(post, state="wanted", due_at=due_at or now, reason=reason)
        case "parked" if new and error_class(post.reason) == "content":
            return replace(post, state="wanted", due_at=due_at or now, reason=reason)
        case "wanted" if post.last_attempt_at is None and post.lease_until is None:
            return replace(post, due_at=due_at or now, reason=reason)
        case _:
            return post


def _named_anew(post: Post, id: str) -> Post:
    return replace(
        post, id=id, ts=None, shown=0, first_attempt_at=None, last_attempt_at=None, check_at=None, checked_at=None,
        resent=0, rootless=False, generation=0,
    )  # fmt: skip


def unparked(post: Post, now: datetime) -> Post:
    """A parked post that an operator has tried again; where a copy may be visible it is looked for first."""
    maybe = post.ts is None and post.first_attempt_at is not None
    return replace(post, state="maybe" if maybe else "wanted", due_at=now, attempts=0, reason="")


def droppable(post: Post) -> bool:
    """Whether nobody can have seen the post, so that it may be taken back."""
    return post.ts is None and post.state in ("wanted", "parked")


def falls_with_its_root(reply: Post) -> bool:
    """Whether a reply is taken back together with a root that nobody has seen: then nobody can have seen the reply."""
    return reply.ts is None and reply.state != "dropped" and not reply.rootless


def dropped(post: Post, reason: str, now: datetime) -> Post:
    """The post taken back. Whoever holds it loses it, for they may be about to send it."""
    return replace(post, state="dropped", reason=reason, due_at=now, lease_until=None, epoch=post.epoch + 1)

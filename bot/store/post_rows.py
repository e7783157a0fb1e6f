"""A post as its row, for all that write or read one.

``look_at`` is the one column by which work is found: when a post is due, or when the lease on it ends; it is NULL
where nothing is left to do, so neither claiming nor waking looks at what is finished.
"""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, case, null, update

from bot.core.dispatch import Post
from bot.store.tables.work import post as posts

_FIELDS = tuple(spec.name for spec in fields(Post))
_ALERT = re.compile(r"alert/(\d{1,15})(?:/|$)", re.ASCII)
_BEHIND = posts.c.wanted > bindparam("seen")
CHANGED = update(posts).where(posts.c.id == bindparam("of_id"))
AS_SHOWN = {
    "state": case((_BEHIND, "wanted"), else_="shown"),
    "look_at": case((_BEHIND, bindparam("next_at", type_=posts.c.look_at.type)), else_=null()),
}
"""What is shown may be wanted otherwise meanwhile."""


def post_of(row: RowMapping) -> Post:
    """The post of a row."""
    return Post(**{name: row[name] for name in _FIELDS})


def row_of(post: Post) -> dict[str, Any]:
    """The columns of a post, all but its message."""
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


def work_of(post: Post) -> dict[str, Any]:
    """The columns that whoever works on a post may write."""
    kept = row_of(post)
    for name in ("id", "channel", "key", "wanted", "thread", "urgency", "created_at", "awaited", "alert"):
        del kept[name]
    if post.state == "shown":
        del kept["state"], kept["look_at"]
        kept |= {"seen": post.shown, "next_at": post.due_at}
    return kept

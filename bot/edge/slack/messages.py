"""A post's message in the words of Slack's Web API: as it is sent, and as a channel that is read gives it back."""

from __future__ import annotations

from typing import Any

from bot.core.dispatch import Outcome, Shown, Unclear
from bot.core.sweep import Sighting
from bot.edge.render import Rendered

Json = dict[str, Any]

EVENT_TYPE = "floorwalker_post"
"""By which the metadata of a post's message is told from that of other apps."""

# Nothing that is said is read once more by Slack, for links, names or channels that nobody meant.
PLAIN: Json = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}


def content(rendered: Rendered) -> Json:
    """Text and blocks. An edit without blocks takes away those that are there."""
    return {"text": rendered.text, **({"blocks": rendered.blocks} if rendered.blocks else {}), **PLAIN}


def shown(answer: Json) -> Outcome:
    """What an answer says that was ok: Shown with the message's ts."""
    ts = answer.get("ts")
    return Shown(ts) if isinstance(ts, str) and ts else Unclear("an answer without ts")


def metadata(tag: str, version: int) -> Json:
    """By what a message is found again: the post's tag, and the version that it shows."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": tag, **({"version": version} if version else {})}}


def sighting(message: Json) -> Sighting | None:
    """A message with a tag, whoever wrote it; what others put into the metadata may be anything."""
    found = message.get("metadata") or {}
    payload = found.get("event_payload") or {}
    tag, version = payload.get("key"), payload.get("version")
    if found.get("event_type") != EVENT_TYPE or not isinstance(tag, str):
        return None
    seen = version if isinstance(version, int) else 0
    return Sighting(message["ts"], tag, str(message.get("bot_id", "")), seen, str(message.get("thread_ts", "")))

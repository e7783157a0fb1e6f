"""The ways back to whoever asked: which addresses may be answered, and the button that shares an answer."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError
from slack_sdk.errors import SlackClientError

from bot.edge.slack.asked import SHARE

NOT_TOLD = (SlackClientError, ClientError, TimeoutError, OSError)
"""What it looks like when Slack did not take an answer."""

_SLACK = ("https", "hooks.slack.com", None)
_LONGEST_VALUE = 2000


def may_answer(url: str, base_url: str = "") -> bool:
    """Whether ``url`` is Slack's own place for answers, or on the configured Web API's host: scheme, host and port
    must agree exactly, so that nobody can have the bot call an address of theirs."""
    place = _place(url)
    return place is not None and place in (_SLACK, _place(base_url))


def _place(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.password is not None or not parts.hostname or "\\" in url:
        return None
    return parts.scheme, parts.hostname, None if (parts.scheme, port) == ("https", 443) else port


def share_block(command: str, text: str) -> dict[str, Any] | None:
    """The button that shows an answer to the channel. It carries the question, and the answer is made anew; None when
    the question is too long for a button."""
    value = json.dumps([command, text], separators=(",", ":"), ensure_ascii=False)
    if len(value) > _LONGEST_VALUE:
        return None
    label = {"type": "plain_text", "text": "Share with the channel"}
    button = {"type": "button", "action_id": SHARE, "text": label, "value": value}
    return {"type": "actions", "block_id": "reply", "elements": [button]}


def shared_command(value: str) -> tuple[str, str]:
    """The command and the text that a share button carries. Raises ValueError for anything else."""
    given = json.loads(value)
    match given:
        case [str(command), str(text)]:
            return command, text
    raise ValueError("not a question")

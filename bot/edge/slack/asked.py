"""What somebody asked of the bot in Slack, cut down to what is needed to do it; stored before Slack is answered."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args

from bot.core.forms import Entered
from bot.core.message import ASK
from bot.edge.forms import PREFIX, entered, place
from bot.edge.render import PICK

Kind = Literal["command", "click", "share", "home", "form", "shortcut"]

SHARE = "reply.share"
ALERT = "alert."
SHORTCUT = "alert"
"""The message shortcut's name in the manifest."""
_KINDS = get_args(Kind)
_OF_ACTION: Mapping[str, Kind] = {SHARE: "share", PICK: "shortcut"}
"""What a button or a list is for, where it is not one of an alert's own; what opens an alert is a shortcut to it."""
_ALERT_KEY = re.compile(r"alert/([0-9]{1,12})(?:/|$)", re.ASCII)
_LINK = re.compile(r"<(?!@)(?:[#!][^<>|]*|(?P<link>[^<>|]*))(?:\|(?P<words>[^<>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_LONGEST = 4000


class Unreadable(Exception):
    """Stored bytes that are nothing asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command, the click on an alert's button or on Share, a visit of App Home, a form, or the shortcut on a message,
    by ``user`` (a Slack id).

    ``by`` names the process that took it down. ``action`` is the button without its prefix, ``value`` what it carries.
    ``response_url`` and ``trigger`` are Slack's ways back: half an hour, and three seconds. A form has its name as its
    ``action`` and what it is about as its ``value``; ``entries`` is JSON, and ``at`` when it, or a command, was sent
    (ISO, aware). A click in a window has its id as ``view``; a shortcut the number of the message's alert as its
    ``value``, "" for none.
    """

    kind: Kind
    user: str
    by: str = ""
    channel: str = ""
    command: str = ""
    text: str = ""
    action: str = ""
    value: str = ""
    response_url: str = ""
    trigger: str = ""
    shop: str = ""
    entries: str = ""
    at: str = ""
    view: str = ""

    def entered(self) -> Entered:
        """What was entered in the form."""
        given = json.loads(self.entries or "{}")
        return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def write(asked: Asked) -> bytes:
    """As JSON, without what is empty."""
    named = {field.name: getattr(asked, field.name) for field in fields(asked)}
    return json.dumps({name: text for name, text in named.items() if text}, separators=(",", ":")).encode()


def read(body: bytes) -> Asked:
    """The reverse of ``write``. Raises Unreadable."""
    try:
        given = json.loads(body)
        asked = Asked(**given)
    except (ValueError, TypeError, RecursionError):
        raise Unreadable("not what was written") from None
    if asked.kind not in _KINDS or not all(isinstance(getattr(asked, field.name), str) for field in fields(asked)):
        raise Unreadable("not what was written")
    return asked


def of_command(body: Mapping[str, Any], now: datetime) -> Asked:
    """From the form fields of a slash command, which came in now."""
    return Asked(
        kind="command",
        user=_text(body, "user_id"),
        channel=_text(body, "channel_id"),
        command=_text(body, "command"),
        text=_unescaped(_text(body, "text")),
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        at=now.isoformat(),
    )


def of_click(body: Mapping[str, Any]) -> Asked:
    """From a block_actions payload; a button in a modal answers in the channel that the modal was opened from, one at
    home nowhere. A button that asks a command is the command."""
    action_id, value = _pressed(body["actions"][0])
    if action_id == ASK:
        command, _, text = value.partition(" ")
        trigger = _text(body, "trigger_id")
        return Asked(kind="command", user=_text(body["user"], "id"), command=command, text=text, trigger=trigger)
    channel = body.get("channel") or {}
    view = body.get("view") or {}
    return Asked(
        kind=_OF_ACTION.get(action_id, "click"),
        user=_text(body["user"], "id"),
        channel=_text(channel, "id") or _text(view, "private_metadata"),
        action=action_id.removeprefix(ALERT),
        value=value,
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
        view=_text(view, "id") if view.get("type") == "modal" else "",
    )


def _pressed(action: Mapping[str, Any]) -> tuple[str, str]:
    """The button and what it carries; an entry of a menu names both itself."""
    chosen = action.get("selected_option")
    if not isinstance(chosen, dict):
        return _text(action, "action_id"), _text(action, "value")
    action_id, _, value = _text(chosen, "value").partition(" ")
    return action_id, value


def of_shortcut(body: Mapping[str, Any]) -> Asked:
    """From a message_action payload of the shortcut on a message."""
    return Asked(
        kind="shortcut",
        user=_text(body["user"], "id"),
        channel=_text(body.get("channel") or {}, "id"),
        value=_alert_of(body.get("message") or {}),
        response_url=_text(body, "response_url"),
        trigger=_text(body, "trigger_id"),
    )


def _alert_of(message: Mapping[str, Any]) -> str:
    """The number of the alert that a message is about, by its buttons or else by our key in its metadata."""
    elements = (each for block in message.get("blocks") or () for each in block.get("elements") or ())
    buttons = [each for each in elements if _text(each, "action_id").startswith(ALERT)]
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    told = [_text(each, "value").partition(".")[0] for each in buttons]
    key = _ALERT_KEY.match(_text(payload, "key"))
    named = next((number for number in told if number.isascii() and number.isdigit()), "")
    return named or (key[1] if key else "")


def of_visit(body: Mapping[str, Any]) -> Asked:
    """From an app_home_opened event."""
    return Asked(kind="home", user=_text(body["event"], "user"))


def of_submission(body: Mapping[str, Any], now: datetime) -> Asked:
    """From a view_submission payload of a form. Raises ValueError for a view that no form of ours can be."""
    view = body["view"]
    where = place(_text(view, "private_metadata"))
    values = entered((view.get("state") or {}).get("values"))
    return Asked(
        kind="form",
        user=_text(body["user"], "id"),
        channel=where.channel,
        action=_text(view, "callback_id").removeprefix(PREFIX),
        value=where.about,
        shop=where.shop,
        entries=json.dumps(values, separators=(",", ":"), sort_keys=True),
        at=now.isoformat(),
    )


def submission_key(body: Mapping[str, Any], what: Asked) -> str:
    """A window that is sent again with the same entries is the same sending; with others it is another one."""
    digest = hashlib.sha256(what.entries.encode()).hexdigest()[:32]
    return ":".join(("form", _text(body["view"], "id"), what.user, digest))


def shortcut_key(body: Mapping[str, Any]) -> str:
    """A trigger is made for one use of a shortcut."""
    return f"shortcut:{_text(body, 'trigger_id')}"


def click_key(body: Mapping[str, Any]) -> str:
    """A click has no id of its own: where, when, by whom and on what stand for it."""
    container, action = body.get("container") or {}, body["actions"][0]
    where = _text(container, "message_ts") or _text(container, "view_id")
    named = (where, _text(action, "action_ts"), _text(body["user"], "id"), _text(action, "action_id"))
    return ":".join(("click", *named))


def _unescaped(text: str) -> str:
    """What was typed, where Slack has turned names into ids: people stay ids, channels and links are words again."""
    words = _LINK.sub(lambda found: found["words"] or found["link"] or "", text)
    for entity, sign in _ENTITIES:
        words = words.replace(entity, sign)
    return words


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value[:_LONGEST] if isinstance(value, str) else ""

"""The Slack app's manifest, made from the catalog's commands, so that what Slack offers is what the bot answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.core.handlers import Command
from bot.edge.slack.asked import SHORTCUT

EVENTS_PATH = "/slack/events"
INSTALL = "https://api.slack.com/apps?new_app=1&manifest_json="

# Each scope with the reason that an administrator may ask for.
SCOPES = {
    "chat:write": "posts, edits and private answers",
    "commands": "the slash commands",
    "channels:read": "finds public channels by name, and checks that the bot and no other workspace is in them",
    "groups:read": "the same for private channels",
    "channels:history": "looks whether a post of unclear outcome arrived, instead of posting it twice",
    "groups:history": "the same for private channels",
    "users:read": "tells guests and people of other workspaces from members before anything is shown or changed",
    "usergroups:read": "looks who is in the user groups to which the config grants something",
}

_LONG_DESCRIPTION = (
    "Floorwalker walks every department of a shop so that nobody has to shout across the floor. It listens to what the "
    "shop's systems say about campaigns, payments, stock, orders and deliveries, decides what somebody must act on, "
    "tells the department that must act, and keeps that one message true until the matter is closed."
)
_SHORTCUT = {
    "name": "Alert…",
    "type": "message",
    "callback_id": SHORTCUT,
    "description": "What can be done with this alert: take it, hand it off, snooze or resolve it.",
}
_COMMAND_DESCRIPTION = 2000
_USAGE_HINT = 1000


class UnfitCommand(Exception):
    """A command that Slack's manifest cannot hold; the message names it and the limit."""


def app_manifest(
    commands: Mapping[tuple[str, str], Command], *, public_url: str = "", name: str = "Floorwalker"
) -> dict[str, Any]:
    """The manifest as Slack's schema (2.0) wants it: Socket Mode, or HTTP when there is a ``public_url``.

    ``commands`` are the catalog's, by name and verb. Raises UnfitCommand for a name that Slack would refuse.
    """
    address = public_url.rstrip("/") + EVENTS_PATH if public_url else ""
    return {
        "display_information": {
            "name": name,
            "description": "Tells each department of a shop what it must act on, once.",
            "long_description": _LONG_DESCRIPTION,
            "background_color": "#1f3a34",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": False,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "shortcuts": [_SHORTCUT],
            "slash_commands": [_slash(typed, verbs, address) for typed, verbs in sorted(_by_name(commands).items())],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": _settings(address),
    }


def install_link(manifest: Mapping[str, Any]) -> str:
    """The address that creates a Slack app from the manifest with one click."""
    return INSTALL + quote(json.dumps(manifest, separators=(",", ":"), ensure_ascii=False), safe="")


def _settings(address: str) -> dict[str, Any]:
    given = {"request_url": address} if address else {}
    return {
        "event_subscriptions": given | {"bot_events": ["app_home_opened"]},
        "interactivity": {"is_enabled": True} | given,
        "org_deploy_enabled": False,
        "socket_mode_enabled": not address,
        "token_rotation_enabled": False,
    }


def _by_name(commands: Mapping[tuple[str, str], Command]) -> dict[str, list[Command]]:
    """Slack knows a command by its name alone; the verbs after it are the bot's own affair."""
    named: dict[str, list[Command]] = {}
    for command in commands.values():
        named.setdefault(command.name, []).append(command)
    if len(named) > 50:
        raise UnfitCommand(f"{len(named)} slash commands, and Slack takes 50: give some of them a verb under one name")
    return named


def _slash(name: str, verbs: list[Command], address: str) -> dict[str, Any]:
    typed = f"/{name}"
    if len(typed) > 32 or name != name.lower() or any(sign.isspace() or sign == "/" for sign in name) or not name:
        raise UnfitCommand(f"{typed!r}: a command is one lower-case word of at most 31 characters")
    told: dict[str, Any] = {
        "command": typed,
        "description": _description(verbs)[:_COMMAND_DESCRIPTION],
        # Only so does a person who is named come with their id.
        "should_escape": any("@" in verb.usage for verb in verbs),
    }
    hint = _usage(verbs)[:_USAGE_HINT]
    return told | ({"usage_hint": hint} if hint else {}) | ({"url": address} if address else {})


def _description(verbs: list[Command]) -> str:
    """The first line of what a command does; of one with verbs, what they are."""
    if len(verbs) == 1:
        return verbs[0].doc.partition("\n")[0].strip()
    return "Floorwalker: " + ", ".join(sorted(command.verb for command in verbs if command.verb))


def _usage(verbs: list[Command]) -> str:
    if len(verbs) == 1:
        return " ".join(part for part in (verbs[0].verb, verbs[0].usage) if part)
    listed = sorted(verbs, key=lambda command: command.verb)
    return " | ".join(" ".join(part for part in (command.verb, command.usage) if part) for command in listed)

"""What Slack sends an app: the bodies of events, slash commands and interactions, in Slack's fields."""

import re

from bot.workbench import roster
from bot.workbench.journal import Json
from bot.workbench.methods_chat import shown
from bot.workbench.state import Workspace
from bot.workbench.views import shown_view

TEAM = {"id": roster.TEAM_ID, "domain": roster.TEAM_DOMAIN}


def user_of(user: str) -> Json:
    """The `user` object of an interaction."""
    handle = roster.MEMBERS[user].handle
    return {"id": user, "username": handle, "name": handle, "team_id": roster.TEAM_ID}


def channel_of(channel: roster.Channel) -> Json:
    """The `channel` object of an interaction."""
    return {"id": channel.id, "name": channel.name}


def event_body(workspace: Workspace, event: Json) -> Json:
    """The envelope of the Events API around one event, with a new event_id."""
    seat = {"enterprise_id": None, "team_id": roster.TEAM_ID, "user_id": roster.BOT_USER}
    return {
        "token": roster.VERIFICATION_TOKEN,
        "team_id": roster.TEAM_ID,
        "api_app_id": roster.APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": workspace.name("Ev"),
        "event_time": int(workspace.clock.now()),
        "authorizations": [seat | {"is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event['type']}-{workspace.number()}",
    }


def message_event(message: Json, kind: str, channel_type: str) -> Json:
    """A message as an event: `kind` is message or app_mention."""
    event = shown(message) | {"type": kind, "channel": message["channel"], "event_ts": message["ts"]}
    return event | ({"channel_type": channel_type} if kind == "message" else {})


def command_body(workspace: Workspace, user: str, channel: roster.Channel, command: str, text: str, url: str) -> Json:
    """A slash command's fields, all of them strings; `url` is its response_url."""
    return {
        "token": roster.VERIFICATION_TOKEN,
        "team_id": roster.TEAM_ID,
        "team_domain": roster.TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": user,
        "user_name": roster.MEMBERS[user].handle,
        "command": command,
        "text": text,
        "api_app_id": roster.APP_ID,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": workspace.trigger(user),
    }


def escaped(text: str) -> str:
    """What a member typed, as Slack sends it to a command that asks for it: signs as entities, people by their ids."""
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, entity)
    for member in roster.MEMBERS.values():
        text = re.sub(rf"(?<!\S)@{re.escape(member.handle)}\b", f"<@{member.id}|{member.handle}>", text)
    return text


def _interaction(workspace: Workspace, kind: str, user: str) -> Json:
    return {
        "type": kind,
        "user": user_of(user),
        "api_app_id": roster.APP_ID,
        "token": roster.VERIFICATION_TOKEN,
        "trigger_id": workspace.trigger(user),
        "team": TEAM,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_action(workspace: Workspace, user: str, message: Json, action: Json, state: Json, url: str) -> Json:
    """block_actions for an element of a message; an ephemeral message is not sent along, as with Slack."""
    channel = workspace.channels[message["channel"]]
    ephemeral = "ephemeral_to" in message
    container = {"type": "message", "message_ts": message["ts"], "channel_id": channel.id, "is_ephemeral": ephemeral}
    thread = {"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}
    body = _interaction(workspace, "block_actions", user) | {
        "container": container | thread,
        "channel": channel_of(channel),
        "state": state,
        "response_url": url,
        "actions": [action],
    }
    return body if ephemeral else body | {"message": shown(message)}


def shortcut(workspace: Workspace, user: str, message: Json, callback_id: str, url: str) -> Json:
    """message_action: a member chose an app's shortcut in a message's menu."""
    interaction = _interaction(workspace, "message_action", user)
    return interaction | {
        "callback_id": callback_id,
        "action_ts": workspace.next_ts(),
        "message_ts": message["ts"],
        "channel": channel_of(workspace.channels[message["channel"]]),
        "message": shown(message),
        "response_url": url,
    }


def view_action(workspace: Workspace, user: str, view: Json, action: Json) -> Json:
    """block_actions for an element of a modal or App Home."""
    return _interaction(workspace, "block_actions", user) | {
        "container": {"type": "view", "view_id": view["id"]},
        "view": shown_view(view),
        "actions": [action],
    }


def submission(workspace: Workspace, user: str, view: Json) -> Json:
    """view_submission, the entered values being in the view's state."""
    return _interaction(workspace, "view_submission", user) | {"view": shown_view(view), "response_urls": []}


def closing(workspace: Workspace, user: str, view: Json, *, cleared: bool) -> Json:
    """view_closed, which Slack sends for views that ask for it; it carries no trigger_id."""
    body = _interaction(workspace, "view_closed", user) | {"view": shown_view(view), "is_cleared": cleared}
    return {key: value for key, value in body.items() if key != "trigger_id"}


def suggestion(workspace: Workspace, user: str, place: Json, element: Json, value: str) -> Json:
    """block_suggestion: what was typed into a select whose options come from the app."""
    names = {"action_id": element["action_id"], "block_id": element["block_id"]}
    body = _interaction(workspace, "block_suggestion", user) | place | names | {"value": value}
    return {key: entry for key, entry in body.items() if key != "trigger_id"}

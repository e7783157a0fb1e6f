"""auth.*, api.*, apps.*, users.*, usergroups.* and reactions.*: who is who, and the small rest."""

from bot.workbench import roster
from bot.workbench.journal import Json
from bot.workbench.methods_conversations import page
from bot.workbench.registry import Call, method
from bot.workbench.roster import Member
from bot.workbench.state import Refusal


@method("api.test", tier=4, token="none")
def api_test(call: Call) -> Json:
    """Echo the arguments, or fail with the error asked for."""
    if call.text("error"):
        raise Refusal(call.text("error"), args=call.arguments)
    return {"args": call.arguments}


@method("auth.test", tier=5)
def auth_test(call: Call) -> Json:
    """Who the token is."""
    return {
        "url": f"{call.workspace.base_url}/",
        "team": roster.TEAM_NAME,
        "team_id": roster.TEAM_ID,
        "user": roster.BOT_NAME.lower(),
        "user_id": roster.BOT_USER,
        "bot_id": roster.BOT_ID,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", tier=3, token="app")
def open_connection(call: Call) -> Json:
    """A WebSocket address for Socket Mode, good for one connection."""
    ticket = call.workspace.name("ticket")
    call.workspace.tickets.add(ticket)
    place = call.workspace.base_url.replace("http", "ws", 1)
    return {"url": f"{place}/link/?ticket={ticket}&app_id={roster.APP_ID}"}


def _described(member: Member) -> Json:
    return _person(member.id, member.name, member.handle, member.title) | {"is_bot": False}


def _bot() -> Json:
    person = _person(roster.BOT_USER, roster.BOT_NAME, roster.BOT_NAME.lower(), "")
    person["profile"] |= {"bot_id": roster.BOT_ID, "api_app_id": roster.APP_ID}
    return person | {"is_bot": True}


def _person(user: str, name: str, handle: str, title: str) -> Json:
    profile = {"real_name": name, "display_name": handle, "title": title, "team": roster.TEAM_ID}
    zone = {"tz": "Europe/Berlin", "tz_label": "Central European Time", "tz_offset": 3600, "locale": "en-GB"}
    return (
        {"id": user, "team_id": roster.TEAM_ID, "name": handle, "real_name": name, "deleted": False}
        | zone
        | {
            "profile": profile,
            "is_app_user": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "updated": 1_700_000_000,
        }
    )


@method("users.info", tier=4, scope="users:read")
def one_user(call: Call) -> Json:
    """One person."""
    user = call.required("user", "user_not_found")
    if user == roster.BOT_USER:
        return {"user": _bot()}
    if user not in roster.MEMBERS:
        raise Refusal("user_not_found")
    return {"user": _described(roster.MEMBERS[user]) | call.workspace.flags.get(user, {})}


@method("users.list", tier=2, scope="users:read")
def list_users(call: Call) -> Json:
    """Everybody, the bot included."""
    rows, more = page(call, [*map(_described, roster.MEMBERS.values()), _bot()])
    return {"members": rows, "response_metadata": more}


@method("usergroups.list", tier=2, scope="usergroups:read")
def list_groups(call: Call) -> Json:
    """The workspace's user groups; who is in them and how many that are only for whoever asks for it."""
    left_out = {
        key for key, flag in (("users", "include_users"), ("user_count", "include_count")) if not call.flag(flag)
    }
    groups = [_group(group, call.workspace.members_of(group)) for group in roster.GROUPS]
    return {"usergroups": [{key: value for key, value in group.items() if key not in left_out} for group in groups]}


def _group(group: roster.Group, members: tuple[str, ...]) -> Json:
    return {
        "id": group.id,
        "team_id": roster.TEAM_ID,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 1_700_000_000,
        "date_update": 1_700_000_000,
        "date_delete": 0,
        "auto_type": None,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": "U0ANNA",
        "updated_by": "U0ANNA",
        "deleted_by": None,
        "prefs": {"channels": [], "groups": []},
        "user_count": len(members),
        "users": list(members),
    }


@method("usergroups.users.list", tier=2, scope="usergroups:read")
def list_group_users(call: Call) -> Json:
    """Who is in a user group."""
    wanted = call.required("usergroup")
    found = next((group for group in roster.GROUPS if group.id == wanted), None)
    if found is None:
        raise Refusal("no_such_subteam")
    return {"users": list(call.workspace.members_of(found))}


@method("reactions.add", tier=3, scope="reactions:write")
def add_reaction(call: Call) -> Json:
    """React to a message as the bot."""
    channel, name = call.channel(), call.required("name", "no_reaction")
    message = call.workspace.messages[channel.id].get(call.required("timestamp", "no_item_specified"))
    if message is None or "ephemeral_to" in message:
        raise Refusal("message_not_found")
    reactions = message.get("reactions", [])
    if any(reaction["name"] == name for reaction in reactions):
        raise Refusal("already_reacted")
    added = {"name": name, "users": [roster.BOT_USER], "count": 1}
    call.workspace.put_message(message | {"reactions": [*reactions, added]})
    return {}

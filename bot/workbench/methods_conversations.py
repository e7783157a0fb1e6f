"""conversations.*: which channels there are, and what was said in them."""

import base64
import binascii
from collections.abc import Iterable

from bot.workbench import roster
from bot.workbench.journal import Json
from bot.workbench.methods_chat import shown
from bot.workbench.registry import Call, method
from bot.workbench.roster import Channel
from bot.workbench.state import Refusal

SCOPES = {"channel": "channels", "im": "im"}


def described(channel: Channel) -> Json:
    """A channel as conversations.list and conversations.info give it."""
    common = {"id": channel.id, "created": 1_700_000_000, "is_archived": channel.archived, "is_org_shared": False}
    if channel.kind == "im":
        return common | {"is_im": True, "user": channel.member, "is_user_deleted": False}
    topic = {"value": channel.purpose, "creator": "U0ANNA", "last_set": 1_700_000_000}
    kind = {"is_channel": True, "is_group": False, "is_im": False, "is_mpim": False, "is_private": False}
    named = {"name": channel.name, "name_normalized": channel.name, "is_general": False, "creator": "U0ANNA"}
    kind |= {"is_shared": channel.abroad, "is_ext_shared": channel.abroad, "is_pending_ext_shared": False}
    people = {"is_member": channel.joined, "num_members": len(roster.MEMBERS) + channel.joined}
    return common | kind | named | people | {"purpose": topic, "topic": topic}


def _cursor(position: int) -> str:
    return base64.b64encode(f"next:{position}".encode()).decode()


def _position(call: Call) -> int:
    cursor = call.text("cursor")
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:")) if cursor else 0
    except (binascii.Error, ValueError):
        raise Refusal("invalid_cursor") from None


def page(call: Call, rows: list[Json], default: int = 100) -> tuple[list[Json], Json]:
    """One page of rows by `limit` and `cursor`, and the response_metadata that leads to the next."""
    start, limit = _position(call), call.number("limit", default, 1000)
    end = start + limit
    return rows[start:end], {"next_cursor": _cursor(end) if end < len(rows) else ""}


# For each type of conversation that can be asked for: the scope to read it, and the kind that the workbench has of it.
TYPES = {
    "public_channel": ("channels:read", "channel"),
    "private_channel": ("groups:read", None),
    "mpim": ("mpim:read", None),
    "im": ("im:read", "im"),
}


def _kinds(call: Call) -> set[str | None]:
    asked = (call.text("types") or "public_channel").replace(" ", "").split(",")
    if not TYPES.keys() >= set(asked):
        raise Refusal("invalid_types")
    for kind in asked:
        call.need(TYPES[kind][0])
    return {TYPES[kind][1] for kind in asked}


@method("conversations.list", tier=2)
def list_channels(call: Call) -> Json:
    """All channels of the asked types."""
    kinds, hide = _kinds(call), call.flag("exclude_archived")
    found = [c for c in call.workspace.channels.values() if c.kind in kinds and not (hide and c.archived)]
    rows, more = page(call, [described(channel) for channel in found])
    return {"channels": rows, "response_metadata": more}


@method("users.conversations", tier=3)
def list_joined(call: Call) -> Json:
    """The channels that the bot, or a given member, is in."""
    kinds, user = _kinds(call), call.text("user") or roster.BOT_USER
    inside = [c for c in call.workspace.channels.values() if c.kind in kinds and user in _members(c)]
    rows, more = page(call, [described(channel) for channel in inside])
    return {"channels": rows, "response_metadata": more}


def _members(channel: Channel) -> list[str]:
    if channel.kind == "im":
        return [str(channel.member), roster.BOT_USER]
    return [*roster.MEMBERS, *([roster.BOT_USER] if channel.joined else [])]


def _readable(call: Call) -> Channel:
    channel = call.channel(joined=False)
    call.need(f"{SCOPES[channel.kind]}:read")
    return channel


@method("conversations.info", tier=3)
def one_channel(call: Call) -> Json:
    """One channel."""
    return {"channel": described(_readable(call))}


@method("conversations.members", tier=4)
def list_members(call: Call) -> Json:
    """Who is in a channel."""
    people = [{"id": user} for user in _members(_readable(call))]
    rows, more = page(call, people)
    return {"members": [row["id"] for row in rows], "response_metadata": more}


@method("conversations.join", tier=3, scope="channels:join")
def join_channel(call: Call) -> Json:
    """Make the bot a member of a public channel."""
    channel = call.channel(joined=False)
    if channel.kind == "im":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refusal("is_archived")
    known = {"warning": "already_in_channel"} if channel.joined else {}
    channel.joined = True
    call.workspace.keep_channel(channel)
    return {"channel": described(channel), **known}


@method("conversations.open", tier=3, scope="im:write")
def open_direct(call: Call) -> Json:
    """The direct message channel with a member."""
    users = [user for user in call.text("users").split(",") if user]
    if not users and call.text("channel"):
        users = [str(call.channel().member)]
    if len(users) != 1:
        raise Refusal("users_list_not_supplied" if not users else "not_enough_users")
    if users[0] not in roster.MEMBERS:
        raise Refusal("user_not_found")
    channel = call.workspace.channels[roster.MEMBERS[users[0]].dm]
    full = described(channel) if call.flag("return_im") else {"id": channel.id}
    return {"channel": full, "no_op": True, "already_open": True}


def _between(call: Call, messages: Iterable[Json]) -> list[Json]:
    oldest, latest, edge = _moment(call, "oldest"), _moment(call, "latest"), call.flag("inclusive")
    return [
        message
        for message in messages
        if (oldest is None or _beyond(_micros(message["ts"]), oldest, edge))
        and (latest is None or _beyond(latest, _micros(message["ts"]), edge))
    ]


def _beyond(later: int, earlier: int, edge: bool) -> bool:
    return later > earlier or (edge and later == earlier)


def _moment(call: Call, name: str) -> int | None:
    value = call.text(name)
    if value in ("", "now"):
        return None
    try:
        return _micros(value)
    except ValueError:
        raise Refusal(f"invalid_ts_{name}") from None


def _micros(ts: str) -> int:
    """A timestamp in whole microseconds, because a float cannot tell two neighbouring messages apart."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int((fraction or "0")[:6].ljust(6, "0"))


@method("conversations.history", tier=3)
def history(call: Call) -> Json:
    """A channel's messages, newest first, without the replies in threads."""
    channel = call.channel()
    call.need(f"{SCOPES[channel.kind]}:history")
    found = _between(call, filter(_in_channel, call.workspace.public(channel.id)))[::-1]
    return _page_of_messages(call, found, 999) | {"pin_count": 0}


def _in_channel(message: Json) -> bool:
    own = message.get("thread_ts", message["ts"]) == message["ts"]
    return own or message.get("subtype") == "thread_broadcast"


@method("conversations.replies", tier=3)
def replies(call: Call) -> Json:
    """A thread: its parent, then the replies, oldest first."""
    channel = call.channel()
    call.need(f"{SCOPES[channel.kind]}:history")
    parent = call.workspace.messages[channel.id].get(call.required("ts"))
    if parent is None or "ephemeral_to" in parent:
        raise Refusal("thread_not_found")
    root = parent.get("thread_ts", parent["ts"])
    thread = [m for m in call.workspace.public(channel.id) if m.get("thread_ts", m["ts"]) == root]
    found = _between(call, (m for m in thread if m["ts"] != root))
    return _page_of_messages(call, [m for m in thread if m["ts"] == root] + found, 1000)


def _page_of_messages(call: Call, found: list[Json], maximum: int) -> Json:
    # The page follows positions, so a message posted between two pages shifts the second one, as it may with Slack.
    limit = call.number("limit", 100, maximum)
    start = _position(call)
    wanted = call.flag("include_all_metadata")
    more = start + limit < len(found)
    answer: Json = {
        "messages": [shown(message, metadata=wanted) for message in found[start : start + limit]],
        "has_more": more,
    }
    return answer | ({"response_metadata": {"next_cursor": _cursor(start + limit)}} if more else {})

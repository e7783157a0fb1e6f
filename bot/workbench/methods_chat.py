"""chat.*: posting, changing and deleting messages."""

import json
from typing import Any

from bot.workbench import roster
from bot.workbench.blocks import Surface, named_blocks, validate
from bot.workbench.journal import Json
from bot.workbench.registry import Call, method
from bot.workbench.roster import Channel
from bot.workbench.state import Refusal

POST_TEXT = 40_000
# Slack splits longer posts, though its reference only calls 4,000 characters the best maximum.
SPLIT_TEXT = 4_000
MARKDOWN_TEXT = 12_000
UPDATE_TEXT = 4_000
ATTACHMENTS = 100
# Slack documents `metadata_too_large` without its figure; this one is the workbench's own.
METADATA_BYTES = 8_000
OWN = {"user": roster.BOT_USER, "bot_id": roster.BOT_ID, "app_id": roster.APP_ID, "team": roster.TEAM_ID}
HIDDEN = frozenset({"channel", "ephemeral_to", "metadata"})


def shown(message: Json, *, metadata: bool = False) -> Json:
    """A message as Slack's API gives it: without the workbench's own keys, metadata cut to its type unless wanted."""
    plain = {key: value for key, value in message.items() if key not in HIDDEN}
    if "metadata" in message:
        plain["metadata"] = message["metadata"] if metadata else {"event_type": message["metadata"]["event_type"]}
    return plain


def content(call: Call, surface: Surface = "message") -> Json:
    """Text, blocks and attachments of a call, checked.

    Raises Refusal with invalid_blocks, invalid_blocks_format, too_many_attachments or no_text.
    """
    markdown = call.text("markdown_text")
    if markdown:
        return _markdown(call, markdown)
    given: Json = {"text": call.text("text")}
    blocks = call.document("blocks", "invalid_blocks_format")
    if blocks is not None:
        given["blocks"] = checked(blocks, surface, call)
    attachments = call.document("attachments", "invalid_attachments")
    if attachments:
        given["attachments"] = _attachments(attachments)
    if not given["text"] and not given.get("blocks") and not attachments:
        raise Refusal("no_text")
    return given


def _markdown(call: Call, text: str) -> Json:
    if call.text("text") or call.arguments.get("blocks"):
        raise Refusal("markdown_text_conflict")
    if len(text) > MARKDOWN_TEXT:
        raise Refusal("msg_too_long")
    return {"text": text[:SPLIT_TEXT], "blocks": checked([{"type": "markdown", "text": text}], "message", call)}


def checked(blocks: Any, surface: Surface, call: Call) -> list[Json]:
    """Blocks that Slack would take, each with a block_id."""
    problems = validate(blocks, surface)
    if problems:
        raise Refusal("invalid_blocks", errors=problems, response_metadata={"messages": problems})
    return named_blocks(blocks, call.workspace.number)


def _attachments(attachments: Any) -> list[Json]:
    if not isinstance(attachments, list):
        raise Refusal("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise Refusal("too_many_attachments")
    return attachments


def metadata_of(call: Call) -> Json:
    """The call's message metadata, checked, under its key; empty when it gives none."""
    metadata = call.document("metadata", "invalid_metadata_format")
    if metadata is None:
        return {}
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise Refusal("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA_BYTES:
        raise Refusal("metadata_too_large")
    return {"metadata": metadata}


@method("chat.postMessage", tier=5, scope="chat:write")
def post_message(call: Call) -> Json:
    """Post into a channel, thread or direct message; a known client_msg_id is a duplicate when deduping is on."""
    channel = _postable(call)
    seen = _duplicate(call, channel)
    if seen is not None:
        return {**_posted(seen), "is_duplicate": True}
    message = {"type": "message", "channel": channel.id, **OWN, **content(call), **_dress(call)}
    message |= _thread(call, channel) | metadata_of(call)
    truncated = len(message["text"]) > POST_TEXT
    first, *rest = _parts(message["text"][:POST_TEXT])
    message |= {"text": first, "ts": call.workspace.next_ts()}
    _commit(call, message)
    for text in rest:
        _commit(call, _bare(message) | {"text": text, "ts": call.workspace.next_ts()})
    warning = {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return _posted(message) | (warning if truncated else {})


def _parts(text: str) -> list[str]:
    """Long text as Slack splits it: into several messages, each of which repeats the blocks."""
    return [text[start : start + SPLIT_TEXT] for start in range(0, len(text), SPLIT_TEXT)] or [""]


def _bare(message: Json) -> Json:
    return {key: value for key, value in message.items() if key not in ("metadata", "client_msg_id")}


def _commit(call: Call, message: Json) -> None:
    workspace = call.workspace
    client_msg_id = message.get("client_msg_id")
    if client_msg_id:
        place = {"channel": message["channel"], "ts": message["ts"]}
        workspace.client_msg_ids[client_msg_id] = place
        workspace.journal.put("client_msg_id", client_msg_id, place)
    workspace.put_message(message)
    if "thread_ts" in message:
        workspace.count_replies(message["channel"], message["thread_ts"])


def _posted(message: Json) -> Json:
    return {"channel": message["channel"], "ts": message["ts"], "message": shown(message, metadata=True)}


def _postable(call: Call) -> Channel:
    channel = call.channel(joined=False)
    if channel.archived:
        raise Refusal("is_archived")
    if not channel.joined:
        raise Refusal("not_in_channel")
    return channel


def _duplicate(call: Call, channel: Channel) -> Json | None:
    place = call.workspace.client_msg_ids.get(call.text("client_msg_id")) if call.workspace.dedupe else None
    if place is None:
        return None
    if place["channel"] != channel.id:
        raise Refusal("duplicate_channel_not_found")
    message = call.workspace.messages[channel.id].get(place["ts"])
    if message is None:
        raise Refusal("duplicate_message_not_found")
    return message


def _dress(call: Call) -> Json:
    kept = ("username", "icon_emoji", "icon_url", "client_msg_id")
    return {name: call.text(name) for name in kept if call.text(name)}


def _thread(call: Call, channel: Channel) -> Json:
    """The thread that a message goes into, under its key; a broadcast reply stands in the channel too."""
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return {}
    parent = call.workspace.messages[channel.id].get(thread_ts)
    if parent is None or "ephemeral_to" in parent:
        raise Refusal("cannot_reply_to_message")
    broadcast = {"subtype": "thread_broadcast"} if call.flag("reply_broadcast") else {}
    return {"thread_ts": parent.get("thread_ts", thread_ts)} | broadcast


def _own_message(call: Call, error: str) -> Json:
    channel = call.channel()
    message = call.workspace.messages[channel.id].get(call.required("ts"))
    if message is None or "ephemeral_to" in message:
        raise Refusal("message_not_found")
    if message.get("bot_id") != roster.BOT_ID or message.get("subtype") == "tombstone":
        raise Refusal(error)
    return message


@method("chat.update", tier=3, scope="chat:write")
def update_message(call: Call) -> Json:
    """Change an own message: text alone removes blocks, blocks leave no edited mark, metadata stays unless given."""
    message = _own_message(call, "cant_update_message")
    if len(call.text("text")) > UPDATE_TEXT:
        raise Refusal("msg_too_long")
    given = content(call)
    kept = {key: value for key, value in message.items() if key not in ("blocks", "attachments")}
    changed = kept | given | metadata_of(call)
    if "blocks" not in given:
        changed["edited"] = {"user": roster.BOT_USER, "ts": call.workspace.next_ts()}
    call.workspace.put_message(changed)
    return {"channel": message["channel"], "ts": message["ts"], "text": changed["text"], "message": shown(changed)}


@method("chat.delete", tier=3, scope="chat:write")
def delete_message(call: Call) -> Json:
    """Delete an own message; a thread's parent leaves a tombstone while it has replies."""
    message = _own_message(call, "cant_delete_message")
    channel, ts = message["channel"], message["ts"]
    if message.get("reply_count"):
        call.workspace.put_message(_tombstone(message))
    else:
        call.workspace.drop_message(channel, ts)
    if message.get("thread_ts", ts) != ts:
        call.workspace.count_replies(channel, message["thread_ts"])
    return {"channel": channel, "ts": ts}


def _tombstone(message: Json) -> Json:
    kept = ("channel", "ts", "thread_ts", "reply_count", "reply_users", "latest_reply")
    told = {"type": "message", "subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
    return {key: message[key] for key in kept if key in message} | told


@method("chat.postEphemeral", tier=4, scope="chat:write")
def post_ephemeral(call: Call) -> Json:
    """Show a message to one member only; it is in no history and cannot be changed by chat.update."""
    channel = _postable(call)
    user = call.required("user", "user_not_in_channel")
    if user not in roster.MEMBERS:
        raise Refusal("user_not_in_channel")
    message = {"type": "message", "channel": channel.id, **OWN, **content(call), **_dress(call), "ephemeral_to": user}
    message |= _thread(call, channel)
    message["ts"] = call.workspace.next_ts()
    call.workspace.put_message(message)
    return {"message_ts": message["ts"]}


@method("chat.getPermalink", tier=5)
def permalink(call: Call) -> Json:
    """A link to a message, into the workbench's own page."""
    channel = call.channel(joined=False)
    message = call.workspace.messages[channel.id].get(call.required("message_ts"))
    if message is None or "ephemeral_to" in message:
        raise Refusal("message_not_found")
    anchor = f"{channel.id}/p{message['ts'].replace('.', '')}"
    return {"channel": channel.id, "permalink": f"{call.workspace.base_url}/archives/{anchor}"}

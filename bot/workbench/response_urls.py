"""response_url: how the app answers a command or a button press without a token, up to five times in thirty minutes."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.workbench.journal import Json
from bot.workbench.methods_chat import OWN, content
from bot.workbench.registry import TRUE, Call
from bot.workbench.state import Refusal, Workspace

USES = 5
SECONDS = 30 * 60


@dataclass
class ResponseUrls:
    """Hands out the addresses and does what is posted to them."""

    workspace: Workspace

    def issue(self, user: str, channel: str, origin: Json | None = None) -> str:
        """An address for one act of a member; `origin` is the message whose element was used."""
        key = self.workspace.name("R")
        place = {"user": user, "channel": channel, "origin": origin["ts"] if origin else None, "uses": 0}
        place["expires"] = self.workspace.clock.now() + SECONDS
        place["thread_ts"] = origin.get("thread_ts") if origin else None
        self._keep(key, place)
        return f"{self.workspace.base_url}/response/{key}"

    def _keep(self, key: str, place: Json) -> None:
        self.workspace.responses[key] = place
        self.workspace.journal.put("response", key, place)

    def channel(self, key: str) -> str:
        """The id of the channel that an address posts into; empty for an unknown one."""
        return str(self.workspace.responses.get(key, {}).get("channel", ""))

    def take(self, key: str, body: Json, row: Json) -> web.Response:
        """One post; errors are HTTP 404 for a used or unknown address and 400 for a body Slack would not take."""
        status = 404
        try:
            place = self._usable(key)
            status = 400
            self.apply(place, body)
        except Refusal as refusal:
            row["outcome"] = refusal.error
            return web.json_response({"ok": False, "error": refusal.error, **refusal.extra}, status=status)
        row["outcome"] = "ok"
        self._keep(key, place | {"uses": place["uses"] + 1})
        return web.Response(text="ok")

    def _usable(self, key: str) -> Json:
        place = self.workspace.responses.get(key)
        if place is None:
            raise Refusal("no_active_hooks")
        if self.workspace.clock.now() > place["expires"]:
            raise Refusal("expired_url")
        if place["uses"] >= USES:
            raise Refusal("used_url")
        return place

    def apply(self, place: Json, body: Json) -> None:
        """Post, replace or delete as the body says.

        Raises Refusal for content that Slack would not take.
        """
        original = self.workspace.messages[place["channel"]].get(place["origin"] or "")
        if body.get("delete_original") in TRUE:
            self._delete(original)
            return
        given = content(Call(self.workspace, body))
        if original is not None and body.get("replace_original") in TRUE:
            self._replace(original, given)
            return
        self._post(place, body, given)

    def _delete(self, original: Json | None) -> None:
        if original is not None:
            self.workspace.drop_message(original["channel"], original["ts"])
            self.workspace.count_replies(original["channel"], original.get("thread_ts", ""))

    def _replace(self, original: Json, given: Json) -> None:
        kept = {key: value for key, value in original.items() if key not in ("blocks", "attachments")}
        self.workspace.put_message(kept | given)

    def _post(self, place: Json, body: Json, given: Json) -> None:
        message = {"type": "message", "channel": place["channel"], **OWN, **given}
        thread_ts = body.get("thread_ts") or place["thread_ts"]
        if thread_ts:
            message["thread_ts"] = thread_ts
        if body.get("response_type") != "in_channel":
            message["ephemeral_to"] = place["user"]
        message["ts"] = self.workspace.next_ts()
        self.workspace.put_message(message)
        if thread_ts and "ephemeral_to" not in message:
            self.workspace.count_replies(place["channel"], thread_ts)


def payload_of(text: str) -> Json:
    """The JSON object that was posted.

    Raises Refusal with invalid_payload.
    """
    try:
        body: Any = json.loads(text)
    except ValueError:
        raise Refusal("invalid_payload") from None
    if not isinstance(body, dict):
        raise Refusal("invalid_payload")
    return body

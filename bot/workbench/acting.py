"""What a person does in the workspace: write, type commands, press buttons, submit or close modals, open App Home."""

from dataclasses import dataclass
from typing import Any

from bot.workbench import payloads, roster, views
from bot.workbench.delivery import Answer, Delivery, Refused, commands, shortcuts
from bot.workbench.entered import elements, entered, problems
from bot.workbench.journal import Json
from bot.workbench.response_urls import ResponseUrls
from bot.workbench.socket_mode import Unanswered
from bot.workbench.state import Refusal, Workspace


@dataclass
class Acting:
    """The acts of members; each gives {ok: true, …} or {ok: false, error}."""

    workspace: Workspace
    delivery: Delivery
    response_urls: ResponseUrls

    def write(self, user: str, channel: str, text: str, thread_ts: str = "") -> Json:
        """A member writes a message; the bot hears of it as the events its manifest asks for."""
        place = self._channel(channel)
        _member(user)
        message = {"type": "message", "channel": place.id, "user": user, "text": text, "team": roster.TEAM_ID}
        message |= {"ts": self.workspace.next_ts(), "client_msg_id": self.workspace.name("written-")}
        if thread_ts:
            message["thread_ts"] = thread_ts
        self.workspace.put_message(message)
        if thread_ts:
            self.workspace.count_replies(place.id, thread_ts)
        self._announce(message, place)
        return {"ok": True, "message": message}

    def _announce(self, message: Json, place: roster.Channel) -> None:
        if not place.joined:
            return
        kind = "im" if place.kind == "im" else "channel"
        if self.delivery.subscribed("message.im" if kind == "im" else "message.channels"):
            self._event(payloads.message_event(message, "message", kind))
        mentioned = f"<@{roster.BOT_USER}>" in message["text"]
        if mentioned and kind == "channel" and self.delivery.subscribed("app_mention"):
            self._event(payloads.message_event(message, "app_mention", kind))

    def _event(self, event: Json) -> None:
        self.delivery.event(payloads.event_body(self.workspace, event))

    async def command(self, user: str, channel: str, command: str, text: str) -> Json:
        """A member types a slash command; what the app answers at once is shown as its response."""
        place = self._channel(channel)
        _member(user)
        listed = commands(self.workspace)
        if listed and not any(entry["command"] == command for entry in listed):
            return {"ok": False, "error": "unknown_command"}
        if any(entry["command"] == command and entry.get("should_escape") for entry in listed):
            text = payloads.escaped(text)
        url = self.response_urls.issue(user, place.id)
        body = payloads.command_body(self.workspace, user, place, command, text, url)
        answer, error = await self._ask(self.delivery.command(body))
        return {"ok": False, "error": error} if error else self._shown(answer, url)

    def _shown(self, answer: Answer, url: str) -> Json:
        body = {"text": answer} if isinstance(answer, str) else answer
        if not body.get("text") and not body.get("blocks"):
            return {"ok": True}
        try:
            self.response_urls.apply(self.workspace.responses[url.rsplit("/", 1)[-1]], body)
        except Refusal as refusal:
            return {"ok": False, "error": "dispatch_failed", "detail": refusal.error, **refusal.extra}
        return {"ok": True}

    async def _ask(self, sending: Any) -> tuple[Answer, str]:
        try:
            return await sending, ""
        except Unanswered as silence:
            return "", "dispatch_failed" if str(silence) == "connection_failed" else "operation_timeout"
        except Refused:
            return "", "dispatch_failed"

    async def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Json:
        """A member chooses one of the manifest's shortcuts on a message; those seen by one person alone have none."""
        place = self._channel(channel)
        _member(user)
        listed = (entry for entry in shortcuts(self.workspace) if entry["type"] == "message")
        if not any(entry["callback_id"] == callback_id for entry in listed):
            return {"ok": False, "error": "unknown_shortcut"}
        message = next((each for each in self.workspace.public(place.id) if each["ts"] == ts), None)
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        url = self.response_urls.issue(user, place.id)
        return await self._done(payloads.shortcut(self.workspace, user, message, callback_id, url))

    async def press(self, user: str, container: Json, action: Json, state: Json | None = None) -> Json:
        """A member uses an interactive element of a message or view."""
        _member(user)
        if container.get("type") == "view":
            return await self._press_in_view(user, container, action, state)
        place = self._channel(str(container.get("channel") or container.get("channel_id")))
        message = self.workspace.messages[place.id].get(str(container.get("ts") or container.get("message_ts")))
        if message is None or message.get("ephemeral_to", user) != user:
            return {"ok": False, "error": "message_not_found"}
        pressed = self._pressed(message.get("blocks", []), action)
        if pressed is None:
            return {"ok": False, "error": "unknown_action"}
        url = self.response_urls.issue(user, place.id, message)
        body = payloads.message_action(self.workspace, user, message, pressed, state or {"values": {}}, url)
        return await self._done(body)

    async def _press_in_view(self, user: str, container: Json, action: Json, state: Json | None) -> Json:
        view = self.workspace.views.get(str(container.get("view_id")))
        pressed = self._pressed(view["blocks"], action) if view else None
        if view is None or view["user"] != user:
            return {"ok": False, "error": "view_not_found"}
        if pressed is None:
            return {"ok": False, "error": "unknown_action"}
        if state is not None:
            view["state"] = state
        return await self._done(payloads.view_action(self.workspace, user, view, pressed))

    async def suggest(self, user: str, container: Json, action: Json, value: str) -> Json:
        """A member types into a select whose options come from the app; gives {ok, options} or {ok, option_groups}."""
        _member(user)
        view = self.workspace.views.get(str(container.get("view_id")))
        place = {"container": container} | ({"view": views.shown_view(view)} if view else {})
        body = payloads.suggestion(self.workspace, user, place, action, value)
        answer, error = await self._ask(self.delivery.interaction(body, options=True))
        if error or not isinstance(answer, dict):
            return {"ok": False, "error": error or "dispatch_failed"}
        return {"ok": True} | {key: answer[key] for key in ("options", "option_groups") if key in answer}

    async def _done(self, body: Json) -> Json:
        _, error = await self._ask(self.delivery.interaction(body))
        return {"ok": False, "error": error} if error else {"ok": True}

    def _pressed(self, blocks: list[Json], action: Json) -> Json | None:
        """The action as Slack sends it: what the element is, with what the member chose, at this moment."""
        wanted = action.get("block_id")
        for block_id, element in elements(blocks):
            if element.get("action_id") == action.get("action_id") and wanted in (None, block_id):
                kept = {key: element[key] for key in ("type", "action_id", "value", "text", "style") if key in element}
                chosen = {key: value for key, value in action.items() if key not in ("type", "action_id", "block_id")}
                return kept | {"block_id": block_id} | chosen | {"action_ts": self.workspace.next_ts()}
        return None

    async def submit(self, user: str, view_id: str, state: Json) -> Json:
        """A member submits the modal on top; the app's response_action decides what is shown next."""
        view = self._top(user, view_id)
        if view is None:
            return {"ok": False, "error": "view_not_found"}
        view["state"] = {"values": entered(view["blocks"], state.get("values", {}))}
        wrong = problems(self.workspace, view["blocks"], view["state"]["values"])
        if wrong:
            return {"ok": False, "errors": wrong}
        answer, error = await self._ask(self.delivery.interaction(payloads.submission(self.workspace, user, view)))
        if error:
            return {"ok": False, "error": error}
        return self._after_submission(user, view, answer if isinstance(answer, dict) else {})

    def _after_submission(self, user: str, view: Json, answer: Json) -> Json:
        stack = self.workspace.stacks.get(user, [])
        try:
            match answer.get("response_action"):
                case "errors":
                    return _told(view, answer.get("errors"))
                case "update":
                    views.replace_view(self.workspace, view, views.accepted(answer.get("view"), "modal"))
                case "push":
                    views.push_view(self.workspace, views.accepted(answer.get("view"), "modal"), user)
                case "clear":
                    self.workspace.set_stack(user, [])
                case _:
                    self.workspace.set_stack(user, [view_id for view_id in stack if view_id != view["id"]])
        except Refusal as refusal:
            return {"ok": False, "error": refusal.error, **refusal.extra}
        return {"ok": True}

    async def close(self, user: str, view_id: str) -> Json:
        """A member closes the modal on top; the app hears of it if the view asked for that."""
        view = self._top(user, view_id)
        if view is None:
            return {"ok": False, "error": "view_not_found"}
        cleared = bool(view.get("clear_on_close"))
        stack = [] if cleared else [other for other in self.workspace.stacks[user] if other != view_id]
        body = payloads.closing(self.workspace, user, view, cleared=cleared)
        self.workspace.set_stack(user, stack)
        return await self._done(body) if view.get("notify_on_close") else {"ok": True}

    def _top(self, user: str, view_id: str) -> Json | None:
        stack = self.workspace.stacks.get(user, [])
        return self.workspace.views[view_id] if view_id in stack[-1:] else None

    def open_home(self, user: str) -> Json:
        """A member opens the app's home tab."""
        channel = _member(user).dm
        event: Json = {"type": "app_home_opened", "user": user, "channel": channel, "tab": "home"}
        view = self.workspace.views.get(self.workspace.homes.get(user, ""))
        event |= {"view": views.shown_view(view)} if view else {}
        if self.delivery.subscribed("app_home_opened"):
            self._event(event | {"event_ts": self.workspace.next_ts()})
        return {"ok": True, "view": view}

    def _channel(self, key: str) -> roster.Channel:
        channel = self.workspace.channel(key)
        if channel is None:
            raise Refusal("channel_not_found")
        return channel


def _member(user: str) -> roster.Member:
    if user not in roster.MEMBERS:
        raise Refusal("user_not_found")
    return roster.MEMBERS[user]


def _told(view: Json, errors: Any) -> Json:
    """Errors are shown beside inputs that are there; Slack takes an answer with any other for none."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        return {"ok": False, "error": "dispatch_failed", "detail": "invalid_errors"}
    return {"ok": False, "errors": errors}

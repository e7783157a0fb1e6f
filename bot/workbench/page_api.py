"""The page's API: the workspace's state, its changes as they happen, and the acts of the people on the page."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import WSMsgType, web

from bot.workbench import roster
from bot.workbench.acting import Acting
from bot.workbench.calls import Calls
from bot.workbench.delivery import commands, shortcuts
from bot.workbench.faults import BadRule, Faults
from bot.workbench.journal import Json
from bot.workbench.limits import RateLimits
from bot.workbench.socket_mode import Sockets
from bot.workbench.state import Refusal, Workspace

PAGE = Path(__file__).parent / "page"
Act = Callable[[Json], Awaitable[Json]]


def snapshot(workspace: Workspace) -> Json:
    """Everything the page shows, in one object."""
    return {
        "team": {"id": roster.TEAM_ID, "name": roster.TEAM_NAME},
        "bot": {"id": roster.BOT_USER, "name": roster.BOT_NAME},
        "members": [_member(member) for member in roster.MEMBERS.values()],
        "channels": [_channel(channel) for channel in workspace.channels.values()],
        "messages": {channel: list(known.values()) for channel, known in workspace.messages.items()},
        "commands": [_command(command) for command in commands(workspace)],
        "shortcuts": shortcuts(workspace),
        "homes": {user: workspace.views.get(workspace.homes.get(user, "")) for user in roster.MEMBERS},
        "modals": {user: workspace.stack(user) for user in roster.MEMBERS},
    }


def _member(member: roster.Member) -> Json:
    return {"id": member.id, "name": member.name, "title": member.title, "color": member.color}


def _channel(channel: roster.Channel) -> Json:
    shown = {"id": channel.id, "name": channel.name, "purpose": channel.purpose, "kind": channel.kind}
    person = {"member": channel.member} if channel.member else {}
    return shown | person | {"archived": channel.archived, "joined": channel.joined}


def _command(command: Json) -> Json:
    return {key: command.get(key, "") for key in ("command", "description", "usage_hint")}


@dataclass
class PageApi:
    """The routes under /workbench and the page's own files."""

    workspace: Workspace
    acting: Acting
    calls: Calls
    faults: Faults
    limits: RateLimits
    sockets: Sockets

    def routes(self) -> list[web.RouteDef]:
        """All routes; the acts are a table of what each does with its JSON body."""
        acts: dict[str, Act] = {
            "message": self._write,
            "command": self._command,
            "action": self._action,
            "shortcut": self._shortcut,
            "submit": self._submit,
            "close": self._close,
            "home": self._home,
            "suggest": self._suggest,
            "faults": self._set_faults,
            "channel": self._set_channel,
            "member": self._set_member,
            "manifest": self._set_manifest,
            "disconnect": self._disconnect,
            "reset": self._reset,
        }
        return [
            web.get("/", self._index),
            web.get("/page/{file:.+}", self._file),
            web.get("/archives/{channel}/p{digits:[0-9]{7,}}", self._permalink),
            web.get("/workbench/state", self._state),
            web.get("/workbench/live", self._live),
            web.get("/workbench/calls", self._calls),
            web.get("/workbench/faults", self._shown_faults),
            *(web.post(f"/workbench/{name}", _accepting(act)) for name, act in acts.items()),
        ]

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return _static("index.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return _static(request.match_info["file"])

    async def _permalink(self, request: web.Request) -> web.StreamResponse:
        """Lead from a message's permalink to its place on the page: the channel, and the thread if it is in one."""
        channel, digits = request.match_info["channel"], request.match_info["digits"]
        message = self.workspace.messages.get(channel, {}).get(f"{digits[:-6]}.{digits[-6:]}")
        if message is None:
            return web.Response(status=404, text="no such message")
        thread = f"/{message['thread_ts']}" if "thread_ts" in message else ""
        raise web.HTTPFound(f"/#/{channel}{thread}")

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(snapshot(self.workspace))

    async def _calls(self, request: web.Request) -> web.Response:
        return web.json_response({"calls": self.calls.rows, "counters": self.calls.counters()})

    async def _shown_faults(self, request: web.Request) -> web.Response:
        return web.json_response(self._standing())

    def _standing(self) -> Json:
        switches = {"rate_limits": self.limits.on, "client_msg_id_dedupe": self.workspace.dedupe}
        return {"ok": True, **self.faults.shown(), **switches}

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        page = web.WebSocketResponse(heartbeat=20)
        await page.prepare(request)
        changes: asyncio.Queue[Json] = asyncio.Queue()
        changes.put_nowait({"type": "hello"})
        self.workspace.listeners.append(changes.put_nowait)
        sender = asyncio.get_running_loop().create_task(_forward(page, changes))
        try:
            async for received in page:
                if received.type == WSMsgType.ERROR:
                    break
        finally:
            self.workspace.listeners.remove(changes.put_nowait)
            sender.cancel()
        return page

    async def _write(self, body: Json) -> Json:
        return self.acting.write(body["user"], body["channel"], body["text"], body.get("thread_ts") or "")

    async def _command(self, body: Json) -> Json:
        return await self.acting.command(body["user"], body["channel"], body["command"], body.get("text", ""))

    async def _action(self, body: Json) -> Json:
        return await self.acting.press(body["user"], body["container"], body["action"], body.get("state"))

    async def _shortcut(self, body: Json) -> Json:
        return await self.acting.shortcut(body["user"], body["channel"], body["ts"], body["callback_id"])

    async def _submit(self, body: Json) -> Json:
        return await self.acting.submit(body["user"], body["view_id"], body.get("state") or {})

    async def _close(self, body: Json) -> Json:
        return await self.acting.close(body["user"], body["view_id"])

    async def _home(self, body: Json) -> Json:
        return self.acting.open_home(body["user"])

    async def _suggest(self, body: Json) -> Json:
        return await self.acting.suggest(body["user"], body["container"], body["action"], body.get("value", ""))

    async def _set_faults(self, body: Json) -> Json:
        if "rules" in body:
            self.faults.set(body["rules"], int(body.get("seed", 0)))
        if "rate_limits" in body:
            self.limits.on = bool(body["rate_limits"])
            self.limits.forget()
        if "client_msg_id_dedupe" in body:
            self.workspace.dedupe = bool(body["client_msg_id_dedupe"])
        return self._standing()

    async def _set_channel(self, body: Json) -> Json:
        channel = self.workspace.channel(body["channel"])
        if channel is None:
            raise Refusal("channel_not_found")
        channel.archived = bool(body.get("archived", channel.archived))
        channel.joined = bool(body.get("joined", channel.joined))
        self.workspace.keep_channel(channel)
        return {"ok": True, "channel": _channel(channel)}

    async def _set_member(self, body: Json) -> Json:
        if body["user"] not in roster.MEMBERS:
            raise Refusal("user_not_found")
        self.workspace.flags[body["user"]] = {key: bool(body[key]) for key in body if key.startswith("is_")}
        return {"ok": True}

    async def _set_manifest(self, body: Json) -> Json:
        self.workspace.keep_manifest(body)
        return {"ok": True}

    async def _disconnect(self, body: Json) -> Json:
        reason = body.get("reason", "refresh_requested")
        return {"ok": True, "told": await self.sockets.disconnect(reason, close=bool(body.get("close", True)))}

    async def _reset(self, body: Json) -> Json:
        self.faults.set([])
        self.limits.forget()
        self.workspace.forget()
        return {"ok": True}


def _accepting(act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await request.json() if request.can_read_body else {}
            return web.json_response(await act(body))
        except Refusal as refusal:
            return web.json_response({"ok": False, "error": refusal.error}, status=400)
        except json.JSONDecodeError:
            return web.json_response({"ok": False, "error": "invalid_json"}, status=400)
        except KeyError as missing:
            return web.json_response({"ok": False, "error": "missing_field", "field": missing.args[0]}, status=400)
        except BadRule as bad:
            return web.json_response({"ok": False, "error": "bad_rule", "detail": str(bad)}, status=400)

    return handle


def _static(name: str) -> web.StreamResponse:
    """A file of the page, never from outside its folder."""
    path = (PAGE / name).resolve()
    if not path.is_relative_to(PAGE) or not path.is_file():
        return web.Response(status=404, text="no such file")
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})


async def _forward(page: web.WebSocketResponse, changes: asyncio.Queue[Json]) -> None:
    while not page.closed:
        try:
            await page.send_json(await changes.get())
        except ConnectionError:
            return

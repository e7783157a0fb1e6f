"""The workbench as one object: builds its parts, serves them on one port, and lets tests act as people do."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.workbench import roster
from bot.workbench.acting import Acting
from bot.workbench.api import Api
from bot.workbench.calls import Calls
from bot.workbench.clock import Clock, WallClock
from bot.workbench.delivery import Delivery
from bot.workbench.faults import Faults
from bot.workbench.journal import Journal, Json
from bot.workbench.limits import RateLimits
from bot.workbench.page_api import PageApi
from bot.workbench.response_urls import ResponseUrls
from bot.workbench.socket_mode import Sockets
from bot.workbench.state import Workspace

BODY_BYTES = 4 * 1024 * 1024


class Workbench:
    """A running stand-in for Slack; start it with `await Workbench.start()`, end it with `await stop()`."""

    def __init__(
        self,
        *,
        state: Path | str | None = None,
        manifest: Json | None = None,
        channels: Sequence[str] = roster.DEFAULT_CHANNELS,
        rate_limits: bool = True,
        client_msg_id_dedupe: bool = False,
        bot_token: str = "xoxb-workbench",
        app_token: str = "xapp-workbench",
        signing_secret: str = "workbench-signing-secret",
        clock: Clock | None = None,
        ack_seconds: float = 3.0,
    ) -> None:
        self.bot_token, self.app_token, self.signing_secret = bot_token, app_token, signing_secret
        self.clock = clock or WallClock()
        journal = Journal(Path(state) if state else None)
        self.workspace = Workspace(
            self.clock, journal, roster.channels_named(tuple(channels)), client_msg_id_dedupe, manifest
        )
        self.workspace.restore()
        self.faults, self.limits = Faults(), RateLimits(self.clock, rate_limits)
        self.book = Calls(self.clock)
        self.sockets = Sockets(self.workspace, ack_seconds)
        self.delivery = Delivery(self.workspace, self.sockets, signing_secret, ack_seconds)
        self.response_urls = ResponseUrls(self.workspace)
        self.acting = Acting(self.workspace, self.delivery, self.response_urls)
        self._runner: web.AppRunner | None = None

    @classmethod
    async def start(cls, port: int = 0, host: str = "127.0.0.1", **settings: Any) -> "Workbench":
        """Build a workbench and listen; port 0 takes a free one. The settings are those of the class."""
        workbench = cls(**settings)
        runner = web.AppRunner(workbench._application(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        workbench._runner = runner
        workbench.workspace.base_url = f"http://{host}:{runner.addresses[0][1]}"
        return workbench

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=BODY_BYTES)
        tokens = {self.bot_token: "bot", self.app_token: "app"}
        api = Api(self.workspace, self.response_urls, self.limits, self.faults, self.book, tokens, self.delivery.later)
        page = PageApi(self.workspace, self.acting, self.book, self.faults, self.limits, self.sockets)
        application.router.add_routes(
            [
                web.get("/api/{method}", api.handle),
                web.post("/api/{method}", api.handle),
                web.post("/response/{key}", api.respond_to_url),
                web.get("/link/", self.sockets.serve),
                *page.routes(),
            ]
        )
        return application

    async def stop(self) -> None:
        """Close every connection and give up what is under way; the state stays in its folder."""
        await self.sockets.close()
        await self.delivery.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self.workspace.journal.close()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return self.workspace.base_url

    @property
    def api_url(self) -> str:
        """What slack_sdk takes as `base_url`."""
        return f"{self.url}/api/"

    @property
    def calls(self) -> list[Json]:
        """Every Web API call received, oldest first: {n, at, method, arguments, outcome, fault?, ts?}."""
        return self.book.rows

    def set_faults(self, rules: list[Json], seed: int = 0) -> None:
        """Replace the fault rules.

        Raises BadRule for a rule that makes no sense.
        """
        self.faults.set(rules, seed)

    def set_manifest(self, manifest: Json) -> None:
        """Install the app's manifest: its commands, addresses, events and scopes."""
        self.workspace.keep_manifest(manifest)

    def set_channel(
        self, name: str, *, archived: bool | None = None, joined: bool | None = None, abroad: bool | None = None
    ) -> None:
        """Archive a channel, take the bot out of it, share it with another workspace, or the reverse."""
        channel = self.workspace.channels[self._id(name)]
        channel.archived = channel.archived if archived is None else archived
        channel.joined = channel.joined if joined is None else joined
        channel.abroad = channel.abroad if abroad is None else abroad
        self.workspace.keep_channel(channel)

    def set_member(self, user: str, **flags: bool | str) -> None:
        """What users.info says of a member: is_restricted and is_ultra_restricted are guests, another team_id is
        somebody of another workspace, and so is is_stranger, who shares no channel with the bot."""
        self.workspace.flags[user] = dict(flags)

    def set_group(self, id: str, *members: str) -> None:
        """Who is in a user group from now on."""
        self.workspace.memberships[id] = members

    def _id(self, channel: str) -> str:
        found = self.workspace.channel(channel)
        if found is None:
            raise KeyError(channel)
        return found.id

    def messages(self, channel: str) -> list[Json]:
        """What everybody sees in a channel (by id, name or member), oldest first, thread replies included."""
        return list(self.workspace.public(self._id(channel)))

    def ephemerals(self, channel: str, user: str | None = None) -> list[Json]:
        """What is shown to one member only in a channel, oldest first."""
        known = self.workspace.messages[self._id(channel)].values()
        return [m for m in known if "ephemeral_to" in m and user in (None, m["ephemeral_to"])]

    def home(self, user: str) -> Json | None:
        """A member's App Home, if one is published."""
        return self.workspace.views.get(self.workspace.homes.get(user, ""))

    def modals(self, user: str) -> list[Json]:
        """A member's open modals, top last."""
        return self.workspace.stack(user)

    def say(self, text: str, *, user: str = "U0ANNA", channel: str = "ops", thread_ts: str = "") -> Json:
        """A member writes a message; gives it back."""
        message: Json = self.acting.write(user, channel, text, thread_ts)["message"]
        return message

    async def command(self, command: str, text: str = "", *, user: str = "U0ANNA", channel: str = "ops") -> Json:
        """A member types a slash command; gives {ok} or {ok: false, error}."""
        return await self.acting.command(user, channel, command, text)

    async def shortcut(self, callback_id: str, *, user: str = "U0ANNA", channel: str, ts: str) -> Json:
        """A member chooses a shortcut on a message."""
        return await self.acting.shortcut(user, channel, ts, callback_id)

    async def action(
        self,
        action_id: str,
        *,
        user: str = "U0ANNA",
        channel: str | None = None,
        ts: str | None = None,
        view_id: str | None = None,
        state: Json | None = None,
        **chosen: Any,
    ) -> Json:
        """A member uses an element of a message (channel and ts) or of a view; `chosen` has block_id, value, …"""
        view = {"type": "view", "view_id": view_id}
        container = view if view_id else {"type": "message", "channel": channel, "ts": ts}
        return await self.acting.press(user, container, {"action_id": action_id, **chosen}, state)

    async def submit(self, view_id: str, values: Json | None = None, *, user: str = "U0ANNA") -> Json:
        """A member submits a modal; `values` is {block_id: {action_id: {value: …}}}, the rest is as it starts."""
        return await self.acting.submit(user, view_id, {"values": values or {}})

    async def close(self, view_id: str, *, user: str = "U0ANNA") -> Json:
        """A member closes a modal."""
        return await self.acting.close(user, view_id)

    def open_home(self, user: str = "U0ANNA") -> None:
        """A member opens App Home; the bot is told."""
        self.acting.open_home(user)

    async def disconnect_sockets(self, reason: str = "refresh_requested", *, close: bool = True) -> int:
        """Have Slack end the app's Socket Mode connections; gives how many there were."""
        return await self.sockets.disconnect(reason, close=close)

    async def until(self, holds: Callable[[], Any], seconds: float = 5.0) -> Any:
        """Wait until `holds()` is true, looking again after each change, call and delivery; gives what it returned.

        Raises TimeoutError.
        """
        changed = asyncio.Event()

        self.workspace.watchers.append(changed.set)
        try:
            async with asyncio.timeout(seconds):
                while not (found := holds()):
                    await changed.wait()
                    changed.clear()
                return found
        finally:
            self.workspace.watchers.remove(changed.set)

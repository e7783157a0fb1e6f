"""The way to the app: over Socket Mode when it is connected, else by signed HTTP to the addresses of its manifest."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.workbench.journal import Json
from bot.workbench.socket_mode import Sockets, Unanswered
from bot.workbench.state import Workspace

# Seconds before each further attempt at an event: at once, after a minute, after five.
RETRIES = (0.0, 60.0, 300.0)
FORM = "application/x-www-form-urlencoded"
Answer = Json | str


class Refused(Exception):
    """The app answered an interaction with an error status, or has no address for it."""


@dataclass
class Delivery:
    """Sends events in the background with retries, and commands and interactions once, waiting for the answer."""

    workspace: Workspace
    sockets: Sockets
    signing_secret: str
    ack_seconds: float
    log: list[Json] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background until the workbench stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is under way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def subscribed(self, event: str) -> bool:
        """Whether the manifest asks for an event such as message.im; without a list everything is sent."""
        listed = _settings(self.workspace).get("event_subscriptions", {}).get("bot_events")
        return listed is None or event in listed

    def event(self, body: Json) -> None:
        """Send an event and go on with the retries in the background."""
        self.later(self._with_retries(body))

    async def _with_retries(self, body: Json) -> None:
        reason = ""
        for attempt, pause in enumerate((0.0, *RETRIES)):
            if attempt:
                await self.workspace.clock.sleep(pause)
            try:
                go_on, reason = await self._attempt(body, attempt, reason)
            except Unanswered as silence:
                go_on, reason = True, str(silence)
            self._note("events_api", body["event"]["type"], attempt, reason)
            if not go_on:
                return

    async def _attempt(self, body: Json, attempt: int, reason: str) -> tuple[bool, str]:
        """One attempt: whether another one is wanted, and why."""
        if self.sockets.open:
            await self.sockets.send("events_api", body, attempt, reason)
            return False, ""
        url = str(_settings(self.workspace).get("event_subscriptions", {}).get("request_url") or "")
        if not url:
            raise Unanswered("connection_failed")
        tried = (
            {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason or "unknown_error"} if attempt else {}
        )
        status, _, headers = await self._post(url, json.dumps(body).encode(), "application/json", tried)
        refused = not 200 <= status < 300
        return refused and headers.get("X-Slack-No-Retry") != "1", "http_error" if refused else ""

    def _note(self, kind: str, name: str, attempt: int, reason: str) -> None:
        row = {"at": self.workspace.clock.now(), "kind": kind, "name": name, "attempt": attempt}
        self.log.append(row | {"outcome": reason or "ok"})
        self.workspace.stir()

    async def command(self, body: Json) -> Answer:
        """Send a slash command and give back the app's immediate answer.

        Raises Unanswered when none came within three seconds, Refused for an error status or no address.
        """
        if self.sockets.open:
            return await self.sockets.send("slash_commands", body)
        url = next((c.get("url") for c in commands(self.workspace) if c["command"] == body["command"]), None)
        return await self._form(url, body)

    async def interaction(self, body: Json, *, options: bool = False) -> Answer:
        """Send a button press, a submission or the like and give back the app's immediate answer.

        Raises as `command` does.
        """
        if self.sockets.open:
            return await self.sockets.send("interactive", body)
        place = _settings(self.workspace).get("interactivity", {})
        url = (place.get("message_menu_options_url") if options else None) or place.get("request_url")
        return await self._form(url, {"payload": json.dumps(body)})

    async def _form(self, url: str | None, fields: Json) -> Answer:
        if not url:
            raise Refused("no address in the manifest and no socket connected")
        status, text, headers = await self._post(url, urlencode(fields).encode(), FORM, {})
        if status != 200:
            raise Refused(f"HTTP {status}")
        if "json" not in headers.get("Content-Type", "") or not text:
            return text
        answer = json.loads(text)
        return answer if isinstance(answer, dict) else text

    async def _post(self, url: str, body: bytes, kind: str, extra: dict[str, str]) -> tuple[int, str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.ack_seconds))
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0 (workbench)", **self.signed(body), **extra}
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return response.status, await response.text(errors="replace"), response.headers
        except TimeoutError:
            raise Unanswered("http_timeout") from None
        except aiohttp.ClientError:
            raise Unanswered("connection_failed") from None

    def signed(self, body: bytes) -> dict[str, str]:
        """The two headers by which the app knows a request is Slack's: v0, HMAC-SHA256 over version, time and body."""
        moment = str(int(self.workspace.clock.now()))
        base = b"v0:" + moment.encode() + b":" + body
        digest = hmac.new(self.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": f"v0={digest}"}


def _settings(workspace: Workspace) -> Json:
    return (workspace.manifest or {}).get("settings") or {}


def commands(workspace: Workspace) -> list[Json]:
    """The slash commands of the manifest."""
    return ((workspace.manifest or {}).get("features") or {}).get("slash_commands") or []


def shortcuts(workspace: Workspace) -> list[Json]:
    """The shortcuts of the manifest."""
    return ((workspace.manifest or {}).get("features") or {}).get("shortcuts") or []

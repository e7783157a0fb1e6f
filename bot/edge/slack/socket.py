"""Socket Mode: two connections to Slack, so that one may be renewed while the other listens, and a watch over both."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock

log = structlog.get_logger()

CONNECTIONS = 2
# The SDK has been seen to stay in a broken connection for good, so one that is down for so many looks is made anew.
_LOOKS = 6


class Socket:
    """Slack's requests over WebSockets, passed to Bolt. ``heard`` is when anything last came (aware UTC)."""

    mode = "socket"

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        client: AsyncWebClient,
        clock: Clock,
        *,
        connections: int = CONNECTIONS,
        ping_seconds: float = 5.0,
    ) -> None:
        self.heard: datetime | None = None
        self._app = app
        self._app_token = app_token
        self._client = client
        self._clock = clock
        self._ping_seconds = ping_seconds
        self._lines = [_Line(self) for _ in range(connections)]

    def start(self) -> None:
        """Begins to connect, and goes on trying for as long as it takes."""
        for line in self._lines:
            line.start()

    async def stop(self) -> None:
        """Hangs up."""
        await asyncio.gather(*(line.stop() for line in self._lines))

    async def connected(self) -> bool:
        """Whether Slack is on at least one line, and answers its pings."""
        return any([await line.connected() for line in self._lines])

    def handler(self) -> AsyncSocketModeHandler:
        """A new connection, not yet connected."""
        logger = logging.getLogger("floorwalker.socket")
        # The SDK reports every failed attempt with a trace; this module says once what is wrong.
        logger.setLevel(logging.CRITICAL)
        handler = AsyncSocketModeHandler(
            self._app, self._app_token, logger=logger, web_client=self._client, ping_interval=self._ping_seconds
        )
        # Only a proxy of the client's own counts, as for every other call; one in the environment does not.
        handler.client.proxy = self._client.proxy
        handler.client.on_message_listeners.append(self._on_message)
        return handler

    @property
    def look_seconds(self) -> float:
        """How often a line is looked after."""
        return self._ping_seconds

    async def _on_message(self, message: Any) -> None:
        self.heard = self._clock.now()


class _Line:
    """One connection, made anew when it stays broken."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._handler: AsyncSocketModeHandler | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="socket mode")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._hang_up()

    async def connected(self) -> bool:
        return self._handler is not None and await self._handler.client.is_connected()

    async def _run(self) -> None:
        while True:
            self._handler = self._socket.handler()
            connecting = asyncio.ensure_future(self._handler.connect_async())  # type: ignore[no-untyped-call]
            try:
                await self._until_broken()
                log.warning("socket mode is down", reason="no connection, or no answer to pings; connecting anew")
            finally:
                connecting.cancel()
                await asyncio.gather(connecting, return_exceptions=True)
                await self._hang_up()

    async def _until_broken(self) -> None:
        missing = 0
        while missing < _LOOKS:
            await asyncio.sleep(self._socket.look_seconds)
            missing = 0 if await self.connected() else missing + 1

    async def _hang_up(self) -> None:
        handler, self._handler = self._handler, None
        if handler is not None:
            await handler.close_async()  # type: ignore[no-untyped-call]

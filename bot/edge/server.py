"""The one HTTP server: routes by a table, limits what a connection and a body may cost, shows no error's inside."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

log = structlog.get_logger()

MIB = 1024 * 1024

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
"""Answers one request. What it raises becomes a bare 500."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What connections may cost: how many at once, and in seconds how long a first request's head may take (``head``),
    a connection may idle (``idle``), an unread body is drained (``linger``) and a stop waits (``grace``)."""

    connections: int = 512
    head: float = 10.0
    idle: float = 75.0
    linger: float = 1.0
    grace: float = 5.0


class _Doorkeeper(web.Server):
    """Turns connections away above the limit, and hangs up on those that never finish asking."""

    def __init__(self, handler: Handle, limits: Limits) -> None:
        # Nothing is ever unpacked: signatures are over the bytes as sent, and a packed body may be a bomb.
        super().__init__(
            handler,
            auto_decompress=False,
            keepalive_timeout=limits.idle,
            lingering_time=limits.linger,
            access_log=None,
            logger=_quiet_logger(),
        )
        self._limits = limits
        self._silent: dict[RequestHandler, asyncio.TimerHandle] = {}

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > self._limits.connections:
            transport.abort()
            return
        loop = asyncio.get_running_loop()
        self._silent[handler] = loop.call_later(self._limits.head, transport.abort)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        self.heard(handler)
        super().connection_lost(handler, exc)

    def heard(self, handler: RequestHandler) -> None:
        """The connection has sent a whole head; from now on the idle limit is enough."""
        timer = self._silent.pop(handler, None)
        if timer is not None:
            timer.cancel()


def _quiet_logger() -> logging.Logger:
    """aiohttp writes a trace with the bytes of each request that is no HTTP, among them perhaps somebody's credentials.
    What our own handlers do wrong is logged where it is answered."""
    logger = logging.getLogger("floorwalker.http")
    logger.setLevel(logging.CRITICAL)
    return logger


class HttpServer:
    """Serves ``routes``: a path, or a prefix that ends with a slash, to the handler that answers it."""

    def __init__(self, routes: Mapping[str, Handle], limits: Limits = Limits()) -> None:
        self._routes = dict(routes)
        self._prefixes = tuple(path for path in routes if path.endswith("/"))
        self._limits = limits
        self._doorkeeper: _Doorkeeper | None = None
        self._runner: web.ServerRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listens, and gives the port (a free one for 0). Raises OSError when the address is not to be had."""
        self._doorkeeper = _Doorkeeper(self._answer, self._limits)
        self._runner = web.ServerRunner(self._doorkeeper, shutdown_timeout=self._limits.grace)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, backlog=1024).start()
        bound: int = self._runner.addresses[0][1]
        return bound

    async def stop(self) -> None:
        """Takes no new connections, lets the requests under way finish, and closes."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._doorkeeper is not None:
            self._doorkeeper.heard(request.protocol)
        try:
            return await self._route(request.path)(request)
        except (ConnectionError, web.HTTPException):
            raise
        except Exception as error:
            # The boundary of the server: whatever a handler did wrong, the caller learns nothing but that it failed.
            # Only the route is named, since what follows it may be a secret or somebody's name.
            log.error("request failed", route=self._named(request.path), error=type(error).__name__, exc_info=error)
            return plain(500, "internal error")

    def _route(self, path: str) -> Handle:
        return self._routes.get(self._named(path), _nothing_here)

    def _named(self, path: str) -> str:
        """The route of a path: itself, or the prefix under which it lies; "" when it leads nowhere."""
        if path in self._routes:
            return path
        return next((prefix for prefix in self._prefixes if path.startswith(prefix)), "")


def plain(status: int, text: str, **headers: str) -> web.Response:
    """A short text answer; a header's underscores stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, text=text + "\n", headers=named)


async def _nothing_here(request: web.BaseRequest) -> web.StreamResponse:
    return plain(404, "not found")


class BadBody(Exception):
    """The body cannot be taken; ``response`` is what the sender is told, and the connection ends with it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.response = plain(status, text)
        self.response.force_close()


async def read_body(request: web.BaseRequest, most: int, seconds: float) -> bytes:
    """The body as sent. Raises BadBody: 415 for a packed one, 413 over ``most`` bytes, 408 when it takes longer than
    ``seconds`` in all, 400 when it is broken off or malformed."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise BadBody(415, "send the body unpacked")
    if (request.content_length or 0) > most:
        raise BadBody(413, "body too large")
    try:
        if request.content.is_eof():
            # Small bodies come in one piece with their head, so there is nothing to wait for.
            return _at_most(request.content.read_nowait(), most)
        async with asyncio.timeout(seconds):
            await _continue(request)
            return await _read(request, most)
    except TimeoutError:
        raise BadBody(408, "body too slow") from None
    except (HttpProcessingError, ClientPayloadError, web.RequestPayloadError, ValueError):
        raise BadBody(400, "malformed body") from None


async def _continue(request: web.BaseRequest) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The interim answer is no part of the answer proper, whose size is counted from zero.
        request.writer.output_size = 0


async def _read(request: web.BaseRequest, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= most and not request.content.at_eof():
        part = await request.content.readany()
        parts.append(part)
        size += len(part)
    return _at_most(b"".join(parts), most)


def _at_most(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise BadBody(413, "body too large")
    return body

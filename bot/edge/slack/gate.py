"""The gate before Slack's requests: proves the raw bytes to be Slack's before anything parses them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import structlog
from aiohttp import web
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.clock import Clock
from bot.edge.server import BadBody, plain, read_body

log = structlog.get_logger()

TOLERANCE = 300.0
REMEMBERED = 600.0
MAX_BYTES = 1024 * 1024
_STUMBLED = 500
_KINDS = ("application/json", "application/x-www-form-urlencoded")


class _Dispatches(Protocol):
    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse: ...


class Gate:
    """POST /slack/events: 401 for whatever is not proved to be Slack's, 200 without effect for a repetition, else Bolt.

    The signature is ``v0=`` and the hex HMAC-SHA256 of ``v0:timestamp:body`` under the app's signing secret, as Slack's
    "Verifying requests from Slack" describes; a timestamp counts for five minutes either way. ``heard`` is called for
    each request that is proved.
    """

    def __init__(
        self,
        app: _Dispatches,
        signing_secret: str,
        clock: Clock,
        *,
        heard: Callable[[], None] = lambda: None,
        max_bytes: int = MAX_BYTES,
        read_seconds: float = 3.0,
    ) -> None:
        if not signing_secret:
            raise ValueError("the signing secret is empty, with which anybody could sign")
        self._app = app
        self._secret = signing_secret.encode()
        self._clock = clock
        self._heard = heard
        self._max_bytes = max_bytes
        self._read_seconds = read_seconds
        self._seen = _Seen(REMEMBERED)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers one request of Slack's, or of somebody who pretends to be."""
        if request.method != "POST":
            return plain(405, "method not allowed", Allow="POST")
        if request.content_type not in _KINDS:
            return plain(401, "unauthorized")
        try:
            body = await read_body(request, self._max_bytes, self._read_seconds)
        except BadBody as bad:
            return bad.response
        moment = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not signed(self._secret, moment, signature, body, self._clock.now().timestamp()):
            return plain(401, "unauthorized")
        self._heard()
        if not self._seen.first((moment, signature), self._clock.monotonic()):
            return web.Response(status=200)
        return await self._pass(request, body, (moment, signature))

    async def _pass(self, request: web.BaseRequest, body: bytes, mark: tuple[str, str]) -> web.StreamResponse:
        try:
            asked = AsyncBoltRequest(body=body.decode(), headers=dict(request.headers))
        except (ValueError, TypeError, AttributeError, RecursionError):
            # Bolt takes any body for an object of moderate depth; one that is not is no request of Slack's.
            return plain(401, "unauthorized")
        answer = await asyncio.shield(self._app.async_dispatch(asked))
        if answer.status == _STUMBLED:
            # Bolt has logged where it stumbled over the payload, which it would do again.
            return plain(400, "bad request")
        if answer.status > _STUMBLED:
            # Nothing was kept, so the same request may have its effect when it comes again.
            self._seen.forget(mark)
        return _as_http(answer)


def signed(secret: bytes, moment: str, signature: str, body: bytes, now: float) -> bool:
    """Whether the headers prove the body to be Slack's; ``now`` in seconds since the epoch. Never raises."""
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12) or abs(now - int(moment)) > TOLERANCE:
        return False
    digest = hmac.new(secret, b"v0:" + moment.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(b"v0=" + digest.encode(), signature.encode("utf-8", "surrogateescape"))


class _Seen:
    """The proved requests of the last minutes, oldest first; only Slack can make it grow."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: OrderedDict[tuple[str, str], float] = OrderedDict()

    def first(self, mark: tuple[str, str], now: float) -> bool:
        """Whether it was not seen before; from now on it was."""
        while self._until and next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
        if mark in self._until:
            return False
        self._until[mark] = now + self._seconds
        return True

    def forget(self, mark: tuple[str, str]) -> None:
        """As if it had never come."""
        self._until.pop(mark, None)


def _as_http(answer: BoltResponse) -> web.Response:
    kind = next(iter(answer.headers.get("content-type", ())), "text/plain").partition(";")[0]
    return web.Response(status=answer.status, text=answer.body, content_type=kind)

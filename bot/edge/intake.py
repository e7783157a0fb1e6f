"""POST /webhooks/{source}: proves a delivery, has it stored, and only then says 200."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from aiohttp import web

from bot.clock import Clock
from bot.core.delivery import Delivery, Shopfront, Source, Unverified
from bot.edge.metrics import Meters
from bot.edge.server import MIB, BadBody, plain, read_body
from bot.store.engine import StoreDown
from bot.store.inbox import Arrival

log = structlog.get_logger()

PREFIX = "/webhooks/"
RETRY_AFTER = "10"

# Headers that carry credentials or belong to the connection; a source never needs them after verification.
_NOT_KEPT = frozenset(
    {
        "authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token", "connection", "keep-alive", "te",
        "transfer-encoding", "upgrade", "expect", "host", "accept", "accept-encoding", "accept-language",
    }
)  # fmt: skip


class Admits(Protocol):
    """What the intake asks of the store: True when the arrival is new, once it is on disk."""

    async def admit(self, arrival: Arrival) -> bool:
        """Raises StoreDown when it could not be written."""
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """A source's entrance: who proves and names its deliveries, by which secrets, for which shop, up to which size."""

    source: Source
    secrets: tuple[str, ...]
    front: Shopfront
    max_bytes: int = 5 * MIB


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for the whole body to come in, and for the store to have it on disk."""

    body: float = 10.0
    store: float = 2.0


class Webhooks:
    """The entrances of all sources by name; ``wake`` is called whenever something new was admitted."""

    def __init__(
        self,
        doors: Mapping[str, Door],
        intake: Admits,
        clock: Clock,
        meters: Meters,
        *,
        wake: Callable[[], None] = lambda: None,
        patience: Patience = Patience(),
    ) -> None:
        self._doors = doors
        self._intake = intake
        self._clock = clock
        self._meters = meters
        self._wake = wake
        self._patience = patience
        self._closed = False

    def close(self) -> None:
        """From now on every delivery is answered 503, so that its sender comes again."""
        self._closed = True

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers one delivery; the body of the answer says nothing that a stranger may not know."""
        began = self._clock.monotonic()
        name = request.path[len(PREFIX) :]
        door = self._doors.get(name)
        answer, outcome = await self._take(request, door) if door else (plain(404, "not found"), "no such source")
        self._meters.delivery(name if door else "", outcome, self._clock.monotonic() - began)
        return answer

    async def _take(self, request: web.BaseRequest, door: Door) -> tuple[web.StreamResponse, str]:
        if request.method != "POST":
            return plain(405, "method not allowed", Allow="POST"), "wrong method"
        if self._closed:
            return _come_again(), "stopping"
        try:
            body = await read_body(request, door.max_bytes, self._patience.body)
            arrival = prove(self._delivery(request, door, body), door)
            return await self._admit(arrival)
        except BadBody as bad:
            return bad.response, str(bad)
        except Unverified as reason:
            log.warning("delivery refused", source=door.front.source, reason=str(reason))
            return plain(401, "unauthorized"), "unverified"

    def _delivery(self, request: web.BaseRequest, door: Door, body: bytes) -> Delivery:
        return Delivery(door.front.source, lowered(request), body, self._clock.now())

    async def _admit(self, arrival: Arrival) -> tuple[web.StreamResponse, str]:
        try:
            async with asyncio.timeout(self._patience.store):
                fresh = await self._intake.admit(arrival)
        except (StoreDown, TimeoutError) as down:
            log.error("delivery not stored", source=arrival.source, reason=str(down) or "the store takes too long")
            return _come_again(), "not stored"
        if not fresh:
            return plain(200, "ok"), "duplicate"
        self._wake()
        return plain(200, "ok"), "admitted"


def prove(delivery: Delivery, door: Door) -> Arrival:
    """The delivery as it is to be stored, without credentials. Raises Unverified, for every failure of a proof."""
    try:
        door.source.verify(delivery, door.secrets, delivery.received, door.front)
    except Unverified:
        raise
    except Exception as error:
        # The boundary to the handlers: a stranger's bytes that upset a proof have proved nothing.
        raise Unverified(f"the proof failed on them: {type(error).__name__}") from error
    kept = replace(delivery, headers=without_credentials(delivery.headers, door.secrets))
    return Arrival(source=door.front.source, shop=door.front.shop, key=_named(delivery, door), delivery=kept)


def _named(delivery: Delivery, door: Door) -> str:
    try:
        return door.source.key(delivery)
    except Exception as error:
        # A proved delivery is never lost over its name; the hash of its body stands for it then.
        log.error("delivery has no name", source=door.front.source, error=type(error).__name__, exc_info=error)
        return ""


def lowered(request: web.BaseRequest) -> dict[str, str]:
    """The request's headers by lower-cased name; repeated ones joined by commas, as RFC 9110, 5.3 has it."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        known = name.lower()
        text = value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        headers[known] = f"{headers[known]}, {text}" if known in headers else text
    return headers


def without_credentials(headers: Mapping[str, str], secrets: tuple[str, ...]) -> dict[str, str]:
    """The headers that may be stored: none that is a credential by its name, nor one that contains a secret."""
    return {
        name: value
        for name, value in headers.items()
        if name not in _NOT_KEPT and not any(secret and secret in value for secret in secrets)
    }


def _come_again() -> web.Response:
    return plain(503, "come again", Retry_After=RETRY_AFTER)

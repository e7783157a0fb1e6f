"""/webhooks/{source}: proves a delivery, has it stored, and only then says 200; and answers platforms' handshakes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import structlog
from aiohttp import web

from bot.clock import Clock
from bot.core.delivery import OURS, Apart, Delivery, Evidence, Knock, Source, Strip, Unverified, Wanting
from bot.core.shopfront import Shopfront
from bot.edge.evidence import Documents, Fetches, Unavailable, anchors
from bot.edge.handshakes import Handshakes, greeted
from bot.edge.metrics import Meters
from bot.edge.server import MIB, BadBody, plain, read_body
from bot.store.engine import StoreDown
from bot.store.inbox import Arrival

log = structlog.get_logger()

PREFIX = "/webhooks/"
RETRY_AFTER = "10"
ROUNDS = 3
"""How many times a proof may ask for another document."""

_KNOCKS: Mapping[str, Literal["GET", "HEAD", "OPTIONS"]] = {name: name for name in ("GET", "HEAD", "OPTIONS")}

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
    """The entrances of all sources by name; ``wake`` is called whenever something new was admitted.

    ``fetches`` gets the documents that proofs need and makes the calls that handshakes ask for.
    """

    def __init__(
        self,
        doors: Mapping[str, Door],
        intake: Admits,
        clock: Clock,
        meters: Meters,
        *,
        wake: Callable[[], None] = lambda: None,
        patience: Patience = Patience(),
        fetches: Fetches | None = None,
    ) -> None:
        self._doors = doors
        self._intake = intake
        self._clock = clock
        self._meters = meters
        self._wake = wake
        self._patience = patience
        self._handshakes = Handshakes(fetches, clock.monotonic)
        self._documents = Documents(fetches, clock.monotonic) if fetches else None
        self._closed = False

    def close(self) -> None:
        """From now on every delivery is answered 503, so that its sender comes again."""
        self._closed = True
        self._handshakes.close()
        if self._documents:
            self._documents.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answers one request; the body of the answer says nothing that a stranger may not know."""
        began = self._clock.monotonic()
        name, _, path = request.path[len(PREFIX) :].partition("/")
        door = self._doors.get(name)
        answer, outcome = await self._take(request, door, path) if door else (plain(404, "not found"), "no such source")
        self._meters.delivery(name if door else "", outcome, self._clock.monotonic() - began)
        return answer

    async def _take(self, request: web.BaseRequest, door: Door, path: str) -> tuple[web.StreamResponse, str]:
        if self._closed:
            return _come_again(), "stopping"
        try:
            if request.method == "POST":
                return await self._posted(request, door, path)
        except BadBody as bad:
            return bad.response, str(bad)
        except Unavailable:
            return _come_again(), "no document"
        except Unverified as reason:
            log.warning("delivery refused", source=door.front.source, reason=str(reason))
            return plain(401, "unauthorized"), "unverified"
        method = _KNOCKS.get(request.method)
        knock = Knock(method, lowered(request), path=path, query=_query(request)) if method else None
        answer = self._greeted(knock, door) if knock else None
        return answer or (plain(405, "method not allowed", Allow="POST"), "wrong method")

    def _greeted(self, knock: Knock, door: Door) -> tuple[web.StreamResponse, str] | None:
        greeting = greeted(door.source, knock, door.secrets, door.front)
        return (self._handshakes.answer(greeting, door.front.source), "greeted") if greeting else None

    async def _posted(self, request: web.BaseRequest, door: Door, path: str) -> tuple[web.StreamResponse, str]:
        body = await read_body(request, door.max_bytes, self._patience.body)
        headers, query = lowered(request), _query(request)
        # A handshake may be signed like a delivery, so the source is asked first whether it is one.
        answer = self._greeted(Knock("POST", headers, body, path, query), door)
        if answer is not None:
            return answer
        delivery = Delivery(door.front.source, headers, body, self._clock.now(), path, query)
        return await self._admit(await self._prove(delivery, door))

    async def _prove(self, delivery: Delivery, door: Door) -> Arrival:
        """The proved delivery, with as many documents as its proof asks for. Raises Unverified and Unavailable."""
        for _ in range(ROUNDS):
            try:
                return self._proved(delivery, door)
            except Wanting as want:
                delivery = replace(delivery, evidence=await self._evidence(delivery, want))
        try:
            return self._proved(delivery, door)
        except Wanting:
            raise Unverified(f"the proof wants more than {ROUNDS} documents") from None

    def _proved(self, delivery: Delivery, door: Door) -> Arrival:
        arrival = prove(delivery, door)
        if self._documents:
            self._documents.proved(delivery.evidence.documents)
        return arrival

    async def _evidence(self, delivery: Delivery, want: Wanting) -> Evidence:
        if self._documents is None:
            raise Unavailable
        document = await self._documents.get(want)
        return Evidence({**delivery.evidence.documents, want.url: document}, anchors())

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
    """The delivery as it is to be stored, without credentials. Raises Wanting, and for every failure Unverified."""
    try:
        door.source.verify(delivery, door.secrets, delivery.received, door.front)
    except (Unverified, Wanting):
        raise
    except Exception as error:
        # The boundary to the handlers: a stranger's bytes that upset a proof have proved nothing.
        raise Unverified(f"the proof failed on them: {type(error).__name__}") from error
    headers = without_credentials(delivery.headers, door.secrets)
    kept = Delivery(delivery.source, headers, stripped(door.source.strip, delivery), delivery.received)
    apart = _name(door.source.apart, delivery, door.front) if door.source.apart else ""
    key = apart or _name(lambda told, front: door.source.key(told), delivery, door.front)
    return Arrival(door.front.source, door.front.shop, key, kept, _digest(delivery.body, apart))


def _digest(body: bytes, apart: str) -> bytes:
    """The hash by which a repeat is known: that of the body as it was sent, and of what tells it from the same one."""
    sent = hashlib.sha256(body).digest()
    return hashlib.sha256(sent + apart.encode("utf-8", "backslashreplace")).digest() if apart else sent


def stripped(strip: Strip | None, delivery: Delivery) -> bytes:
    """The body as it is to be stored: without what it says of people and nobody needs."""
    try:
        return strip(delivery) if strip else delivery.body
    except Exception as error:
        # As with its name: what was proved is never lost, and whoever looks into the log sees that it was kept whole.
        log.error("delivery not stripped", source=delivery.source, error=type(error).__name__, exc_info=error)
        return delivery.body


def _name(naming: Apart, delivery: Delivery, front: Shopfront) -> str:
    try:
        return naming(delivery, front)
    except Exception as error:
        # A proved delivery is never lost over its name; the hash of its body stands for it then.
        log.error("delivery has no name", source=front.source, error=type(error).__name__, exc_info=error)
        return ""


def lowered(request: web.BaseRequest) -> dict[str, str]:
    """The request's headers by lower-cased name; repeated ones joined by commas, as RFC 9110, 5.3 has it. Headers that
    only we write are not taken from outside."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        known = name.lower()
        if known.startswith(OURS):
            continue
        text = value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        headers[known] = f"{headers[known]}, {text}" if known in headers else text
    return headers


def _query(request: web.BaseRequest) -> dict[str, str]:
    """The URL's query; of a name that comes twice, what came first."""
    return dict(reversed(tuple(request.query.items())))


def without_credentials(headers: Mapping[str, str], secrets: tuple[str, ...]) -> dict[str, str]:
    """The headers that may be stored: none that is a credential by its name, nor one that contains a secret."""
    return {
        name: value
        for name, value in headers.items()
        if name not in _NOT_KEPT and not any(secret and secret in value for secret in secrets)
    }


def _come_again() -> web.Response:
    return plain(503, "come again", Retry_After=RETRY_AFTER)

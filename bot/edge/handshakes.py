"""Answers to platforms that ask whether anybody is there, and the calls that some of them want to be made after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.core.delivery import Greeting, Knock, Source
from bot.core.polling import Call
from bot.core.shopfront import Shopfront
from bot.edge.evidence import Allowance, Fetches
from bot.edge.fetch import Broken, Foreign

log = structlog.get_logger()

# Handshakes come once in a subscription's life, so the calls that follow from them are few.
ERRANDS: Final = 5
EVERY: Final = 30.0

_TEXT = "text/plain; charset=utf-8"
_HARMLESS = ("text/plain", "application/json")


class Handshakes:
    """Answers knocks, and makes the calls that follow, at a bounded rate: a stranger may knock as well."""

    def __init__(self, fetches: Fetches | None, monotonic: Callable[[], float]) -> None:
        self._fetches = fetches
        self._allowance = Allowance(ERRANDS, EVERY, monotonic)
        self._errands: set[asyncio.Task[None]] = set()

    def answer(self, greeting: Greeting, source: str) -> web.Response:
        """The answer, after which its call is made."""
        then = greeting.then
        return _Answer(greeting, lambda: self._follow(then, source) if then else None)

    def close(self) -> None:
        """Gives up what is under way."""
        for errand in self._errands:
            errand.cancel()

    def _follow(self, then: Call, source: str) -> None:
        if self._fetches is None or not self._allowance.take():
            log.warning("handshake not followed up", source=source, reason="too many of them")
            return
        errand = asyncio.create_task(self._call(self._fetches, then, source), name="handshake")
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _call(self, fetches: Fetches, then: Call, source: str) -> None:
        # Where the call may go was decided by the source, which let its address pass.
        host = urlsplit(then.url).netloc
        try:
            response = await fetches.fetch(then, (host,))
        except (Foreign, Broken) as error:
            log.warning("handshake not followed up", source=source, reason=str(error))
        else:
            log.info("handshake followed up", source=source, host=host, status=response.status)


def greeted(source: Source, knock: Knock, secrets: tuple[str, ...], front: Shopfront) -> Greeting | None:
    """The source's answer to a handshake; None when it knows none like this."""
    if source.greet is None:
        return None
    try:
        return source.greet(knock, secrets, front)
    except Exception as error:
        # The boundary to the handlers: what upsets a source is no handshake, and may still be a delivery.
        log.error("handshake not understood", source=front.source, error=type(error).__name__, exc_info=error)
        return None


class _Answer(web.Response):
    """An answer after which something is done, once it has left."""

    def __init__(self, greeting: Greeting, then: Callable[[], None]) -> None:
        super().__init__(status=greeting.status, body=greeting.body.encode(), headers=_safe(greeting.headers))
        self._then = then

    async def write_eof(self, data: bytes = b"") -> None:
        await super().write_eof(data)
        self._then()


def _safe(given: Mapping[str, str]) -> dict[str, str]:
    """Headers with which what a platform (or a stranger) has us repeat is no page to whoever opens the address."""
    headers = {name.title(): value for name, value in given.items()}
    harmless = headers.get("Content-Type", "").partition(";")[0].strip().lower() in _HARMLESS
    return headers | {
        "Content-Type": headers["Content-Type"] if harmless else _TEXT,
        "X-Content-Type-Options": "nosniff",
    }

"""The documents that proofs ask for: fetched once for all who ask, kept for a day, and never at a stranger's will."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

import structlog

from bot.core.delivery import Unverified, Wanting
from bot.core.polling import Call, Response
from bot.edge.fetch import Broken, Foreign, addressed

log = structlog.get_logger()


class Fetches(Protocol):
    """Makes one call, to one of the hosts and nowhere else. Raises Foreign and Broken."""

    async def fetch(self, call: Call, hosts: Iterable[str]) -> Response:
        """The answer, whatever its status."""
        ...


class Unavailable(Exception):
    """The document is not to be had now; whoever needs it should come again."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What documents may cost. In seconds: one fetch, how long a document and how long a failure is remembered, and how
    often one more may be fetched once ``burst`` were. ``most`` is the bytes of one, ``documents`` how many are kept."""

    seconds: float = 5.0
    kept: float = 86_400.0
    failed: float = 60.0
    every: float = 6.0
    burst: int = 10
    most: int = 64 * 1024
    documents: int = 64


class Allowance:
    """So many times at once, and once more every so many seconds."""

    def __init__(self, burst: int, every: float, monotonic: Callable[[], float]) -> None:
        self._burst, self._every, self._monotonic = burst, every, monotonic
        self._left, self._at = float(burst), monotonic()

    def take(self) -> bool:
        """Whether it may be done now; if so, it counts as done."""
        now = self._monotonic()
        self._left = min(self._burst, self._left + (now - self._at) / self._every)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document, or None for one that was not to be had, until then; ``proven`` when a proof has succeeded with it."""

    document: bytes | None
    until: float
    proven: bool = False


class Documents:
    """Documents by their address. A stranger can make us want any address that a source lets pass, so addresses which
    have never proved anything are fetched at a bounded rate and are the first to be forgotten."""

    def __init__(self, fetches: Fetches, monotonic: Callable[[], float], bounds: Bounds = Bounds()) -> None:
        self._fetches, self._monotonic, self._bounds = fetches, monotonic, bounds
        self._allowance = Allowance(bounds.burst, bounds.every, monotonic)
        self._kept: dict[str, _Kept] = {}
        self._under_way: dict[str, asyncio.Task[bytes | None]] = {}

    async def get(self, want: Wanting) -> bytes:
        """The wanted document. Raises Unverified when it lies where this source's documents do not, and Unavailable."""
        try:
            addressed(Call("GET", want.url), want.hosts)
        except Foreign as foreign:
            raise Unverified(str(foreign)) from None
        document = await self._document(want)
        if document is None:
            raise Unavailable
        return document

    def proved(self, urls: Iterable[str]) -> None:
        """A proof has succeeded with the documents at these addresses."""
        for url in urls:
            if url in self._kept:
                self._kept[url] = replace(self._kept[url], proven=True)

    def close(self) -> None:
        """Gives up what is under way."""
        for task in self._under_way.values():
            task.cancel()

    async def _document(self, want: Wanting) -> bytes | None:
        known = self._kept.get(want.url)
        if known is not None and self._monotonic() < known.until:
            self._kept[want.url] = self._kept.pop(want.url)
            return known.document
        if want.url not in self._under_way:
            if not (known is not None and known.proven) and not self._allowance.take():
                return None
            task = self._under_way[want.url] = asyncio.create_task(self._fetch(want), name="document")
            task.add_done_callback(lambda _: self._under_way.pop(want.url))
        # Whoever hangs up while waiting does not take the document from the others who wait for it.
        task = self._under_way[want.url]
        await asyncio.wait({task})
        return None if task.cancelled() else task.result()

    async def _fetch(self, want: Wanting) -> bytes | None:
        document = None
        try:
            async with asyncio.timeout(self._bounds.seconds):
                response = await self._fetches.fetch(Call("GET", want.url), want.hosts)
        except (Foreign, Broken, TimeoutError) as error:
            log.warning("document not fetched", hosts=want.hosts, reason=str(error) or "no answer in time")
        else:
            if response.status == 200 and 0 < len(response.body) <= self._bounds.most:
                document = response.body
            else:
                log.warning("no document", hosts=want.hosts, status=response.status, bytes=len(response.body))
        self._keep(want.url, document)
        return document

    def _keep(self, url: str, document: bytes | None) -> None:
        before = self._kept.pop(url, None)
        until = self._monotonic() + (self._bounds.failed if document is None else self._bounds.kept)
        self._kept[url] = _Kept(document, until, proven=before is not None and before.proven)
        if len(self._kept) > self._bounds.documents:
            # The newest stays, or it would be fetched anew for every proof that needs it.
            unproven = (known for known, kept in self._kept.items() if not kept.proven and known != url)
            del self._kept[next(unproven, next(iter(self._kept)))]


@cache
def anchors() -> tuple[bytes, ...]:
    """The certificates (DER) of the authorities that this machine trusts, read once."""
    return trusted(ssl.get_default_verify_paths())


def trusted(paths: ssl.DefaultVerifyPaths) -> tuple[bytes, ...]:
    """The certificates in a file of all, and those in a folder with a file each, which OpenSSL opens only on demand."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    files = [paths.cafile] if paths.cafile else sorted(map(str, Path(paths.capath or "/nowhere").glob("*.0")))
    for file in files:
        context.load_verify_locations(cafile=file)
    return tuple(context.get_ca_certs(binary_form=True))

"""Sends signed deliveries over kept-alive connections, in a process of its own, and prints what came back as JSON.

``python -m tests.benchmarks.load PORT CONNECTIONS SECONDS RATE START`` where RATE is deliveries a second in all (0 for
as fast as answers come) and START the number of the first delivery, so that no two runs send the same one. With STREAM
and COUNT behind it, requests are taken from the function ``request`` of the module STREAM, and then it ends.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from time import perf_counter

SECRET = "benchmark-secret"
_HEAD = (
    "POST /webhooks/shopify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "X-Shopify-Topic: inventory_levels/update\r\nX-Shopify-Webhook-Id: {number:032d}\r\n"
    "X-Shopify-Hmac-Sha256: {signature}\r\nContent-Length: {length}\r\n\r\n"
)
_FILLER = "x" * 600


def delivery(number: int) -> bytes:
    """A whole request of about a kilobyte, no two alike."""
    body = json.dumps({"inventory_item_id": number, "available": number % 90, "note": _FILLER}).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return _HEAD.format(number=number, signature=signature, length=len(body)).encode() + body


class Sender(asyncio.Protocol):
    """One connection: sends, waits for the answer, sends the next; not before ``pace`` seconds after the last one."""

    def __init__(self, requests: Iterator[bytes], until: float, pace: float) -> None:
        self.taken: list[float] = []
        self.refused = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests, self._until, self._pace = requests, until, pace
        self._next = next(requests, None)
        self._answer = b""
        self._due = self._sent = perf_counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.endswith(b"ok\n"):
            return
        self.taken.append(perf_counter() - self._sent)
        self.refused += not self._answer.startswith(b"HTTP/1.1 200 ")
        self._answer = b""
        self._due += self._pace
        wait = self._due - perf_counter() if self._pace else 0.0
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self._sent = perf_counter()
        if self._next is None or self._sent >= self._until:
            self._transport.close()
            return
        self._transport.write(self._next)
        # The next one is signed while the server works on this one.
        self._next = next(self._requests, None)


async def run(port: int, connections: int, seconds: float, rate: float, requests: Iterator[bytes]) -> dict[str, float]:
    """Deliveries taken, in all and a second, those refused, and the median and 99th percentile of waiting in ms."""
    begun = perf_counter()
    pace = connections / rate if rate else 0.0
    loop = asyncio.get_running_loop()
    senders: list[Sender] = []
    for _ in range(connections):
        _, sender = await loop.create_connection(lambda: Sender(requests, begun + seconds, pace), "127.0.0.1", port)
        senders.append(sender)
    await asyncio.gather(*(sender.over for sender in senders))
    taken = sorted(wait for sender in senders for wait in sender.taken)
    return {
        "taken": len(taken),
        "refused": sum(sender.refused for sender in senders),
        "a_second": len(taken) / (perf_counter() - begun),
        "p50": 1000 * taken[len(taken) // 2],
        "p99": 1000 * taken[len(taken) * 99 // 100],
    }


def _requests(start: int, stream: str = "", count: str = "0") -> Iterator[bytes]:
    if not stream:
        return map(delivery, itertools.count(start))
    of: Callable[[int], bytes] = importlib.import_module(stream).request
    return map(of, range(start, start + int(count)))


if __name__ == "__main__":
    port, connections, seconds, rate, start, *stream = sys.argv[1:]
    requests = _requests(int(start), *stream)
    seen = asyncio.run(run(int(port), int(connections), float(seconds), float(rate), requests))
    sys.stdout.write(json.dumps(seen))

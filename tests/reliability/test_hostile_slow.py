"""Senders that never finish cost a socket for a while and nothing else: whoever is in order is answered all the same."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.edge.intake import Patience
from tests.reliability.corpus.rig import QUICK, Rig, post, rig

PATIENCE = Patience(body=0.4, store=30.0)
STALLED = 200
HEALTHY = 50
HEAD = b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nX-Shopify-Hmac-Sha256: x\r\n"


@dataclass(frozen=True)
class Stall:
    """What a sender writes at once, and what it goes on to write for ever, a piece at a time."""

    first: bytes
    then: bytes = b""


STALLS: Mapping[str, Stall] = {
    "say nothing": Stall(b""),
    "never end their head": Stall(HEAD),
    "write their head a letter at a time": Stall(b"POST", b"x"),
    "never send their body": Stall(HEAD + b"Content-Length: 100\r\n\r\n"),
    "stop within their body": Stall(HEAD + b"Content-Length: 100\r\n\r\n{"),
    "write their body a letter at a time": Stall(HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "write chunks without end": Stall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "never read an answer": Stall(b"GET /webhooks/nobody HTTP/1.1\r\nHost: x\r\n\r\n" * 50),
    "wait to be told to go on": Stall(HEAD + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n"),
}


def sockets() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))


@asynccontextmanager
async def stalled(running: Rig, stall: Stall) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Two hundred of them; gives what they read."""
    opened = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(STALLED)]
    for _, writer in opened:
        writer.write(stall.first)
    async with asyncio.TaskGroup() as group:
        drip = group.create_task(_drip([writer for _, writer in opened], stall.then))
        try:
            yield [reader for reader, _ in opened]
        finally:
            drip.cancel()
            for _, writer in opened:
                writer.close()


async def _drip(writers: list[asyncio.StreamWriter], piece: bytes) -> None:
    while piece:
        for writer in writers:
            if not writer.is_closing():
                writer.write(piece)
        await asyncio.sleep(0.05)


async def healthy(running: Rig, mark: str) -> list[float]:
    """Deliveries that are in order, one after another; gives how long each took, in seconds."""
    loop, took = asyncio.get_running_loop(), []
    for number in range(HEALTHY):
        body = json.dumps({"id": f"{mark} {number}"}).encode()
        began = loop.time()
        answer = await running.send(post("/webhooks/shopify", running.headers("shopify", "orders/create", body), body))
        took.append(loop.time() - began)
        assert answer.statuses == (200,)
    return took


@pytest.mark.parametrize("name", STALLS)
async def test_two_hundred_that_stall_keep_nobody_waiting_and_are_hung_up_on(tmp_path: Path, name: str) -> None:
    async with rig(tmp_path, PATIENCE) as running:
        alone = sorted(await healthy(running, "alone"))
        before = sockets()
        async with stalled(running, STALLS[name]) as readers:
            beside = sorted(await healthy(running, "beside"))
            longest = QUICK.head + QUICK.idle + PATIENCE.body + QUICK.linger + 1.0
            async with asyncio.timeout(longest * 5):
                answers = await asyncio.gather(*(_until_the_end(reader) for reader in readers))
        assert not any(b" 5" in answer.partition(b"\r\n")[0] for answer in answers)
        assert len(await healthy(running, "after")) == HEALTHY
    # The machine may be busy with something else, so what is bounded is coarse: nobody waits for those who stall.
    assert beside[len(beside) // 2] < max(0.25, 20 * alone[len(alone) // 2]), (alone, beside)
    assert sockets() <= before


async def _until_the_end(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""

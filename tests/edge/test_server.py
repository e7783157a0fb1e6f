"""What a connection may cost, and what a stranger learns."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from bot.edge.server import BadBody, Limits, plain, read_body
from tests.edge.conftest import Serve

EAGER = Limits(head=0.1, idle=0.2, linger=0.1, grace=0.2)


async def _echo(request: web.BaseRequest) -> web.StreamResponse:
    try:
        return web.Response(body=await read_body(request, 1000, 0.2))
    except BadBody as bad:
        return bad.response


async def _raw(address: str, *pieces: bytes, ends: bool = True) -> bytes:
    """What the server answers to these bytes until it hangs up."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def _post(*headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join(("POST /echo HTTP/1.1", "Host: floor", *headers, "", "")).encode() + body


async def test_paths_and_prefixes_lead_to_their_handlers_and_all_else_is_404(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    async def said(request: web.BaseRequest) -> web.StreamResponse:
        return plain(200, request.path)

    address = await serve({"/healthz": said, "/webhooks/": said})
    answers = {}
    for path in ("/healthz", "/webhooks/shopify", "/healthz/more", "/", "/webhooks"):
        async with http.get(address + path) as response:
            answers[path] = response.status
    assert answers == {"/healthz": 200, "/webhooks/shopify": 200, "/healthz/more": 404, "/": 404, "/webhooks": 404}


async def test_a_handler_that_breaks_shows_nothing_of_its_inside(serve: Serve, http: aiohttp.ClientSession) -> None:
    async def broken(request: web.BaseRequest) -> web.StreamResponse:
        raise RuntimeError("the password is swordfish")

    async with http.get(await serve({"/x": broken}) + "/x") as response:
        assert (response.status, await response.text()) == (500, "internal error\n")


async def test_a_head_that_never_ends_is_hung_up_on(serve: Serve) -> None:
    address = await serve({"/echo": _echo}, EAGER)
    assert await _raw(address, b"POST /echo HTTP/1.1\r\nHost: floor\r\nX-Slow: ") == b""


async def test_a_connection_that_says_nothing_is_hung_up_on(serve: Serve) -> None:
    assert await _raw(await serve({"/echo": _echo}, EAGER)) == b""


async def test_a_connection_that_asked_once_may_stay_longer_than_its_head_was_given(serve: Serve) -> None:
    parts = urlsplit(await serve({"/echo": _echo}, Limits(head=0.05, idle=5, linger=0.1, grace=0.2)))
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(_post("Content-Length: 3", body=b"one"))
    assert (await reader.readuntil(b"one")).startswith(b"HTTP/1.1 200")
    await asyncio.sleep(0.1)
    writer.write(_post("Content-Length: 3", "Connection: close", body=b"two"))
    assert (await reader.read()).endswith(b"two")
    writer.close()


async def test_connections_above_the_limit_are_turned_away_and_the_others_go_on(serve: Serve) -> None:
    address = await serve({"/echo": _echo}, Limits(connections=2, head=5, linger=0.1, grace=0.2))
    parts = urlsplit(address)
    first = [await asyncio.open_connection(parts.hostname, parts.port) for _ in range(2)]
    assert await _raw(address, _post("Content-Length: 1", body=b"x")) == b""
    reader, writer = first[0]
    writer.write(_post("Content-Length: 2", "Connection: close", body=b"ok"))
    assert (await reader.read()).endswith(b"ok")
    for _, open_writer in first:
        open_writer.close()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (("Content-Length: 1001",), b"", 413),
        (("Content-Length: 99999999999",), b"", 413),
        (("Transfer-Encoding: chunked",), b"3f0\r\n" + b"x" * 0x3F0 + b"\r\n3f0\r\n" + b"x" * 0x3F0 + b"\r\n", 413),
        (("Content-Length: 5", "Content-Encoding: gzip"), b"bombs", 415),
        (("Content-Length: 5", "Content-Encoding: identity, br"), b"bombs", 415),
        (("Content-Length: 10",), b"half", 408),
        (("Transfer-Encoding: chunked",), b"zz\r\n", 400),
        (("Content-Length: 5", "Transfer-Encoding: chunked"), b"0\r\n\r\n", 400),
        (("Content-Length: -1",), b"", 400),
        (("X-Long: " + "x" * 9000,), b"", 400),
    ],
)
async def test_bodies_beyond_the_limits_are_refused_and_the_connection_ends(
    serve: Serve, headers: tuple[str, ...], body: bytes, status: int
) -> None:
    address = await serve({"/echo": _echo}, EAGER)
    answer = await _raw(address, _post(*headers, body=body))
    assert answer.startswith((b"HTTP/1.1 %d " % status, b"HTTP/1.0 %d " % status))
    assert b"Traceback" not in answer


async def test_a_sender_that_asks_first_is_told_to_go_on(serve: Serve) -> None:
    parts = urlsplit(await serve({"/echo": _echo}))
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(_post("Content-Length: 2", "Expect: 100-continue", "Connection: close"))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"hi")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"hi")
    writer.close()


async def test_a_sender_that_asks_first_with_too_much_is_not_told_to_go_on(serve: Serve) -> None:
    address = await serve({"/echo": _echo}, EAGER)
    assert (await _raw(address, _post("Content-Length: 2000", "Expect: 100-continue"))).startswith(b"HTTP/1.1 413 ")

"""Serves the played platforms of ``bot.demo.stores`` over HTTP on this machine, for the demo and for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from email.utils import format_datetime
from urllib.parse import parse_qsl

from aiohttp import web

from bot.clock import Clock
from bot.core.polling import Call, Pairs
from bot.demo.stores import Stand
from bot.edge.server import MIB, BadBody, HttpServer, plain, read_body

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_MOST = 16 * MIB
_FORM = "application/x-www-form-urlencoded"


class Stands:
    """Played platforms behind one port, each with the clock that its answers' ``at`` says.

    ``start`` gives the mapping that a ``Fetcher`` takes as ``reroute``.
    """

    def __init__(self, stands: Iterable[Stand], clock: Clock) -> None:
        self._stands = {host.lower(): stand for stand in stands for host in stand.hosts}
        self._clock = clock
        self._server = HttpServer({"/": self._handle})

    async def start(self, port: int = 0) -> dict[str, str]:
        """Listens on this machine alone; gives the address to call instead of each host."""
        bound = await self._server.start("127.0.0.1", port)
        return {host.partition(":")[0]: f"http://127.0.0.1:{bound}" for host in self._stands}

    async def stop(self) -> None:
        """Listens no more."""
        await self._server.stop()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        stand = self._stands.get(request.host.lower())
        if stand is None or request.method not in _METHODS:
            return plain(404, "nobody is played here")
        try:
            body = await read_body(request, _MOST, 10.0)
        except BadBody as bad:
            return bad.response
        answer = stand.answer(_call(request, body), self._clock.now())
        headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() != "content-length"}
        dated = {"date": format_datetime(answer.at.astimezone(UTC), usegmt=True)} | headers
        return web.Response(status=answer.status, body=answer.body, headers=dated)


def _call(request: web.BaseRequest, body: bytes) -> Call:
    """The request as the one who makes it wrote it."""
    is_form = request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _FORM
    return Call(
        request.method,  # type: ignore[arg-type]
        f"https://{request.host}{request.rel_url.raw_path}",
        params=_pairs(request.rel_url.raw_query_string),
        headers={name.lower(): value for name, value in request.headers.items()},
        form=_pairs(body.decode("utf-8", "replace")) if is_form else (),
        body=b"" if is_form else body,
    )


def _pairs(text: str) -> Pairs:
    return tuple(parse_qsl(text, keep_blank_values=True))

"""How each fault is played on a connection: what is stored before it strikes, and what the caller gets to see."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.workbench.clock import Clock
from bot.workbench.faults import Rule


@dataclass(frozen=True)
class Scene:
    """What a mishap may use: the request, its rule, `commit` that runs the call, the clock, and `later`."""

    request: web.Request
    rule: Rule
    commit: Callable[[], web.Response]
    clock: Clock
    later: Callable[..., None]


async def play(
    request: web.Request, rule: Rule, commit: Callable[[], web.Response], clock: Clock, later: Callable[..., None]
) -> web.StreamResponse:
    """Play a rule's fault; a call is committed at most once."""
    scene = Scene(request, rule, commit, clock, later)
    kind, _, name = rule.kind.partition(":")
    if kind == "error":
        return web.json_response({"ok": False, "error": name})
    if kind == "error_after":
        commit()
        return web.json_response({"ok": False, "error": name})
    return await MISHAPS[kind](scene)


def _drop(scene: Scene) -> web.StreamResponse:
    """Close the connection without an answer."""
    if scene.request.transport is not None:
        scene.request.transport.close()
    return web.Response()


def _reset(scene: Scene) -> web.StreamResponse:
    """Close the connection with a TCP reset: a linger of zero seconds discards what is unsent."""
    transport = scene.request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def _status_500_before(scene: Scene) -> web.StreamResponse:
    return _broken()


async def _status_500_after(scene: Scene) -> web.StreamResponse:
    scene.commit()
    return _broken()


def _broken() -> web.Response:
    return web.Response(status=500, text="Internal Server Error")


async def _drop_before(scene: Scene) -> web.StreamResponse:
    return _drop(scene)


async def _drop_after(scene: Scene) -> web.StreamResponse:
    scene.commit()
    return _drop(scene)


async def _rst_before(scene: Scene) -> web.StreamResponse:
    return _reset(scene)


async def _rst_after(scene: Scene) -> web.StreamResponse:
    scene.commit()
    return _reset(scene)


async def _truncate_after(scene: Scene) -> web.StreamResponse:
    whole = (scene.commit().text or "").encode()
    partial = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(whole))})
    await partial.prepare(scene.request)
    await partial.write(whole[: len(whole) // 2])
    _drop(scene)
    return partial


async def _html_after(scene: Scene) -> web.StreamResponse:
    scene.commit()
    return web.Response(text="<html><body><h1>Server Error</h1></body></html>", content_type="text/html")


async def _slow_before(scene: Scene) -> web.StreamResponse:
    await scene.clock.sleep(scene.rule.seconds)
    return _drop(scene)


async def _slow_after(scene: Scene) -> web.StreamResponse:
    response = scene.commit()
    await scene.clock.sleep(scene.rule.seconds)
    return response


async def _late_landing(scene: Scene) -> web.StreamResponse:
    async def land() -> None:
        await scene.clock.sleep(scene.rule.seconds)
        scene.commit()

    scene.later(land())
    await asyncio.sleep(0)
    return _drop(scene)


async def _ratelimit(scene: Scene) -> web.StreamResponse:
    headers = {"Retry-After": scene.rule.retry_after}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


async def _lose(scene: Scene) -> web.StreamResponse:
    return scene.commit()


MISHAPS: dict[str, Callable[[Scene], Awaitable[web.StreamResponse]]] = {
    "status_500_before": _status_500_before,
    "status_500_after": _status_500_after,
    "drop_before": _drop_before,
    "drop_after": _drop_after,
    "rst_before": _rst_before,
    "rst_after": _rst_after,
    "truncate_after": _truncate_after,
    "html_after": _html_after,
    "slow_before": _slow_before,
    "slow_after": _slow_after,
    "late_landing": _late_landing,
    "ratelimit": _ratelimit,
    "lose": _lose,
}

"""GET /healthz and /readyz: whether the process lives, whether it can do its work, and if not, what is missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from bot.clock import Clock
from bot.edge.metrics import Census
from bot.edge.server import plain
from bot.store import alerts, inbox, outbox, polls, posts
from bot.store.engine import Store, StoreDown


def take_census(store: Store) -> Census:
    """Reads the census in one transaction. Raises StoreDown."""
    with store.read() as connection:
        states: dict[str, int] = {}
        for alert in alerts.open_alerts(connection):
            if alert.exercise is not None:
                continue
            states[alert.state] = states.get(alert.state, 0) + 1
        return Census(
            deliveries=inbox.counts(connection),
            posts=posts.by_state(connection),
            alerts=states,
            heard=inbox.heard(connection),
            next_due=outbox.next_due(connection),
            polls=polls.standings(connection),
        )


class Slack(Protocol):
    """The connection to Slack: ``mode`` is "socket" or "http", ``heard`` when it last said anything (aware UTC)."""

    @property
    def mode(self) -> str: ...

    @property
    def heard(self) -> datetime | None: ...

    async def connected(self) -> bool: ...


class HttpLine:
    """Slack over HTTP: it calls when it has something to say, so there is no connection to lose."""

    mode = "http"

    def __init__(self, clock: Clock) -> None:
        self.heard: datetime | None = None
        self._clock = clock

    def hear(self) -> None:
        """A proved request came in."""
        self.heard = self._clock.now()

    async def connected(self) -> bool:
        """Always; what cannot be reached is told by the posts that wait."""
        return True


@dataclass(frozen=True, slots=True)
class Health:
    """What is asked: the store's census (in a thread, at most ``patience`` seconds), Slack, and the loops by name.

    ``closing`` says that the process is about to end, ``trouble`` is Slack's word for why it refuses the bot, or "".
    ``asked`` are the streams by source that run, ``unasked`` says of sources why they should be asked and are not.
    """

    census: Callable[[], Census]
    slack: Slack
    loops: Mapping[str, Callable[[], bool]]
    sources: tuple[str, ...]
    closing: Callable[[], bool] = lambda: False
    patience: float = 2.0
    trouble: Callable[[], str] = lambda: ""
    asked: Mapping[str, Collection[str]] = field(default_factory=dict)
    unasked: Mapping[str, str] = field(default_factory=dict)

    async def alive(self, request: web.BaseRequest) -> web.StreamResponse:
        """GET /healthz: 200 for as long as the event loop turns."""
        return plain(200, "ok")

    async def ready(self, request: web.BaseRequest) -> web.StreamResponse:
        """GET /readyz: 200, or 503 and under "missing" what is amiss."""
        return await self._report(lambda missing: bool(missing))

    async def ready_for_webhooks(self, request: web.BaseRequest) -> web.StreamResponse:
        """GET /readyz/webhooks: the same report for a load balancer. Slack being away is no reason to turn deliveries
        away, which are stored until it is back, so only what taking them needs counts."""
        return await self._report(lambda missing: bool({"store", "running"} & set(missing)))

    async def is_ready(self) -> bool:
        """What GET /readyz answers, for those within the process."""
        return bool((await self._look())["ready"])

    async def _report(self, unready: Callable[[list[str]], bool]) -> web.StreamResponse:
        told = await self._look()
        return _json(503 if unready(told["missing"]) else 200, told)

    async def _look(self) -> dict[str, Any]:
        census = await self._counted()
        connected = await self.slack.connected()
        loops = {name: alive() for name, alive in self.loops.items()}
        slack = connected and not self.trouble()
        checks = {"running": not self.closing(), "store": census is not None, "slack": slack} | loops
        missing = [name for name, fine in checks.items() if not fine]
        return {"ready": not missing, "missing": missing, "slack": self._slack(connected), **self._counts(census)}

    async def _counted(self) -> Census | None:
        try:
            async with asyncio.timeout(self.patience):
                return await asyncio.to_thread(self.census)
        except (StoreDown, TimeoutError):
            return None

    def _slack(self, connected: bool) -> dict[str, Any]:
        told = {"mode": self.slack.mode, "connected": connected, "last_heard": _moment(self.slack.heard)}
        return told | ({"trouble": self.trouble()} if self.trouble() else {})

    def _counts(self, census: Census | None) -> dict[str, Any]:
        if census is None:
            return {}
        return {
            "sources": {name: _moment(census.heard.get(name)) for name in self.sources},
            "posts": dict(census.posts),
            "deliveries": dict(census.deliveries),
        } | self._asking(census)

    def _asking(self, census: Census) -> dict[str, Any]:
        """How the platforms are asked, where any is or should be."""
        told = {"polls": self._polls(census), "unasked": dict(self.unasked)}
        return {name: found for name, found in told.items() if found}

    def _polls(self, census: Census) -> dict[str, Any]:
        """How each stream fares that runs; those that the config has switched off meanwhile are left out."""
        told: dict[str, Any] = {source: {} for source in self.asked}
        for one in census.polls:
            if one.stream in self.asked.get(one.source, ()):
                error = {"error": one.last_error} if one.last_error else {}
                told[one.source][one.stream] = {"last_ok": _moment(one.last_ok), "failures": one.failures} | error
        return told


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _json(status: int, told: Mapping[str, Any]) -> web.Response:
    return web.Response(status=status, text=json.dumps(told, indent=2) + "\n", content_type="application/json")

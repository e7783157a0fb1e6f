"""Plays the demo: sends the story's signed deliveries to the bot's own endpoints, as patient as a platform is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from bot.clock import Clock
from bot.core.delivery import Source
from bot.core.shopfront import Shopfront
from bot.demo.stores import Storefront, Telling
from bot.demo.story import Scene, day, history

_AT_ONCE = 16
_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Sender:
    """A platform's place: how it signs and with which secret."""

    source: Source
    secret: str
    shopfront: Shopfront


@dataclass(frozen=True, slots=True)
class Player:
    """Tells the story of a shop to the bot at ``url``, ``speed`` times as fast as it is written.

    ``between`` is awaited after the history; ``say`` prints a line.
    """

    url: str
    shop: Storefront
    senders: Mapping[str, Sender]
    clock: Clock
    say: Callable[[str], None]
    between: Callable[[], Awaitable[None]]
    speed: float = 1.0

    async def play(self, began: datetime) -> None:
        """History at once, then each scene at its second; a refused delivery is sent again until it is accepted."""
        async with aiohttp.ClientSession(trust_env=False) as http:
            known = list(history(began, self.shop))
            self.say(f"telling {len(known)} events of the past weeks ...")
            await self._tell_all(http, known)
            await self.between()
            began_at = self.clock.monotonic()
            for scene in day(began, self.shop, self.speed):
                await asyncio.sleep(max(0.0, scene.second / self.speed - (self.clock.monotonic() - began_at)))
                await self._stage(http, scene)
            self.say("the day is told; try /stock hoodie and /ops digest on the page")

    async def _stage(self, http: aiohttp.ClientSession, scene: Scene) -> None:
        self.say(f"{scene.second:4.0f} s  {scene.words}")
        for telling in scene.tellings:
            await self._tell(http, telling)

    async def _tell_all(self, http: aiohttp.ClientSession, tellings: Iterable[Telling]) -> None:
        """In order of time, some at once: the shop's orders arrive in about the order in which they were placed."""
        waiting: set[asyncio.Task[None]] = set()
        for telling in tellings:
            if len(waiting) >= _AT_ONCE:
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            waiting.add(asyncio.create_task(self._tell(http, telling)))
        if waiting:
            await asyncio.wait(waiting)

    async def _tell(self, http: aiohttp.ClientSession, telling: Telling) -> None:
        sender = self.senders[telling.source]
        body = json.dumps(telling.body).encode()
        while True:
            headers = sender.source.sign(telling.topic, body, sender.secret, self.clock.now(), sender.shopfront)
            try:
                async with http.post(f"{self.url}/webhooks/{telling.source}", data=body, headers=headers) as answer:
                    if answer.status == 200:
                        return
                    if answer.status < 500:
                        raise RuntimeError(f"{telling.source} {telling.topic} was refused with {answer.status}")
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(_PATIENCE_SECONDS)

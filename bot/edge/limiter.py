"""When the next call of Slack's Web API may leave: a bucket for each method, and for posts one for each channel.

Figures: Slack, "Rate limits": tiers of 1, 20, 50 and 100 calls a minute, one post a second in a channel. Slack allows
bursts without saying how long ones, so ours are short. One process keeps the buckets in memory; replicas, to Slack one
app all the same, keep them in their store.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.store import rates
from bot.store.engine import Store
from bot.store.rates import Bucket

LONGEST = 3600.0
"""Seconds for which a method is closed at most, whatever a Retry-After says."""

_TIERS: dict[str, int] = {
    "chat.update": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "chat.postMessage": 240,
    "conversations.history": 50,
    "conversations.replies": 50,
    "conversations.list": 20,
    "views.open": 100,
    "views.publish": 100,
}
_OTHERS = 50
_POST, _EDIT = "chat.postMessage", "chat.update"
_SPARE = 4.0
"""So many of the edits that may leave at once are kept for those that somebody waits for."""
_CHANNEL_BURST = 3.0
_CHANNEL_RATE = 1.0


class Pace(Protocol):
    """Says when a call may leave. Either of the two classes below."""

    async def turn(self, method: str, channel: str, clock: Clock, awaited: bool = False) -> float:
        """Seconds to wait before the call may leave. 0.0 lets it go, and counts it. ``awaited`` says that somebody did
        something and looks for it to show."""

    async def close(self, method: str, seconds: float, clock: Clock) -> None:
        """Slack answered 429: nothing of the method leaves for so long, an hour at most."""


def buckets(method: str, channel: str, awaited: bool = False) -> tuple[Bucket, ...]:
    """The buckets that a call draws from; the method's own is the first."""
    a_minute = _TIERS.get(method, _OTHERS)
    own = Bucket(method, a_minute / 5, a_minute / 60, _SPARE if method == _EDIT and not awaited else 0.0)
    if method != _POST:
        return (own,)
    return own, Bucket(f"{method} {channel}", _CHANNEL_BURST, _CHANNEL_RATE)


@dataclass(slots=True)
class Limiter:
    """The pace of one process. ``now`` is in seconds of a clock that never jumps."""

    _full_at: dict[str, float] = field(default_factory=dict)
    _closed: dict[str, float] = field(default_factory=dict)

    async def turn(self, method: str, channel: str, clock: Clock, awaited: bool = False) -> float:
        """As in ``Pace``."""
        return self.wait(method, channel, clock.monotonic(), awaited)

    async def close(self, method: str, seconds: float, clock: Clock) -> None:
        """As in ``Pace``."""
        self.penalise(method, seconds, clock.monotonic())

    def wait(self, method: str, channel: str, now: float, awaited: bool = False) -> float:
        """Seconds to wait before the call may leave. 0.0 lets it go, and counts it."""
        drawn = buckets(method, channel, awaited)
        waits = (bucket.wait(self._full_at.get(bucket.name, now), now) for bucket in drawn)
        wait = max(self._closed.get(method, now) - now, *waits, 0.0)
        if wait <= 0:
            for bucket in drawn:
                self._full_at[bucket.name] = bucket.drawn(self._full_at.get(bucket.name, now), now)
        return wait

    def penalise(self, method: str, seconds: float, now: float) -> None:
        """Slack answered 429: nothing of the method leaves for so long."""
        self._closed[method] = max(self._closed.get(method, now), now + min(seconds, LONGEST))


@dataclass(frozen=True, slots=True)
class SharedLimiter:
    """The pace of all replicas over one store, by wall time, and by the slowest clock among them."""

    store: Store

    async def turn(self, method: str, channel: str, clock: Clock, awaited: bool = False) -> float:
        """As in ``Pace``. Raises StoreDown."""
        return await asyncio.to_thread(self._turn, buckets(method, channel, awaited), clock.now())

    async def close(self, method: str, seconds: float, clock: Clock) -> None:
        """As in ``Pace``. Raises StoreDown."""
        until = clock.now() + timedelta(seconds=min(seconds, LONGEST))
        await asyncio.to_thread(self._close, method, until)

    def _turn(self, drawn: tuple[Bucket, ...], now: datetime) -> float:
        return self.store.run(lambda connection: rates.draw(connection, drawn, now))

    def _close(self, method: str, until: datetime) -> None:
        self.store.run(lambda connection: rates.close(connection, method, until))

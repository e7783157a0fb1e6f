"""Reads channels back: those with a post in doubt as soon as it has settled, all of them every five minutes.

What a reading means and what is done about it is decided in ``bot.core.sweep``; here it is carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.core.dispatch import Absent, Outcome
from bot.core.sweep import EVERY, Answer, Checked, Delete, Effect, Mend, Read, Row, Sighting, Sweep, sweep
from bot.edge.limiter import Pace
from bot.edge.slack.client import Identity
from bot.store import sweeps
from bot.store.engine import Store, StoreDown

log = structlog.get_logger()

_LOOK_EVERY = 5.0
# A reading can wait; one that would have to wait longer is left to the next look.
_LONGEST_HOLD = 5.0


class Reader(Protocol):
    """How channels are read, and surplus copies deleted."""

    async def who(self) -> Identity | None: ...

    async def sightings(
        self, channel: str, thread_ts: str | None, oldest: datetime
    ) -> tuple[Sighting, ...] | Outcome: ...

    async def delete(self, channel: str, ts: str) -> Outcome: ...


class Sweeper:
    """Holds what is in the channels against what ought to be. ``wake`` is called when a post is due because of it."""

    def __init__(
        self,
        store: Store,
        client: Reader,
        limiter: Pace,
        clock: Clock,
        wake: Callable[[], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._client = client
        self._limiter = limiter
        self._clock = clock
        self._wake = wake
        self._pause = pause
        self._audit_at = 0.0
        self._strangers: dict[str, dict[str, Sighting]] = {}

    async def run(self) -> None:
        """Looks every few seconds, until it is cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            await self.look()

    async def look(self) -> None:
        """Reads the channels that are in doubt, or all of late when it is time for that."""
        audit = self._clock.monotonic() >= self._audit_at
        if audit:
            self._audit_at = self._clock.monotonic() + EVERY.total_seconds()
        try:
            for channel in await asyncio.to_thread(self._channels, self._clock.now(), audit):
                await self._sweep(channel)
        except StoreDown as down:
            log.warning("channels not read back", reason=str(down))

    def stranger(self, channel: str, tag: str) -> Sighting | None:
        """A message of our own with this tag that no post was known for when the channel was last read. It is given
        once: whoever asks takes it for their post."""
        return self._strangers.get(channel, {}).pop(tag, None)

    def _channels(self, now: datetime, audit: bool) -> list[str]:
        with self._store.read() as connection:
            return (sweeps.channels_of_late if audit else sweeps.channels_in_doubt)(connection, now)

    async def _sweep(self, channel: str) -> None:
        now = self._clock.now()
        me = await self._client.who()
        if me is None:
            return
        rows = await asyncio.to_thread(self._rows, channel, now)
        try:
            strangers = await self._carried_out(channel, sweep(rows, me.bot, now))
        except StoreDown:
            raise
        except Exception as error:
            # The boundary to what a channel may hold: one that cannot be judged must not keep the others from it.
            log.error("channel not read back", channel=channel, error=type(error).__name__, exc_info=error)
            return
        self._strangers[channel] = {one.tag: one for one in reversed(strangers)}

    def _rows(self, channel: str, now: datetime) -> list[Row]:
        with self._store.write() as connection:
            return sweeps.audited(connection, channel, now)

    async def _carried_out(self, channel: str, course: Sweep) -> tuple[Sighting, ...]:
        effect = next(course)
        while True:
            try:
                effect = course.send(await self._done(channel, effect))
            except StopIteration as ended:
                strangers: tuple[Sighting, ...] = ended.value
                return strangers

    async def _done(self, channel: str, effect: Effect) -> Answer:
        match effect:
            case Read(thread_ts, oldest):
                return await self._read(channel, thread_ts, oldest)
            case Mend():
                return await self._mend(effect)
            case Delete(post, ts):
                return await self._delete(channel, post.key, ts)
            case Checked():
                await asyncio.to_thread(self._checked, effect)
                return True

    async def _read(self, channel: str, thread_ts: str | None, oldest: datetime) -> Answer:
        method = "conversations.replies" if thread_ts else "conversations.history"
        if not await self._turn(method, channel):
            return None
        seen = await self._client.sightings(channel, thread_ts, oldest)
        if isinstance(seen, tuple):
            return seen
        log.warning("channel not read back", channel=channel, outcome=str(seen))
        return None

    async def _mend(self, mend: Mend) -> bool:
        def keep() -> bool:
            with self._store.write() as connection:
                return sweeps.mend(connection, mend.before, mend.after)

        kept = await asyncio.to_thread(keep)
        before, after = mend.before, mend.after
        if kept and (before.state, before.ts) != (after.state, after.ts):
            log.warning("post put right", post=after.id, key=after.key, was=before.state, now=after.state, ts=after.ts)
            self._wake()
        return kept

    async def _delete(self, channel: str, key: str, ts: str) -> bool:
        if not await self._turn("chat.delete", channel):
            return False
        outcome = await self._client.delete(channel, ts)
        told = log.info if isinstance(outcome, Absent) else log.warning
        told("second copy deleted", channel=channel, key=key, ts=ts, outcome=type(outcome).__name__)
        return isinstance(outcome, Absent)

    def _checked(self, effect: Checked) -> None:
        with self._store.write() as connection:
            sweeps.checked(connection, effect.posts, self._clock.now())

    async def _turn(self, method: str, channel: str) -> bool:
        while wait := await self._limiter.turn(method, channel, self._clock):
            if wait > _LONGEST_HOLD:
                return False
            await self._pause(wait)
        return True

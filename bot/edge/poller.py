"""Asks the platforms: runs each stream when it is due, in one replica at a time, and looks after our webhooks there.

What a run heard is in the inbox with the cursor before the run goes on, so that a run which ends anywhere is simply
gone on with. A run that fails leaves the cursor where it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.clock import Clock
from bot.core.delivery import POLLED, Delivery, Strip
from bot.core.patience import put_off
from bot.core.polling import Api, Denied, Heard, Subscription
from bot.core.shopfront import Shopfront
from bot.core.webhooks import broken, changes, remembered
from bot.edge.asking import Asker, Run, Unanswered
from bot.edge.fetch import Foreign
from bot.edge.intake import stripped
from bot.edge.metrics import Meters
from bot.edge.worker import Worker
from bot.store import polls
from bot.store.engine import Connection, Store, StoreDown
from bot.store.polls import Turn

log = structlog.get_logger()
T = TypeVar("T")

CARE = "webhooks"
"""The name under which the look at our own webhooks stands among the streams."""
CARE_EVERY = timedelta(hours=1)
LEASE = timedelta(minutes=5)

_CALL_SECONDS = 90.0
_IDLE = 5.0
_HOUR = timedelta(hours=1)
_UNDERSTOOD = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Platform:
    """A source that is asked: its keys, how often each stream runs, our public URL of it ("" for none), and what takes
    people out of the bodies that are heard."""

    front: Shopfront
    api: Api
    keys: Mapping[str, str] = field(repr=False)
    every: Mapping[str, timedelta]
    address: str = ""
    strip: Strip | None = None

    @property
    def streams(self) -> dict[str, timedelta]:
        """All that runs, and how often: the platform's streams, and the look at our webhooks where it can be had."""
        cared = {CARE: CARE_EVERY} if self.api.care is not None and self.address else {}
        return {**self.every, **cared}

    def kept(self, heard: Heard) -> tuple[bytes, ...]:
        """The bodies as they are to be stored."""
        headers = {POLLED: heard.topic}
        return tuple(
            stripped(self.strip, Delivery(self.front.source, headers, body, heard.at)) for body in heard.bodies
        )


def platform(
    front: Shopfront,
    api: Api,
    keys: Mapping[str, str],
    every: Mapping[str, timedelta | None],
    address: str,
    strip: Strip | None = None,
) -> Platform:
    """A source that is asked as often as ``every`` says (None: never), or else as often as its platform's file does."""
    usual: dict[str, timedelta | None] = {stream.name: stream.every for stream in api.streams}
    wanted = {name: pause for name, pause in {**usual, **every}.items() if pause is not None}
    return Platform(front, api, keys, wanted, address, strip)


class LeaseLost(Exception):
    """Somebody else runs the stream by now."""


@dataclass
class Poller:
    """Runs all streams of all platforms, one after the other within a platform; ``wake`` is called when something was
    heard."""

    store: Store
    asker: Asker
    platforms: Sequence[Platform]
    clock: Clock
    meters: Meters
    wake: Callable[[], None] = lambda: None
    _workers: list[Worker] = field(default_factory=list)
    _enrolled: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Begins on the running event loop."""
        self._workers = [
            Worker(f"poll {each.front.source}", self._stepping(each), after=self.wake, idle=_IDLE)
            for each in self.platforms
        ]
        for worker in self._workers:
            worker.start()

    async def stop(self) -> None:
        """Ends every run where it is; whoever comes next goes on from there."""
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    @property
    def alive(self) -> bool:
        """Whether the loops run."""
        return all(worker.alive for worker in self._workers)

    def _stepping(self, each: Platform) -> Callable[[], Awaitable[int]]:
        async def step() -> int:
            return await self.step(each)

        return step

    async def step(self, each: Platform) -> int:
        """Runs one stream that is due. 0 when none is. Raises StoreDown."""
        turn = await self._claimed(each)
        if turn is None:
            return 0
        run = Running(self, each, turn)
        try:
            await run.go()
        except asyncio.CancelledError:
            await self._give_back(turn)
            raise
        finally:
            self.meters.poll(each.front.source, turn.stream, run.outcome)
        return 1

    async def _claimed(self, each: Platform) -> Turn | None:
        """A turn that was claimed while the process was asked to end is given back, so that nobody waits for it."""
        claiming = asyncio.ensure_future(self._turn(each))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            with contextlib.suppress(StoreDown):
                await self._give_back(await claiming)
            raise

    async def _give_back(self, turn: Turn | None) -> None:
        """Where the store is away the lease ends by itself, and the process must end all the same."""
        if turn is not None:
            with contextlib.suppress(StoreDown):
                await self.within(lambda connection: polls.let_go(connection, turn))

    async def _turn(self, each: Platform) -> Turn | None:
        front, now, streams = each.front, self.clock.now(), each.streams
        if front.source not in self._enrolled:
            await self.within(lambda connection: polls.enrol(connection, front.shop, front.source, streams, now))
            self._enrolled.add(front.source)
        due = await asyncio.to_thread(self._due, each)
        if due is None or due > now:
            if due is not None and due - now > 2 * max(*streams.values(), _HOUR):
                # Nothing is put off for so long: the clock has been set back since.
                self._enrolled.discard(front.source)
            return None
        return await self.within(
            lambda connection: polls.claim(connection, front.shop, front.source, list(streams), now, LEASE)
        )

    def _due(self, each: Platform) -> datetime | None:
        with self.store.read() as connection:
            front = each.front
            return polls.next_due(connection, front.shop, front.source, list(each.streams), self.clock.now())

    async def within(self, work: Callable[[Connection], T]) -> T:
        """What the work gives in a write transaction of its own. Raises StoreDown."""
        return await asyncio.to_thread(self.store.run, work)


@dataclass
class Running:
    """One run of one stream. ``outcome`` is in the end what came of it, in a word."""

    poller: Poller
    platform: Platform
    turn: Turn
    outcome: str = "cut short"

    def __post_init__(self) -> None:
        self._began = self.poller.clock.now()
        self._until = self._began + LEASE
        self._has_heard = False

    async def go(self) -> None:
        """Runs to the end, whatever comes of it. Raises StoreDown."""
        status = 0
        try:
            self.outcome = await (self._look() if self.turn.stream == CARE else self._listen())
            return
        except LeaseLost:
            self.outcome = "lost"
            return
        except StoreDown:
            self.outcome = "not stored"
            raise
        except Denied as denied:
            self.outcome, why, status = "denied", str(denied), denied.status
        except Unanswered as nothing:
            self.outcome, why = "unanswered", str(nothing)
        except Foreign as foreign:
            self.outcome, why = "refused", str(foreign)
        except Exception as error:
            # The boundary to the platforms' files: an answer of a shape that nobody thought of ends this run alone.
            log.error("plan broke", source=self.turn.source, stream=self.turn.stream, exc_info=error)
            self.outcome, why = "broken", f"the answer was not understood ({type(error).__name__})"
        await self._failed(why, status)

    # A stream.

    async def _listen(self) -> str:
        stream = next(one for one in self.platform.api.streams if one.name == self.turn.stream)
        items = await self.poller.within(self._items) if stream.of_items else ()
        if stream.of_items and not items:
            await self._done(complete=False)
            return "nothing"
        asked = self.poller.asker.asked(self.platform.front, self.platform.keys, self.turn.cursor, items)
        await self.poller.asker.carry_out(stream.plan(asked), self._run())
        await self._done()
        return "ok"

    def _items(self, connection: Connection) -> tuple[str, ...]:
        return polls.items(connection, self.turn.shop, self.turn.source)

    async def _heard(self, heard: Heard) -> None:
        bodies = self.platform.kept(heard)
        await self._ours(
            lambda connection: polls.heard(connection, self.turn, heard.topic, bodies, heard.cursor, heard.at)
        )
        self._has_heard = self._has_heard or bool(heard.bodies)
        self.poller.wake()

    # Our webhooks.

    async def _look(self) -> str:
        before: dict[str, str] = json.loads(self.turn.cursor or "{}")
        found = after = await self._care(frozenset())
        if ill := broken(before, found):
            after = await self._care(ill)
        told = changes(self.platform.front, before, found, after, self.poller.clock.now())
        cursor = json.dumps(remembered(before, after), sort_keys=True)
        await self._ours(lambda connection: polls.looked(connection, self.turn, cursor, told))
        self.poller.wake()
        await self._done()
        return "ok"

    async def _care(self, topics: frozenset[str]) -> tuple[Subscription, ...]:
        care = self.platform.api.care
        assert care is not None
        asked = self.poller.asker.asked(self.platform.front, self.platform.keys)
        return await self.poller.asker.carry_out(care(asked, self.platform.address, topics), self._run())

    # Holding on, and the end.

    def _run(self) -> Run:
        front = self.platform.front
        return Run(front, tuple(self.platform.api.hosts(front)), self._heard, self._holding)

    async def _holding(self, seconds: float) -> None:
        """Renews the lease when it would not outlast what is coming."""
        now = self.poller.clock.now()
        if self._until - now < timedelta(seconds=seconds + _CALL_SECONDS):
            self._until = now + timedelta(seconds=seconds) + LEASE
            await self._ours(lambda connection: polls.renew(connection, self.turn, self._until))

    async def _ours(self, work: Callable[[Connection], bool]) -> None:
        """Writes what only the one whose turn it is may write."""
        if not await self.poller.within(work):
            raise LeaseLost

    async def _done(self, *, complete: bool = True) -> None:
        turn, now = self.turn, self.poller.clock.now()
        due = max(now, self._began + self.platform.streams[turn.stream])
        await self._ours(lambda connection: polls.done(connection, turn, due, now, complete=complete))
        if self._has_heard:
            await self.poller.within(self._hasten)
            self.poller.wake()

    def _hasten(self, connection: Connection) -> None:
        """What was just heard may name items that nobody has described: they are asked for once it is understood."""
        soon = self.poller.clock.now() + _UNDERSTOOD
        kinds = {stream.name: stream.of_items for stream in self.platform.api.streams}
        for stream, of_items in kinds.items():
            if of_items and not kinds.get(self.turn.stream):
                polls.hasten(connection, self.turn.shop, self.turn.source, stream, soon)

    async def _failed(self, why: str, status: int) -> None:
        turn, now = self.turn, self.poller.clock.now()
        due = now + put_off(turn.failures + 1, self.platform.streams[turn.stream], f"{turn.source}/{turn.stream}")
        log.warning("poll failed", source=turn.source, stream=turn.stream, outcome=self.outcome, reason=why)
        await self.poller.within(lambda connection: polls.failed(connection, turn, due, why, status, now))
        self.poller.wake()

"""Makes Slack agree with the posts: takes those that are due, sends, edits or looks for them, and keeps the outcome.

What to do next and what an outcome means is decided in ``bot.core.dispatch``; here it is carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.core.carry import (
    ATTEMPT,
    HOLD,
    PROBE_EVERY,
    UNCLEAR_IN_A_ROW,
    Effect,
    Keep,
    Leave,
    Overtaken,
    Told,
    Turn,
    carry,
    noted,
    unclear_in_a_row,
)
from bot.core.dispatch import LEASE, Edit, Outcome, Post, ReadBack, Rejected, Send, Shown, Unread, error_class, settled
from bot.core.message import Message
from bot.core.preferences import addressed, people
from bot.core.trouble import Pressure, late_by, pressed, with_delay
from bot.core.verdict import Severity
from bot.edge.limiter import Pace
from bot.edge.render import Look, Rendered, bare, plainer, render
from bot.edge.sweeper import Reader, Sweeper
from bot.store import outbox, preferences
from bot.store.engine import Connection, Store, StoreDown
from bot.store.outbox import Claimed

log = structlog.get_logger()

_IDLE = 1.0
_PATIENCE = 10.0
_WORKSPACE_PAUSE = 60.0
# What was in the channels before is looked at first, but nothing waits longer for that.
_FIRST_LOOK = 15.0


class Client(Reader, Protocol):
    """How posts get to Slack."""

    async def post(
        self, tag: str, channel: str, thread_ts: str | None, rendered: Rendered, version: int
    ) -> Outcome: ...

    async def edit(self, channel: str, ts: str, rendered: Rendered, tag: str, version: int) -> Outcome: ...

    async def find(self, tag: str, channel: str, thread_ts: str | None, oldest: datetime) -> Outcome: ...

    async def probe(self) -> bool: ...


@dataclass(slots=True)
class _Errand:
    """A claimed post, until when it is ours (seconds of the boot clock), and the forms in which it can be drawn."""

    work: Claimed
    deadline: float
    forms: Iterator[Rendered] = field(default_factory=lambda: iter(()))


class Dispatcher:
    """Delivers posts until stopped: channels side by side, one post at a time in each.

    ``look_of`` gives the look of a channel's messages; ``pause`` waits for so many seconds.
    """

    def __init__(
        self,
        store: Store,
        client: Client,
        limiter: Pace,
        clock: Clock,
        look_of: Callable[[str], Look],
        *,
        most: int = 16,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._client = client
        self._limiter = limiter
        self._clock = clock
        self._look_of = look_of
        self._most = most
        self._pause = pause
        self._woken = asyncio.Event()
        self._lanes: set[asyncio.Task[None]] = set()
        self._next_due: datetime | None = None
        self._stopping = False
        self._closed_until = 0.0
        self._trouble = ""
        self._unclear = 0
        self._pressure: dict[str, Pressure] = {}
        self.sweeper = Sweeper(store, client, limiter, clock, self.wake, pause)

    async def run(self) -> None:
        """Works until ``stop`` is called. A store that is down is waited for.

        The channels are read before anything is posted: a database that was restored from a backup does not know what
        they show already.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_LOOK):
                await self.sweeper.look()
        sweeping = asyncio.get_running_loop().create_task(self.sweeper.run(), name="sweeper")
        try:
            while not self._stopping:
                self._woken.clear()
                if not await self._round():
                    await self._rest()
            # What was being taken while the end was asked for is under way only now.
            await self._finished()
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)

    def wake(self) -> None:
        """Says that a post may be due. Cheap; to be called on the event loop."""
        self._woken.set()

    async def drained(self) -> None:
        """Comes back when nothing is under way and nothing is due any more."""
        while await self._round() or self._lanes:
            if self._lanes:
                await asyncio.wait(self._lanes)

    async def stop(self) -> None:
        """Takes up nothing new and lets what is under way come to its end, ten seconds at most.

        What does not end by then is found again when its lease is over.
        """
        self._stopping = True
        self.wake()
        await self._finished()

    async def _finished(self) -> None:
        if self._lanes:
            _, late = await asyncio.wait(self._lanes, timeout=_PATIENCE)
            for lane in late:
                lane.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _round(self) -> int:
        """Takes what is due and starts on it; gives how many that were."""
        room = self._most - len(self._lanes)
        if room <= 0 or self._clock.monotonic() < self._closed_until or not await self._slack_answers():
            return 0
        deadline = self._clock.boottime() + LEASE.total_seconds()
        try:
            claimed = await asyncio.to_thread(self._claim, self._clock.now(), room)
        except StoreDown as down:
            log.warning("posts not taken", reason=str(down))
            return 0
        for work in claimed:
            lane = asyncio.get_running_loop().create_task(self._lane(work, deadline))
            self._lanes.add(lane)
            lane.add_done_callback(self._ended)
        return len(claimed)

    async def _slack_answers(self) -> bool:
        """After too many unclear outcomes in a row nothing is posted before Slack answers a call that posts nothing."""
        if self._unclear < UNCLEAR_IN_A_ROW:
            return True
        if not await self._client.probe():
            self._closed_until = self._clock.monotonic() + PROBE_EVERY.total_seconds()
            log.warning("Slack does not answer; posts are kept until it does", unclear=self._unclear)
            return False
        self._unclear = 0
        return True

    def _claim(self, now: datetime, most: int) -> list[Claimed]:
        with self._store.read() as connection:
            self._next_due = outbox.next_due(connection)
        if self._next_due is None or self._next_due > now:
            return []
        with self._store.write() as connection:
            return [_addressed(connection, work, now) for work in outbox.claim(connection, now, most)]

    def _ended(self, lane: asyncio.Task[None]) -> None:
        self._lanes.discard(lane)
        self.wake()

    async def _rest(self) -> None:
        ahead = (self._next_due - self._clock.now()).total_seconds() if self._next_due else _IDLE
        try:
            async with asyncio.timeout(ahead if 0 < ahead < _IDLE else _IDLE):
                await self._woken.wait()
        except TimeoutError:
            return

    # One post.

    async def _lane(self, work: Claimed, deadline: float) -> None:
        try:
            await self._deliver(work, deadline)
        except StoreDown as down:
            # Its lease ends, and then it is looked for in the channel before anything is sent again.
            log.warning("post not kept", post=work.post.id, reason=str(down))
        except Exception as error:
            # The boundary to what draws and carries: one post that breaks it must not hold up the others for ever.
            log.error("post not delivered", post=work.post.id, error=type(error).__name__, exc_info=error)
            await self._park(work.post, f"cannot be delivered: {type(error).__name__}")

    async def _park(self, post: Post, reason: str) -> None:
        try:
            await self._keep(settled(post, 0, Rejected(reason), self._clock.now()))
        except StoreDown as down:
            log.warning("post not parked", post=post.id, reason=str(down))

    async def _deliver(self, work: Claimed, deadline: float) -> None:
        errand = _Errand(work, deadline)
        course = carry(work.post, self._told(errand))
        effect = next(course)
        with suppress(StopIteration):
            while True:
                effect = course.send(await self._do(effect, errand))

    async def _do(self, effect: Effect, errand: _Errand) -> Told:
        match effect:
            case Turn(step):
                return self._told(errand, wait=await self._turn(step, errand))
            case Keep(post):
                return self._told(errand, kept=await self._keep(post))
            case Leave(step, post):
                return self._told(errand, outcome=await self._leave(step, post, errand))
            case Overtaken(post, outcome):
                return self._told(errand, kept=await self._overtake(post, outcome))

    def _told(self, errand: _Errand, *, wait: float = 0.0, kept: bool = True, outcome: Outcome | None = None) -> Told:
        left = errand.deadline - self._clock.boottime()
        return Told(self._clock.now(), left, wait, kept, outcome)

    async def _turn(self, step: Send | Edit | ReadBack, errand: _Errand) -> float:
        """Waits for the call's turn; gives the seconds still to wait when that takes too long. What is to be sent is
        drawn now, while nothing has been written down yet: a message that cannot be drawn has surely not left."""
        post, method = errand.work.post, _method(step, errand.work.thread_ts)
        while wait := await self._limiter.turn(method, post.channel, self._clock, post.awaited):
            self._press(step, post.channel)
            late = self._clock.boottime() + wait + ATTEMPT > errand.deadline
            if wait > HOLD[type(step)] or late or self._stopping:
                return wait
            await self._pause(wait)
        if not isinstance(step, ReadBack):
            errand.forms = _forms(self._noted(step, errand.work), self._look_of(post.channel))
        return 0.0

    def _press(self, step: Send | Edit | ReadBack, channel: str) -> None:
        if isinstance(step, Send):
            self._pressure[channel] = pressed(self._pressure.get(channel), self._clock.now())

    def _noted(self, step: Send | Edit, work: Claimed) -> Message:
        """The message with what people must know of its way; that Slack's limits delayed it when it is first shown."""
        message = noted(work.message, work.post)
        if isinstance(step, Edit):
            return message
        return with_delay(message, late_by(work.post, self._pressure.get(work.post.channel), self._clock.now()))

    async def _leave(self, step: Send | Edit | ReadBack, post: Post, errand: _Errand) -> Outcome | None:
        thread_ts = errand.work.thread_ts
        if isinstance(step, ReadBack):
            outcome = await self._client.find(post.tag, post.channel, thread_ts, step.oldest)
        elif (form := next(errand.forms, None)) is None:
            return None
        elif isinstance(step, Edit):
            outcome = await self._client.edit(post.channel, step.ts, form, post.tag, post.wanted)
        elif (known := self.sweeper.stranger(post.channel, post.tag)) is not None:
            outcome = Shown(known.ts, known.version)
        else:
            outcome = await self._client.post(post.tag, post.channel, thread_ts, form, post.wanted)
        self._heed(outcome)
        return outcome

    async def _overtake(self, post: Post, outcome: Outcome) -> bool:
        log.warning("post taken over by another worker", post=post.id, outcome=type(outcome).__name__)

        def note() -> bool:
            with self._store.write() as connection:
                return outbox.overtake(connection, post.id, self._clock.now())

        return await asyncio.to_thread(note)

    async def _keep(self, post: Post) -> bool:
        def keep() -> bool:
            with self._store.write() as connection:
                return outbox.save(connection, post)

        if post.state == "parked":
            log.error("post parked", post=post.id, channel=post.channel, key=post.key, reason=post.reason)
        return await asyncio.to_thread(keep)

    def _heed(self, outcome: Outcome) -> None:
        """Stops everything for a while when the whole workspace says no; says so once, and once when that is over."""
        self._unclear = unclear_in_a_row(self._unclear, outcome)
        match outcome:
            case Rejected(error) | Unread(error) if error_class(error) == "workspace":
                self._closed_until = self._clock.monotonic() + _WORKSPACE_PAUSE
                if self._trouble != error:
                    self._trouble = error
                    log.error("Slack refuses the bot; posts are kept until it does not", error=error)
            case Shown() if self._trouble:
                log.info("Slack takes posts again", after=self._trouble)
                self._trouble = ""

    @property
    def trouble(self) -> str:
        """Slack's word for why it refuses the bot as a whole; empty when it does not. For the health check."""
        return self._trouble


def _addressed(connection: Connection, work: Claimed, now: datetime) -> Claimed:
    """Whom a message may call is asked when it leaves, however long it has waited."""
    wishes = preferences.of(connection, people(work.message))
    critical = work.post.urgency >= Severity.CRITICAL
    return replace(work, message=addressed(work.message, wishes, critical, now)) if wishes else work


def _method(step: Send | Edit | ReadBack, thread_ts: str | None) -> str:
    match step:
        case Send():
            return "chat.postMessage"
        case Edit():
            return "chat.update"
        case ReadBack():
            return "conversations.replies" if thread_ts else "conversations.history"


def _forms(message: Message, look: Look) -> Iterator[Rendered]:
    """The message as it should look, then plainer, then as words alone. The first is drawn at once."""
    best = render(message, look)
    return chain((best,), _plainer_forms(message, look, best))


def _plainer_forms(message: Message, look: Look, best: Rendered) -> Iterator[Rendered]:
    second = plainer(message, look)
    if second != best:
        yield second
    yield bare(best)

"""Makes Slack agree with the posts: takes those that are due, sends, edits or looks for them, and keeps the outcome.

What to do next and what an outcome means is decided in ``bot.core.dispatch``; here it is carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.core.dispatch import (
    LEASE,
    Edit,
    NotSent,
    Outcome,
    Post,
    ReadBack,
    Rejected,
    Send,
    Shown,
    Unread,
    Wait,
    attempting,
    error_class,
    next_step,
    released,
    settled,
)
from bot.core.message import Message
from bot.edge.limiter import Limiter
from bot.edge.render import Look, Rendered, bare, plainer, render
from bot.store import posts
from bot.store.engine import Store, StoreDown
from bot.store.posts import Claimed

log = structlog.get_logger()

_IDLE = 1.0
_PATIENCE = 10.0
_WORKSPACE_PAUSE = 60.0
# The longest that a post is held in hand until its channel may be written to; beyond that it is put back.
_LONGEST_HOLD = 5.0
# An edit is hardly held at all: what is new to the channel must not wait behind the tenth change of something older.
_LONGEST_HOLD_OF_AN_EDIT = 0.25
# What an attempt needs at most, so none is begun that the lease would not outlast.
_ATTEMPT = 11.0
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


class Client(Protocol):
    """How posts get to Slack."""

    async def post(self, post_id: str, channel: str, thread_ts: str | None, rendered: Rendered) -> Outcome: ...

    async def edit(self, channel: str, ts: str, rendered: Rendered) -> Outcome: ...

    async def find(self, post_id: str, channel: str, thread_ts: str | None, oldest: datetime) -> Outcome: ...


class Dispatcher:
    """Delivers posts until stopped: channels side by side, one post at a time in each.

    ``look_of`` gives the look of a channel's messages; ``pause`` waits for so many seconds.
    """

    def __init__(
        self,
        store: Store,
        client: Client,
        limiter: Limiter,
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

    async def run(self) -> None:
        """Works until ``stop`` is called. A store that is down is waited for."""
        while not self._stopping:
            self._woken.clear()
            if not await self._round():
                await self._rest()

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
        if self._lanes:
            _, late = await asyncio.wait(self._lanes, timeout=_PATIENCE)
            for lane in late:
                lane.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _round(self) -> int:
        """Takes what is due and starts on it; gives how many that were."""
        room = self._most - len(self._lanes)
        if room <= 0 or self._clock.monotonic() < self._closed_until:
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

    def _claim(self, now: datetime, most: int) -> list[Claimed]:
        with self._store.read() as connection:
            self._next_due = posts.next_due(connection)
        if self._next_due is None or self._next_due > now:
            return []
        with self._store.write() as connection:
            return posts.claim(connection, now, most)

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
            await self._settle(post, 0, Rejected(reason))
        except StoreDown as down:
            log.warning("post not parked", post=post.id, reason=str(down))

    async def _deliver(self, work: Claimed, deadline: float) -> None:
        match next_step(work.post, self._clock.now()):
            case Wait(until):
                await self._save(released(work.post, until))
            case ReadBack(oldest):
                await self._read_back(work, oldest, deadline)
            case Edit(ts):
                await self._edit(work, ts, deadline)
            case Send():
                await self._send(work, deadline)

    async def _send(self, work: Claimed, deadline: float) -> None:
        """The intent is kept before the first byte leaves; whoever finds it later knows that there may be a message."""
        if not await self._may_leave("chat.postMessage", work.post, deadline):
            return
        forms = _forms(work.message, self._look_of(work.post.channel))
        post = attempting(work.post, self._clock.now())
        if not await self._save(post):
            return

        async def leave(rendered: Rendered) -> Outcome:
            return await self._client.post(post.id, post.channel, work.thread_ts, rendered)

        await self._settle(post, post.wanted, await self._plainest(post, forms, leave, deadline))

    async def _edit(self, work: Claimed, ts: str, deadline: float) -> None:
        post = work.post
        if not await self._may_leave("chat.update", post, deadline):
            return

        async def leave(rendered: Rendered) -> Outcome:
            return await self._client.edit(post.channel, ts, rendered)

        forms = _forms(work.message, self._look_of(post.channel))
        await self._settle(post, post.wanted, await self._plainest(post, forms, leave, deadline))

    async def _read_back(self, work: Claimed, oldest: datetime, deadline: float) -> None:
        """What is found shows a version that nobody knows, so it counts as none and is edited next."""
        method = "conversations.replies" if work.thread_ts else "conversations.history"
        if await self._may_leave(method, work.post, deadline):
            post = work.post
            await self._settle(post, 0, await self._client.find(post.id, post.channel, work.thread_ts, oldest))

    async def _plainest(
        self,
        post: Post,
        forms: Iterator[Rendered],
        leave: Callable[[Rendered], Awaitable[Outcome]],
        deadline: float,
    ) -> Outcome:
        """Sends the first form that the workspace takes; an older one may not know the newest blocks."""
        outcome: Outcome = NotSent("no time left")
        for form in forms:
            if self._clock.boottime() + _ATTEMPT > deadline:
                return NotSent("no time left")
            outcome = await leave(form)
            if not isinstance(outcome, Rejected) or outcome.error not in _BLOCKS_REFUSED:
                return outcome
            log.warning("blocks refused", post=post.id, channel=post.channel, error=outcome.error)
        return outcome

    async def _may_leave(self, method: str, post: Post, deadline: float) -> bool:
        """Waits for the call's turn. False when that takes too long: then the post is put back."""
        longest = _LONGEST_HOLD_OF_AN_EDIT if method == "chat.update" else _LONGEST_HOLD
        while wait := self._limiter.wait(method, post.channel, self._clock.monotonic()):
            late = self._clock.boottime() + wait + _ATTEMPT > deadline
            if wait > longest or late or self._stopping:
                await self._save(released(post, self._clock.now() + timedelta(seconds=wait)))
                return False
            await self._pause(wait)
        return True

    async def _settle(self, post: Post, version: int, outcome: Outcome) -> None:
        self._heed(outcome)
        after = settled(post, version, outcome, self._clock.now())
        if after.state == "parked":
            log.error("post parked", post=post.id, channel=post.channel, key=post.key, reason=after.reason)
        if not await self._save(after):
            log.warning("post taken over by another worker", post=post.id, outcome=type(outcome).__name__)

    def _heed(self, outcome: Outcome) -> None:
        """Stops everything for a while when the whole workspace says no; says so once, and once when that is over."""
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

    async def _save(self, post: Post) -> bool:
        def keep() -> bool:
            with self._store.write() as connection:
                return posts.save(connection, post)

        return await asyncio.to_thread(keep)


def _forms(message: Message, look: Look) -> Iterator[Rendered]:
    """The message as it should look, then plainer, then as words alone. The first is drawn at once."""
    best = render(message, look)
    return chain((best,), _plainer_forms(message, look, best))


def _plainer_forms(message: Message, look: Look, best: Rendered) -> Iterator[Rendered]:
    second = plainer(message, look)
    if second != best:
        yield second
    yield bare(best)

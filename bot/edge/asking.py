"""Carries out a plan's steps: makes its calls, repeats them where that may help, rests, keeps tokens in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from bot.clock import Clock
from bot.core.patience import ATTEMPTS, LONGEST, asked_for, wait
from bot.core.polling import Asked, Call, Heard, Keep, Response, Rest, Step
from bot.core.shopfront import Shopfront
from bot.edge.fetch import Broken, Fetcher

log = structlog.get_logger()
T = TypeVar("T")

MOST_STEPS = 50_000
"""A plan that goes on for longer goes round in circles."""

_NOT_TAKEN = 429
_EARLIER = timedelta(seconds=60)
"""A token is not used in its last minute."""


class Unanswered(Exception):
    """The platform did not answer, however often it was asked. ``status`` is the last one, 0 for a broken line."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


async def _no_heed(heard: Heard) -> None:
    """For plans that hear nothing."""


async def _no_lease(seconds: float) -> None:
    """For those who hold nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """Whose plan it is, where its calls may go, and what is done with what it hears.

    ``holding`` is awaited before anything that may take so many seconds; it raises when the run is no longer ours.
    """

    front: Shopfront
    hosts: tuple[str, ...]
    heard: Callable[[Heard], Awaitable[None]] = _no_heed
    holding: Callable[[float], Awaitable[None]] = _no_lease


@dataclass
class Asker:
    """One for the process: it knows the tokens of every source. ``pause`` is what waits."""

    fetcher: Fetcher
    clock: Clock
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _tokens: dict[str, dict[str, tuple[str, datetime]]] = field(default_factory=dict, repr=False)

    def asked(self, front: Shopfront, keys: Mapping[str, str], cursor: str = "", items: tuple[str, ...] = ()) -> Asked:
        """With what a plan begins now."""
        now = self.clock.now()
        kept = self._tokens.get(front.source, {})
        fresh = {name: value for name, (value, until) in kept.items() if until - _EARLIER > now}
        return Asked(front, {**keys, **fresh}, cursor, now, items)

    async def carry_out(self, plan: Generator[Step, Any, T], run: Run) -> T:
        """What the plan gives in the end. Raises Denied when the plan does, Unanswered, Foreign, and what ``heard`` and
        ``holding`` raise; the plan is then closed."""
        answer: Response | None = None
        try:
            for _ in range(MOST_STEPS):
                answer = await self._step(plan.send(answer), run)
            raise Unanswered(f"no end after {MOST_STEPS} steps")
        except StopIteration as ended:
            given: T = ended.value
            return given
        finally:
            plan.close()

    async def _step(self, step: Step, run: Run) -> Response | None:
        match step:
            case Call():
                return await self._call(step, run)
            case Heard():
                await run.heard(step)
            case Rest(seconds):
                await self._rest(min(max(seconds, 0.0), LONGEST), run)
            case Keep(name, value, until):
                self._keep(run.front.source, name, value, until)
        return None

    def _keep(self, source: str, name: str, value: str, until: datetime) -> None:
        kept = self._tokens.setdefault(source, {})
        if value:
            kept[name] = (value, until)
        else:
            kept.pop(name, None)

    async def _rest(self, seconds: float, run: Run) -> None:
        await run.holding(seconds)
        await self.pause(seconds)

    async def _call(self, call: Call, run: Run) -> Response:
        """The answer, once it is one that the plan can use; what passes by itself is waited for here."""
        for attempt in range(1, ATTEMPTS + 1):
            await run.holding(0.0)
            try:
                response = await self.fetcher.fetch(call, run.hosts)
            except Broken as broken:
                asked, trouble = None, Unanswered(str(broken))
                again = broken.passes and (call.harmless or not broken.sent)
            else:
                if response.status != _NOT_TAKEN and response.status < 500:
                    return response
                asked = asked_for(response.headers.get("retry-after", ""), self.clock.now())
                trouble = Unanswered(f"{call.method} {call.url}: status {response.status}", response.status)
                again = call.harmless or response.status == _NOT_TAKEN
            if not again:
                break
            if attempt < ATTEMPTS:
                seconds = wait(attempt, asked, f"{run.front.source}{call.url}")
                log.info("asking again", source=run.front.source, reason=str(trouble), seconds=round(seconds, 1))
                await self._rest(seconds, run)
        raise trouble

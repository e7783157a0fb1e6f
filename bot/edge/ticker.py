"""The clock that ticks: APScheduler calls the pipeline every few seconds; what is due is decided by rows, not by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import structlog
from apscheduler.executors.asyncio import AsyncIOExecutor  # type: ignore[import-untyped]
from apscheduler.jobstores.memory import MemoryJobStore  # type: ignore[import-untyped]
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

from bot.clock import Clock

log = structlog.get_logger()

_JOB = "tick"


class _Ticks(Protocol):
    def tick(self) -> int: ...


class Ticker:
    """Calls ``pipeline.tick()`` in a thread, at once and then every ``seconds``; ``after`` when it changed something.

    The scheduler plans in wall time, so a clock set back by an hour would silence it for an hour; a watch on the
    monotonic clock sees that and has it tick at once.
    """

    def __init__(
        self, pipeline: _Ticks, clock: Clock, *, after: Callable[[], None] = lambda: None, seconds: float = 5.0
    ) -> None:
        self.last: datetime | None = None
        self._pipeline = pipeline
        self._clock = clock
        self._after = after
        self._seconds = seconds
        self._begun = 0.0
        self._watch: asyncio.Task[None] | None = None
        self._scheduler = AsyncIOScheduler(
            jobstores={"default": MemoryJobStore()}, executors={"default": AsyncIOExecutor()}, timezone=UTC
        )

    def start(self) -> None:
        """Begins to tick on the running event loop."""
        self._begun = self._clock.monotonic()
        self._scheduler.add_job(
            self._tick,
            "interval",
            seconds=self._seconds,
            id=_JOB,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=self._clock.now(),
        )
        self._scheduler.start()
        self._watch = asyncio.get_running_loop().create_task(self._watched(), name="tick watch")

    async def stop(self) -> None:
        """Ticks no more; a tick under way ends in its own transaction."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
            self._scheduler.shutdown(wait=False)

    async def _tick(self) -> None:
        self._begun = self._clock.monotonic()
        try:
            changes = await asyncio.to_thread(self._pipeline.tick)
        except Exception as error:
            # The boundary of the tick: the next one is due in seconds and starts from the rows again.
            log.error("tick failed", error=type(error).__name__, exc_info=error)
            return
        self.last = self._clock.now()
        if changes:
            self._after()

    async def _watched(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            if self._clock.monotonic() - self._begun > 3 * self._seconds:
                self._begun = self._clock.monotonic()
                self._scheduler.modify_job(_JOB, next_run_time=self._clock.now())
                log.warning("ticking again", reason="the wall clock was changed")

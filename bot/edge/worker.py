"""A loop that does one kind of work while there is some, woken when there is, and that outlives every error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from bot.store.engine import StoreDown

log = structlog.get_logger()


class _Works(Protocol):
    def work(self, most: int = 100) -> int: ...


class Worker:
    """Calls ``step`` until it answers 0, then waits for ``wake()``, at most ``idle`` seconds.

    ``step`` gives how much it did; ``after`` is called when it did something, to wake whoever comes next. An error is
    logged and answered with a pause of ``idle`` seconds, doubled with each further one up to ``longest``.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], Awaitable[int]],
        *,
        after: Callable[[], None] = lambda: None,
        idle: float = 1.0,
        longest: float = 15.0,
    ) -> None:
        self.name = name
        self.failures = 0
        self._step = step
        self._after = after
        self._idle = idle
        self._longest = longest
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins the loop on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self.name)

    def wake(self) -> None:
        """Says that there is something to do. Cheap; to be called on the event loop."""
        self._woken.set()

    @property
    def alive(self) -> bool:
        """Whether the loop runs, for the health check."""
        return self._task is not None and not self._task.done()

    async def stop(self) -> None:
        """Ends the loop. A step that runs in a thread comes to its own end, in its own transaction."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            done = await self._one()
            if done:
                self._after()
            elif not self.failures:
                await self._rest(self._idle)
            else:
                await asyncio.sleep(min(self._idle * 2.0 ** min(self.failures - 1, 10), self._longest))

    async def _one(self) -> int:
        try:
            done = await self._step()
        except StoreDown as down:
            self.failures += 1
            log.warning("store down", worker=self.name, reason=str(down), failures=self.failures)
            return 0
        except Exception as error:
            # The boundary of the loop: one bad step must not end the work for good.
            self.failures += 1
            log.error("step failed", worker=self.name, error=type(error).__name__, exc_info=error)
            return 0
        self.failures = 0
        return done

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return


def deliveries(pipeline: _Works, *, after: Callable[[], None], most: int = 100, idle: float = 1.0) -> Worker:
    """The worker that takes waiting webhook deliveries through the pipeline; ``after`` wakes the dispatcher."""

    async def step() -> int:
        return await asyncio.to_thread(pipeline.work, most)

    return Worker("deliveries", step, after=after, idle=idle)

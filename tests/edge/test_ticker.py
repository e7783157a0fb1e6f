"""The loops that keep the bot going: they start at once, wake each other, and outlive what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.edge.ticker import Ticker
from bot.edge.worker import Worker, deliveries
from bot.store.engine import StoreDown
from tests.edge.conftest import HandClock


class Scripted:
    """A pipeline that answers from a list, then 0; ``reached`` is set when the list is used up."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.calls = 0
        self.loop = asyncio.get_running_loop()
        self.reached = asyncio.Event()

    def tick(self) -> int:
        self.calls += 1
        if len(self.answers) <= 1:
            self.loop.call_soon_threadsafe(self.reached.set)
        answer = self.answers.pop(0) if self.answers else 0
        if isinstance(answer, Exception):
            raise answer
        return answer

    def work(self, most: int = 100) -> int:
        return self.tick()


@asynccontextmanager
async def _running(part: Worker | Ticker) -> AsyncIterator[None]:
    part.start()
    try:
        async with asyncio.timeout(5):
            yield
    finally:
        await part.stop()


def _note(into: list[int]) -> Callable[[], None]:
    return lambda: into.append(1)


async def test_the_worker_goes_on_while_there_is_something_and_wakes_the_dispatcher_each_time() -> None:
    pipeline, woken = Scripted(100, 100, 3, 0), list[int]()
    async with _running(deliveries(pipeline, after=_note(woken), idle=60)):
        await pipeline.reached.wait()
    assert woken == [1, 1, 1]


async def test_a_worker_at_rest_is_woken_at_once() -> None:
    pipeline = Scripted(0)
    worker = deliveries(pipeline, after=lambda: None, idle=60)
    async with _running(worker):
        await pipeline.reached.wait()
        pipeline.reached.clear()
        worker.wake()
        await pipeline.reached.wait()
    assert pipeline.calls >= 2


async def test_a_worker_at_rest_looks_by_itself_after_its_idle_time() -> None:
    pipeline = Scripted(0, 0, 0, 0)
    async with _running(deliveries(pipeline, after=lambda: None, idle=0.01)):
        await pipeline.reached.wait()
    assert pipeline.calls >= 4


async def test_a_worker_outlives_every_error_and_counts_them_until_one_step_succeeds() -> None:
    pipeline = Scripted(StoreDown("locked"), ZeroDivisionError("bug"), StoreDown("locked"), 1, 0)
    worker = deliveries(pipeline, after=lambda: None, idle=0.01)
    async with _running(worker):
        await pipeline.reached.wait()
        assert worker.alive
    assert worker.failures == 0 and not worker.alive


async def test_the_ticker_ticks_at_start_and_then_at_its_interval() -> None:
    begun, pipeline, woken = Machine().now(), Scripted(1, 0, 2), list[int]()
    ticker = Ticker(pipeline, Machine(), after=_note(woken), seconds=0.05)
    async with _running(ticker):
        await pipeline.reached.wait()
    assert pipeline.calls >= 3 and woken[:1] == [1]
    assert ticker.last is not None and ticker.last > begun


async def test_the_ticker_outlives_a_tick_that_fails() -> None:
    pipeline = Scripted(StoreDown("locked"), ValueError("bug"), 0)
    async with _running(Ticker(pipeline, Machine(), seconds=0.05)):
        await pipeline.reached.wait()
    assert pipeline.calls >= 3


async def test_the_ticker_goes_on_when_the_wall_clock_is_set_back() -> None:
    clock, pipeline = Machine(), Scripted(0)
    ticker = Ticker(pipeline, clock, seconds=0.05)
    async with _running(ticker):
        await pipeline.reached.wait()
        # As if the next tick were due in an hour, which is what the scheduler believes after such a change.
        ticker._scheduler.modify_job("tick", next_run_time=clock.now() + timedelta(hours=1))
        pipeline.reached.clear()
        await pipeline.reached.wait()


class Machine(HandClock):
    """The machine's own time."""

    def now(self) -> datetime:
        return super(HandClock, self).now()

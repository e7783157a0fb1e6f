"""The workbench's own time: a wall clock for use, and a clock set by hand for tests of retry schedules and expiries."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the workbench asks of a clock: seconds since the epoch, and waiting."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until `now()` has advanced by `seconds`."""
        ...


class WallClock:
    """The machine's time."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to; sleepers wake when it passes their moment."""

    def __init__(self, start: float) -> None:
        self._now = start
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._joined = asyncio.Event()

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC, as last set."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced far enough."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + seconds, wake))
        self._joined.set()
        await wake

    async def awaited(self, moment: float) -> None:
        """Return when somebody sleeps until exactly this moment."""
        while moment not in self.waiting():
            self._joined.clear()
            await self._joined.wait()

    def waiting(self) -> list[float]:
        """The moments that sleepers wait for, soonest first."""
        return sorted(moment for moment, wake in self._sleepers if not wake.done())

    def advance(self, seconds: float) -> None:
        """Move the clock on and wake whoever is due."""
        self._now += seconds
        due = [wake for moment, wake in self._sleepers if moment <= self._now]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._now]
        for wake in due:
            if not wake.done():
                wake.set_result(None)

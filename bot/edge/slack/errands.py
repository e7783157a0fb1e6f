"""Takes what was asked out of the store, has it done side by side, and writes down that it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.edge.metrics import Meters
from bot.edge.slack import asked
from bot.edge.slack.asked import Asked, Unreadable
from bot.edge.slack.ways_back import NOT_TOLD
from bot.store import inbox
from bot.store.engine import Store, StoreDown

log = structlog.get_logger()

# Whoever took something down does it at once. After this long, another process may take it over; and every failed
# attempt moves that moment by as much again.
LEASE = timedelta(seconds=20)
MOST_ATTEMPTS = 4
# A response_url is good for half an hour, so what is older cannot be answered any more.
STALE = timedelta(minutes=30)
_LOOK_AT = 200
# Each takes a thread, and the pipeline and the ticker need theirs from the same few.
_AT_ONCE = 4


class _Does(Protocol):
    async def do(self, what: Asked) -> None: ...

    async def apologise(self, what: Asked) -> None: ...


@dataclass(frozen=True, slots=True)
class _Errand:
    id: int
    what: Asked
    attempts: int


class Errands:
    """What a Worker steps through. ``by`` names this process, as for the Reception; ``done`` is called after each.

    Two replicas do not do the same thing at once: a process does what it took down itself, and what another one left
    lying for longer than a lease, after counting an attempt on the row, which moves the lease for everybody.
    """

    def __init__(
        self,
        store: Store,
        interactions: _Does,
        clock: Clock,
        meters: Meters,
        *,
        by: str,
        done: Callable[[], None] = lambda: None,
        most: int = _AT_ONCE,
    ) -> None:
        self._store = store
        self._interactions = interactions
        self._clock = clock
        self._meters = meters
        self._by = by
        self._done = done
        self._most = most
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._owed: dict[int, tuple[str, str]] = {}

    async def step(self) -> int:
        """Starts on what waits, and gives how many that were. Raises StoreDown."""
        await self._settle()
        room = self._most - len(self._busy)
        taken = await asyncio.to_thread(self._take, self._clock.now(), room) if room else []
        for errand in taken:
            self._busy[errand.id] = asyncio.get_running_loop().create_task(self._run(errand))
        return len(taken)

    async def close(self) -> None:
        """Waits for what is under way."""
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        await self._settle()

    def _take(self, now: datetime, room: int) -> list[_Errand]:
        """Our own, read without a lock as nobody else touches them; then, counted as attempts, what lies too long."""
        with self._store.read() as connection:
            waiting = inbox.interactions(connection, _LOOK_AT)
        free = [row for row in waiting if row.id not in self._busy and row.id not in self._owed]
        own = [row for row in free if row.attempts == 0 and _by(row) == self._by]
        taken = own[:room]
        late = {row.id for row in free if row not in own and _is_late(row, now)}
        if late and room > len(taken):
            taken += self._take_over(late, now, room - len(taken))
        return [errand for row in taken if (errand := self._read(row)) is not None]

    def _take_over(self, late: set[int], now: datetime, room: int) -> list[inbox.Waiting]:
        with self._store.write() as connection:
            locked = [row for row in inbox.interactions(connection, _LOOK_AT) if row.id in late and _is_late(row, now)]
            for row in locked[:room]:
                inbox.failed(connection, row.id, "taken over")
        return locked[:room]

    def _read(self, row: inbox.Waiting) -> _Errand | None:
        try:
            what = asked.read(row.delivery.body)
        except Unreadable as reason:
            self._owed[row.id] = ("quarantined", str(reason))
            return None
        age = self._clock.now() - row.delivery.received
        if row.attempts >= MOST_ATTEMPTS or age > STALE:
            self._owed[row.id] = ("ignored", f"given up after {row.attempts} attempts")
            log.error("asked, but never answered", kind=what.kind, attempts=row.attempts)
            return None
        return _Errand(row.id, what, row.attempts)

    async def _run(self, errand: _Errand) -> None:
        try:
            await self._do(errand)
        finally:
            self._busy.pop(errand.id, None)
            self._done()

    async def _do(self, errand: _Errand) -> None:
        outcome, note = await self._outcome(errand)
        self._meters.interaction(errand.what.kind, outcome)
        if outcome == "waiting":
            await self._later(errand, note)
            return
        self._owed[errand.id] = (outcome, note)
        try:
            await self._settle()
        except StoreDown as down:
            log.warning("done, but not written down yet", reason=str(down))

    async def _outcome(self, errand: _Errand) -> tuple[str, str]:
        try:
            await self._interactions.do(errand.what)
        except StoreDown:
            return "waiting", ""
        except NOT_TOLD as error:
            reason = f"Slack did not take the answer: {type(error).__name__}"
            log.warning("answer not taken", kind=errand.what.kind, reason=reason)
            # What a click did is done; only a question is worth asking again.
            return ("done" if errand.what.kind == "click" else "waiting", reason)
        except Exception as error:
            # The boundary to the handlers: a mistake in one answer must not stop the next, and is not tried again.
            log.error("answer failed", kind=errand.what.kind, error=type(error).__name__, exc_info=error)
            await _quietly(self._interactions.apologise(errand.what))
            return "quarantined", type(error).__name__
        return "done", ""

    async def _later(self, errand: _Errand, note: str) -> None:
        """A failed attempt is counted, so that the lease moves; a store that is down keeps no count and loses none."""
        if not note:
            return

        def count() -> None:
            with self._store.write() as connection:
                inbox.failed(connection, errand.id, note)

        try:
            await asyncio.to_thread(count)
        except StoreDown as down:
            log.warning("attempt not counted", reason=str(down))

    async def _settle(self) -> None:
        """Writes down what is done. It stays owed, and is not done again, for as long as the store is down."""
        owed = dict(self._owed)
        if not owed:
            return

        def finish() -> None:
            with self._store.write() as connection:
                for id, (outcome, note) in owed.items():
                    inbox.finish(connection, id, outcome, note)

        await asyncio.to_thread(finish)
        for id in owed:
            self._owed.pop(id, None)


def _by(row: inbox.Waiting) -> str:
    try:
        return asked.read(row.delivery.body).by
    except Unreadable:
        return ""


def _is_late(row: inbox.Waiting, now: datetime) -> bool:
    return now - row.delivery.received >= LEASE * (row.attempts + 1)


async def _quietly(telling: Awaitable[None]) -> None:
    try:
        await telling
    except NOT_TOLD as error:
        log.warning("apology not taken", reason=type(error).__name__)

"""Group commit: requests that come in together share one transaction, and none is answered before it is committed."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bot.store import inbox
from bot.store.engine import Store, StoreDown
from bot.store.inbox import Arrival

_MOST_AT_ONCE = 500
_MOST_WAITING = 5000


@dataclass(frozen=True, slots=True)
class _Request:
    arrival: Arrival
    answer: asyncio.Future[bool]
    loop: asyncio.AbstractEventLoop


Verdict = bool | Exception


class Intake:
    """Takes deliveries in: one writer thread commits all that wait at a time and then releases them together."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._requests: deque[_Request] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the writer."""
        self._stopping = False
        self._thread = threading.Thread(target=self._write, name="intake", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Commits what waits and ends the writer. Later arrivals are refused."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    async def admit(self, arrival: Arrival) -> bool:
        """True when the arrival is new, False when it is here already; either way it is on disk by then.

        Raises StoreDown when it could not be kept, so that the sender is to try again.
        """
        loop = asyncio.get_running_loop()
        request = _Request(arrival, loop.create_future(), loop)
        with self._wake:
            if self._stopping or self._thread is None:
                raise StoreDown("the intake is closed")
            if len(self._requests) >= _MOST_WAITING:
                raise StoreDown("too many deliveries wait for the database")
            self._requests.append(request)
            self._wake.notify()
        return await request.answer

    def _write(self) -> None:
        while batch := self._next_batch():
            verdicts = self._keep([request.arrival for request in batch])
            _release(batch, verdicts)

    def _next_batch(self) -> list[_Request]:
        """What waits, at most 500; empty when the intake is closing and nothing waits any more."""
        with self._wake:
            while not self._requests and not self._stopping:
                self._wake.wait()
            size = min(len(self._requests), _MOST_AT_ONCE)
            return [self._requests.popleft() for _ in range(size)]

    def _keep(self, arrivals: Sequence[Arrival]) -> Sequence[Verdict]:
        """The verdicts of a committed batch. An arrival that the database refuses must not take others with it, so
        after a refusal each is tried alone."""
        try:
            return self._store.run(lambda connection: inbox.admit(connection, arrivals))
        except StoreDown as fault:
            return [fault] * len(arrivals)
        except Exception as error:  # noqa: BLE001 the thread must outlive any arrival; the error goes to its sender
            if len(arrivals) == 1:
                return [error]
            return [verdict for arrival in arrivals for verdict in self._keep([arrival])]


def _release(batch: Sequence[_Request], verdicts: Sequence[Verdict]) -> None:
    """Wakes each event loop once for all of its requests."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[bool], Verdict]]] = {}
    for request, verdict in zip(batch, verdicts, strict=True):
        by_loop.setdefault(request.loop, []).append((request.answer, verdict))
    for loop, answers in by_loop.items():
        with contextlib.suppress(RuntimeError):  # A loop that is closed has nobody left who waits.
            loop.call_soon_threadsafe(_answer, answers)


def _answer(answers: list[tuple[asyncio.Future[bool], Verdict]]) -> None:
    for future, verdict in answers:
        if future.done():
            continue
        if isinstance(verdict, Exception):
            future.set_exception(verdict)
        else:
            future.set_result(verdict)

"""Deliveries that may have ended the process before this one, which had no chance to say so."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import func, select

from bot.store import inbox, lanes
from bot.store.engine import Store
from bot.store.tables.log import inbox as rows

_ENDED = "it was to be worked on when the bot ended"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A delivery that waited already when this process began, and how often somebody began to work on it."""

    id: int
    source: str
    attempts: int


@dataclass
class Begun:
    """Counts an attempt before the work, in a transaction of its own, for what waited when the process began.

    What ends the process (a segmentation fault, the kernel's want of memory) leaves its delivery waiting, so whoever
    comes next finds it among these. Once they are done there is nothing to count, and nothing here costs anything.
    """

    _upto: int | None = None
    _counted: set[int] = field(default_factory=set)
    _clear: set[str] = field(default_factory=set)

    def next(self, store: Store, shop: str) -> Suspect | None:
        """The shop's next suspect, its attempt counted once by this process; None when it has no more, or when
        another replica is at work in the shop. Raises StoreDown."""
        if shop in self._clear:
            return None
        if self._upto is None:
            self._upto = _newest_waiting(store)
        with store.write() as connection:
            if not lanes.hold(connection, shop):
                return None
            waiting = inbox.waiting(connection, shop, 1)
            if not waiting or waiting[0].id > self._upto:
                self._clear.add(shop)
                return None
            first = waiting[0]
            attempts = first.attempts
            if first.id not in self._counted:
                attempts = inbox.failed(connection, first.id, _ENDED)
        self._counted.add(first.id)
        return Suspect(first.id, first.delivery.source, attempts)


def _newest_waiting(store: Store) -> int:
    query = select(func.max(rows.c.id)).where(rows.c.outcome == "waiting")
    with store.read() as connection:
        return connection.execute(query).scalar() or 0

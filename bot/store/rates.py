"""The pace of Slack calls that all replicas keep together: one row for each method and for each channel.

A bucket is one moment, the one at which it will be full again (the generic cell rate algorithm, ITU-T I.371): a call
moves it on by the time that a token takes to come back, and may leave while the bucket is not empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, select, update

from bot.store.dialect import insert_new, locked, upsert
from bot.store.engine import Connection
from bot.store.tables.trouble import rate

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# A clock that was set back must not close Slack for as long as it was wrong.
_FARTHEST = timedelta(hours=1)
_NO_TIME = 0.001
_SET = update(rate).where(rate.c.name == bindparam("of")).values(full_at=bindparam("later"))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Up to ``size`` calls at once, and then ``rate`` a second. ``spare`` of the calls are for others. Moments are in
    seconds."""

    name: str
    size: float
    rate: float
    spare: float = 0.0

    def wait(self, full_at: float, now: float) -> float:
        """Seconds until there is a token; what is left by rounding alone is no time to wait."""
        seconds = self._filling(full_at, now) - (self.size - self.spare - 1) / self.rate
        return seconds if seconds > _NO_TIME else 0.0

    def drawn(self, full_at: float, now: float) -> float:
        """When the bucket will be full again after one more call."""
        return now + self._filling(full_at, now) + 1 / self.rate

    def _filling(self, full_at: float, now: float) -> float:
        """Seconds until it is full. An empty one needs no longer, also when a clock was set back meanwhile."""
        return min(max(full_at - now, 0.0), self.size / self.rate)


def draw(connection: Connection, buckets: Sequence[Bucket], now: datetime) -> float:
    """Seconds to wait before a call that draws from all of these may leave. 0.0 lets it go, and counts it.

    The rows stay locked for these few statements alone, always in the same order.
    """
    names = sorted(bucket.name for bucket in buckets)
    found = _rows(connection, names)
    if len(found) < len(names):
        fresh = {"full_at": _LONG_AGO, "closed_until": _LONG_AGO}
        for name in names:
            connection.execute(insert_new(connection.dialect.name, rate), {"name": name, **fresh})
        found = _rows(connection, names)
    at = now.timestamp()
    full = {bucket.name: found[bucket.name][0].timestamp() for bucket in buckets}
    closed = max(min(until, now + _FARTHEST) for _, until in found.values()).timestamp()
    wait = max(0.0, closed - at, *(bucket.wait(full[bucket.name], at) for bucket in buckets))
    if wait <= 0:
        for bucket in buckets:
            later = datetime.fromtimestamp(bucket.drawn(full[bucket.name], at), UTC)
            connection.execute(_SET, {"of": bucket.name, "later": later})
    return wait


def _rows(connection: Connection, names: list[str]) -> dict[str, tuple[datetime, datetime]]:
    query = select(rate).where(rate.c.name.in_(names)).order_by(rate.c.name)
    return {row.name: (row.full_at, row.closed_until) for row in connection.execute(locked(connection, query))}


def close(connection: Connection, method: str, until: datetime) -> None:
    """Nothing of the method leaves before then; a later end that is known already stands."""
    [(_, known)] = _rows(connection, [method]).values() or [(_LONG_AGO, _LONG_AGO)]
    row = {"name": method, "full_at": _LONG_AGO, "closed_until": max(known, until)}
    connection.execute(upsert(connection.dialect.name, rate, ("closed_until",)), row)

"""The only place that time comes from."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's clocks. Whoever needs another time is given another object with these methods."""

    def now(self) -> datetime:
        """Wall time, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump, for time-outs and rates."""
        return time.monotonic()

    def boottime(self) -> float:
        """Seconds that also count while the machine is suspended, for leases."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)


MOST_APART = timedelta(seconds=60)
"""How far our clock may be from that of Slack or of the database before it is not trusted with what is due when."""


class Others:
    """What the clocks of others say, as against ours."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._apart: dict[str, timedelta] = {}

    def heard(self, who: str, at: datetime) -> None:
        """It is ``at`` (aware UTC) by somebody else's clock, right now."""
        self._apart[who] = self._clock.now() - at

    def disagree(self) -> str:
        """Whose clock is too far from ours, and by how much; "" when none is."""
        found = [(abs(apart), who, apart) for who, apart in self._apart.items() if abs(apart) > MOST_APART]
        if not found:
            return ""
        _, who, apart = max(found)
        seconds = round(apart.total_seconds())
        return f"this machine's clock is {abs(seconds)} seconds {'ahead of' if seconds > 0 else 'behind'} that of {who}"

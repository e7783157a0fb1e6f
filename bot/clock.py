"""The only place that time comes from."""

from __future__ import annotations

import time
from datetime import UTC, datetime


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

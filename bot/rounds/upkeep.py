"""What keeps an installation sound unasked: forgetting in time, looking for damage, a clock that is not trusted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from bot.clock import Clock, Others
from bot.core.schedule import leapt
from bot.store import inbox, retention, wishes
from bot.store.engine import Store, StoreDown

log = structlog.get_logger()

AWAKE_EVERY = 300.0
TIDY_EVERY = 3600.0
CHECK_EVERY = 86400.0
_MOST_BATCHES = 20


@dataclass
class Upkeep:
    """Called with every tick; does its work when the time of each has come, by the clock that never jumps.

    The first tidying comes with the first tick. The first look for damage is a day later, because a start looks by
    itself. Nothing here raises: what fails is logged and comes again with the next hour or day.
    """

    store: Store
    clock: Clock
    wishes: Path = Path("var/privacy")
    """The folder in which wishes to forget are kept."""
    others: Others = field(init=False)
    trouble: str = ""
    """Why the clock is not trusted; "" when it is. For the health check."""
    _last: dict[str, float] = field(default_factory=dict)
    _seen: tuple[datetime, float] | None = None

    def __post_init__(self) -> None:
        self.others = Others(self.clock)

    def steady(self) -> bool:
        """Whether the wall clock is to be trusted: it ran since the last tick as clocks run (one that was set is not
        trusted for a tick), and it agrees with Slack's and the database's."""
        return self._ran_on() and self._agrees()

    def _agrees(self) -> bool:
        with suppress(StoreDown):
            if (at := self.store.now()) is not None:
                self.others.heard("the database", at)
        before, self.trouble = self.trouble, self.others.disagree()
        if self.trouble and not before:
            log.error("wall clock is wrong", reason=self.trouble)
        return not self.trouble

    def _ran_on(self) -> bool:
        before, self._seen = self._seen, (self.clock.now(), self.clock.boottime())
        if before is None or not leapt(self._seen[0] - before[0], self._seen[1] - before[1]):
            return True
        log.error("wall clock was set", before=before[0].isoformat(), after=self._seen[0].isoformat())
        return False

    def tick(self) -> None:
        """Notes every five minutes that the bot is up, tidies up once an hour, and looks for damage once a day."""
        self._every(AWAKE_EVERY, "awake", self.awake, at_once=True)
        self._every(TIDY_EVERY, "tidy", self.tidy, at_once=True)
        self._every(CHECK_EVERY, "check", self.check, at_once=False)

    def awake(self) -> None:
        """Notes that the bot is up, so that what it slept through is nobody's silence."""
        self.store.run(lambda connection: inbox.awake(connection, self.clock.now()))

    def tidy(self) -> dict[str, int]:
        """Forgets what has been kept long enough, in transactions that are short enough for writers to wait for, and
        wipes what was deleted in the last hour out of the database's log.

        Returns how many rows of each kind were touched. What is left after 20 batches waits for the next hour.
        """
        touched: dict[str, int] = {}
        for _ in range(_MOST_BATCHES):
            batch = self.store.run(lambda connection: retention.tidy(connection, self.clock.now()))
            touched = {name: touched.get(name, 0) + number for name, number in batch.items()}
            if max(batch.values()) < retention.MOST:
                break
        touched["wishes"] = wishes.tidy(self.wishes, self.clock.now())
        self.store.wipe_log()
        if any(touched.values()):
            log.info("tidied", **{name.replace(" ", "_"): number for name, number in touched.items() if number})
        return touched

    def check(self) -> tuple[str, ...]:
        """Looks for damage and says so at the level that wakes somebody."""
        problems = self.store.check()
        for problem in problems:
            log.critical("database unsound", problem=problem)
        return problems

    def _every(self, seconds: float, name: str, work: Callable[[], object], *, at_once: bool) -> None:
        now = self.clock.boottime()
        if not at_once:
            self._last.setdefault(name, now)
        if name in self._last and now - self._last[name] < seconds:
            return
        self._last[name] = now
        try:
            work()
        except StoreDown as down:
            log.warning("upkeep put off", work=name, reason=str(down))

"""Matters whose due time has passed: a tick reminds whoever holds them and then tells those to whom they escalate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.board import Board
from bot.clock import Clock
from bot.core.alerts import Alert
from bot.core.overdue import next_at, passed, steps, taken_by
from bot.core.settings import House
from bot.store import alerts, lanes, restore, slots
from bot.store.engine import Connection, Store

log = structlog.get_logger()


@dataclass(frozen=True)
class Overdue:
    """Called with every tick whose clock is trusted. Raises StoreDown; nothing is then half done."""

    store: Store
    house: House
    board: Board
    clock: Clock

    def tick(self) -> int:
        """Tells every step that has passed and was not told; returns of how many matters somebody was told."""
        reminded = 0
        for name in self.house.shops:
            with self.store.write() as connection:
                if lanes.hold(connection, name):
                    waiting = alerts.overdue(connection, name, self.clock.now())
                    reminded += sum(self._remind(connection, alert) for alert in waiting)
        return reminded

    def _remind(self, connection: Connection, alert: Alert) -> bool:
        """Takes the slots of all steps that have passed and tells the newest; a snoozed matter's pass in silence."""
        now = self.clock.now()
        mine = steps(alert, self.house)
        alerts.reminded(connection, alert.number, next_at(mine, now))
        circle = passed(mine, now)
        fresh = [step for step in circle if slots.claim(connection, step.slot, now)]
        if not fresh or alert.state == "snoozed" or _told_before_restore(connection, fresh[-1].slot.due):
            return False
        after, reason = taken_by(alert, fresh, circle, now)
        alerts.save(connection, after, fresh[-1].what, "", reason, now, now)
        alerts.reminded(connection, alert.number, next_at(steps(after, self.house), now))
        self.board.show(connection, after, fresh[-1].what)
        log.info(fresh[-1].what, alert=alert.name, step=fresh[-1].slot.key)
        return True


def _told_before_restore(connection: Connection, due: datetime) -> bool:
    """Whether a backup was put back since: what came due in between is taken to have been told, as with digests."""
    restored = restore.restored_at(connection)
    return restored is not None and due <= restored

"""What quiet hours held: looked at again when they end, and before that when waiting has become too dear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.board import Board
from bot.clock import Clock
from bot.core.alerts import Alert
from bot.core.held import Looked, ended, order
from bot.core.mute import held_back
from bot.core.schedule import LATE, Slot
from bot.core.settings import Department, House
from bot.store import alerts, held, lanes, placings, posts, slots
from bot.store.engine import Connection, Store
from bot.store.held import Held

log = structlog.get_logger()


@dataclass(frozen=True)
class Quiet:
    """Called with every tick whose clock is trusted. Raises StoreDown; nothing is then half done."""

    store: Store
    house: House
    board: Board
    clock: Clock

    def tick(self) -> int:
        """Shows what need not wait any more, as things stand now, and tells each channel once of what its quiet hours
        held; returns how many alerts were looked at."""
        with self.store.read() as connection:
            channels = list(held.of_channels(connection))
        looked = 0
        for channel in channels:
            with self.store.write() as connection:
                looked += self._look(connection, channel)
        return looked

    def _look(self, connection: Connection, channel: str) -> int:
        """Nobody else works on the shops' alerts meanwhile: what another replica looks at is left to it."""
        if not all(lanes.hold(connection, shop) for shop in held.shops_of(connection, channel)):
            return 0
        now, mine = self.clock.now(), self._standing(connection, channel)
        over = [(each, alert) for each, alert in mine if each.until <= now]
        early = [alert for each, alert in mine if each.until > now and self._changed(each, alert)]
        for alert in early:
            self.board.show(connection, alert, "none")
        looked = [one for each, alert in over if (one := self._again(connection, each, alert)) is not None]
        if looked:
            self._tell(connection, channel, looked, [each for each, _ in over])
        return len(over) + len(early)

    def _standing(self, connection: Connection, channel: str) -> list[tuple[Held, Alert]]:
        """What the channel holds with its alerts, the worst first; an alert that is forgotten is not held any more."""
        found: list[tuple[Held, Alert]] = []
        for each in held.of_channel(connection, channel):
            alert = alerts.by_number(connection, each.number)
            if alert is None:
                held.release(connection, channel, each.number)
            else:
                found.append((each, alert))
        return sorted(found, key=lambda pair: order(pair[1]))

    def _changed(self, each: Held, alert: Alert) -> bool:
        """Whether an alert that stands is held otherwise now, or not at all."""
        hold = held_back(alert, self._department(each.channel), self.clock.now())
        return alert.state != "resolved" and (hold is None or hold.until != each.until)

    def _again(self, connection: Connection, each: Held, alert: Alert) -> Looked | None:
        """An alert as it stands at the end of its hold; None when it is held anew."""
        if alert.state != "resolved":
            self.board.show(connection, alert, "none")
        again = held.find(connection, each.channel, each.number)
        if again is not None and again.until > self.clock.now():
            return None
        held.release(connection, each.channel, each.number)
        places = placings.of_alert(connection, alert.number)
        return Looked(alert, each.since, next((place.muted for place in places if place.channel == each.channel), ""))

    def _tell(self, connection: Connection, channel: str, looked: Sequence[Looked], over: Sequence[Held]) -> None:
        """Whichever replica takes the slot tells it."""
        now, until = self.clock.now(), max(each.until for each in over)
        slot = Slot(f"quiet/{channel}", until.isoformat(), until, until.date())
        log.info("looked_again", channel=channel, alerts=[each.alert.name for each in looked])
        if slots.claim(connection, slot, now):
            late = until if now - until > LATE else None
            line = ended(looked, self._department(channel), until, late)
            posts.want(connection, channel, f"quiet/{slot.key}", line, urgency=1, now=now)

    def _department(self, channel: str) -> Department | None:
        return next((each for each in self.house.departments.values() if each.channel == channel), None)

"""Open alerts routed anew though nothing happened to them: an hour of the day may lead them elsewhere, and so may a
config that was changed while the bot stood still."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from bot.board import Board
from bot.clock import Clock
from bot.core.alerts import Alert, resolved
from bot.core.events import Tick
from bot.core.parts import say
from bot.core.settings import House
from bot.store import alerts, lanes
from bot.store.engine import Connection, Store

EVERY = timedelta(minutes=10)
MOST = 200
"""So many alerts are routed anew in one tick; the others wait for the next."""


@dataclass
class Reroute:
    """Called with every tick, before the rules that look again as time passes. Raises StoreDown; nothing is then half
    done."""

    store: Store
    house: House
    board: Board
    clock: Clock
    _begun: bool = field(default=False, init=False)

    def tick(self) -> int:
        """Has every open alert looked at at once in the first tick after a start, and from then on those that no rule
        looks at as time passes; returns how many of these there were."""
        if not self._begun:
            with self.store.write() as connection:
                alerts.all_due(connection, self.clock.now())
            self._begun = True
        looked = 0
        for shop in self.house.shops:
            with self.store.write() as connection:
                if lanes.hold(connection, shop):
                    looked += self._look(connection, shop)
        return looked

    def _look(self, connection: Connection, shop: str) -> int:
        now, rules = self.clock.now(), self.board.catalog.rules
        ticking = [name for name, rule in rules.items() if issubclass(Tick, rule.events)]
        due = alerts.due_but_of(connection, shop, ticking, now, MOST)
        for alert in due:
            if alert.rule not in rules and alert.exercise is None:
                self._end(connection, alert)
            else:
                alerts.looked_at(connection, alert.number, now + EVERY)
                self.board.show(connection, alert, "none")
        return len(due)

    def _end(self, connection: Connection, alert: Alert) -> None:
        """Nobody would ever say that it is over."""
        now, why = self.clock.now(), say("its rule is not in use any more")
        over = resolved(alert, why, None, now)
        alerts.save(connection, over, "resolved", "", why, now)
        self.board.show(connection, over, "resolved")

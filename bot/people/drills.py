"""Exercises: started by members and operators, ended by time, and told of in the thread of their message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.board import Board
from bot.clock import Clock
from bot.core.alerts import Alert
from bot.core.drills import REMEMBERED, Drill, begun, ended, is_over, result, subject
from bot.core.message import Message, Paragraph
from bot.core.parts import Line
from bot.core.settings import House
from bot.store import alerts, exercises, lanes, posts
from bot.store.engine import Connection, Store, StoreDown


@dataclass(frozen=True)
class Drills:
    """Tries whether departments see what they are told. Raises StoreDown; nothing is then half done."""

    store: Store
    house: House
    board: Board
    clock: Clock

    def start(self, drill: Drill, shop: str) -> Alert:
        """Opens an exercise and shows it wherever a real alert would be; asked for twice, it is the same one."""
        with self.store.write() as connection:
            return self.start_in(connection, drill, shop)

    def start_in(self, connection: Connection, drill: Drill, shop: str) -> Alert:
        """The same within the caller's write transaction."""
        if not lanes.hold(connection, shop):
            raise StoreDown("another replica works on this shop", again=True)
        now, matter = self.clock.now(), subject(drill)
        before = alerts.newest(connection, shop, drill.rule, matter)
        if before is not None:
            return before
        alert = begun(drill, alerts.seat(connection, shop, drill.rule, matter, now), now)
        alerts.save(connection, alert, "opened", drill.by, alert.fire.reason, now)
        self.board.show(connection, alert, "opened")
        return alert

    def tick(self) -> int:
        """Ends what is over and tells what came of each; returns how many ended."""
        now, over = self.clock.now(), 0
        for shop in self.house.shops:
            with self.store.write() as connection:
                if lanes.hold(connection, shop):
                    for each in exercises.current(connection, shop, now - REMEMBERED):
                        over += self._look(connection, each.number, now)
        return over

    def _look(self, connection: Connection, number: int, now: datetime) -> bool:
        # As it is once its row is ours: somebody may have taken it just now.
        alert = alerts.by_number(connection, number)
        if alert is None:
            return False
        over = is_over(alert, now)
        if over:
            alert = ended(alert, now)
            alerts.save(connection, alert, "resolved", "", alert.resolution, now)
            self.board.show(connection, alert, "resolved")
        shown = exercises.shown(connection, number)
        told = result(alert, min(shown.values(), default=None), alerts.logged(connection, number))
        if told is not None:
            self._tell(connection, number, tuple(shown), told, now)
        return over

    def _tell(self, connection: Connection, number: int, channels: tuple[str, ...], told: Line, now: datetime) -> None:
        """In the thread of each message; one that no channel shows is told of to operations. It names whoever started
        it, so that they hear of it."""
        message = Message(told, (Paragraph(told),))
        thread, key = posts.alert_key(number), posts.alert_key(number, "result")
        for channel in channels:
            posts.want(connection, channel, key, message, urgency=1, now=now, thread=thread)
        if not channels:
            operations = self.house.departments["operations"].channel
            posts.want(connection, operations, f"exercise/{number}", message, urgency=1, now=now)

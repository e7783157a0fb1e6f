"""The budgets of interruptions: who is told at once, and the live summary of what exceeds a channel's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.clock import Clock
from bot.core.alerts import Alert, Change
from bot.core.budget import affordable, exceeded, free, local_day, stays, summary
from bot.core.settings import Department, House
from bot.store import held, posts
from bot.store.engine import Connection
from bot.store.held import Spent


@dataclass(frozen=True, slots=True)
class Wish:
    """What would interrupt a department: an alert's message or a call, by the key of its post, at a moment. ``woken``
    says that it would be too dear to wait with; ``own`` is the key by which the alert is in the summary when it is not
    granted, "" for that of the post: a post that tells of several alerts is not in a summary, each of them is."""

    alert: Alert
    change: Change
    department: Department
    key: str
    at: datetime
    woken: bool = False
    own: str = ""

    @property
    def refused_as(self) -> str:
        """The key by which it is in the summary."""
        return self.own or self.key


@dataclass(frozen=True)
class Budgets:
    """Spends the budgets, within the caller's transaction."""

    house: House
    clock: Clock

    def grant(self, connection: Connection, wish: Wish) -> str:
        """Spends what the interruption costs, once however often it is asked for. "" when people may be interrupted,
        else why not: then the alert is in the day's summary, which ``refresh`` writes."""
        department, channel = wish.department, wish.department.channel
        if department.budget is None:
            return ""
        paid, before = (held.spent(connection, channel, key) for key in (wish.key, wish.refused_as))
        if paid is not None and paid.told:
            self._leave(connection, channel, wish.refused_as, before)
            return ""
        if free(wish.alert, wish.woken):
            self._forget(connection, channel, wish.refused_as, before)
            return ""
        if before is not None and stays(wish.alert, wish.change):
            return exceeded(before.day)
        day = local_day(department, self.house, wish.at)
        told = affordable(wish.alert, held.spending(connection, channel, day), department.budget)
        key = wish.key if told else wish.refused_as
        held.note(connection, channel, key, wish.alert.number, Spent(day, told), self.clock.now())
        self._leave(connection, channel, wish.refused_as, before if key != wish.refused_as else None)
        if before is not None:
            self._write(connection, channel, before.day)
        return "" if told else exceeded(day)

    def _leave(self, connection: Connection, channel: str, key: str, before: Spent | None) -> None:
        """What was in a summary is told with others now."""
        if before is not None and not before.told:
            self._forget(connection, channel, key, before)

    def standing(self, connection: Connection, alert: Alert, change: Change, channel: str, key: str) -> str:
        """Why an alert's message stays in the summary that it is in; "" when it is in none or is to leave it."""
        before = held.spent(connection, channel, key)
        if before is None or before.told or not stays(alert, change):
            return ""
        return exceeded(before.day)

    def refund(self, connection: Connection, channel: str, key: str, alert: Alert) -> None:
        """The message that was granted, or is in a summary, is not to be shown now. What is over stays in its summary,
        which says so."""
        before = held.spent(connection, channel, key)
        if before is not None and (before.told or alert.state != "resolved"):
            self._forget(connection, channel, key, before)

    def refresh(self, connection: Connection, alert: Alert) -> None:
        """Makes every summary that the alert is in say how it stands."""
        for channel, day in held.summaries_of(connection, alert.number):
            self._write(connection, channel, day)

    def _forget(self, connection: Connection, channel: str, key: str, before: Spent | None) -> None:
        if before is not None:
            held.forget(connection, channel, key)
            self._write(connection, channel, before.day)

    def _write(self, connection: Connection, channel: str, day: date) -> None:
        """Edits the day's summary; one that has become empty is taken back, or says so where people have seen it."""
        key, now = f"budget/{day.isoformat()}", self.clock.now()
        alerts = held.summarised(connection, channel, day)
        if not alerts and (
            posts.find(connection, channel, key) is None or posts.drop(connection, channel, key, _EMPTY, now)
        ):
            return
        posts.want(connection, channel, key, summary(alerts, self.house, day), urgency=1, now=now)


_EMPTY = "what was in it is told by itself"

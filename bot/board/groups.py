"""Alerts that share a message: which one joins which, what the message says now, and how often people are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.catalog import Catalog
from bot.clock import Clock
from bot.core.alerts import Alert
from bot.core.compose import compose as alone
from bot.core.dispatch import Post
from bot.core.groups import MOST_ROWS, Group, compose, in_storm, more, still
from bot.core.mute import Hold
from bot.core.settings import House
from bot.core.verdict import Severity
from bot.store import groups, held, placings, posts
from bot.store.engine import Connection
from bot.store.groups import Grouped


@dataclass(frozen=True)
class Groups:
    """Keeps the groups' messages true, within the caller's transaction."""

    catalog: Catalog
    house: House
    clock: Clock

    def of(self, connection: Connection, alert: Alert) -> dict[str, Grouped]:
        """The groups that the alert is in, by channel."""
        return groups.of_alert(connection, alert.number)

    def seen(self, connection: Connection, within: Grouped) -> bool:
        """Whether people see the group's message, or may by now."""
        root = posts.find(connection, within.channel, within.key)
        return root is not None and (root.ts is not None or root.state in ("sending", "maybe"))

    def wanted(self, connection: Connection, alert: Alert, channel: str, routed: Group | None) -> Grouped | None:
        """The group in which an alert is to be shown for the first time, at its next call: its route's, in a storm its
        rule's, or none. An exercise stands by itself, and nothing is told together with it.

        Whoever does not put the alert into it after all has to have it ``leave``.
        """
        if alert.exercise is not None:
            return None
        group = routed or self.storm(connection, alert, channel)
        return self.telling(connection, groups.current(connection, channel, group, self.clock.now())) if group else None

    def storm(self, connection: Connection, alert: Alert, channel: str) -> Group | None:
        """The group that a channel's storm makes of an alert; None while there is none."""
        storm = self.house.storm
        if storm is None:
            return None
        return in_storm(alert, storm, groups.lately(connection, channel, self.clock.now() - storm.within))

    def telling(self, connection: Connection, within: Grouped) -> Grouped:
        """The group at the call in which what is new in it now is told: its message as long as nobody has seen that,
        then the call that waits, or the next one when that has left."""
        if not self.seen(connection, within) or (within.call and self._untold(connection, within)):
            return within
        return groups.turned(connection, within)

    def _untold(self, connection: Connection, within: Grouped) -> bool:
        """Whether nobody was, or may have been, called by the group's newest call: what is not granted makes none."""
        call = posts.find(connection, within.channel, within.call_key)
        return call is None or (call.state in ("wanted", "dropped") and call.first_attempt_at is None)

    def _waiting(self, connection: Connection, within: Grouped) -> Post | None:
        """The call of the group that nobody has tried to make yet."""
        call = posts.find(connection, within.channel, within.call_key) if within.call else None
        return call if call is not None and call.state == "wanted" and call.first_attempt_at is None else None

    def put(
        self,
        connection: Connection,
        alert: Alert,
        within: Grouped,
        departments: tuple[str, ...],
        *,
        new: bool,
        told: bool = False,
    ) -> None:
        """Has the group say how the alert stands; what is ``new`` is named in the group's call, and what is ``told``
        otherwise, or is to be told to nobody, is not."""
        call = within.call if new else 0 if told else None
        groups.put(connection, within, alert, call, self.house, self.clock.now())
        self._draw(connection, within, departments, int(alert.severity))
        if not new and (waiting := self._waiting(connection, within)) is not None:
            self._tell(connection, within, int(waiting.urgency), waiting.due_at, waiting.reason)

    def leave(self, connection: Connection, alert: Alert, within: Grouped, reason: str) -> bool:
        """Takes an alert that nobody has seen out of its group again; whether the group, without any, is none now."""
        groups.leave(connection, within, alert.number)
        if self._draw(connection, within, (), 0):
            return False
        posts.drop(connection, within.channel, within.key, reason, self.clock.now())
        groups.end(connection, within)
        return True

    def _draw(self, connection: Connection, within: Grouped, departments: tuple[str, ...], urgency: int) -> bool:
        """Has the group's message say what is so, unless there is nothing left to say. One alert looks as it always
        does, and nobody waits for the message of what is critical."""
        tally, worst = groups.tally(connection, within), groups.dearest(connection, within, MOST_ROWS)
        if not worst:
            return False
        now, first = self.clock.now(), within.opened_at + within.group.grouping.wait
        groups.stands(connection, within, now if tally.standing == 0 else None, now)
        message = compose(within.group, tally, worst, within.opened_at)
        if tally.all == 1:
            seen_by = departments or _departments(connection, worst[0], within.channel)
            message = alone(worst[0], seen_by, self.catalog.actions.values())
        waits = first > now and tally.worst < Severity.CRITICAL and not self.seen(connection, within)
        due = first if waits else None
        why = "waits for others to be told together" if due else ""
        key = (within.channel, within.key)
        posts.want(connection, *key, message, urgency=urgency, now=now, due_at=due, reason=why)
        return True

    # Calls.

    def call(self, connection: Connection, alert: Alert, within: Grouped, hold: Hold | None) -> None:
        """Calls people for what is new or worse, at most once in the group's interval, but at once for what is worse
        than all that they were called for before."""
        worse = alert.severity > within.worst
        groups.worst(connection, within, max(alert.severity, within.worst))
        if within.call:
            due = self.clock.now() if worse else self._next_call(connection, within)
            self._tell(
                connection,
                within,
                int(alert.severity),
                max(due, hold.until) if hold else due,
                hold.reason if hold else "",
            )

    def _next_call(self, connection: Connection, within: Grouped) -> datetime:
        """A call that waits keeps its time; the next one comes an interval after the last, or after the message."""
        now, waiting = self.clock.now(), self._waiting(connection, within)
        if waiting is not None:
            return waiting.due_at
        last = posts.find(connection, within.channel, within.before_key)
        return max(now, (last.first_attempt_at or now) + within.group.grouping.interval) if last else now

    def _tell(self, connection: Connection, within: Grouped, urgency: int, due: datetime, reason: str) -> None:
        """The call as it is to be made now; none for what is over meanwhile."""
        told, now = groups.dearest(connection, within, MOST_ROWS, within.call), self.clock.now()
        place = (within.channel, within.call_key)
        if not told:
            if posts.drop(connection, *place, "over before it was told", now):
                held.forget(connection, *place)
            return
        message = more(told, groups.told_in(connection, within))
        posts.want(connection, *place, message, urgency=urgency, now=now, thread=within.key, due_at=due, reason=reason)

    # What still stands.

    def standing(self, connection: Connection) -> list[tuple[Grouped, Sequence[Alert]]]:
        """The groups of which people are to be reminded now, each with its dearest alerts that stand; each once, by
        whoever asks first. Of what nobody has seen yet nobody is reminded."""
        now = self.clock.now()
        return [
            (within, [alert for alert in groups.dearest(connection, within, MOST_ROWS) if alert.state != "resolved"])
            for within in groups.to_remind(connection, now)
            if self.seen(connection, within)
        ]

    def remind(
        self, connection: Connection, within: Grouped, key: str, worst: Sequence[Alert], hold: Hold | None
    ) -> None:
        """Says that the group still stands, by the post of that key."""
        posts.want(
            connection, within.channel, key, still(groups.tally(connection, within), worst),
            urgency=int(worst[0].severity), now=self.clock.now(), thread=within.key,
            due_at=hold.until if hold else None, reason=hold.reason if hold else "",
        )  # fmt: skip


def _departments(connection: Connection, alert: Alert, channel: str) -> tuple[str, ...]:
    """Whose views of an alert a channel shows."""
    places = placings.of_alert(connection, alert.number)
    return tuple(place.department for place in places if place.channel == channel)

"""Where alerts show: makes every channel that sees an alert, or ever saw it, want what is true now."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.catalog import Catalog
from bot.clock import Clock
from bot.core import compose
from bot.core.alerts import Alert, Change
from bot.core.dispatch import Post
from bot.core.message import Message
from bot.core.mute import Hold, Never, calls_people, held_back, mute
from bot.core.routes import Routed, route
from bot.core.settings import Department, House
from bot.store import alerts, missed, posts
from bot.store.engine import Connection

log = structlog.get_logger()


@dataclass(frozen=True)
class Board:
    """Routes, mutes and writes down the posts of alerts, within the caller's transaction."""

    catalog: Catalog
    house: House
    clock: Clock

    def show(self, connection: Connection, alert: Alert, change: Change) -> None:
        """Makes every channel that sees the alert, or ever saw it, want what is true now."""
        seen = {post.channel for post in posts.of_alert(connection, alert.number) if _may_be_seen(post, alert)}
        departments = self._channels(alert)
        for channel in dict.fromkeys([*departments, *sorted(seen)]):
            message = compose.compose(alert, departments.get(channel, ()), self.catalog.actions.values())
            self._show_in(connection, alert, change, channel, message, channel in seen)
        if change == "resolved":
            self._show_inhibited(connection, alert)

    def _show_inhibited(self, connection: Connection, over: Alert) -> None:
        """What an alert that is over kept from being shown is shown now, if it still stands."""
        ended = self.catalog.rules.get(over.rule)
        for rule in ended.inhibits if ended else ():
            kept = alerts.open_on(connection, over.shop, over.subject, (rule,))
            if kept is not None:
                self.show(connection, kept, "none")

    def _channels(self, alert: Alert) -> dict[str, tuple[str, ...]]:
        """Channel to the departments whose view it shows; what no channel shows is written into the log."""
        channels: dict[str, tuple[str, ...]] = {}
        for place in route(alert, self.house):
            if isinstance(place, Routed):
                channels[place.channel] = (*channels.get(place.channel, ()), place.department)
            else:
                log.info("not_routed", alert=alert.name, department=place.department, reason=place.reason)
        return channels

    def _show_in(
        self, connection: Connection, alert: Alert, change: Change, channel: str, message: Message, seen: bool
    ) -> None:
        now, key, urgency = self.clock.now(), posts.alert_key(alert.number), int(alert.severity)
        inhibitor = alerts.open_on(connection, alert.shop, alert.subject, self._inhibitors(alert.rule))
        department = next((each for each in self.house.departments.values() if each.channel == channel), None)
        match mute(alert, department, inhibitor, seen, now):
            case Hold(until, reason):
                posts.want(connection, channel, key, message, urgency=urgency, now=now, due_at=until, reason=reason)
            case Never(reason):
                if alert.state == "resolved":
                    missed.keep(connection, channel, key, now)
                posts.drop(connection, channel, key, reason, now)
            case _:
                posts.want(connection, channel, key, message, urgency=urgency, now=now)
                if seen and calls_people(change):
                    self._call(connection, alert, change, channel, department)

    def _call(
        self, connection: Connection, alert: Alert, change: Change, channel: str, department: Department | None
    ) -> None:
        """An edit moves nobody, so what people must look at again is also said in the message's thread, after the
        department's quiet hours. A due time that passed is a change of its own though it opens no new turn."""
        part = f"overdue-{alert.version}" if change == "overdue" else f"turn-{alert.turn}"
        root, notice = posts.alert_key(alert.number), posts.alert_key(alert.number, part)
        told, now, urgency = compose.notice(alert, change), self.clock.now(), int(alert.severity)
        hold = held_back(alert, department, now)
        until, why = (hold.until, hold.reason) if hold else (None, "")
        posts.want(connection, channel, notice, told, urgency=urgency, now=now, thread=root, due_at=until, reason=why)

    def _inhibitors(self, rule: str) -> tuple[str, ...]:
        return tuple(other.name for other in self.catalog.rules.values() if rule in other.inhibits)


def _may_be_seen(post: Post, alert: Alert) -> bool:
    """Whether the channel shows the alert's message, or may by now."""
    return post.key == posts.alert_key(alert.number) and (post.ts is not None or post.state in ("sending", "maybe"))

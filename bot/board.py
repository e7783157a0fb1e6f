"""Where alerts show: makes every channel that sees an alert, or ever saw it, want what is true now."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.catalog import Catalog
from bot.clock import Clock
from bot.core import compose
from bot.core.alerts import Alert, Change
from bot.core.message import Message
from bot.core.mute import Hold, Never, calls_people, mute
from bot.core.routes import Routed, route
from bot.core.settings import House
from bot.store import alerts, posts
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
        key = f"alert/{alert.number}"
        seen = {post.channel: post for post in posts.of_alert(connection, alert.number)}
        departments = self._channels(connection, alert)
        for channel in dict.fromkeys([*departments, *seen]):
            message = compose.compose(alert, departments.get(channel, ()), self.catalog.actions.values())
            self._show_in(connection, alert, change, channel, key, message, channel in seen)

    def _channels(self, connection: Connection, alert: Alert) -> dict[str, tuple[str, ...]]:
        """Channel to the departments whose view it shows; what no channel shows is written into the log."""
        channels: dict[str, tuple[str, ...]] = {}
        for place in route(alert, self.house):
            if isinstance(place, Routed):
                channels[place.channel] = (*channels.get(place.channel, ()), place.department)
            else:
                log.info("not_routed", alert=alert.name, department=place.department, reason=place.reason)
        return channels

    def _show_in(
        self,
        connection: Connection,
        alert: Alert,
        change: Change,
        channel: str,
        key: str,
        message: Message,
        seen: bool,
    ) -> None:
        now = self.clock.now()
        inhibitor = alerts.open_on(connection, alert.shop, alert.subject, self._inhibitors(alert.rule))
        quiet = next((each for each in self.house.departments.values() if each.channel == channel), None)
        verdict = mute(alert, change, quiet, inhibitor, seen, now)
        urgency = int(alert.severity)
        match verdict:
            case Hold(until, reason):
                posts.want(connection, channel, key, message, urgency=urgency, now=now, due_at=until, reason=reason)
            case Never(reason):
                posts.drop(connection, channel, key, reason, now)
            case _:
                posts.want(connection, channel, key, message, urgency=urgency, now=now)
                if seen and calls_people(change):
                    told = compose.notice(alert, change)
                    notice = f"{key}/turn/{alert.turn}"
                    posts.want(connection, channel, notice, told, urgency=urgency, now=now, thread=key)

    def _inhibitors(self, rule: str) -> tuple[str, ...]:
        return tuple(other.name for other in self.catalog.rules.values() if rule in other.inhibits)

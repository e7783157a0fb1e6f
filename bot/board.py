"""Where alerts show: makes every channel that sees an alert, or ever saw it, want what is true now."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from bot.catalog import Catalog
from bot.clock import Clock
from bot.core import compose
from bot.core.alerts import Alert, Change
from bot.core.dispatch import Post
from bot.core.message import Message
from bot.core.mute import Hold, Never, Way, held_back, mute, told_by
from bot.core.routes import Routed, Unshown, labels_matter, route
from bot.core.settings import NO_LABELS, Department, House, Updates
from bot.core.silences import Silence, silenced_by
from bot.store import alerts, missed, placings, posts, silences
from bot.store.engine import Connection
from bot.store.labels import labels

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Place:
    """What a channel shows of an alert: the departments whose views, and how its changes are told."""

    departments: tuple[str, ...] = ()
    updates: Updates = "edit"


@dataclass(frozen=True, slots=True)
class _Shown:
    """An alert's message in one channel, whether the channel shows it, or may by now, and what keeps it quiet."""

    channel: str
    updates: Updates
    message: Message
    seen: bool
    silence: Silence | None


@dataclass(frozen=True)
class Board:
    """Routes, mutes and writes down the posts of alerts, within the caller's transaction."""

    catalog: Catalog
    house: House
    clock: Clock

    def show(self, connection: Connection, alert: Alert, change: Change) -> None:
        """Makes every channel that sees the alert, or ever saw it, want what is true now."""
        seen = {post.channel for post in posts.of_alert(connection, alert.number) if _may_be_seen(post, alert)}
        routed = self._routed(connection, alert)
        places, muted = _by_channel(routed), dict[str, str]()
        silence = silenced_by(alert, silences.current(connection, self.clock.now()), self.clock.now())
        for channel in dict.fromkeys([*places, *sorted(seen)]):
            place = places.get(channel, _Place())
            message = compose.compose(alert, place.departments, self.catalog.actions.values())
            shown = _Shown(channel, place.updates, message, channel in seen, silence)
            muted[channel] = self._show_in(connection, alert, change, shown)
        placings.note(connection, alert.number, routed, muted, self.clock.now())
        if change == "resolved":
            self._show_inhibited(connection, alert)

    def _show_inhibited(self, connection: Connection, over: Alert) -> None:
        """What an alert that is over kept from being shown is shown now, if it still stands."""
        ended = self.catalog.rules.get(over.rule)
        for rule in ended.inhibits if ended else ():
            kept = alerts.open_on(connection, over.shop, over.subject, (rule,))
            if kept is not None:
                self.show(connection, kept, "none")

    def _routed(self, connection: Connection, alert: Alert) -> tuple[Routed | Unshown, ...]:
        """Where the departments' views go; what no channel shows is also written into the log."""
        known = labels(connection, alert.shop, alert.subject) if labels_matter(self.house.routes) else NO_LABELS
        places = route(alert, self.house, self.clock.now(), known)
        for place in places:
            if isinstance(place, Unshown):
                log.info("not_routed", alert=alert.name, department=place.department, reason=place.reason)
        return places

    def _show_in(self, connection: Connection, alert: Alert, change: Change, shown: _Shown) -> str:
        """Makes one channel want what is true; gives what keeps the alert from being shown there, "" for nothing."""
        channel, message, seen = shown.channel, shown.message, shown.seen
        now, key, urgency = self.clock.now(), posts.alert_key(alert.number), int(alert.severity)
        inhibitor = alerts.open_on(connection, alert.shop, alert.subject, self._inhibitors(alert.rule))
        department = next((each for each in self.house.departments.values() if each.channel == channel), None)
        match mute(alert, department, inhibitor, seen, now, shown.silence):
            case Hold(until, reason):
                posts.want(connection, channel, key, message, urgency=urgency, now=now, due_at=until, reason=reason)
                return reason
            case Never(reason):
                if alert.state == "resolved":
                    missed.keep(connection, channel, key, now)
                posts.drop(connection, channel, key, reason, now)
                return reason
            case _:
                ways = told_by(shown.updates, change) if seen and shown.silence is None else frozenset()
                posts.want(connection, channel, key, message, urgency=urgency, now=now, fresh="message" in ways)
                for way in ways - {"message"}:
                    self._call(connection, alert, change, channel, department, way)
                return ""

    def _call(
        self,
        connection: Connection,
        alert: Alert,
        change: Change,
        channel: str,
        department: Department | None,
        way: Way,
    ) -> None:
        """An edit moves nobody, so what people must look at again is also said in the message's thread, or beside it,
        after the department's quiet hours. A due time that passed is a change of its own though it opens no turn."""
        part = f"{change}-{alert.version}" if change in ("overdue", "lapsing") else f"turn-{alert.turn}"
        root = posts.alert_key(alert.number) if way == "thread" else ""
        notice = posts.alert_key(alert.number, part if way == "thread" else f"{part}-beside")
        told, now, urgency = compose.notice(alert, change), self.clock.now(), int(alert.severity)
        hold = held_back(alert, department, now)
        until, why = (hold.until, hold.reason) if hold else (None, "")
        posts.want(connection, channel, notice, told, urgency=urgency, now=now, thread=root, due_at=until, reason=why)

    def _inhibitors(self, rule: str) -> tuple[str, ...]:
        return tuple(other.name for other in self.catalog.rules.values() if rule in other.inhibits)


def _by_channel(routed: tuple[Routed | Unshown, ...]) -> dict[str, _Place]:
    """Channel to what it shows."""
    channels: dict[str, _Place] = {}
    for place in routed:
        if isinstance(place, Routed):
            before = channels.get(place.channel, _Place((), place.updates))
            channels[place.channel] = replace(before, departments=(*before.departments, place.department))
    return channels


def _may_be_seen(post: Post, alert: Alert) -> bool:
    """Whether the channel shows the alert's message, or may by now."""
    return post.key == posts.alert_key(alert.number) and (post.ts is not None or post.state in ("sending", "maybe"))

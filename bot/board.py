"""Where alerts show: makes every channel that sees an alert, or ever saw it, want what is true now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.budgets import Budgets, Wish
from bot.catalog import Catalog
from bot.clock import Clock
from bot.core import compose
from bot.core.alerts import Alert, Change
from bot.core.dispatch import Post
from bot.core.message import Message
from bot.core.mute import Hold, Never, Way, held_back, mute, told_by, too_dear
from bot.core.routes import Routed, Unshown, labels_matter, route
from bot.core.settings import NO_LABELS, Department, House, Updates
from bot.core.silences import Silence, silenced_by
from bot.core.trouble import stale
from bot.store import alerts, held, missed, placings, posts, silences
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
    department: Department | None
    updates: Updates
    message: Message
    seen: bool
    silence: Silence | None
    concerned: bool = True
    """Whether the people of this channel must look when the alert changes hands."""


@dataclass(frozen=True)
class Board:
    """Routes, mutes and writes down the posts of alerts, within the caller's transaction."""

    catalog: Catalog
    house: House
    clock: Clock

    def show(self, connection: Connection, alert: Alert, change: Change) -> None:
        """Makes every channel that sees the alert, or ever saw it, want what is true now."""
        known = posts.of_alert(connection, alert.number)
        seen = {post.channel for post in known if _may_be_seen(post, alert)}
        routed = self._routed(connection, alert)
        places, muted = _by_channel(routed), dict[str, str]()
        silence = silenced_by(alert, silences.current(connection, self.clock.now()), self.clock.now())
        concerned = _holders(alert, places) if change == "handed_off" else {*places, *seen}
        for channel in dict.fromkeys([*places, *sorted(seen)]):
            place = places.get(channel, _Place())
            message = compose.compose(alert, place.departments, self.catalog.actions.values())
            shown = _Shown(
                channel, self._department(channel), place.updates, message, channel in seen, silence,
                channel in concerned,
            )  # fmt: skip
            muted[channel] = self._show_in(connection, alert, change, shown)
        self._take_back(connection, alert, silence, known)
        self._budgets.refresh(connection, alert)
        placings.note(connection, alert.number, routed, muted, self.clock.now())
        if change in ("opened", "reopened", "resolved"):
            self._show_inhibited(connection, alert)

    @property
    def _budgets(self) -> Budgets:
        return Budgets(self.house, self.clock)

    def _department(self, channel: str) -> Department | None:
        return next((each for each in self.house.departments.values() if each.channel == channel), None)

    def _take_back(self, connection: Connection, alert: Alert, silence: Silence | None, known: Iterable[Post]) -> None:
        """A call that waits for the end of quiet hours is not made when it says nothing new any more, or when somebody
        has asked for silence meanwhile."""
        now = self.clock.now()
        for post in known:
            if post.key != posts.alert_key(alert.number) and post.state == "wanted" and post.due_at > now:
                reason = f"silence {silence.name}" if silence is not None else stale(post, alert, now)
                if reason and posts.drop(connection, post.channel, post.key, reason, now):
                    held.forget(connection, post.channel, post.key)

    def _show_inhibited(self, connection: Connection, other: Alert) -> None:
        """What another alert keeps from being shown, or kept until it was over, is looked at again if it stands."""
        mine = self.catalog.rules.get(other.rule)
        for rule in mine.inhibits if mine else ():
            kept = alerts.open_on(connection, other.shop, other.subject, (rule,))
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
        now = self.clock.now()
        inhibitor = alerts.open_on(connection, alert.shop, alert.subject, self._inhibitors(alert.rule))
        match mute(alert, shown.department, inhibitor, shown.seen, now, shown.silence):
            case Hold() as hold:
                return self._hold(connection, alert, change, shown, hold)
            case Never(reason):
                self._budgets.refund(connection, shown.channel, posts.alert_key(alert.number), alert)
                return self._leave_out(connection, alert, shown, reason)
            case _ if shown.seen:
                return self._keep_true(connection, alert, change, shown)
            case granted:
                held.release(connection, shown.channel, alert.number)
                key = posts.alert_key(alert.number)
                if exceeded := self._exceeded(connection, alert, change, shown, key, now):
                    return self._leave_out(connection, alert, shown, exceeded)
                posts.want(connection, shown.channel, key, shown.message, urgency=int(alert.severity), now=now)
                if change == "handed_off" and shown.concerned:
                    self._call(connection, alert, change, shown.channel, None, "thread")
                return granted.reason

    def _hold(self, connection: Connection, alert: Alert, change: Change, shown: _Shown, hold: Hold) -> str:
        """What people see in a summary stays there in quiet hours, until somebody must look at it again."""
        key, now = posts.alert_key(alert.number), self.clock.now()
        if hold.quiet and (told := self._budgets.standing(connection, alert, change, shown.channel, key)):
            return told
        self._budgets.refund(connection, shown.channel, key, alert)
        posts.want(
            connection, shown.channel, key, shown.message, urgency=int(alert.severity), now=now, due_at=hold.until,
            reason=hold.reason,
        )  # fmt: skip
        held.look_first(connection, shown.channel, alert.number, hold.until)
        if hold.quiet:
            held.hold(connection, shown.channel, alert.number, hold.until, now)
        return hold.reason

    def _leave_out(self, connection: Connection, alert: Alert, shown: _Shown, reason: str) -> str:
        key, now = posts.alert_key(alert.number), self.clock.now()
        if alert.state == "resolved":
            missed.keep(connection, shown.channel, key, now)
        posts.drop(connection, shown.channel, key, reason, now)
        return reason

    def _exceeded(
        self, connection: Connection, alert: Alert, change: Change, shown: _Shown, key: str, at: datetime
    ) -> str:
        """Why the department's budget does not allow for a message or a call at a moment; "" when it does."""
        if shown.department is None:
            return ""
        woken = bool(too_dear(alert, shown.department, self.clock.now()))
        return self._budgets.grant(connection, Wish(alert, change, shown.department, key, at, woken))

    def _keep_true(self, connection: Connection, alert: Alert, change: Change, shown: _Shown) -> str:
        """Edits what is shown and calls people as the route wants it, after the quiet hours and as far as the budget
        goes; gives why nobody is called who should be."""
        now, key = self.clock.now(), posts.alert_key(alert.number)
        ways = told_by(shown.updates, change, shown.concerned) if shown.silence is None else frozenset()
        hold = held_back(alert, shown.department, now)
        exceeded = ""
        if ways:
            call = posts.alert_key(alert.number, _part(alert, change))
            exceeded = self._exceeded(connection, alert, change, shown, call, hold.until if hold else now)
            ways = frozenset() if exceeded else ways
        fresh, urgency = "message" in ways, int(alert.severity)
        posts.want(connection, shown.channel, key, shown.message, urgency=urgency, now=now, fresh=fresh)
        for way in ways - {"message"}:
            self._call(connection, alert, change, shown.channel, hold, way)
        return exceeded

    def _call(
        self, connection: Connection, alert: Alert, change: Change, channel: str, hold: Hold | None, way: Way
    ) -> None:
        """An edit moves nobody, so what people must look at again is also said in the message's thread, or beside it,
        after the department's quiet hours."""
        part = _part(alert, change)
        root = posts.alert_key(alert.number) if way == "thread" else ""
        notice = posts.alert_key(alert.number, part if way == "thread" else f"{part}-beside")
        told, now, urgency = compose.notice(alert, change), self.clock.now(), int(alert.severity)
        until, why = (hold.until, hold.reason) if hold else (None, "")
        posts.want(connection, channel, notice, told, urgency=urgency, now=now, thread=root, due_at=until, reason=why)

    def _inhibitors(self, rule: str) -> tuple[str, ...]:
        return tuple(other.name for other in self.catalog.rules.values() if rule in other.inhibits)


def _part(alert: Alert, change: Change) -> str:
    """What a call is known by. A due time that passed is a change of its own though it opens no turn."""
    return f"{change}-{alert.version}" if change in ("overdue", "lapsing") else f"turn-{alert.turn}"


def _holders(alert: Alert, places: Mapping[str, _Place]) -> set[str]:
    """The channels in which the department that holds the alert sees it; all of them where no channel is its own."""
    return {name for name, place in places.items() if alert.holder.department in place.departments} or set(places)


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

"""Where alerts show: makes every channel that sees an alert, or ever saw it, want what is true now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.board.budgets import Budgets, Wish
from bot.board.groups import Groups
from bot.catalog import Catalog
from bot.clock import Clock
from bot.core import compose
from bot.core.alerts import Alert, Change
from bot.core.dispatch import Post
from bot.core.groups import Group, told_later
from bot.core.inhibition import inhibiting, inhibitor_of, inhibits
from bot.core.mute import Hold, Never, Way, held_back, mute, owed, told_by, too_dear
from bot.core.routes import Routed, Unshown, labels_matter, route
from bot.core.settings import NO_LABELS, Department, House, Updates
from bot.core.silences import Silence, recurring, silenced_by
from bot.core.trouble import stale
from bot.core.verdict import Severity
from bot.store import alerts, held, missed, placings, posts, silences
from bot.store.engine import Connection
from bot.store.groups import Grouped
from bot.store.labels import labels

log = structlog.get_logger()

STORM = "more messages than anybody reads came in ten minutes, so its message is edited and nobody is called"

MOVED = "its route leads elsewhere now"

_DEALT_WITH: frozenset[Change] = frozenset({"taken", "snoozed", "handed_off"})
"""After these nobody is called any more for what the alert was before."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What a channel shows of an alert: the departments whose views, how its changes are told, and with which other
    alerts."""

    departments: tuple[str, ...] = ()
    updates: Updates = "edit"
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """An alert in one channel, whether the channel shows it, or may by now, and what keeps it quiet. It has a message
    of its own, or is ``within`` a group."""

    channel: str
    department: Department | None
    place: _Place
    seen: bool
    silence: Silence | None
    inhibitor: Alert | None = None
    within: Grouped | None = None
    alone: bool = False
    """Whether its own message is on its way already."""
    concerned: bool = True
    """Whether the people of this channel must look when the alert changes hands."""
    holds: bool = True
    """Whether it is the channel of the department that holds the alert, where those are called who are named."""

    def hushed(self, change: Change) -> bool:
        """Whether a change calls nobody: as people asked, or since another alert says more. Whoever is handed an alert
        is called all the same in that case."""
        return self.silence is not None or (self.inhibitor is not None and change != "handed_off")


@dataclass(frozen=True)
class Board:
    """Routes, mutes and writes down the posts of alerts, within the caller's transaction."""

    catalog: Catalog
    house: House
    clock: Clock

    def show(self, connection: Connection, alert: Alert, change: Change) -> None:
        """Makes every channel that sees the alert, or ever saw it, want what is true now."""
        known = posts.of_alert(connection, alert.number)
        within = self._groups.of(connection, alert)
        seen = {post.channel for post in known if _may_be_seen(post, alert)}
        seen |= {channel for channel, each in within.items() if self._groups.seen(connection, each)}
        routed = self._routed(connection, alert)
        places, muted = _by_channel(routed), dict[str, str]()
        silence = silenced_by(alert, self._silences(connection), self.clock.now())
        inhibitor = self._inhibitor(connection, alert)
        holders = _holders(alert, places)
        concerned = holders if change == "handed_off" else {*places, *seen}
        for channel in dict.fromkeys([*places, *sorted(seen)]):
            place, department = places.get(channel, _Place()), self._department(channel)
            alone = any(post.channel == channel and _on_its_way(post, alert) for post in known)
            shown = _Shown(
                channel, department, place, channel in seen, silence, inhibitor, within.get(channel), alone,
                channel in concerned, channel in holders,
            )  # fmt: skip
            muted[channel] = self._show_in(connection, alert, change, shown)
        self._move(connection, alert, {*places, *seen}, within, known)
        self._take_back(connection, alert, silence, known)
        self._budgets.refresh(connection, alert)
        placings.note(connection, alert.number, routed, muted, self.clock.now())
        if change in ("opened", "reopened", "resolved"):
            self._show_inhibited(connection, alert)

    def hasten(self, connection: Connection, alert: Alert) -> None:
        """Somebody did something to the alert and looks for it to show: what tells of it goes before all else."""
        within = self._groups.of(connection, alert).values()
        posts.hasten(connection, alert.number, [each.key for each in within], self.clock.now())

    @property
    def _budgets(self) -> Budgets:
        return Budgets(self.house, self.clock)

    @property
    def _groups(self) -> Groups:
        return Groups(self.catalog, self.house, self.clock)

    def _department(self, channel: str) -> Department | None:
        return next((each for each in self.house.departments.values() if each.channel == channel), None)

    def _silences(self, connection: Connection) -> list[Silence]:
        """What holds now, whether people laid it or the config says so."""
        now = self.clock.now()
        return [*silences.current(connection, now), *recurring(self.house.mutes, now)]

    def _move(
        self, connection: Connection, alert: Alert, here: Set[str], within: Mapping[str, Grouped], known: Iterable[Post]
    ) -> None:
        """Takes back what no route leads to any more where nobody has seen it yet: nothing would keep it true."""
        own = posts.alert_key(alert.number)
        waits = {post.channel for post in known if post.key == own and post.state in ("wanted", "parked")}
        for channel in sorted((waits | within.keys()) - here):
            shown = _Shown(channel, self._department(channel), _Place(), False, None, within=within.get(channel))
            self._budgets.refund(connection, channel, own, alert)
            held.release(connection, channel, alert.number)
            self._leave_out(connection, alert, shown, MOVED)

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
        """What another alert keeps from being shown, or kept until it was over, is looked at again if it stands; people
        are called afterwards for what they were not called for meanwhile."""
        mine = self.catalog.rules.get(other.rule)
        for each in mine.inhibits if mine else ():
            subject = other.subject if each.same == "subject" else None
            for kept in alerts.open_of(connection, other.shop, (each.rule,), subject):
                if inhibits(other, kept, self.catalog.rules):
                    over = other.state == "resolved"
                    log = alerts.logged(connection, kept.number) if over else ()
                    self.show(connection, kept, owed(log, other.opened_at))

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
        match mute(alert, shown.department, shown.inhibitor, shown.seen, now, shown.silence):
            case Hold() as hold:
                return self._hold(connection, alert, change, shown, hold)
            case Never(reason):
                self._budgets.refund(connection, shown.channel, posts.alert_key(alert.number), alert)
                return self._leave_out(connection, alert, shown, reason)
            case _ if shown.seen:
                return self._keep_true(connection, alert, change, shown)
            case granted:
                held.release(connection, shown.channel, alert.number)
                kept = self._open(connection, alert, change, shown)
                if (call := _first_call(alert, change, shown)) and not kept:
                    self._call(connection, alert, call, shown, None, "thread")
                return kept or granted.reason

    def _open(self, connection: Connection, alert: Alert, change: Change, shown: _Shown) -> str:
        """Shows an alert that nobody sees in a channel yet, by itself or with others; gives why it is not shown by
        itself."""
        within, own = shown.within, posts.alert_key(alert.number)
        if within is None and not shown.alone:
            within = self._groups.wanted(connection, alert, shown.channel, shown.place.group)
        key = within.telling_key if within is not None else own
        if exceeded := self._exceeded(connection, alert, change, shown, key, self.clock.now(), own):
            return self._leave_out(connection, alert, replace(shown, within=within), exceeded)
        if within is None:
            self._want(connection, alert, shown)
            return ""
        self._groups.put(connection, alert, within, shown.place.departments, new=shown.within is None)
        if shown.within is None:
            posts.drop(connection, shown.channel, own, "told together with others", self.clock.now())
            self._groups.call(connection, alert, within, None)
        return f"told together with others as {within.key}"

    def _want(
        self, connection: Connection, alert: Alert, shown: _Shown, hold: Hold | None = None, fresh: bool = False
    ) -> None:
        """Has the alert's own message in a channel say what is true now."""
        message = compose.compose(alert, shown.place.departments, self.catalog.actions.values())
        posts.want(
            connection, shown.channel, posts.alert_key(alert.number), message, urgency=int(alert.severity),
            now=self.clock.now(), due_at=hold.until if hold else None, reason=hold.reason if hold else "", fresh=fresh,
        )  # fmt: skip

    def _hold(self, connection: Connection, alert: Alert, change: Change, shown: _Shown, hold: Hold) -> str:
        """What people see in a summary stays there in quiet hours, until somebody must look at it again."""
        key, now = posts.alert_key(alert.number), self.clock.now()
        self._leave_group(connection, alert, shown, hold.reason)
        if hold.quiet and (told := self._budgets.standing(connection, alert, change, shown.channel, key)):
            return told
        self._budgets.refund(connection, shown.channel, key, alert)
        self._want(connection, alert, shown, hold)
        held.look_first(connection, shown.channel, alert.number, hold.until)
        if hold.quiet:
            held.hold(connection, shown.channel, alert.number, hold.until, now)
        return hold.reason

    def _leave_out(self, connection: Connection, alert: Alert, shown: _Shown, reason: str) -> str:
        key, now = posts.alert_key(alert.number), self.clock.now()
        self._leave_group(connection, alert, shown, reason)
        if alert.state == "resolved":
            missed.keep(connection, shown.channel, key, now)
        posts.drop(connection, shown.channel, key, reason, now)
        return reason

    def _leave_group(self, connection: Connection, alert: Alert, shown: _Shown, reason: str) -> None:
        """Takes the alert out of a group in which nobody saw it; a message that is not sent for that costs nothing."""
        if shown.within is not None and self._groups.leave(connection, alert, shown.within, reason):
            held.forget(connection, shown.channel, shown.within.key)

    def _exceeded(
        self, connection: Connection, alert: Alert, change: Change, shown: _Shown, key: str, at: datetime, own: str = ""
    ) -> str:
        """Why the department's budget does not allow for a message or a call at a moment; "" when it does. ``own`` is
        the alert's own key where the post tells of others too."""
        if shown.department is None:
            return ""
        woken = bool(too_dear(alert, shown.department, self.clock.now()))
        return self._budgets.grant(connection, Wish(alert, change, shown.department, key, at, woken, own))

    def _keep_true(self, connection: Connection, alert: Alert, change: Change, shown: _Shown) -> str:
        """Edits what is shown and calls people as the route wants it, after the quiet hours and as far as the budget
        goes; gives why nobody is called who should be."""
        hushed = shown.hushed(change)
        ways = frozenset() if hushed else told_by(shown.place.updates, change, shown.concerned)
        hold = held_back(alert, shown.department, self.clock.now())
        if shown.within is not None and ways and told_later(change):
            return self._call_together(connection, alert, change, shown, shown.within, hold)
        exceeded = self._too_much(connection, alert, change, shown, hold) if ways else ""
        ways = frozenset() if exceeded else ways
        if hold is not None and "message" in ways:
            # A new message would come at once, or leave the old one untrue until the morning.
            ways = frozenset({"channel"})
        if shown.within is None:
            self._want(connection, alert, shown, fresh="message" in ways)
        else:
            dealt_with = hushed or change in _DEALT_WITH
            self._groups.put(connection, alert, shown.within, shown.place.departments, new=False, told=dealt_with)
            ways = frozenset({"thread"}) if "message" in ways else ways
        if ways and compose.calls_by_name(alert, change, shown.holds):
            # A new message calls the channel, and not whom the escalation names.
            ways |= {"thread"}
        for way in ways - {"message"}:
            self._call(connection, alert, change, shown, hold, way)
        return exceeded

    def _too_much(self, connection: Connection, alert: Alert, change: Change, shown: _Shown, hold: Hold | None) -> str:
        """Why a call is not made though the route wants it: what comes and goes in a storm is told by the edits alone,
        and what the budget does not allow for in the day's summary."""
        minor = alert.severity < Severity.CRITICAL and alert.holder.person is None
        if told_later(change) and minor and self._groups.storm(connection, alert, shown.channel):
            return STORM
        call = posts.alert_key(alert.number, _part(alert, change))
        return self._exceeded(connection, alert, change, shown, call, hold.until if hold else self.clock.now())

    def _call_together(
        self, connection: Connection, alert: Alert, change: Change, shown: _Shown, within: Grouped, hold: Hold | None
    ) -> str:
        """What is worse or back again in a group that people see is told with whatever else is."""
        telling = self._groups.telling(connection, within)
        at = hold.until if hold else self.clock.now()
        own = posts.alert_key(alert.number, _part(alert, change))
        exceeded = self._exceeded(connection, alert, change, shown, telling.call_key, at, own)
        self._groups.put(connection, alert, telling, shown.place.departments, new=not exceeded)
        if not exceeded:
            self._groups.call(connection, alert, telling, hold)
        return exceeded

    def _call(
        self, connection: Connection, alert: Alert, change: Change, shown: _Shown, hold: Hold | None, way: Way
    ) -> None:
        """An edit moves nobody, so what people must look at again is also said in the message's thread, or beside it,
        after the department's quiet hours."""
        part, own = _part(alert, change), posts.alert_key(alert.number)
        root = (shown.within.key if shown.within else own) if way == "thread" else ""
        notice = posts.alert_key(alert.number, part if way == "thread" else f"{part}-beside")
        told, now, urgency = compose.notice(alert, change, shown.holds), self.clock.now(), int(alert.severity)
        until, why = (hold.until, hold.reason) if hold else (None, "")
        posts.want(
            connection, shown.channel, notice, told, urgency=urgency, now=now, thread=root, due_at=until, reason=why
        )

    def remind(self, connection: Connection) -> int:
        """Tells of groups that have stood for as long as their route wants; returns of how many."""
        now, reminded = self.clock.now(), 0
        silent = self._silences(connection)
        for within, standing in self._groups.standing(connection):
            worst = [alert for alert in standing if alert.state != "snoozed" and not silenced_by(alert, silent, now)]
            if worst and self._still(connection, within, worst):
                reminded += 1
        return reminded

    def _still(self, connection: Connection, within: Grouped, worst: Sequence[Alert]) -> bool:
        """Whether people are told that a group still stands, as far as the budget goes."""
        now, department = self.clock.now(), self._department(within.channel)
        hold, part = held_back(worst[0], department, now), f"still-{now.isoformat()}"
        key, own = f"{within.key}/{part}", posts.alert_key(worst[0].number, part)
        if department is not None:
            at, woken = hold.until if hold else now, bool(too_dear(worst[0], department, now))
            wish = Wish(worst[0], "overdue", department, key, at, woken, own)
            if self._budgets.grant(connection, wish):
                self._budgets.refresh(connection, worst[0])
                return False
        self._groups.remind(connection, within, key, worst, hold)
        return True

    def _inhibitor(self, connection: Connection, alert: Alert) -> Alert | None:
        """The open alert that says what this one would say."""
        rules = self.catalog.rules
        found = inhibiting(alert.rule, rules.values())
        same = {each.same for name in found for each in rules[name].inhibits if each.rule == alert.rule}
        subject = alert.subject if same == {"subject"} else None
        return inhibitor_of(alert, alerts.open_of(connection, alert.shop, found, subject), rules)


def _part(alert: Alert, change: Change) -> str:
    """What a call is known by. A due time that passed is a change of its own though it opens no turn."""
    return f"{change}-{alert.version}" if change in ("overdue", "lapsing") else f"turn-{alert.turn}"


def _first_call(alert: Alert, change: Change, shown: _Shown) -> Change | None:
    """For what people are called beside a message that is shown for the first time: whoever gets the matter, and those
    whom an escalation named while the channel rested."""
    if change == "handed_off":
        return change if shown.concerned else None
    return "overdue" if compose.calls_by_name(alert, "overdue", shown.holds) else None


def _holders(alert: Alert, places: Mapping[str, _Place]) -> set[str]:
    """The channels in which the department that holds the alert sees it; all of them where no channel is its own."""
    return {name for name, place in places.items() if alert.holder.department in place.departments} or set(places)


def _by_channel(routed: tuple[Routed | Unshown, ...]) -> dict[str, _Place]:
    """Channel to what it shows."""
    channels: dict[str, _Place] = {}
    for place in routed:
        if isinstance(place, Routed):
            before = channels.get(place.channel, _Place((), place.updates, place.group))
            channels[place.channel] = replace(before, departments=(*before.departments, place.department))
    return channels


def _on_its_way(post: Post, alert: Alert) -> bool:
    """Whether the alert's own message is to be sent, or was tried to be, and is neither held nor taken back."""
    held_yet = post.state == "wanted" and bool(post.reason) and post.last_attempt_at is None
    return post.key == posts.alert_key(alert.number) and post.state != "dropped" and not held_yet


def _may_be_seen(post: Post, alert: Alert) -> bool:
    """Whether the channel shows the alert's message, or may by now."""
    return post.key == posts.alert_key(alert.number) and (post.ts is not None or post.state in ("sending", "maybe"))

"""A whole bot for which anything may happen: what is told, what people do, what Slack takes, and what time brings.

``Slack`` keeps what its channels show, message by message, apart from what the bot believes of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from bot.catalog import Catalog
from bot.core.alerts import Alert
from bot.core.dispatch import (
    Absent,
    Edit,
    NotSent,
    Outcome,
    Post,
    ReadBack,
    Send,
    Shown,
    Unclear,
    Wait,
    attempting,
    next_step,
    released,
    settled,
)
from bot.core.forms import Submission
from bot.core.handlers import Refused
from bot.core.message import Message
from bot.core.parts import Line
from bot.core.settings import House
from bot.core.silences import Silence
from bot.people.acts import Act
from bot.rounds.overdue import Overdue
from bot.rounds.quiet import Quiet
from bot.rounds.reroute import Reroute
from bot.rounds.troubles import Troubles
from bot.store import alerts, outbox
from bot.store.tables import METADATA
from bot.store.tables.work import alert as alert_table
from tests.bench import Bench, Watch

Mood = Literal["takes", "refuses", "loses", "is silent", "is away"]
"""What Slack does with what it is sent: takes it, refuses it for now, lets the answer get lost with the message or
without it, or is not asked at all."""

CATALOG = Catalog.scan(("handlers",))
SETTLED = timedelta(seconds=61)


@dataclass
class Slack:
    """What each message shows, by channel and timestamp."""

    messages: dict[tuple[str, str], Message] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    """The timestamp of each message by the tag of its post."""

    def take(self, post: Post, message: Message) -> str:
        """A new message."""
        ts = f"{len(self.sent) + 1}.0"
        self.sent[post.tag] = ts
        self.messages[post.channel, ts] = message
        return ts


@dataclass
class World:
    """A bot on a folder that may be restarted, its clock, and the Slack that it talks to."""

    folder: Path
    house: House
    watch: Watch
    slack: Slack = field(default_factory=Slack)
    other: House | None = None

    @classmethod
    def begun(cls, made: Path, folder: Path, house: House, watch: Watch, other: House | None = None) -> World:
        """On a copy of a store that was made before, so that its history need not be told anew. By the ``other`` config
        departments rest otherwise, and have the same budgets: what was spent by another one is nobody's fault."""
        if other is not None:
            rests = {name: each.quiet for name, each in other.departments.items()}
            departments = {name: replace(each, quiet=rests[name]) for name, each in house.departments.items()}
            other = replace(other, departments=departments)
        shutil.copy(made / "bench.db", folder / "bench.db")
        return cls(folder, house, watch, other=other)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """The bot as of now."""
        clock: Any = self.watch
        self.bench = Bench(self.folder, self.house, self.watch, CATALOG)
        board, store = self.bench.board, self.bench.store
        self.overdue = Overdue(store, self.house, board, clock)
        self.quiet = Quiet(store, self.house, board, clock)
        self.reroute = Reroute(store, self.house, board, clock)
        self.troubles = Troubles(store, self.house.departments["operations"].channel, clock)

    def restart(self, other: bool = False) -> None:
        """The bot ends and begins anew over the same rows, perhaps by the ``other`` config."""
        self.bench.close()
        if other:
            self.house, self.other = self.other or self.house, self.house
        self.start()

    def close(self) -> None:
        self.bench.close()

    # Time.

    def tick(self) -> None:
        """What time brings, in the order in which the running bot does it."""
        self.overdue.tick()
        with self.bench.store.write() as connection:
            self.bench.board.remind(connection)
        self.reroute.tick()
        self.bench.pipeline.tick()
        self.quiet.tick()
        self.bench.hush.tick()
        self.troubles.tick()

    def later(self, span: timedelta) -> None:
        self.watch.at += span
        self.tick()

    # Slack.

    def deliver(self, mood: Mood = "takes") -> None:
        """Slack gets what is due. An answer that got lost is looked for again, and not for ever within one moment."""
        for _ in range(60):
            with self.bench.store.write() as connection:
                claimed = outbox.claim(connection, self.watch.now(), 50) if mood != "is away" else []
                for each in claimed:
                    outbox.save(connection, self._sent(each.post, each.message, mood))
            if not claimed:
                return

    def _sent(self, post: Post, message: Message, mood: Mood) -> Post:
        now = self.watch.now()
        match next_step(post, now):
            case Wait(until):
                return released(post, until)
            case ReadBack():
                known = self.slack.sent.get(post.tag)
                return settled(post, 0, Shown(known, 0) if known else Absent(), now)
            case Edit(ts):
                return settled(post, post.wanted, self._edited(post, ts, message, mood), now)
            case Send():
                tried = attempting(post, now)
                return settled(tried, post.wanted, self._posted(tried, message, mood), now)

    def _edited(self, post: Post, ts: str, message: Message, mood: Mood) -> Outcome:
        if mood == "refuses":
            return NotSent("ratelimited")
        if mood != "is silent":
            self.slack.messages[post.channel, ts] = message
        return Shown(ts) if mood == "takes" else Unclear("no answer")

    def _posted(self, post: Post, message: Message, mood: Mood) -> Outcome:
        match mood:
            case "refuses":
                return NotSent("ratelimited")
            case "is silent":
                return Unclear("no answer")
            case "loses":
                self.slack.take(post, message)
                return Unclear("no answer")
            case _:
                return Shown(self.slack.take(post, message))

    def caught_up(self) -> None:
        """Slack takes all that is due, also what it refused and what is in doubt."""
        for _ in range(3):
            self.deliver()
            self.later(SETTLED)
        self.deliver()

    # What there is.

    def alerts(self) -> list[Alert]:
        """Every alert there ever was, oldest first."""
        with self.bench.store.read() as connection:
            numbers = connection.execute(select(alert_table.c.number).order_by(alert_table.c.number)).scalars()
            found = [alerts.by_number(connection, number) for number in numbers]
        return [alert for alert in found if alert is not None]

    def chosen(self, which: int, states: tuple[str, ...] = ("firing", "acknowledged", "snoozed")) -> Alert | None:
        """One of the alerts in these states."""
        found = [alert for alert in self.alerts() if alert.state in states]
        return found[which % len(found)] if found else None

    def rows(self) -> Mapping[str, list[Any]]:
        """All rows but those of the audit trail, which also tells of what was refused."""
        with self.bench.store.read() as connection:
            tables = (table for table in METADATA.sorted_tables if table.name != "audit")
            return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}

    # What people do.

    def presses(self, which: int, person: str, button: str) -> None:
        """A press of a button of an alert as it stands."""
        alert = self.chosen(which)
        if alert is not None and alert.state in CATALOG.actions[button].states:
            assert self.bench.desk.act(button, alert.number, alert.turn, person).changed

    def presses_old(self, which: int, person: str, button: str) -> None:
        """A press of a button that was drawn before the alert's last turn."""
        alert = self.chosen(which, ("firing", "acknowledged", "snoozed", "resolved"))
        if alert is not None and alert.turn > 1:
            self._changes_nothing(lambda: self.bench.desk.act(button, alert.number, alert.turn - 1, person))

    def sends(self, which: int, person: str, form: str, entered: Mapping[str, Any]) -> None:
        """A form on an alert as it stands; what cannot be is refused."""
        alert = self.chosen(which)
        if alert is not None:
            with suppress(Refused):
                self._submit(alert, alert.turn, person, form, entered)

    def sends_old(self, which: int, person: str, form: str, entered: Mapping[str, Any]) -> None:
        """A form that was opened before the alert's last turn."""
        alert = self.chosen(which, ("firing", "acknowledged", "snoozed", "resolved"))
        if alert is not None and alert.turn > 1:
            self._changes_nothing(lambda: self._submit(alert, alert.turn - 1, person, form, entered))

    def _submit(self, alert: Alert, turn: int, person: str, form: str, entered: Mapping[str, Any]) -> Act:
        sent = Submission(form, person, self.watch.now(), alert.shop, f"{alert.number}.{turn}", dict(entered))
        return self.bench.desk.submit(sent)

    def _changes_nothing(self, act: Callable[[], Act]) -> None:
        before, told = self.rows(), _told(act)
        assert told and self.rows() == before, told

    def silences(self, rule: str, subject: str, span: timedelta) -> None:
        now = self.watch.now()
        self.bench.hush.lay(Silence(0, now + span, "U0ANNA", "known", now, rule, subject))

    def unsilences(self, which: int) -> None:
        current = self.bench.hush.current()
        if current:
            self.bench.hush.end(current[which % len(current)].id, "U0BEN")


def _told(act: Callable[[], Act]) -> Line:
    """What only the one who acted is told."""
    try:
        did = act()
    except Refused as refused:
        return refused.line
    assert not did.changed
    return did.told or ()

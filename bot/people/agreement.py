"""Acts on which two must agree: has them wait, shows that they do, and says how each ended."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clock import Clock
from bot.core.agreement import Pending, State, What, asked, over, told, want_of
from bot.core.audit import deed
from bot.core.authority import Surface, Want, second_within
from bot.core.parts import Line, say
from bot.core.settings import House
from bot.store import agreement, audit, posts
from bot.store.engine import Connection, Store


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, over which surface, and the ``second`` who agreed to it, "" where nobody has."""

    person: str
    surface: Surface
    second: str = ""


@dataclass(frozen=True)
class Agreement:
    """Keeps acts until a second person agrees, within the caller's write transaction; ``lapse`` has one of its own."""

    store: Store
    house: House
    clock: Clock

    def waits(self, connection: Connection, want: Want, by: By, what: What, detail: Line = ()) -> Line | None:
        """None where one person is enough or a second one has agreed; otherwise the act waits, and the line says so.
        ``detail`` is what exactly is asked for, where its name does not say it."""
        within = second_within(want, self.house.permissions)
        if within is None or by.second:
            return None
        now = self.clock.now()
        channel, thread = self._place(connection, want)
        line = deed(now, by.person, by.surface, want, "waiting", detail)
        given = (line.act, by.person, by.surface, now, now + within, line.shop, line.number, line.subject)
        pending = Pending(0, *given, channel, thread, what, detail)
        known = agreement.same(connection, pending.matter, now)
        if known is None:
            known = agreement.put(connection, pending)
            audit.note(connection, line)
            posts.want(connection, channel, known.post, asked(known), urgency=2, now=now, thread=thread)
        return told(known, by.person)

    def _place(self, connection: Connection, want: Want) -> tuple[str, str]:
        """Where people are asked: below the alert's message in its department's channel, else with operations."""
        operations = self.house.departments["operations"].channel
        if want.alert is None:
            return operations, ""
        key = posts.alert_key(want.alert.number)
        seen = {post.channel for post in posts.of_alert(connection, want.alert.number) if post.key == key and post.ts}
        holder = self.house.departments.get(want.alert.holder.department)
        channel = holder.channel if holder else operations
        return (channel, key) if channel in seen else (channel, "")

    def end(self, connection: Connection, pending: Pending, state: State, how: Line) -> None:
        """Says there how it ended; whatever was entered is forgotten."""
        agreement.end(connection, pending.id, state)
        message, now = over(pending, how), self.clock.now()
        posts.want(connection, pending.channel, pending.post, message, urgency=2, now=now, thread=pending.thread)

    def lapse(self) -> int:
        """Ends what nobody agreed to in time; returns how much."""
        with self.store.write() as connection:
            gone = agreement.lapsed(connection, self.clock.now())
            for pending in gone:
                self.end(connection, pending, "lapsed", say("Nobody agreed in time, so nothing was done."))
                lapsed = deed(self.clock.now(), pending.person, pending.surface, want_of(pending), "lapsed")
                audit.note(connection, lapsed)
            return len(gone)

"""Digests: a department's as it would be written now, and those that are due, each posted once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.catalog import Catalog
from bot.clock import Clock
from bot.core import compose, schedule
from bot.core.facts import Now, SourcesSeen, ask
from bot.core.handlers import Entry, Period, Section
from bot.core.known import SourceSeen
from bot.core.message import Message
from bot.core.parts import Line, Moment, say
from bot.core.schedule import Slot
from bot.core.settings import House, Schedule, Shop
from bot.core.subject import Subject
from bot.store import posts, slots
from bot.store.engine import Connection, Store
from bot.store.facts import Question, load


@dataclass(frozen=True)
class _Seen:
    """When the sources were last heard, for the top of a digest."""

    now: datetime = ask(Now())
    sources: tuple[SourceSeen, ...] = ask(SourcesSeen())


@dataclass(frozen=True)
class Digests:
    """Writes digests and posts them. Methods block, and raise StoreDown when the store is away."""

    store: Store
    catalog: Catalog
    house: House
    clock: Clock
    settings: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    head_start: timedelta = timedelta(0)
    """How far back a schedule that was never seen before is taken to have begun."""

    def digest(self, department: str, shop: Shop, days: int = 7) -> Message:
        """A department's digest over the shop's last complete days."""
        period = schedule.period_before(self.clock.now().astimezone(shop.zone).date(), days, shop.zone)
        with self.store.read() as connection:
            return self._digest(connection, department, shop, period)

    def _digest(
        self, connection: Connection, department: str, shop: Shop, period: Period, late: datetime | None = None
    ) -> Message:
        question = Question(shop=shop, subject=Subject("text", ""), now=self.clock.now(), period=period)
        entries = [self._entry(connection, section, period, question) for section in self._sections(department)]
        written = [entry for entry in entries if entry is not None]
        seen = load(connection, _Seen, question)
        return compose.digest(department, period, shop, written, _as_of(seen), late)

    def _sections(self, department: str) -> list[Section]:
        mine = [section for section in self.catalog.sections.values() if department in section.departments]
        return sorted(mine, key=lambda section: section.order)

    def _entry(self, connection: Connection, section: Section, period: Period, question: Question) -> Entry | None:
        facts = load(connection, section.facts, question)
        written: Entry | None = section.write(period, facts, **self.settings.get(("section", section.name), {}))
        return written

    def post_due(self) -> int:
        """Posts the digests whose slots have come since the last look; each slot once, however many replicas look."""
        now = self.clock.now()
        return sum(self._post_once(due, slot, now) for due in self.house.schedules for slot in self._owed(due, now))

    def _owed(self, due: Schedule, now: datetime) -> tuple[Slot, ...]:
        with self.store.write() as connection:
            since = slots.watermark(connection, due.name, now, self.head_start)
        return schedule.owed(due, since, now, self.head_start)

    def _post_once(self, due: Schedule, slot: Slot, now: datetime) -> int:
        """A transaction of its own, so that a slot and its posts are there together or not at all."""
        with self.store.write() as connection:
            posted = self._post(connection, due, slot, now) if slots.claim(connection, slot, now) else 0
            slots.advance(connection, due.name, slot.due)
            return posted

    def _post(self, connection: Connection, due: Schedule, slot: Slot, now: datetime) -> int:
        period = schedule.period_before(slot.day, due.days, due.zone)
        late = slot.due if now - slot.due > schedule.LATE else None
        places = [(shop, department) for shop in self.house.shops.values() for department in due.departments]
        for shop, department in places:
            message = self._digest(connection, department, shop, period, late)
            key = f"digest/{slot.schedule}/{slot.key}/{shop.name}/{department}"
            posts.want(connection, self._channel(department), key, message, urgency=0, now=now)
        return len(places)

    def _channel(self, department: str) -> str:
        """A department's channel, or else that of operations, which every house has."""
        known = self.house.departments
        return known.get(department, known["operations"]).channel


def _as_of(seen: _Seen) -> list[tuple[str, Line]]:
    return [(each.source, say(Moment(each.last)) if each.last else say("never heard")) for each in seen.sources]

"""Silences as people lay and end them, and what a tick does about them: those that are over, and those forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.board import Board
from bot.clock import Clock
from bot.core.message import Message
from bot.core.mute import owed
from bot.core.settings import House
from bot.core.silences import (
    Silence,
    about,
    ended,
    laid,
    muted_lately,
    over,
    problems,
    reminded,
    reminder,
    slot_of,
    unbroken,
)
from bot.store import alerts, posts, silences, slots
from bot.store.engine import Connection, Store

_LATELY = timedelta(days=8)
"""Every mute ends once a week, so that its last end is found however long nobody looked."""


class Unsilenceable(Exception):
    """There can be no such silence; the problems say why, by the part of it that is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Hush:
    """Keeps alerts quiet for as long as people asked. Raises StoreDown; nothing is then half done."""

    store: Store
    house: House
    board: Board
    clock: Clock

    def lay(self, silence: Silence) -> tuple[Silence, int]:
        """Silences what matches from now on; gives it with its id, and how many alerts it keeps quiet now. Raises
        Unsilenceable."""
        with self.store.write() as connection:
            return self.lay_in(connection, silence)

    def lay_in(self, connection: Connection, silence: Silence) -> tuple[Silence, int]:
        """The same within the caller's write transaction; operations hear of it."""
        wrong = problems(silence, self.board.catalog.rules, self.house.shops, self.clock.now())
        if wrong:
            raise Unsilenceable(wrong)
        made, fresh = silences.lay(connection, silence)
        kept = self._look_again(connection, made)
        if fresh:
            self._tell(connection, _key(made), laid(made, kept))
        return made, kept

    def since(self, connection: Connection, silence: Silence) -> datetime:
        """Since when whoever lays a silence keeps quiet, without a break, what it is about."""
        return unbroken(silence, silences.of_person(connection, silence.by))

    def end(self, id: int, by: str) -> tuple[Silence, int] | None:
        """Ends a silence early; gives it with how many alerts it kept quiet, None when there is none that holds."""
        with self.store.write() as connection:
            return self.end_in(connection, id, by)

    def end_in(self, connection: Connection, id: int, by: str) -> tuple[Silence, int] | None:
        """The same within the caller's write transaction."""
        cut = silences.cut_short(connection, id, self.clock.now())
        if cut is None:
            return None
        silences.ended(connection, id)
        kept = self._look_again(connection, cut, call=True)
        self._tell(connection, _key(cut), ended(cut, by, kept))
        return cut, kept

    def current(self) -> list[Silence]:
        """The silences that hold now."""
        with self.store.read() as connection:
            return silences.current(connection, self.clock.now())

    def tick(self) -> int:
        """Shows again what silences that are over kept quiet, and reminds of old ones; returns how many there were."""
        with self.store.write() as connection:
            lapsed = silences.over(connection, self.clock.now())
            for silence in lapsed:
                silences.ended(connection, silence.id)
                if kept := self._look_again(connection, silence, call=True):
                    self._tell(connection, f"{_key(silence)}/over", over(silence, kept))
            told = sum(self._remind(connection, each) for each in silences.current(connection, self.clock.now()))
            return len(lapsed) + told + self._unmute(connection)

    def _unmute(self, connection: Connection) -> int:
        """Shows what mutes of the config that are over kept quiet; each end once, by whichever replica comes first."""
        now = self.clock.now()
        past = [
            each
            for each in muted_lately(self.house.mutes, now - _LATELY, now)
            if slots.claim(connection, slot_of(each), now)
        ]
        for each in past:
            self._look_again(connection, each, call=True)
        return len(past)

    def _remind(self, connection: Connection, silence: Silence) -> bool:
        """Each week once, by whichever replica comes first."""
        slot = reminder(silence, self.clock.now())
        if slot is None or not slots.claim(connection, slot, self.clock.now()):
            return False
        kept = sum(about(silence, alert) for alert in alerts.open_alerts(connection))
        self._tell(connection, f"{_key(silence)}/{slot.key}", reminded(silence, kept))
        return True

    def _look_again(self, connection: Connection, silence: Silence, *, call: bool = False) -> int:
        """Has every open alert that the silence is about shown or held as it is right now. With ``call`` people are
        called for what they were not called for in it."""
        mine = [alert for alert in alerts.open_alerts(connection) if about(silence, alert)]
        for alert in mine:
            # As it is once its row is ours: somebody may have changed it just now.
            if (now := alerts.by_number(connection, alert.number)) is not None:
                log = alerts.logged(connection, alert.number) if call else ()
                self.board.show(connection, now, owed(log, silence.created))
        return len(mine)

    def _tell(self, connection: Connection, key: str, message: Message) -> None:
        channel = self.house.departments["operations"].channel
        posts.want(connection, channel, key, message, urgency=1, now=self.clock.now())


def _key(silence: Silence) -> str:
    return f"silence/{silence.id}"

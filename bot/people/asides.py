"""What people set beside alerts, and end: silences, exceptions to rules, exercises; each told back in a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.board import Board
from bot.catalog import Catalog
from bot.clock import Clock
from bot.core.drills import Drill, started
from bot.core.forms import Excepted, Silenced
from bot.core.handlers import EndException, EndSilence, Refused, Request, StartDrill
from bot.core.parts import Line, join, say
from bot.core.settings import Shop
from bot.core.silences import counted
from bot.core.silences import said as say_silence
from bot.core.silences import told as told_silence
from bot.core.thresholds import answered
from bot.core.thresholds import said as say_exception
from bot.core.thresholds import told as told_exception
from bot.people.drills import Drills
from bot.people.hush import Hush
from bot.people.thresholds import Again, Thresholds
from bot.store.engine import Connection, Store

Given = Mapping[tuple[str, str], Mapping[str, Any]]
Aside = EndSilence | EndException | StartDrill
"""What a command asks for beside the alerts."""


@dataclass(frozen=True)
class Asides:
    """Lays what forms ask for and does what commands ask for, within the caller's write transaction."""

    catalog: Catalog
    hush: Hush
    thresholds: Thresholds
    drills: Drills

    @classmethod
    def of(cls, store: Store, board: Board, clock: Clock, again: Again, settings: Given | None = None) -> Asides:
        """Over a store. ``again`` has a rule decide anew, ``settings`` are those of the config, by kind and name."""
        hush, drills = Hush(store, board.house, board, clock), Drills(store, board.house, board, clock)
        return cls(
            board.catalog, hush, Thresholds(store, board.catalog, board.house, clock, again, settings or {}), drills
        )

    def tick(self) -> int:
        """What time brings to any of them; returns how many changed."""
        return self.hush.tick() + self.thresholds.tick() + self.drills.tick()

    def lay(self, connection: Connection, did: Silenced | Excepted) -> Line:
        """What whoever sent the form is told."""
        if isinstance(did, Excepted):
            laid = [self.thresholds.lay_in(connection, wanted) for wanted in did.exceptions]
            reached = [(each, self.thresholds.reach(connection, each)) for each in laid]
            return join([answered(each, many) for each, many in reached], " ")
        kept = [self.hush.lay_in(connection, silence) for silence in did.silences]
        return join([say(told_silence(each), ". It keeps ", counted(many), " quiet now.") for each, many in kept], " ")

    def says(self, connection: Connection, did: Silenced | Excepted) -> Line:
        """What a form would lay."""
        if isinstance(did, Silenced):
            return join([say_silence(each) for each in did.silences], "; ")
        return join([say_exception(each, self.thresholds.reach(connection, each)) for each in did.exceptions], "; ")

    def do(self, connection: Connection, wanted: Aside, shop: Shop, request: Request) -> Line:
        """What whoever typed the command is told. Raises Refused where there is nothing to end."""
        match wanted:
            case EndSilence(id):
                return self._end_silence(connection, id, request.user)
            case EndException(id):
                return self._end_exception(connection, id, request.user)
            case StartDrill():
                return started(self.drills.start_in(connection, self._drill(wanted, request), shop.name))

    def _end_silence(self, connection: Connection, id: int, by: str) -> Line:
        done = self.hush.end_in(connection, id, by)
        if done is None:
            raise Refused(say(f"There is no silence S-{id} that holds. /ops silences lists those that do."))
        return say(f"{done[0].name} is over; ", counted(done[1]), " it kept quiet can be seen now.")

    def _end_exception(self, connection: Connection, id: int, by: str) -> Line:
        done = self.thresholds.end_in(connection, id, by)
        if done is None:
            raise Refused(say(f"There is no exception E-{id} that holds. /ops thresholds lists those that do."))
        return say("Ended: ", told_exception(done), ".")

    def _drill(self, wanted: StartDrill, request: Request) -> Drill:
        rule = self.catalog.rules.get(wanted.rule)
        asked_at = request.typed or request.now
        drill = Drill(wanted.department, request.user, asked_at, lasts=timedelta(minutes=wanted.minutes))
        return replace(drill, rule=rule.name, about=rule.about) if rule is not None else drill

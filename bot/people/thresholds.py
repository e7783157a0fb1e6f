"""Exceptions to rules as members set and end them, and what a tick does about them: those over, and those forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_origin

from bot.catalog import Catalog
from bot.catalog.settings import BadSettings, setting_schema
from bot.clock import Clock
from bot.core.exceptions import Knob, RuleException
from bot.core.handlers import Rule
from bot.core.message import Message
from bot.core.settings import House
from bot.core.thresholds import ended, laid, over, reminded, reminder
from bot.store import exceptions, lanes, posts, slots
from bot.store.engine import Connection, Store, StoreDown

Again = Callable[[Connection, RuleException], None]
"""again(connection, exception) has its rule decide anew on what it is about, within the write transaction."""


@dataclass(frozen=True)
class Thresholds:
    """Sets rules for single SKUs as members asked. Raises StoreDown; nothing is then half done."""

    store: Store
    catalog: Catalog
    house: House
    clock: Clock
    again: Again
    settings: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def knobs(self) -> tuple[Knob, ...]:
        """What may be set for a SKU: the plain settings of every rule about SKUs, with what they are for all others."""
        return tuple(
            Knob(rule.name, name, self._usual(rule, name))
            for rule in self.catalog.rules.values()
            if rule.about == "sku"
            for name, setting in rule.settings.items()
            if get_origin(setting.type) not in (tuple, dict, Mapping)
        )

    def _usual(self, rule: Rule, name: str) -> object:
        setting = rule.settings[name]
        given = self.settings.get(("rule", rule.name), {}).get(name, setting.default)
        return setting_schema(replace(setting, default=given)).get("default")

    def misfit(self, wanted: Iterable[RuleException]) -> str:
        """Why a rule does not take the settings of an exception; "" when each does."""
        for each in wanted:
            if each.rule not in self.catalog.rules:
                return "there is no such rule"
            try:
                self.catalog.settings("rule", each.rule, dict(each.given or ()))
            except BadSettings as misfit:
                return "; ".join(f"{name} {why.removesuffix(', without quotes')}" for name, why in misfit.problems)
        return ""

    def lay_in(self, connection: Connection, wanted: RuleException) -> RuleException:
        """Sets an exception within the caller's write transaction, who holds the shop's lane; gives it with its id."""
        made, fresh = exceptions.lay(connection, wanted)
        if fresh:
            self.again(connection, made)
            self._tell(connection, _key(made), laid(made))
        return made

    def end_in(self, connection: Connection, id: int, by: str) -> RuleException | None:
        """Ends an exception within the caller's write transaction; None when there is none of that id that holds."""
        cut = exceptions.end(connection, id, self.clock.now())
        if cut is None:
            return None
        if not lanes.hold(connection, cut.shop):
            raise StoreDown("another replica works on this shop", again=True)
        self.again(connection, cut)
        self._tell(connection, _key(cut), ended(cut, by))
        return cut

    def tick(self) -> int:
        """Has rules decide as usual again where an exception is over, and reminds of old ones; returns how many."""
        now = self.clock.now()
        with self.store.write() as connection:
            gone = [each for each in exceptions.over(connection, now) if lanes.hold(connection, each.shop)]
            for each in gone:
                exceptions.end(connection, each.id, now)
                self.again(connection, each)
                self._tell(connection, f"{_key(each)}/over", over(each))
            return len(gone) + sum(self._remind(connection, each) for each in exceptions.current(connection, now))

    def _remind(self, connection: Connection, each: RuleException) -> bool:
        """Each month once, by whichever replica comes first."""
        slot = reminder(each, self.clock.now())
        if slot is None or not slots.claim(connection, slot, self.clock.now()):
            return False
        self._tell(connection, f"{_key(each)}/{slot.key}", reminded(each))
        return True

    def _tell(self, connection: Connection, key: str, message: Message) -> None:
        channel = self.house.departments["operations"].channel
        posts.want(connection, channel, key, message, urgency=1, now=self.clock.now())


def _key(each: RuleException) -> str:
    return f"exception/{each.id}"

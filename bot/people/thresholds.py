"""Exceptions to rules as members set and end them, and what a tick does about them: those over, and those forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_origin

from bot.catalog import Catalog
from bot.catalog.settings import BadSettings, setting_schema
from bot.clock import Clock
from bot.core.exceptions import Knob, RuleException, labelled
from bot.core.handlers import Rule
from bot.core.message import Message
from bot.core.settings import House
from bot.core.thresholds import ended, laid, over, reminded, reminder
from bot.store import exceptions, labels, lanes, posts, slots
from bot.store.engine import Connection, Store, StoreDown

Again = Callable[[Connection, RuleException, Sequence[str]], None]
"""again(connection, exception, skus) has its rule decide anew on these SKUs, within the write transaction."""

AT_ONCE = 20
"""On so many SKUs a rule decides anew in one transaction, so that others who write need not wait for long."""

_A_TICK = 2.0
"""For so many seconds of a tick at most it goes on, since the rest of what time brings waits behind it."""


@dataclass(frozen=True)
class Thresholds:
    """Sets rules for SKUs, vendors and tags as members asked. Raises StoreDown; nothing is then half done."""

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
            self._anew(connection, made)
            self._tell(connection, _key(made), laid(made, self.reach(connection, made)))
        return made

    def reach(self, connection: Connection, each: RuleException) -> int | None:
        """How many SKUs an exception for a vendor or a tag is about now; None for one that names its SKU."""
        if each.level not in ("vendor", "tag"):
            return None
        return labels.many(connection, each.shop, self._keys(connection, each))

    def _keys(self, connection: Connection, each: RuleException) -> list[str]:
        return labelled(each.level, each.pattern, labels.keys(connection, each.shop))

    def _anew(self, connection: Connection, each: RuleException, after: str = "") -> None:
        """Has the rule decide anew on what an exception is about, from the SKU ``after`` on; ticks see to what is too
        much for one transaction."""
        skus = [each.pattern]
        if each.level in ("vendor", "tag"):
            skus = labels.bearing(connection, each.shop, self._keys(connection, each), after, AT_ONCE)
        self.again(connection, each, skus)
        exceptions.reach(connection, each.id, skus[-1] if len(skus) == AT_ONCE else None)

    def end_in(self, connection: Connection, id: int, by: str) -> RuleException | None:
        """Ends an exception within the caller's write transaction; None when there is none of that id that holds."""
        cut = exceptions.end(connection, id, self.clock.now())
        if cut is None:
            return None
        if not lanes.hold(connection, cut.shop):
            raise StoreDown("another replica works on this shop", again=True)
        self._anew(connection, cut)
        self._tell(connection, _key(cut), ended(cut, by))
        return cut

    def tick(self) -> int:
        """Has rules decide as usual again where an exception is over, goes on where much is to be decided anew, and
        reminds of old ones; returns how many."""
        now = self.clock.now()
        with self.store.write() as connection:
            gone = [each for each in exceptions.over(connection, now) if lanes.hold(connection, each.shop)]
            for each in gone:
                exceptions.end(connection, each.id, now)
                self._anew(connection, each)
                self._tell(connection, f"{_key(each)}/over", over(each))
            reminded = sum(self._remind(connection, each) for each in exceptions.current(connection, now))
        return len(gone) + reminded + self._go_on_for_a_while()

    def _go_on_for_a_while(self) -> int:
        began, batches = self.clock.monotonic(), 0
        while self.clock.monotonic() - began < _A_TICK and self._go_on():
            batches += 1
        return batches

    def _go_on(self) -> bool:
        """Decides anew on the next SKUs of an exception that is about many; says whether there were any."""
        with self.store.write() as connection:
            for each, reached in exceptions.unfinished(connection):
                if lanes.hold(connection, each.shop):
                    self._anew(connection, each, reached)
                    return True
        return False

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

"""Asks the rules about what happened, and moves alerts on by what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, cached_property
from typing import Any, Literal

from bot.board import Board
from bot.catalog import Catalog
from bot.clock import Clock
from bot.core.advance import Advanced, Seat, advance
from bot.core.alerts import Alert
from bot.core.calendar import deadline
from bot.core.events import Event, StockChanged, Tick
from bot.core.exceptions import RuleException, explained
from bot.core.facts import NoFacts
from bot.core.handlers import Rule
from bot.core.parts import say
from bot.core.settings import House, Shop
from bot.core.subject import Subject
from bot.core.verdict import Clear, Fire, Quiet, Verdict
from bot.pipeline.settled import settled
from bot.store import alerts, decisions, events, exceptions, reach
from bot.store.decisions import Decided
from bot.store.engine import Connection
from bot.store.facts import Answered, Question, forget_alerts, load

RECHECK_EVERY = timedelta(minutes=10)

_VERDICTS: Mapping[type[Verdict], Literal["fire", "clear", "quiet"]] = {Fire: "fire", Clear: "clear", Quiet: "quiet"}


@dataclass(frozen=True)
class Deciding:
    """Who is asked, and with what. ``settings`` holds what the config changes, by kind and name of the handler."""

    catalog: Catalog
    house: House
    board: Board
    clock: Clock
    settings: Mapping[tuple[str, str], Mapping[str, Any]]

    def sitting(self, connection: Connection, shop: Shop) -> Sitting:
        """Begins to decide on a shop within the caller's write transaction, who holds the shop's lane."""
        return Sitting(self, connection, shop)


@dataclass(frozen=True)
class Sitting:
    """Decides on one shop within one transaction. What it decided is written down by ``write``, and not before."""

    by: Deciding
    connection: Connection
    shop: Shop
    _decided: list[Decided] = field(default_factory=list)

    @cached_property
    def _standing(self) -> tuple[RuleException, ...]:
        """The exceptions that hold, members' and the config's. Whoever sets or ends one holds the shop's lane, so they
        are the same until the transaction ends."""
        return (*self.by.house.exceptions, *exceptions.current(self.connection, self.by.clock.now()))

    def write(self) -> None:
        """Writes down what was decided since the last time."""
        decisions.note(self.connection, self._decided)
        self._decided.clear()

    def decide(self, event: Event, recorded: events.Recorded | None) -> int:
        """Asks every rule that listens to this kind of event about every subject that it reaches; returns how many
        alerts changed."""
        changed = 0
        now = self.by.clock.now()
        answered: Answered = {}
        newest = cache(lambda subject: alerts.newest_on(self.connection, self.shop.name, subject))
        for rule in self.by.catalog.rules.values():
            if isinstance(event, rule.events):
                for subject in reach.subjects(self.connection, self.shop, event, rule.about, rule.name, now):
                    known = newest(subject)
                    question = Question(shop=self.shop, subject=subject, now=now, event=recorded, newest=known)
                    if self._decide(rule, event, question, answered, known.get(rule.name)):
                        changed += 1
                        # What is open is itself a fact, so the next rule asks anew.
                        forget_alerts(answered)
                        newest.cache_clear()
        return changed

    def again(self, rule: Rule, subject: Subject) -> None:
        """Decides anew on a subject for which the settings of a rule are others now. What is open and would not have
        opened as the rule is set now is over, also where the rule would let it stand."""
        question = Question(shop=self.shop, subject=subject, now=self.by.clock.now())
        alert = alerts.newest_on(self.connection, self.shop.name, subject).get(rule.name)
        self._decide(rule, Tick(shop=self.shop.name, at=question.now), question, {}, alert, anew=True)

    def heal(self, level: StockChanged) -> None:
        """Decides under its SKU on a level that was told under an item's id alone, and ends what that id brought up."""
        nameless = replace(level, sku="").subject
        question = Question(shop=self.shop, subject=nameless, now=self.by.clock.now())
        known = Clear(say("It is known by its SKU now, ", level.subject))
        newest = alerts.newest_on(self.connection, self.shop.name, nameless)
        for rule in self.by.catalog.rules.values():
            alert = newest.get(rule.name)
            if alert is not None and alert.state != "resolved":
                self._settle(rule, known, NoFacts(), question, alert)
        self.decide(level, events.Recorded(level, fresh=True, known=False))

    def _decide(
        self,
        rule: Rule,
        event: Event,
        question: Question,
        answered: Answered,
        alert: Alert | None,
        *,
        anew: bool = False,
    ) -> bool:
        by = self.by
        base = by.settings.get(("rule", rule.name), {})
        set_to = settled(self.connection, by.catalog, rule, question, self._standing, base)
        facts: object = NoFacts()
        verdict: Verdict = Clear(say("Switched off"))
        if set_to.settings is not None:
            if not isinstance(event, rule.events):
                # Such a rule does not look again when time passes, so it has its new settings from the next event on.
                return False
            facts = load(self.connection, rule.facts, question, answered)
            verdict = rule.decide(event, facts, **set_to.settings)
        if anew and isinstance(verdict, Quiet) and alert is not None and alert.state != "resolved":
            verdict = Clear(verdict.reason, say("The rule is set otherwise now, and would not tell of it"))
        return self._settle(rule, explained(verdict, set_to.by), facts, question, alert)

    def _settle(self, rule: Rule, verdict: Verdict, facts: object, question: Question, alert: Alert | None) -> bool:
        """Moves the alert on by a verdict, and says whether it changed."""
        now, subject = question.now, question.subject
        after = self._advanced(rule, verdict, question, alert)
        number = after.alert.number if after.alert else None
        self._decided.append(
            decisions.decided(
                self.shop.name, rule.name, subject, _VERDICTS[type(verdict)], verdict.reason, facts, now, number
            )
        )
        if after.alert is None:
            return False
        if after.change == "none":
            alerts.looked_at(self.connection, after.alert.number, now + RECHECK_EVERY)
        else:
            grounds = decisions.grounds(question.event.event if question.event else None, facts)
            alerts.save(self.connection, after.alert, after.change, "", after.reason, now, now + RECHECK_EVERY, grounds)
        self.by.board.show(self.connection, after.alert, after.change)
        return after.change != "none"

    def _advanced(self, rule: Rule, verdict: Verdict, question: Question, alert: Alert | None) -> Advanced:
        """What the verdict makes of the matter, of which ``alert`` is the newest episode."""
        if alert is None and not isinstance(verdict, Fire):
            return Advanced(None, "none", verdict.reason)
        seat = self._seat(rule, verdict, question, alert)
        return advance(alert, verdict, seat, question.now, deadline(self.by.house))

    def _seat(self, rule: Rule, verdict: Verdict, question: Question, alert: Alert | None) -> Seat:
        """The place that a new alert would take. What stands, or does not fire, stays where it is."""
        if alert is not None and (alert.state != "resolved" or not isinstance(verdict, Fire)):
            return Seat(alert.number, alert.shop, alert.rule, alert.subject, alert.episode, alert.recent, alert.source)
        seat = alerts.seat(self.connection, self.shop.name, rule.name, question.subject, question.now)
        return replace(seat, source=self._teller(rule, question))

    def _teller(self, rule: Rule, question: Question) -> str:
        """The source that told of a matter: of the event, or where time alone brings it up, the last one that did."""
        if question.event is not None:
            return question.event.event.source
        return events.teller(self.connection, self.shop.name, rule.events, question.subject)

"""The way of an event, in order and in one transaction; it calls those who decide and those who remember.

accept (edge), verify (source), admit (store), then here: parse, record, load facts, decide, advance the alert, route,
mute, and write down the posts that ought to exist; the edge renders and delivers them. Time comes back here as ticks,
people as clicks and commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from bot.board import Board
from bot.catalog import Catalog
from bot.clock import Clock
from bot.core.alerts import woken
from bot.core.delivery import COUNTED, Delivery, Source, Unparsable, Unrouted
from bot.core.events import Event, SourceChanged, Tick, consequences
from bot.core.exceptions import RuleException
from bot.core.first_look import summary
from bot.core.message import Message, Paragraph
from bot.core.parts import ShopText, say
from bot.core.privacy import PrivacyAsked, is_forgotten, names_forgotten
from bot.core.privacy import told as privacy_told
from bot.core.settings import House, Shop
from bot.core.shopfront import Shopfront
from bot.core.subject import Subject
from bot.pipeline.deciding import Deciding, Sitting
from bot.store import alerts, events, first_looks, inbox, lanes, polls, posts, privacy, wishes
from bot.store.begun import Begun
from bot.store.engine import Connection, Store
from bot.store.faults import blames_store

log = structlog.get_logger()

HISTORY_AFTER = timedelta(days=4)
"""An event older than this is history (an import, a month's back-fill): it is remembered and decides nothing."""

MOST_ATTEMPTS = 3
MOST_DEATHS = 8
"""How often a bot may end before a delivery that it had begun is blamed for it. Whoever kills it for other reasons may
hit the same delivery again: with three, 9 of 1,079 blameless ones were set aside in a trial of 200 kills."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A configured source: how to understand it, and its place in the config."""

    source: Source
    shopfront: Shopfront


@dataclass(frozen=True)
class Pipeline:
    """All that happens between a stored delivery and a wanted post. Methods block; the edge calls them in a thread.

    ``settings`` holds what the config changes, by kind and name of the handler. Raises StoreDown when the store cannot
    be used now; nothing is then half done, since each method is one transaction.
    """

    store: Store
    catalog: Catalog
    house: House
    feeds: Mapping[str, Feed]
    board: Board
    clock: Clock
    settings: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    reports: Path = Path("var/privacy")
    """The folder into which is written what a customer asks to be told."""

    begun: Begun = field(default_factory=Begun)
    counted: Callable[[str], None] = lambda kind: None
    """Hears the kind of each event that is recorded for the first time."""

    # Deliveries.

    def work(self, most: int = 100) -> int:
        """Handles waiting deliveries, oldest first, a transaction a shop; returns how many. 0 means none is waiting."""
        handled = 0
        for name, shop in self.house.shops.items():
            try:
                handled += self._suspects(name, shop, most) or self._batch(shop, most)
            except _Poisoned:
                handled += self._one_by_one(shop, most)
        return handled

    def _suspects(self, name: str, shop: Shop, most: int) -> int:
        """What waited when this process began is worked on alone, because one of them may have ended the last one."""
        handled = 0
        while handled < most and (suspect := self.begun.next(self.store, name)) is not None:
            if suspect.attempts >= MOST_DEATHS:
                with self.store.write() as connection:
                    self._quarantine(connection, suspect.source, suspect.id, "it ends the bot")
            elif not self._batch(shop, 1):
                break
            handled += 1
        return handled

    def _batch(self, shop: Shop, most: int) -> int:
        return self.store.run(lambda connection: self._work_on(connection, shop, most))

    def _work_on(self, connection: Connection, shop: Shop, most: int) -> int:
        """Handles the shop's oldest deliveries within one write transaction, unless another replica does; returns how
        many."""
        waiting = inbox.waiting(connection, shop.name, most) if lanes.hold(connection, shop.name) else []
        if waiting:
            gone = privacy.forgotten(connection, shop.name, self.clock.now())
            batch = _Batch(self._sitting(connection, shop), gone)
            for delivery in waiting:
                with _blamed(delivery):
                    self._delivery(batch, delivery)
            # What cannot be written is blamed on the last one: then each is tried alone, and the right one is found.
            with _blamed(waiting[-1]):
                batch.write()
        return len(waiting)

    def _one_by_one(self, shop: Shop, most: int) -> int:
        """After a delivery broke the batch: each alone, so that the broken one is found, counted and set aside."""
        handled = 0
        while handled < most:
            try:
                if not self._batch(shop, 1):
                    break
            except _Poisoned as poisoned:
                self._set_aside(shop, poisoned)
            handled += 1
        return handled

    def _set_aside(self, shop: Shop, poisoned: _Poisoned) -> None:
        with self.store.write() as connection:
            attempts = inbox.failed(connection, poisoned.delivery_id, str(poisoned.__cause__))
            if attempts >= MOST_ATTEMPTS:
                self._quarantine(connection, poisoned.source, poisoned.delivery_id, "it breaks the bot")

    def _delivery(self, batch: _Batch, waiting: inbox.Waiting) -> None:
        connection, shop, source = batch.sitting.connection, batch.sitting.shop, waiting.delivery.source
        feed = self.feeds.get(source)
        if feed is None:
            batch.ended.append(inbox.Ended(waiting.id, "ignored", "its source is no longer in the config"))
            return
        if waiting.delivery.polled == polls.LOOKED:
            batch.ended.append(inbox.Ended(waiting.id, "done", emptied=True))
            self._looked(connection, shop, source)
            return
        if waiting.delivery.polled == COUNTED:
            batch.ended.append(inbox.Ended(waiting.id, "done", emptied=True))
            self._events(batch, polls.missed(connection, waiting.delivery, shop.name), waiting)
            return
        gone = batch.gone
        # What a poll heard can be asked for again, so it is not kept.
        polled = bool(waiting.delivery.polled)
        try:
            told = _understood(feed, waiting.delivery)
        except Unrouted as unrouted:
            batch.ended.append(inbox.Ended(waiting.id, "unrouted", str(unrouted), emptied=polled))
        except Unparsable as unparsable:
            self._quarantine(connection, source, waiting.id, str(unparsable))
        else:
            batch.ended.append(inbox.Ended(waiting.id, "done", emptied=polled))
            self._events(batch, tuple(event for event in told if not is_forgotten(event, gone)), waiting)
        if names_forgotten(shop.name, waiting.delivery.body, gone):
            privacy.empty(connection, waiting.id)

    def _events(self, batch: _Batch, told: tuple[Event, ...], waiting: inbox.Waiting) -> None:
        for event in told:
            if isinstance(event, PrivacyAsked):
                # Whoever is forgotten is so in what the batch has done up to now, and for what comes after.
                batch.write()
                self._privacy(batch.sitting.connection, event, waiting.id)
                batch.gone = privacy.forgotten(batch.sitting.connection, batch.sitting.shop.name, self.clock.now())
            else:
                self._event(batch.sitting, event, waiting.delivery)

    def _quarantine(self, connection: Connection, source: str, delivery: int, why: str) -> None:
        """Sets a delivery aside and tells the operators, in one message a source that is kept true."""
        inbox.finish(connection, delivery, "quarantined", why)
        log.warning("delivery_quarantined", source=source, delivery=delivery, why=why)
        line = say(f"A delivery from {source} was verified but not understood: ", ShopText(why), ".")
        aside = say(f"It is kept as delivery {delivery}; a sender was answered 200 and will not send it again.")
        message = Message(line, (Paragraph(line), Paragraph(aside)))
        self._tell_operators(connection, f"quarantine/{source}", message)

    def _privacy(self, connection: Connection, asked: PrivacyAsked, delivery: int) -> None:
        """Carries out a wish about somebody's privacy; the delivery that told it names them, so it is emptied too."""
        wished = privacy.Wished(asked, f"privacy-{delivery}", self.clock.now(), self.reports)
        wishes.keep(wished)
        carried = privacy.carry_out(connection, wished)
        privacy.empty(connection, delivery)
        log.info("privacy", wish=asked.wish, delivery=delivery, bodies=carried.bodies, records=carried.records)
        self._tell_operators(connection, f"privacy/{delivery}", privacy_told(asked, carried))

    def _tell_operators(self, connection: Connection, key: str, message: Message) -> None:
        operators = self.house.departments.get("operations")
        if operators is not None:
            posts.want(connection, operators.channel, key, message, urgency=1, now=self.clock.now())

    # Events.

    def hear(self, connection: Connection, shop: Shop, told: tuple[Event, ...]) -> None:
        """Records what people told and decides on it, within the caller's write transaction."""
        word = Delivery("slack", {}, b"", self.clock.now())
        sitting = self._sitting(connection, shop)
        for event in told:
            self._event(sitting, event, word)
        sitting.write()

    def _event(self, sitting: Sitting, event: Event, delivery: Delivery) -> None:
        """Records an event and decides on it. What belongs to the first look at a platform is recorded alone."""
        connection, day = sitting.connection, event.at.astimezone(sitting.shop.zone).date()
        first_look = delivery.received if delivery.baseline else None
        recorded = events.record(connection, event, day, observed=bool(delivery.polled), first_look=first_look)
        if recorded.known:
            return
        self.counted(type(event).__name__)
        for follower in consequences(recorded.event):
            self._event(sitting, follower, delivery)
        if delivery.baseline or not recorded.fresh:
            return
        if isinstance(event, SourceChanged) and event.sound and event.note:
            self._mended(connection, event, event.note)
        if self.clock.now() - event.at <= HISTORY_AFTER:
            sitting.decide(recorded.event, recorded)
        for level in recorded.healed:
            sitting.heal(level)

    def _looked(self, connection: Connection, shop: Shop, source: str) -> None:
        """Tells in one message what waited already when the source was first asked, to whom it concerns."""
        now = self.clock.now()
        message = summary(source, first_looks.found(connection, shop.name, source), now)
        whose = self.house.departments.get("finance") or self.house.departments.get("operations")
        if message and whose:
            posts.want(connection, whose.channel, f"first-look/{source}", message, urgency=1, now=now)

    def _mended(self, connection: Connection, event: SourceChanged, note: ShopText) -> None:
        """What the bot put right by itself opens no alert that lasts until anybody sees it, so it is told apart."""
        line = say(ShopText(event.source), ", ", ShopText(event.aspect), ": ", note, ".")
        self._tell_operators(connection, f"mended/{event.source}/{event.aspect}", Message(line, (Paragraph(line),)))

    def again(self, connection: Connection, exception: RuleException, skus: Sequence[str]) -> None:
        """Decides anew on SKUs for which an exception was set or ended, within the caller's write transaction."""
        shop, rule = self.house.shops.get(exception.shop), self.catalog.rules.get(exception.rule)
        if shop is None or rule is None or rule.about != "sku":
            return
        sitting = self._sitting(connection, shop)
        for sku in skus:
            sitting.again(rule, Subject("sku", sku))
        sitting.write()

    def _sitting(self, connection: Connection, shop: Shop) -> Sitting:
        deciding = Deciding(self.catalog, self.house, self.board, self.clock, self.settings)
        return deciding.sitting(connection, shop)

    # Time.

    def tick(self) -> int:
        """Looks again at what time may have changed: open alerts, deadlines, snoozes that are over."""
        changed = 0
        for name, shop in self.house.shops.items():
            with self.store.write() as connection:
                if lanes.hold(connection, name):
                    changed += self._wake(connection, shop)
                    sitting = self._sitting(connection, shop)
                    changed += sitting.decide(Tick(shop=name, at=self.clock.now()), None)
                    sitting.write()
        return changed

    def _wake(self, connection: Connection, shop: Shop) -> int:
        now = self.clock.now()
        over = [alert for alert in alerts.snoozes_over(connection, now) if alert.shop == shop.name]
        for alert in over:
            awake = woken(alert, now)
            alerts.save(connection, awake, "woken", "", say("the snooze is over"), now, now)
            self.board.show(connection, awake, "woken")
        return len(over)


def _understood(feed: Feed, delivery: Delivery) -> tuple[Event, ...]:
    """What a delivery says, by its source, or by ourselves where we wrote it. Raises Unparsable or Unrouted."""
    if delivery.polled == polls.OWN:
        return (polls.reported(delivery.body),)
    return feed.source.parse(delivery, feed.shopfront)


@dataclass
class _Batch:
    """Deliveries of a shop that are worked on in one transaction: whose marks forbid what, and how each of them ended.

    What is read once for all of them only changes in the shop's lane, which is held.
    """

    sitting: Sitting
    gone: frozenset[str]
    ended: list[inbox.Ended] = field(default_factory=list)

    def write(self) -> None:
        """Writes down what was decided and what has ended since the last time."""
        self.sitting.write()
        inbox.finish_all(self.sitting.connection, self.ended)
        self.ended.clear()


@contextmanager
def _blamed(waiting: inbox.Waiting) -> Iterator[None]:
    """The boundary to the handlers: whatever one delivery does to them, the others must go on."""
    try:
        yield
    except Exception as error:
        if blames_store(error):
            raise
        log.exception("delivery_broke", source=waiting.delivery.source, delivery=waiting.id)
        raise _Poisoned(waiting.id, waiting.delivery.source) from error


class _Poisoned(Exception):
    """A delivery whose events break a rule or a read model, found while its batch was being handled."""

    def __init__(self, delivery_id: int, source: str) -> None:
        super().__init__(f"delivery {delivery_id} of {source}")
        self.delivery_id = delivery_id
        self.source = source

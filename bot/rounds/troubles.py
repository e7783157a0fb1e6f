"""Carries out, from the rows and with every tick, what is decided about posts that Slack refuses or nobody saw."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.core import trouble
from bot.core.message import Message
from bot.core.trouble import Broken
from bot.store import alerts, destinations, missed, posts
from bot.store.destinations import Kept
from bot.store.engine import Connection, Store

log = structlog.get_logger()

_REVIEW_EVERY = 60.0
_DAY = timedelta(days=1)
# Above every alert, so that it is known in the first moment why others are missing; and below every alert.
_FIRST, _LAST = 9, 0


@dataclass
class Troubles:
    """``tick`` parks, diverts, tries again, releases and folds; any number of replicas may call it.

    ``fallback`` is the channel that hears of the bot's own troubles.
    """

    store: Store
    fallback: str
    clock: Clock
    _reviewed: float = field(default=float("-inf"))

    def tick(self) -> int:
        """Gives how much was changed. Raises StoreDown."""
        return self._channels() + self._review() + self._fold()

    # Channels that take no messages.

    def _channels(self) -> int:
        now = self.clock.now()
        with self.store.read() as connection:
            if not destinations.concern(connection, now - _DAY):
                return 0
        with self.store.write() as connection:
            destinations.notice(connection)
            found = destinations.broken(connection)
            changed = sum(self._see_to(connection, broken, now) for broken in found)
            self._tell_given_up(connection, now)
            return changed + self._close(connection, now)

    def _see_to(self, connection: Connection, broken: Broken, now: datetime) -> int:
        changed = destinations.park_waiting(connection, broken, now)
        if broken.channel != self.fallback:
            self._tell(connection, broken.channel, trouble.told_operators(broken), now)
            changed += self._divert(connection, broken, now)
        trial = destinations.state_of(connection, broken.trial) if broken.trial else None
        match trouble.next_move(broken, trial, destinations.owed(connection, broken.channel), now):
            case "healed":
                return changed + self._heal(connection, broken, now)
            case "forget":
                destinations.forget(connection, broken.channel)
            case "failed":
                probe_at = now + trouble.PROBE_EVERY
                destinations.save(connection, replace(broken, probe_at=probe_at, trial=""))
            case "try":
                return changed + self._try(connection, broken, now)
        return changed

    def _try(self, connection: Connection, broken: Broken, now: datetime) -> int:
        """What is stale by now is no trial: it is folded into the summary, which may be the trial of the next tick."""
        folded = sum(self._end(connection, each, now) for each in destinations.refused(connection, broken.channel))
        choice = destinations.next_trial(connection, broken.channel)
        if choice is None:
            return folded
        log.info("channel tried again", channel=broken.channel, reason=broken.reason)
        destinations.save(connection, replace(broken, trial=choice))
        return folded + destinations.release(connection, now, id=choice)

    def _heal(self, connection: Connection, broken: Broken, now: datetime) -> int:
        released = destinations.release(connection, now, channel=broken.channel)
        destinations.forget(connection, broken.channel)
        log.info("channel takes messages again", channel=broken.channel, after=broken.reason, released=released)
        if broken.channel != self.fallback:
            self._tell(connection, broken.channel, trouble.healed(broken, released, now), now)
        return released + 1

    def _tell(self, connection: Connection, channel: str, message: Message, now: datetime, about: str = "") -> None:
        """Operators hear of a channel once a day; what is new on the same day becomes an edit."""
        key = f"trouble/{now.date().isoformat()}/{about}{channel}"
        posts.want(connection, self.fallback, key, message, urgency=_FIRST, now=now)

    def _tell_given_up(self, connection: Connection, now: datetime) -> None:
        for channel, reason, at in destinations.given_up(connection, now - _DAY):
            message = trouble.unshowable(channel, reason, at)
            key = f"trouble/{at.date().isoformat()}/refused/{channel}"
            if posts.find(connection, self.fallback, key) is None:
                posts.want(connection, self.fallback, key, message, urgency=_FIRST, now=now)

    def _divert(self, connection: Connection, broken: Broken, now: datetime) -> int:
        """Shows refused posts in the fallback channel, once each, unless that is broken too or has the same anyhow."""
        if destinations.one(connection, self.fallback) is not None:
            return 0
        kept = destinations.to_divert(connection, broken.channel)
        for each in kept:
            destinations.mark_diverted(connection, each.post)
            if posts.find(connection, self.fallback, each.post.key) is None:
                self._show_here(connection, each, trouble.diverted(each.message, broken.channel, broken.reason), now)
        return len(kept)

    def _show_here(self, connection: Connection, kept: Kept, message: Message, now: datetime) -> None:
        root = posts.find(connection, kept.post.channel, kept.post.thread) if kept.post.thread else None
        above = _diverted_key(root.id) if root is not None else ""
        thread = above if above and posts.find(connection, self.fallback, above) is not None else ""
        posts.want(
            connection, self.fallback, _diverted_key(kept.post.id), message, urgency=kept.post.urgency, now=now,
            thread=thread,
        )  # fmt: skip

    def _close(self, connection: Connection, now: datetime) -> int:
        """A diverted copy ends as one line when its own channel shows it, or never will."""
        settled = destinations.settled_elsewhere(connection)
        for kept in settled:
            key = _diverted_key(kept.post.id)
            copy = posts.find(connection, self.fallback, key)
            if copy is None or posts.drop(connection, self.fallback, key, "its own channel has it", now):
                continue
            tell = trouble.back if kept.post.state == "shown" else trouble.ended
            message = tell(kept.post.channel, kept.message)
            posts.want(connection, self.fallback, key, message, urgency=_LAST, now=now, thread=copy.thread)
        return len(settled)

    # What came and went unseen.

    def _review(self) -> int:
        """Once a minute: what has waited for long and is not worth showing any more is taken back."""
        if self.clock.monotonic() - self._reviewed < _REVIEW_EVERY:
            return 0
        now, self._reviewed = self.clock.now(), self.clock.monotonic()
        with self.store.read() as connection:
            waiting = missed.waiting(connection, now)
        if not waiting:
            return 0
        with self.store.write() as connection:
            return sum(self._end(connection, each, now) for each in waiting)

    def _end(self, connection: Connection, kept: Kept, now: datetime) -> int:
        alert = alerts.by_number(connection, kept.alert) if kept.alert is not None else None
        why = trouble.stale(kept.post, alert, now) if kept.post.ts is None else ""
        return int(bool(why) and missed.drop(connection, kept.post.id, why, now))

    def _fold(self) -> int:
        """One summary for each channel tells of all that was missed there; until it is shown it takes in more."""
        with self.store.read() as connection:
            if not missed.channels(connection):
                return 0
        with self.store.write() as connection:
            return sum(self._summarise(connection, channel) for channel in missed.channels(connection))

    def _summarise(self, connection: Connection, channel: str) -> int:
        key = missed.summary_key(connection, channel, self.clock.now())
        told = missed.gather(connection, channel, key) if key is not None else []
        if key is None or not told:
            return 0
        before = posts.find(connection, channel, key)
        post = posts.want(connection, channel, key, trouble.away(told), urgency=_LAST, now=self.clock.now())
        return int(before is None or before.wanted != post.wanted)


def _diverted_key(id: str) -> str:
    return f"diverted/{id}"

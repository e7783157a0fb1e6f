"""The protocol with one thing wrong in it, each in its own way. A mutant changes what the product or the store decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from bot.core import carry, dispatch, sweep, wants
from bot.core.dispatch import NotSent, Outcome, Post, ReadBack, Send, Shown, Step, Unread
from tests.reliability.simulation.ledger import Ledger
from tests.reliability.simulation.slack import Slack


@dataclass(frozen=True)
class Mutant:
    """What is replaced by what: (object, new value) by attribute. ``sweep`` says whether the audit is on when it is
    hunted: it heals much, and so hides it."""

    changes: tuple[tuple[Any, str, Any], ...]
    sweep: bool = False

    @contextmanager
    def alive(self) -> Iterator[None]:
        """While this lasts the protocol is wrong."""
        patches = [patch.object(place, name, value) for place, name, value in self.changes]
        for one in patches:
            one.start()
        try:
            yield
        finally:
            for one in reversed(patches):
                one.stop()


_next_step, _settled, _claimed, _attempting = (
    dispatch.next_step,
    dispatch.settled,
    dispatch.claimed,
    dispatch.attempting,
)
_read, _own, _judged, _dropped = Slack.read, sweep.own, sweep.judged, wants.dropped
_lost = sweep.lost
_unclear, _rejected, _released = dispatch._unclear, dispatch._rejected, dispatch.released


def _without_reading_back(post: Post, now: datetime) -> Step:
    return Send() if post.ts is None else _next_step(post, now)


def _reading_too_little(post: Post, now: datetime) -> Step:
    step = _next_step(post, now)
    return ReadBack(now + timedelta(minutes=2)) if isinstance(step, ReadBack) else step


def _unclear_as_failure(post: Post, reason: str, now: datetime) -> Post:
    return replace(post, state="wanted", due_at=now, lease_until=None, reason=reason)


def _unclear_edit_as_done(post: Post, reason: str, now: datetime) -> Post:
    if post.ts is None:
        return _unclear(post, reason, now)
    return replace(post, state="shown", shown=post.wanted, lease_until=None)


def _vanished_as_unsent(post: Post, now: datetime) -> Post:
    after = _claimed(post, now)
    return replace(after, state="wanted") if post.state == "sending" else after


def _same_epoch(post: Post, now: datetime) -> Post:
    return replace(_claimed(post, now), epoch=post.epoch)


def _forgetful_attempt(post: Post, now: datetime) -> Post:
    return replace(_attempting(post, now), first_attempt_at=now)


def _outcome_taken_as(kind: type[Outcome], instead: Outcome) -> Callable[[Post, int, Outcome, datetime], Post]:
    def settled(post: Post, version: int, outcome: Outcome, now: datetime) -> Post:
        return _settled(post, version, instead if isinstance(outcome, kind) else outcome, now)

    return settled


def _impatient(post: Post, reason: str, until: datetime) -> Post:
    return replace(post, state="wanted", due_at=post.last_attempt_at or until, lease_until=None, reason=reason)


def _keeping_anything(ledger: Ledger, post: Post) -> bool:
    row = ledger._of(post.id)
    if row is not None:
        ledger._write(row, post)
    return True


def _other_channel(slack: Slack, channel: str, thread_ts: str | None, oldest: float) -> Any:
    return _read(slack, "C0FINANCE" if channel == "C0OPS" else "C0OPS", thread_ts, oldest)


def _anybodys(seen: Any, bot: str) -> Any:
    return tuple(sorted(seen, key=lambda one: float(one.ts)))


def _newest_first(seen: Any, bot: str) -> Any:
    return _own(seen, bot)[::-1]


def _found_as_newest(seen: Any, bot: str, tag: str) -> Any:
    found = _own(seen, bot)
    return next((Shown(one.ts, 10**6) for one in found if one.tag == tag), dispatch.Absent())


def _ghosts_left(post: Post, copies: Any, now: datetime) -> Post:
    return post if post.ts is None and copies else _judged(post, copies, now)


def _versions_ignored(post: Post, copies: Any, now: datetime) -> Post:
    return _judged(post, [replace(one, version=post.shown) for one in copies], now)


def _lost_at_once(post: Post) -> Post:
    return replace(_lost(post), state="wanted")


def _dropped_in_hand(post: Post, reason: str, now: datetime) -> Post:
    return replace(_dropped(post, reason, now), epoch=post.epoch)


def _not_noted(ledger: Ledger, id: str, now: datetime) -> bool:
    return True


def _never_due(post: Post, until: datetime) -> Post:
    return replace(_released(post, until), due_at=until + timedelta(days=1), lease_until=None)


def _refusal_as_shown(post: Post, error: str, now: datetime) -> Post:
    after = _rejected(post, error, now)
    return replace(after, state="shown") if after.state == "parked" else after


MUTANTS: dict[str, Mutant] = {
    "nothing is read back": Mutant(((carry, "next_step", _without_reading_back),)),
    "too little is read back": Mutant(((carry, "next_step", _reading_too_little),)),
    "unclear is taken for a failure": Mutant(((dispatch, "_unclear", _unclear_as_failure),)),
    "an unclear edit is taken for done": Mutant(((dispatch, "_unclear", _unclear_edit_as_done),)),
    "a vanished worker's post is taken for unsent": Mutant(((dispatch, "claimed", _vanished_as_unsent),)),
    "nothing settles": Mutant(((dispatch, "SETTLE", timedelta(0)),)),
    "no post is checked afterwards": Mutant(((dispatch, "_in_doubt", lambda post: False),)),
    "no deadline": Mutant(((carry, "ATTEMPT", -1e9),)),
    "a claim begins no new epoch": Mutant(((dispatch, "claimed", _same_epoch),)),
    "the store does not check the epoch": Mutant(((Ledger, "save", _keeping_anything),)),
    "another channel is read": Mutant(((Slack, "read", _other_channel),)),
    "anybody's message counts": Mutant(((sweep, "own", _anybodys),)),
    "the first copy is deleted instead of the last": Mutant(((sweep, "surplus", lambda copies: copies[:-1]),)),
    "the newest copy is the one": Mutant(((sweep, "own", _newest_first),)),
    "second copies are left": Mutant(((sweep, "surplus", lambda copies: ()),)),
    "Slack's wait is not kept": Mutant(((dispatch, "_not_sent", _impatient),)),
    "the intent is not written down": Mutant(((carry, "attempting", lambda post, now: post),)),
    "the first attempt is forgotten": Mutant(((dispatch, "attempting", _forgetful_attempt), (carry, "attempting", _forgetful_attempt))),
    "unread is taken for absent": Mutant(((carry, "settled", _outcome_taken_as(Unread, dispatch.Absent())),)),
    "absent is taken for unread": Mutant(((carry, "settled", _outcome_taken_as(dispatch.Absent, Unread("x"))),)),
    "not sent is taken for shown": Mutant(((carry, "settled", _outcome_taken_as(NotSent, Shown("1.1"))),)),
    "what is found counts as the newest": Mutant(((sweep, "read_back", _found_as_newest),)),
    "a refusal is taken for shown": Mutant(((dispatch, "_rejected", _refusal_as_shown),)),
    "a dropped post stays in hand": Mutant(((wants, "dropped", _dropped_in_hand),)),
    "what a late worker left is not noted": Mutant(((Ledger, "overtake", _not_noted),)),
    "what is put back is forgotten": Mutant(((carry, "released", _never_due),)),
    "the lease is shorter than an attempt": Mutant(((dispatch, "LEASE", timedelta(seconds=8)),)),
    "a lost message is not missed": Mutant(((sweep, "_is_lost", lambda post, now: False),), sweep=True),
    "what is not readable yet is sent again at once": Mutant(((sweep, "settled_by", lambda post, now: True), (sweep, "lost", _lost_at_once)), sweep=True),
    "a ghost is left": Mutant(((sweep, "judged", _ghosts_left),), sweep=True),
    "what a message shows is not looked at": Mutant(((sweep, "judged", _versions_ignored),), sweep=True),
}  # fmt: skip

"""The ledger of the simulation and the real store go the same way, whatever is done to them in whichever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import delete, select

from bot.core import carry, sweep
from bot.core.dispatch import (
    Absent,
    NotSent,
    Outcome,
    Post,
    Rejected,
    Shown,
    Unclear,
    Unread,
    attempting,
    released,
    settled,
)
from bot.core.message import Message
from bot.core.parts import say
from bot.store import outbox, posts, sweeps
from bot.store.engine import Store
from bot.store.tables.work import post as table
from tests.reliability.simulation.ledger import Ledger

BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CHANNELS = st.sampled_from(("C0OPS", "C0FINANCE"))
KEYS = st.sampled_from(("alert/1", "alert/2", "digest/1"))
OUTCOMES: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Shown, st.sampled_from(("1.000001", "2.000002"))),
    st.builds(Shown, st.just("1.000001"), st.integers(0, 3)),
    st.just(Absent()),
    st.just(NotSent("refused", timedelta(seconds=5))),
    st.just(Unclear("reset")),
    st.just(Unread("reset")),
    st.builds(
        Rejected, st.sampled_from(("is_archived", "invalid_blocks", "cannot_reply_to_message", "message_not_found"))
    ),
)


class TwoBooks(RuleBasedStateMachine):
    """Everything is done to both, answers are compared at once and rows after each step."""

    store: Store

    @classmethod
    def opened(cls) -> Store:
        if not hasattr(cls, "store"):
            cls.store = Store.open("sqlite://")
            cls.store.migrate()
        return cls.store

    @initialize()
    def begin(self) -> None:
        self.ledger = Ledger()
        self.now = BEGAN
        self.said = 0
        self.hands: list[Post] = []
        self.rows: list[sweep.Row] = []
        with self.opened().write() as connection:
            connection.execute(delete(table))

    @rule(seconds=st.sampled_from((1, 5, 29, 61, 301, 3600, 90_000)))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(channel=CHANNELS, key=KEYS, urgency=st.integers(0, 4), reply=st.booleans(), held=st.booleans())
    def want(self, channel: str, key: str, urgency: int, reply: bool, held: bool) -> None:
        self.said += 1
        message = Message(say(f"version {self.said}"), ())
        thread, name = (key, f"{key}/turn-2") if reply else ("", key)
        due_at = self.now + timedelta(minutes=1) if held else None
        with self.store.write() as connection:
            wanted = posts.want(
                connection, channel, name, message, urgency=urgency, now=self.now, thread=thread, due_at=due_at
            )
        also = self.ledger.want(
            channel, name, id=wanted.id, urgency=urgency, now=self.now, thread=thread, due_at=due_at
        )
        assert wanted == also

    @rule(number=st.integers(1, 3))
    def hasten(self, number: int) -> None:
        with self.store.write() as connection:
            posts.hasten(connection, number, (), self.now)
        self.ledger.hasten(number, self.now)

    @rule(channel=CHANNELS, key=KEYS)
    def drop(self, channel: str, key: str) -> None:
        with self.store.write() as connection:
            dropped = posts.drop(connection, channel, key, "over", self.now)
        assert dropped == self.ledger.drop(channel, key, "over", self.now)

    @rule(most=st.integers(1, 3))
    def claim(self, most: int) -> None:
        with self.store.write() as connection:
            taken = [(one.post, one.thread_ts) for one in outbox.claim(connection, self.now, most)]
        assert taken == [(one.post, one.thread_ts) for one in self.ledger.claim(self.now, most)]
        self.hands += [post for post, _ in taken]

    @precondition(lambda self: self.hands)
    @rule(which=st.integers(0, 9), outcome=OUTCOMES, put_back=st.booleans())
    def work(self, which: int, outcome: Outcome, put_back: bool) -> None:
        post = self.hands.pop(which % len(self.hands))
        if put_back:
            self._keep(released(post, self.now + timedelta(seconds=7)))
            return
        if post.ts is None and post.state != "maybe":
            post = attempting(post, self.now)
            self._keep(post)
        if not self._keep(settled(post, post.wanted, outcome, self.now)) and carry.may_be_there(outcome):
            with self.store.write() as connection:
                assert outbox.overtake(connection, post.id, self.now) == self.ledger.overtake(post.id, self.now)

    @precondition(lambda self: self.hands)
    @rule(which=st.integers(0, 9))
    def vanish(self, which: int) -> None:
        post = self.hands.pop(which % len(self.hands))
        self._keep(attempting(post, self.now) if post.ts is None else post)

    def _keep(self, post: Post) -> bool:
        with self.store.write() as connection:
            kept = outbox.save(connection, post)
        assert kept == self.ledger.save(post)
        return kept

    @rule(channel=CHANNELS, key=KEYS)
    def overtake(self, channel: str, key: str) -> None:
        post = self.ledger.rows.get((channel, key))
        id = post.id if post else "nobody"
        with self.store.write() as connection:
            assert outbox.overtake(connection, id, self.now) == self.ledger.overtake(id, self.now)

    @rule(channel=CHANNELS)
    def audit(self, channel: str) -> None:
        with self.store.write() as connection:
            self.rows = sweeps.audited(connection, channel, self.now)
        assert self.rows == self.ledger.audited(channel, self.now)

    @precondition(lambda self: self.rows)
    @rule(which=st.integers(0, 9), at=st.sampled_from(("1.000001", "3.000003", None)), version=st.integers(0, 3))
    def put_right(self, which: int, at: str | None, version: int) -> None:
        before = self.rows[which % len(self.rows)].post
        copies = [sweep.Sighting(at, before.tag, "B0FLOOR", version)] if at else []
        after = sweep.judged(before, copies, self.now)
        with self.store.write() as connection:
            kept = sweeps.mend(connection, before, after)
        assert kept == self.ledger.mend(before, after)

    @precondition(lambda self: self.rows)
    @rule()
    def find_sound(self) -> None:
        seen = [row.post for row in self.rows]
        with self.store.write() as connection:
            sweeps.checked(connection, seen, self.now)
        self.ledger.checked(seen, self.now)

    @rule(channel=CHANNELS, key=KEYS)
    def release(self, channel: str, key: str) -> None:
        post = self.ledger.rows.get((channel, key))
        id = post.id if post else "nobody"
        with self.store.write() as connection:
            freed = posts.release_parked(connection, id, self.now)
        assert freed == self.ledger.release_parked(id, self.now)

    @invariant()
    def the_rows_are_the_same(self) -> None:
        if not hasattr(self, "ledger"):
            return
        with self.store.read() as connection:
            found = {(row["channel"], row["key"]): row for row in connection.execute(select(table)).mappings()}
            real = {place: posts.find(connection, *place) for place in found}
            assert outbox.next_due(connection) == self.ledger.next_due()
            assert sweeps.channels_in_doubt(connection, self.now) == self.ledger.channels_in_doubt(self.now)
            assert sweeps.channels_of_late(connection, self.now) == self.ledger.channels_of_late(self.now)
        assert real == self.ledger.rows


TestTwoBooks = TwoBooks.TestCase
TestTwoBooks.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

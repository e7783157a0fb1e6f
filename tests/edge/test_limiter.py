"""Calls leave at the pace that Slack allows, and not at all for as long as Slack asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edge.limiter import LONGEST, Limiter, SharedLimiter
from bot.store.engine import Store
from tests.edge.outgoing_fixtures import SetClock

POST = "chat.postMessage"


def test_a_channel_takes_a_short_burst_and_then_a_post_a_second() -> None:
    limiter = Limiter()
    assert [limiter.wait(POST, "C0OPS", 100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]
    assert limiter.wait(POST, "C0OPS", 100.5) == 0.5
    assert limiter.wait(POST, "C0OPS", 101.0) == 0.0
    assert limiter.wait(POST, "C0OPS", 101.0) == 1.0


def test_one_channel_does_not_slow_another() -> None:
    limiter = Limiter()
    for _ in range(3):
        limiter.wait(POST, "C0OPS", 0.0)
    assert limiter.wait(POST, "C0FINANCE", 0.0) == 0.0


@pytest.mark.parametrize(
    ("method", "burst", "wait"), [("chat.update", 6, 1.2), ("conversations.list", 4, 3.0), ("x.y", 10, 1.2)]
)
def test_a_method_has_its_tier(method: str, burst: int, wait: float) -> None:
    limiter = Limiter()
    assert [limiter.wait(method, "C0OPS", 0.0) for _ in range(burst)] == [0.0] * burst
    assert limiter.wait(method, "C0OPS", 0.0) == pytest.approx(wait)


def test_some_edits_are_kept_for_those_that_somebody_waits_for() -> None:
    limiter = Limiter()
    while limiter.wait("chat.update", "C0OPS", 0.0) == 0.0:
        pass
    assert [limiter.wait("chat.update", "C0OPS", 0.0, True) for _ in range(5)] == [0.0] * 4 + [pytest.approx(1.2)]
    assert limiter.wait("chat.update", "C0OPS", 0.0) == pytest.approx(6.0)
    assert limiter.wait("chat.update", "C0OPS", 6.0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), min_size=1, max_size=200))
def test_whoever_waits_for_an_edit_takes_nothing_from_slacks_limit(steps: list[tuple[float, bool]]) -> None:
    limiter, now, left = Limiter(), 0.0, 0
    for step, awaited in steps:
        now += step
        left += limiter.wait("chat.update", "C0OPS", now, awaited) == 0.0
    assert left <= 10 + now * 50 / 60 + 1e-6


def test_after_a_429_the_method_waits_and_others_do_not() -> None:
    limiter = Limiter()
    limiter.penalise(POST, 30.0, 0.0)
    limiter.penalise(POST, 5.0, 0.0)
    assert limiter.wait(POST, "C0OPS", 10.0) == 20.0
    assert limiter.wait("chat.update", "C0OPS", 10.0) == 0.0
    assert limiter.wait(POST, "C0OPS", 30.0) == 0.0


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_no_channel_gets_more_than_its_rate(steps: list[float]) -> None:
    limiter, now, left = Limiter(), 0.0, 0
    for step in steps:
        now += step
        left += limiter.wait(POST, "C0OPS", now) == 0.0
    assert left <= 3 + now + 1e-6


def test_a_clock_that_steps_back_gives_no_tokens() -> None:
    limiter = Limiter()
    for _ in range(3):
        limiter.wait(POST, "C0OPS", 50.0)
    assert limiter.wait(POST, "C0OPS", 40.0) == 1.0


# The pace that replicas keep together.


@pytest.fixture
def shared(store: Store) -> SharedLimiter:
    return SharedLimiter(store)


async def test_replicas_keep_one_pace(shared: SharedLimiter, store: Store) -> None:
    time, other = SetClock(), SharedLimiter(store)
    waits = [await one.turn(POST, "C0OPS", time) for one in (shared, other, shared, other)]
    assert waits == [0.0, 0.0, 0.0, pytest.approx(1.0)]
    assert await other.turn(POST, "C0FINANCE", time) == 0.0
    time.move(1)
    assert [await one.turn(POST, "C0OPS", time) for one in (other, shared)] == [0.0, pytest.approx(1.0)]


@pytest.mark.parametrize(("seconds", "closed"), [(30, 30), (0.5, 0.5), (1e9, LONGEST)])
async def test_a_429_closes_the_method_for_every_replica(
    seconds: float, closed: float, shared: SharedLimiter, store: Store
) -> None:
    time, other = SetClock(), SharedLimiter(store)
    await shared.close(POST, seconds, time)
    await shared.close(POST, 0.1, time)
    assert await other.turn(POST, "C0OPS", time) == pytest.approx(closed)
    assert await other.turn("chat.update", "C0OPS", time) == 0.0
    time.move(closed)
    assert await other.turn(POST, "C0OPS", time) == 0.0


async def test_in_one_process_a_429_of_any_length_closes_for_an_hour_at_most() -> None:
    time, limiter = SetClock(), Limiter()
    await limiter.close(POST, 1e9, time)
    assert await limiter.turn(POST, "C0OPS", time) == LONGEST


async def test_replicas_keep_some_edits_together_for_those_that_somebody_waits_for(
    shared: SharedLimiter, store: Store
) -> None:
    time, other = SetClock(), SharedLimiter(store)
    while await shared.turn("chat.update", "C0OPS", time) == 0.0:
        pass
    waits = [await other.turn("chat.update", "C0OPS", time, True) for _ in range(5)]
    assert waits == [0.0, 0.0, 0.0, 0.0, pytest.approx(1.2)]


async def test_a_clock_that_was_set_back_closes_nothing_for_long(shared: SharedLimiter) -> None:
    time = SetClock()
    for _ in range(3):
        await shared.turn(POST, "C0OPS", time)
    time.move(-86400)
    assert await shared.turn(POST, "C0OPS", time) == pytest.approx(1.0)
    await shared.close(POST, 60, time)
    time.move(-86400)
    assert await shared.turn(POST, "C0OPS", time) == pytest.approx(LONGEST)

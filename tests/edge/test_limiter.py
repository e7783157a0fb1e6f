"""Calls leave at the pace that Slack allows, and not at all for as long as Slack asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edge.limiter import Limiter

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
    ("method", "burst", "wait"), [("chat.update", 10, 1.2), ("conversations.list", 4, 3.0), ("x.y", 10, 1.2)]
)
def test_a_method_has_its_tier(method: str, burst: int, wait: float) -> None:
    limiter = Limiter()
    assert [limiter.wait(method, "C0OPS", 0.0) for _ in range(burst)] == [0.0] * burst
    assert limiter.wait(method, "C0OPS", 0.0) == pytest.approx(wait)


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

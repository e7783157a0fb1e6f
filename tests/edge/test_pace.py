"""How often one person may ask."""

from __future__ import annotations

import pytest

from bot.edge.slack.pace import Pace


def _asks(pace: Pace, user: str, times: int, now: float) -> int:
    return sum(pace.allows(user, now) for _ in range(times))


@pytest.mark.parametrize("now", [0.0, 1e9])
def test_twenty_at_once_are_answered_and_then_one_every_three_seconds(now: float) -> None:
    pace = Pace()
    assert _asks(pace, "U1", 50, now) == 20
    assert _asks(pace, "U1", 5, now + 2.9) == 0
    assert _asks(pace, "U1", 5, now + 3.0) == 1
    assert _asks(pace, "U1", 50, now + 63.0) == 20


def test_a_person_who_asks_too_often_costs_nobody_else_anything() -> None:
    pace = Pace()
    _asks(pace, "U1", 1000, 0.0)
    assert [_asks(pace, f"U{number}", 20, 0.0) for number in range(2, 50)] == [20] * 48


def test_who_has_not_asked_for_a_minute_is_no_longer_remembered() -> None:
    pace = Pace(most=2, seconds=10.0)
    for number in range(5000):
        assert pace.allows(f"U{number}", float(number))
    assert len(pace._full_at) <= 1000
    assert _asks(pace, "U4999", 5, 4999.0) == 1

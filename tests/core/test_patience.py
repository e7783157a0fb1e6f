"""How long is waited: as the platform wants, else longer each time, and never all at the same moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.patience import LONGEST, asked_for, put_off, share, wait

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempt", "asked", "low", "high"),
    [(1, None, 1, 1.5), (2, None, 2, 3), (5, None, 16, 24), (30, None, 900, 1350), (1, 30.0, 30, 31), (4, 99999.0, 900, 901), (1, -5.0, 0, 1)],
)  # fmt: skip
def test_a_call_waits_as_the_platform_wants_or_longer_each_time(
    attempt: int, asked: float | None, low: float, high: float
) -> None:
    assert low <= wait(attempt, asked, "shop") <= high


def test_the_same_one_waits_alike_and_others_differently() -> None:
    assert wait(3, None, "a") == wait(3, None, "a") != wait(3, None, "b")


@given(st.integers(1, 100), st.none() | st.floats(0, 1e6), st.text(max_size=9))
def test_nobody_comes_too_early_or_never(attempt: int, asked: float | None, salt: str) -> None:
    assert min(asked or 0.0, LONGEST) <= wait(attempt, asked, salt) <= 1.5 * LONGEST


@given(st.text(max_size=30))
def test_a_share_is_a_share(salt: str) -> None:
    assert 0.0 <= share(salt) < 1.0


@given(st.integers(1, 500), st.integers(1, 10**5).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_run_is_put_off_for_a_minute_at_least_and_an_hour_or_so(failures: int, every: timedelta) -> None:
    assert timedelta(minutes=1) <= put_off(failures, every, "x") <= 1.5 * max(every, timedelta(hours=1))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        (" 2.5 ", 2.5),
        ("0", 0.0),
        ("9" * 400, 9000.0),
        ("Mon, 23 Nov 2026 09:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 09:01:00 -0000", 60.0),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_retry_after_holds_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert asked_for(header, NOW) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_is_a_time_or_none(header: str) -> None:
    found = asked_for(header, NOW)
    assert found is None or found >= 0

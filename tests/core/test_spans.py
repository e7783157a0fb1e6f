"""Lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.spans import duration


@given(st.integers(0, 999_999), st.sampled_from("smhdw"))
def test_any_duration_is_read_as_written(number: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}[unit]
    assert duration(f"{number}{unit}") == timedelta(seconds=number * seconds)


@given(st.text(max_size=8))
def test_what_is_no_duration_is_refused_and_never_crashes(text: str) -> None:
    try:
        assert isinstance(duration(text), timedelta)
    except ValueError as error:
        assert "duration" in str(error)

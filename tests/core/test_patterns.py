"""Whether two patterns have anything in common."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.patterns import fits, meet

PATTERNS = st.text("ab*?", max_size=4)
# Each star and each letter of the two can be had with no more letters than both have together.
TEXTS = ["".join(letters) for size in range(9) for letters in product("ab", repeat=size)]


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("low_stock", "low_stock", True),
        ("low_stock", "low_*", True),
        ("low_stock", "oversold", False),
        ("*_stock", "low_*", True),
        ("*_stock", "low_*_of", False),
        ("*", "", True),
        ("?", "", False),
        ("MUG-?", "MUG", False),
        ("MUG-[12]", "MUG-2", True),
        ("MUG-[!]]", "MUG-1", True),
        # What is not closed is a letter like any other.
        ("MUG-[1", "MUG-1", False),
        ("MUG-[1", "MUG-[*", True),
        ("MUG[XL]", "MUG????", True),
        ("line\nbreak", "line?break", True),
    ],
)
def test_two_patterns_meet_where_a_text_matches_both(one: str, other: str, both: bool) -> None:
    assert meet(one, other) is meet(other, one) is both


@pytest.mark.parametrize(
    ("text", "pattern", "fit"),
    [
        ("MUG", "MUG", True),
        ("MUG-1", "MUG-*", True),
        ("mug", "MUG", False),
        # A SKU whose name would mean another one.
        ("MUG[XL]", "MUG[XL]", True),
        ("MUGX", "MUG[XL]", True),
        ("MUG[XL]", "MUG[X", False),
    ],
)
def test_a_text_fits_a_pattern_that_it_matches_or_is(text: str, pattern: str, fit: bool) -> None:
    assert fits(text, pattern) is fit


@given(PATTERNS, PATTERNS)
def test_they_meet_exactly_where_trying_finds_such_a_text(one: str, other: str) -> None:
    assert meet(one, other) == any(fnmatchcase(text, one) and fnmatchcase(text, other) for text in TEXTS)

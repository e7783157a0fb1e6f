"""Wrong words and the nearest right ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.parts import ShopText, Text
from bot.core.spelling import nearest, unknown

WORDS = ("warehouse", "finance", "marketing", "mine")


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("warehose", ("warehouse",)),
        ("FINANC", ("finance",)),
        ("m", ("marketing", "mine")),
        ("min", ("mine",)),
        ("zzz", ()),
        ("", ()),
    ],
)
def test_the_nearest_are_those_that_it_begins_and_those_spelt_like_it(typed: str, near: tuple[str, ...]) -> None:
    assert nearest(typed, WORDS) == near


@given(st.text(), st.lists(st.text(min_size=1)))
def test_the_nearest_are_words_there_are_three_at_most_and_each_once(typed: str, words: list[str]) -> None:
    near = nearest(typed, words)
    assert set(near) <= set(words) and len(near) <= 3 and len(set(near)) == len(near)


def test_what_was_typed_is_shown_as_foreign_words() -> None:
    line = unknown("<!channel>", WORDS)
    assert ShopText("<!channel>") in line
    assert line[-1] == Text(" There is: warehouse, finance, marketing, mine.")

"""Shop text comes out as one harmless line, and cleaning it again changes nothing."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given

from bot.edge.clean import LONGEST, clean, escaped, literal, one_line
from tests.edge.outgoing_fixtures import HOSTILE, long_texts


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("Blue Hoodie M", "Blue Hoodie M"),
        ("  two\n\tlines  ", "two lines"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("abc\u202edef", "abcdef"),
        ("zero\u200bwidth", "zerowidth"),
        ("＜!channel＞", "<!channel>"),
        ("nul\x00l", "nul l"),
        ("\ud800lone", "lone"),
        ("private \ue000 use \ufffe", "private use"),
        ("e\u0301", "é"),
        ("Z" + "\u0335" * 9, "Z" + "\u0335" * 3),
        ("\u0335start", "start"),
        ("family 👩‍👩‍👧", "family 👩‍👩‍👧"),
        ("❤️‍🔥", "❤️‍🔥"),
        ("a\u200db\u200d", "ab"),
        ("\u200d👍", "👍"),
        ("\u3164\u115f\u2800", ""),
        ("1…2", "1…2"),
    ],
)
def test_what_a_shop_says_is_shown_as_one_plain_line(given_text: str, shown: str) -> None:
    assert clean(given_text) == shown


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert clean("x" * 10_000) == "x" * (LONGEST - 1) + "…"
    assert clean("x" * LONGEST) == "x" * LONGEST


@given(long_texts)
@example("Z" + "\u0301" * 400)
@example("x" * 148 + "👩\u200d👩" + "x" * 99)
@example("\u1100\u1160\u1161\u11a8")
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert len(once) <= LONGEST
    assert once == once.strip()
    kinds = {unicodedata.category(character) for character in once if character != "\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    once.encode()


@given(long_texts)
def test_our_own_words_keep_to_one_line_and_keep_their_spaces(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(f" {text} ").startswith(" ")
    line.encode()


# What Slack makes of a fallback text: tokens in angle brackets, bare links, mentions by name, emoji names, formats.
MRKDWN = re.compile(
    r"<[^>]+>|https?://\S|\bwww\.\w|\w\.[a-z]{2,}|@\w|#\w|:[\w+-]+:|javascript:\w|mailto:\w"
    r"|(?<![^\W_])([*_~`])\S(.*?\S)?\1(?![^\W_])"
)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_fallback_of_hostile_text_holds_nothing_that_slack_would_act_on(text: str) -> None:
    said = literal(clean(text))
    assert not MRKDWN.search(said), said
    assert "\n" not in said


@given(long_texts)
def test_the_fallback_of_any_text_holds_nothing_that_slack_would_act_on(text: str) -> None:
    assert not MRKDWN.search(literal(clean(text)).replace("&amp;", "&").replace("&lt;", "‹").replace("&gt;", "›"))


def test_a_sku_is_left_as_it_is() -> None:
    assert literal("BLUE_M-1.5*2") == "BLUE_M-1.5*2"


def test_the_three_characters_of_mrkdwn_are_escaped() -> None:
    assert escaped("a & b <c>") == "a &amp; b &lt;c&gt;"

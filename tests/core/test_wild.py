"""Strict JSON and wild values: what is refused, what is tamed to what, and how the place of a fault is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Unparsable
from bot.core.money import Money, exponent
from bot.core.parts import ShopText
from bot.core.wild import MAX_COUNT, MAX_DEPTH, MAX_ID, MAX_NODES, MAX_TEXT, Wild, read

HOSTILE = {
    "nothing": b"",
    "no JSON": b"<html>",
    "two values": b"{} {}",
    "half a value": b'{"a": [1, 2',
    "half a string": b'{"a": "b',
    "bytes that are not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a deep list": b"[" * 100_000,
    "a deep and whole list": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "a deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "brackets behind an escaped quote": b'{"a\\"": ' + b"[" * 100_000,
    "too many values": b"[" + b"1," * MAX_NODES + b"1]",
    "too many objects": b"[" + b",".join([b"{}"] * MAX_NODES) + b"]",
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice below": b'{"a": [{"b": 1, "c": 2, "b": 3}]}',
    "a key that is a lone surrogate twice": b'{"\\ud800": 1, "\\ud800": 2}',
    "NaN": b'{"a": NaN}',
    "Infinity": b"[Infinity]",
    "minus Infinity": b"[-Infinity]",
    "an integer of 5,000 digits": b"[" + b"9" * 5_000 + b"]",
    "an integer beyond 64 bits": b"[9223372036854775808]",
    "an exponent that would fill the memory": b"[1e999999999]",
    "an exponent beyond the range of Decimal": b"[1e9999999999999999999999]",
    "an exponent far below zero": b"[1e-999999999]",
    "a fraction without end": b"[0." + b"3" * 5_000 + b"]",
    "a raw control character": b'{"a": "b\nc"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bodies_are_unparsable(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        read(body)
    assert len(str(caught.value)) < 200
    str(caught.value).encode()


def refusal(attempt: Callable[[], object]) -> str | None:
    """The message of the Unparsable that an attempt raises, or None when what it gives holds."""
    try:
        held = attempt()
    except Unparsable as error:
        return str(error)
    assert held is not False
    return None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_unparsable(body: bytes) -> None:
    assert refusal(lambda: read(body)) != ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


@given(JSON)
def test_common_json_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    assert read(json.dumps(value).encode()).value == value


@given(st.integers(1, MAX_DEPTH), st.text(alphabet='[]{}",\\ab'))
def test_brackets_within_strings_do_not_count_as_depth(depth: int, text: str) -> None:
    body = b"[" * depth + json.dumps(text).encode() + b"]" * depth
    assert read(body)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}')["a"].int() == 1


def test_ids_of_nineteen_digits_are_kept_to_the_last_digit() -> None:
    assert read(b'{"id": 9223372036854775807}')["id"].id() == "9223372036854775807"


def test_floats_are_exact_decimals() -> None:
    assert read(b'{"a": 36.39}')["a"].decimal() == Decimal("36.39")


def test_an_order_with_many_lines_is_not_too_large() -> None:
    line = {f"field {number}": "value of 20 letters." for number in range(20)}
    assert len(read(json.dumps([line] * 400).encode()).list()) == 400


WILD = read(
    b"""{"a": {"b": [{"c": 7}, null], "none": null, "word": "x", "yes": true, "empty": "", "blank": " ",
        "broken": "a\\u0000b\\ud800c", "pair": "\\ud83d\\udc4d", "half": 0.5, "whole": 12.0000, "digits": "36.3900"}}"""
)

FAULTS: list[tuple[Any, str]] = [
    (lambda: WILD["x"].text(), "x is missing"),
    (lambda: WILD["a"]["x"]["y"]["z"].text(), "a.x is missing"),
    (lambda: WILD["a"]["b"][2].text(), "a.b[2] is missing"),
    (lambda: WILD["a"]["b"][-1].text(), "a.b[-1] is missing"),
    (lambda: WILD["a"]["b"][0]["c"].text(), "a.b[0].c is a number, not text"),
    (lambda: WILD["a"]["none"].text(), "a.none is null, not text"),
    (lambda: WILD["a"]["none"]["x"].int(), "a.none is null, not a number"),
    (lambda: WILD["a"]["word"]["x"], "a.word is text, not an object"),
    (lambda: WILD["a"]["word"][0], "a.word is text, not a list"),
    (lambda: WILD["a"]["b"]["x"], "a.b is a list, not an object"),
    (lambda: WILD["a"].list(), "a is an object, not a list"),
    (lambda: WILD["a"]["b"].keys(), "a.b is a list, not an object"),
    (lambda: WILD["a"]["none"].list(), "a.none is null, not a list"),
    (lambda: WILD["a"]["word"].each(), "a.word is text, not a list"),
    (lambda: WILD["a"]["yes"].int(), "a.yes is true or false, not a number"),
    (lambda: WILD["a"]["yes"].id(), "a.yes is true or false, not text"),
    (lambda: WILD["a"]["word"].flag(), "a.word is text, not true or false"),
    (lambda: WILD["a"]["word"].decimal(), "a.word is text, not a number"),
    (lambda: WILD["a"]["word"].moment(), "a.word is text, not a date and time with an offset"),
    (lambda: WILD["a"]["word"].among({"y": 1, "z": 2}), "a.word is 'x', which is none of y, z"),
    (lambda: WILD["a"]["half"].int(), "a.half is a number, not a whole number"),
    (lambda: WILD["a"]["empty"].id(), "a.empty is empty"),
    (lambda: WILD["a"]["blank"].id(), "a.blank is empty"),
    (lambda: WILD["a"]["half"].money("euros"), "a.half is no amount of 'euros'"),
    (lambda: WILD["a"]["x"].money("EUR"), "a.x is missing"),
    (lambda: Wild("x" * (MAX_TEXT + 1), "a").text(), f"a is longer than {MAX_TEXT} characters"),
    (lambda: Wild("x" * (MAX_ID + 1), "a").id(), f"a is longer than {MAX_ID} characters"),
    (lambda: Wild(MAX_COUNT + 1, "a").int(), "a is too large"),
    (lambda: Wild(MAX_COUNT, "a").money("EUR"), "a is too large"),
    (lambda: Wild(Decimal("1e60"), "a").money("EUR"), "a is no amount of 'EUR'"),
    (lambda: Wild(-1, "a").epoch(), "a is not in our time"),
    (lambda: Wild(10**12, "a").epoch(), "a is not in our time"),
    (lambda: Wild("0001-01-01T00:00:00+14:00", "a").moment(), "a is not in our time"),
    (lambda: Wild("9999-12-31T23:59:59-14:00", "a").moment(), "a is not in our time"),
    (lambda: Wild(None).text(), "the body is null, not text"),
    (lambda: read(b"[1]")["a"], "the body is a list, not an object"),
]


@pytest.mark.parametrize(("tame", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_fault_names_its_place(tame: Any, message: str) -> None:
    with pytest.raises(Unparsable) as caught:
        tame()
    assert str(caught.value) == message


TAMED: list[tuple[Any, Any]] = [
    (lambda a: a["word"].text(), "x"),
    (lambda a: a["broken"].text(), "a\ufffdb\ufffdc"),
    (lambda a: a["pair"].text(), "👍"),
    (lambda a: a["x"].text_or("y"), "y"),
    (lambda a: a["none"].text_or("y"), "y"),
    (lambda a: a["word"].text_or("y"), "x"),
    (lambda a: a["b"][0]["c"].id(), "7"),
    (lambda a: a["blank"].id_or("y"), "y"),
    (lambda a: a["x"].id_or("y"), "y"),
    (lambda a: a["word"].id_or("y"), "x"),
    (lambda a: a["word"].shop_text(), ShopText("x")),
    (lambda a: a["blank"].shop_text(), None),
    (lambda a: a["x"].shop_text(), None),
    (lambda a: a["yes"].flag(), True),
    (lambda a: a["x"].flag(default=True), True),
    (lambda a: a["word"].among({"x": 5}), 5),
    (lambda a: a["whole"].int(), 12),
    (lambda a: a["digits"].decimal(), Decimal("36.39")),
    (lambda a: a["digits"].money("eur"), Money(3639, "EUR")),
    (lambda a: a["b"][0]["c"].money("JPY"), Money(7, "JPY")),
    (lambda a: Wild(1250).money("ISK", 2), Money(12, "ISK")),
    (lambda a: Wild(12500).money("KWD", 3), Money(12500, "KWD")),
    (lambda a: a.at("b.0.c").int(), 7),
    (lambda a: a.at("b.9.c").missing, True),
    (lambda a: a["none"].missing, False),
    (lambda a: a["b"].each()[0]["c"].int(), 7),
    (lambda a: a["x"].each(), ()),
    (lambda a: a["b"][0].keys(), ("c",)),
    (lambda a: a.maybe("none"), None),
    (lambda a: a.maybe("x"), None),
    (lambda a: a.maybe("word").text(), "x"),
    (lambda a: Wild(0).epoch(), datetime(1970, 1, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize(("tame", "wanted"), TAMED)
def test_a_wild_value_is_tamed(tame: Any, wanted: Any) -> None:
    assert tame(WILD["a"]) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-20T10:15:00Z", datetime(2026, 11, 20, 10, 15, tzinfo=UTC)),
        ("2026-11-20t10:15:00z", datetime(2026, 11, 20, 10, 15, tzinfo=UTC)),
        ("2026-11-20 10:15+02:00", datetime(2026, 11, 20, 8, 15, tzinfo=UTC)),
        ("2026-11-20T10:15:00-0500", datetime(2026, 11, 20, 15, 15, tzinfo=UTC)),
        ("2026-11-20T10:15:00.5Z", datetime(2026, 11, 20, 10, 15, 0, 500_000, tzinfo=UTC)),
        ("2026-11-20T10:15:00.123456789Z", datetime(2026, 11, 20, 10, 15, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_moments_are_read_in_utc(text: str, wanted: datetime) -> None:
    found = Wild(text).moment()
    assert found == wanted
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20",
        "2026-11-20T10:15:00",
        "20261120T101500Z",
        "2026-W47-5T10:15:00Z",
        "2026-13-20T10:15:00Z",
        "2026-02-30T10:15:00Z",
        "2026-11-20T25:15:00Z",
        "2026-11-20T10:15:00+24:00",
        "٢٠٢٦-11-20T10:15:00Z",
        "",
    ],
)
def test_a_time_without_offset_or_out_of_the_calendar_is_no_moment(text: str) -> None:
    with pytest.raises(Unparsable):
        Wild(text, "at").moment()


@pytest.mark.parametrize("text", ["2026-11-20 10:15:00", "2026-11-20T10:15:00", "2026-11-20T10:15:00Z"])
def test_a_time_that_is_utc_by_agreement_need_not_say_so(text: str) -> None:
    assert Wild(text).utc() == datetime(2026, 11, 20, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-20 10:15:00+02:00", "2026-11-20", ""])
def test_a_time_with_another_offset_is_not_taken_for_utc(text: str) -> None:
    with pytest.raises(Unparsable, match=r"^at is "):
        Wild(text, "at").utc()


OUR_TIME = st.datetimes(
    datetime(1970, 1, 2),
    datetime(9998, 12, 30),
    timezones=st.builds(timezone, st.builds(timedelta, minutes=st.integers(-14 * 60, 14 * 60))),
)


@given(OUR_TIME)
def test_every_moment_comes_back_as_it_was(moment: datetime) -> None:
    assert Wild(moment.isoformat()).moment() == moment


@given(st.integers(0, 253_000_000_000))
def test_every_second_since_1970_comes_back_as_it_was(seconds: int) -> None:
    assert int(Wild(seconds).epoch().timestamp()) == seconds


@given(st.integers(-(10**14), 10**14), st.sampled_from(["EUR", "JPY", "KWD", "usd"]))
def test_money_written_with_all_its_decimals_comes_back_as_it_was(minor: int, currency: str) -> None:
    money = Money(minor, currency.upper())
    text = f"{money.decimal():f}"
    assert Wild(text).money(currency) == money
    assert Wild(Decimal(text)).money(currency) == money
    decimals: Any = exponent(currency)
    assert Wild(minor).money(currency, decimals) == money


@given(st.text() | st.decimals() | st.integers(), st.text(max_size=5) | st.sampled_from(["EUR", "JPY"]))
def test_any_amount_is_money_of_bounded_size_or_unparsable(value: Any, currency: str) -> None:
    if isinstance(value, Decimal) and not value.is_finite():
        return
    refused = refusal(lambda: abs(Wild(value, "amount").money(currency).minor) <= MAX_COUNT)
    assert refused is None or refused.startswith("amount is ")


@given(st.text())
def test_any_text_is_a_moment_or_unparsable(text: str) -> None:
    refused = refusal(lambda: Wild(text, "at").moment().tzinfo is UTC)
    assert refused is None or refused.startswith("at is ")


def test_quotes_without_an_end_are_refused_in_the_time_of_one_look() -> None:
    """A megabyte of them; looked at anew from each quote it would take an hour."""
    with pytest.raises(Unparsable, match="not JSON"):
        read(b'"' + b'\\"' * 500_000)

"""YAML without guesses: what is not plainly a number, true, false or null is text, and tricks are refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.document import MAX_BYTES, read
from bot.config.problems import ConfigError, Problem, written


def told(text: str | bytes) -> list[str]:
    """What is wrong with a text, as it is shown."""
    try:
        _, problems = read("c.yaml", text.encode() if isinstance(text, str) else text)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10:30", "10:30"),
        ("9:00", "9:00"),
        ("09:00", "09:00"),
        ("190:20:30", "190:20:30"),
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("True", "True"),
        ("0123", "0123"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("+5", "+5"),
        ("1e3", "1e3"),
        (".5", ".5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2026-11-27", "2026-11-27"),
        ("1.2.3", "1.2.3"),
        ("1234567890123456789", "1234567890123456789"),
        ("٣", "٣"),
        ("=", "="),
        ("'5'", "5"),
        ('"true"', "true"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("1.50", 1.5),
        ("-0.25", -0.25),
    ],
)
def test_a_value_is_text_unless_it_is_plainly_something_else(written: str, meant: Any) -> None:
    document, problems = read("c.yaml", f"at: {written}\n".encode())
    assert problems == []
    assert document.values == {"at": meant}
    assert type(document.values["at"]) is type(meant)


def test_keys_are_text_whatever_they_look_like() -> None:
    document, _ = read("c.yaml", b"on: 1\nNO: 2\n10:30: 3\n1: 4\nnull: 5\n")
    assert list(document.values) == ["on", "NO", "10:30", "1", "null"]


def test_every_value_knows_its_line() -> None:
    document, _ = read("c.yaml", b"a:\n  b: 1\n\n  c:\n    - x\n    - y: 2\n")
    assert document.lines == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 4,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
        ("a", "c", 1, "y"): 6,
    }


def test_a_problem_with_what_is_missing_stands_at_the_nearest_line_above_it() -> None:
    document, _ = read("c.yaml", b"a:\n  b: 1\n")
    assert document.problem(("a", "x", "y"), "is missing").line == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", "c.yaml:3: a: is already given in line 1; leave one of them out"),
        ("a: {x: 1, x: 2}", "c.yaml:1: a.x: is already given in line 1; leave one of them out"),
        ("a: &x 1", "c.yaml:1: a: has an anchor (&x); leave it out"),
        ("a: &x 1\nb: *x", "c.yaml:2: b: is an alias (*x); write the value out"),
        ("a: !!int '3'", "c.yaml:1: a: has a tag (!…); leave it out, and put text in quotes"),
        (
            "a: !!python/object/apply:os.system [id]",
            "c.yaml:1: a: has a tag (!…); leave it out, and put text in quotes",
        ),
        ("a: 1\n---\nb: 2", "c.yaml:2: has a second document; a config is one, without --- in the middle"),
        ("%YAML 1.1\n---\na: on", "c.yaml:2: has a % directive; leave it out"),
        ("? {x: 1}\n: 2", "c.yaml:1: has a key that is no plain word"),
        ('a: "\\0"', "c.yaml:1: a: has a control character or half a character; write plain text"),
        ('a: "\\ud800"', "c.yaml:1: a: has a control character or half a character; write plain text"),
        ("a: [1", "c.yaml:1: is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: b: c", "is not YAML: mapping values are not allowed here; put a value that has ': ' in quotes"),
        ("a:\n\tb: 1", "; indent with blanks, not tabs"),
        ("a: @x", "; put a value that begins with @ or ` in quotes"),
        ("a: \x00", "c.yaml: has a control character; save it as plain UTF-8 text"),
        (b"a: ok\nb: \xff", "c.yaml:2: is not UTF-8 text; save it in that encoding"),
        ("", "c.yaml:1: must be keys with values, beginning with departments:"),
        ("- a", "c.yaml:1: must be keys with values, beginning with departments:"),
        ("x" * (MAX_BYTES + 1), "c.yaml: is larger than 256 KiB; this is no config"),
        ("a: " + "[" * 40 + "]" * 40, "is nested deeper than 32 levels"),
        ("a: " + "[" * 100_000, "is nested deeper than 32 levels"),
    ],
)
def test_what_does_not_belong_into_a_config_is_refused_with_its_line(text: str | bytes, expected: str) -> None:
    found = told(text)
    assert [line for line in found if expected in line], found


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read("c.yaml", b"\xef\xbb\xbfa: 1\n")[0].values == {"a": 1}


def test_several_faults_of_form_are_told_at_once() -> None:
    assert len(told("a: &x 1\nb: *x\nb: !!str 2\n")) == 4


def test_a_small_file_cannot_become_a_huge_one() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    document, problems = read("c.yaml", "\n".join(rows).encode())
    assert len(problems) == 9 + 8 * 9
    assert document.values["a8"] == [None] * 9


def test_a_place_is_written_as_a_path() -> None:
    assert written(("routes", 0, "channel")) == "routes[0].channel"
    assert str(Problem("c.yaml", 3, (), "is wrong")) == "c.yaml:3: is wrong"


YAMLISH = st.text(st.sampled_from("ab01:-#&*!|>%@`{}[],?'\"\\ \n\t~<=.é"), max_size=60)


@given(YAMLISH)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        document, _ = read("c.yaml", text.encode())
    except ConfigError as error:
        assert error.problems
    else:
        assert isinstance(document.values, dict)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_words(raw: bytes) -> None:
    try:
        read("c.yaml", raw)
    except ConfigError as error:
        assert error.problems

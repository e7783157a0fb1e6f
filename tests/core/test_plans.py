"""What plans share: a refusal is told in words without an end, and of whatever a platform answers some sense is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Unparsable
from bot.core.plans import (
    an_object,
    batches,
    granted,
    in_utc,
    left_off,
    moment_in,
    object_in,
    packed,
    printable,
    rows,
    understood,
)
from bot.core.polling import Asked, Denied, Heard, Response
from bot.core.shopfront import Shopfront

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WHY: Mapping[int, str] = {401: "the key was refused"}
KEPT = timedelta(days=30)


def response(status: int, body: bytes = b"") -> Response:
    return Response(status, {}, body, NOW)


@pytest.mark.parametrize(("status", "also"), [(200, ()), (299, ()), (404, (404,)), (401, (403, 401))])
def test_what_is_granted_comes_back(status: int, also: tuple[int, ...]) -> None:
    assert granted(response(status), "GET orders", WHY, *also).status == status


@pytest.mark.parametrize(
    ("status", "also", "words"),
    [
        (401, (), "401: GET orders: the key was refused"),
        (418, (404,), "418: GET orders: refused"),
        (301, (), "301: GET orders: refused"),
    ],
)
def test_what_is_refused_is_told_with_its_place_and_what_can_be_done(
    status: int, also: tuple[int, ...], words: str
) -> None:
    with pytest.raises(Denied) as denied:
        granted(response(status), "GET orders", WHY, *also)
    assert (str(denied.value), denied.value.status) == (words, status)


def test_a_refusal_ends_with_what_the_platform_said() -> None:
    with pytest.raises(Denied, match=r"^401: GET orders: the key was refused \(tea\)$"):
        granted(response(401, b"tea"), "GET orders", WHY, said=lambda one: f" ({one.body.decode()})")


def test_what_is_unparsable_inside_an_answer_is_denied_with_its_place() -> None:
    with (
        pytest.raises(Denied, match=r"^200: a report is not understood: rows is missing$"),
        understood("a report is", 200),
    ):
        raise Unparsable("rows is missing")


def test_any_other_fault_inside_stays_what_it_is() -> None:
    with pytest.raises(KeyError), understood("a report is"):
        raise KeyError("ours")


def test_words_of_a_platform_are_short_and_on_one_line() -> None:
    assert printable("no\nsuch\x00tea" * 2, 14) == "no such teano "


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        (b'{"a": 1}', {"a": 1}),
        ("[1]", {}),
        ("", {}),
        (b"\xff", {}),
        (b"[" * 100_000, {}),
    ],
)
def test_what_holds_no_object_holds_an_empty_one(text: bytes | str, found: dict[str, Any]) -> None:
    assert object_in(text) == found


@pytest.mark.parametrize("value", [None, 5, "tea", [{}]])
def test_what_is_no_object_counts_as_an_empty_one(value: Any) -> None:
    assert an_object(value) == {}


@pytest.mark.parametrize("value", [None, {}, "tea", [5], [{}, None]])
def test_what_is_no_list_of_objects_is_refused_as_the_caller_says(value: Any) -> None:
    with pytest.raises(Denied, match="no list of teas"):
        rows(value, Denied(200, "no list of teas"))


def test_a_list_of_objects_is_given_as_it_is() -> None:
    assert rows([{"a": 1}], Denied(0, "")) == [{"a": 1}]
    assert rows([], Denied(0, "")) == []


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_an_object_becomes_a_body_and_the_same_object_again(row: dict[str, Any]) -> None:
    assert object_in(packed(row)) == row


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T10:00:00+01:00", NOW),
        ("2026-11-23 09:00:00Z", NOW),
        ("2026-11-23T09:00:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1_795_424_400, None),
        ("0000-00-00 00:00:00Z", None),
        ("1969-12-31T23:59:59Z", None),
    ],
)
def test_a_moment_is_found_where_it_has_an_offset(text: Any, moment: datetime | None) -> None:
    assert moment_in(text) == moment


ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(st.datetimes(datetime(2000, 1, 1), datetime(9000, 1, 1), timezones=ZONES))
def test_a_moment_that_was_written_is_read_as_the_same_second(moment: datetime) -> None:
    assert moment_in(f"{in_utc(moment)}Z") == moment.replace(microsecond=0)


@given(st.datetimes(datetime(2000, 1, 1), datetime(9000, 1, 1), timezones=ZONES))
def test_a_run_goes_on_where_it_left_off_within_what_is_kept_and_what_has_been(moment: datetime) -> None:
    since = left_off(Asked(Shopfront("tea", "leaf"), {}, moment.isoformat(), NOW), KEPT)
    assert since is not None
    assert NOW - KEPT <= since <= NOW
    assert since == moment or not NOW - KEPT <= moment <= NOW


@pytest.mark.parametrize("cursor", ["", "3", json.dumps({"since": NOW.isoformat()})])
def test_a_run_without_a_moment_for_a_cursor_is_the_first(cursor: str) -> None:
    assert left_off(Asked(Shopfront("tea", "leaf"), {}, cursor, NOW), KEPT) is None


@given(st.lists(st.binary(max_size=2), max_size=9), st.integers(1, 4))
def test_bodies_are_heard_in_their_order_and_the_cursor_moves_with_the_last(bodies: list[bytes], size: int) -> None:
    heard = list(batches("events", bodies, size, "before", "after", NOW))
    assert [body for one in heard for body in one.bodies] == bodies
    assert all(one == Heard("events", one.bodies, "before", NOW) and len(one.bodies) == size for one in heard[:-1])
    assert heard[-1].cursor == "after"
    assert len(heard[-1].bodies) <= size

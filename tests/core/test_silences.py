"""What a silence is about, how long it may be, and when somebody is reminded of it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.parts import Person, ShopText
from bot.core.settings import Mute, WorkingHours
from bot.core.silences import (
    Silence,
    ended,
    laid,
    muted_lately,
    over,
    problems,
    recurring,
    reminded,
    reminder,
    silenced_by,
    slot_of,
    told,
    unbroken,
)
from tests.core.samples import NOW, opened
from tests.handlers.shelves import words

HOUR = timedelta(hours=1)


def silence(**changes: Any) -> Silence:
    fields: dict[str, Any] = {
        "id": 3,
        "until": NOW + HOUR,
        "by": "U0ANNA",
        "reason": "supplier is late",
        "created": NOW,
    }
    return Silence(**(fields | changes))


@pytest.mark.parametrize(
    ("wanted", "is_silent"),
    [
        ({"rule": "low_stock"}, True),
        ({"rule": "low_*"}, True),
        ({"rule": "oversold"}, False),
        ({"subject": "HOODIE-*"}, True),
        ({"subject": "MUG"}, False),
        ({"rule": "low_stock", "subject": "MUG"}, False),
        ({"shop": "demo"}, True),
        ({"shop": "other"}, False),
        ({"until": NOW}, False),
    ],
)
def test_a_silence_is_about_what_all_of_its_patterns_match_until_it_ends(
    wanted: dict[str, Any], is_silent: bool
) -> None:
    assert (silenced_by(opened(), [silence(**wanted)], NOW) is not None) == is_silent


def test_of_several_the_one_that_lasts_longest_says_until_when() -> None:
    longer = silence(id=4, until=NOW + 2 * HOUR)
    assert silenced_by(opened(), [silence(), longer, silence(id=5)], NOW) == longer
    assert silenced_by(opened(), [], NOW) is None


LOW = {"rule": "low_stock"}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        (LOW, {}),
        ({"subject": "MUG"}, {}),
        (LOW | {"shop": "demo"}, {}),
        (LOW | {"until": NOW}, {"until": "it would be over already"}),
        (LOW | {"until": NOW + timedelta(days=90)}, {}),
        (LOW | {"until": NOW + timedelta(days=90, seconds=1)}, {"until": "it would last longer than 90 days; switch the rule off in the config instead"}),
        (LOW | {"reason": " "}, {"reason": "say why, so that others know when they find it"}),
        ({"subject": "**"}, {"rule": "name a rule or a subject; everything is never silenced at once"}),
        ({"rule": "?*"}, {"rule": "name a rule or a subject; everything is never silenced at once"}),
        ({"rule": "low_stok"}, {"rule": "there is no such rule; did you mean low_stock?"}),
        ({"rule": "tea"}, {"rule": "there is no such rule"}),
        (LOW | {"shop": "dmo"}, {"shop": "there is no such shop; did you mean demo?"}),
        (LOW | {"until": NOW, "reason": ""}, {"until": "it would be over already", "reason": "say why, so that others know when they find it"}),
    ],
)  # fmt: skip
def test_a_silence_needs_an_end_a_reason_and_something_to_be_silent(
    changes: dict[str, Any], wrong: dict[str, str]
) -> None:
    assert problems(silence(**changes), ("low_stock", "oversold"), ("demo",), NOW) == wrong


@pytest.mark.parametrize(
    ("days", "key"), [(0, None), (6.9, None), (7, "week-1"), (13.9, "week-1"), (14, "week-2"), (20, None), (30, None)]
)
def test_a_silence_is_reminded_of_once_a_week_while_it_lasts(days: float, key: str | None) -> None:
    slot = reminder(silence(until=NOW + timedelta(days=20, hours=1)), NOW + timedelta(days=days))
    if days == 20:
        assert slot is not None
        assert slot.key == "week-2"
    elif days == 30:
        assert slot is None
    else:
        assert (slot.key if slot else None) == key


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"rule": "low_stock"}, "S-3: rule «low_stock» until "),
        ({"rule": "low_*", "subject": "MUG", "shop": "demo"}, "S-3: rule «low_*» on «MUG» in «demo» until "),
        ({"subject": "MUG"}, "S-3: every rule on «MUG» until "),
    ],
)
def test_a_silence_says_what_is_silent(changes: dict[str, Any], text: str) -> None:
    assert words(told(silence(**changes))).startswith(text)
    assert words(told(silence(**changes))).endswith(": «supplier is late»")


def test_a_member_is_named_as_one_and_an_operator_by_their_word() -> None:
    assert Person("U0ANNA") in told(silence())
    assert ShopText("Ute at the server") in told(silence(by="Ute at the server"))


@pytest.mark.parametrize(("kept", "text"), [(1, "1 alert"), (4, "4 alerts")])
def test_operations_hear_how_much_is_kept_quiet(kept: int, text: str) -> None:
    for message in (laid(silence(), kept), reminded(silence(), kept)):
        assert f"It keeps {text} quiet; /ops unsilence S-3 ends it." in words(message.summary)
    assert words(ended(silence(), "U0BEN", kept).summary).startswith("Ended by @U0BEN. S-3: ")
    assert f"{text} it kept quiet can be seen now" in words(ended(silence(), "Ute", kept).summary)
    assert f"{text} it kept quiet can be seen now" in words(over(silence(), kept).summary)


NIGHT = WorkingHours(("sat", "sun"), time(22), time(4), ZoneInfo("Europe/Berlin"))
"""On Saturday and Sunday from 22:00 to the next morning at 4:00."""


def at(day: int, hour: int) -> datetime:
    """November 2026, by Berlin's clocks; the 21st is a Saturday."""
    return datetime(2026, 11, day, hour, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("known", "hours"),
    [
        pytest.param([], 1, id="the first one begins when it is laid"),
        pytest.param([(-20, 0, {})], 21, id="one that ends when it begins goes on in it"),
        pytest.param([(-20, 5, {})], 21, id="one that still holds does, too"),
        pytest.param([(-30, -20, {}), (-20, -0.5, {})], 31, id="so does a row of them"),
        pytest.param([(-20, -0.5, {}), (-30, 2, {})], 31, id="whichever of them ends first"),
        pytest.param([(-20, -1, {})], 21, id="an hour between them is none"),
        pytest.param([(-20, -1.1, {})], 1, id="more than that is a break"),
        pytest.param([(-20, 0, {"by": "U0BEN"})], 1, id="what others silenced is theirs"),
        pytest.param([(-20, 0, {"rule": "oversold"})], 1, id="another rule is another matter"),
        pytest.param([(-20, 0, {"subject": "MUG"})], 1, id="another subject as well"),
        pytest.param([(-20, 0, {"shop": "other"})], 1, id="another shop as well"),
        pytest.param([(-20, 0, {"rule": "*", "subject": "*-M"})], 21, id="one that is about more counts"),
    ],
)
def test_what_one_person_silences_without_a_break_is_one_silence(
    known: list[tuple[float, float, dict[str, Any]]], hours: float
) -> None:
    wanted = silence(rule="low_stock", subject="HOODIE-*", shop="demo")
    before = [
        silence(**({"rule": "low_*", "created": NOW + begins * HOUR, "until": NOW + ends * HOUR} | other))
        for begins, ends, other in known
    ]
    assert wanted.until - unbroken(wanted, before) == hours * HOUR


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(21, 21), None),
        (at(21, 22), at(22, 4)),
        (at(22, 3), at(22, 4)),
        (at(22, 4), None),
        (at(23, 3), at(23, 4)),
        (at(23, 22), None),
    ],
)
def test_a_mute_of_the_config_is_a_silence_from_its_beginning_to_its_end(now: datetime, until: datetime | None) -> None:
    mute = Mute(NIGHT, "backups", rule="low_stock")
    found = silenced_by(opened(), recurring((mute, Mute(NIGHT, "other", subject="MUG")), now), now)
    assert (found.until if found else None) == until
    if found:
        assert found.name == "of the config (backups)"


def test_a_mute_that_has_ended_is_found_once_by_its_end() -> None:
    mute = Mute(NIGHT, "backups")
    assert muted_lately((mute,), at(22, 0), at(22, 3)) == ()
    (over,) = muted_lately((mute,), at(22, 1), at(22, 5))
    assert (slot_of(over).schedule, slot_of(over).due) == ("mute/*/*/*", at(22, 4))
    assert muted_lately((mute,), at(22, 4), at(22, 8)) == ()

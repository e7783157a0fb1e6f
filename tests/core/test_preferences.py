"""Whom a message may call, and who is only named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.message import Bullets, Figures, Message, Paragraph, Table
from bot.core.parts import Person, ShopText, say
from bot.core.preferences import (
    NONE,
    Mentions,
    OwnQuiet,
    Preferences,
    Profile,
    addressed,
    as_told,
    may_be_mentioned,
    people,
    rests,
    said_nothing,
)
from bot.core.schedule import WEEKDAYS

WEEK = ("mon", "tue", "wed", "thu", "fri")
NIGHT = OwnQuiet(time(22), time(7), WEEK, "Europe/Berlin")
LUNCH = OwnQuiet(time(12), time(13), WEEK, "Europe/Berlin")


def at(day: int, clock: str) -> datetime:
    """A moment of that day of November 2026 by the clocks of Berlin; the 23rd is a Monday."""
    return datetime.combine(date(2026, 11, day), time.fromisoformat(clock), ZoneInfo("Europe/Berlin")).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "quiet_now"),
    [
        (LUNCH, at(23, "11:59"), False),
        (LUNCH, at(23, "12:00"), True),
        (LUNCH, at(23, "13:00"), False),
        (LUNCH, at(22, "12:30"), False),
        (NIGHT, at(23, "21:59"), False),
        (NIGHT, at(23, "22:00"), True),
        (NIGHT, at(24, "06:59"), True),
        (NIGHT, at(24, "07:00"), False),
        (NIGHT, at(23, "06:00"), False),
        (NIGHT, at(28, "06:00"), True),
        (NIGHT, at(28, "23:00"), False),
    ],
    ids=[
        "before", "begins", "over", "not on Sunday", "before the night", "the night begins", "until the morning",
        "in the morning", "of Sunday's night Monday knows nothing", "Friday's night ends on Saturday", "Saturday's is none",
    ],
)  # fmt: skip
def test_own_quiet_hours_belong_to_the_day_on_which_they_begin(quiet: OwnQuiet, now: datetime, quiet_now: bool) -> None:
    assert rests(quiet, now) is quiet_now


@pytest.mark.parametrize(
    ("mentions", "calls"),
    [
        ("all", {"": True, "handed": True, "due": True}),
        ("handed", {"": False, "handed": True, "due": False}),
        ("due", {"": False, "handed": False, "due": True}),
        ("never", {"": False, "handed": False, "due": False}),
    ],
)
def test_a_member_is_mentioned_for_what_they_want_to_be(mentions: Mentions, calls: dict[str, bool]) -> None:
    wishes = Preferences(mentions=mentions)
    assert {call: may_be_mentioned(wishes, call, False, at(23, "10:00")) for call in calls} == calls


@pytest.mark.parametrize(
    ("now", "critical", "even_then", "mentioned"),
    [
        (at(23, "10:00"), False, False, True),
        (at(23, "23:00"), False, False, False),
        (at(23, "23:00"), True, False, False),
        (at(23, "23:00"), True, True, True),
        (at(23, "23:00"), False, True, False),
    ],
    ids=["by day", "by night", "critical by night", "critical by night, and allowed", "not critical"],
)
def test_in_their_quiet_hours_they_are_mentioned_only_of_what_is_critical_and_only_if_they_allow_it(
    now: datetime, critical: bool, even_then: bool, mentioned: bool
) -> None:
    wishes = Preferences(quiet=replace(NIGHT, critical=even_then))
    assert may_be_mentioned(wishes, "due", critical, now) is mentioned


ANNA, BEN = Person("U1ANNA", "due"), Person("U2BEN")
MESSAGE = Message(
    say("Overdue: held by ", ANNA),
    (
        Paragraph(say("held by ", ANNA, " and ", BEN)),
        Figures((("By", say(BEN)),)),
        Bullets((say(ANNA),)),
        Table("Holders", ("Who",), ((say(ANNA),), (say("nobody"),))),
    ),
)


def test_everybody_whom_a_message_names_is_found_wherever_they_stand() -> None:
    assert people(MESSAGE) == {"U1ANNA", "U2BEN"}
    assert people(Message(say("Nobody"), ())) == frozenset()


def test_who_wants_no_mention_is_called_by_name_alone_everywhere_in_the_message() -> None:
    wishes = {"U1ANNA": Preferences(mentions="never", name="Anna")}
    quiet = addressed(MESSAGE, wishes, False, at(23, "10:00"))
    named = ShopText("@Anna")
    assert people(quiet) == {"U2BEN"}
    assert quiet == Message(
        say("Overdue: held by ", named),
        (
            Paragraph(say("held by ", named, " and ", BEN)),
            Figures((("By", say(BEN)),)),
            Bullets((say(named),)),
            Table("Holders", ("Who",), ((say(named),), (say("nobody"),))),
        ),
    )


def test_without_a_name_the_id_stands_in_its_place() -> None:
    quiet = addressed(Message(say(BEN), ()), {"U2BEN": Preferences(mentions="never")}, False, at(23, "10:00"))
    assert quiet.summary == say(ShopText("@U2BEN"))


def test_a_message_that_calls_nobody_against_their_wish_is_as_it_was() -> None:
    wishes = {"U1ANNA": Preferences(mentions="due", name="Anna")}
    assert addressed(MESSAGE, wishes, False, at(23, "10:00")) == MESSAGE


@pytest.mark.parametrize(
    ("wishes", "nothing"),
    [
        (NONE, True),
        (Preferences(name="Anna"), True),
        (Preferences(department="finance"), False),
        (Preferences(mentions="never"), False),
        (Preferences(quiet=NIGHT), False),
    ],
)
def test_preferences_that_say_nothing_need_not_be_kept(wishes: Preferences, nothing: bool) -> None:
    assert said_nothing(wishes) is nothing


@pytest.mark.parametrize(
    ("profile", "name", "zone"),
    [
        (Profile("Ben O.", "Asia/Tokyo"), "Ben O.", "Asia/Tokyo"),
        (Profile("", "Asia/Tokyo"), "Ben", "Asia/Tokyo"),
        (Profile("Ben O.", ""), "Ben O.", NIGHT.zone),
    ],
)
def test_whoever_travels_rests_by_the_clock_that_slack_has_for_them(profile: Profile, name: str, zone: str) -> None:
    wishes = Preferences("finance", "due", NIGHT, "Ben")
    assert as_told(wishes, profile) == Preferences("finance", "due", replace(NIGHT, zone=zone), name)
    assert as_told(replace(wishes, quiet=None), profile).quiet is None


def test_in_a_zone_that_this_machine_does_not_know_nobody_rests() -> None:
    assert not rests(replace(NIGHT, zone="Mars/Olympus"), at(23, "23:00"))
    assert not rests(replace(NIGHT, zone="../etc"), at(23, "23:00"))


clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0, tzinfo=None))


@given(start=clocks, end=clocks, minutes=st.integers(0, 7 * 24 * 60))
def test_over_a_week_the_day_and_the_night_complete_each_other(start: time, end: time, minutes: int) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=minutes)
    here = OwnQuiet(start, end, WEEKDAYS, "UTC")
    there = OwnQuiet(end, start, WEEKDAYS, "UTC")
    assert rests(here, now) != rests(there, now) or start == end

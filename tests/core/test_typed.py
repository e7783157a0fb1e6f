"""What people type about an alert: which one they mean, and until when it is to rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.handlers import Refused
from bot.core.typed import Named, Rest, mentioned, named, number_in, person_in, readable, rest_in
from tests.core.samples import opened
from tests.handlers.shelves import alert, words

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("A-1042", (1042, "")),
        ("1042", (1042, "")),
        ("a1042", (1042, "")),
        ("  a-1042   until 15:00 ", (1042, "until 15:00")),
        ("A-1042: false alarm", (1042, "false alarm")),
        ("A-1042\nrestocked", (1042, "restocked")),
        ("", (None, "")),
        ("1042h", (None, "1042h")),
        ("B-7", (None, "B-7")),
        ("A-1234567890123", (None, "A-1234567890123")),
    ],
)
def test_an_alerts_number_is_read_in_any_spelling(text: str, read: tuple[int | None, str]) -> None:
    assert number_in(text) == read


def refused(text: str, *others: int) -> str:
    with pytest.raises(Refused) as refusal:
        named(text, Named(None, tuple(alert(number) for number in others)))
    return words(refusal.value.line)


def test_an_alert_that_is_there_is_meant_with_what_follows() -> None:
    assert named("A-1042 done", Named(opened(), ())) == (opened(), "done")


def test_a_misspelt_number_is_answered_with_the_nearest_that_is_open() -> None:
    assert refused("A-1402", 1042, 2, 1401) == (
        "There is no A-1402. The nearest that is open: A-1401 (Hoodie runs out), A-1042 (Hoodie runs out)."
    )
    assert refused("A-9") == "There is no A-9."


def test_without_a_number_what_is_open_is_offered() -> None:
    assert refused("the hoodie", 1, 2, 3, 4) == (
        "Name an alert by its number, such as A-1042. "
        "Open: A-1 (Hoodie runs out), A-2 (Hoodie runs out), A-3 (Hoodie runs out)."
    )
    assert refused("") == "Name an alert by its number, such as A-1042."


# Until when.

MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=BERLIN)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2h", "2026-11-23 13:00"),
        ("in 2 hours", "2026-11-23 13:00"),
        ("for 90 minutes", "2026-11-23 12:30"),
        ("45m", "2026-11-23 11:45"),
        ("3 days", "2026-11-26 11:00"),
        ("1w", "2026-11-30 11:00"),
        ("until 15:00", "2026-11-23 15:00"),
        ("15.30", "2026-11-23 15:30"),
        ("until 15", "2026-11-23 15:00"),
        # A time of day that has passed is tomorrow's.
        ("until 9:00", "2026-11-24 09:00"),
        ("11:00", "2026-11-24 11:00"),
        ("tomorrow", "2026-11-24 09:00"),
        ("Tomorrow  at 7:15", "2026-11-24 07:15"),
        ("today 18:00", "2026-11-23 18:00"),
        ("friday", "2026-11-27 09:00"),
        ("until Fri 13:00", "2026-11-27 13:00"),
        # The day it is, while its time lies ahead; else the same day of the next week.
        ("monday 12:00", "2026-11-23 12:00"),
        ("monday", "2026-11-30 09:00"),
        ("2026-12-01", "2026-12-01 09:00"),
        ("2026-12-01 14:00", "2026-12-01 14:00"),
    ],
)
def test_a_time_that_is_typed_is_the_next_such_time_in_the_zone(text: str, until: str) -> None:
    assert rest_in(text, MONDAY.astimezone(UTC), BERLIN) == Rest("moment", local(until))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("working hours", Rest("working_hours")),
        ("until next working hours", Rest("working_hours")),
        ("worse", Rest("worse")),
        ("until it gets worse", Rest("worse")),
    ],
)
def test_what_is_no_moment_is_read_by_its_words(text: str, rest: Rest) -> None:
    assert rest_in(text, MONDAY, BERLIN) == rest


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("tomorow", " Did you mean tomorrow?"),
        ("wors", " Did you mean worse?"),
        ("25:00", ""),
        ("today 9:00", ""),
        ("2026-02-30", ""),
        ("2026-01-01", ""),
        ("friday noon", ""),
        ("2 fortnights", ""),
        ("\N{ARABIC-INDIC DIGIT TWO}h", ""),
    ],
)
def test_what_cannot_be_read_as_a_time_to_come_is_refused_with_what_can(text: str, hint: str) -> None:
    with pytest.raises(Refused) as refusal:
        rest_in(text, MONDAY, BERLIN)
    told = words(refusal.value.line)
    assert told.startswith(f"I cannot read «{text}» as a time to come.")
    assert told.endswith("Say 2h, until 15:00, tomorrow, monday 9:00, working hours, worse.")
    assert hint in told


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, ZONES, st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_day_always_lies_ahead_within_a_day_and_shows_on_the_clock_there(
    now: datetime, zone: str, hour: int, minute: int
) -> None:
    moment = rest_in(f"until {hour}:{minute:02}", now, ZoneInfo(zone)).moment
    assert moment is not None
    assert now < moment <= now + timedelta(hours=49)
    shown = moment.astimezone(ZoneInfo(zone))
    # In the hour that the clocks skip, what comes first after it.
    assert (shown.hour, shown.minute) == (hour, minute) or shown.utcoffset() != now.astimezone(
        ZoneInfo(zone)
    ).utcoffset()


@given(MOMENTS, ZONES, st.text(max_size=30))
def test_whatever_is_typed_is_a_moment_to_come_or_is_refused(now: datetime, zone: str, text: str) -> None:
    try:
        rest = rest_in(text, now, ZoneInfo(zone))
    except Refused:
        return
    assert rest.moment is None or rest.moment >= now


def test_whom_a_text_mentions_is_known_by_their_ids_and_read_by_their_names() -> None:
    text = "ask <@U0BEN|ben> or <@W0XI>, not <@U0BEN> nor @anna"
    assert mentioned(text) == ("U0BEN", "W0XI")
    assert readable(text) == "ask @ben or @W0XI, not @U0BEN nor @anna"
    assert [person_in(word) for word in ("<@U0BEN|ben>", "<@U0BEN>", "@ben", "<@U0BEN> x")] == [
        "U0BEN",
        "U0BEN",
        None,
        None,
    ]

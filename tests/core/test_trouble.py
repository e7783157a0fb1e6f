"""What is decided when Slack says no: trials, staleness, summaries, and how late is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.alerts import Alert, resolved, taken
from bot.core.dispatch import NotSent, Outcome, Post, PostState, Rejected, Shown, Unclear
from bot.core.message import Bullets, Footer, Message, Paragraph
from bot.core.parts import Duration, say
from bot.core.trouble import (
    LATE_AFTER,
    PROBE_EVERY,
    STALE_AFTER,
    Missed,
    Move,
    Pressure,
    after,
    away,
    held_back,
    late_by,
    next_move,
    noticed,
    pressed,
    stale,
    with_delay,
)
from tests.core.samples import NOW, opened
from tests.handlers.shelves import words

POST = Post(id="p1", channel="#ops", key="alert/1042", state="wanted", wanted=1, due_at=NOW, created_at=NOW)
BROKEN = noticed("#ops", "is_archived", NOW)
TRYING = replace(BROKEN, trial="p1")
MINUTE = timedelta(minutes=1)
MESSAGE = Message(say("Hoodie runs out"), (Paragraph(say("Hoodie runs out")),))


@pytest.mark.parametrize(
    ("broken", "trial", "owed", "at", "move"),
    [
        (BROKEN, None, True, NOW, "rest"),
        (BROKEN, None, True, NOW + PROBE_EVERY, "try"),
        (BROKEN, None, False, NOW, "forget"),
        (TRYING, "wanted", True, NOW + PROBE_EVERY, "rest"),
        (TRYING, "sending", True, NOW + PROBE_EVERY, "rest"),
        (TRYING, "maybe", True, NOW + PROBE_EVERY, "rest"),
        (TRYING, "parked", True, NOW, "failed"),
        (TRYING, "shown", False, NOW, "healed"),
        (TRYING, "dropped", True, NOW, "try"),
        (TRYING, "dropped", False, NOW, "forget"),
    ],
)
def test_a_broken_channel_is_tried_with_one_post_at_a_time(
    broken: object, trial: PostState | None, owed: bool, at: datetime, move: Move
) -> None:
    assert next_move(broken, trial, owed, at) == move  # type: ignore[arg-type]


OPEN = opened()
OVER = resolved(OPEN, say("stock came in"), None, NOW)


@pytest.mark.parametrize(
    ("key", "alert", "age", "why"),
    [
        ("alert/1042", OPEN, timedelta(days=9), ""),
        ("alert/1042", OVER, MINUTE, "over before it could be shown"),
        ("alert/1042/turn-1", OPEN, MINUTE, ""),
        ("alert/1042/turn-1", taken(OPEN, "U1", NOW), MINUTE, "overtaken before it could be shown"),
        ("alert/1042/turn-1", OVER, MINUTE, "over before it could be shown"),
        ("digest/weekly/1", None, STALE_AFTER - MINUTE, ""),
        ("digest/weekly/1", None, STALE_AFTER, "older than a day before it could be shown"),
        ("group/7", None, timedelta(days=9), ""),
        ("group/7/call-1", None, STALE_AFTER, "older than a day before it could be shown"),
        ("budget/2026-11-23", None, timedelta(days=9), ""),
        ("away/1", None, timedelta(days=9), ""),
        ("diverted/p1", None, timedelta(days=9), ""),
        ("trouble/2026-11-23/#ops", None, timedelta(days=9), ""),
    ],
)
def test_what_still_stands_is_worth_showing_and_what_went_by_is_not(
    key: str, alert: Alert | None, age: timedelta, why: str
) -> None:
    assert stale(replace(POST, key=key), alert, NOW + age) == why


def missed(*keys: str) -> list[Missed]:
    return [Missed(key, say(f"said {number}"), NOW, NOW + number * MINUTE) for number, key in enumerate(keys)]


@pytest.mark.parametrize(
    ("keys", "counted"),
    [
        (("alert/1",), "1 matter came"),
        (("alert/1", "alert/2"), "2 matters came"),
        (("alert/1/turn-2",), "1 notice came"),
        (("digest/1", "alert/1", "alert/2"), "2 matters and 1 notice came"),
    ],
)
def test_the_summary_counts_matters_apart_from_what_was_said_of_them(keys: tuple[str, ...], counted: str) -> None:
    assert words(away(missed(*keys)).summary).startswith(f"While Slack was away: {counted} and went between ")


def test_a_long_summary_names_the_newest_and_counts_the_rest() -> None:
    message = away(missed(*(f"alert/{number}" for number in range(13))))
    [bullets] = [block for block in message.blocks if isinstance(block, Bullets)]
    assert [words(line) for line in bullets.lines][:2] == ["said 12", "said 11"]
    assert (len(bullets.lines), message.blocks[-1]) == (10, Footer(say("+3 more")))
    assert not [block for block in away(missed("alert/1")).blocks if isinstance(block, Footer)]


@pytest.mark.parametrize(
    ("outcome", "limited"),
    [
        (NotSent("ratelimited"), True),
        (Rejected("message_limit_exceeded"), True),
        (NotSent("ClientConnectorError"), False),
        (Unclear("TimeoutError"), False),
        (Shown("1.1"), False),
    ],
)
def test_only_slacks_limits_count_as_limits(outcome: Outcome, limited: bool) -> None:
    assert (after(POST, outcome, NOW).limited_at == NOW) is limited


def test_since_when_it_is_held_back_stays_and_ends_when_it_is_shown() -> None:
    held = held_back(held_back(POST, NOW), NOW + MINUTE)
    assert held.limited_at == NOW
    assert after(held, Shown("1.1"), NOW).limited_at is None
    assert held_back(replace(POST, ts="1.1"), NOW).limited_at is None, "an edit shows no news"


def test_a_parked_post_knows_since_when() -> None:
    parked = after(replace(POST, state="parked"), Rejected("is_archived"), NOW + MINUTE)
    assert parked.due_at == NOW + MINUTE


def test_pressure_lasts_while_posts_wait_their_turn_without_a_break_of_a_minute() -> None:
    first = pressed(None, NOW)
    assert pressed(first, NOW + LATE_AFTER) == Pressure(NOW, NOW + LATE_AFTER)
    assert pressed(first, NOW + 2 * LATE_AFTER) == Pressure(NOW + 2 * LATE_AFTER, NOW + 2 * LATE_AFTER)


@pytest.mark.parametrize(
    ("post", "pressure", "at", "late"),
    [
        (POST, None, 10 * MINUTE, None),
        (replace(POST, limited_at=NOW), None, MINUTE, None),
        (replace(POST, limited_at=NOW), None, 2 * MINUTE, 2 * MINUTE),
        (POST, Pressure(NOW - MINUTE, NOW + 2 * MINUTE), 2 * MINUTE, 2 * MINUTE),
        (POST, Pressure(NOW + MINUTE, NOW + 3 * MINUTE), 3 * MINUTE, 2 * MINUTE),
        (POST, Pressure(NOW - MINUTE, NOW), 5 * MINUTE, None),
    ],
)
def test_late_is_what_limits_delayed_by_more_than_a_minute(
    post: Post, pressure: Pressure | None, at: timedelta, late: timedelta | None
) -> None:
    assert late_by(post, pressure, NOW + at) == late


def test_the_note_of_a_delay_is_the_last_line() -> None:
    assert with_delay(MESSAGE, None) is MESSAGE
    assert with_delay(MESSAGE, 2 * MINUTE).blocks == (
        *MESSAGE.blocks, Footer(say("Shown ", Duration(120), " late: delayed by Slack's limits")),
    )  # fmt: skip

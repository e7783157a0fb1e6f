"""An exercise as it opens and ends, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.advance import Seat
from bot.core.alerts import Alert, resolved, taken
from bot.core.budget import free
from bot.core.drills import Drill, begun, ended, is_over, posted_at, refusal, result, running, started, subject
from bot.core.known import LogLine
from bot.core.mute import Now, mute
from bot.core.overdue import steps
from bot.core.parts import say
from bot.core.routes import route
from bot.core.settings import Department, QuietHours, Route
from bot.core.verdict import Severity
from tests.core.samples import NOW, house
from tests.handlers.shelves import words

MINUTE = timedelta(minutes=1)
NIGHT = QuietHours(time(9), time(12), ZoneInfo("UTC"), above=Severity.CRITICAL)
RESTING = Department("warehouse", "#warehouse", NIGHT)


def exercise(**changes: Any) -> Alert:
    drill = replace(Drill("warehouse", "U0BEN", NOW), **changes)
    return begun(drill, Seat(7, "demo", drill.rule, subject(drill)), NOW)


LIKE_STOCK = exercise(rule="low_stock", about="sku")


def test_an_exercise_says_on_top_that_it_is_one_and_when_it_ends() -> None:
    assert words(exercise().fire.title) == "EXERCISE: an alert for warehouse"
    assert words(LIKE_STOCK.fire.title) == "EXERCISE: low_stock for warehouse"
    assert (
        words(exercise().fire.views["warehouse"].step.what)
        == "takes it, as if it were real; it ends by itself at <moment>"
    )
    assert words(started(exercise())).startswith(
        "A-7 is an exercise for warehouse. It ends by itself at <moment>; its thread"
    )
    assert words(running(exercise())) == "Exercise A-7 for warehouse runs, until <moment>"
    assert words(exercise().fire.reason) == "An exercise that @U0BEN started"


def test_an_exercise_of_a_rule_is_routed_like_its_alerts() -> None:
    stock = house(routes=(Route(rule="low_*", family="stock", channel="#stock"),))
    places = [getattr(place, "channel", "") for each in (exercise(), LIKE_STOCK) for place in route(each, stock, NOW)]
    assert places == ["#warehouse", "#stock"]


def test_an_exercise_has_no_reminders_and_spends_no_budget() -> None:
    held = taken(LIKE_STOCK, "U0ANA", NOW)
    assert steps(held, house()) == ()
    assert free(LIKE_STOCK, woken=False)


def test_quiet_hours_are_told_before_and_do_not_hold_what_was_started_all_the_same() -> None:
    assert words(refusal(house(RESTING), "warehouse", NOW) or ()) == "warehouse rests until <moment>"
    assert refusal(house(RESTING), "warehouse", NOW + timedelta(hours=3)) is None
    assert refusal(house(), "warehouse", NOW) is None
    assert mute(LIKE_STOCK, RESTING, None, seen=False, now=NOW) == Now()


@pytest.mark.parametrize(("minutes", "over"), [(29.9, False), (30, True)])
def test_it_is_over_after_its_time(minutes: float, over: bool) -> None:
    assert is_over(exercise(), NOW + minutes * MINUTE) == over


def test_what_has_ended_and_what_is_no_exercise_is_not_ended_again() -> None:
    later = NOW + 60 * MINUTE
    after = ended(exercise(), later)
    assert (after.state, words(after.resolution), is_over(after, later)) == ("resolved", "the exercise is over", False)
    assert not is_over(replace(exercise(), exercise=None), later)


def log(change: str, minutes: float, by: str = "U0ANA") -> LogLine:
    return LogLine(NOW + minutes * MINUTE, change, by, say(""))


OPEN = exercise()
BY_ANA = resolved(OPEN, say("done"), "U0ANA", NOW + 5 * MINUTE)
OVER = ended(OPEN, NOW + 30 * MINUTE)


@pytest.mark.parametrize(
    ("alert", "shown", "happened", "told"),
    [
        (OPEN, True, (), None),
        (OPEN, False, (), None),
        (taken(OPEN, "U0ANA", NOW), True, (log("taken", 2), log("taken", 3, "U0EVE")), "taken by @U0ANA <duration> after it was shown"),
        (BY_ANA, True, (log("taken", 2),), "taken by @U0ANA <duration> after it was shown, resolved by @U0ANA <duration> after it was shown"),
        (OVER, True, (log("taken", 2),), "taken by @U0ANA <duration> after it was shown"),
        (BY_ANA, True, (), "not taken, but resolved by @U0ANA <duration> after it was shown"),
        (OVER, True, (log("opened", 0),), "nobody took it within <duration>"),
        (OVER, False, (), "it was never shown"),
        (replace(OVER, exercise=None), True, (), None),
    ],
)  # fmt: skip
def test_what_came_of_it_is_told_with_how_long_it_took(
    alert: Alert, shown: bool, happened: tuple[LogLine, ...], told: str | None
) -> None:
    line = result(alert, NOW if shown else None, happened)
    assert (words(line) if line else None) == (
        f"Exercise A-7 for warehouse: {told}. Started by @U0BEN." if told else None
    )


def test_the_span_counts_from_when_slack_showed_it_and_is_never_below_nothing() -> None:
    assert posted_at(f"{NOW.timestamp():.0f}.000100") == NOW + timedelta(microseconds=100)
    line = result(taken(OPEN, "U0ANA", NOW), NOW + MINUTE, (log("taken", 0.5),))
    assert line is not None
    assert [getattr(part, "seconds", None) for part in line if hasattr(part, "seconds")] == [0.0]


def test_whoever_is_no_member_is_named_by_their_word() -> None:
    line = result(ended(exercise(by="Ute"), NOW), None, ())
    assert line is not None and words(line).endswith("Started by «Ute».")

"""/ops drill, from plain facts."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from bot.core.handlers import Refused, Reply, Request, StartDrill
from bot.core.parts import Line, say
from bot.core.settings import Department, QuietHours
from handlers.commands import drill
from tests.core.samples import NOW, house
from tests.handlers.shelves import spoken, words

NIGHT = QuietHours(time(9), time(12), ZoneInfo("UTC"))
HOUSE = house(Department("warehouse", "#warehouse"), Department("finance", "#finance", NIGHT))


def asked(text: str, *exercises: Line) -> Reply | StartDrill:
    request = Request(
        text, "U1", "C1", NOW, departments=tuple(HOUSE.departments), rules=("low_stock", "oversold"), house=HOUSE
    )
    answer = drill.drill.answer(request, drill.Facts(exercises))
    assert isinstance(answer, Reply | StartDrill)
    return answer


@pytest.mark.parametrize(
    ("text", "started"),
    [
        ("warehouse", StartDrill("warehouse", "", 30.0)),
        ("low_stock Warehouse", StartDrill("warehouse", "low_stock", 30.0)),
        ("finance anyway", StartDrill("finance", "", 30.0)),
        ("warehouse anyway", StartDrill("warehouse", "", 30.0)),
    ],
)
def test_an_exercise_starts_for_one_department_like_an_alert_of_a_rule(text: str, started: StartDrill) -> None:
    assert asked(text) == started


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("low_stock", "Name one department (warehouse, finance) and one rule at most."),
        ("warehouse finance", "Name one department (warehouse, finance) and one rule at most."),
        ("warehouse low_stock oversold", "Name one department (warehouse, finance) and one rule at most."),
        ("warehous", "There is no department and no rule «warehous». Did you mean warehouse?"),
        ("warehouse tea", "There is no department and no rule «tea»."),
        ("finance", "finance rests until <moment>. To disturb it all the same: /ops drill finance anyway"),
    ],
)
def test_what_starts_none_is_told_and_quiet_hours_are_named(text: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(text)
    assert words(refused.value.line) == why


def test_alone_it_lists_what_came_of_the_last_ones() -> None:
    some, none = asked("", say("Exercise A-7: taken")), asked("")
    assert isinstance(some, Reply) and isinstance(none, Reply)
    assert (words(some.message.summary), spoken(some.message)) == ("The last exercises", ["Exercise A-7: taken"])
    assert (words(none.message.summary), spoken(none.message)) == ("There was no exercise yet", ["None so far."])

"""The line that a channel gets when its quiet hours end."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.alerts import Alert, resolved
from bot.core.held import Looked, ended, order
from bot.core.money import Money
from bot.core.parts import MoneyRange, say
from bot.core.settings import Department, QuietHours
from bot.core.verdict import Cost, Severity
from tests.core.samples import NOW, opened
from tests.handlers.shelves import words

UNTIL = NOW + timedelta(hours=8)
NIGHT = QuietHours(time(22), time(6), ZoneInfo("UTC"))
RESTING = Department("warehouse", "#warehouse", NIGHT)
THRIFTY = replace(RESTING, wakes_above=Money(50_000, "EUR"))


def held(number: int, over: bool = False, kept: str = "", cost: str = "EUR") -> Looked:
    amount = Cost(MoneyRange(Money(10, cost), Money(30, cost)), say("so")) if cost else None
    alert: Alert = replace(opened(), number=number, fire=replace(opened().fire, cost=amount))
    return Looked(resolved(alert, (), None, NOW) if over else alert, NOW, kept)


@pytest.mark.parametrize(
    ("looked", "department", "line"),
    [
        (
            [held(1001), held(1002), held(1003, over=True)],
            THRIFTY,
            (
                "3 alerts were held: A-1001, A-1002, A-1003; 2 still stand, 1 was over before anybody came; "
                "none would have cost more than 500 EUR until opening."
            ),
        ),
        ([held(1001)], RESTING, "1 alert was held: A-1001; 1 still stands; none was more severe than high."),
        (
            [held(1001)],
            replace(RESTING, quiet=replace(NIGHT, above=Severity.CRITICAL)),
            "1 alert was held: A-1001; 1 still stands.",
        ),
        (
            [held(1001, over=True), held(1002, over=True)],
            None,
            "2 alerts were held: A-1001, A-1002; 2 were over before anybody came.",
        ),
        (
            [held(1001, kept="silence S-1"), held(1002)],
            replace(RESTING, quiet=None),
            "2 alerts were held: A-1001, A-1002; 2 still stand (1 of them without a message: silence S-1).",
        ),
        (
            [held(1001), held(1002, cost=""), held(1003, cost="USD")],
            THRIFTY,
            (
                "3 alerts were held: A-1001, A-1002, A-1003; 3 still stand; "
                "none would have cost more than 500 EUR until opening, of 2 it is not known."
            ),
        ),
    ],
)
def test_it_says_what_was_held_what_became_of_it_and_why_nobody_was_woken(
    looked: list[Looked], department: Department | None, line: str
) -> None:
    assert words(ended(looked, department, UNTIL).summary) == line


def test_it_names_ten_at_most_and_says_when_it_is_late() -> None:
    line = words(ended([held(1000 + number) for number in range(12)], RESTING, UNTIL, late=UNTIL).summary)
    assert line.startswith("12 alerts were held: A-1000, ")
    assert "A-1009 and 2 more; 12 still stand" in line
    assert line.endswith(" · late, the quiet hours ended <moment>")


def test_the_most_severe_and_then_the_dearest_are_told_first() -> None:
    alerts = [held(1).alert, held(2, cost="").alert, replace(held(3).alert, severity=Severity.CRITICAL), held(4).alert]
    dear = Cost(MoneyRange(Money(10, "EUR"), Money(90, "EUR")), say("so"))
    alerts.append(replace(held(5).alert, fire=replace(opened().fire, cost=dear)))
    assert [alert.number for alert in sorted(alerts, key=order)] == [3, 5, 1, 4, 2]

"""What a channel's budget of interruptions lets through, and what is told of the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.core.alerts import Alert, Change, resolved, taken
from bot.core.budget import affordable, free, local_day, stays, summary
from bot.core.message import Message
from bot.core.money import Money
from bot.core.parts import MoneyRange, say
from bot.core.settings import Department, Outside, QuietHours, WorkingHours
from bot.core.subject import Subject
from bot.core.verdict import Cost, Severity
from tests.core.samples import NOW, house, opened
from tests.handlers.shelves import spoken, words

DAY = date(2026, 11, 23)
AUCKLAND, TOKYO = ZoneInfo("Pacific/Auckland"), ZoneInfo("Asia/Tokyo")
NIGHT = QuietHours(time(22), time(6), AUCKLAND)
WORK = WorkingHours(("mon",), time(9), time(17), TOKYO)


def alert(number: int, high: int | None = 100, currency: str = "EUR", **changes: object) -> Alert:
    """An alert that may cost up to so many minor units."""
    before = replace(opened(), number=number, **changes)  # type: ignore[arg-type]
    cost = Cost(MoneyRange(Money(0, currency), Money(high, currency)), say("so")) if high is not None else None
    return replace(before, fire=replace(before.fire, cost=cost))


def names(message: Message) -> list[str]:
    return [line.split(" ")[0] for line in spoken(message) if line.startswith("A-")]


@pytest.mark.parametrize(
    ("severity", "woken", "is_free"),
    [
        (Severity.HIGH, False, False),
        (Severity.CRITICAL, False, True),
        # Whoever is woken because waiting is too dear is not kept waiting by a budget.
        (Severity.LOW, True, True),
    ],
)
def test_what_is_critical_or_too_dear_to_wait_with_asks_no_budget(
    severity: Severity, woken: bool, is_free: bool
) -> None:
    assert free(opened(severity), woken) == is_free


def test_the_budget_lasts_for_as_many_as_it_says_and_whoever_took_something_sees_it() -> None:
    assert affordable(opened(), spent=11, budget=12)
    assert not affordable(opened(), spent=12, budget=12)
    assert affordable(taken(opened(), "U1", NOW), spent=40, budget=12)


@pytest.mark.parametrize(
    ("change", "remains"),
    [
        ("none", True),
        ("updated", True),
        ("resolved", True),
        ("escalated", False),
        ("overdue", False),
        ("reopened", False),
    ],
)
def test_an_alert_stays_in_the_summary_until_people_must_look_again(change: Change, remains: bool) -> None:
    assert stays(opened(), change) == remains
    assert not stays(taken(opened(), "U1", NOW), change)


@pytest.mark.parametrize(
    ("department", "at", "day"),
    [
        (Department("a", "#a"), datetime(2026, 11, 23, 23, 30, tzinfo=UTC), date(2026, 11, 24)),
        (Department("a", "#a", NIGHT), datetime(2026, 11, 23, 11, 30, tzinfo=UTC), date(2026, 11, 24)),
        (Department("a", "#a", Outside(), WORK), datetime(2026, 11, 23, 14, 30, tzinfo=UTC), date(2026, 11, 23)),
        (Department("a", "#a", NIGHT, WORK), datetime(2026, 11, 23, 15, 30, tzinfo=UTC), date(2026, 11, 24)),
    ],
)
def test_a_day_is_the_departments_own_or_else_the_shops(department: Department, at: datetime, day: date) -> None:
    assert local_day(department, house(), at) == day


def test_the_summary_names_the_worst_ten_by_money_and_counts_the_rest() -> None:
    told = summary([alert(1000 + number, number) for number in range(1, 13)], house(), DAY)
    assert words(told.summary).startswith("+12 more today (2026-11-23): ")
    assert "A-1012 HIGH" in words(told.summary)
    assert names(told) == [f"A-{number}" for number in range(1012, 1002, -1)]


def test_amounts_of_two_currencies_are_not_compared_and_what_is_over_comes_last() -> None:
    over = resolved(alert(1006, 9_000), (), None, NOW)
    listed = [over, alert(1001, None), alert(1002, 900, "USD"), alert(1003, 5), alert(1004, 10), alert(1005, None)]
    # A shop that the config does not name any more has no currency of its own.
    gone = alert(1007, 9_000, shop="closed")
    told = summary([gone, *listed], house(), DAY)
    assert names(told) == ["A-1004", "A-1003", "A-1007", "A-1002", "A-1001", "A-1005", "A-1006"]
    assert "+7 more today (2026-11-23), 1 of them over" in words(told.summary)
    assert [line for line in spoken(told) if line.startswith("A-1006 RESOLVED")]


def test_a_summary_never_shows_a_title_that_may_name_somebodys_order() -> None:
    order = replace(alert(1001), subject=Subject("order", "#4711"))
    plain = words(summary([order], house(), DAY).summary)
    assert "low_stock" in plain
    assert "Hoodie" not in plain
    assert "Hoodie" in words(summary([alert(1001)], house(), DAY).summary)


def test_a_summary_that_has_become_empty_says_so() -> None:
    told = summary([], house(), DAY)
    assert words(told.summary).startswith("Nothing more today (2026-11-23)")
    assert spoken(told) == ["Whatever exceeded the budget has a message of its own by now."]

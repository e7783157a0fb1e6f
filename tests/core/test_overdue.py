"""What happens to a matter whose due time passes while nobody has ended it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.alerts import Alert
from bot.core.overdue import next_at, passed, steps, told
from bot.core.settings import Escalation
from bot.core.verdict import Severity
from tests.core.samples import NOW, opened

HOUR = timedelta(hours=1)
DUE = NOW + 4 * HOUR
CHAIN = (Escalation(2 * HOUR, "operations"), Escalation(HOUR, "finance"))


def after(*hours: float) -> tuple[datetime, ...]:
    return tuple(DUE + timedelta(hours=each) for each in hours)


def test_the_holder_is_reminded_at_the_due_time_and_others_hear_of_it_in_order() -> None:
    told_to = [(step.slot.due, step.escalation.to) for step in steps(opened(), CHAIN)]
    assert told_to == [(DUE, None), (DUE + HOUR, "finance"), (DUE + 2 * HOUR, "operations")]


def test_what_has_no_due_time_is_never_overdue() -> None:
    assert steps(replace(opened(), due_at=None), CHAIN) == ()


@pytest.mark.parametrize(
    ("escalation", "meant"),
    [
        (Escalation(HOUR, "finance"), True),
        (Escalation(HOUR, "finance", rule="low_*"), True),
        (Escalation(HOUR, "finance", rule="oversold"), False),
        (Escalation(HOUR, "finance", at_least=Severity.HIGH), True),
        (Escalation(HOUR, "finance", at_least=Severity.CRITICAL), False),
    ],
)
def test_an_escalation_is_for_the_rules_and_severities_that_it_names(escalation: Escalation, meant: bool) -> None:
    assert (len(steps(opened(), (escalation,))) == 2) == meant


def test_each_episode_due_time_and_step_has_a_slot_of_its_own() -> None:
    alert = opened()
    others = (alert, replace(alert, episode=2), replace(alert, due_at=DUE + HOUR), replace(alert, number=7))
    slots = {(step.slot.schedule, step.slot.key) for each in others for step in steps(each, CHAIN)}
    assert len(slots) == 12
    assert [step.slot for step in steps(replace(alert, version=9, turn=4), CHAIN)] == [
        step.slot for step in steps(alert, CHAIN)
    ]


@pytest.mark.parametrize(
    ("now", "number", "comes"),
    [
        (DUE - HOUR, 0, DUE),
        (DUE, 1, DUE + HOUR),
        (DUE + HOUR, 2, DUE + 2 * HOUR),
        (DUE + 90 * HOUR, 3, None),
    ],
)
def test_steps_pass_one_after_another(now: datetime, number: int, comes: datetime | None) -> None:
    mine = steps(opened(), CHAIN)
    assert (len(passed(mine, now)), next_at(mine, now)) == (number, comes)


@given(st.timedeltas(timedelta(-9), timedelta(9)), st.lists(st.timedeltas(timedelta(0), timedelta(9)), max_size=5))
def test_a_step_has_either_passed_or_is_still_to_come(late: timedelta, waits: list[timedelta]) -> None:
    mine = steps(opened(), [Escalation(wait, f"d{number}") for number, wait in enumerate(waits)])
    ahead = [step.slot.due for step in mine if step not in passed(mine, DUE + late)]
    assert next_at(mine, DUE + late) == min(ahead, default=None)
    assert len({step.slot.key for step in mine}) == len(waits) + 1


def reminded(alert: Alert, until: int) -> tuple[Alert, str]:
    circle = steps(alert, CHAIN)[:until]
    now, line = told(alert, circle[-1], circle)
    return now, "".join(str(getattr(part, "text", part)) for part in line)


def test_a_reminder_widens_no_circle_and_keeps_the_buttons() -> None:
    before = opened()
    now, line = reminded(before, 1)
    assert (now.escalated_to, now.turn, now.version) == ((), before.turn, before.version + 1)
    assert line.endswith("; told warehouse")


def test_each_department_that_was_to_hear_of_it_sees_it_also_when_only_the_newest_step_is_told() -> None:
    now, line = reminded(opened(), 3)
    assert now.escalated_to == ("finance", "operations")
    assert line.endswith("; told operations")
    assert reminded(now, 3)[0].escalated_to == ("finance", "operations")


def test_a_department_that_has_a_view_of_its_own_needs_no_second_one() -> None:
    mine = steps(opened(), (Escalation(HOUR, "marketing"),))
    assert told(opened(), mine[-1], mine)[0].escalated_to == ()

"""What happens to a matter whose due time passes while nobody has ended it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.alerts import Alert, Holder, given_back, taken
from bot.core.overdue import Step, next_at, passed, taken_by
from bot.core.overdue import steps as all_steps
from bot.core.parts import Person, UserGroup
from bot.core.settings import Department, Escalation, WorkingHours
from bot.core.verdict import Severity
from tests.core.samples import NOW, house, opened
from tests.handlers.shelves import words

HOUR = timedelta(hours=1)
DUE = NOW + 4 * HOUR
CHAIN = (Escalation(2 * HOUR, "operations"), Escalation(HOUR, "finance"))


def steps(alert: Alert, *chain: Escalation, lapse: timedelta | None = timedelta(hours=24)) -> tuple[Step, ...]:
    return all_steps(alert, house(escalations=chain, lapse=lapse))


def test_the_holder_is_reminded_at_the_due_time_and_others_hear_of_it_in_order() -> None:
    told_to = [(step.what, step.slot.due, step.to) for step in steps(opened(), *CHAIN)]
    assert told_to == [
        ("overdue", DUE, ""),
        ("overdue", DUE + HOUR, "finance"),
        ("overdue", DUE + 2 * HOUR, "operations"),
    ]


def test_what_has_no_due_time_is_never_overdue() -> None:
    assert steps(replace(opened(), due_at=None), *CHAIN) == ()


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
    assert (len(steps(opened(), escalation)) == 2) == meant


def test_each_episode_due_time_and_step_has_a_slot_of_its_own() -> None:
    alert = opened()
    others = (alert, replace(alert, episode=2), replace(alert, due_at=DUE + HOUR), replace(alert, number=7))
    slots = {(step.slot.schedule, step.slot.key) for each in others for step in steps(each, *CHAIN)}
    assert len(slots) == 12
    assert [step.slot for step in steps(replace(alert, version=9, turn=4), *CHAIN)] == [
        step.slot for step in steps(alert, *CHAIN)
    ]


@pytest.mark.parametrize(
    ("lapse", "hours"),
    [
        (timedelta(hours=24), [23, 24]),
        (timedelta(hours=2), [1, 2]),
        (HOUR, [1]),
        (timedelta(minutes=5), [1 / 12]),
        (None, []),
    ],
)
def test_a_hold_lapses_after_its_time_and_the_holder_is_warned_where_there_is_time_to(
    lapse: timedelta | None, hours: list[float]
) -> None:
    held = replace(taken(opened(), "U1", NOW), due_at=None)
    found = [((step.slot.due - NOW) / HOUR, step.what) for step in steps(held, lapse=lapse)]
    assert [hour for hour, _ in found] == pytest.approx(hours)
    assert [what for _, what in found] == ["lapsing", "lapsed"][2 - len(hours) :]


def test_a_hold_taken_anew_lapses_anew() -> None:
    first, second = (replace(taken(opened(), "U1", NOW + late), due_at=None) for late in (0 * HOUR, HOUR))
    assert not {step.slot.key for step in steps(first)} & {step.slot.key for step in steps(second)}
    assert steps(replace(given_back(first, NOW), due_at=None)) == ()


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
    mine = steps(opened(), *CHAIN)
    assert (len(passed(mine, now)), next_at(mine, now)) == (number, comes)


@given(st.timedeltas(timedelta(-9), timedelta(9)), st.lists(st.timedeltas(timedelta(0), timedelta(9)), max_size=5))
def test_a_step_has_either_passed_or_is_still_to_come(late: timedelta, waits: list[timedelta]) -> None:
    mine = steps(opened(), *(Escalation(wait, f"d{number}") for number, wait in enumerate(waits)))
    ahead = [step.slot.due for step in mine if step not in passed(mine, DUE + late)]
    assert next_at(mine, DUE + late) == min(ahead, default=None)
    assert len({step.slot.key for step in mine}) == len(waits) + 1


WEEKDAYS = WorkingHours(("mon", "tue", "wed", "thu", "fri"), time(9), time(17), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("counted", "hours", "due", "comes"),
    [
        # Due at 14:00 on a Monday, with five hours more.
        ("always", WEEKDAYS, DUE, DUE + 5 * HOUR),
        ("working", WEEKDAYS, DUE, DUE + 21 * HOUR),
        ("working", None, DUE, DUE + 5 * HOUR),
        # Friday's afternoon goes on on Monday.
        ("working", WEEKDAYS, DUE + timedelta(days=4), DUE + timedelta(days=7, hours=-3)),
    ],
)
def test_a_step_counts_the_time_of_whoever_works_or_all_of_it(
    counted: Literal["always", "working"], hours: WorkingHours | None, due: datetime, comes: datetime
) -> None:
    chain = (Escalation(5 * HOUR, "S0OPS", counted=counted),)
    ours = house(Department("warehouse", "#warehouse", hours=hours), escalations=chain)
    _, step = all_steps(replace(opened(), due_at=due), ours)
    assert (step.slot.due, step.to) == (comes, "S0OPS")


def test_a_step_is_the_same_one_whoever_holds_the_matter_when_it_comes() -> None:
    ours = house(
        Department("warehouse", "#warehouse", hours=WEEKDAYS), Department("finance", "#finance"),
        escalations=(Escalation(5 * HOUR, "U0ANNA", counted="working"),),
    )  # fmt: skip
    first, later = (all_steps(replace(opened(), holder=Holder(name)), ours)[1] for name in ("warehouse", "finance"))
    assert (first.slot.key, first.slot.schedule) == (later.slot.key, later.slot.schedule)
    assert first.slot.due != later.slot.due


def test_a_chain_calls_members_and_user_groups_each_at_its_step_and_widens_no_circle() -> None:
    chain = (Escalation(HOUR, "U0ANNA"), Escalation(2 * HOUR, "finance"), Escalation(3 * HOUR, "S0OPS"))
    mine = steps(opened(), *chain)
    anna, line = taken_by(opened(), mine[1:2], mine[:2], DUE)
    assert (anna.called, anna.escalated_to, words(line)) == (
        (Person("U0ANNA", call="due"),),
        (),
        "due at <moment>; told @U0ANNA",
    )
    finance, line = taken_by(anna, mine[2:3], mine[:3], DUE)
    assert (finance.called, finance.escalated_to) == ((), ("finance",))
    everybody, line = taken_by(finance, mine[3:], mine, DUE)
    assert (everybody.called, everybody.escalated_to) == ((UserGroup("S0OPS"),), ("finance",))
    assert line[-1] == UserGroup("S0OPS")


def test_after_a_stop_all_whom_the_steps_would_have_called_are_called_once() -> None:
    chain = (Escalation(HOUR, "U0ANNA"), Escalation(2 * HOUR, "S0OPS"), Escalation(3 * HOUR, "U0ANNA"))
    mine = steps(opened(), *chain)
    assert taken_by(opened(), mine, mine, DUE)[0].called == (Person("U0ANNA", call="due"), UserGroup("S0OPS"))


def after(alert: Alert, until: int, *chain: Escalation) -> tuple[Alert, str]:
    """The matter after so many of its steps, and what its log says."""
    circle = steps(alert, *chain)[:until]
    now, line = taken_by(alert, circle[-1:], circle, DUE)
    return now, words(line)


def test_a_reminder_widens_no_circle_and_keeps_the_buttons() -> None:
    before = opened()
    now, line = after(before, 1, *CHAIN)
    assert (now.escalated_to, now.turn, now.version) == ((), before.turn, before.version + 1)
    assert line == "due at <moment>; told warehouse"


def test_each_department_that_was_to_hear_of_it_sees_it_also_when_only_the_newest_step_is_told() -> None:
    now, line = after(opened(), 3, *CHAIN)
    assert now.escalated_to == ("finance", "operations")
    assert line == "due at <moment>; told operations"
    assert after(now, 3, *CHAIN)[0].escalated_to == ("finance", "operations")


def test_a_department_that_has_a_view_of_its_own_needs_no_second_one() -> None:
    assert after(opened(), 2, Escalation(HOUR, "marketing"))[0].escalated_to == ()


def test_a_hold_that_has_lapsed_is_over_and_one_that_is_about_to_is_not() -> None:
    held = replace(taken(opened(), "U1", NOW), due_at=None)
    warned, line = after(held, 1)
    assert (warned.holder.person, warned.turn, line) == ("U1", held.turn, "the hold lapses in an hour")
    over, line = after(held, 2)
    assert (over.holder.person, over.state, over.turn) == (None, "firing", held.turn + 1)
    assert line == "held for too long without an end"

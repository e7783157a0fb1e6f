"""How an alert opens, changes, is taken, snoozed, resolved and reopened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.advance import REOPEN_WITHIN, Seat, advance
from bot.core.alerts import (
    Alert,
    Ending,
    Handover,
    Holder,
    given_back,
    handed_off,
    resolved,
    snoozed,
    standing,
    taken,
    woken,
)
from bot.core.money import Money
from bot.core.parts import Line, MoneyRange, Person, Text, say
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View
from tests.core.samples import NOW, SEAT, fire, opened

LATER = NOW + timedelta(minutes=30)


def words(line: Line) -> str:
    return "".join(part.text if isinstance(part, Text) else f"<{part.kind}>" for part in line)


def test_a_first_fire_opens_the_alert_with_the_first_view_as_its_holder_and_a_due_time() -> None:
    after = advance(None, fire(), SEAT, NOW)
    assert after.change == "opened"
    assert after.alert is not None
    assert after.alert.holder == Holder("warehouse")
    assert after.alert.due_at == NOW + timedelta(hours=4)
    assert after.alert.name == "A-1042"


def test_a_fixed_deadline_is_the_due_time() -> None:
    view = View(say("Evidence is due."), Step(say("answers"), by=LATER))
    after = advance(None, fire(views={"finance": view}), SEAT, NOW)
    assert after.alert is not None
    assert after.alert.due_at == LATER


def test_a_step_without_a_time_has_no_due_time() -> None:
    after = advance(None, fire(views={"finance": View(say("So."), Step(say("looks")))}), SEAT, NOW)
    assert after.alert is not None
    assert after.alert.due_at is None


TAKEN = taken(opened(), "U1", NOW)
SNOOZED = snoozed(opened(), NOW + timedelta(hours=4), "U1", NOW)
RESOLVED = resolved(opened(), say("restocked"), None, NOW)


@pytest.mark.parametrize(
    ("before", "verdict", "after_minutes", "change", "state"),
    [
        # Nothing open: clearing and staying quiet open nothing.
        (None, Clear(say("enough")), 0, "none", None),
        (None, Quiet(say("too little history")), 0, "none", None),
        # Open: the same news again is no change, other words are an update, worse is an escalation.
        (opened(), fire(), 30, "none", "firing"),
        (opened(), fire(title="Hoodie runs out Thu"), 30, "updated", "firing"),
        (opened(Severity.MEDIUM), fire(Severity.HIGH), 30, "escalated", "firing"),
        (opened(Severity.HIGH), fire(Severity.MEDIUM), 30, "updated", "firing"),
        # Fresher figures of the same words are no news.
        (opened(), fire(as_of=LATER), 30, "none", "firing"),
        # Taken stays taken when it gets worse; snoozed wakes up.
        (TAKEN, fire(Severity.CRITICAL), 30, "escalated", "acknowledged"),
        (SNOOZED, fire(Severity.CRITICAL), 30, "escalated", "firing"),
        (SNOOZED, fire(title="Hoodie runs out Thu"), 30, "updated", "snoozed"),
        # Clearing ends whatever is open, once.
        (opened(), Clear(say("restocked")), 30, "resolved", "resolved"),
        (TAKEN, Clear(say("restocked")), 30, "resolved", "resolved"),
        (RESOLVED, Clear(say("restocked")), 30, "none", "resolved"),
        (opened(), Quiet(say("not sure")), 30, "none", "firing"),
        # Back within two hours is the same matter, later a new one.
        (RESOLVED, fire(), 30, "reopened", "firing"),
        (RESOLVED, fire(), 121, "opened", "firing"),
    ],
)
def test_a_verdict_moves_the_alert(
    before: Alert | None, verdict: Verdict, after_minutes: int, change: str, state: str | None
) -> None:
    after = advance(before, verdict, SEAT, NOW + timedelta(minutes=after_minutes))
    assert after.change == change
    assert (after.alert.state if after.alert else None) == state


def test_reopening_forgets_who_resolved_it_and_asks_the_department_again() -> None:
    by_hand = resolved(taken(opened(), "U1", NOW), say("done"), "U1", NOW)
    again = advance(by_hand, fire(), SEAT, NOW + REOPEN_WITHIN).alert
    assert again is not None
    assert (again.number, again.resolved_by, again.resolved_at, again.resolution) == (1042, None, None, ())
    assert again.holder == Holder("warehouse")
    assert again.turn == by_hand.turn + 1


def test_a_later_episode_takes_the_next_number() -> None:
    seat = Seat(2000, "demo", "low_stock", SEAT.subject, episode=2, recent=2)
    again = advance(RESOLVED, fire(), seat, NOW + timedelta(days=1)).alert
    assert again is not None
    assert (again.number, again.episode, again.recent, again.turn) == (2000, 2, 2, 1)


def test_clearing_tells_its_note_or_else_its_reason() -> None:
    with_note = advance(opened(), Clear(say("stock is back"), note=say("+500 restocked")), SEAT, LATER).alert
    without = advance(opened(), Clear(say("stock is back")), SEAT, LATER).alert
    assert with_note is not None and without is not None
    assert words(with_note.resolution) == "+500 restocked"
    assert words(without.resolution) == "stock is back"


def test_new_figures_do_not_make_buttons_stale_but_what_people_decide_on_does() -> None:
    first = opened()
    updated = advance(first, fire(title="Hoodie runs out Thu"), SEAT, LATER).alert
    assert updated is not None
    assert (updated.turn, updated.version) == (first.turn, first.version + 1)
    for turned in (taken(first, "U1", NOW), snoozed(first, LATER, "U1", NOW), woken(first, NOW)):
        assert turned.turn == first.turn + 1
        assert turned.version == first.version + 1


def test_what_eases_and_gets_as_bad_as_before_calls_nobody_again() -> None:
    eased = advance(opened(Severity.HIGH), fire(Severity.MEDIUM), SEAT, NOW).alert
    assert advance(eased, fire(Severity.HIGH), SEAT, LATER).change == "updated"
    assert advance(eased, fire(Severity.CRITICAL), SEAT, LATER).change == "escalated"


def test_snoozing_keeps_who_holds_it() -> None:
    assert snoozed(TAKEN, LATER, "U2", NOW).holder == Holder("warehouse", "U1")
    assert snoozed(opened(), LATER, "U2", NOW).holder == Holder("warehouse", "U2")


def test_handing_off_to_a_department_leaves_it_open_and_to_a_person_makes_it_theirs() -> None:
    assert handed_off(TAKEN, Holder("marketing"), NOW).state == "firing"
    assert handed_off(opened(), Holder("marketing", "U2"), NOW).state == "acknowledged"


def slow(department: str, since: datetime, within: timedelta) -> datetime:
    """Finance takes a day longer than anybody else."""
    return since + within + (timedelta(days=1) if department == "finance" else timedelta(0))


@pytest.mark.parametrize(
    ("to", "due"),
    [
        # Another department has its own time for it, one without a step the time of the first to act.
        (Holder("marketing"), LATER + timedelta(hours=8)),
        (Holder("finance", "U2"), LATER + timedelta(days=1, hours=4)),
        # Within a department the due time stays, whoever has it.
        (Holder("warehouse", "U2"), NOW + timedelta(hours=4)),
        (Holder("warehouse"), NOW + timedelta(hours=4)),
    ],
)
def test_who_is_handed_a_matter_has_the_time_of_their_own_department(to: Holder, due: datetime) -> None:
    steps = {"warehouse": timedelta(hours=4), "marketing": timedelta(hours=8)}
    views = {name: View(say("x"), Step(say("acts"), within=within)) for name, within in steps.items()}
    alert = replace(opened(), fire=fire(views=views), due_at=NOW + timedelta(hours=4))
    assert handed_off(alert, to, LATER, slow).due_at == due


def test_where_a_step_has_no_time_the_due_time_stays() -> None:
    assert handed_off(opened(), Holder("marketing"), LATER, slow).due_at == opened().due_at


def test_a_fixed_due_time_is_the_same_for_everybody() -> None:
    views = {name: View(say("x"), Step(say("answers the bank"), by=LATER)) for name in ("finance", "operations")}
    alert = replace(opened(), fire=fire(views=views), holder=Holder("finance"), due_at=LATER)
    assert handed_off(alert, Holder("operations"), NOW, slow).due_at == LATER


def test_a_department_without_a_view_sees_what_it_is_handed_from_then_on() -> None:
    to_finance = handed_off(opened(), Holder("finance"), NOW)
    back = handed_off(to_finance, Holder("warehouse", "U1"), LATER)
    assert to_finance.escalated_to == back.escalated_to == ("finance",)
    assert handed_off(opened(), Holder("marketing"), NOW).escalated_to == ()


def test_what_was_said_at_a_hand_over_is_kept_until_somebody_else_decides() -> None:
    told = Handover("U1", say("see the mail"))
    given = handed_off(opened(), Holder("finance", "U2"), NOW, handover=told)
    assert given.handover == told
    assert taken(given, "U3", LATER).handover is given_back(given, LATER).handover is None


def test_until_it_gets_worse_is_thirty_days_at_most_and_ends_when_it_does() -> None:
    resting = snoozed(opened(), None, "U1", NOW)
    assert (resting.until_worse, resting.snoozed_until) == (True, NOW + timedelta(days=30))
    worse = advance(resting, fire(Severity.CRITICAL), SEAT, LATER).alert
    assert worse is not None
    assert resting.snoozed_by == "U1" and worse.snoozed_by is None
    for awake in (worse, woken(resting, LATER), taken(resting, "U2", LATER), snoozed(resting, LATER, "U2", NOW)):
        assert not awake.until_worse
    assert advance(resting, fire(title="Hoodie runs out Thu"), SEAT, LATER).change == "updated"


@pytest.mark.parametrize(
    ("ending", "severity", "after", "change"),
    [
        # Nothing is to be done about it, so it stays closed while it stands as it did, for a week.
        ("false_alarm", Severity.HIGH, timedelta(minutes=10), "none"),
        ("will_not_act", Severity.MEDIUM, timedelta(days=7), "none"),
        ("duplicate", Severity.HIGH, timedelta(hours=3), "none"),
        ("will_not_act", Severity.HIGH, timedelta(days=7, seconds=1), "opened"),
        # What is worse than it was is another thing.
        ("will_not_act", Severity.CRITICAL, timedelta(minutes=10), "reopened"),
        ("false_alarm", Severity.CRITICAL, timedelta(hours=3), "opened"),
        # What was done and still stands was not done.
        ("done", Severity.HIGH, timedelta(minutes=10), "reopened"),
        ("done", Severity.HIGH, timedelta(hours=3), "opened"),
    ],
)
def test_what_was_dismissed_does_not_come_back_by_itself(
    ending: Ending, severity: Severity, after: timedelta, change: str
) -> None:
    closed = resolved(opened(), say("x"), "U1", NOW, ending)
    assert advance(closed, fire(severity, "Hoodie runs out Thu"), SEAT, NOW + after).change == change


def test_what_was_dismissed_is_another_matter_once_it_was_over() -> None:
    closed = resolved(opened(), say("x"), "U1", NOW, "will_not_act")
    over = advance(closed, Clear(say("stock is back")), SEAT, LATER).alert
    assert over is not None and over.outcome
    assert advance(over, fire(), SEAT, LATER).change == "reopened"
    assert advance(over, fire(), SEAT, NOW + timedelta(days=1)).change == "opened"


def test_as_what_a_matter_was_closed_is_forgotten_when_it_comes_back() -> None:
    over = resolved(opened(), say("restocked"), "U1", NOW, "done")
    assert over.ending == "done"
    again = advance(over, fire(), SEAT, LATER).alert
    assert again is not None and again.state == "firing" and again.ending == ""


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        (opened(), "A-1042 is open, with warehouse"),
        (
            snoozed(opened(), None, "U1", NOW),
            "A-1042 is snoozed until it gets worse, at the latest until <moment> by <person>",
        ),
        (TAKEN, "A-1042 is held by <person> since <moment>"),
        (SNOOZED, "A-1042 is snoozed until <moment> by <person>"),
        (RESOLVED, "A-1042 resolved itself at <moment>"),
        (resolved(opened(), (), "U1", NOW), "A-1042 was resolved by <person> at <moment>"),
        (handed_off(TAKEN, Holder("finance"), NOW), "A-1042 is open, with finance"),
        (replace(RESOLVED, resolved_at=None), "A-1042 resolved itself at an unknown time"),
    ],
)
def test_what_stands_is_said_in_one_line(alert: Alert, told: str) -> None:
    assert words(standing(alert)) == told


def test_a_person_in_what_stands_is_the_holder() -> None:
    assert Person("U1") in standing(TAKEN)


VERDICTS = st.one_of(
    st.builds(fire, st.sampled_from(list(Severity)), st.sampled_from(["a", "b"])),
    st.just(Clear(say("over"))),
    st.just(Quiet(say("nothing"))),
)


@given(st.lists(st.tuples(VERDICTS, st.integers(0, 300)), max_size=30))
def test_whatever_happens_versions_never_go_back_and_change_exactly_when_something_is_shown_anew(
    history: list[tuple[Fire | Clear | Quiet, int]],
) -> None:
    alert: Alert | None = None
    now = NOW
    for number, (verdict, minutes) in enumerate(history):
        now += timedelta(minutes=minutes)
        after = advance(alert, verdict, Seat(number, "demo", "low_stock", SEAT.subject), now)
        if after.change == "none":
            assert after.alert == alert
        elif after.alert is not None and alert is not None and after.change != "opened":
            assert after.alert.number == alert.number
            assert after.alert.version == alert.version + 1
            assert after.alert.turn in (alert.turn, alert.turn + 1)
        alert = after.alert
        assert alert is None or (alert.state == "resolved") == (alert.resolved_at is not None)


BY_HAND = resolved(taken(opened(), "U1", NOW), say("ordered 500"), "U1", NOW)
RESTOCKED = Clear(say("enough stock"), say("+500 restocked"))


@pytest.mark.parametrize(
    ("before", "clear", "after", "outcome", "loss"),
    [
        # What ends it in the shop stands beside the word of whoever resolved it, once and not for ever.
        (BY_HAND, RESTOCKED, timedelta(hours=3), "+500 restocked", None),
        (BY_HAND, Clear(say("enough stock")), timedelta(hours=3), "enough stock", None),
        (BY_HAND, RESTOCKED, timedelta(days=8), "", None),
        (replace(BY_HAND, outcome=say("said")), RESTOCKED, timedelta(hours=3), "said", None),
        (RESOLVED, RESTOCKED, timedelta(hours=3), "", None),
        # What it did cost is told whenever it is known.
        (RESOLVED, replace(RESTOCKED, loss=Money(5, "EUR")), timedelta(days=60), "+500 restocked", Money(5, "EUR")),
        (replace(RESOLVED, loss=Money(5, "EUR")), replace(RESTOCKED, loss=Money(5, "EUR")), timedelta(hours=3), "",
         Money(5, "EUR")),
        (replace(BY_HAND, loss=Money(5, "EUR")), RESTOCKED, timedelta(hours=3), "+500 restocked", Money(5, "EUR")),
    ],
)  # fmt: skip
def test_what_happens_after_the_end_is_told_as_well(
    before: Alert, clear: Clear, after: timedelta, outcome: str, loss: Money | None
) -> None:
    said = advance(before, clear, SEAT, NOW + after)
    assert said.alert is not None
    assert (words(said.alert.outcome), said.alert.loss) == (outcome, loss)
    assert said.change == ("none" if said.alert == before else "updated")
    assert said.alert.version == before.version + (said.change == "updated")
    assert (said.alert.state, said.alert.turn) == ("resolved", before.turn)


def eur(low: int, high: int) -> MoneyRange:
    return MoneyRange(Money(low, "EUR"), Money(high, "EUR"))


def at_risk(amount: MoneyRange | None, severity: Severity = Severity.HIGH) -> Fire:
    return fire(severity, cost=Cost(amount, say("so")) if amount else None)


@pytest.mark.parametrize(
    ("before", "now", "worst"),
    [
        (eur(1, 9), eur(2, 5), eur(1, 9)),
        (eur(1, 9), eur(1, 12), eur(1, 12)),
        (eur(1, 9), None, eur(1, 9)),
        (None, eur(1, 2), eur(1, 2)),
        (None, None, None),
        # Two currencies cannot be compared, so the newer one stands.
        (eur(1, 9), MoneyRange(Money(1, "SEK"), Money(2, "SEK")), MoneyRange(Money(1, "SEK"), Money(2, "SEK"))),
    ],
)
@pytest.mark.parametrize("how", ["updated", "escalated", "reopened"])
def test_the_most_that_was_at_risk_is_remembered(
    before: MoneyRange | None, now: MoneyRange | None, worst: MoneyRange | None, how: str
) -> None:
    first = advance(None, at_risk(before), SEAT, NOW).alert
    assert first is not None and first.worst == before
    if how == "reopened":
        first = resolved(replace(first, loss=Money(1, "EUR"), outcome=say("so")), say("done"), None, NOW)
    after = advance(first, at_risk(now, Severity.CRITICAL if how == "escalated" else Severity.HIGH), SEAT, LATER)
    assert after.alert is not None
    assert (after.alert.worst, after.alert.loss, after.alert.outcome) == (worst, None, ())
    assert after.change == how or before == now


def test_clearing_says_what_it_cost() -> None:
    after = advance(opened(), Clear(say("settled"), loss=Money(0, "EUR")), SEAT, LATER).alert
    assert after is not None and after.loss == Money(0, "EUR")


def test_the_end_shows_what_is_true_then_in_place_of_what_stood_before() -> None:
    view = View(say("All is settled"), Step(say("need do nothing more")))
    clear = Clear(say("settled"), views={"warehouse": view}, details=(say("one"),))
    after = advance(opened(), clear, SEAT, LATER).alert
    assert after is not None
    assert (after.fire.views["warehouse"], after.fire.details) == (view, (say("one"),))
    assert after.fire.views["marketing"] == opened().fire.views["marketing"]
    later = advance(BY_HAND, clear, SEAT, LATER).alert
    assert later is not None and later.fire.views["warehouse"] == view

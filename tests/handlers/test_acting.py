"""Acting on an alert by forms and by typed commands, from a table of what is said to what comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.alerts import Alert, Handover, Holder, snoozed, taken
from bot.core.facts import NoFacts
from bot.core.forms import Form, Sent, Wrong
from bot.core.handlers import Acted, Command, Press, Refused, Request, SendForm, ShowForm
from bot.core.parts import ShopText, say
from bot.core.settings import Department, WorkingHours
from bot.core.typed import Named
from handlers.commands import give_back as give_back_command
from handlers.commands import hand_off as hand_off_command
from handlers.commands import resolve as resolve_command
from handlers.commands import snooze as snooze_command
from handlers.commands import take as take_command
from handlers.forms import hand_off, resolve, snooze
from tests.core.samples import NOW, house, opened
from tests.handlers.shelves import alert, words

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = WorkingHours(("mon", "tue", "wed", "thu", "fri"), time(9), time(17), BERLIN)
HOUSE = house(
    Department("marketing", "#marketing", hours=OFFICE),
    Department("finance", "#finance", hours=OFFICE),
    Department("warehouse", "#warehouse"),
)
# Monday, 16:30 in Berlin: half an hour before the offices close.
LATE = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


def to(department: str | None = None, person: tuple[str, ...] = (), note: str | None = None) -> hand_off.Next:
    return hand_off.Next(department, person, note)


def until(what: str, hours: float | None = None, moment: datetime | None = None) -> snooze.Pause:
    return snooze.Pause(what, hours, moment)


def ends(ending: Any, note: str | None = None) -> resolve.End:
    return resolve.End(ending, note)


def sent(form: Form, answers: Any, on: Alert) -> Acted:
    did = form.send(answers, Sent("U1", LATE, "demo", "1042.1", on, house=HOUSE), NoFacts())
    assert isinstance(did, Acted)
    return did


def wrong(form: Form, answers: Any, on: Alert) -> dict[str, str]:
    with pytest.raises(Wrong) as refusal:
        sent(form, answers, on)
    return {name: words(line) for name, line in refusal.value.problems.items()}


# Handing off.


@pytest.mark.parametrize(
    ("answers", "holder", "said"),
    [
        (to("finance"), Holder("finance"), "to finance"),
        (to(None, ("U2",)), Holder("warehouse", "U2"), "to @U2 (warehouse)"),
        (to("warehouse", ("U2",)), Holder("warehouse", "U2"), "to @U2 (warehouse)"),
        (to("finance", ("U2",), "by noon"), Holder("finance", "U2"), "to @U2 (finance): «by noon»"),
    ],
)
def test_a_matter_is_handed_to_a_department_or_to_a_person(answers: hand_off.Next, holder: Holder, said: str) -> None:
    did = sent(hand_off.hand_off, answers, opened())
    assert (did.did, did.alert.holder, words(did.said)) == ("handed_off", holder, said)
    note = say(ShopText(answers.note)) if answers.note else ()
    assert did.alert.handover == Handover("U1", note)


def test_the_due_time_is_reckoned_anew_in_the_hours_of_whoever_has_it_now() -> None:
    did = sent(hand_off.hand_off, to("finance"), opened())
    # Four hours from half past four: half an hour today, the rest from nine tomorrow.
    assert did.alert.due_at == datetime(2026, 11, 24, 12, 30, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("answers", "on", "told"),
    [
        (to(), opened(), {"person": "Name a department or a person."}),
        (to("warehouse"), opened(), {"department": "They have it already."}),
        (to(None, ("U2",)), taken(opened(), "U2", NOW), {"person": "They have it already."}),
    ],
)
def test_a_hand_over_to_nobody_or_to_whoever_has_it_is_told(
    answers: hand_off.Next, on: Alert, told: dict[str, str]
) -> None:
    assert wrong(hand_off.hand_off, answers, on) == told


# Snoozing.

IN_MARKETING = replace(opened(), holder=Holder("marketing"))


@pytest.mark.parametrize(
    ("answers", "on", "end", "worse"),
    [
        (until("hours", 4.0), opened(), LATE + timedelta(hours=4), False),
        (until("hours", 1.5), opened(), LATE + timedelta(minutes=90), False),
        (until("moment", None, LATE + timedelta(days=2)), opened(), LATE + timedelta(days=2), False),
        (until("working_hours"), IN_MARKETING, datetime(2026, 11, 24, 8, 0, tzinfo=UTC), False),
        (until("worse"), opened(), LATE + timedelta(days=30), True),
    ],
)
def test_a_matter_rests_until_what_was_said(answers: snooze.Pause, on: Alert, end: datetime, worse: bool) -> None:
    did = sent(snooze.snooze, answers, on)
    assert (did.did, did.alert.snoozed_until, did.alert.until_worse) == ("snoozed", end, worse)
    assert words(did.said).startswith("until it gets worse" if worse else "until <moment>")


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (until("hours"), {"hours": "This is needed."}),
        (until("moment"), {"moment": "This is needed."}),
        (until("moment", None, LATE), {"moment": "That is over."}),
        (
            until("moment", None, LATE + timedelta(days=31)),
            {"moment": "That is too far ahead: <moment> is the latest."},
        ),
        (
            until("working_hours"),
            {"until": "The config names no working hours of warehouse, so it always works."},
        ),
    ],
)
def test_a_rest_that_cannot_be_is_told_beside_its_field(answers: snooze.Pause, told: dict[str, str]) -> None:
    assert wrong(snooze.snooze, answers, opened()) == told


def test_a_department_that_is_gone_from_the_config_has_no_working_hours() -> None:
    gone = replace(opened(), holder=Holder("depot"))
    assert "no working hours of depot" in wrong(snooze.snooze, until("working_hours"), gone)["until"]


# Resolving.


@pytest.mark.parametrize(
    ("answers", "resolution"),
    [
        (ends("done", "restocked 500"), "«restocked 500»"),
        (ends("done"), "done"),
        (ends("false_alarm"), "false alarm"),
        (ends("will_not_act", "not worth it"), "will not act: «not worth it»"),
        (ends("duplicate", "of A-7"), "duplicate: «of A-7»"),
    ],
)
def test_a_matter_ends_as_was_said_by_whoever_said_it(answers: resolve.End, resolution: str) -> None:
    did = sent(resolve.resolve, answers, opened())
    assert (did.did, did.alert.state, did.alert.resolved_by) == ("resolved", "resolved", "U1")
    assert (did.alert.ending, words(did.alert.resolution), words(did.said)) == (answers.ending, resolution, resolution)


# Typed.


def typed(command: Command, text: str, on: Alert | None = None) -> Any:
    request = Request(text, "U1", "C1", LATE, departments=tuple(HOUSE.departments), zone=BERLIN)
    return command.answer(request, command.facts(alert=on or opened(), open=(alert(1042),)))


COMMANDS = (
    take_command.take, give_back_command.give_back, hand_off_command.hand_off, snooze_command.snooze,
    resolve_command.resolve,
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.verb)
def test_a_number_that_nobody_has_is_refused_with_the_nearest(command: Command) -> None:
    with pytest.raises(Refused) as refusal:
        command.answer(Request("A-1402", "U1", "C1", LATE), command.facts(alert=None, open=(alert(1042),)))
    assert words(refusal.value.line) == ("There is no A-1402. The nearest that is open: A-1042 (Hoodie runs out).")


def test_taking_and_giving_back_are_the_presses_of_their_buttons() -> None:
    assert typed(take_command.take, "a1042") == Press("take", 1042)
    assert typed(give_back_command.give_back, "1042") == Press("give_back", 1042)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("finance", {"department": "finance", "note": ""}),
        ("to Finance: by noon", {"department": "finance", "note": "by noon"}),
        ("<@U0BEN|ben> see the mail", {"person": ("U0BEN",), "note": "see the mail"}),
        ("to <@U0BEN>", {"person": ("U0BEN",), "note": ""}),
        ("finance <@U0BEN|ben>, ask <@U0XI|xi>", {"department": "finance", "person": ("U0BEN",), "note": "ask @xi"}),
        ("finance ask <@U0BEN|ben>", {"department": "finance", "note": "ask @ben"}),
    ],
)
def test_a_hand_over_that_names_somebody_is_done_at_once(text: str, given: dict[str, object]) -> None:
    assert typed(hand_off_command.hand_off, f"A-1042 {text}") == SendForm("hand_off", 1042, given)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("", ""),
        ("fiannce please", "No department is called «fiannce», nor did Slack say that it is a person. Did you mean finance?"),
        ("@xi", "No department is called «@xi», nor did Slack say that it is a person."),
    ],
)  # fmt: skip
def test_a_hand_over_that_names_nobody_opens_the_form_with_what_was_said(text: str, note: str) -> None:
    shown = typed(hand_off_command.hand_off, f"A-1042 {text}")
    assert isinstance(shown, ShowForm)
    assert (shown.form, shown.about, shown.shop) == ("hand_off", "1042.1", "demo")
    assert (shown.given, words(shown.note)) == ({"note": text}, note)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("2h", {"until": "moment", "moment": LATE + timedelta(hours=2)}),
        ("until 18:00", {"until": "moment", "moment": datetime(2026, 11, 23, 17, 0, tzinfo=UTC)}),
        ("working hours", {"until": "working_hours", "moment": None}),
        ("worse", {"until": "worse", "moment": None}),
    ],
)
def test_a_snooze_that_says_until_when_is_done_at_once(text: str, given: dict[str, object]) -> None:
    assert typed(snooze_command.snooze, f"A-1042 {text}") == SendForm("snooze", 1042, given)
    assert set(given) <= set(snooze.snooze.fields)


def test_a_snooze_that_says_nothing_opens_the_form_and_one_that_says_nonsense_is_refused() -> None:
    assert typed(snooze_command.snooze, "A-1042") == ShowForm(
        "snooze", "1042.1", {"until": "hours", "hours": 4}, shop="demo"
    )
    with pytest.raises(Refused):
        typed(snooze_command.snooze, "A-1042 a bit")


def test_without_a_zone_times_are_those_of_the_world_clock() -> None:
    request = Request("A-1042 until 18:00", "U1", "C1", LATE)
    did = snooze_command.snooze.answer(request, Named(opened(), ()))
    assert isinstance(did, SendForm)
    assert did.given["moment"] == datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ending", "note"),
    [
        ("done", "done", ""),
        ("restocked 500", "done", "restocked 500"),
        ("False alarm: the scale was off", "false_alarm", "the scale was off"),
        ("false-alarm", "false_alarm", ""),
        ("will not act, not worth it", "will_not_act", "not worth it"),
        ("duplicate of A-7", "duplicate", "of A-7"),
        ("duplicates are gone", "done", "duplicates are gone"),
        ("restocked by <@U0BEN|ben>", "done", "restocked by @ben"),
    ],
)
def test_how_a_matter_ends_is_read_from_the_first_words(text: str, ending: str, note: str) -> None:
    did = typed(resolve_command.resolve, f"A-1042 {text}")
    assert did == SendForm("resolve", 1042, {"ending": ending, "note": note})
    assert set(did.given) <= set(resolve.resolve.fields)


def test_without_a_reason_the_form_opens_on_the_turn_as_it_is() -> None:
    on = snoozed(opened(), LATE, "U1", NOW)
    assert typed(resolve_command.resolve, "A-1042", on) == ShowForm(
        "resolve", "1042.2", {"ending": "done"}, shop="demo"
    )

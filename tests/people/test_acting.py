"""Acting on an alert, by its buttons, its forms and typed commands, with real handlers and a real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.alerts import Alert
from bot.core.authority import Actor, Standing
from bot.core.forms import Submission
from bot.core.handlers import Refused, Request, ShowForm
from bot.core.message import Buttons
from bot.people.acts import Act
from bot.store import alerts
from tests.bench import Bench
from tests.handlers.shelves import words
from tests.pipeline.test_pipeline import dispute


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A dispute that finance sees, A-1001."""
    bench = Bench(tmp_path)
    dispute(bench)
    bench.deliver_posts()
    yield bench
    bench.close()


def now(bench: Bench) -> Alert:
    with bench.store.read() as connection:
        found = alerts.by_number(connection, 1001)
    assert found is not None
    return found


def log(bench: Bench) -> list[str]:
    with bench.store.read() as connection:
        return [f"{line.change} by {line.actor}: {words(line.reason)}" for line in alerts.logged(connection, 1001)]


def sends(bench: Bench, form: str, about: str, by: str = "U1", **entered: Any) -> Act:
    return bench.desk.submit(Submission(form, by, bench.watch.now(), "demo", about, entered))


def types(bench: Bench, verb: str, text: str, person: str = "U1") -> Any:
    asked = Request(text, person, "C1", bench.watch.now(), typed=bench.watch.now())
    return bench.desk.answer("ops", verb, asked)


def told(act: Any) -> str:
    assert isinstance(act, Act) and act.told is not None
    return words(act.told)


# Forms.


def test_whoever_resolves_says_how_and_everybody_reads_it(bench: Bench) -> None:
    shown = bench.desk.act("resolve", 1001, 1, "U1").modal
    assert isinstance(shown, ShowForm) and shown.about == "1001.1"
    assert sends(bench, "resolve", shown.about, ending="false_alarm", note="the bank's mistake").changed
    assert "Resolved <moment> by @U1: false alarm: «the bank's mistake»" in bench.body("#finance")
    assert log(bench)[-1] == "resolved by U1: sent Resolve: false alarm: «the bank's mistake»"
    assert now(bench).ending == "false_alarm"
    with pytest.raises(Refused, match="Nothing changed"):
        sends(bench, "resolve", shown.about, "U2", ending="done")


def test_what_nobody_will_act_on_stays_closed_until_it_is_worse(bench: Bench) -> None:
    sends(bench, "resolve", "1001.1", ending="will_not_act")
    bench.watch.forward(minutes=30)
    dispute(bench)
    bench.pipeline.tick()
    assert now(bench).state == "resolved"
    bench.watch.forward(days=4, hours=12)
    bench.pipeline.tick()
    with bench.store.read() as connection:
        again = alerts.by_number(connection, 1002)
    assert again is not None and again.state == "firing"


def test_a_department_that_is_handed_a_matter_sees_it_from_then_on_and_is_told_why(bench: Bench) -> None:
    assert bench.shown("#warehouse") == []
    sends(bench, "hand_off", "1001.1", department="warehouse", person=("U2",), note="look for the parcel")
    bench.deliver_posts()
    message, notice = bench.shown("#warehouse")
    assert message.startswith("TAKEN: ")
    assert notice.endswith("held by @U2 since <moment>, due <moment>, handed over by @U1: «look for the parcel»")
    # Finance sees the state and is not called for what others have.
    (there,) = bench.shown("#finance")
    assert there.startswith("TAKEN: ")
    assert log(bench)[-1] == "handed_off by U1: sent Hand off: to @U2 (warehouse): «look for the parcel»"
    assert now(bench).holder.person == "U2"


def test_a_person_who_is_handed_a_matter_is_told_in_the_thread_of_its_message(bench: Bench) -> None:
    sends(bench, "hand_off", "1001.1", department="finance", person=("U2",))
    (root, _), (notice, _) = bench.posts("#finance")
    assert (root.thread, notice.thread) == ("", root.key)
    assert "@U2" in bench.shown("#finance")[1]


def test_a_department_that_is_not_there_is_no_choice(bench: Bench) -> None:
    problems = bench.desk.check(
        Submission("hand_off", "U1", bench.watch.now(), "demo", "1001.1", {"department": "moon"})
    )
    assert {name: words(line) for name, line in problems.items()} == {"department": "This is none of the options."}


def test_what_rests_until_it_gets_worse_is_not_woken_by_time_but_by_that(bench: Bench) -> None:
    sends(bench, "snooze", "1001.1", until="worse")
    assert "Snoozed until it gets worse, at the latest until <moment> by @U1" in bench.body("#finance")
    bench.watch.forward(days=2)
    bench.pipeline.tick()
    assert now(bench).state == "snoozed"
    bench.watch.forward(days=2, hours=12)
    bench.pipeline.tick()
    assert (now(bench).state, now(bench).until_worse) == ("firing", False)


def test_what_never_gets_worse_comes_back_after_thirty_days(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.sells("HOODIE", 10)
    bench.stock("HOODIE", 0)
    number = int(bench.posts("#warehouse")[-1][0].key.split("/")[1])
    assert "it gets worse" in told(types(bench, "snooze", f"A-{number} worse"))
    for days, state in ((29, "snoozed"), (1, "firing")):
        bench.watch.forward(days=days)
        bench.pipeline.tick()
        with bench.store.read() as connection:
            alert = alerts.by_number(connection, number)
        assert alert is not None and alert.state == state
    bench.close()


# Commands.


def test_what_is_typed_is_done_and_told_to_whoever_typed_it(bench: Bench) -> None:
    assert told(types(bench, "take", "a1001")) == "A-1001 is held by @U1 since <moment>."
    bench.watch.forward(seconds=1)
    assert told(types(bench, "hand-off", "1001 <@U0BEN|ben> please")) == "A-1001 is held by @U0BEN since <moment>."
    bench.watch.forward(seconds=1)
    assert told(types(bench, "give-back", "A-1001", "U2")) == "A-1001 is open, with finance."
    bench.watch.forward(seconds=1)
    assert told(types(bench, "snooze", "A-1001 until 15:00")) == "A-1001 is snoozed until <moment> by @U1."
    # Four in the afternoon in Berlin is three o'clock in the world's time.
    assert now(bench).snoozed_until == bench.watch.at.replace(hour=14, minute=0, second=0)
    bench.watch.forward(seconds=1)
    assert told(types(bench, "resolve", "A-1001 duplicate of A-7")) == "A-1001 was resolved by @U1 at <moment>."
    assert [line.partition(":")[0] for line in log(bench)[1:]] == [
        "taken by U1", "handed_off by U1", "given_back by U2", "snoozed by U1", "resolved by U1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "text", "answer"),
    [
        ("take", "A-1001", "Nothing changed: A-1001 was resolved by @U1 at <moment>."),
        ("give-back", "A-1001", "Nothing changed: A-1001 was resolved by @U1 at <moment>."),
    ],
)
def test_what_does_not_fit_how_it_stands_changes_nothing(bench: Bench, verb: str, text: str, answer: str) -> None:
    types(bench, "resolve", "A-1001 done")
    bench.watch.forward(seconds=1)
    assert told(types(bench, verb, text, "U2")) == answer


@pytest.mark.parametrize("typed", [("resolve", "A-1001 done"), ("hand-off", "A-1001 finance"), ("snooze", "A-1001")])
def test_a_form_does_not_open_or_act_on_what_is_resolved(bench: Bench, typed: tuple[str, str]) -> None:
    types(bench, "resolve", "A-1001 done")
    bench.watch.forward(seconds=1)
    with pytest.raises(Refused) as refusal:
        types(bench, *typed)
    assert words(refusal.value.line) == "Nothing changed: A-1001 was resolved by @U1 at <moment>."


def test_an_answer_that_was_cut_short_is_not_done_twice(bench: Bench) -> None:
    typed = Request("A-1001 2h", "U1", "C1", bench.watch.now(), typed=bench.watch.now())
    assert told(bench.desk.answer("ops", "snooze", typed)) == "A-1001 is snoozed until <moment> by @U1."
    before = now(bench)
    bench.watch.forward(minutes=5)
    again = bench.desk.answer("ops", "snooze", replace(typed, now=bench.watch.now()))
    assert told(again) == "Nothing changed: A-1001 is snoozed until <moment> by @U1."
    assert now(bench) == before


def test_without_enough_words_the_form_opens_on_the_alert_as_it_stands(bench: Bench) -> None:
    shown = types(bench, "resolve", "A-1001")
    assert shown == ShowForm("resolve", about="1001.1", given={"ending": "done"}, shop="demo")
    assert sends(bench, "resolve", shown.about, ending="done").changed


def test_what_the_form_finds_wrong_is_told_and_nothing_is_saved(bench: Bench) -> None:
    assert told(types(bench, "snooze", "A-1001 2027-01-01")) == (
        "Nothing was saved. Moment: That is too far ahead: <moment> is the latest."
    )
    assert now(bench).state == "firing"


def test_a_form_that_is_switched_off_is_told(tmp_path: Path) -> None:
    full = Bench(tmp_path)
    dispute(full)
    full.close()
    bench = Bench(tmp_path, catalog=replace(full.catalog, forms={}))
    with pytest.raises(Refused) as refusal:
        types(bench, "resolve", "A-1001 done")
    assert words(refusal.value.line) == "This alert or form no longer exists."
    # The edge tells of a form that it does not know.
    assert isinstance(types(bench, "resolve", "A-1001"), ShowForm)
    bench.close()


# The window behind the shortcut.


def test_the_window_of_an_alert_offers_what_fits_its_state(bench: Bench) -> None:
    def offered() -> list[str]:
        shown = bench.desk.window(1001, "U1")
        assert shown.title == "A-1001"
        return [button.label for block in shown.blocks if isinstance(block, Buttons) for button in block.buttons]

    assert offered() == ["Take it", "Hand off", "Snooze", "Details", "Resolve", "Snooze until…", "Silence…"]
    bench.desk.act("take", 1001, 1, "U1")
    assert offered() == ["Hand off", "Snooze", "Details", "Resolve", "Snooze until…", "Give back", "Silence…"]
    types(bench, "resolve", "A-1001 done")
    with pytest.raises(Refused, match="no longer exists"):
        bench.desk.window(7, "U1")


def test_an_alert_keeps_four_buttons_and_has_the_rest_in_its_menu(bench: Bench) -> None:
    (_, message), *_ = bench.posts("#finance")
    (buttons,) = [block for block in message.blocks if isinstance(block, Buttons)]
    assert [button.label for button in buttons.buttons] == ["Take it", "Hand off", "Snooze", "Details"]
    assert [button.label for button in buttons.menu] == ["Resolve", "Snooze until…", "Silence…"]


def test_a_snooze_by_one_press_lasts_four_hours(bench: Bench) -> None:
    bench.desk.act("snooze", 1001, 1, "U1")
    assert now(bench).snoozed_until == bench.watch.now() + timedelta(hours=4)
    assert log(bench)[-1] == "snoozed by U1: pressed Snooze: until <moment>"


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        ("guest", "A guest can do nothing with it; name a member."),
        ("gone", "They have left the workspace; name somebody else."),
        ("bot", "A program can do nothing with it; name a member."),
        ("outsider", "That is nobody of this workspace; name a member."),
    ],
)
def test_nothing_is_given_to_whoever_can_do_nothing_with_it(bench: Bench, standing: Standing, why: str) -> None:
    bench.who = lambda user: Actor(user, standing if user == "U0XI" else "member")
    before = now(bench)
    assert told(types(bench, "hand-off", "A-1001 <@U0XI|xi> please")) == f"Nothing was saved. Person: {why}"
    sent = Submission("hand_off", "U1", bench.watch.now(), "demo", f"1001.{before.turn}", {"person": ("U0XI",)})
    assert {name: words(line) for name, line in bench.desk.check(sent).items()} == {"person": why}
    assert now(bench) == before


@pytest.mark.parametrize("standing", ["unknown", "unasked"])
def test_where_slack_does_not_say_who_somebody_is_they_are_given_it(bench: Bench, standing: Standing) -> None:
    bench.who = lambda user: Actor(user, standing if user == "U0XI" else "member")
    assert told(types(bench, "hand-off", "A-1001 <@U0XI> please")) == "A-1001 is held by @U0XI since <moment>."

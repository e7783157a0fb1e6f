"""Exercises in a whole bot: shown like an alert, taken, ended, told of, and counted nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.drills import Drill
from bot.core.handlers import Reply, Request
from bot.core.message import Message
from bot.core.settings import Department, Escalation, Grouping, Route
from bot.core.silences import Silence
from bot.edge.health import take_census
from bot.rounds.overdue import Overdue
from bot.store.tables.held import interruption
from tests.bench import Bench, usual_house
from tests.core.samples import NOW, SHOP
from tests.handlers.shelves import spoken, words

USUAL = Drill("warehouse", "U0BEN", NOW, "low_stock", "sku")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    budget = {name: Department(name, f"#{name}", budget=1) for name in ("warehouse", "finance", "operations")}
    escalations = (Escalation(timedelta(minutes=1), "operations"),)
    made = Bench(tmp_path, usual_house(departments=budget, escalations=escalations))
    yield made
    made.close()


def starts(bench: Bench, drill: Drill = USUAL) -> int:
    alert = bench.drills.start(drill, "demo")
    bench.deliver_posts()
    return alert.number


def says(bench: Bench, text: str = "") -> Message:
    reply = bench.desk.answer("ops", "drill", Request(text, "U0BEN", "C1", bench.watch.now()))
    assert isinstance(reply, Reply)
    return reply.message


def told(bench: Bench, channel: str) -> list[str]:
    return [line for line in bench.shown(channel) if line.startswith("Exercise A-")]


def test_an_exercise_is_shown_and_taken_and_its_thread_tells_how_fast(bench: Bench) -> None:
    number = starts(bench)
    assert bench.shown("#warehouse")[0].startswith("HIGH: EXERCISE: low_stock for warehouse. Nothing is wrong")
    assert bench.drills.tick() == 0
    assert told(bench, "#warehouse") == []
    bench.watch.forward(minutes=2)
    assert bench.desk.act("take", number, 1, "U0ANA").changed
    bench.drills.tick()
    line = f"Exercise A-{number} for warehouse: taken by @U0ANA <duration> after it was shown. Started by @U0BEN."
    assert told(bench, "#warehouse") == [line]
    post = next(post for post, _ in bench.posts("#warehouse") if post.key == f"alert/{number}/result")
    assert post.thread == f"alert/{number}"
    assert spoken(says(bench)) == [line]


def test_it_ends_by_itself_and_says_that_nobody_took_it(bench: Bench) -> None:
    number = starts(bench)
    assert spoken(says(bench)) == [f"Exercise A-{number} for warehouse runs, until <moment>"]
    bench.watch.forward(minutes=30)
    assert (bench.drills.tick(), bench.drills.tick()) == (1, 0)
    assert bench.shown("#warehouse")[0].startswith("RESOLVED: EXERCISE")
    assert told(bench, "#warehouse") == [
        f"Exercise A-{number} for warehouse: nobody took it within <duration>. Started by @U0BEN."
    ]
    bench.watch.forward(hours=2)
    assert bench.drills.tick() == 0


def test_resolved_by_hand_it_is_told_as_well(bench: Bench) -> None:
    number = starts(bench)
    bench.desk.act("take", number, 1, "U0ANA")
    bench.drills.tick()
    with bench.store.write() as connection:
        from bot.core.alerts import resolved
        from bot.core.parts import say
        from bot.store import alerts

        alert = alerts.by_number(connection, number)
        assert alert is not None
        alerts.save(connection, resolved(alert, say("seen"), "U0ANA", NOW), "resolved", "U0ANA", (), NOW)
    bench.drills.tick()
    assert "resolved by @U0ANA" in told(bench, "#warehouse")[0]


def test_what_is_kept_quiet_is_never_shown_and_operations_hear_that(bench: Bench) -> None:
    bench.hush.lay(Silence(0, NOW + timedelta(hours=4), "U0ANA", "known", NOW, "low_stock"))
    starts(bench)
    bench.watch.forward(minutes=30)
    bench.drills.tick()
    assert bench.shown("#warehouse") == []
    assert "it was never shown" in told(bench, "#operations")[0]


def test_it_goes_where_a_route_sends_the_rules_alerts(tmp_path: Path) -> None:
    made = Bench(tmp_path, usual_house(routes=(Route(family="stock", channel="#stock"),)))
    starts(made)
    assert made.shown("#warehouse") == [] and "EXERCISE" in made.shown("#stock")[0]
    made.close()


def test_it_is_told_together_with_nothing(tmp_path: Path) -> None:
    together = (Route(rule="low_*", group=Grouping(("rule",), timedelta(0))),)
    made = Bench(tmp_path, usual_house(routes=together))
    starts(made)
    assert [post.key for post, _ in made.posts("#warehouse")] == ["alert/1001"]
    made.close()


def test_the_same_asking_starts_one_exercise(bench: Bench) -> None:
    assert starts(bench) == starts(bench)
    assert starts(bench, replace(USUAL, asked_at=NOW + timedelta(seconds=1))) != starts(bench)


def test_an_exercise_counts_in_no_digest_no_budget_no_census_and_no_repetition(bench: Bench) -> None:
    starts(bench)
    starts(bench, replace(USUAL, by="U0ANA"))
    with bench.store.read() as connection:
        assert connection.execute(interruption.select()).all() == []
    assert take_census(bench.store).alerts == {}
    assert "Nothing needs you." in spoken(bench.desk.digests.digest("operations", SHOP))
    assert not any("times in 30 days" in line for line in bench.body("#warehouse"))
    bench.watch.forward(hours=9)
    overdue = Overdue(bench.store, bench.house, bench.pipeline.board, bench.watch)  # type: ignore[arg-type]
    assert overdue.tick() == 0
    assert bench.shown("#operations") == []
    bench.watch.forward(days=1)
    assert "Nothing needs you." in spoken(bench.desk.digests.digest("operations", SHOP))


def test_the_list_of_what_is_open_says_that_it_is_an_exercise(bench: Bench) -> None:
    starts(bench)
    reply = bench.desk.answer("ops", "alerts", Request("", "U0BEN", "C1", NOW))
    assert isinstance(reply, Reply)
    assert any("EXERCISE: low_stock for warehouse" in line for line in spoken(reply.message))


def test_nobody_is_said_to_hold_an_exercise_where_open_alerts_are_counted(bench: Bench) -> None:
    number = starts(bench)
    bench.desk.act("take", number, 1, "U0ANA")
    reply = bench.desk.answer("ops", "who", Request("", "U0BEN", "C1", NOW))
    assert isinstance(reply, Reply)
    assert spoken(reply.message)[-1] == "Nothing is open."
    assert not any("1 open alert" in line for line in spoken(reply.message))


def test_no_rule_decides_on_an_exercise_also_when_its_snooze_is_over(bench: Bench) -> None:
    number = starts(bench)
    bench.desk.act("take", number, 1, "U0ANA")
    bench.watch.forward(hours=5)
    bench.pipeline.tick()
    reply = bench.desk.answer("ops", "why", Request(f"A-{number}", "U0BEN", "C1", NOW))
    assert isinstance(reply, Reply)
    assert any("An exercise that @U0BEN started" in line for line in spoken(reply.message))


def test_a_member_starts_one_by_command_once_also_when_the_answer_is_made_again(bench: Bench) -> None:
    for _ in range(2):
        assert words(says(bench, "low_stock warehouse").summary).startswith("A-1001 is an exercise for warehouse.")
    assert len(bench.posts("#warehouse")) == 1
    bench.watch.forward(minutes=1)
    assert words(says(bench, "finance").summary).startswith("A-1002 is an exercise for finance.")
    assert "EXERCISE: an alert for finance" in bench.shown("#finance")[0]

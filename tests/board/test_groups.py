"""Alerts that share a message: what the channel shows of them, and how often it is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.alerts import Alert
from bot.core.settings import Grouping, Route, Storm
from bot.core.silences import Silence
from bot.people.hush import Hush
from bot.rounds.troubles import Troubles
from bot.store import alerts
from bot.store.tables.held import interruption
from tests.bench import Bench, usual_house
from tests.core.samples import NOW
from tests.handlers.shelves import words

BY_RULE = Grouping(("rule",), timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=4))


def bench_of(folder: Path, grouping: Grouping | None = BY_RULE, **changes: Any) -> Bench:
    routes = (Route(group=grouping),) if grouping else ()
    return Bench(folder, usual_house(routes=routes, **changes))


def dispute(bench: Bench, name: str, amount: str = "50.00", **fields: Any) -> None:
    plan = {"dispute": name, "amount": {"amount": amount, "currency": "EUR"}, "reason": "fraudulent", "status": "open"}
    bench.event("dispute.changed", **(plan | {"due": (NOW + timedelta(days=6)).isoformat()} | fields))


def won(bench: Bench, name: str) -> None:
    dispute(bench, name, status="won")


def later(bench: Bench, **span: float) -> None:
    bench.watch.forward(**span)
    bench.deliver_posts()


def threads(bench: Bench) -> list[str]:
    """What finance is called for, oldest first."""
    return [words(message.summary) for post, message in live(bench) if post.thread and post.ts]


def roots(bench: Bench) -> list[str]:
    """Finance's messages that can be seen."""
    return [words(message.summary) for post, message in live(bench) if post.ts and not post.thread]


def live(bench: Bench) -> list[Any]:
    return [each for each in bench.posts("#finance") if each[0].state != "dropped"]


def alert(bench: Bench, number: int) -> Alert:
    with bench.store.read() as connection:
        found = alerts.by_number(connection, number)
    assert found is not None
    return found


def test_alerts_that_come_together_are_shown_together_once_the_wait_is_over(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    dispute(bench, "d2", "900.00")
    bench.deliver_posts()
    assert roots(bench) == []
    later(bench, seconds=31)
    assert len(roots(bench)) == 1
    assert roots(bench)[0].startswith("MEDIUM: 2 alerts: dispute opened. 2 open")
    assert threads(bench) == []
    bench.close()


def test_an_alert_alone_in_its_group_looks_as_it_always_does(tmp_path: Path) -> None:
    alone, grouped = bench_of(tmp_path / "a", None), bench_of(tmp_path / "b")
    for bench in (alone, grouped):
        dispute(bench, "d1")
        later(bench, seconds=31)
    assert live(grouped)[0][1] == live(alone)[0][1]
    alone.close()
    grouped.close()


def test_nobody_waits_for_what_is_critical(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1", due=(NOW + timedelta(hours=20)).isoformat())
    bench.deliver_posts()
    assert len(roots(bench)) == 1
    assert roots(bench)[0].startswith("CRITICAL: ")
    bench.close()


def test_more_is_edited_in_at_once_and_told_at_most_once_in_the_interval(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    later(bench, seconds=31)
    dispute(bench, "d2")
    bench.deliver_posts()
    dispute(bench, "d3", "900.00")
    bench.deliver_posts()
    assert "3 open" in roots(bench)[0]
    assert threads(bench) == []
    later(bench, minutes=5)
    assert [line.partition(": ")[0] for line in threads(bench)] == ["2 new or worse"]
    dispute(bench, "d4")
    later(bench, minutes=1)
    assert len(threads(bench)) == 1
    later(bench, minutes=4)
    assert [line.partition(": ")[0] for line in threads(bench)] == ["2 new or worse", "1 new or worse"]
    bench.close()


def test_what_is_worse_than_all_before_is_told_at_once(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    later(bench, seconds=31)
    dispute(bench, "d2", due=(bench.watch.now() + timedelta(hours=20)).isoformat())
    bench.deliver_posts()
    assert len(threads(bench)) == 1
    bench.close()


def test_a_call_for_what_is_over_meanwhile_is_not_made(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    later(bench, seconds=31)
    dispute(bench, "d2")
    bench.watch.forward(seconds=60)
    won(bench, "d2")
    later(bench, minutes=10)
    assert threads(bench) == []
    assert "1 open, 1 over" in roots(bench)[0]
    bench.close()


def test_when_all_is_over_the_message_says_so_and_what_comes_soon_after_joins_it(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    for name in ("d1", "d2"):
        dispute(bench, name)
    later(bench, seconds=31)
    for name in ("d1", "d2"):
        bench.watch.forward(seconds=1)
        won(bench, name)
    later(bench, minutes=30)
    assert roots(bench)[0].startswith("RESOLVED: 2 alerts")
    dispute(bench, "d3")
    later(bench, minutes=1)
    assert len(roots(bench)) == 1
    assert "1 open, 2 over" in roots(bench)[0]
    won(bench, "d3")
    later(bench, hours=3)
    dispute(bench, "d4")
    later(bench, seconds=31)
    assert len(roots(bench)) == 2
    bench.close()


def test_what_is_over_before_anybody_saw_it_leaves_its_group(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    bench.watch.forward(seconds=1)
    won(bench, "d1")
    later(bench, minutes=5)
    assert live(bench) == []
    dispute(bench, "d2")
    dispute(bench, "d3")
    bench.watch.forward(seconds=1)
    won(bench, "d2")
    later(bench, minutes=5)
    assert [line.partition(":")[0] for line in roots(bench)] == ["MEDIUM"]
    bench.close()


def test_a_person_who_takes_one_of_them_holds_that_one(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    for name in ("d1", "d2"):
        dispute(bench, name)
    later(bench, seconds=31)
    pick = next(block for block in live(bench)[0][1].blocks if block.kind == "pick")
    assert [value for _, value in pick.choices] == [1001, 1002]
    bench.desk.act("take", 1001, 1, "U0ANNA")
    bench.deliver_posts()
    assert "2 open, 1 taken" in roots(bench)[0]
    bench.desk.act("take", 1002, 1, "U0ANNA")
    bench.deliver_posts()
    assert roots(bench)[0].startswith("TAKEN: ")
    bench.close()


def test_the_reminder_of_one_of_them_is_told_in_the_threads_of_all(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    dispute(bench, "d2")
    later(bench, seconds=31)
    bench.desk.act("snooze", 1001, 1, "U0ANNA")
    later(bench, hours=5)
    bench.pipeline.tick()
    bench.deliver_posts()
    assert [line.partition(":")[0] for line in threads(bench)] == ["The snooze is over and it still stands"]
    bench.close()


@pytest.mark.parametrize("updates", ["new", "thread+channel"])
def test_a_group_is_never_posted_anew(tmp_path: Path, updates: Any) -> None:
    bench = Bench(tmp_path, usual_house(routes=(Route(group=BY_RULE, updates=updates),)))
    dispute(bench, "d1")
    dispute(bench, "d2")
    later(bench, seconds=31)
    first = live(bench)[0][0].ts
    bench.desk.act("snooze", 1001, 1, "U0ANNA")
    later(bench, hours=5)
    bench.pipeline.tick()
    bench.deliver_posts()
    assert live(bench)[0][0].ts == first
    assert any(line.startswith("The snooze is over") for line in threads(bench))
    bench.close()


def test_people_are_told_that_a_group_still_stands_and_only_then(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    for name in ("d1", "d2"):
        dispute(bench, name)
    later(bench, seconds=31)
    assert remind(bench) == 0
    later(bench, hours=4)
    assert (remind(bench), remind(bench)) == (1, 0)
    assert threads(bench)[-1].startswith("Still open: 2 open")
    for number in (1001, 1002):
        bench.desk.act("snooze", number, 1, "U0ANNA")
    later(bench, hours=4)
    assert remind(bench) == 0
    bench.close()


def remind(bench: Bench) -> int:
    with bench.store.write() as connection:
        reminded = bench.board.remind(connection)
    bench.deliver_posts()
    return reminded


def test_a_silence_takes_what_nobody_saw_out_of_its_group_and_gives_it_back(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    hush = Hush(bench.store, bench.house, bench.board, bench.watch)  # type: ignore[arg-type]
    dispute(bench, "d1")
    dispute(bench, "d2")
    until = bench.watch.now() + timedelta(hours=1)
    hush.lay(Silence(0, until, "U0ANNA", "known", bench.watch.now(), "dispute_opened", "d1"))
    later(bench, seconds=31)
    assert len(roots(bench)) == 1
    assert "2 alerts" not in roots(bench)[0]
    later(bench, hours=1)
    hush.tick()
    later(bench, minutes=6)
    assert "2 open" in roots(bench)[0]
    assert [line.partition(": ")[0] for line in threads(bench)] == ["1 new or worse"]
    bench.close()


def test_in_a_storm_a_channel_gets_one_message_for_the_rest_of_a_rule(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, None, storm=Storm(3))
    for number in range(40):
        dispute(bench, f"d{number}", f"{number + 1}.00")
        bench.watch.forward(seconds=1)
        bench.deliver_posts()
    assert len(roots(bench)) == 4
    assert "37 open" in roots(bench)[-1]
    assert "First: A-1040" in roots(bench)[-1]
    assert len(threads(bench)) == 0
    later(bench, minutes=11)
    assert [line.partition(": ")[0] for line in threads(bench)] == ["36 new or worse"]
    dispute(bench, "calm again")
    bench.deliver_posts()
    assert len(roots(bench)) == 5
    bench.close()


def test_without_a_storm_each_has_its_own_message(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, None, storm=None)
    for number in range(20):
        dispute(bench, f"d{number}")
    bench.deliver_posts()
    assert len(roots(bench)) == 20
    bench.close()


def test_what_exceeds_the_budget_is_in_the_days_summary_and_makes_no_group(tmp_path: Path) -> None:
    house = usual_house(routes=(Route(group=BY_RULE),))
    departments = house.departments | {"finance": replace(house.departments["finance"], budget=1)}
    bench = Bench(tmp_path, replace(house, departments=departments))
    bench.event("payout.changed", payout="p1", amount={"amount": "5.00", "currency": "EUR"}, status="canceled")
    later(bench, seconds=31)
    dispute(bench, "d1")
    later(bench, seconds=31)
    assert [line[:8] for line in roots(bench)] == ["HIGH: Pa", "+1 more "]
    bench.close()


def test_what_people_see_of_a_group_is_kept_true_at_once_also_within_the_wait(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Grouping(("rule",), timedelta(minutes=20)))
    dispute(bench, "d1", due=(NOW + timedelta(hours=20)).isoformat())
    bench.deliver_posts()
    bench.watch.forward(seconds=1)
    won(bench, "d1")
    dispute(bench, "d2")
    bench.deliver_posts()
    root = live(bench)[0][0]
    assert (root.state, root.shown) == ("shown", root.wanted)
    assert "1 open, 1 over" in roots(bench)[0]
    bench.close()


def test_nobody_is_reminded_of_a_group_that_could_not_be_shown_yet(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    bench.watch.forward(hours=4)
    assert remind(bench) == 0
    assert threads(bench) == []
    bench.close()


@pytest.mark.parametrize("budget", [0, 9], ids=["in the summary", "as a group"])
def test_what_stands_is_told_however_long_slack_was_away(tmp_path: Path, budget: int) -> None:
    bench = budgeted(tmp_path, budget)
    payout(bench, "p1")
    bench.watch.forward(days=3)
    Troubles(bench.store, "#operations", bench.board.clock).tick()
    bench.deliver_posts()
    assert [line[:8] for line in roots(bench)] == ["HIGH: Pa" if budget else "+1 more "]
    bench.close()


# Groups and budgets.


def budgeted(folder: Path, budget: int, grouping: Grouping = BY_RULE) -> Bench:
    house = usual_house(routes=(Route(group=grouping),))
    departments = house.departments | {"finance": replace(house.departments["finance"], budget=budget)}
    return Bench(folder, replace(house, departments=departments))


def payout(bench: Bench, name: str, status: str = "canceled") -> None:
    bench.event("payout.changed", payout=name, amount={"amount": "5.00", "currency": "EUR"}, status=status)


def summarised(bench: Bench) -> list[str]:
    """The alerts in finance's summary of the day."""
    found = [message for post, message in live(bench) if post.key.startswith("budget/")]
    bullets = [block for message in found for block in message.blocks if block.kind == "bullets"]
    return [words(line).partition(" ·")[0] for block in bullets for line in block.lines]


def test_a_group_that_is_over_before_anybody_saw_it_costs_nothing(tmp_path: Path) -> None:
    bench = budgeted(tmp_path, 1)
    dispute(bench, "d1")
    payout(bench, "p1", "failed")
    later(bench, seconds=1)
    won(bench, "d1")
    payout(bench, "p2")
    later(bench, minutes=6)
    assert [line.partition(" ·")[0] for line in threads(bench)] == ["1 new or worse: A-1003 HIGH"]
    assert summarised(bench) == []
    bench.close()


def test_each_alert_that_exceeds_the_budget_is_in_the_summary_until_it_is_told(tmp_path: Path) -> None:
    bench = budgeted(tmp_path, 1)
    payout(bench, "p1")
    later(bench, seconds=31)
    dispute(bench, "d1")
    dispute(bench, "d2")
    later(bench, seconds=31)
    assert summarised(bench) == ["A-1002 MEDIUM", "A-1003 MEDIUM"]
    # The next day it stays there as long as nobody must look at it again.
    later(bench, days=1)
    bench.pipeline.tick()
    later(bench, seconds=31)
    assert summarised(bench) == ["A-1002 MEDIUM", "A-1003 MEDIUM"]
    with bench.store.read() as connection:
        assert len(connection.execute(select(interruption)).all()) == 3
    bench.close()


def test_what_is_in_the_summary_leaves_it_with_the_group_that_tells_of_it(tmp_path: Path) -> None:
    bench = budgeted(tmp_path, 1)
    payout(bench, "p1")
    later(bench, seconds=31)
    dispute(bench, "d1")
    dispute(bench, "d2", due=(bench.watch.now() + timedelta(hours=20)).isoformat())
    bench.desk.act("take", 1002, 1, "U0ANNA")
    later(bench, seconds=31)
    assert summarised(bench) == []
    assert "2 open, 1 taken" in roots(bench)[-1]
    bench.close()


def test_a_call_that_the_budget_does_not_allow_for_leaves_the_next_one_its_interval(tmp_path: Path) -> None:
    bench = budgeted(tmp_path, 2)
    dispute(bench, "d1", due=(NOW + timedelta(hours=20)).isoformat())
    bench.deliver_posts()
    for name in ("d2", "d3"):
        dispute(bench, name)
        later(bench, minutes=6)
    assert len(threads(bench)) == 2
    dispute(bench, "d4")
    assert summarised(bench) == ["A-1004 MEDIUM"]
    dispute(bench, "d5", due=(bench.watch.now() + timedelta(hours=20)).isoformat())
    later(bench, minutes=1)
    assert len(threads(bench)) == 2
    later(bench, minutes=5)
    assert len(threads(bench)) == 3
    bench.close()


def test_the_reminder_of_a_group_is_told_as_far_as_the_budget_goes(tmp_path: Path) -> None:
    bench = budgeted(tmp_path, 2)
    for name in ("d1", "d2"):
        dispute(bench, name)
    later(bench, seconds=31)
    later(bench, hours=4)
    assert remind(bench) == 1
    later(bench, hours=4)
    assert remind(bench) == 0
    assert len(threads(bench)) == 1
    assert summarised(bench) == ["A-1001 MEDIUM"]
    bench.close()


@pytest.mark.parametrize("act", ["take", "snooze"])
def test_a_call_does_not_name_what_somebody_has_seen_to_meanwhile(tmp_path: Path, act: str) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    later(bench, seconds=31)
    dispute(bench, "d2")
    bench.desk.act(act, 1002, 1, "U0ANNA")
    later(bench, minutes=10)
    assert threads(bench) == []
    bench.close()


def test_a_call_does_not_name_what_is_silenced_meanwhile(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    dispute(bench, "d1")
    later(bench, seconds=31)
    for name in ("d2", "d3"):
        dispute(bench, name)
    until = bench.watch.now() + timedelta(hours=1)
    bench.hush.lay(Silence(0, until, "U0ANNA", "known", bench.watch.now(), "dispute_opened", "d2"))
    later(bench, minutes=10)
    assert [line.partition(" ·")[0] for line in threads(bench)] == ["1 new or worse: A-1003 MEDIUM"]
    bench.close()


def test_alerts_that_were_alike_when_they_came_are_not_said_to_be_so_still(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Grouping(("severity",)))
    dispute(bench, "d1")
    dispute(bench, "d2")
    later(bench, seconds=31)
    assert "2 alerts: medium at first" in roots(bench)[0]
    bench.close()

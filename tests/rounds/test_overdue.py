"""Reminders and escalations of a whole bot: each told once, by whichever replica, whatever the clock and a stop do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.board import Board
from bot.core.alerts import resolved
from bot.core.parts import say
from bot.core.settings import Department, Escalation, QuietHours, Route
from bot.core.verdict import Severity
from bot.rounds.overdue import Overdue
from bot.store import alerts, restore
from bot.store.tables.work import alert as alert_table
from bot.store.tables.work import alert_log
from bot.store.tables.work import slot as slot_table
from tests.bench import Bench, usual_house
from tests.core.samples import NOW, opened
from tests.handlers.shelves import words

HOUR = timedelta(hours=1)
CHAIN = (Escalation(2 * HOUR, "operations"), Escalation(6 * HOUR, "marketing"))
AWAKE = ("warehouse", "operations", "marketing")


class Floor:
    """A bot in which the matter A-1042 of the warehouse has been shown; it is due in four hours."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.bench = Bench(folder, usual_house(**({"escalations": CHAIN} | changes)))
        clock: Any = self.bench.watch
        self.board = Board(self.bench.catalog, self.bench.house, clock)
        self.overdue = Overdue(self.bench.store, self.bench.house, self.board, clock)
        seen = opened()
        self.alert = replace(seen, fire=replace(seen.fire, views={"warehouse": seen.fire.views["warehouse"]}))
        with self.bench.store.write() as connection:
            alerts.save(connection, self.alert, "opened", "", (), NOW)
            self.board.show(connection, self.alert, "opened")
        self.bench.deliver_posts()

    def later(self, **span: float) -> int:
        """Time passes, the bot ticks, and what is due is shown."""
        self.bench.watch.forward(**span)
        told = self.overdue.tick()
        self.bench.deliver_posts()
        return told

    def said(self) -> dict[str, list[str]]:
        """What each channel was called to look at."""
        channels = {name: self.bench.shown(f"#{name}") for name in AWAKE}
        return {name: [line.partition(":")[0] for line in lines] for name, lines in channels.items() if lines}

    def change(self, change: Any) -> None:
        with self.bench.store.write() as connection:
            after = change(alerts.by_number(connection, self.alert.number))
            alerts.save(connection, after, "taken", "", (), self.bench.watch.now())
            self.board.show(connection, after, "taken")


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    made = Floor(tmp_path)
    yield made
    made.bench.close()


def test_the_holder_is_reminded_in_the_thread_when_the_time_is_up_and_not_before(floor: Floor) -> None:
    assert floor.later(hours=3, minutes=59) == 0
    assert floor.later(minutes=1) == 1
    assert floor.said() == {"warehouse": ["HIGH", "Overdue"]}
    post, _ = floor.bench.posts("#warehouse")[-1]
    assert post.thread == "alert/1042"
    assert "with warehouse, nobody has taken it" in floor.bench.shown("#warehouse")[-1]


def test_each_step_is_told_once_however_often_time_is_looked_at(floor: Floor) -> None:
    told = [floor.later(minutes=20) for _ in range(60)]
    assert (sum(told), told.index(1)) == (3, 11)
    assert floor.said() == {
        "warehouse": ["HIGH", "Overdue", "Overdue", "Overdue"],
        "operations": ["HIGH", "Overdue"],
        "marketing": ["HIGH"],
    }


def test_a_chain_calls_members_and_groups_once_each_where_the_matter_is_held(tmp_path: Path) -> None:
    chain = (Escalation(HOUR, "operations"), Escalation(2 * HOUR, "U0ANNA"), Escalation(3 * HOUR, "S0OPS"))
    floor = Floor(tmp_path, escalations=chain)
    told = [floor.later(minutes=30) for _ in range(24)]
    assert sum(told) == 4
    calls = [line.rpartition(" · ")[2] for line in floor.bench.shown("#warehouse")]
    assert calls[-2:] == ["@U0ANNA", "<usergroup>"]
    assert not any("U0ANNA" in line or "usergroup" in line for line in floor.bench.shown("#operations"))
    assert floor.said()["operations"] == ["HIGH", "Overdue", "Overdue"]
    floor.bench.close()


@pytest.mark.parametrize("updates", ["edit", "thread", "thread+channel", "new"])
def test_whoever_is_called_by_name_is_called_whatever_the_route_says_of_changes(tmp_path: Path, updates: Any) -> None:
    floor = Floor(tmp_path, escalations=(Escalation(HOUR, "U0ANNA"),), routes=(Route(updates=updates),))
    floor.later(hours=4)
    floor.later(hours=1)
    assert sum(line.endswith(" · @U0ANNA") for line in floor.bench.shown("#warehouse")) == 1 + (
        updates == "thread+channel"
    )
    floor.bench.close()


def test_whoever_is_called_while_the_channel_rests_is_called_when_the_message_is_shown(tmp_path: Path) -> None:
    rest = QuietHours(time(0), time(23, 30), ZoneInfo("UTC"), above=Severity.HIGH)
    sleeping = {**usual_house().departments, "warehouse": Department("warehouse", "#warehouse", rest)}
    floor = Floor(tmp_path, escalations=(Escalation(HOUR, "S0OPS"),), departments=sleeping)
    floor.later(hours=5)
    assert floor.bench.body("#warehouse") and floor.bench.posts("#warehouse")[0][0].ts is None
    floor.bench.watch.forward(hours=8, minutes=45)
    with floor.bench.store.write() as connection:
        alert = alerts.by_number(connection, floor.alert.number)
        assert alert is not None
        floor.board.show(connection, alert, "none")
    floor.bench.deliver_posts()
    calls = [words(message.summary) for post, message in floor.bench.posts("#warehouse") if post.ts is not None]
    assert [call.endswith(" · <usergroup>") for call in calls] == [False, True]
    floor.bench.close()


def test_after_a_stop_only_the_newest_step_is_told_and_everybody_sees_the_matter(floor: Floor) -> None:
    assert floor.later(days=2) == 1
    assert floor.later(days=2) == 0
    assert floor.said() == {"warehouse": ["HIGH", "Overdue"], "operations": ["HIGH"], "marketing": ["HIGH"]}


def test_a_department_that_heard_of_it_sees_how_it_ends(floor: Floor) -> None:
    floor.later(hours=6)
    floor.change(lambda alert: resolved(alert, say("done"), "U1", floor.bench.watch.now()))
    assert floor.said()["operations"] == ["RESOLVED"]
    assert floor.later(days=1) == 0


def test_a_snoozed_matter_is_left_in_peace_and_nothing_is_made_up_for_afterwards(floor: Floor) -> None:
    floor.change(lambda alert: replace(alert, state="snoozed", snoozed_until=NOW + 30 * HOUR))
    assert floor.later(hours=9) == 0
    floor.change(lambda alert: replace(alert, state="firing", snoozed_until=None))
    assert floor.later(minutes=59) == 0
    assert floor.later(minutes=1) == 1


def test_whoever_holds_a_matter_is_warned_in_time_and_then_it_is_anybodys_again(tmp_path: Path) -> None:
    floor = Floor(tmp_path, escalations=(), lapse=3 * HOUR)
    assert floor.bench.desk.act("take", 1042, 1, "U0ANNA").changed
    assert [floor.later(hours=2), floor.later(minutes=59), floor.later(minutes=1)] == [1, 0, 1]
    first, warned, over = floor.bench.shown("#warehouse")
    assert "nobody has taken it" not in warned
    assert warned.startswith("Still yours? HIGH")
    assert warned.endswith("held by @U0ANNA since <moment>")
    assert over.startswith("Anybody's again: HIGH")
    assert first.startswith("HIGH: ")
    # At its due time, an hour later, it is its department that is reminded.
    assert floor.later(hours=1) == 1
    assert floor.bench.desk.act("take", 1042, 3, "U0BEN").changed
    floor.bench.close()


def test_what_is_given_back_lapses_no_more(floor: Floor) -> None:
    floor.bench.desk.act("take", 1042, 1, "U0ANNA")
    assert floor.later(hours=1) == 0
    assert floor.bench.desk.act("give_back", 1042, 2, "U0ANNA").changed
    assert "nobody has taken it" in "".join(floor.bench.body("#warehouse", 0))
    assert floor.later(hours=23) == 1


def test_a_new_due_time_is_reminded_of_anew(floor: Floor) -> None:
    assert floor.later(hours=4) == 1
    floor.change(lambda alert: replace(alert, due_at=floor.bench.watch.now() + HOUR))
    assert floor.later(minutes=59) == 0
    assert floor.later(minutes=1) == 1


def test_a_clock_that_goes_back_tells_nothing_twice(floor: Floor) -> None:
    assert floor.later(hours=4) == 1
    floor.bench.watch.forward(hours=-2)
    assert [floor.later(hours=1), floor.later(hours=1), floor.later(hours=1)] == [0, 0, 0]


def test_a_reminder_waits_for_the_end_of_quiet_hours(tmp_path: Path) -> None:
    night = QuietHours(time(13), time(20), ZoneInfo("UTC"), above=Severity.HIGH)
    floor = Floor(tmp_path, departments={"warehouse": Department("warehouse", "#warehouse", night)})
    assert floor.later(hours=4) == 1
    post, _ = floor.bench.posts("#warehouse")[-1]
    assert (post.due_at, post.reason, post.ts) == (
        datetime(2026, 11, 23, 20, tzinfo=UTC),
        "quiet hours of warehouse",
        None,
    )
    floor.later(hours=6)
    assert floor.bench.posts("#warehouse")[-1][0].ts
    floor.bench.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0.1, 300), min_size=1, max_size=12))
def test_whenever_time_is_looked_at_no_step_is_told_twice_and_the_last_one_always(
    tmp_path_factory: pytest.TempPathFactory, minutes: list[float]
) -> None:
    floor = Floor(tmp_path_factory.mktemp("floor"))
    for span in minutes:
        floor.later(minutes=span)
    floor.later(days=3)
    with floor.bench.store.read() as connection:
        logged = connection.execute(select(alert_log.c.reason).where(alert_log.c.change == "overdue")).scalars().all()
    floor.bench.close()
    assert max(Counter(logged).values()) == 1
    assert "marketing" in logged[-1]


def test_what_came_due_before_a_backup_was_put_back_is_taken_to_have_been_told(floor: Floor) -> None:
    floor.bench.watch.forward(hours=5)
    with floor.bench.store.write() as connection:
        restore.mark(connection, floor.bench.watch.now())
    assert [floor.later(minutes=1), floor.later(hours=1)] == [0, 1]


def test_a_matter_whose_slots_another_replica_took_is_not_told_again(floor: Floor) -> None:
    """As when an older backup of the alerts, but not of the slots, is looked at."""
    assert floor.later(hours=4) == 1
    with floor.bench.store.write() as connection:
        connection.execute(alert_table.update().values(remind_at=NOW))
    assert floor.overdue.tick() == 0
    with floor.bench.store.write() as connection:
        connection.execute(delete(slot_table))
        connection.execute(alert_table.update().values(remind_at=NOW))
    assert floor.overdue.tick() == 1

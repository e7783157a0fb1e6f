"""When a department of a whole bot may be interrupted: what is held and looked at again, who is woken, and what exceeds
the day's budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.board import Board
from bot.catalog import Catalog
from bot.core import alerts as core
from bot.core.alerts import Alert
from bot.core.message import Bullets
from bot.core.money import Money
from bot.core.parts import MoneyRange, say
from bot.core.settings import Department, House, Outside, QuietHours, Route, WorkingHours
from bot.core.silences import Silence
from bot.core.subject import Subject
from bot.core.verdict import Cost, Severity, Step, View
from bot.people.hush import Hush
from bot.rounds.quiet import Quiet
from bot.store import alerts, held, placings, posts
from bot.store.tables.held import interruption
from tests.bench import Bench, usual_house
from tests.core.samples import opened
from tests.handlers.shelves import words

HOUR = timedelta(hours=1)
# The samples' moment is Monday at eleven in Berlin; the depot closes at four and opens at seven.
DEPOT = WorkingHours(("mon", "tue", "wed", "thu", "fri"), time(7), time(16), ZoneInfo("Europe/Berlin"))
EVENING = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
OPENING = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
WAREHOUSE = Department("warehouse", "#warehouse", Outside(), DEPOT)
CATALOG = Catalog.scan(("handlers",))


class Depot:
    """A bot whose alerts all go to the warehouse, or, on the subject FIN, to finance too."""

    def __init__(self, folder: Path, warehouse: Department = WAREHOUSE, routes: tuple[Route, ...] = ()) -> None:
        others = {name: Department(name, f"#{name}") for name in ("finance", "operations")}
        house = usual_house(departments={"warehouse": warehouse} | others, routes=routes)
        self.bench = Bench(folder, house, catalog=CATALOG)
        self.number = 1000
        self.start(house)

    def start(self, house: House) -> None:
        """The bot as of this config."""
        clock: Any = self.bench.watch
        self.board = Board(self.bench.catalog, house, clock)
        self.quiet = Quiet(self.bench.store, house, self.board, clock)
        self.hush = Hush(self.bench.store, house, self.board, clock)

    def opens(
        self,
        severity: Severity = Severity.HIGH,
        cost: int | None = None,
        hours: int = 24,
        sku: str = "",
        rule: str = "low_stock",
    ) -> int:
        """An alert that may cost between nothing and twice ``cost`` euros unless the step is done within ``hours``."""
        self.number += 1
        now = self.bench.watch.now()
        at_stake = Cost(MoneyRange(Money(0, "EUR"), Money(cost * 200, "EUR")), say("so")) if cost is not None else None
        views = {"warehouse": View(say("Short."), Step(say("acts"), within=timedelta(hours=hours)))}
        made = opened(severity, now)
        fire = replace(made.fire, cost=at_stake, views=views)
        subject = Subject("sku", sku or f"SKU-{self.number}")
        alert = replace(
            made,
            number=self.number,
            fire=fire,
            subject=subject,
            rule=rule,
            episode=self.number,
            due_at=now + hours * HOUR,
        )
        self.save(alert, "opened")
        return self.number

    def save(self, alert: Alert, change: core.Change) -> None:
        with self.bench.store.write() as connection:
            alerts.save(connection, alert, change, "", (), self.bench.watch.now())
            self.board.show(connection, alert, change)
        self.bench.deliver_posts()

    def change(self, number: int, did: core.Change, change: Callable[[Alert], Alert]) -> None:
        self.save(change(self.alert(number)), did)

    def alert(self, number: int) -> Alert:
        with self.bench.store.read() as connection:
            found = alerts.by_number(connection, number)
        assert found is not None
        return found

    def ends(self, number: int) -> None:
        now = self.bench.watch.now()
        self.change(number, "resolved", lambda alert: core.resolved(alert, say("done"), None, now))

    def takes(self, number: int) -> None:
        now = self.bench.watch.now()
        self.change(number, "taken", lambda alert: core.taken(alert, "U0ANNA", now))

    def worsens(self, number: int, severity: Severity = Severity.CRITICAL, cost: int | None = None) -> None:
        """Worse, or dearer."""

        def worse(alert: Alert) -> Alert:
            amount = Cost(MoneyRange(Money(0, "EUR"), Money((cost or 0) * 200, "EUR")), say("so"))
            fire = replace(alert.fire, severity=severity, cost=amount if cost is not None else alert.fire.cost)
            return replace(
                alert, fire=fire, severity=severity, peak=severity, turn=alert.turn + 1, version=alert.version + 1
            )

        self.change(number, "escalated", worse)

    def at(self, moment: datetime) -> int:
        """Time comes to a moment, the bot ticks, and Slack takes what is due."""
        self.bench.watch.at = moment
        self.bench.deliver_posts()
        return self.tick()

    def tick(self) -> int:
        looked = self.hush.tick() + self.quiet.tick()
        self.bench.deliver_posts()
        return looked

    def said(self, channel: str = "#warehouse") -> list[str]:
        """What a channel shows, oldest first."""
        return [words(message.summary) for post, message in self.bench.posts(channel) if post.ts is not None]

    def why(self, number: int, channel: str = "#warehouse") -> str:
        with self.bench.store.read() as connection:
            return next(each.muted for each in placings.of_alert(connection, number) if each.channel == channel)

    def shows(self, number: int, channel: str = "#warehouse") -> bool:
        with self.bench.store.read() as connection:
            post = posts.find(connection, channel, posts.alert_key(number))
        return post is not None and post.ts is not None


@pytest.fixture
def depot(tmp_path: Path) -> Iterator[Depot]:
    made = Depot(tmp_path)
    made.bench.watch.at = EVENING
    yield made
    made.bench.close()


def other(folder: Path, at: datetime = EVENING, **changes: Any) -> Depot:
    made = Depot(folder, replace(WAREHOUSE, **changes))
    made.bench.watch.at = at
    return made


# Held, and looked at again.


def test_what_comes_up_while_nobody_works_is_held_and_told_in_the_morning_with_one_line(depot: Depot) -> None:
    number = depot.opens()
    assert (depot.shows(number), depot.why(number)) == (False, "quiet hours of warehouse")
    assert depot.at(OPENING - timedelta(seconds=1)) == 0
    assert depot.at(OPENING) == 1
    assert (depot.shows(number), depot.why(number)) == (True, "")
    assert depot.said()[-1] == "1 alert was held: A-1001; 1 still stands; none was more severe than high."
    assert [depot.tick() for _ in range(3)] == [0, 0, 0]
    assert len(depot.said()) == 2


def test_a_post_waits_for_the_look_and_not_only_for_the_hour(depot: Depot) -> None:
    number = depot.opens()
    depot.bench.watch.at = OPENING + timedelta(minutes=3)
    depot.bench.deliver_posts()
    assert not depot.shows(number)
    depot.tick()
    assert depot.shows(number)


def test_a_post_that_nobody_looks_at_again_leaves_in_the_end_all_the_same(depot: Depot) -> None:
    number = depot.opens()
    depot.bench.watch.at = OPENING + held.LOOKED_AT_WITHIN
    depot.bench.deliver_posts()
    assert depot.shows(number)


def test_where_nothing_was_held_nothing_is_said(depot: Depot) -> None:
    assert [depot.at(OPENING), depot.said()] == [0, []]


def test_what_was_over_before_anybody_came_is_only_counted(depot: Depot) -> None:
    over, stands = depot.opens(), depot.opens()
    depot.ends(over)
    depot.at(OPENING)
    assert depot.why(over) == "over before it was shown"
    assert (depot.shows(over), depot.shows(stands)) == (False, True)
    assert depot.said()[-1].startswith("2 alerts were held: A-1001, A-1002; 1 still stands, 1 was over before anybody")


def test_a_silence_in_between_counts_and_the_line_says_so(depot: Depot) -> None:
    number = depot.opens(sku="HOODIE")
    now = depot.bench.watch.now()
    depot.hush.lay(Silence(0, now + timedelta(days=2), "U0ANNA", "counted by hand", now, subject="HOODIE"))
    depot.at(OPENING)
    assert (depot.shows(number), depot.why(number)) == (False, "silence S-1")
    assert "1 still stands (1 of them without a message: silence S-1)" in depot.said()[-1]
    depot.at(EVENING + timedelta(days=1))
    depot.hush.end(1, "U0BEN")
    assert depot.why(number) == "quiet hours of warehouse"


def test_what_says_more_takes_its_place_while_both_are_held(depot: Depot) -> None:
    low = depot.opens(sku="HOODIE")
    worse = depot.opens(sku="HOODIE", rule="oversold")
    assert depot.why(low) == "A-1002 (oversold) says it already"
    depot.at(OPENING)
    assert (depot.shows(low), depot.shows(worse)) == (False, True)
    depot.ends(worse)
    assert depot.shows(low)


def test_what_is_critical_is_told_at_once_and_is_no_matter_of_the_morning(depot: Depot) -> None:
    number = depot.opens(Severity.CRITICAL)
    assert (depot.shows(number), depot.why(number)) == (True, "")
    assert depot.at(OPENING) == 0


def test_an_alert_that_gets_critical_in_the_night_is_told_at_once(depot: Depot) -> None:
    number = depot.opens()
    depot.worsens(number)
    assert depot.shows(number)
    depot.at(OPENING)
    assert len(depot.said()) == 1


def test_a_line_that_comes_late_says_so(depot: Depot) -> None:
    depot.opens()
    depot.at(OPENING + 3 * HOUR)
    assert depot.said()[-1].endswith(" · late, the quiet hours ended <moment>")


def test_a_call_that_waits_for_the_morning_is_not_made_once_it_says_nothing_new(tmp_path: Path) -> None:
    depot = other(tmp_path, datetime(2026, 11, 23, 12, tzinfo=UTC))
    number, silent = depot.opens(Severity.LOW), depot.opens(Severity.LOW, sku="HOODIE")
    depot.bench.watch.at = EVENING
    depot.worsens(number, Severity.HIGH)
    depot.worsens(silent, Severity.HIGH)
    assert len(depot.said()) == 2
    depot.takes(number)
    depot.hush.lay(Silence(0, EVENING + HOUR, "U0ANNA", "known", EVENING, subject="HOODIE"))
    depot.at(OPENING)
    assert len(depot.said()) == 2
    assert sorted(post.reason for post, _ in depot.bench.posts("#warehouse") if post.state == "dropped") == [
        "overtaken before it could be shown",
        "silence S-1",
    ]
    depot.bench.close()


def test_a_snoozed_alert_is_not_held_a_second_time(depot: Depot) -> None:
    number = depot.opens()
    until = OPENING + 5 * HOUR
    depot.change(number, "snoozed", lambda alert: core.snoozed(alert, until, "U0ANNA", EVENING))
    depot.at(OPENING)
    assert (depot.shows(number), depot.why(number)) == (False, "snoozed")
    assert "1 of them without a message: snoozed" in depot.said()[-1]


def test_an_alert_that_is_forgotten_is_not_held_any_more(depot: Depot) -> None:
    depot.opens()
    with depot.bench.store.write() as connection:
        held.hold(connection, "#warehouse", 77, OPENING, EVENING)
    assert depot.tick() == 0
    with depot.bench.store.read() as connection:
        assert [each.number for each in held.of_channels(connection)["#warehouse"]] == [1001]


def test_what_is_found_held_after_the_line_was_told_is_looked_at_and_not_told_of_again(depot: Depot) -> None:
    """As when another replica's clock was a little behind."""
    depot.opens()
    depot.at(OPENING)
    with depot.bench.store.write() as connection:
        held.hold(connection, "#warehouse", 1001, OPENING, EVENING)
    assert depot.tick() == 1
    assert len(depot.said()) == 2


# The config changes while something is held.


def test_hours_that_are_changed_hold_anew_and_say_nothing_yet(depot: Depot) -> None:
    number = depot.opens()
    late = replace(WAREHOUSE, hours=replace(DEPOT, start=time(9)))
    depot.start(replace(depot.bench.house, departments={"warehouse": late}))
    assert depot.tick() == 1
    depot.at(OPENING)
    assert not depot.shows(number)
    depot.at(OPENING + 2 * HOUR)
    assert depot.shows(number)
    assert len(depot.said()) == 2


def test_hours_that_are_changed_over_their_end_hold_anew_as_well(depot: Depot) -> None:
    number = depot.opens()
    depot.bench.watch.at = OPENING
    depot.start(
        replace(depot.bench.house, departments={"warehouse": replace(WAREHOUSE, hours=replace(DEPOT, start=time(9)))})
    )
    assert depot.tick() == 1
    assert (depot.shows(number), depot.said()) == (False, [])
    depot.at(OPENING + 2 * HOUR)
    assert len(depot.said()) == 2


def test_quiet_hours_that_are_taken_away_hold_nothing_any_more(depot: Depot) -> None:
    number = depot.opens()
    awake = {"warehouse": replace(WAREHOUSE, quiet=None)}
    depot.start(replace(depot.bench.house, departments=awake))
    assert depot.tick() == 1
    assert depot.shows(number)
    assert depot.at(OPENING) == 0


def test_a_channel_that_is_no_departments_any_more_is_told_what_it_held(depot: Depot) -> None:
    depot.opens()
    depot.bench.watch.at = OPENING
    depot.start(replace(depot.bench.house, departments={"operations": Department("operations", "#operations")}))
    depot.tick()
    assert depot.said() == ["1 alert was held: A-1001; 1 still stands."]


# Who is woken.


@pytest.mark.parametrize(
    ("cost", "hours", "woken"),
    [
        # From eight in the evening to seven are eleven hours of the step's 22.
        (1000, 22, False),
        (1001, 22, True),
        # Whoever has more time loses less by waiting.
        (1001, 44, False),
        (None, 22, False),
    ],
)
def test_a_department_is_woken_by_what_would_cost_more_than_its_limit_until_opening(
    tmp_path: Path, cost: int | None, hours: int, woken: bool
) -> None:
    depot = other(tmp_path, wakes_above=Money(50_000, "EUR"))
    number = depot.opens(cost=cost, hours=hours)
    assert depot.shows(number) == woken
    assert depot.why(number).startswith("told in quiet hours: " if woken else "quiet hours of warehouse")
    depot.at(OPENING)
    assert (len(depot.said()) == 1) == woken
    depot.bench.close()


def test_an_alert_that_gets_dearer_in_the_night_wakes(tmp_path: Path) -> None:
    depot = other(tmp_path, wakes_above=Money(50_000, "EUR"))
    number, cheap = depot.opens(cost=10), depot.opens(cost=10)
    depot.worsens(number, Severity.HIGH, cost=5_000)
    assert depot.shows(number)
    depot.at(OPENING)
    assert depot.said()[-1].startswith(
        f"1 alert was held: A-{cheap}; 1 still stands; none would have cost more than 500 EUR"
    )
    depot.bench.close()


# The budget.


def budgeted(folder: Path, budget: int = 2, **changes: Any) -> Depot:
    return other(folder, datetime(2026, 11, 23, 8, tzinfo=UTC), budget=budget, **changes)


def summary(depot: Depot, day: str = "2026-11-23") -> str:
    return next(line for line in reversed(depot.said()) if f"more today ({day})" in line)


def listed(depot: Depot, day: str = "2026-11-23") -> list[str]:
    with depot.bench.store.read() as connection:
        key = posts.find(connection, "#warehouse", f"budget/{day}")
    found = [message for post, message in depot.bench.posts("#warehouse") if key is not None and post.key == key.key]
    bullets = [block for message in found for block in message.blocks if isinstance(block, Bullets)]
    return [words(line).partition(" ·")[0] for block in bullets for line in block.lines]


def test_what_exceeds_the_budget_goes_into_one_live_summary(tmp_path: Path) -> None:
    depot = budgeted(tmp_path)
    numbers = [depot.opens(cost=cost) for cost in (1, 2, 3, 4)]
    assert [depot.shows(number) for number in numbers] == [True, True, False, False]
    assert listed(depot) == ["A-1004 HIGH", "A-1003 HIGH"]
    assert summary(depot).startswith("+2 more today (2026-11-23): ")
    assert depot.why(numbers[2]) == "the channel's budget for 2026-11-23 is spent, so it is in the summary of that day"
    # One post, edited in place.
    assert len(depot.said()) == 3
    depot.ends(numbers[3])
    assert listed(depot) == ["A-1003 HIGH", "A-1004 RESOLVED"]
    assert summary(depot).startswith("+2 more today (2026-11-23), 1 of them over")
    depot.bench.close()


def test_edits_cost_nothing_and_calls_do(tmp_path: Path) -> None:
    depot = budgeted(tmp_path)
    number = depot.opens(Severity.LOW)
    depot.save(replace(depot.alert(number), version=2), "updated")
    depot.worsens(number, Severity.MEDIUM)
    assert [line.partition(":")[0] for line in depot.said()] == ["MEDIUM", "Worse"]
    depot.worsens(number, Severity.HIGH)
    # It is edited all the same, and who should have been called finds it in the summary.
    assert [line.partition(":")[0] for line in depot.said()] == ["HIGH", "Worse", "+1 more today (2026-11-23)"]
    assert "budget" in depot.why(number)
    assert listed(depot) == ["A-1001 HIGH"]
    depot.worsens(number, Severity.CRITICAL)
    assert [line.partition(":")[0] for line in depot.said()].count("Worse") == 2
    depot.bench.close()


def test_what_gets_critical_or_is_taken_leaves_the_summary_for_a_message_of_its_own(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    _, one, two = depot.opens(), depot.opens(), depot.opens()
    depot.worsens(one)
    assert (depot.shows(one), depot.why(one), listed(depot)) == (True, "", ["A-1003 HIGH"])
    depot.takes(two)
    assert (depot.shows(two), depot.why(two)) == (True, "")
    assert depot.said()[1].startswith("Nothing more today (2026-11-23)")
    depot.bench.close()


def test_a_critical_alert_is_told_whatever_was_spent_and_spends_nothing(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    critical = [depot.opens(Severity.CRITICAL) for _ in range(3)]
    first, second = depot.opens(), depot.opens()
    assert all(depot.shows(number) for number in (*critical, first))
    assert not depot.shows(second)
    depot.bench.close()


def test_a_new_day_has_a_budget_of_its_own_and_yesterdays_summary_stays_true(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    _, kept = depot.opens(), depot.opens()
    depot.at(EVENING)
    depot.save(replace(depot.alert(kept), version=2), "updated")
    assert "in the summary" in depot.why(kept)
    depot.at(OPENING)
    assert "in the summary" in depot.why(kept)
    assert depot.shows(depot.opens())
    # It is worse, and the day's budget is spent: it is in this day's summary now.
    depot.worsens(kept, Severity.HIGH)
    assert listed(depot, "2026-11-24") == ["A-1002 HIGH"]
    depot.at(OPENING + timedelta(days=1))
    depot.worsens(kept, Severity.HIGH)
    assert (depot.shows(kept), depot.why(kept)) == (True, "")
    depot.bench.close()


def test_what_gets_worse_in_a_summary_at_night_is_told_in_the_morning(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    _, kept = depot.opens(), depot.opens(Severity.LOW)
    depot.at(EVENING)
    depot.worsens(kept, Severity.HIGH)
    assert depot.why(kept) == "quiet hours of warehouse"
    depot.at(OPENING)
    assert depot.shows(kept)
    depot.bench.close()


def test_after_the_night_the_worst_are_told_as_far_as_the_budget_goes(tmp_path: Path) -> None:
    depot = budgeted(tmp_path)
    depot.at(EVENING)
    numbers = [depot.opens(cost=cost) for cost in (1, 4, 2, 3)]
    depot.at(OPENING)
    assert [depot.shows(number) for number in numbers] == [False, True, False, True]
    assert listed(depot, "2026-11-24") == ["A-1003 HIGH", "A-1001 HIGH"]
    assert (
        "4 still stand (2 of them without a message: the channel's budget for 2026-11-24 is spent" in depot.said()[-1]
    )
    depot.bench.close()


def test_a_message_that_is_taken_back_before_anybody_saw_it_costs_nothing(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    with depot.bench.store.write() as connection:
        alert = replace(opened(now=depot.bench.watch.now()), number=1500)
        alerts.save(connection, alert, "opened", "", (), depot.bench.watch.now())
        depot.board.show(connection, alert, "opened")
        over = core.resolved(alert, (), None, depot.bench.watch.now())
        alerts.save(connection, over, "resolved", "", (), depot.bench.watch.now())
        depot.board.show(connection, over, "resolved")
    assert depot.shows(depot.opens())
    depot.bench.close()


def test_a_summary_that_nobody_saw_is_taken_back_when_it_is_empty(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    depot.opens()
    number = 1501
    with depot.bench.store.write() as connection:
        alert = replace(opened(now=depot.bench.watch.now()), number=number, subject=Subject("sku", "VEST"))
        alerts.save(connection, alert, "opened", "", (), depot.bench.watch.now())
        depot.board.show(connection, alert, "opened")
        taken = core.taken(alert, "U0ANNA", depot.bench.watch.now())
        alerts.save(connection, taken, "taken", "", (), depot.bench.watch.now())
        depot.board.show(connection, taken, "taken")
    depot.bench.deliver_posts()
    assert depot.shows(number)
    assert [post.state for post, _ in depot.bench.posts("#warehouse") if post.key.startswith("budget/")] == ["dropped"]
    depot.bench.close()


def test_a_silenced_alert_leaves_the_summary_and_asks_again_when_the_silence_is_over(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    _, kept = depot.opens(), depot.opens(sku="HOODIE")
    now = depot.bench.watch.now()
    depot.hush.lay(Silence(0, now + HOUR, "U0ANNA", "known", now, subject="HOODIE"))
    depot.bench.deliver_posts()
    assert (depot.why(kept), listed(depot)) == ("silence S-1", [])
    depot.at(now + HOUR)
    assert listed(depot) == ["A-1002 HIGH"]
    depot.bench.close()


def test_moved_figures_leave_an_alert_in_the_summary_and_cost_nothing_anew(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    _, kept = depot.opens(), depot.opens(cost=5)
    dearer = replace(depot.alert(kept), version=2, severity=Severity.MEDIUM)
    depot.save(dearer, "updated")
    assert (depot.shows(kept), listed(depot)) == (False, ["A-1002 MEDIUM"])
    depot.bench.close()


def test_what_waits_to_be_sent_is_paid_for_once(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    alert = replace(opened(now=depot.bench.watch.now()), number=1500)
    for change in ("opened", "none"):
        with depot.bench.store.write() as connection:
            alerts.save(connection, alert, "none", "", (), depot.bench.watch.now())
            depot.board.show(connection, alert, change)
    depot.bench.deliver_posts()
    assert depot.shows(1500)
    depot.bench.close()


def test_a_channel_of_no_department_has_no_budget(tmp_path: Path) -> None:
    depot = Depot(tmp_path, replace(WAREHOUSE, budget=1), (Route(rule="low_stock", channel="#board"),))
    numbers = [depot.opens() for _ in range(3)]
    assert all(depot.shows(number, "#board") for number in numbers)
    depot.bench.close()


def test_a_call_for_the_morning_spends_the_mornings_budget(tmp_path: Path) -> None:
    depot = budgeted(tmp_path, 1)
    number = depot.opens(Severity.LOW)
    depot.at(EVENING)
    depot.worsens(number, Severity.HIGH)
    depot.at(OPENING)
    assert depot.said()[-1].startswith("Worse")
    assert not depot.shows(depot.opens())
    depot.bench.close()


# Nothing vanishes, whatever happens.

ACTS = st.sampled_from(
    [
        "opens",
        "opens",
        "opens",
        "low",
        "critical",
        "dear",
        "more",
        "worsens",
        "ends",
        "takes",
        "silence",
        "unsilence",
        "waits",
        "waits",
    ]
)
LIMIT = Money(50_000, "EUR")


def reason_of(depot: Depot, number: int) -> str:
    """How an alert stands in the warehouse's channel, by the rows alone."""
    alert, now = depot.alert(number), depot.bench.watch.now()
    with depot.bench.store.read() as connection:
        post = posts.find(connection, "#warehouse", posts.alert_key(number))
        summaries = [day for channel, day in held.summaries_of(connection, number) if channel == "#warehouse"]
    why = depot.why(number)
    if post is not None and post.ts is not None:
        return "shown"
    if "in the summary" in why:
        assert any(day.isoformat() in why for day in summaries), why
        return "summarised" if any(number_in(depot, day, number) for day in summaries) else "vanished from the summary"
    if alert.state == "resolved":
        return "over" if why == "over before it was shown" else f"over, but {why!r}"
    if post is not None and post.state == "wanted" and post.due_at > now and post.reason == why:
        return (
            "held" if why.startswith(("quiet", "snoozed")) else "silenced" if "silence" in why else f"held for {why!r}"
        )
    if why.endswith("says it already"):
        says = depot.alert(int(why.removeprefix("A-").split(" ")[0]))
        return "inhibited" if says.state != "resolved" else f"kept quiet by {says.name}, which is over"
    return f"vanished: {why!r}, {post}"


def number_in(depot: Depot, day: date, number: int) -> bool:
    with depot.bench.store.read() as connection:
        numbers = [alert.number for alert in held.summarised(connection, "#warehouse", day)]
        post = posts.find(connection, "#warehouse", f"budget/{day.isoformat()}")
    return number in numbers and post is not None and post.ts is not None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(ACTS, st.integers(0, 30), st.floats(0.2, 14)), min_size=4, max_size=25),
    st.integers(1, 4),
    st.booleans(),
)
def test_no_alert_vanishes(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int, float]], budget: int, hours: bool
) -> None:
    quiet = Outside() if hours else QuietHours(time(20), time(6), ZoneInfo("America/New_York"))
    depot = other(tmp_path_factory.mktemp("depot"), EVENING - 6 * HOUR, budget=budget, quiet=quiet, wakes_above=LIMIT)
    numbers: list[int] = []
    for act, which, span in acts:
        act_on(depot, act, numbers, which, span)
        depot.tick()
        found = {number: reason_of(depot, number) for number in numbers}
        assert set(found.values()) <= {"shown", "held", "summarised", "silenced", "inhibited", "over"}, found
    assert spent_within(depot, budget)
    depot.hush.tick()
    depot.at(datetime(2026, 12, 30, 15, tzinfo=UTC))
    assert "held" not in {reason_of(depot, number) for number in numbers}
    with depot.bench.store.read() as connection:
        assert held.of_channels(connection) == {}
    depot.bench.close()


def act_on(depot: Depot, act: str, numbers: list[int], which: int, span: float) -> None:
    mine = [number for number in numbers if depot.alert(number).state != "resolved"]
    chosen = mine[which % len(mine)] if mine else None
    now, sku = depot.bench.watch.now(), f"S{which % 4}"
    match act:
        case "opens" | "low" | "critical" | "dear" | "more":
            severity = {"low": Severity.LOW, "critical": Severity.CRITICAL}.get(act, Severity.HIGH)
            rule = "oversold" if act == "more" else "low_stock"
            numbers.append(depot.opens(severity, 9_000 if act == "dear" else which, sku=sku, rule=rule))
        case "worsens" if chosen is not None:
            depot.worsens(chosen, Severity.HIGH if which % 2 else Severity.CRITICAL, cost=which * 300)
        case "ends" if chosen is not None:
            depot.ends(chosen)
        case "takes" if chosen is not None:
            depot.takes(chosen)
        case "silence":
            depot.hush.lay(Silence(0, now + span * HOUR, "U0ANNA", "known", now, subject=sku))
        case "unsilence":
            for silence in depot.hush.current():
                depot.hush.end(silence.id, "U0BEN")
        case _:
            depot.bench.watch.at += span * HOUR
    depot.bench.deliver_posts()


def spent_within(depot: Depot, budget: int) -> bool:
    """Whether no day told more than its budget, apart from what somebody took."""
    with depot.bench.store.read() as connection:
        rows = connection.execute(select(interruption).where(interruption.c.told)).all()
    per_day: dict[str, int] = {}
    for row in rows:
        if depot.alert(row.number).holder.person is None:
            per_day[row.day] = per_day.get(row.day, 0) + 1
    return all(told <= budget for told in per_day.values())

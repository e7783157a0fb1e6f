"""What spares people interruptions, on both databases: held alerts, spent budgets, and replicas that meet."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.board import Board
from bot.catalog import Catalog
from bot.core.dispatch import Shown, settled
from bot.core.facts import Interruptions, ask
from bot.core.known import InterruptionLine
from bot.core.message import Message, Paragraph
from bot.core.parts import say
from bot.core.schedule import period_before
from bot.core.settings import Department, QuietHours
from bot.core.subject import Subject
from bot.rounds.quiet import Quiet
from bot.store import alerts, held, outbox, placings, posts
from bot.store.engine import Store
from bot.store.held import Held, Spent
from bot.store.tables.held import interruption
from tests.bench import Watch
from tests.core.samples import NOW, house, opened
from tests.store.histories import SHOP
from tests.store.test_facts import answer

HOUR = timedelta(hours=1)
TODAY = date(2026, 11, 23)
MESSAGE = Message(say("x"), (Paragraph(say("x")),))
NIGHT = QuietHours(time(9), time(18), ZoneInfo("UTC"))
CATALOG = Catalog.scan(("handlers",))


def together(work: Callable[[int], None], times: int = 2) -> None:
    """Runs a function in several threads that start at once."""
    start = threading.Barrier(times, timeout=20)

    def run(number: int) -> None:
        start.wait()
        work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_a_held_alert_is_known_by_its_channel_since_when_it_was_held_first(store: Store) -> None:
    with store.write() as connection:
        held.hold(connection, "#a", 1, NOW + HOUR, NOW)
        held.hold(connection, "#a", 1, NOW + 2 * HOUR, NOW + HOUR)
        held.hold(connection, "#b", 1, NOW + HOUR, NOW)
        first, second = Held("#a", 1, NOW + 2 * HOUR, NOW), Held("#b", 1, NOW + HOUR, NOW)
        assert held.of_channels(connection) == {"#a": [first], "#b": [second]}
        assert (held.of_channel(connection, "#a"), held.find(connection, "#b", 1)) == ([first], second)
        held.release(connection, "#a", 1)
        assert held.find(connection, "#a", 1) is None


def test_only_a_post_that_nobody_has_tried_to_send_waits_for_the_look(store: Store) -> None:
    until = NOW + HOUR
    with store.write() as connection:
        posts.want(connection, "#a", "alert/1", MESSAGE, urgency=1, now=NOW, due_at=until)
        posts.want(connection, "#a", "alert/1/turn-2", MESSAGE, urgency=1, now=NOW, due_at=until, thread="alert/1")
        posts.want(connection, "#a", "alert/2", MESSAGE, urgency=1, now=NOW, due_at=until)
        held.look_first(connection, "#a", 1, until)
        assert outbox.next_due(connection) == until
        claimed = outbox.claim(connection, until, 5)
        assert [each.post.key for each in claimed] == ["alert/2"]
        outbox.save(connection, settled(claimed[0].post, 1, Shown("1.1"), until))
        late = until + held.LOOKED_AT_WITHIN
        assert outbox.claim(connection, late - timedelta(seconds=1), 5) == []
        assert [each.post.key for each in outbox.claim(connection, late, 5)] == ["alert/1"]


def test_a_budget_is_spent_by_the_day_and_the_channel_and_given_back(store: Store) -> None:
    with store.write() as connection:
        held.note(connection, "#a", "alert/1", 1, Spent(TODAY, True), NOW)
        held.note(connection, "#a", "alert/2", 2, Spent(TODAY, False), NOW)
        held.note(connection, "#b", "alert/3", 3, Spent(TODAY, True), NOW)
        held.note(connection, "#a", "alert/4", 4, Spent(date(2026, 11, 22), True), NOW)
        assert held.spending(connection, "#a", TODAY) == 1
        assert held.spent(connection, "#a", "alert/2") == Spent(TODAY, False)
        held.note(connection, "#a", "alert/2", 2, Spent(TODAY, True), NOW)
        assert held.spending(connection, "#a", TODAY) == 2
        held.forget(connection, "#a", "alert/1")
        assert (held.spending(connection, "#a", TODAY), held.spent(connection, "#a", "alert/1")) == (1, None)


def test_a_summary_knows_its_alerts_and_they_know_theirs(store: Store) -> None:
    with store.write() as connection:
        for number in (1001, 1002):
            alerts.save(connection, replace(opened(), number=number, episode=number), "opened", "", (), NOW)
        held.note(connection, "#a", "alert/1001", 1001, Spent(TODAY, False), NOW)
        held.note(connection, "#a", "alert/1001/turn-2", 1001, Spent(TODAY, False), NOW)
        held.note(connection, "#a", "alert/1002", 1002, Spent(TODAY, True), NOW)
        assert [alert.number for alert in held.summarised(connection, "#a", TODAY)] == [1001]
        assert held.summaries_of(connection, 1001) == [("#a", TODAY)]
        assert held.summaries_of(connection, 1002) == []


def test_what_was_spent_is_forgotten_after_thirteen_months(store: Store) -> None:
    with store.write() as connection:
        held.note(connection, "#a", "alert/1", 1, Spent(TODAY, True), NOW)
        held.note(connection, "#a", "alert/2", 2, Spent(TODAY, True), NOW + held.THIRTEEN_MONTHS)
        assert held.spending(connection, "#a", TODAY) == 2
        held.note(connection, "#a", "alert/3", 3, Spent(TODAY, True), NOW + held.THIRTEEN_MONTHS + HOUR)
        assert held.spent(connection, "#a", "alert/1") is None


def test_a_digest_knows_which_rules_spent_the_budgets_of_its_period_in_its_shop(store: Store) -> None:
    period = period_before(date(2026, 11, 24), 7, SHOP.zone)
    with store.write() as connection:
        for number, rule, shop in ((1, "low_stock", SHOP.name), (2, "oversold", SHOP.name), (3, "low_stock", "other")):
            alert = replace(opened(), number=number, rule=rule, shop=shop)
            alerts.save(connection, alert, "opened", "", (), NOW)
        held.note(connection, "#a", "alert/1", 1, Spent(TODAY, True), NOW)
        held.note(connection, "#a", "alert/1/turn-2", 1, Spent(TODAY, False), NOW)
        held.note(connection, "#a", "alert/2", 2, Spent(TODAY, True), NOW)
        held.note(connection, "#a", "alert/3", 3, Spent(TODAY, True), NOW)
        held.note(connection, "#a", "alert/2/turn-2", 2, Spent(TODAY, True), NOW - timedelta(days=9))
    found = answer(store, ask(Interruptions()), Subject("text", ""), period=period)
    day = TODAY.isoformat()
    assert found == (InterruptionLine("#a", day, "low_stock", 1, 1), InterruptionLine("#a", day, "oversold", 1, 0))
    assert answer(store, ask(Interruptions())) == ()


def replica(url: str, department: Department, watch: Watch) -> tuple[Store, Board, Quiet]:
    store, clock, shop = Store.open(url), _as_clock(watch), house(department)
    board = Board(CATALOG, shop, clock)
    return store, board, Quiet(store, shop, board, clock)


def _as_clock(watch: Watch) -> Any:
    return watch


def test_two_replicas_look_at_forty_held_alerts_once_and_one_line_tells_of_them(store: Store, url: str) -> None:
    watch, resting = Watch(), Department("warehouse", "#warehouse", NIGHT)
    replicas = [replica(url, resting, watch) for _ in range(2)]
    with store.write() as connection:
        for number in range(2000, 2040):
            alert = replace(opened(), number=number, episode=number)
            alerts.save(connection, alert, "opened", "", (), NOW)
            replicas[0][1].show(connection, alert, "opened")
    watch.at = datetime(2026, 11, 23, 18, tzinfo=UTC)
    looked: Counter[int] = Counter()

    def tick(number: int) -> None:
        looked[number] += replicas[number][2].tick()

    together(tick)
    with store.read() as connection:
        lines = list(posts.by_state(connection).items())
        line = posts.find(connection, "#warehouse", f"quiet/{watch.at.isoformat()}")
        muted = {each.muted for number in range(2000, 2040) for each in placings.of_alert(connection, number)}
    for each, _, _ in replicas:
        each.close()
    assert looked.total() == 40
    assert line is not None
    assert (lines, muted) == ([("wanted", 41)], {""})


def test_replicas_that_spend_at_the_same_time_never_spend_more_than_the_budget(store: Store, url: str) -> None:
    watch, frugal = Watch(), Department("warehouse", "#warehouse", budget=5)
    replicas = [replica(url, frugal, watch) for _ in range(3)]
    with store.write() as connection:
        for number in range(3000, 3012):
            alerts.save(connection, replace(opened(), number=number, episode=number), "opened", "", (), NOW)

    def show(number: int) -> None:
        own, board, _ = replicas[number]
        for mine in range(3000 + number, 3012, 3):

            def one(connection: Any, mine: int = mine) -> None:
                alert = alerts.by_number(connection, mine)
                assert alert is not None
                board.show(connection, alert, "opened")

            own.run(one)

    together(show, 3)
    with store.read() as connection:
        rows = connection.execute(interruption.select()).all()
        summary = posts.find(connection, "#warehouse", f"budget/{TODAY.isoformat()}")
    for each, _, _ in replicas:
        each.close()
    assert Counter(row.told for row in rows) == {True: 5, False: 7}
    assert summary is not None

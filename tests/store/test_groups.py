"""Groups of alerts, on both databases: who is in which, counted and called, and replicas that meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.board import Board
from bot.core.advance import REOPEN_WITHIN
from bot.core.alerts import Alert, Holder, resolved, taken
from bot.core.groups import Group, Tally
from bot.core.money import Money
from bot.core.parts import MoneyRange, say
from bot.core.privacy import PrivacyAsked
from bot.core.settings import Grouping, House, Route
from bot.core.subject import Subject
from bot.core.verdict import Cost, Severity
from bot.store import alerts, groups, posts, privacy
from bot.store.engine import Connection, Store
from bot.store.groups import Grouped
from bot.store.retention import THIRTEEN_MONTHS, tidy
from bot.store.tables.groups import alert_group, grouped
from bot.store.tables.work import post as post_table
from tests.bench import Watch, usual_house
from tests.core.samples import NOW, opened
from tests.store.test_held import CATALOG, MESSAGE, together

HOUR = timedelta(hours=1)
GROUPING = Grouping(("rule", "shop"), timedelta(0), timedelta(minutes=5), 4 * HOUR)
GROUP = Group("low_stock in demo", (("rule", "low_stock"), ("shop", "demo")), GROUPING)
HOUSE = usual_house()


def alert(number: int, cost: int | None = 10, currency: str = "EUR", **changes: Any) -> Alert:
    made = opened(changes.pop("severity", Severity.MEDIUM))
    at_stake = Cost(MoneyRange(Money(cost, currency), Money(2 * cost, currency)), say("so")) if cost else None
    fire = replace(made.fire, cost=at_stake)
    subject = Subject("sku", f"SKU-{number}")
    return replace(made, number=number, episode=number, subject=subject, fire=fire, **changes)


def joins(connection: Connection, within: Grouped, one: Alert, call: int | None = 0, now: datetime = NOW) -> None:
    alerts.save(connection, one, "opened", "", (), now)
    groups.put(connection, within, one, call, HOUSE, now)


def current(connection: Connection, now: datetime = NOW, channel: str = "#a", group: Group = GROUP) -> Grouped:
    return groups.current(connection, channel, group, now)


def test_a_channel_has_one_group_of_a_name_and_another_channel_its_own(store: Store) -> None:
    with store.write() as connection:
        first, other = current(connection), current(connection, channel="#b")
        assert current(connection, NOW + HOUR) == first
        assert (first.group, first.call, first.worst, first.key) == (GROUP, 0, Severity.LOW, f"group/{first.id}")
        assert other.id != first.id


def test_an_alert_is_in_one_group_of_a_channel_until_it_leaves(store: Store) -> None:
    with store.write() as connection:
        here, there = current(connection), current(connection, channel="#b")
        for within in (here, there, here):
            joins(connection, within, alert(1001))
        assert groups.of_alert(connection, 1001) == {"#a": here, "#b": there}
        groups.leave(connection, here, 1001)
        assert groups.of_alert(connection, 1001) == {"#b": there}
        groups.end(connection, there)
        assert current(connection, channel="#b").opened_at == NOW
        assert groups.of_alert(connection, 1002) == {}


def test_a_group_is_counted_by_how_its_alerts_stand_and_never_over_currencies(store: Store) -> None:
    one, two, three, four = (
        alert(1001, 10),
        alert(1002, 30, holder=Holder("warehouse", "U1")),
        alert(1003, 500, "USD", severity=Severity.HIGH),
        resolved(alert(1004, 900, severity=Severity.CRITICAL), (), None, NOW),
    )
    with store.write() as connection:
        within = current(connection)
        for each in (one, two, three, four, alert(1005, None)):
            joins(connection, within, each)
        risk = (
            MoneyRange(Money(40, "EUR"), Money(80, "EUR")),
            MoneyRange(Money(500, "USD"), Money(1000, "USD")),
        )
        assert groups.tally(connection, within) == Tally(4, 1, 1, Severity.HIGH, risk)
        # The shop's own currency first, then another, then what has no amount, and last what is over.
        dearest = [each.number for each in groups.dearest(connection, within, 9)]
        assert dearest == [1002, 1001, 1003, 1005, 1004]
        for each in (one, two, three, alert(1005, None)):
            joins(connection, within, resolved(each, (), None, NOW))
        assert groups.tally(connection, within) == Tally(0, 0, 5, Severity.CRITICAL)


def test_a_call_tells_of_what_joined_for_it_and_stands(store: Store) -> None:
    with store.write() as connection:
        within = current(connection)
        joins(connection, within, alert(1001))
        assert (within.telling_key, within.before_key) == (within.key, within.key)
        first = groups.turned(connection, within)
        assert (first.telling_key, first.before_key) == (f"{within.key}/call-1", within.key)
        joins(connection, first, alert(1002), first.call)
        joins(connection, first, resolved(alert(1003), (), None, NOW), first.call)
        # How it stands does not change by which call it is told.
        joins(connection, first, taken(alert(1002), "U1", NOW), None)
        told = [each.number for each in groups.dearest(connection, first, 9, first.call)]
        assert (told, groups.told_in(connection, first)) == ([1002], 1)
        second = groups.turned(connection, first)
        assert (second.before_key, groups.told_in(connection, second)) == (first.call_key, 0)
        assert current(connection).call == 2


def test_what_comes_up_soon_after_a_group_closed_joins_it_and_later_a_new_one_begins(store: Store) -> None:
    with store.write() as connection:
        within = current(connection)
        groups.stands(connection, within, NOW, NOW)
        closed = current(connection, NOW + REOPEN_WITHIN - HOUR)
        assert (closed.id, closed.closed_at) == (within.id, NOW)
        groups.stands(connection, closed, None, NOW + HOUR)
        again = current(connection, NOW + 9 * HOUR)
        assert (again.id, again.closed_at) == (within.id, None)
        groups.stands(connection, again, NOW + 9 * HOUR, NOW + 9 * HOUR)
        assert current(connection, NOW + 9 * HOUR + REOPEN_WITHIN).id != within.id


def test_a_group_that_stands_is_reminded_of_in_its_interval_and_one_that_is_over_never(store: Store) -> None:
    with store.write() as connection:
        within, over = current(connection), current(connection, channel="#b")
        current(connection, group=replace(GROUP, name="never", grouping=replace(GROUPING, repeat=None)))
        groups.stands(connection, over, NOW, NOW)
        assert groups.to_remind(connection, NOW + 3 * HOUR) == []
        assert [each.id for each in groups.to_remind(connection, NOW + 4 * HOUR)] == [within.id]
        assert groups.to_remind(connection, NOW + 7 * HOUR) == []
        assert [each.id for each in groups.to_remind(connection, NOW + 8 * HOUR)] == [within.id]
        groups.worst(connection, within, Severity.HIGH)
        assert current(connection).worst is Severity.HIGH


def test_a_channels_messages_calls_and_joined_alerts_are_counted_for_a_storm(store: Store) -> None:
    with store.write() as connection:
        within = current(connection)
        for number in (1001, 1002):
            joins(connection, within, alert(number), now=NOW + timedelta(minutes=number - 1000))
        posts.want(connection, "#a", "alert/1003", MESSAGE, urgency=1, now=NOW + HOUR)
        posts.want(connection, "#a", "digest/x", MESSAGE, urgency=1, now=NOW + HOUR)
        posts.want(connection, "#b", "alert/1003", MESSAGE, urgency=1, now=NOW + HOUR)
        assert groups.lately(connection, "#a", NOW) == 3
        assert groups.lately(connection, "#a", NOW + timedelta(minutes=1)) == 2
        posts.drop(connection, "#a", "alert/1003", "over", NOW + HOUR)
        assert groups.lately(connection, "#a", NOW + timedelta(minutes=1)) == 1


# Replicas.


def grouping_house() -> House:
    return usual_house(routes=(Route(group=GROUPING),))


@pytest.fixture
def boards(url: str, store: Store) -> Iterator[list[tuple[Store, Board]]]:
    """Three replicas."""
    clock: Any = Watch()
    opened = [Store.open(url) for _ in range(3)]
    yield [(each, Board(CATALOG, grouping_house(), clock)) for each in opened]
    for each in opened:
        each.close()


def test_replicas_that_begin_a_group_at_the_same_time_begin_one_and_lose_nothing(
    store: Store, boards: list[tuple[Store, Board]]
) -> None:
    numbers = range(3000, 3012)
    with store.write() as connection:
        for number in numbers:
            alerts.save(connection, alert(number), "opened", "", (), NOW)

    def show(place: int) -> None:
        own, board = boards[place]
        for number in numbers[place::3]:
            own.run(partial(shown, board=board, number=number))

    together(show, 3)
    with store.read() as connection:
        there = select(alert_group.c.id).where(alert_group.c.channel == "#warehouse")
        [id] = connection.execute(there).scalars()
        inside = connection.execute(select(grouped.c.number).where(grouped.c.group == id)).scalars()
        assert sorted(inside) == list(numbers)
        message = connection.execute(select(post_table.c.message).where(post_table.c.key == f"group/{id}")).scalars()
        assert "12 open" in next(message)


def shown(connection: Connection, board: Board, number: int) -> None:
    one = alerts.by_number(connection, number)
    assert one is not None
    board.show(connection, one, "opened")


def test_replicas_that_remind_at_the_same_time_remind_once(store: Store, boards: list[tuple[Store, Board]]) -> None:
    with store.write() as connection:
        alerts.save(connection, alert(1001), "opened", "", (), NOW)
        shown(connection, boards[0][1], 1001)
        connection.execute(post_table.update().values(state="shown", shown=1, ts="1.1"))
    watch: Any = boards[0][1].clock
    watch.forward(hours=4)
    reminded: Counter[int] = Counter()

    def remind(place: int) -> None:
        own, board = boards[place]
        reminded[place] += own.run(board.remind)

    together(remind, 3)
    with store.read() as connection:
        calls = select(post_table.c.channel).where(post_table.c.key.like("%/still-%"))
        assert sorted(connection.execute(calls).scalars()) == ["#marketing", "#warehouse"]
    assert reminded.total() == 2


# What is forgotten.


def everything(connection: Connection) -> str:
    rows = [*connection.execute(select(alert_group)), *connection.execute(select(grouped))]
    return "\n".join(map(str, rows))


def forgets(connection: Connection, wish: Any, *orders: str) -> None:
    asked = PrivacyAsked(shop="demo", source="shopify", at=NOW, wish=wish, orders=orders)
    privacy.carry_out(connection, privacy.Wished(asked, "privacy-1", NOW, Path("unused")))


def test_a_forgotten_shop_leaves_nothing_in_groups_and_other_shops_keep_theirs(store: Store) -> None:
    by_subject = Group("MUG in demo", (("subject", "MUG"), ("shop", "demo")), GROUPING)
    shared = Group("MUG anywhere", (("subject", "MUG"),), GROUPING)
    with store.write() as connection:
        mine, both = current(connection, group=by_subject), current(connection, group=shared)
        joins(connection, mine, alert(1001))
        joins(connection, both, alert(1002))
        joins(connection, both, alert(1003, shop="dock"))
        posts.want(connection, "#a", mine.key, MESSAGE, urgency=1, now=NOW)
        forgets(connection, "forget_shop")
        assert "demo" not in everything(connection)
        assert groups.of_alert(connection, 1001) == {}
        assert [each.number for each in groups.dearest(connection, both, 9)] == [1003]
        # No alert joins it any more, and a new one does not take the number by which its message is known.
        assert current(connection, group=by_subject).id not in (mine.id, both.id)
        assert current(connection, group=shared) == both
        assert groups.to_remind(connection, NOW + 9 * HOUR)[0].id == both.id


def test_a_forgotten_customer_leaves_nothing_in_groups(store: Store) -> None:
    order = Group("order 7310000000000000001", (("subject", "7310000000000000001"),), GROUPING)
    with store.write() as connection:
        within = current(connection, group=order)
        joins(connection, within, alert(1001))
        forgets(connection, "forget_customer", "7310000000000000001")
        assert "7310000000000000001" not in everything(connection)
        assert [each.number for each in groups.dearest(connection, within, 9)] == [1001]


def test_a_group_is_forgotten_with_its_alerts_once_no_message_of_it_is_kept(store: Store) -> None:
    late = NOW + THIRTEEN_MONTHS + HOUR
    with store.write() as connection:
        within = current(connection)
        joins(connection, within, resolved(alert(1001), (), None, NOW))
        joins(connection, current(connection, channel="#b"), alert(1002))
        call = posts.want(connection, "#a", f"{within.key}/call-1", MESSAGE, urgency=1, now=late, thread=within.key)
        tidy(connection, late)
        assert counted(connection) == (2, 1)
        posts.drop(connection, "#a", call.key, "over", late)
        tidy(connection, late + THIRTEEN_MONTHS + HOUR)
        assert counted(connection) == (1, 1)
        assert list(groups.of_alert(connection, 1002)) == ["#b"]


def counted(connection: Connection) -> tuple[int, int]:
    """How many groups there are, and how many alerts are in one."""
    tables = (alert_group, grouped)
    found = (connection.execute(select(func.count()).select_from(each)).scalar_one() for each in tables)
    return next(found), next(found)

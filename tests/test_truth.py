"""Whatever happens: what Slack shows is what is true, no alert vanishes, and nobody is interrupted beyond the budget."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.core import compose, groups
from bot.core.alerts import Alert
from bot.core.dispatch import Post
from bot.core.groups import Group, Tally
from bot.core.message import Message
from bot.core.money import Money
from bot.core.parts import MoneyRange
from bot.core.routes import Routed, route
from bot.core.settings import Grouping, House
from bot.core.verdict import Severity
from bot.store import alerts as stored
from bot.store import held, placings, posts
from bot.store.tables.groups import alert_group, grouped
from bot.store.tables.held import interruption
from tests.bench import Bench, Watch
from tests.core.samples import NOW
from tests.happenings import ACTS, HISTORIES, houses
from tests.world import CATALOG, Mood, World

HOUR = timedelta(hours=1)
CHANNELS = ("#marketing", "#finance", "#warehouse", "#operations", "#board")


@dataclass(frozen=True)
class Room:
    """What is known of all channels at a moment."""

    world: World
    alerts: Mapping[int, Alert]
    posts: Mapping[tuple[str, str], Post]
    within: Mapping[tuple[str, int], int]
    """The group of each alert that is in one, by channel and number."""
    groups: Mapping[int, Any]

    @classmethod
    def of(cls, world: World) -> Room:
        with world.bench.store.read() as connection:
            rows = connection.execute(select(grouped)).all()
            teams = {row.id: row for row in connection.execute(select(alert_group))}
        shown = {(post.channel, post.key): post for name in CHANNELS for post, _ in world.bench.posts(name)}
        members = {(row.channel, row.number): row.group for row in rows}
        return cls(world, {alert.number: alert for alert in world.alerts()}, shown, members, teams)

    def places(self, alert: Alert) -> dict[str, tuple[str, ...]]:
        """Whose views of an alert each channel is to show."""
        found: dict[str, tuple[str, ...]] = {}
        for place in route(alert, self.world.house, self.world.watch.now()):
            if isinstance(place, Routed):
                found[place.channel] = (*found.get(place.channel, ()), place.department)
        return found

    def message(self, post: Post) -> Message:
        """What Slack shows of a post."""
        assert post.ts is not None
        return self.world.slack.messages[post.channel, post.ts]


def shows_what_is_true(room: Room) -> None:
    """Every message of an alert or of a group says what stands now."""
    for (channel, key), post in room.posts.items():
        kind, _, id = key.partition("/")
        if post.ts is None or "/" in id:
            continue
        if kind == "alert":
            alert = room.alerts[int(id)]
            assert room.message(post) == alone(room, alert, channel), f"{channel} is wrong on {alert.name}"
        if kind == "group":
            assert room.message(post) == together(room, channel, int(id)), f"{channel} is wrong on {key}"


def waits_where_it_belongs(room: Room) -> None:
    """No alert waits to be shown in a channel to which no route leads any more."""
    for (channel, key), post in room.posts.items():
        kind, _, id = key.partition("/")
        if kind == "alert" and id.isdigit() and post.state == "wanted" and post.first_attempt_at is None:
            alert = room.alerts[int(id)]
            assert channel in room.places(alert), f"{alert.name} waits in {channel}: {post.reason}"


def alone(room: Room, alert: Alert, channel: str) -> Message:
    return compose.compose(alert, room.places(alert).get(channel, ()), CATALOG.at(room.world.house).actions.values())


def together(room: Room, channel: str, id: int) -> Message:
    """A group's message, put together from its alerts as they stand."""
    mine = [room.alerts[number] for (place, number), group in room.within.items() if group == id]
    row = room.groups[id]
    if len(mine) == 1:
        return alone(room, mine[0], channel)
    standing = [alert for alert in mine if alert.state != "resolved"]
    costs = [alert.fire.cost.amount for alert in standing if alert.fire.cost]
    low, high = sum(cost.low.minor for cost in costs), sum(cost.high.minor for cost in costs)
    tally = Tally(
        len(standing),
        sum(alert.holder.person is not None for alert in standing),
        len(mine) - len(standing),
        max(alert.severity for alert in standing or mine),
        (MoneyRange(Money(low, "EUR"), Money(high, "EUR")),) if costs else (),
    )
    labels = tuple(map(tuple, json.loads(row.labels)))
    group = Group(row.name, labels, Grouping(tuple(label for label, _ in labels)))
    return groups.compose(group, tally, sorted(mine, key=dearest)[:10], row.opened_at)


def dearest(alert: Alert) -> tuple[bool, bool, int, int, int]:
    cost = alert.fire.cost.amount.high.minor if alert.fire.cost else None
    return alert.state == "resolved", cost is None, -(cost or 0), -alert.severity, alert.number


def same_state_everywhere(room: Room) -> None:
    """An alert is in one state in all channels that show it by itself."""
    heads: dict[int, set[str]] = {}
    for (_, key), post in room.posts.items():
        kind, _, id = key.partition("/")
        if kind == "alert" and id.isdigit() and post.ts is not None:
            heads.setdefault(int(id), set()).add(str(room.message(post).summary[0]))
    assert all(len(each) == 1 for each in heads.values()), heads


def nothing_vanished(room: Room) -> dict[tuple[str, str], str]:
    """How each open alert stands in each channel in which it is to be seen."""
    found = {}
    with room.world.bench.store.read() as connection:
        for alert in room.alerts.values():
            if alert.state == "resolved":
                continue
            lines = placings.of_alert(connection, alert.number)
            for line in lines:
                assert line.channel or line.route.startswith("muted"), line
            for channel in room.places(alert):
                mine = [line for line in lines if line.channel == channel]
                assert mine, f"nobody knows how {alert.name} stands in {channel}"
                found[alert.name, channel] = stands(room, connection, alert, channel, mine[0].muted)
    return found


def stands(room: Room, connection: Any, alert: Alert, channel: str, why: str) -> str:
    """How an open alert stands in a channel, of which is said ``why`` it is not shown there."""
    now = room.world.watch.now()
    told = f"{alert.name} in {channel}: {why!r}"
    own = room.posts.get((channel, posts.alert_key(alert.number)))
    id = room.within.get((channel, alert.number))
    root = room.posts.get((channel, f"group/{id}")) if id is not None else None
    if (own is not None and own.ts) or (root is not None and root.ts):
        return "shown"
    if id is not None and root is not None and root.state == "wanted" and root.due_at > now:
        assert root.due_at <= room.groups[id].opened_at + timedelta(seconds=room.groups[id].wait), told
        assert why.startswith("told together"), told
        return "gathered"
    if "in the summary" in why:
        days = [day for place, day in held.summaries_of(connection, alert.number) if place == channel]
        assert days, f"{told}, but it is in none"
        assert alert.severity < Severity.CRITICAL, told
        assert any((post := room.posts.get((channel, f"budget/{day}"))) is not None and post.ts for day in days), told
        return "summarised"
    if why.endswith("says it already"):
        other = room.alerts[int(why.removeprefix("A-").split(" ")[0])]
        assert other.state != "resolved", f"{told}, which is over"
        return "inhibited"
    assert own is not None and own.state == "wanted" and own.due_at > now and why == own.reason, f"{told}: {own}"
    assert own.due_at <= now + timedelta(days=31), told
    return "held"


def within_the_budgets(room: Room) -> None:
    """No channel has more messages and calls of alerts on a day than its budget allows, but for what is critical, what
    somebody took, and what would be too dear to wait with."""
    with room.world.bench.store.read() as connection:
        paid = {(row.channel, row.key): row for row in connection.execute(select(interruption))}
        free = {number for number in room.alerts if taken_once(connection, number)}
    by_channel = {each.channel: each for each in room.world.house.departments.values()}
    spent = Counter((row.channel, row.day) for row in paid.values() if row.told and row.number not in free)
    for (channel, day), number in spent.items():
        assert number <= (by_channel[channel].budget or 0), f"{channel} was told {number} on {day}"
    for (channel, key), spending in paid.items():
        if spending.told and key.count("/") == 1:
            root = room.posts[channel, key]
            assert root.ts or root.reason.startswith("waits for others"), f"{channel} paid for {key}, but sees it not"
    for (channel, key), post in room.posts.items():
        department = by_channel.get(channel)
        if department is None or department.budget is None or department.wakes_above or not post.ts:
            continue
        if key.startswith(("alert/", "group/")) and not exempt(room, free, channel, key):
            counted = paid.get((channel, key.removesuffix("-beside")))
            assert counted is not None and counted.told, f"{channel} got {key} and nobody counted it: {counted}"


def taken_once(connection: Any, number: int) -> bool:
    return any(line.change in ("taken", "handed_off", "snoozed") for line in stored.logged(connection, number))


def exempt(room: Room, free: set[int], channel: str, key: str) -> bool:
    """Whether a message need not have been paid for: by one of its alerts, as far as that can be told afterwards."""
    kind, id, *_ = key.split("/")
    numbers = [int(id)]
    if kind == "group":
        numbers = [number for (place, number), group in room.within.items() if group == int(id)]
    return any(number in free or room.alerts[number].peak is Severity.CRITICAL for number in numbers)


def true_throughout(world: World) -> dict[tuple[str, str], str]:
    """All that must hold once Slack has taken what is due."""
    world.caught_up()
    room = Room.of(world)
    shows_what_is_true(room)
    waits_where_it_belongs(room)
    same_state_everywhere(room)
    within_the_budgets(room)
    return nothing_vanished(room)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which a month of sales is known."""
    folder = tmp_path_factory.mktemp("made")
    bench = Bench(folder, catalog=CATALOG)
    bench.sells("HOODIE", 10)
    bench.sells("TEST-1", 10)
    bench.close()
    return folder


def holds_throughout(
    made: Path, folder: Path, two: tuple[House, House], history: Sequence[tuple[str, int, Mood]]
) -> None:
    house, other = two
    world = World.begun(made, folder, house, Watch(NOW), other)
    try:
        for act, which, mood in history:
            note(f"{world.watch.now()}: {act} {which}, Slack {mood}")
            ACTS[act][1](world, which)
            world.tick()
            world.deliver(mood)
            if mood == "takes":
                true_throughout(world)
        for hours in (0.5, 0.5, 1, 1, 4, 4):
            world.later(hours * HOUR)
            true_throughout(world)
        # Whatever was laid, snoozed or held is over by then, and everybody works.
        for _ in range(9):
            world.later(4 * 24 * HOUR)
            world.deliver()
        world.watch.at = datetime(2027, 1, 6, 9, 30, tzinfo=UTC)
        world.tick()
        world.later(timedelta(minutes=21))
        found = true_throughout(world)
        assert set(found.values()) <= {"shown", "summarised", "inhibited"}, found
    finally:
        world.close()


quickly = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
thoroughly = settings(quickly, max_examples=2_000)


@pytest.fixture
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lambda: tmp_path_factory.mktemp("world")


@quickly
@given(two=st.tuples(houses(), houses()), history=HISTORIES)
def test_what_slack_shows_is_true_and_no_alert_vanishes_whatever_happens(
    made: Path, folders: Any, two: tuple[House, House], history: list[tuple[str, int, Mood]]
) -> None:
    holds_throughout(made, folders(), two, history)


@pytest.mark.reliability
@pytest.mark.timeout(3600)
@thoroughly
@given(two=st.tuples(houses(), houses()), history=HISTORIES)
def test_the_same_in_many_more_histories(
    made: Path, folders: Any, two: tuple[House, House], history: list[tuple[str, int, Mood]]
) -> None:
    holds_throughout(made, folders(), two, history)

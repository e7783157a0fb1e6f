"""When Slack says no: real store, client and dispatcher against a workbench that refuses, on a clock that is moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.core import message as said
from bot.core.alerts import Alert, resolved
from bot.core.dispatch import SETTLE, Post
from bot.core.message import Message
from bot.core.parts import ShopText, say
from bot.core.subject import Subject
from bot.edge.dispatcher import Dispatcher
from bot.edge.limiter import Limiter
from bot.edge.slack.client import SlackClient
from bot.rounds.troubles import Troubles
from bot.store import alerts, destinations, missed, posts
from bot.store.engine import Store
from bot.store.tables.work import post as table
from bot.workbench import Workbench
from tests.core.samples import opened
from tests.edge.outgoing_fixtures import LOOK, SetClock

OPS, WAREHOUSE = "C0OPS", "C0WAREHOUSE"
POST = "chat.postMessage"
QUARTER = timedelta(minutes=15)


def words(text: str) -> Message:
    return Message(say(text), (said.Paragraph(say(ShopText(text))),))


@dataclass
class Floor:
    """A shop floor whose time passes in steps: at each one the bot ticks, and what is due is delivered."""

    store: Store
    bench: Workbench
    time: SetClock
    dispatcher: Dispatcher
    troubles: Troubles

    def want(self, key: str, text: str, channel: str = WAREHOUSE, **more: Any) -> Post:
        with self.store.write() as connection:
            urgency = more.pop("urgency", 2)
            return posts.want(connection, channel, key, words(text), urgency=urgency, now=self.time.now(), **more)

    def post(self, key: str, channel: str = WAREHOUSE) -> Post:
        with self.store.read() as connection:
            found = posts.find(connection, channel, key)
        assert found is not None
        return found

    def alert(self, number: int, version: int = 1) -> Alert:
        """An open alert with its post in the warehouse's channel."""
        alert = replace(
            opened(now=self.time.now()), number=number, version=version, subject=Subject("sku", f"SKU-{number}")
        )
        with self.store.write() as connection:
            alerts.save(connection, alert, "opened", "", say("it fires"), self.time.now())
        self.want(f"alert/{number}", f"matter {number}")
        return alert

    def resolve(self, alert: Alert) -> None:
        """The alert is over, as the board writes it down."""
        over = resolved(alert, say("it went by"), None, self.time.now())
        with self.store.write() as connection:
            alerts.save(connection, over, "resolved", "", say("it went by"), self.time.now())
            missed.keep(connection, WAREHOUSE, f"alert/{alert.number}", self.time.now())
            posts.drop(connection, WAREHOUSE, f"alert/{alert.number}", "over before it was shown", self.time.now())

    def texts(self, channel: str = "warehouse") -> list[str]:
        return [message["text"] for message in self.bench.messages(channel)]

    def called(self, method: str = POST) -> int:
        return sum(call["method"] == method for call in self.bench.calls)

    async def step(self) -> None:
        """One tick and all that follows from it."""
        for _ in range(3):
            self.troubles.tick()
            await self.dispatcher.drained()

    async def later(self, time: timedelta) -> None:
        self.time.move(time.total_seconds())
        await self.step()


@pytest.fixture
async def floor(store: Store) -> AsyncIterator[Floor]:
    time = SetClock()
    bench = await Workbench.start(clock=time.follower(), rate_limits=False)
    limiter = Limiter()
    client = await SlackClient.open(bench.bot_token, limiter, time, base_url=bench.api_url, seconds=0.5)

    async def pause(seconds: float) -> None:
        time.move(seconds)

    dispatcher = Dispatcher(store, client, limiter, time, lambda channel: LOOK, pause=pause)
    yield Floor(store, bench, time, dispatcher, Troubles(store, OPS, time))
    await dispatcher.stop()
    await client.close()
    await bench.stop()


async def test_an_archived_channel_diverts_once_tells_once_a_day_and_heals_itself(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", archived=True)
    floor.alert(1001)
    await floor.step()
    assert (floor.post("alert/1001").state, floor.post("alert/1001").reason) == ("parked", "is_archived")
    told, copy = sorted(floor.texts("ops"), reverse=True)
    assert told.startswith(f"Slack takes no messages for {WAREHOUSE}: is_archived, since ")
    assert copy == f"Could not be shown in {WAREHOUSE}: is_archived. matter 1001"
    floor.alert(1002)
    calls = floor.called()
    await floor.later(timedelta(minutes=5))
    assert floor.post("alert/1002").state == "parked"
    assert floor.called() == calls + 1, "the second copy alone; no call is spent on a channel that refuses"
    for _ in range(4):
        await floor.later(QUARTER)
    assert floor.called() - calls == 5, "and the channel is tried once a quarter of an hour"
    assert len(floor.texts("ops")) == 3
    floor.bench.set_channel("warehouse", archived=False)
    await floor.later(QUARTER)
    await floor.later(SETTLE)
    await floor.step()
    assert sorted(floor.texts()) == ["matter 1001", "matter 1002"]
    assert sorted(text[:20] for text in floor.texts("ops")) == [
        f"{WAREHOUSE} takes me"[:20],
        *["Shown in C0WAREHOUSE"] * 2,
    ]
    with floor.store.read() as connection:
        assert not destinations.concern(connection, floor.time.now())


async def test_the_day_after_operators_hear_of_it_again(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", archived=True)
    floor.alert(1001)
    await floor.step()
    assert len(floor.texts("ops")) == 2
    await floor.later(timedelta(days=1))
    assert len(floor.texts("ops")) == 3


async def test_what_went_by_in_a_broken_channel_is_one_line_when_it_heals(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", archived=True)
    gone, stands = floor.alert(1001), floor.alert(1002)
    floor.want("digest/weekly/1", "last week", urgency=0)
    await floor.step()
    floor.resolve(gone)
    await floor.later(timedelta(hours=25))
    floor.bench.set_channel("warehouse", archived=False)
    await floor.later(QUARTER)
    await floor.later(SETTLE)
    assert floor.texts()[0] == "matter 1002", "what still stands is shown, however long it waited"
    [line] = floor.texts()[1:]
    assert line.startswith("While Slack was away: 1 matter and 1 notice came and went between ")
    assert floor.post(f"alert/{stands.number}").state == "shown"
    assert floor.post("alert/1001").reason == "over before it was shown"
    assert floor.post("digest/weekly/1").reason == "older than a day before it could be shown"
    assert sorted(text.split(":")[0] for text in floor.texts("ops") if "matter" in text) == [
        f"Over before {WAREHOUSE} could show it", f"Shown in {WAREHOUSE} by now",
    ]  # fmt: skip


async def test_when_all_that_waited_is_over_the_line_about_it_is_the_trial(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", archived=True)
    alert = floor.alert(1001)
    await floor.step()
    floor.resolve(alert)
    await floor.step()
    floor.bench.set_channel("warehouse", archived=False)
    await floor.later(QUARTER)
    await floor.later(SETTLE)
    [line] = floor.texts()
    assert line.startswith("While Slack was away: 1 matter came and went")
    with floor.store.read() as connection:
        assert destinations.broken(connection) == []


async def test_an_update_of_a_diverted_matter_edits_its_copy(floor: Floor) -> None:
    floor.alert(1001)
    await floor.step()
    floor.bench.set_channel("warehouse", archived=True)
    floor.alert(1002)
    await floor.step()
    floor.want("alert/1001", "410 left")
    floor.want("alert/1001/turn-2", "worse now", thread="alert/1001")
    await floor.step()
    floor.want("alert/1001", "300 left")
    await floor.step()
    copies = [message for message in floor.bench.messages("ops") if "Could not" in message["text"]][1:]
    assert [copy["text"].rpartition(". ")[2] for copy in copies] == ["300 left", "worse now"]
    assert copies[1]["thread_ts"] == copies[0]["ts"]
    floor.bench.set_channel("warehouse", archived=False)
    await floor.later(QUARTER)
    await floor.later(SETTLE)
    assert sorted(floor.texts()) == ["300 left", "matter 1002", "worse now"]


async def test_a_copy_that_nobody_saw_before_its_channel_healed_is_taken_back(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", archived=True)
    floor.alert(1001)
    await floor.dispatcher.drained()
    floor.troubles.tick()
    floor.bench.set_channel("warehouse", archived=False)
    with floor.store.write() as connection:
        destinations.release_any(connection, "", floor.time.now())
        copies = table.c.key.startswith("diverted/")
        [key] = connection.execute(select(table.c.key).where(copies)).scalars()
        connection.execute(update(table).where(copies).values(look_at=None))
    await floor.dispatcher.drained()
    await floor.later(SETTLE)
    assert floor.texts() == ["matter 1001"]
    assert floor.post(key, OPS).reason == "its own channel has it"


async def test_what_operations_see_anyhow_is_not_diverted_to_them(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", archived=True)
    floor.alert(1001)
    floor.want("alert/1001", "as operations see it", channel=OPS)
    await floor.step()
    assert [text for text in floor.texts("ops") if "Could not" in text] == []


async def test_with_operations_broken_too_nothing_is_diverted_and_nothing_is_lost(floor: Floor) -> None:
    for channel in ("warehouse", "ops"):
        floor.bench.set_channel(channel, archived=True)
    floor.alert(1001)
    floor.want("alert/1001", "as operations see it", channel=OPS)
    await floor.step()
    await floor.later(QUARTER)
    assert floor.texts("ops") == []
    for channel in ("warehouse", "ops"):
        floor.bench.set_channel(channel, archived=False)
    for _ in range(4):
        await floor.later(QUARTER)
    assert floor.texts() == ["matter 1001"]
    assert "as operations see it" in floor.texts("ops")


async def test_a_bot_that_was_thrown_out_and_asked_back_finds_its_posts_waiting(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", joined=False)
    floor.alert(1001)
    await floor.step()
    assert floor.post("alert/1001").reason == "not_in_channel"
    floor.bench.set_channel("warehouse", joined=True)
    await floor.later(QUARTER)
    await floor.later(SETTLE)
    assert floor.texts() == ["matter 1001"]


async def test_a_post_of_refused_content_is_told_to_operations_once(floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "error:msg_too_long", "times": 1}])
    floor.want("alert/1001", "too much")
    await floor.step()
    await floor.later(timedelta(hours=1))
    [told] = floor.texts("ops")
    assert told.startswith(f"A post for {WAREHOUSE} was given up on ")
    assert "msg_too_long" in told


async def test_an_operator_may_have_a_channel_tried_at_once(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", archived=True)
    for number in (1001, 1002):
        floor.alert(number)
    await floor.step()
    floor.bench.set_channel("warehouse", archived=False)
    with floor.store.write() as connection:
        assert len(destinations.release_any(connection, floor.post("alert/1001").id[:8], floor.time.now())) == 1
        assert destinations.release_any(connection, "nothing", floor.time.now()) == []
    await floor.later(SETTLE)
    await floor.later(QUARTER)
    await floor.later(SETTLE)
    assert sorted(floor.texts()) == ["matter 1001", "matter 1002"]


async def test_a_trial_that_is_taken_back_gives_way_to_the_next(floor: Floor) -> None:
    floor.bench.set_channel("warehouse", archived=True)
    first = floor.alert(1001)
    await floor.step()
    floor.alert(1002)
    await floor.step()
    floor.time.move(QUARTER.total_seconds())
    floor.troubles.tick()
    floor.resolve(first)
    floor.bench.set_channel("warehouse", archived=False)
    await floor.later(SETTLE)
    await floor.later(SETTLE)
    assert "matter 1002" in floor.texts()


# Slack as a whole.


async def test_a_revoked_token_keeps_everything_and_the_rotated_one_delivers_it(floor: Floor) -> None:
    floor.bench.set_faults([{"method": "*", "kind": "error:token_revoked"}])
    for number in (1001, 1002, 1003):
        floor.alert(number)
    for _ in range(5):
        await floor.later(timedelta(minutes=1))
    assert floor.dispatcher.trouble == "token_revoked"
    assert floor.called() <= 7, "one attempt a minute"
    floor.bench.set_faults([])
    await floor.later(timedelta(minutes=1))
    await floor.later(timedelta(minutes=1))
    assert sorted(floor.texts()) == ["matter 1001", "matter 1002", "matter 1003"]
    assert floor.dispatcher.trouble == ""


async def test_after_four_hours_without_slack_the_worst_comes_first_and_what_went_by_is_one_line(floor: Floor) -> None:
    floor.bench.set_faults([{"method": "*", "kind": "status_500_before"}])
    went = [floor.alert(number) for number in range(1001, 1015)]
    for urgency in (1, 4, 3):
        floor.want(f"alert/20{urgency}", f"urgency {urgency}", urgency=urgency)
    for _ in range(16):
        await floor.later(QUARTER)
        if went:
            floor.resolve(went.pop())
    floor.bench.set_faults([])
    for _ in range(4):
        await floor.later(timedelta(minutes=2))
    assert floor.texts()[:3] == ["urgency 4", "urgency 3", "urgency 1"]
    [line] = floor.texts()[3:]
    assert line.startswith("While Slack was away: 14 matters came and went between ")
    assert {floor.post(f"alert/{number}").reason for number in range(1001, 1015)} <= {
        "over before it was shown", "over before it could be shown",
    }  # fmt: skip
    with floor.store.read() as connection:
        assert posts.by_state(connection) == {"shown": 4, "dropped": 14}


async def test_the_next_outage_gets_a_line_of_its_own(floor: Floor) -> None:
    for number in (1001, 1002):
        floor.bench.set_faults([{"method": "*", "kind": "error:invalid_auth"}])
        alert = floor.alert(number)
        await floor.later(timedelta(minutes=5))
        floor.resolve(alert)
        floor.bench.set_faults([])
        await floor.later(timedelta(hours=2))
    assert [text.split(" between")[0] for text in floor.texts()] == ["While Slack was away: 1 matter came and went"] * 2


async def test_notices_that_events_overtook_are_not_told_late(floor: Floor) -> None:
    alert = floor.alert(1001)
    await floor.step()
    floor.bench.set_faults([{"method": "*", "kind": "error:invalid_auth"}])
    floor.want("alert/1001/turn-1", "worse", thread="alert/1001")
    await floor.later(timedelta(minutes=5))
    over = resolved(alert, say("it went by"), None, floor.time.now())
    with floor.store.write() as connection:
        alerts.save(connection, over, "resolved", "", say("it went by"), floor.time.now())
    await floor.later(timedelta(minutes=5))
    floor.bench.set_faults([])
    await floor.later(timedelta(minutes=5))
    assert floor.post("alert/1001/turn-1").reason == "over before it could be shown"
    assert [text.split(" between")[0] for text in floor.texts()] == [
        "matter 1001", "While Slack was away: 1 notice came and went",
    ]  # fmt: skip


async def test_what_is_wanted_again_before_it_is_told_did_not_go_by(floor: Floor) -> None:
    floor.bench.set_faults([{"method": "*", "kind": "error:invalid_auth"}])
    alert = floor.alert(1001)
    await floor.later(timedelta(minutes=5))
    floor.resolve(alert)
    floor.alert(1001, version=9)
    floor.bench.set_faults([])
    await floor.later(timedelta(minutes=5))
    assert floor.texts() == ["matter 1001"]


# Slack's limits.


@pytest.mark.parametrize(
    ("retry_after", "told"),
    [("20", None), ("90", "2 min"), ("90.5", "2 min"), ("1000000", "60 min"), ("", None), ("soon", None)],
)
async def test_a_post_that_limits_delayed_by_more_than_a_minute_says_so_once(
    retry_after: str, told: str | None, floor: Floor
) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "ratelimit", "retry_after": retry_after, "times": 1}])
    floor.want("alert/1001", "patience")
    await floor.step()
    for _ in range(65):
        await floor.later(timedelta(minutes=1))
    [message] = floor.bench.messages("warehouse")
    assert ("delayed by Slack" in str(message["blocks"])) is (told is not None)
    assert (floor.called(), floor.called("chat.update")) == (2, 0)
    assert floor.post("alert/1001").limited_at is None


async def test_a_crowd_in_one_channel_is_told_which_of_it_comes_late(floor: Floor) -> None:
    for number in range(80):
        floor.want(f"digest/{number}", f"number {number}")
    await floor.step()
    late = ["delayed by Slack" in str(message["blocks"]) for message in floor.bench.messages("warehouse")]
    assert (len(late), late[0], late[-1]) == (80, False, True)
    assert late == sorted(late), "from some moment on all are late"

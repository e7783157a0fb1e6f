"""Posts reach Slack once, whatever breaks on the way: real store and client against the workbench and its faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.core import message as said
from bot.core.dispatch import LEASE, SETTLE, Absent, Outcome, Post, Shown, attempting
from bot.core.message import Message
from bot.core.parts import Person, Quantity, ShopText, say
from bot.core.preferences import OwnQuiet, Preferences
from bot.core.schedule import WEEKDAYS
from bot.core.sweep import Sighting
from bot.edge.dispatcher import Client, Dispatcher
from bot.edge.limiter import Limiter
from bot.edge.render import Look, Rendered
from bot.edge.slack.client import Identity, SlackClient
from bot.store import outbox, posts, preferences
from bot.store.engine import Connection, Store, StoreDown
from bot.workbench import Workbench
from tests.edge.outgoing_fixtures import LOOK, SetClock

OPS = "C0OPS"
POST = "chat.postMessage"


def words(text: str) -> Message:
    return Message(say(text), (said.Paragraph(say(ShopText(text))),))


def look_of(channel: str) -> Look:
    return LOOK


@dataclass
class Floor:
    """A shop floor for one test: store, workbench, clock, and a dispatcher between them."""

    store: Store
    bench: Workbench
    time: SetClock
    client: SlackClient
    limiter: Limiter
    dispatcher: Dispatcher
    pause: Callable[[float], Awaitable[None]]
    paused: list[float] = field(default_factory=list)

    def other(self, client: Client | None = None, look_of: Callable[[str], Look] = look_of) -> Dispatcher:
        """A second dispatcher over the same store, which waits by the same clock."""
        return Dispatcher(self.store, client or self.client, self.limiter, self.time, look_of, pause=self.pause)

    def want(self, key: str, text: str | Message, channel: str = OPS, **more: Any) -> Post:
        message = words(text) if isinstance(text, str) else text
        with self.store.write() as connection:
            return posts.want(
                connection, channel, key, message, urgency=more.pop("urgency", 1), now=self.time.now(), **more
            )

    def post(self, key: str, channel: str = OPS) -> Post:
        with self.store.read() as connection:
            found = posts.find(connection, channel, key)
        assert found is not None
        return found

    def texts(self, channel: str = "ops") -> list[str]:
        return [message["text"] for message in self.bench.messages(channel)]

    def called(self, method: str) -> int:
        return sum(call["method"] == method for call in self.bench.calls)

    async def later(self, time: timedelta) -> None:
        self.time.move(time.total_seconds())
        await self.dispatcher.drained()


@pytest.fixture
async def floor(store: Store) -> AsyncIterator[Floor]:
    async with laid(store) as made:
        yield made


@asynccontextmanager
async def laid(store: Store) -> AsyncIterator[Floor]:
    """A floor over a store."""
    time = SetClock()
    bench = await Workbench.start(clock=time.follower(), rate_limits=False)
    limiter = Limiter()
    client = await SlackClient.open(bench.bot_token, limiter, time, base_url=bench.api_url, seconds=0.5)
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        time.move(seconds)

    dispatcher = Dispatcher(store, client, limiter, time, look_of, pause=pause)
    yield Floor(store, bench, time, client, limiter, dispatcher, pause, paused)
    await dispatcher.stop()
    await client.close()
    await bench.stop()


async def test_a_wanted_post_is_posted_and_kept_with_its_ts(floor: Floor) -> None:
    floor.want("alert/1", "Blue Hoodie runs out")
    await floor.dispatcher.drained()
    [message] = floor.bench.messages("ops")
    post = floor.post("alert/1")
    assert (post.state, post.shown, post.ts) == ("shown", 1, message["ts"])
    assert message["text"] == "Blue Hoodie runs out"


async def test_many_changes_are_one_edit(floor: Floor) -> None:
    floor.want("alert/1", "410 left")
    await floor.dispatcher.drained()
    for left in range(400, 300, -1):
        floor.want("alert/1", f"{left} left")
    await floor.dispatcher.drained()
    assert floor.texts() == ["301 left"]
    assert (floor.called(POST), floor.called("chat.update")) == (1, 1)


async def test_what_is_new_does_not_wait_behind_an_edit_that_slack_would_refuse_by_now(floor: Floor) -> None:
    floor.want("alert/1", "it began")
    await floor.dispatcher.drained()
    for change in range(11):
        floor.want("alert/1", f"change {change}", urgency=9)
        await floor.dispatcher.drained()
    floor.want("alert/2", "another matter")
    await floor.dispatcher.drained()
    assert floor.texts() == ["change 5", "another matter"]
    assert floor.paused == []
    await floor.later(timedelta(seconds=2))
    assert floor.texts() == ["change 10", "another matter"]


ROOMS = ("C0MARKETING", "C0FINANCE", "C0WAREHOUSE", "C0OPS")


async def test_what_somebody_did_shows_at_once_however_many_edits_wait(floor: Floor) -> None:
    for number in range(12):
        floor.want(f"alert/{number}", f"matter {number}", ROOMS[number % 4])
    await floor.later(timedelta(seconds=4))
    for change in range(30):
        for number in range(12):
            floor.want(f"alert/{number}", f"change {change}", ROOMS[number % 4], urgency=9)
        await floor.dispatcher.drained()
    floor.want("alert/1", "taken by Dev", ROOMS[1])
    with floor.store.write() as connection:
        posts.hasten(connection, 1, (), floor.time.now())
    await floor.dispatcher.drained()
    assert (floor.post("alert/1", ROOMS[1]).state, floor.paused) == ("shown", [])


async def test_a_reply_waits_for_its_root(floor: Floor) -> None:
    floor.want("alert/1/notice", "worse now", thread="alert/1", urgency=9)
    floor.want("alert/1", "it began")
    await floor.dispatcher.drained()
    root, reply = floor.bench.messages("ops")
    assert reply["thread_ts"] == root["ts"]


async def test_the_most_urgent_goes_first_in_a_channel(floor: Floor) -> None:
    for urgency in (1, 4, 2):
        floor.want(f"alert/{urgency}", f"urgency {urgency}", urgency=urgency)
    await floor.dispatcher.drained()
    assert floor.texts() == ["urgency 4", "urgency 2", "urgency 1"]


AFTER = [
    "drop_after",
    "rst_after",
    "truncate_after",
    "html_after",
    "status_500_after",
    "slow_after",
    "error_after:internal_error",
]
BEFORE = ["drop_before", "rst_before", "status_500_before", "slow_before"]


@pytest.mark.parametrize("kind", AFTER + BEFORE)
async def test_after_an_unclear_answer_the_channel_is_read_and_there_is_one_message(kind: str, floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": kind, "times": 1}])
    floor.want("alert/1", "once only")
    await floor.dispatcher.drained()
    assert floor.post("alert/1").state == "maybe"
    await floor.later(timedelta(seconds=30))
    assert (floor.called(POST), floor.called("conversations.history")) == (1, 0), "nothing before it has settled"
    await floor.later(SETTLE)
    assert floor.texts() == ["once only"]
    assert floor.post("alert/1").state == "shown"
    assert floor.called(POST) == (1 if kind in AFTER else 2)


async def test_a_message_that_lands_late_is_found_and_not_sent_again(floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "late_landing", "seconds": 40, "times": 1}])
    floor.want("alert/1", "late but once")
    await floor.dispatcher.drained()
    assert floor.texts() == []
    await floor.later(timedelta(seconds=40))
    await floor.bench.until(lambda: floor.texts())
    await floor.later(SETTLE)
    assert floor.texts() == ["late but once"]
    assert floor.called(POST) == 1


async def test_what_changed_meanwhile_is_shown_after_it_was_found(floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "drop_after", "times": 1}])
    floor.want("alert/1", "first")
    await floor.dispatcher.drained()
    floor.want("alert/1", "second")
    await floor.later(SETTLE)
    assert floor.texts() == ["second"]
    assert (floor.post("alert/1").shown, floor.called(POST)) == (2, 1)


async def test_a_worker_that_died_with_the_message_out_leaves_one(floor: Floor) -> None:
    post = floor.want("alert/1", "before the crash")
    with floor.store.write() as connection:
        [work] = outbox.claim(connection, floor.time.now(), 1)
        assert outbox.save(connection, attempting(work.post, floor.time.now()))
    await floor.client.post(post.id, OPS, None, Rendered("before the crash", []))
    await floor.dispatcher.drained()
    assert floor.called(POST) == 1, "its lease still holds"
    await floor.later(LEASE)
    await floor.later(SETTLE)
    assert floor.texts() == ["before the crash"]
    assert (floor.post("alert/1").state, floor.called(POST)) == ("shown", 1)


async def test_a_worker_that_died_before_it_sent_leaves_one_too(floor: Floor) -> None:
    floor.want("alert/1", "never left")
    with floor.store.write() as connection:
        [work] = outbox.claim(connection, floor.time.now(), 1)
        assert outbox.save(connection, attempting(work.post, floor.time.now()))
    await floor.later(LEASE)
    await floor.later(SETTLE)
    assert floor.texts() == ["never left"]
    assert floor.called(POST) == 1


async def test_a_worker_that_lost_its_post_sends_nothing(floor: Floor) -> None:
    floor.want("alert/1", "mine")
    with floor.store.write() as connection:
        [stale] = outbox.claim(connection, floor.time.now(), 1)
    floor.time.move(LEASE.total_seconds())
    with floor.store.write() as connection:
        outbox.claim(connection, floor.time.now(), 1)
    await floor.dispatcher._lane(stale, floor.time.boottime() + 30)
    assert floor.called(POST) == 0


async def test_two_dispatchers_post_once(floor: Floor) -> None:
    other = floor.other()
    for number in range(8):
        floor.want(f"alert/{number}", f"number {number}", channel="C0OPS" if number % 2 else "C0FINANCE")
    await asyncio.gather(floor.dispatcher.drained(), other.drained())
    await floor.dispatcher.drained()
    assert sorted(floor.texts("ops") + floor.texts("finance")) == [f"number {number}" for number in range(8)]
    await other.stop()


ROUGH = ("drop_before", "drop_after", "rst_after", "status_500_after", "html_after", "truncate_after", "ratelimit")


@pytest.mark.parametrize("seed", range(6))
async def test_in_rough_weather_every_post_ends_up_shown_once_with_its_newest_words(seed: int, floor: Floor) -> None:
    faults: list[dict[str, Any]] = [
        {"method": POST, "kind": kind, "probability": 0.12, "channel": channel}
        for kind in ROUGH
        for channel in ("ops", "finance")
    ]
    faults.append({"method": POST, "kind": "late_landing", "probability": 0.1, "seconds": 30})
    faults += [
        {"method": method, "kind": "drop_after", "probability": 0.3}
        for method in ("chat.update", "conversations.history")
    ]
    floor.bench.set_faults(faults, seed)
    for number in range(8):
        floor.want(f"alert/{number}", f"first {number}", channel=OPS if number % 2 else "C0FINANCE")
    await floor.dispatcher.drained()
    for number in range(8):
        floor.want(f"alert/{number}", f"newest {number}", channel=OPS if number % 2 else "C0FINANCE")
    for _ in range(40):
        await floor.later(timedelta(seconds=35))
    assert sum("fault" in call for call in floor.bench.calls) > 4, "no weather, no test"
    floor.bench.set_faults([])
    for _ in range(4):
        await floor.later(timedelta(minutes=2))
    assert sorted(floor.texts("ops") + floor.texts("finance")) == [f"newest {number}" for number in range(8)]
    with floor.store.read() as connection:
        assert posts.by_state(connection) == {"shown": 8}


async def test_after_a_429_the_post_waits_as_long_as_slack_asks(floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "ratelimit", "retry_after": "20", "times": 1}])
    floor.want("alert/1", "patience")
    await floor.dispatcher.drained()
    assert floor.called(POST) == 1
    await floor.later(timedelta(seconds=19))
    assert floor.called(POST) == 1
    await floor.later(timedelta(seconds=1))
    assert floor.texts() == ["patience"]
    assert floor.called("conversations.history") == 0


async def test_while_a_method_is_closed_posts_are_put_back(floor: Floor) -> None:
    floor.limiter.penalise(POST, 40.0, floor.time.monotonic())
    floor.want("alert/1", "later")
    await floor.dispatcher.drained()
    assert floor.called(POST) == 0
    assert floor.post("alert/1").due_at == floor.time.now() + timedelta(seconds=40)
    await floor.later(timedelta(seconds=40))
    assert floor.texts() == ["later"]


async def test_a_busy_channel_gets_a_post_a_second(floor: Floor) -> None:
    for number in range(6):
        floor.want(f"alert/{number}", f"number {number}")
    await floor.dispatcher.drained()
    assert len(floor.texts()) == 6
    assert floor.paused == [1.0, 1.0, 1.0]


async def test_a_deleted_message_is_posted_anew(floor: Floor) -> None:
    floor.want("alert/1", "first")
    await floor.dispatcher.drained()
    gone = floor.post("alert/1").ts
    assert gone is not None
    floor.bench.workspace.drop_message(OPS, gone)
    floor.want("alert/1", "second")
    await floor.dispatcher.drained()
    assert floor.texts() == ["second"]


async def test_an_archived_channel_parks_the_post_and_it_goes_on_when_released(floor: Floor) -> None:
    floor.bench.set_channel("ops", archived=True)
    floor.want("alert/1", "nobody home")
    floor.want("alert/2", "elsewhere", channel="C0FINANCE")
    with capture_logs() as told:
        await floor.dispatcher.drained()
    assert (floor.post("alert/1").state, floor.post("alert/1").reason) == ("parked", "is_archived")
    assert [line["event"] for line in told] == ["post parked"]
    assert floor.texts("finance") == ["elsewhere"]
    floor.bench.set_channel("ops", archived=False)
    with floor.store.write() as connection:
        assert posts.release_parked(connection, floor.post("alert/1").id, floor.time.now())
    await floor.dispatcher.drained()
    assert floor.texts() == ["nobody home"]


async def test_a_refused_workspace_stops_the_queue_and_loses_nothing(floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "error:token_revoked", "times": 2}])
    for number in range(3):
        floor.want(f"alert/{number}", f"number {number}")
    with capture_logs() as told:
        await floor.dispatcher.drained()
        assert (floor.called(POST), floor.dispatcher.trouble) == (1, "token_revoked")
        await floor.later(timedelta(seconds=59))
        assert floor.called(POST) == 1
        await floor.later(timedelta(seconds=1))
        assert floor.called(POST) == 2
        await floor.later(timedelta(seconds=60))
    assert sorted(floor.texts()) == ["number 0", "number 1", "number 2"]
    assert floor.dispatcher.trouble == ""
    assert [line["log_level"] for line in told] == ["error", "info"]


CHART = said.Chart("Sales", "line", ("Mon", "Tue"), (("units", (3.0, 4.0)),), "units", say("rose to ", Quantity(4)))


@pytest.mark.parametrize(("times", "kinds"), [(1, ["rich_text"]), (2, [])])
async def test_a_workspace_that_refuses_blocks_gets_plainer_ones(times: int, kinds: list[str], floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "error:invalid_blocks", "times": times}])
    floor.want("digest/1", Message(say("Sales rose"), (CHART,)))
    await floor.dispatcher.drained()
    [message] = floor.bench.messages("ops")
    assert [block["type"] for block in message.get("blocks", [])] == kinds
    assert message["text"] == "Sales rose"
    assert floor.post("digest/1").state == "shown"


async def test_a_message_that_is_plain_already_is_said_in_words_alone(floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "error:invalid_blocks", "times": 1}])
    floor.want("alert/1", "plain")
    await floor.dispatcher.drained()
    [message] = floor.bench.messages("ops")
    assert (message["text"], message.get("blocks"), floor.called(POST)) == ("plain", None, 2)


async def test_an_edit_and_a_reading_wait_for_their_turn_too(floor: Floor) -> None:
    floor.want("alert/1", "first")
    await floor.dispatcher.drained()
    floor.bench.set_faults([{"method": POST, "kind": "drop_after", "times": 1}])
    floor.want("alert/1", "second")
    floor.want("alert/2", "unclear", channel="C0FINANCE")
    floor.limiter.penalise("chat.update", 100, floor.time.monotonic())
    floor.limiter.penalise("conversations.history", 100, floor.time.monotonic())
    await floor.dispatcher.drained()
    await floor.later(SETTLE)
    assert (floor.texts(), floor.called("conversations.history")) == (["first"], 0)
    assert floor.post("alert/2", "C0FINANCE").state == "maybe"
    await floor.later(timedelta(seconds=40))
    assert (floor.texts(), floor.texts("finance")) == (["second"], ["unclear"])


async def test_an_edit_gets_plainer_too_and_is_parked_when_nothing_is_taken(floor: Floor) -> None:
    floor.want("digest/1", "first")
    await floor.dispatcher.drained()
    floor.bench.set_faults([{"method": "chat.update", "kind": "error:invalid_blocks"}])
    floor.want("digest/1", Message(say("Sales rose"), (CHART,)))
    await floor.dispatcher.drained()
    assert floor.called("chat.update") == 3
    assert (floor.post("digest/1").state, floor.post("digest/1").reason) == ("parked", "invalid_blocks")


async def test_a_post_that_cannot_be_drawn_is_parked_and_holds_up_nobody(floor: Floor) -> None:
    def broken(channel: str) -> Look:
        return replace(LOOK, locale="xx_nowhere") if channel == OPS else LOOK

    dispatcher = floor.other(look_of=broken)
    floor.want("alert/1", Message(say(Quantity(1)), ()))
    floor.want("alert/2", "fine", channel="C0FINANCE")
    await dispatcher.drained()
    assert floor.post("alert/1").reason == "cannot be delivered: UnknownLocaleError"
    assert floor.post("alert/1").state == "parked"
    assert floor.texts("finance") == ["fine"]


async def test_a_worker_short_of_time_sends_nothing(floor: Floor) -> None:
    floor.want("alert/1", "too late now")
    with floor.store.write() as connection:
        [work] = outbox.claim(connection, floor.time.now(), 1)
    await floor.dispatcher._lane(work, floor.time.boottime() + 5)
    assert floor.called(POST) == 0
    assert floor.post("alert/1").state == "wanted"
    await floor.later(timedelta(seconds=1))
    assert floor.texts() == ["too late now"]


async def test_an_attempt_that_ended_with_the_database_down_is_found_again(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = outbox.save

    def failing(connection: Any, post: Post) -> bool:
        if post.state == "shown":
            raise StoreDown("the disk is full")
        return keep(connection, post)

    floor.want("alert/1", "sent, not kept")
    monkeypatch.setattr(outbox, "save", failing)
    await floor.dispatcher.drained()
    assert (floor.texts(), floor.post("alert/1").state) == (["sent, not kept"], "sending")
    monkeypatch.undo()
    await floor.later(LEASE)
    await floor.later(SETTLE)
    assert (floor.texts(), floor.post("alert/1").state) == (["sent, not kept"], "shown")


async def test_a_store_that_is_down_is_waited_for(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*given: Any) -> Any:
        raise StoreDown("locked")

    floor.want("alert/1", "in the end")
    monkeypatch.setattr(outbox, "claim", down)
    await floor.dispatcher.drained()
    monkeypatch.undo()
    await floor.dispatcher.drained()
    assert floor.texts() == ["in the end"]


async def test_a_post_that_can_neither_be_drawn_nor_parked_is_left_to_its_lease(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*given: Any) -> Any:
        raise StoreDown("locked")

    def broken(channel: str) -> Look:
        raise KeyError(channel)

    dispatcher = floor.other(look_of=broken)
    floor.want("alert/1", "unlucky")
    monkeypatch.setattr(outbox, "save", down)
    await dispatcher.drained()
    assert floor.post("alert/1").state == "wanted"


async def test_running_it_takes_what_is_woken_for_and_stops_when_told(floor: Floor) -> None:
    running = asyncio.create_task(floor.dispatcher.run())
    floor.want("alert/1", "first")
    floor.dispatcher.wake()
    await floor.bench.until(lambda: floor.texts() == ["first"])
    floor.want("alert/2", "second")
    floor.dispatcher.wake()
    await floor.bench.until(lambda: floor.texts() == ["first", "second"])
    await floor.dispatcher.stop()
    await running


async def test_running_it_takes_what_falls_due_by_itself(floor: Floor) -> None:
    running = asyncio.create_task(floor.dispatcher.run())
    floor.want("alert/1", "held", due_at=floor.time.now() + timedelta(milliseconds=30))
    floor.dispatcher.wake()
    floor.time.move(1)
    await floor.bench.until(lambda: floor.texts() == ["held"])
    await floor.dispatcher.stop()
    await running


class Held:
    """A client whose posts wait until they are let go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    async def post(self, tag: str, channel: str, thread_ts: str | None, rendered: Rendered, version: int) -> Outcome:
        self.reached.set()
        await self.go.wait()
        return Shown("5.000001")

    async def edit(self, channel: str, ts: str, rendered: Rendered, tag: str, version: int) -> Outcome:
        return Shown(ts)

    async def find(self, tag: str, channel: str, thread_ts: str | None, oldest: Any) -> Outcome:
        return Shown("5.000001")

    async def probe(self) -> bool:
        return True

    async def who(self) -> Identity | None:
        return None

    async def sightings(self, channel: str, thread_ts: str | None, oldest: datetime) -> tuple[Sighting, ...] | Outcome:
        return ()

    async def delete(self, channel: str, ts: str) -> Outcome:
        return Absent()


async def test_stopping_lets_what_is_under_way_come_to_its_end(floor: Floor) -> None:
    held = Held()
    dispatcher = floor.other(held)
    floor.want("alert/1", "under way")
    running = asyncio.create_task(dispatcher.run())
    await held.reached.wait()
    stopping = asyncio.create_task(dispatcher.stop())
    held.go.set()
    await stopping
    await running
    assert floor.post("alert/1").state == "shown"


async def test_an_outcome_that_comes_after_somebody_else_took_over_is_left_to_them(floor: Floor) -> None:
    held = Held()
    dispatcher = floor.other(held)
    floor.want("alert/1", "slow")
    with capture_logs() as told:
        draining = asyncio.create_task(dispatcher.drained())
        await held.reached.wait()
        floor.time.move(LEASE.total_seconds())
        with floor.store.write() as connection:
            assert len(outbox.claim(connection, floor.time.now(), 1)) == 1
        held.go.set()
        await draining
    assert floor.post("alert/1").state == "maybe"
    assert [line["event"] for line in told] == ["post taken over by another worker"]


async def test_with_nothing_to_do_it_looks_again_from_time_to_time(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, due, loop = asyncio.Event(), outbox.next_due, asyncio.get_running_loop()

    def looking(connection: Connection) -> datetime | None:
        found = due(connection)
        loop.call_soon_threadsafe(looked.set)
        return found

    monkeypatch.setattr("bot.edge.dispatcher._IDLE", 0.01)
    monkeypatch.setattr(outbox, "next_due", looking)
    running = asyncio.create_task(floor.dispatcher.run())
    await looked.wait()
    floor.want("alert/1", "nobody woke it")
    await floor.bench.until(lambda: floor.texts() == ["nobody woke it"])
    await floor.dispatcher.stop()
    await running


async def test_stopping_gives_up_what_does_not_end_and_leaves_it_to_be_found(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.edge.dispatcher._PATIENCE", 0.01)
    held = Held()
    dispatcher = floor.other(held)
    floor.want("alert/1", "stuck")
    running = asyncio.create_task(dispatcher.run())
    await held.reached.wait()
    await dispatcher.stop()
    await running
    assert floor.post("alert/1").state == "sending"


async def test_stopping_puts_back_what_waits_for_its_turn(floor: Floor) -> None:
    for number in range(4):
        floor.want(f"alert/{number}", f"number {number}")
    dispatcher: Dispatcher

    async def stop_instead(seconds: float) -> None:
        dispatcher._stopping = True

    dispatcher = Dispatcher(floor.store, floor.client, floor.limiter, floor.time, look_of, pause=stop_instead)
    await dispatcher.drained()
    assert len(floor.texts()) == 3
    states = sorted(floor.post(f"alert/{number}").state for number in range(4))
    assert states == ["shown", "shown", "shown", "wanted"]


async def test_no_more_is_taken_up_than_can_be_carried(floor: Floor) -> None:
    held = Held()
    dispatcher = Dispatcher(floor.store, held, floor.limiter, floor.time, look_of, most=1)
    floor.want("alert/1", "one")
    floor.want("alert/2", "two", channel="C0FINANCE")
    draining = asyncio.create_task(dispatcher.drained())
    await held.reached.wait()
    assert await dispatcher._round() == 0
    held.go.set()
    await draining
    assert floor.post("alert/2", "C0FINANCE").state == "shown"


# Whom a post may call.


CALLED = Message(
    say("Overdue: held by ", Person("U0ANNA", "due")), (said.Paragraph(say("held by ", Person("U0ANNA", "due"))),)
)


@pytest.mark.parametrize(
    ("wishes", "urgency", "called"),
    [
        (None, 3, True),
        (Preferences(mentions="due", name="Anna"), 3, True),
        (Preferences(mentions="handed", name="Anna"), 3, False),
        (Preferences(quiet=OwnQuiet(time(0), time(23, 59), WEEKDAYS, "UTC"), name="Anna"), 4, False),
        (Preferences(quiet=OwnQuiet(time(0), time(23, 59), WEEKDAYS, "UTC", critical=True), name="Anna"), 4, True),
        (Preferences(quiet=OwnQuiet(time(0), time(23, 59), WEEKDAYS, "UTC", critical=True), name="Anna"), 3, False),
    ],
    ids=["nothing said", "wants it", "wants another", "rests", "rests, but critical", "rests, and only high"],
)  # fmt: skip
async def test_a_post_calls_whom_it_may_call_when_it_leaves(
    floor: Floor, wishes: Preferences | None, urgency: int, called: bool
) -> None:
    if wishes is not None:
        with floor.store.write() as connection:
            preferences.put(connection, "U0ANNA", wishes, floor.time.now())
    floor.want("alert/1/overdue-2", CALLED, urgency=urgency)
    await floor.dispatcher.drained()
    (message,) = floor.bench.messages("ops")
    assert ("<@U0ANNA>" in message["text"], '"user_id"' in json.dumps(message["blocks"])) == (called, called)
    assert called or "@Anna" in message["text"].replace("\u2060", "")

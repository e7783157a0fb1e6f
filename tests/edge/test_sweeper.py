"""Channels are read back: real store and client against the workbench, with copies that nobody wanted or that are gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.core.dispatch import LEASE, SETTLE, Shown, attempting, settled
from bot.core.sweep import EVERY
from bot.edge.render import Rendered
from bot.store import outbox, sweeps
from bot.store.engine import Store, StoreDown
from tests.edge.test_dispatcher import OPS, POST, Floor, laid

HISTORY = "conversations.history"


@pytest.fixture
async def floor(store: Store) -> AsyncIterator[Floor]:
    async with laid(store) as made:
        yield made


async def audit(floor: Floor) -> None:
    """Lets the time of the next audit come, has it made and what follows from it delivered."""
    floor.time.move(EVERY.total_seconds())
    await floor.dispatcher.sweeper.look()
    await floor.dispatcher.drained()


async def shown(floor: Floor, key: str = "alert/1", text: str = "runs out") -> str:
    """Posts something; gives its ts."""
    floor.want(key, text)
    await floor.dispatcher.drained()
    ts = floor.post(key).ts
    assert ts is not None
    return ts


async def test_a_message_that_is_there_is_checked_and_one_reading_serves_a_channel(floor: Floor) -> None:
    for number in range(3):
        await shown(floor, f"alert/{number}", f"number {number}")
    await audit(floor)
    assert floor.called(HISTORY) == 1
    assert all(floor.post(f"alert/{number}").checked_at is not None for number in range(3))
    await audit(floor)
    assert (floor.called(HISTORY), floor.called(POST)) == (2, 3)


async def test_of_two_copies_the_first_stays_and_is_brought_up_to_date(floor: Floor) -> None:
    first = await shown(floor)
    post = floor.post("alert/1")
    floor.time.move(1)
    await floor.client.post(post.tag, OPS, None, Rendered("a second copy", []), 1)
    floor.want("alert/1", "newest")
    await audit(floor)
    assert [(message["ts"], message["text"]) for message in floor.bench.messages("ops")] == [(first, "newest")]


async def test_a_message_that_slack_lost_is_sent_again_with_a_note(floor: Floor) -> None:
    floor.bench.workspace.drop_message(OPS, await shown(floor))
    await audit(floor)
    [message] = floor.bench.messages("ops")
    assert "Re-sent" in str(message["blocks"])
    assert (floor.post("alert/1").state, floor.post("alert/1").resent) == ("shown", 1)


async def test_a_message_that_somebody_deleted_after_it_was_seen_stays_deleted(floor: Floor) -> None:
    ts = await shown(floor)
    await audit(floor)
    floor.bench.workspace.drop_message(OPS, ts)
    await audit(floor)
    assert floor.texts() == []


async def test_a_copy_that_landed_after_the_post_was_given_up_is_adopted(floor: Floor) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "error:is_archived", "times": 1}])
    post = floor.want("alert/1", "parked, and there")
    await floor.dispatcher.drained()
    assert floor.post("alert/1").state == "parked"
    await floor.client.post(post.tag, OPS, None, Rendered("parked, and there", []), 1)
    await audit(floor)
    assert (floor.texts(), floor.post("alert/1").state, floor.called(POST)) == (["parked, and there"], "shown", 2)


async def test_an_edit_that_landed_over_a_later_one_is_put_right(floor: Floor) -> None:
    ts = await shown(floor, text="first")
    post = floor.want("alert/1", "second")
    await floor.dispatcher.drained()
    await floor.client.edit(OPS, ts, Rendered("first", []), post.tag, 1)
    await audit(floor)
    assert floor.texts() == ["second"]


async def test_after_an_unclear_answer_and_a_second_message_the_channel_is_read_once_it_has_settled(
    floor: Floor,
) -> None:
    floor.bench.set_faults([{"method": POST, "kind": "drop_before", "times": 1}])
    post = floor.want("alert/1", "twice in the end")
    await floor.dispatcher.drained()
    await floor.dispatcher.sweeper.look()
    await floor.later(SETTLE)
    assert floor.post("alert/1").check_at == floor.time.now() + SETTLE
    await floor.client.post(post.tag, OPS, None, Rendered("landed late", []), 1)
    floor.time.move(SETTLE.total_seconds())
    await floor.dispatcher.sweeper.look()
    assert floor.texts() == ["twice in the end"]


async def test_what_a_worker_sent_that_had_lost_its_post_is_found(floor: Floor) -> None:
    floor.want("alert/1", "once")
    with floor.store.write() as connection:
        [late] = outbox.claim(connection, floor.time.now(), 1)
        sending = attempting(late.post, floor.time.now())
        assert outbox.save(connection, sending)
    await floor.later(LEASE)
    await floor.later(SETTLE)
    assert floor.texts() == ["once"]
    outcome = await floor.client.post(sending.tag, OPS, None, Rendered("once too often", []), 1)
    assert isinstance(outcome, Shown)
    with floor.store.write() as connection:
        assert not outbox.save(connection, settled(sending, 1, outcome, floor.time.now()))
        assert outbox.overtake(connection, sending.id, floor.time.now())
    floor.time.move(SETTLE.total_seconds())
    await floor.dispatcher.sweeper.look()
    assert floor.texts() == ["once"]


async def test_after_a_backup_was_restored_what_is_visible_is_adopted_and_not_posted_again(floor: Floor) -> None:
    await shown(floor, "alert/1", "before the backup")
    ts = await shown(floor, "alert/2", "after the backup")
    with floor.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM post WHERE key = 'alert/2'")
        connection.exec_driver_sql("UPDATE post SET state = 'wanted', shown = 0, ts = NULL, first_attempt_at = NULL")
        connection.exec_driver_sql("UPDATE post SET look_at = due_at")
    await floor.dispatcher.sweeper.look()
    floor.want("alert/2", "after the backup")
    await floor.dispatcher.drained()
    assert [floor.post(f"alert/{number}").state for number in (1, 2)] == ["shown", "shown"]
    assert floor.texts() == ["before the backup", "after the backup"]
    assert (floor.called(POST), floor.post("alert/2").ts) == (2, ts)


async def test_a_reply_whose_root_is_gone_goes_into_the_channel_with_a_note(floor: Floor) -> None:
    root = await shown(floor)
    floor.bench.workspace.drop_message(OPS, root)
    floor.want("alert/1/turn-2", "worse now", thread="alert/1")
    await floor.dispatcher.drained()
    [message] = floor.bench.messages("ops")
    assert "thread_ts" not in message
    assert "In the channel because" in str(message["blocks"])


@pytest.mark.parametrize("fault", ["error:missing_scope", "status_500_before", "error:internal_error"])
async def test_a_channel_that_cannot_be_read_is_left_as_it_is_and_asked_once_an_audit(fault: str, floor: Floor) -> None:
    await shown(floor)
    floor.bench.set_faults([{"method": HISTORY, "kind": fault}])
    await audit(floor)
    for _ in range(5):
        floor.time.move(5)
        await floor.dispatcher.sweeper.look()
    assert (floor.called(HISTORY), floor.post("alert/1").checked_at) == (1, None)


async def test_a_copy_that_could_not_be_deleted_is_deleted_at_the_next_look(floor: Floor) -> None:
    await shown(floor)
    await floor.client.post(floor.post("alert/1").tag, OPS, None, Rendered("a second copy", []), 1)
    floor.bench.set_faults([{"method": "chat.delete", "kind": "drop_before", "times": 1}])
    await audit(floor)
    assert len(floor.texts()) == 2
    floor.time.move(SETTLE.total_seconds())
    await floor.dispatcher.sweeper.look()
    assert floor.texts() == ["runs out"]


async def test_five_unclear_answers_in_a_row_have_slack_asked_before_anything_is_posted(floor: Floor) -> None:
    floor.bench.set_faults([{"method": "*", "kind": "drop_before"}])
    for number in range(5):
        floor.want(f"alert/{number}", f"number {number}")
    await floor.dispatcher.drained()
    floor.want("alert/6", "waits")
    await floor.dispatcher.drained()
    posted = floor.called(POST)
    await floor.later(timedelta(seconds=9))
    assert (floor.called(POST), floor.called("auth.test")) == (posted, 1)
    floor.bench.set_faults([])
    await floor.later(timedelta(seconds=1))
    assert "waits" in floor.texts()


async def test_trouble_of_its_own_stops_no_sweep_for_good(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*given: Any) -> Any:
        raise StoreDown("locked")

    def broken(*given: Any) -> Any:
        raise KeyError("ts")

    await shown(floor)
    with capture_logs() as told:
        for failing in (down, broken):
            monkeypatch.setattr(sweeps, "checked", failing)
            await audit(floor)
    assert [line["event"] for line in told] == ["channels not read back", "channel not read back"]
    monkeypatch.undo()
    await audit(floor)
    assert floor.post("alert/1").checked_at is not None


async def test_a_running_dispatcher_sweeps_by_itself(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.edge.sweeper._LOOK_EVERY", 0.01)
    await shown(floor)
    await floor.client.post(floor.post("alert/1").tag, OPS, None, Rendered("a second copy", []), 1)
    running = asyncio.create_task(floor.dispatcher.run())
    await floor.bench.until(lambda: floor.texts() == ["runs out"])
    floor.time.move(1)
    await floor.client.post(floor.post("alert/1").tag, OPS, None, Rendered("a third copy", []), 1)
    floor.time.move(EVERY.total_seconds())
    await floor.bench.until(lambda: floor.texts() == ["runs out"])
    await floor.dispatcher.stop()
    await running

"""What people ask in Slack is stored, done once, and answered only to them."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.clock import Clock
from bot.core.delivery import Delivery
from bot.core.handlers import Refused, ShowForm
from bot.core.message import Message, Pick
from bot.core.parts import say
from bot.edge.metrics import Meters
from bot.edge.render import PICK, render
from bot.edge.slack import asked
from bot.edge.slack.answers import TOO_LATE
from bot.edge.slack.asked import Asked
from bot.edge.slack.errands import Errands
from bot.edge.slack.interactions import FAILED, NO_ALERT, OLD_BUTTON, WORKING
from bot.edge.slack.ways_back import may_answer, share_block, shared_command
from bot.store import inbox
from bot.store.engine import Store, StoreDown
from bot.store.inbox import Arrival
from bot.store.intake import Intake
from tests.edge.conftest import HandClock
from tests.edge.slack_fixtures import LOOK, Act, Floor, floor, modal_with_button, until

MODES = pytest.mark.parametrize("mode", ["socket", "http"])


@MODES
async def test_a_command_is_answered_to_whoever_typed_it_and_to_nobody_else(
    store: Store, intake: Intake, mode: str
) -> None:
    async with floor(store, intake, Clock(), mode=mode) as edge:
        assert await edge.workbench.command("/stock", "SKU-1", user="U0ANNA") == {"ok": True}
        await edge.finished()
        assert edge.pipeline.asked == [("stock", "", "SKU-1")]
        assert [text for text in edge.private() if "12 units" in text]
        assert edge.private("U0BEN") == [] and edge.workbench.messages("ops") == []


@MODES
async def test_a_click_acts_once_and_wakes_the_dispatcher(store: Store, intake: Intake, mode: str) -> None:
    async with floor(store, intake, Clock(), mode=mode) as edge:
        ts = await edge.button("alert.take", "1042.3")
        assert await edge.workbench.action("alert.take", user="U0BEN", channel="C0OPS", ts=ts) == {"ok": True}
        await edge.finished()
        assert edge.pipeline.acts == [("take", 1042, 3, "U0BEN")]
        assert edge.changed == [1] and edge.private("U0BEN") == []


@MODES
async def test_opening_the_home_tab_publishes_it(store: Store, intake: Intake, mode: str) -> None:
    async with floor(store, intake, Clock(), mode=mode) as edge:
        edge.workbench.open_home("U0DEV")
        await edge.finished()
        home = edge.workbench.home("U0DEV")
        assert home is not None and "Nothing is with U0DEV." in json.dumps(home["blocks"])


async def test_a_stale_click_is_told_only_to_the_one_who_clicked(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.result = Act(told=say("Ben holds it since 9:00."))
        ts = await edge.button("alert.take", "1042.2")
        await edge.workbench.action("alert.take", user="U0ANNA", channel="C0OPS", ts=ts)
        await edge.finished()
        assert edge.private() == ["Ben holds it since 9:00."]
        assert edge.changed == [] and edge.private("U0BEN") == []


@pytest.mark.parametrize("value", ["", "1042", "x.y", "1.2.3", "-1.0"])
async def test_a_button_that_carries_no_alert_is_answered_and_changes_nothing(
    store: Store, intake: Intake, value: str
) -> None:
    async with floor(store, intake, Clock()) as edge:
        ts = await edge.button("alert.take", value or "?")
        await edge.workbench.action("alert.take", channel="C0OPS", ts=ts, value=value)
        await edge.finished()
        assert edge.private() == [OLD_BUTTON] and edge.pipeline.acts == []


async def test_a_click_may_open_a_window_whose_buttons_act_and_answer_in_its_channel(
    store: Store, intake: Intake
) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.result = Act(modal=modal_with_button("Hand off", "alert.hand_off", "1042.3"))
        ts = await edge.button("alert.details", "1042.3")
        await edge.workbench.action("alert.details", channel="C0OPS", ts=ts)
        await edge.finished()
        (view,) = edge.workbench.modals("U0ANNA")
        edge.pipeline.result = Act(told=say("It is with finance now."))
        (pressed,) = [e["action_id"] for b in view["blocks"] for e in b.get("elements", []) if "action_id" in e]
        await edge.workbench.action(pressed, view_id=view["id"])
        await edge.finished(2)
        assert edge.pipeline.acts[-1] == ("hand_off", 1042, 3, "U0ANNA")
        assert edge.private() == ["It is with finance now."]
        assert (await edge.workbench.submit(view["id"]))["ok"]


@MODES
async def test_the_shortcut_on_an_alerts_message_opens_its_window_from_which_it_is_acted_on(
    store: Store, intake: Intake, mode: str
) -> None:
    async with floor(store, intake, Clock(), mode=mode) as edge:
        ts = await edge.button("alert.details", "1042.3")
        assert await edge.workbench.shortcut("alert", user="U0BEN", channel="C0OPS", ts=ts) == {"ok": True}
        await edge.finished()
        (view,) = edge.workbench.modals("U0BEN")
        assert view["title"]["text"] == "A-1042" and edge.pipeline.acts == []
        await edge.workbench.action("alert.take", user="U0BEN", view_id=view["id"])
        await edge.finished(2)
        # The window shows what is true after the click.
        assert edge.pipeline.acts == [("take", 1042, 1, "U0BEN")] and edge.pipeline.windows == [1042, 1042]
        assert [each["id"] for each in edge.workbench.modals("U0BEN")] == [view["id"]]
        assert edge.changed == [1]


@MODES
async def test_an_alert_that_is_picked_from_the_list_of_a_group_opens_in_its_window_from_which_it_is_acted_on(
    store: Store, intake: Intake, mode: str
) -> None:
    async with floor(store, intake, Clock(), mode=mode) as edge:
        ts, chosen = await _listed(edge, 1041, 1042)
        assert await edge.workbench.action(PICK, user="U0BEN", channel="C0OPS", ts=ts, selected_option=chosen) == {
            "ok": True
        }
        await edge.finished()
        (view,) = edge.workbench.modals("U0BEN")
        assert view["title"]["text"] == "A-1042" and edge.pipeline.acts == [] and edge.private("U0BEN") == []
        await edge.workbench.action("alert.take", user="U0BEN", view_id=view["id"])
        await edge.finished(2)
        assert edge.pipeline.acts == [("take", 1042, 1, "U0BEN")] and edge.pipeline.windows == [1042, 1042]


async def test_whoever_picks_an_alert_that_is_gone_is_told(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.error = Refused(say("This alert no longer exists."))
        ts, chosen = await _listed(edge, 7)
        await edge.workbench.action(PICK, channel="C0OPS", ts=ts, selected_option=chosen)
        await edge.finished()
        assert edge.private() == ["This alert no longer exists."] and edge.workbench.modals("U0ANNA") == []


async def _listed(edge: Floor, *numbers: int) -> tuple[str, dict[str, Any]]:
    """A group's message with its list of alerts; gives its ts and the last entry."""
    listed = Message(say("x"), (Pick("Open an alert", tuple((say(f"A-{each}"), each) for each in numbers)),))
    drawn = render(listed, LOOK)
    posted = await edge.client.web.chat_postMessage(channel="C0OPS", text=drawn.text, blocks=drawn.blocks)
    return str(posted["ts"]), drawn.blocks[0]["elements"][0]["options"][-1]


async def test_what_is_opened_from_a_window_lies_on_top_of_it(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        ts = await edge.button("alert.details", "1042.3")
        await edge.workbench.shortcut("alert", channel="C0OPS", ts=ts)
        await edge.finished()
        (window,) = edge.workbench.modals("U0ANNA")
        edge.pipeline.result = Act(modal=ShowForm("wish", about="1042.3", shop="demo"))
        await edge.workbench.action("alert.take", view_id=window["id"])
        await edge.finished(2)
        assert [view["title"]["text"] for view in edge.workbench.modals("U0ANNA")] == ["A-1042", "A wish"]
        entries = {"what": {"entry": {"value": "A kite"}}, "many": {"entry": {"value": "3"}}}
        assert (await edge.workbench.submit(edge.workbench.modals("U0ANNA")[-1]["id"], entries))["ok"]
        # Sent, it closes the window below as well, which shows what was true before.
        assert edge.workbench.modals("U0ANNA") == []


async def test_the_shortcut_on_another_message_is_answered_with_what_it_is_for(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        written = edge.workbench.acting.write("U0BEN", "ops", "Is A-1042 late?")["message"]
        await edge.workbench.shortcut("alert", channel="C0OPS", ts=written["ts"])
        await edge.finished()
        assert edge.private() == [NO_ALERT] and edge.workbench.modals("U0ANNA") == []


async def test_the_window_of_an_alert_that_is_gone_is_told(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.error = Refused(say("This alert no longer exists."))
        ts = await edge.button("alert.details", "7.1")
        await edge.workbench.shortcut("alert", channel="C0OPS", ts=ts)
        await edge.finished()
        assert edge.private() == ["This alert no longer exists."]


async def test_a_window_that_is_closed_meanwhile_is_not_renewed_and_the_act_stands(
    store: Store, intake: Intake
) -> None:
    async with floor(store, intake, Clock()) as edge:
        ts = await edge.button("alert.details", "1042.3")
        await edge.workbench.shortcut("alert", channel="C0OPS", ts=ts)
        await edge.finished()
        edge.workbench.set_faults([{"method": "views.update", "kind": "error:not_found"}])
        await edge.workbench.action("alert.take", view_id=edge.workbench.modals("U0ANNA")[0]["id"])
        await edge.finished(2)
        assert edge.pipeline.acts == [("take", 1042, 1, "U0ANNA")] and edge.private() == []


async def test_what_a_typed_act_did_is_told_and_wakes_the_dispatcher(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.result = Act(changed=True, told=say("A-1042 is held by Anna."))
        await edge.workbench.command("/ops", "take A-1042")
        await edge.finished()
        assert edge.private() == ["A-1042 is held by Anna."] and edge.changed == [1]


async def test_a_typed_act_whose_answer_is_not_taken_is_not_done_again(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.result = Act(changed=True, told=say("A-1042 is held by Anna."))
        # While it is done, the way back comes to nothing.
        edge.pipeline.slow = SimpleNamespace(wait=lambda _: edge.workbench.workspace.responses.clear())
        await edge.workbench.command("/ops", "take A-1042")
        await edge.finished()
        assert edge.pipeline.asked == [("ops", "take", "A-1042")] and edge.changed == [1]


async def test_a_window_that_comes_too_late_is_told(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.result = Act(modal=modal_with_button("Hand off", "alert.hand_off", "1.1"))
        edge.workbench.set_faults([{"method": "views.open", "kind": "error:expired_trigger_id"}])
        ts = await edge.button("alert.details", "1.1")
        await edge.workbench.action("alert.details", channel="C0OPS", ts=ts)
        await edge.finished()
        assert edge.private() == [TOO_LATE]


async def test_what_is_refused_is_told_privately(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        await edge.workbench.command("/stock", "nonsense")
        await edge.finished()
        assert edge.private() == ["There is no such SKU."]
        (answer,) = edge.workbench.ephemerals("C0OPS")
        assert "reply.share" not in json.dumps(answer)


async def test_an_unknown_verb_is_answered_with_the_nearest_and_with_help(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        await edge.workbench.command("/ops", "alrets mine")
        await edge.workbench.command("/ops", "")
        await edge.finished(2)
        (unknown, empty) = (json.dumps(message["blocks"]) for message in edge.workbench.ephemerals("C0OPS"))
        assert "/ops alerts" in edge.private()[0] and "alrets" in unknown and "/ops why A-1" in unknown
        assert "/ops alerts [mine]" in empty and edge.pipeline.asked == []


async def test_sharing_shows_the_answer_to_the_channel_and_says_who_shared_it(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        await edge.workbench.command("/stock", "SKU-1")
        await edge.finished()
        (answer,) = edge.workbench.ephemerals("C0OPS")
        await edge.workbench.action("reply.share", channel="C0OPS", ts=answer["ts"])
        await edge.finished(2)
        (shared,) = edge.workbench.messages("ops")
        assert "12 units" in shared["text"]
        # As an element of its own, for which Slack shows the name.
        assert '{"type": "user", "user_id": "U0ANNA"}' in json.dumps(shared["blocks"])
        assert "reply.share" not in json.dumps(shared["blocks"])
        assert edge.workbench.ephemerals("C0OPS") == []


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        ({"abroad": True}, "People of another workspace read this channel"),
        (None, "I cannot see whether people of another"),
    ],
)
async def test_an_answer_is_not_shared_where_another_workspace_reads_or_may_read(
    store: Store, intake: Intake, standing: dict[str, bool] | None, why: str
) -> None:
    async with floor(store, intake, Clock()) as edge:
        await edge.workbench.command("/stock", "SKU-1")
        await edge.finished()
        (answer,) = edge.workbench.ephemerals("C0OPS")
        if standing is None:
            edge.workbench.set_faults([{"method": "conversations.info", "kind": "error:channel_not_found"}])
        else:
            edge.workbench.set_channel("ops", **standing)
        await edge.workbench.action("reply.share", channel="C0OPS", ts=answer["ts"])
        await edge.finished(2)
        assert edge.workbench.messages("ops") == []
        assert edge.private()[-1].startswith(why)


async def test_whoever_waits_long_is_told_that_it_is_being_worked_on(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock(), working=0.02) as edge:
        edge.pipeline.slow = threading.Event()
        await edge.workbench.command("/stock", "SKU-1")
        await edge.workbench.until(lambda: edge.private() == [WORKING])
        edge.pipeline.slow.set()
        await edge.finished()
        assert edge.private()[0] == WORKING and "12 units" in edge.private()[1]


async def test_a_handler_that_breaks_is_owned_up_to_and_not_tried_again(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.error = ZeroDivisionError("by nothing")
        await edge.workbench.command("/stock", "SKU-1")
        await edge.finished(outcome="quarantined")
        assert edge.private() == [FAILED] and len(edge.pipeline.asked) == 1


async def test_a_store_that_comes_back_finds_the_click_still_there(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock(), idle=0.02) as edge:
        edge.pipeline.error = StoreDown("locked")
        ts = await edge.button("alert.take", "7.1")
        await edge.workbench.action("alert.take", channel="C0OPS", ts=ts)
        await edge.finished()
        assert edge.pipeline.acts == [("take", 7, 1, "U0ANNA")] * 2


async def test_slow_answers_do_not_hold_up_clicks(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.slow = threading.Event()
        await edge.workbench.command("/stock", "SKU-1")
        ts = await edge.button("alert.take", "7.1")
        await edge.workbench.action("alert.take", channel="C0OPS", ts=ts)
        await edge.finished()
        assert edge.pipeline.acts and edge.outcomes()["waiting"] == 1
        edge.pipeline.slow.set()
        await edge.finished(2)


async def test_both_connections_may_be_renewed_and_the_next_command_arrives(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        socket = edge.socket
        assert socket is not None
        await until(lambda: socket.heard is not None)
        assert await socket.connected()
        await edge.workbench.disconnect_sockets()
        await until(lambda: len(edge.workbench.sockets.open) == 2)
        assert await edge.workbench.command("/stock", "SKU-1") == {"ok": True}
        await edge.finished()


# What other processes took down.


class _Doer:
    """Notes what is done."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done: list[str] = []
        self.sorry: list[str] = []
        self.error = error

    async def do(self, what: Asked) -> None:
        self.done.append(what.text)
        if self.error is not None:
            raise self.error

    async def apologise(self, what: Asked) -> None:
        self.sorry.append(what.text)


@pytest.fixture
def orphan(store: Store) -> datetime:
    """A command that another process took down at this moment, and then vanished."""
    at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    _keep(store, Asked(kind="command", user="U0ANNA", text="left", by="replica-0"), at)
    return at


def _keep(store: Store, what: Asked, at: datetime) -> None:
    body = asked.write(what)
    with store.write() as connection:
        inbox.admit(connection, [Arrival("slack", "", what.text, Delivery("slack", {}, body, at))])


def _errands(store: Store, doer: _Doer, clock: Clock, by: str = "replica-1") -> Errands:
    return Errands(store, doer, clock, Meters(), by=by)


async def _step(errands: Errands) -> int:
    started = await errands.step()
    await errands.close()
    return started


async def test_what_a_vanished_process_left_is_done_once_its_lease_is_over(
    store: Store, clock: HandClock, orphan: datetime
) -> None:
    doer = _Doer()
    errands = _errands(store, doer, clock)
    assert await _step(errands) == 0
    clock.move(seconds=21)
    assert (await _step(errands), await _step(errands)) == (1, 0)
    assert doer.done == ["left"]


async def test_two_processes_do_not_take_over_the_same(store: Store, clock: HandClock, orphan: datetime) -> None:
    clock.move(seconds=21)
    first, second = _Doer(), _Doer()
    one, two = _errands(store, first, clock, "replica-1"), _errands(store, second, clock, "replica-2")
    assert await one.step() + await two.step() == 1
    await asyncio.gather(one.close(), two.close())
    assert first.done + second.done == ["left"]


async def test_an_answer_that_slack_does_not_take_is_tried_a_few_times_and_then_given_up(
    store: Store, clock: HandClock, orphan: datetime
) -> None:
    doer = _Doer(ConnectionResetError("gone"))
    errands = _errands(store, doer, clock)
    for _ in range(12):
        clock.move(seconds=50)
        await _step(errands)
    with store.read() as connection:
        assert inbox.counts(connection) == {"ignored": 1}
    assert 1 < len(doer.done) <= 4 and doer.sorry == []


async def test_what_is_older_than_its_way_back_is_not_answered(
    store: Store, clock: HandClock, orphan: datetime
) -> None:
    doer = _Doer()
    clock.move(minutes=31)
    await _step(_errands(store, doer, clock))
    with store.read() as connection:
        assert inbox.counts(connection) == {"ignored": 1}
    assert doer.done == []


async def test_stored_bytes_that_are_nothing_asked_are_set_aside(store: Store, clock: HandClock) -> None:
    at = clock.now()
    with store.write() as connection:
        inbox.admit(connection, [Arrival("slack", "", "k", Delivery("slack", {}, b'{"kind":"dance"}', at))])
    clock.move(seconds=21)
    await _step(_errands(store, _Doer(), clock))
    with store.read() as connection:
        assert inbox.counts(connection) == {"quarantined": 1}


# The ways back.


@pytest.mark.parametrize(
    ("url", "base", "may"),
    [
        ("https://hooks.slack.com/commands/T1/2/x", "", True),
        ("https://hooks.slack.com:443/actions/x", "https://slack.com/api/", True),
        ("http://hooks.slack.com/commands/x", "", False),
        ("https://hooks.slack.com.evil.example/x", "", False),
        ("https://evil.example/hooks.slack.com", "", False),
        ("https://hooks.slack.com@evil.example/x", "", False),
        ("https://user:pw@hooks.slack.com/x", "", False),
        ("https://hooks.slack.com:8443/x", "", False),
        ("https://hooks.slack.com\\@evil.example/x", "", False),
        ("https://[::1", "", False),
        ("https://hooks.slack.com:port/x", "", False),
        ("//hooks.slack.com/x", "", False),
        ("", "", False),
        ("file:///etc/passwd", "", False),
        ("http://127.0.0.1:8090/response/R1", "http://127.0.0.1:8090/api/", True),
        ("http://127.0.0.1:8091/response/R1", "http://127.0.0.1:8090/api/", False),
        ("http://localhost:8090/response/R1", "http://127.0.0.1:8090/api/", False),
        ("https://127.0.0.1:8090/response/R1", "http://127.0.0.1:8090/api/", False),
        ("http://2130706433:8090/x", "http://127.0.0.1:8090/api/", False),
    ],
)
def test_only_slacks_own_address_may_be_answered(url: str, base: str, may: bool) -> None:
    assert may_answer(url, base) is may


async def test_an_answer_to_anywhere_else_is_withheld(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        evil = Asked(kind="command", user="U0ANNA", command="/stock", text="SKU-1", response_url="http://127.0.0.1:9/x")
        assert await edge.reception.keep("k", evil) == ""
        await edge.finished()
        assert edge.workbench.ephemerals("C0OPS") == []


def test_a_share_button_carries_the_question_unless_it_is_too_long() -> None:
    block = share_block("/stock", "SKU-1 „größe“")
    assert block is not None
    assert shared_command(block["elements"][0]["value"]) == ("/stock", "SKU-1 „größe“")
    assert share_block("/stock", "x" * 2000) is None


@pytest.mark.parametrize("value", ["", "{}", "[]", '["a"]', '["a", 1]', "null"])
def test_a_value_that_is_no_question_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"not a question|Expecting value"):
        shared_command(value)

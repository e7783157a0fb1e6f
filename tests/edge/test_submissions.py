"""A form from its window to the pipeline: checked while it is open, stored once, carried out once, told privately."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from bot.clock import Clock
from bot.core.forms import Submission
from bot.core.handlers import Refused, ShowForm
from bot.core.parts import say
from bot.edge.slack.answers import OLD_FORM, TOO_LATE
from bot.edge.slack.asked import Asked
from bot.edge.slack.interactions import NOT_SHARED, SLOW_CHECK
from bot.edge.slack.listeners import NOT_KEPT
from bot.store.engine import Store, StoreDown
from bot.store.intake import Intake
from tests.edge.slack_fixtures import Act, Floor, floor
from tests.edge.test_interactions import MODES
from tests.edge.test_listeners import USER, Closed, _app, _kept, _payload

Json = dict[str, Any]
ENTRIES: Json = {
    "what": {"entry": {"type": "plain_text_input", "value": "A kite"}},
    "many": {"entry": {"type": "number_input", "value": "3"}},
}


async def _opened(edge: Floor, text: str = "kite") -> Json:
    """The form's window, as the member who typed the command sees it."""
    assert await edge.workbench.command("/ops", f"wish {text}", user="U0ANNA") == {"ok": True}
    await edge.workbench.until(lambda: edge.workbench.modals("U0ANNA"))
    (view,) = edge.workbench.modals("U0ANNA")
    return view


@MODES
async def test_a_command_opens_a_form_that_is_sent_and_carried_out_once(
    store: Store, intake: Intake, mode: str
) -> None:
    async with floor(store, intake, Clock(), mode=mode) as edge:
        view = await _opened(edge)
        assert view["title"]["text"] == "A wish" and "Think twice." in json.dumps(view["blocks"])
        edge.pipeline.result = Act(changed=True, told=say("Written down."))
        assert (await edge.workbench.submit(view["id"], ENTRIES))["ok"]
        await edge.finished(2)
        (sent,) = edge.pipeline.sent
        assert (sent.form, sent.person, sent.shop, sent.about) == ("wish", "U0ANNA", "demo", "w-1")
        assert sent.entered == {"what": "A kite", "many": "3"}
        assert edge.pipeline.checked == [sent]
        assert edge.changed == [1] and edge.private() == ["Written down."] and edge.private("U0BEN") == []
        assert edge.workbench.modals("U0ANNA") == []


async def test_what_is_wrong_is_told_beside_its_field_and_the_window_stays(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await _opened(edge)
        edge.pipeline.problems = {"many": say("9 is the most.")}
        answer = await edge.workbench.submit(view["id"], ENTRIES)
        assert answer == {"ok": False, "errors": {"many": "9 is the most."}}
        assert edge.pipeline.sent == [] and edge.workbench.modals("U0ANNA")
        edge.pipeline.problems = {}
        assert (await edge.workbench.submit(view["id"], ENTRIES))["ok"]
        await edge.finished(2)
        assert len(edge.pipeline.sent) == 1


async def test_a_check_that_takes_too_long_is_owned_up_to_in_the_window(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock(), checking=0.05) as edge:
        view = await _opened(edge)
        edge.pipeline.slow = threading.Event()
        answer = await edge.workbench.submit(view["id"], ENTRIES)
        edge.pipeline.slow.set()
        assert answer == {"ok": False, "errors": {"kind": SLOW_CHECK}}


@pytest.mark.parametrize(
    ("error", "told"), [(StoreDown("locked"), SLOW_CHECK), (Refused(say("It is resolved.")), "It is resolved.")]
)
async def test_a_form_that_cannot_be_checked_or_is_out_of_date_says_so_in_the_window(
    store: Store, intake: Intake, error: Exception, told: str
) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await _opened(edge)
        edge.pipeline.error = error
        assert await edge.workbench.submit(view["id"], ENTRIES) == {"ok": False, "errors": {"kind": told}}


async def test_what_changed_between_the_check_and_the_act_is_told_privately(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await _opened(edge)

        class Moved:
            """Refuses when it is carried out, not when it is checked."""

            def __call__(self, submission: Submission) -> Act:
                raise Refused(say("Somebody was faster."))

        edge.pipeline.submit = Moved()  # type: ignore[method-assign]
        assert (await edge.workbench.submit(view["id"], ENTRIES))["ok"]
        await edge.finished(2)
        assert edge.private() == ["Somebody was faster."] and edge.changed == []


async def test_a_store_that_comes_back_finds_the_form_still_there(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock(), idle=0.02) as edge:
        view = await _opened(edge)
        failures = [StoreDown("locked")]
        submit = edge.pipeline.submit

        def submits(submission: Submission) -> Act:
            if failures:
                raise failures.pop()
            return submit(submission)

        edge.pipeline.submit = submits  # type: ignore[method-assign]
        assert (await edge.workbench.submit(view["id"], ENTRIES))["ok"]
        await edge.finished(2)
        assert len(edge.pipeline.sent) == 1


async def test_saved_is_saved_where_nobody_can_be_told_of_it(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await _opened(edge)
        edge.pipeline.result = Act(changed=True, told=say("Written down."))
        edge.workbench.set_faults([{"method": "chat.postEphemeral", "kind": "error:channel_not_found"}])
        assert (await edge.workbench.submit(view["id"], ENTRIES))["ok"]
        await edge.finished(2)
        assert len(edge.pipeline.sent) == 1


async def test_a_click_may_open_a_form_too(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.result = Act(modal=ShowForm("wish", "1042.3", shop="demo"))
        ts = await edge.button("alert.wish", "1042.3")
        await edge.workbench.action("alert.wish", channel="C0OPS", ts=ts)
        await edge.finished()
        (view,) = edge.workbench.modals("U0ANNA")
        assert view["callback_id"] == "form.wish" and view["private_metadata"] == '["1042.3","demo","C0OPS"]'


async def test_a_window_that_comes_too_late_is_told(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.workbench.set_faults([{"method": "views.open", "kind": "error:expired_trigger_id"}])
        await edge.workbench.command("/ops", "wish kite")
        await edge.finished()
        assert edge.private() == [TOO_LATE]


async def test_a_form_of_an_older_version_is_told(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await _opened(edge)
        edge.workbench.workspace.views[view["id"]]["callback_id"] = "form.gone"
        answer = await edge.workbench.submit(view["id"], ENTRIES)
        assert answer["errors"] == {"what": OLD_FORM, "many": OLD_FORM}
        await edge.doing.do(Asked(kind="form", user="U0ANNA", channel="C0OPS", action="gone"))
        assert edge.private() == [OLD_FORM]


async def test_a_form_is_not_shared(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        ts = await edge.button("reply.share", '["/ops","wish kite"]')
        await edge.workbench.action("reply.share", channel="C0OPS", ts=ts)
        await edge.finished()
        assert edge.private() == [NOT_SHARED]


# At the door alone.

VIEW: Json = {
    "id": "V7", "type": "modal", "callback_id": "form.wish", "private_metadata": '["w-1","demo","C0OPS"]',
    "state": {"values": ENTRIES},
    "blocks": [{"type": "section"}, {"type": "input", "block_id": "what"}, {"type": "input", "block_id": "many"}],
}  # fmt: skip
SUBMISSION: Json = {"type": "view_submission", "user": USER, "team": {"id": "T1"}, "view": VIEW}


async def test_a_form_that_comes_five_times_is_kept_once_and_changed_it_is_another(
    store: Store, intake: Intake
) -> None:
    app, _ = _app(intake)
    for _ in range(5):
        answer = await app.async_dispatch(_payload(SUBMISSION))
        # Windows below this one show what was true before.
        assert (answer.status, json.loads(answer.body)) == (200, {"response_action": "clear"})
    (kept,) = _kept(store)
    assert (kept.kind, kept.action, kept.value, kept.shop, kept.channel) == ("form", "wish", "w-1", "demo", "C0OPS")
    assert kept.entered() == {"what": "A kite", "many": "3"} and kept.at.endswith("+00:00")
    other = {"what": {"entry": {"value": "A ball"}}}
    await app.async_dispatch(_payload(SUBMISSION | {"view": VIEW | {"state": {"values": other}}}))
    assert len(_kept(store)) == 2


async def test_a_form_that_cannot_be_stored_keeps_its_window_and_says_so() -> None:
    app, _ = _app(Closed())
    answer = await app.async_dispatch(_payload(SUBMISSION))
    assert json.loads(answer.body) == {"response_action": "errors", "errors": {"many": NOT_KEPT}}

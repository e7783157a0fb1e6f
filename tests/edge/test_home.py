"""App Home, over a real socket and the workbench: what is pressed there acts there, and shows what is true then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.clock import Clock
from bot.core.handlers import ShowModal
from bot.core.message import Button, Buttons, Message, Paragraph
from bot.core.parts import say
from bot.core.preferences import Profile
from bot.edge.slack.asked import Asked, of_click
from bot.store.engine import Store, StoreDown
from bot.store.intake import Intake
from tests.edge.slack_fixtures import Act, Floor, floor

BUTTONS = Buttons((Button("alert.take", "Take it", "1042.3"), Button("ask", "Wish", "/ops wish tea")))


async def at_home(edge: Floor, user: str = "U0DEV") -> str:
    """Opens the member's home, which has two buttons; gives the view's id."""
    edge.pipeline.at_home = Message(say("Home"), (Paragraph(say("Yours")), BUTTONS))
    edge.workbench.open_home(user)
    await edge.finished()
    home = edge.workbench.home(user)
    assert home is not None
    return str(home["id"])


def window(edge: Floor, user: str = "U0DEV") -> Any:
    (view,) = edge.workbench.modals(user)
    return view


async def test_home_is_made_for_whoever_opens_it_with_the_channels_that_they_are_in(
    store: Store, intake: Intake
) -> None:
    async with floor(store, intake, Clock()) as edge:
        await at_home(edge)
        (user, rooms), *_ = edge.pipeline.homes
        assert user == "U0DEV" and {"warehouse", "C0WAREHOUSE"} <= rooms


async def test_an_act_at_home_is_shown_there_at_once(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await at_home(edge)
        edge.pipeline.at_home = Message(say("Home"), (Paragraph(say("You hold A-1042.")),))
        await edge.workbench.action("alert.take", user="U0DEV", view_id=view)
        await edge.finished(2)
        assert edge.pipeline.acts == [("take", 1042, 3, "U0DEV")] and edge.changed == [1]
        assert "You hold A-1042." in json.dumps(edge.workbench.home("U0DEV"))


async def test_what_is_told_at_home_is_told_in_a_window_and_home_shows_what_is_true(
    store: Store, intake: Intake
) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await at_home(edge)
        edge.pipeline.result = Act(told=say("Ben holds it since 9:00."))
        await edge.workbench.action("alert.take", user="U0DEV", view_id=view)
        await edge.finished(2)
        assert "Ben holds it since 9:00." in json.dumps(window(edge))
        assert len(edge.pipeline.homes) == 2


async def test_details_open_over_home_which_stays_as_it_is(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await at_home(edge)
        edge.pipeline.result = Act(modal=ShowModal("A-1042", (Paragraph(say("Why")),)))
        await edge.workbench.action("alert.take", user="U0DEV", view_id=view)
        await edge.finished(2)
        assert "Why" in json.dumps(window(edge)) and len(edge.pipeline.homes) == 1


async def test_a_button_at_home_asks_a_command_which_may_open_a_form_that_renews_home_when_it_is_sent(
    store: Store, intake: Intake
) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await at_home(edge)
        await edge.workbench.action("ask", user="U0DEV", view_id=view)
        await edge.finished(2)
        assert edge.pipeline.asked == [("ops", "wish", "tea")]
        edge.pipeline.result = Act(changed=True, told=say("Saved."))
        assert (await edge.workbench.submit(window(edge)["id"], user="U0DEV"))["ok"]
        await edge.finished(3)
        assert len(edge.pipeline.homes) == 2
        assert edge.pipeline.sent[-1].by == Profile("dev", "Europe/Berlin")


async def test_an_answer_asked_for_at_home_is_a_window(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        edge.pipeline.at_home = Message(say("Home"), (Buttons((Button("ask", "Stock", "/stock SKU-1"),)),))
        edge.workbench.open_home("U0DEV")
        await edge.finished()
        home = edge.workbench.home("U0DEV")
        assert home is not None
        await edge.workbench.action("ask", user="U0DEV", view_id=home["id"])
        await edge.finished(2)
        assert "12 units of" in json.dumps(window(edge))


@pytest.mark.parametrize("fault", ["error:internal_error", "error:not_enabled"])
async def test_an_act_is_done_once_though_home_cannot_be_shown(store: Store, intake: Intake, fault: str) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await at_home(edge)
        edge.workbench.set_faults([{"method": "views.publish", "kind": fault}])
        await edge.workbench.action("alert.take", user="U0DEV", view_id=view)
        await edge.finished(2)
        assert len(edge.pipeline.acts) == 1


async def test_what_cannot_be_told_at_home_is_no_reason_to_act_again(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await at_home(edge)
        edge.pipeline.result = Act(told=say("Ben holds it."))
        edge.workbench.set_faults([{"method": "views.open", "kind": "error:expired_trigger_id"}])
        await edge.workbench.action("alert.take", user="U0DEV", view_id=view)
        await edge.finished(2)
        assert len(edge.pipeline.acts) == 1 and edge.workbench.modals("U0DEV") == []


async def test_an_act_whose_home_cannot_be_read_is_done_all_the_same(store: Store, intake: Intake) -> None:
    async with floor(store, intake, Clock()) as edge:
        view = await at_home(edge)
        edge.pipeline.no_home = StoreDown("away")
        await edge.workbench.action("alert.take", user="U0DEV", view_id=view)
        await edge.finished(2)
        assert len(edge.pipeline.acts) == 1


def test_a_button_that_asks_is_the_command_that_it_carries() -> None:
    body = {
        "user": {"id": "U0DEV"}, "trigger_id": "1.2.a", "view": {"type": "home"},
        "actions": [{"action_id": "ask", "value": "/ops preferences"}],
    }  # fmt: skip
    asked = Asked(kind="command", user="U0DEV", command="/ops", text="preferences", trigger="1.2.a")
    assert of_click(body) == asked

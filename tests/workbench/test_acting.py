"""What people do on the page, answered by the real Bolt app over Socket Mode."""

import asyncio
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench
from tests.workbench.conftest import Connector


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


BUTTONS = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {"type": "button", "action_id": "go", "value": "7", "text": plain("Go")},
        {
            "type": "static_select",
            "action_id": "pick",
            "options": [{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}],
        },
    ],
}
FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Form"),
    "submit": plain("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": plain("Name"),
            "element": {"type": "plain_text_input", "action_id": "typed"},
        },
        {
            "type": "input",
            "block_id": "note",
            "optional": True,
            "label": plain("Note"),
            "element": {"type": "plain_text_input", "action_id": "typed", "initial_value": "none"},
        },
    ],
}
MODAL = {"type": "modal", "title": plain("Next"), "blocks": [BUTTONS]}
NAME = {"name": {"typed": {"type": "plain_text_input", "value": "Ann"}}}


class Recorder:
    """A Bolt app's ears: the bodies of all interactions, each answered with `answer`."""

    def __init__(self, app: AsyncApp) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}
        for listen in (app.action({"action_id": "go"}), app.action("pick"), app.view("form"), app.view_closed("form")):
            listen(self.hear)

    async def hear(self, ack: Any, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        await ack(**self.answer)


@pytest.fixture
async def recorder(workbench: Workbench, app: AsyncApp, connect: Connector) -> Recorder:
    recorder = Recorder(app)
    await connect(workbench, app)
    return recorder


async def opened(workbench: Workbench, client: AsyncWebClient, view: dict[str, Any]) -> str:
    trigger = workbench.workspace.trigger("U0ANNA")
    return str((await client.views_open(trigger_id=trigger, view=view))["view"]["id"])


async def test_a_press_says_who_pressed_what_and_where(
    workbench: Workbench, client: AsyncWebClient, recorder: Recorder
) -> None:
    ts = (await client.chat_postMessage(channel="ops", text="a", blocks=[BUTTONS]))["ts"]
    assert await workbench.action("go", user="U0BEN", channel="ops", ts=ts) == {"ok": True}
    (body,) = recorder.bodies
    assert (body["type"], body["user"]["id"], body["team"]["id"]) == ("block_actions", "U0BEN", "T0WORKBENCH")
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": "C0OPS", "is_ephemeral": False}
    assert body["channel"] == {"id": "C0OPS", "name": "ops"}
    assert body["message"]["blocks"][0]["block_id"] == "row"
    (action,) = body["actions"]
    assert action.pop("action_ts")
    assert action == {"type": "button", "action_id": "go", "block_id": "row", "value": "7", "text": plain("Go")}
    assert body["trigger_id"] and body["response_url"].startswith(workbench.url)


async def test_a_choice_comes_with_what_was_chosen_and_the_state(
    workbench: Workbench, client: AsyncWebClient, recorder: Recorder
) -> None:
    ts = (await client.chat_postMessage(channel="ops", text="a", blocks=[BUTTONS]))["ts"]
    chosen = {"text": plain("Two"), "value": "2"}
    state = {"values": {"row": {"pick": {"type": "static_select", "selected_option": chosen}}}}
    await workbench.action("pick", channel="ops", ts=ts, selected_option=chosen, state=state)
    (body,) = recorder.bodies
    assert body["actions"][0]["selected_option"] == chosen
    assert body["state"] == state


async def test_a_press_in_an_ephemeral_message_is_its_readers_alone(
    workbench: Workbench, client: AsyncWebClient, recorder: Recorder
) -> None:
    posted = await client.chat_postEphemeral(channel="ops", user="U0BEN", text="a", blocks=[BUTTONS])
    ts = posted["message_ts"]
    assert (await workbench.action("go", user="U0ANNA", channel="ops", ts=ts))["error"] == "message_not_found"
    assert (await workbench.action("go", user="U0BEN", channel="ops", ts=ts))["ok"]
    assert recorder.bodies[0]["container"]["is_ephemeral"] and "message" not in recorder.bodies[0]


async def test_what_is_not_there_cannot_be_pressed(workbench: Workbench, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="ops", text="a", blocks=[BUTTONS]))["ts"]
    assert (await workbench.action("gone", channel="ops", ts=ts))["error"] == "unknown_action"
    assert (await workbench.action("go", channel="ops", ts=ts, block_id="other"))["error"] == "unknown_action"
    assert (await workbench.action("go", channel="ops", ts="1.0"))["error"] == "message_not_found"
    assert (await workbench.action("go", view_id="V0"))["error"] == "view_not_found"


async def test_a_press_in_a_modal_carries_the_view(
    workbench: Workbench, client: AsyncWebClient, recorder: Recorder
) -> None:
    view_id = await opened(workbench, client, MODAL)
    assert (await workbench.action("go", view_id=view_id))["ok"]
    (body,) = recorder.bodies
    assert body["container"] == {"type": "view", "view_id": view_id}
    assert body["view"]["id"] == view_id and "channel" not in body


async def test_a_submission_carries_what_was_entered_and_closes_the_modal(
    workbench: Workbench, client: AsyncWebClient, recorder: Recorder
) -> None:
    view_id = await opened(workbench, client, FORM)
    assert await workbench.submit(view_id, NAME) == {"ok": True}
    (body,) = recorder.bodies
    assert (body["type"], body["view"]["callback_id"]) == ("view_submission", "form")
    values = body["view"]["state"]["values"]
    assert values["name"]["typed"]["value"] == "Ann"
    assert values["note"]["typed"]["value"] == "none"
    assert workbench.modals("U0ANNA") == []


async def test_a_required_field_left_empty_stays_on_the_page(
    workbench: Workbench, client: AsyncWebClient, recorder: Recorder
) -> None:
    view_id = await opened(workbench, client, FORM)
    assert set((await workbench.submit(view_id))["errors"]) == {"name"}
    assert recorder.bodies == []


ACTIONS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    ({"response_action": "errors", "errors": {"name": "no"}}, {"ok": False, "errors": {"name": "no"}}, ["Form"]),
    ({"response_action": "update", "view": MODAL}, {"ok": True}, ["Next"]),
    ({"response_action": "push", "view": MODAL}, {"ok": True}, ["Form", "Next"]),
    ({"response_action": "clear"}, {"ok": True}, []),
]


@pytest.mark.parametrize(("answer", "result", "titles"), ACTIONS, ids=[a["response_action"] for a, _, _ in ACTIONS])
async def test_the_response_action_decides_what_is_shown_next(
    workbench: Workbench,
    client: AsyncWebClient,
    recorder: Recorder,
    answer: dict[str, Any],
    result: dict[str, Any],
    titles: list[str],
) -> None:
    view_id = await opened(workbench, client, FORM)
    recorder.answer = answer
    assert await workbench.submit(view_id, NAME) == result
    assert [view["title"]["text"] for view in workbench.modals("U0ANNA")] == titles


async def test_a_response_with_a_view_that_slack_refuses_is_an_error(
    workbench: Workbench, client: AsyncWebClient, recorder: Recorder
) -> None:
    view_id = await opened(workbench, client, FORM)
    recorder.answer = {"response_action": "update", "view": {"type": "modal", "blocks": []}}
    assert (await workbench.submit(view_id, NAME))["error"] == "invalid_arguments"


async def test_closing_is_told_to_those_who_asked(
    workbench: Workbench, client: AsyncWebClient, recorder: Recorder
) -> None:
    quiet = await opened(workbench, client, FORM)
    assert (await workbench.close(quiet))["ok"]
    assert recorder.bodies == []
    loud = await opened(workbench, client, FORM | {"notify_on_close": True})
    assert (await workbench.close(loud))["ok"]
    assert (recorder.bodies[0]["type"], recorder.bodies[0]["is_cleared"]) == ("view_closed", False)
    assert workbench.modals("U0ANNA") == []
    assert (await workbench.close(loud))["error"] == "view_not_found"


async def test_opening_home_is_an_event_and_its_answer_a_view(
    workbench: Workbench, app: AsyncApp, connect: Connector
) -> None:
    @app.event("app_home_opened")
    async def publish(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": []})

    await connect(workbench, app)
    workbench.open_home("U0DEV")
    view = await workbench.until(lambda: workbench.home("U0DEV"))
    assert (view["type"], view["user"]) == ("home", "U0DEV")


async def test_a_select_asks_the_app_for_its_options(workbench: Workbench, app: AsyncApp, connect: Connector) -> None:
    @app.options("sku")
    async def skus(ack: Any, payload: dict[str, Any]) -> None:
        await ack(options=[{"text": plain(payload["value"]), "value": payload["value"]}])

    await connect(workbench, app)
    element = {"type": "external_select", "action_id": "sku", "block_id": "b"}
    container = {"type": "view", "view_id": "V0"}
    answer = await workbench.acting.suggest("U0ANNA", container, element, "SK")
    assert answer == {"ok": True, "options": [{"text": plain("SK"), "value": "SK"}]}


async def test_two_members_presses_are_two(workbench: Workbench, client: AsyncWebClient, recorder: Recorder) -> None:
    ts = (await client.chat_postMessage(channel="ops", text="a", blocks=[BUTTONS]))["ts"]
    users = ("U0ANNA", "U0BEN")
    await asyncio.gather(*(workbench.action("go", user=user, channel="ops", ts=ts) for user in users))
    assert {body["user"]["id"] for body in recorder.bodies} == set(users)
    assert len({body["trigger_id"] for body in recorder.bodies}) == 2


SHORTCUTS = [
    {"name": "Look", "type": "message", "callback_id": "look", "description": "x"},
    {"name": "New", "type": "global", "callback_id": "new", "description": "x"},
]
WITH_SHORTCUTS = {"features": {"shortcuts": SHORTCUTS}}


async def test_a_shortcut_on_a_message_brings_the_app_the_message_and_two_ways_back(
    workbench: Workbench, app: AsyncApp, connect: Connector, client: AsyncWebClient
) -> None:
    bodies: list[dict[str, Any]] = []

    async def look(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    app.message_shortcut("look")(look)
    workbench.set_manifest(WITH_SHORTCUTS)
    await connect(workbench, app)
    ts = (await client.chat_postMessage(channel="ops", text="a", blocks=[BUTTONS]))["ts"]
    assert await workbench.shortcut("look", user="U0BEN", channel="ops", ts=ts) == {"ok": True}
    (body,) = bodies
    assert (body["type"], body["callback_id"], body["user"]["id"]) == ("message_action", "look", "U0BEN")
    assert (body["message_ts"], body["channel"]) == (ts, {"id": "C0OPS", "name": "ops"})
    assert body["message"]["blocks"][0]["block_id"] == "row" and body["response_url"].startswith(workbench.url)
    await workbench.until(lambda: len(workbench.modals("U0BEN")) == 1)


@pytest.mark.parametrize(
    ("callback", "ts", "error"),
    [("new", "", "unknown_shortcut"), ("gone", "", "unknown_shortcut"), ("look", "1.0", "message_not_found")],
)
async def test_a_shortcut_that_the_manifest_or_the_message_does_not_have_is_refused(
    workbench: Workbench, callback: str, ts: str, error: str
) -> None:
    workbench.set_manifest(WITH_SHORTCUTS)
    assert await workbench.shortcut(callback, channel="ops", ts=ts) == {"ok": False, "error": error}


@pytest.mark.parametrize(
    ("escape", "arrives"),
    [(True, "A-7 <@U0BEN|ben> R&amp;B &lt;3 a@ben.example @bender"), (False, "A-7 @ben R&B <3 a@ben.example @bender")],
)
async def test_what_is_typed_is_escaped_where_the_manifest_asks_for_it(
    workbench: Workbench, app: AsyncApp, connect: Connector, escape: bool, arrives: str
) -> None:
    texts: list[str] = []

    async def ops(ack: Any, command: dict[str, Any]) -> None:
        texts.append(command["text"])
        await ack()

    app.command("/ops")(ops)
    workbench.set_manifest({"features": {"slash_commands": [{"command": "/ops", "should_escape": escape}]}})
    await connect(workbench, app)
    assert await workbench.command("/ops", "A-7 @ben R&B <3 a@ben.example @bender") == {"ok": True}
    assert texts == [arrives]

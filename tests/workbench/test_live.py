"""The JSON API of the page: the state, the stream of changes, the acts, the switches, and the files."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench
from tests.workbench.conftest import Connector, Starter


@pytest.fixture
async def page(workbench: Workbench) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(workbench.url) as session:
        yield session


async def post(page: aiohttp.ClientSession, act: str, **body: Any) -> dict[str, Any]:
    async with page.post(f"/workbench/{act}", json=body) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def get(page: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    async with page.get(path) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def test_the_state_names_team_bot_members_channels_and_commands(
    workbench: Workbench, page: aiohttp.ClientSession
) -> None:
    command = {"command": "/stock", "description": "What is left", "usage_hint": "SKU"}
    workbench.set_manifest({"features": {"slash_commands": [command | {"url": "https://x"}]}})
    state = await get(page, "/workbench/state")
    assert state["team"] == {"id": "T0WORKBENCH", "name": "Floorwalker demo shop"}
    assert state["bot"] == {"id": "U0FLOOR", "name": "Floorwalker"}
    assert {member["id"] for member in state["members"]} == {"U0ANNA", "U0BEN", "U0CHIARA", "U0DEV"}
    assert [channel["id"] for channel in state["channels"] if channel["kind"] == "channel"] == [
        "C0MARKETING",
        "C0FINANCE",
        "C0WAREHOUSE",
        "C0OPS",
    ]
    assert {"D0ANNA": "U0ANNA"}.items() <= {c["id"]: c.get("member") for c in state["channels"]}.items()
    assert state["commands"] == [command]
    assert state["homes"]["U0ANNA"] is None and state["modals"]["U0ANNA"] == []


async def test_changes_are_told_as_they_happen(
    workbench: Workbench, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    async with page.ws_connect("/workbench/live") as live:
        assert await live.receive_json(timeout=2) == {"type": "hello"}
        ts = (await client.chat_postMessage(channel="ops", text="a"))["ts"]
        await client.chat_update(channel="C0OPS", ts=ts, text="b")
        await client.chat_delete(channel="C0OPS", ts=ts)
        await client.chat_postEphemeral(channel="ops", user="U0BEN", text="psst")
        await client.views_publish(user_id="U0BEN", view={"type": "home", "blocks": []})
        modal = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": []}
        await client.views_open(trigger_id=workbench.workspace.trigger("U0ANNA"), view=modal)
        await post(page, "reset")
        changes = [await live.receive_json(timeout=2) for _ in range(7)]
    posted, changed, deleted, ephemeral, home, opened, reset = changes
    assert (posted["type"], posted["message"]["text"]) == ("message.posted", "a")
    assert (changed["type"], changed["message"]["text"]) == ("message.changed", "b")
    assert deleted == {"type": "message.deleted", "channel": "C0OPS", "ts": ts}
    assert (ephemeral["type"], ephemeral["message"]["ephemeral_to"]) == ("message.posted", "U0BEN")
    assert (home["type"], home["user"], home["view"]["type"]) == ("home.changed", "U0BEN", "home")
    assert (opened["type"], opened["user"], len(opened["stack"])) == ("modal.changed", "U0ANNA", 1)
    assert reset == {"type": "reset"}


async def test_a_page_that_leaves_is_told_nothing_more(workbench: Workbench, page: aiohttp.ClientSession) -> None:
    live = await page.ws_connect("/workbench/live")
    await live.receive_json(timeout=2)
    assert len(workbench.workspace.listeners) == 1
    await live.close()
    await post(page, "message", user="U0ANNA", channel="C0OPS", text="hello")
    assert workbench.workspace.listeners == []


async def test_a_person_acts_through_the_page(
    workbench: Workbench, page: aiohttp.ClientSession, app: AsyncApp, connect: Connector
) -> None:
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}

    @app.command("/stock")
    async def stock(ack: Any, say: Any) -> None:
        await ack()
        await say(text="found", blocks=[{"type": "actions", "block_id": "b", "elements": [button]}])

    @app.action("go")
    async def go(ack: Any, respond: Any) -> None:
        await ack()
        await respond("gone", replace_original=True)

    await connect(workbench, app)
    answer = await post(page, "command", user="U0ANNA", channel="C0OPS", command="/stock", text="SKU-1")
    assert answer == {"ok": True}
    (message,) = await workbench.until(lambda: workbench.messages("ops"))
    container = {"type": "message", "channel": "C0OPS", "ts": message["ts"]}
    action = {"type": "button", "action_id": "go", "block_id": "b"}
    assert (await post(page, "action", user="U0ANNA", container=container, action=action))["ok"]
    await workbench.until(lambda: workbench.messages("ops")[0]["text"] == "gone")


async def test_a_modal_is_submitted_or_closed_and_home_opened_through_the_page(
    workbench: Workbench, page: aiohttp.ClientSession, app: AsyncApp, client: AsyncWebClient, connect: Connector
) -> None:
    plain = {"type": "plain_text", "text": "T"}
    field = {"type": "plain_text_input", "action_id": "a"}
    entry = {"type": "input", "block_id": "b", "label": plain, "element": field}
    form = {"type": "modal", "callback_id": "form", "title": plain, "submit": plain, "blocks": [entry]}

    @app.view("form")
    async def refuse(ack: Any) -> None:
        await ack(response_action="errors", errors={"b": "no"})

    @app.options("sku")
    async def none(ack: Any) -> None:
        await ack(options=[])

    await connect(workbench, app)
    trigger = workbench.workspace.trigger("U0ANNA")
    view_id = (await client.views_open(trigger_id=trigger, view=form))["view"]["id"]
    values = {"b": {"a": {"type": "plain_text_input", "value": "x"}}}
    answer = await post(page, "submit", user="U0ANNA", view_id=view_id, state={"values": values})
    assert answer == {"ok": False, "errors": {"b": "no"}}
    assert await post(page, "close", user="U0ANNA", view_id=view_id) == {"ok": True}
    assert (await post(page, "submit", user="U0ANNA", view_id=view_id))["error"] == "view_not_found"
    assert await post(page, "home", user="U0ANNA") == {"ok": True, "view": None}
    element = {"type": "external_select", "action_id": "sku", "block_id": "b"}
    container = {"type": "view", "view_id": view_id}
    suggested = await post(page, "suggest", user="U0ANNA", container=container, action=element, value="x")
    assert suggested == {"ok": True, "options": []}
    assert await post(page, "disconnect", reason="warning", close=False) == {"ok": True, "told": 1}


async def test_the_page_itself_is_served(page: aiohttp.ClientSession) -> None:
    async with page.get("/") as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert response.headers["Cache-Control"] == "no-cache"


async def test_writing_in_a_thread_counts_as_a_reply(workbench: Workbench, page: aiohttp.ClientSession) -> None:
    parent = (await post(page, "message", user="U0ANNA", channel="C0OPS", text="a"))["message"]
    await post(page, "message", user="U0BEN", channel="C0OPS", text="b", thread_ts=parent["ts"])
    assert workbench.messages("ops")[0]["reply_count"] == 1


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("message", {"user": "U0ANNA", "channel": "C0NOWHERE", "text": "a"}, "channel_not_found"),
    ("message", {"user": "U0NOBODY", "channel": "C0OPS", "text": "a"}, "user_not_found"),
    ("message", {"user": "U0ANNA"}, "missing_field"),
    ("channel", {"channel": "nowhere"}, "channel_not_found"),
    ("faults", {"rules": [{"kind": "explode"}]}, "bad_rule"),
]


@pytest.mark.parametrize(("act", "body", "error"), BAD)
async def test_an_act_that_makes_no_sense_is_refused(
    page: aiohttp.ClientSession, act: str, body: dict[str, Any], error: str
) -> None:
    assert (await post(page, act, **body))["error"] == error


async def test_faults_rates_and_deduping_are_switched_and_shown(
    workbench: Workbench, page: aiohttp.ClientSession
) -> None:
    rule = {"method": "chat.postMessage", "kind": "drop_after", "times": 2}
    await post(page, "faults", rules=[rule], seed=7, rate_limits=True, client_msg_id_dedupe=True)
    shown = await get(page, "/workbench/faults")
    assert rule.items() <= shown["rules"][0].items()
    assert (shown["seed"], shown["rate_limits"], shown["client_msg_id_dedupe"]) == (7, True, True)
    assert workbench.limits.on and workbench.workspace.dedupe
    await post(page, "reset")
    assert (await get(page, "/workbench/faults"))["rules"] == []


async def test_the_calls_are_shown_with_their_counters(page: aiohttp.ClientSession, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="ops", text="a")
    await client.auth_test()
    shown = await get(page, "/workbench/calls")
    assert [call["method"] for call in shown["calls"]] == ["chat.postMessage", "auth.test"]
    assert shown["counters"]["by_method"] == {"chat.postMessage": 1, "auth.test": 1}
    assert shown["counters"]["by_outcome"] == {"ok": 2}


async def test_a_channel_is_archived_and_the_manifest_set_from_outside(
    workbench: Workbench, page: aiohttp.ClientSession
) -> None:
    assert (await post(page, "channel", channel="ops", archived=True, joined=False))["channel"]["archived"]
    assert not workbench.workspace.channels["C0OPS"].joined
    await post(page, "manifest", features={"slash_commands": [{"command": "/stock"}]})
    assert (await get(page, "/workbench/state"))["commands"][0]["command"] == "/stock"


async def test_an_act_that_is_no_json_is_refused(page: aiohttp.ClientSession) -> None:
    async with page.post("/workbench/message", data="{") as response:
        assert (response.status, (await response.json())["error"]) == (400, "invalid_json")


@pytest.mark.parametrize("path", ["/page/nothing.js", "/page/../server.py", "/page/%2e%2e/server.py", "/page/"])
async def test_no_file_outside_the_pages_folder_is_served(workbench: Workbench, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{workbench.url}{path}") as response:
        assert response.status == 404


async def test_a_permalink_leads_to_the_channel_and_thread_on_the_page(
    workbench: Workbench, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    parent = (await client.chat_postMessage(channel="ops", text="a"))["ts"]
    reply = (await client.chat_postMessage(channel="ops", text="b", thread_ts=parent))["ts"]
    link = (await client.chat_getPermalink(channel="C0OPS", message_ts=reply))["permalink"]
    async with page.get(link, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, f"/#/C0OPS/{parent}")
    async with page.get("/archives/C0OPS/p1800000000000000", allow_redirects=False) as response:
        assert response.status == 404


async def test_a_reset_forgets_messages_but_gives_no_timestamp_twice(
    start: Starter, workbench: Workbench, page: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    before = (await client.chat_postMessage(channel="ops", text="a"))["ts"]
    await post(page, "reset")
    assert workbench.messages("ops") == []
    assert (await client.chat_postMessage(channel="ops", text="a"))["ts"] > before

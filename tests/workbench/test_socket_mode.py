"""Socket Mode, with the real Bolt app and, where its manners matter, a bare WebSocket."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import ManualClock, Workbench
from tests.workbench.conftest import Connector, Starter


async def connected(session: aiohttp.ClientSession, workbench: Workbench) -> aiohttp.ClientWebSocketResponse:
    opener = AsyncWebClient(token=workbench.app_token, base_url=workbench.api_url)
    answer = await opener.apps_connections_open(app_token=workbench.app_token)
    return await session.ws_connect(answer["url"])


async def told(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message: dict[str, Any] = await socket.receive_json(timeout=2)
    return message


async def test_a_bolt_app_hears_messages_and_answers(workbench: Workbench, app: AsyncApp, connect: Connector) -> None:
    @app.event("message")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(f"heard {event['text']}")

    await connect(workbench, app)
    workbench.say("hello", channel="ops")
    await workbench.until(lambda: "heard hello" in [message["text"] for message in workbench.messages("ops")])


async def test_a_mention_comes_as_a_message_and_as_app_mention(workbench: Workbench) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await connected(session, workbench)
        assert (await told(socket))["type"] == "hello"
        workbench.say("<@U0FLOOR> hi", channel="ops")
        kinds = {(await told(socket))["payload"]["event"]["type"] for _ in range(2)}
        assert kinds == {"message", "app_mention"}


async def test_a_connection_says_hello_and_its_address_is_good_once(workbench: Workbench) -> None:
    opener = AsyncWebClient(base_url=workbench.api_url)
    url = (await opener.apps_connections_open(app_token=workbench.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        hello = await told(await session.ws_connect(url))
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["debug_info"]["approximate_connection_time"] > 0
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_envelopes_go_to_one_connection_each_in_turn(workbench: Workbench) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await connected(session, workbench) for _ in range(2)]
        for socket in sockets:
            await told(socket)
        for text in ("a", "b"):
            workbench.say(text, channel="ops")
        texts = {(await told(socket))["payload"]["event"]["text"] for socket in sockets}
        assert texts == {"a", "b"}


async def test_an_eleventh_connection_is_one_too_many(workbench: Workbench) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await connected(session, workbench) for _ in range(10)]
        assert [(await told(socket))["type"] for socket in sockets] == ["hello"] * 10
        farewell = await told(await connected(session, workbench))
        assert (farewell["type"], farewell["reason"]) == ("disconnect", "too_many_websockets")


async def test_an_event_without_ack_comes_again_as_the_same_event(start: Starter) -> None:
    clock = ManualClock(1_800_000_000)
    workbench = await start(ack_seconds=0.3, clock=clock)
    async with aiohttp.ClientSession() as session:
        socket = await connected(session, workbench)
        await told(socket)
        workbench.say("hello", channel="ops")
        first, second = await told(socket), await told(socket)
        assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
        assert first["payload"]["event_id"] == second["payload"]["event_id"]
        assert first["envelope_id"] != second["envelope_id"]
        await clock.awaited(1_800_000_060)
        clock.advance(60)
        third = await told(socket)
        assert third["retry_attempt"] == 2
        await socket.send_json({"envelope_id": third["envelope_id"]})
        await workbench.until(lambda: workbench.delivery.log[-1]["outcome"] == "ok")
        assert [row["outcome"] for row in workbench.delivery.log] == ["timeout", "timeout", "ok"]
        assert clock.waiting() == []


async def test_an_event_sent_while_a_connection_breaks_reaches_the_next_one(start: Starter) -> None:
    workbench = await start(ack_seconds=0.5)
    async with aiohttp.ClientSession() as session:
        first = await connected(session, workbench)
        await told(first)
        second = await connected(session, workbench)
        await told(second)
        workbench.say("hello", channel="ops")
        workbench.say("again", channel="ops")
        await first.close()
        texts: set[str] = set()
        async with asyncio.timeout(5):
            while texts != {"hello", "again"}:
                envelope = await told(second)
                texts.add(envelope["payload"]["event"]["text"])
                await second.send_json({"envelope_id": envelope["envelope_id"]})


async def test_a_disconnect_comes_with_its_reason_and_a_warning_leaves_the_line_open(workbench: Workbench) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await connected(session, workbench)
        await told(socket)
        assert await workbench.disconnect_sockets("warning", close=False) == 1
        assert (await told(socket))["reason"] == "warning"
        await workbench.disconnect_sockets("refresh_requested")
        assert (await told(socket))["reason"] == "refresh_requested"
        assert (await socket.receive(timeout=2)).type == aiohttp.WSMsgType.CLOSE
        assert workbench.sockets.open == []


async def test_a_bolt_app_comes_back_after_a_disconnect(
    workbench: Workbench, app: AsyncApp, connect: Connector
) -> None:
    @app.event("message")
    async def listen(say: Any) -> None:
        await say("yes")

    await connect(workbench, app)
    await workbench.disconnect_sockets("refresh_requested")
    await workbench.until(lambda: workbench.sockets.open, seconds=10)
    workbench.say("still there?", channel="ops")
    await workbench.until(lambda: workbench.messages("ops")[-1]["text"] == "yes")


async def test_what_is_no_ack_is_ignored(workbench: Workbench) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await connected(session, workbench)
        await told(socket)
        for text in ("{", "[]", json.dumps({"envelope_id": "unknown"})):
            await socket.send_str(text)
        asking = asyncio.create_task(workbench.command("/stock", "SKU-1"))
        envelope = await told(socket)
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "12 left"}})
        assert await asking == {"ok": True}
        assert workbench.ephemerals("ops", "U0ANNA")[0]["text"] == "12 left"

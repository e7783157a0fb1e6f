"""Signed HTTP to the app: the real Bolt app behind a real server, and a bare one where Slack's retries matter."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.workbench import ManualClock, Workbench
from tests.workbench.conftest import Starter, client_of

START = 1_800_000_000
Listening = Callable[[web.Application], Awaitable[str]]


@pytest.fixture
async def listening() -> AsyncIterator[Listening]:
    """Serves an application on loopback and gives its address."""
    runners: list[web.AppRunner] = []

    async def serve(application: web.Application) -> str:
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield serve
    for runner in runners:
        await runner.cleanup()


def manifest(url: str) -> dict[str, Any]:
    return {
        "features": {"slash_commands": [{"command": "/stock", "url": f"{url}/slack"}]},
        "settings": {
            "event_subscriptions": {"request_url": f"{url}/slack", "bot_events": ["message.channels"]},
            "interactivity": {"is_enabled": True, "request_url": f"{url}/slack"},
        },
    }


class App:
    """An app that writes down what it is sent and answers as told."""

    def __init__(self, *answers: web.Response) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[dict[str, str], bytes]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return self.answers.pop(0) if self.answers else web.Response()

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/slack", self.handle)
        return application


async def test_a_bolt_app_behind_http_takes_commands_events_and_presses(start: Starter, listening: Listening) -> None:
    workbench = await start(rate_limits=False)
    bolt = AsyncApp(client=client_of(workbench), signing_secret=workbench.signing_secret)
    buttons = {"type": "actions", "elements": [{"type": "button", "action_id": "go", "value": "7", "text": PLAIN}]}

    @bolt.command("/stock")
    async def stock(ack: Any, command: dict[str, Any], say: Any) -> None:
        await ack(f"looking for {command['text']}")
        await say(text="found", blocks=[buttons])

    @bolt.action("go")
    async def go(ack: Any, action: dict[str, Any], respond: Any) -> None:
        await ack()
        await respond(f"pressed {action['value']}", replace_original=True)

    @bolt.event("message")
    async def message(event: dict[str, Any], say: Any) -> None:
        await say(f"heard {event['text']}")

    workbench.set_manifest(manifest(await listening(bolt.web_app(path="/slack"))))
    assert await workbench.command("/stock", "SKU-1") == {"ok": True}
    assert workbench.ephemerals("ops")[0]["text"] == "looking for SKU-1"
    (found,) = await workbench.until(lambda: workbench.messages("ops"))
    assert await workbench.action("go", channel="ops", ts=found["ts"]) == {"ok": True}
    await workbench.until(lambda: workbench.messages("ops")[0]["text"] == "pressed 7")
    workbench.say("hello", channel="finance")
    await workbench.until(lambda: "heard hello" in [sent["text"] for sent in workbench.messages("finance")])


PLAIN = {"type": "plain_text", "text": "Go"}


async def with_app(start: Starter, listening: Listening, app: App, **settings: Any) -> Workbench:
    url = await listening(app.application())
    return await start(manifest=manifest(url), **settings)


async def test_every_request_is_signed_over_its_raw_body(start: Starter, listening: Listening) -> None:
    app = App()
    workbench = await with_app(start, listening, app)
    workbench.say("hällo", channel="ops")
    await workbench.command("/stock", "a&b=ü")
    await workbench.until(lambda: len(app.requests) == 2)
    verifier = SignatureVerifier(workbench.signing_secret)
    assert all(verifier.is_valid_request(body, headers) for headers, body in app.requests)
    stranger = SignatureVerifier("another secret")
    assert not any(stranger.is_valid_request(body, headers) for headers, body in app.requests)


async def test_a_slash_command_carries_slacks_fields_and_no_others(start: Starter, listening: Listening) -> None:
    app = App()
    workbench = await with_app(start, listening, app)
    await workbench.command("/stock", "SKU 1 & 2", user="U0BEN", channel="ops")
    headers, body = app.requests[0]
    fields = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert fields.pop("response_url").startswith(workbench.url)
    assert fields.pop("trigger_id") and fields.pop("token")
    assert fields == {
        "team_id": "T0WORKBENCH",
        "team_domain": "floorwalker-demo",
        "channel_id": "C0OPS",
        "channel_name": "ops",
        "user_id": "U0BEN",
        "user_name": "ben",
        "command": "/stock",
        "text": "SKU 1 & 2",
        "api_app_id": "A0FLOOR",
        "is_enterprise_install": "false",
    }


async def test_an_event_is_tried_at_once_after_a_minute_and_after_five(start: Starter, listening: Listening) -> None:
    clock, app = ManualClock(START), App(*[web.Response(status=500) for _ in range(4)])
    workbench = await with_app(start, listening, app, clock=clock)
    workbench.say("hello", channel="ops")
    for moment, tried in ((START + 60, 2), (START + 360, 3)):
        await clock.awaited(moment)
        assert len(app.requests) == tried
        clock.advance(moment - clock.now())
    await workbench.until(lambda: len(workbench.delivery.log) == 4)
    numbers = [headers.get("X-Slack-Retry-Num") for headers, _ in app.requests]
    reasons = [headers.get("X-Slack-Retry-Reason") for headers, _ in app.requests]
    assert numbers == [None, "1", "2", "3"]
    assert reasons == [None, "http_error", "http_error", "http_error"]
    assert len({json.loads(body)["event_id"] for _, body in app.requests}) == 1
    assert clock.waiting() == []


async def test_a_proxy_in_the_environment_is_not_used(
    start: Starter, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App()
    workbench = await with_app(start, listening, app)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await workbench.command("/stock") == {"ok": True}
    assert len(app.requests) == 1


async def test_an_app_may_ask_for_no_retries(start: Starter, listening: Listening) -> None:
    app = App(web.Response(status=500, headers={"X-Slack-No-Retry": "1"}))
    workbench = await with_app(start, listening, app)
    workbench.say("hello", channel="ops")
    await workbench.until(lambda: workbench.delivery.log)
    assert [row["outcome"] for row in workbench.delivery.log] == ["http_error"]
    assert len(app.requests) == 1


async def test_an_event_that_nobody_subscribed_to_is_not_sent(start: Starter, listening: Listening) -> None:
    app = App()
    workbench = await with_app(start, listening, app)
    workbench.say("<@U0FLOOR> hello", channel="ops")
    workbench.say("in private", channel="U0ANNA")
    workbench.open_home("U0ANNA")
    await workbench.until(lambda: len(workbench.delivery.log) == 1)
    assert [json.loads(body)["event"]["type"] for _, body in app.requests] == ["message"]


ANSWERS: list[tuple[web.Response, dict[str, Any], list[str], list[str]]] = [
    (web.Response(), {"ok": True}, [], []),
    (web.Response(text="12 left"), {"ok": True}, ["12 left"], []),
    (web.json_response({"text": "12 left"}), {"ok": True}, ["12 left"], []),
    (web.json_response({"text": "12", "response_type": "in_channel"}), {"ok": True}, [], ["12"]),
    (web.Response(status=404), {"ok": False, "error": "dispatch_failed"}, [], []),
]


@pytest.mark.parametrize(("answer", "result", "private", "public"), ANSWERS, ids=[str(n) for n in range(len(ANSWERS))])
async def test_what_an_app_answers_to_a_command_is_shown(
    start: Starter,
    listening: Listening,
    answer: web.Response,
    result: dict[str, Any],
    private: list[str],
    public: list[str],
) -> None:
    workbench = await with_app(start, listening, App(answer))
    assert await workbench.command("/stock") == result
    assert [message["text"] for message in workbench.ephemerals("ops", "U0ANNA")] == private
    assert [message["text"] for message in workbench.messages("ops")] == public


async def test_a_command_that_is_answered_too_late_times_out_and_is_not_repeated(
    start: Starter, listening: Listening
) -> None:
    clock, received = ManualClock(START), []

    async def idle(request: web.Request) -> web.Response:
        received.append(await request.read())
        await clock.sleep(60)
        return web.Response()

    application = web.Application()
    application.router.add_post("/slack", idle)
    workbench = await start(manifest=manifest(await listening(application)), ack_seconds=0.3)
    assert await workbench.command("/stock") == {"ok": False, "error": "operation_timeout"}
    assert len(received) == 1
    clock.advance(60)


async def test_an_answer_with_blocks_that_slack_refuses_fails_with_the_reason(
    start: Starter, listening: Listening
) -> None:
    answer = web.json_response({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}]})
    workbench = await with_app(start, listening, App(answer))
    result = await workbench.command("/stock")
    assert (result["error"], result["detail"]) == ("dispatch_failed", "invalid_blocks")
    assert workbench.ephemerals("ops") == []


async def test_a_channel_without_the_bot_sends_it_nothing(start: Starter, listening: Listening) -> None:
    app = App()
    workbench = await with_app(start, listening, app)
    workbench.set_channel("ops", joined=False)
    workbench.say("among us", channel="ops")
    workbench.set_channel("ops", joined=True)
    workbench.say("hello", channel="ops")
    await workbench.until(lambda: workbench.delivery.log)
    assert [json.loads(body)["event"]["text"] for _, body in app.requests] == ["hello"]


async def test_a_command_that_nobody_can_take_fails(workbench: Workbench) -> None:
    assert await workbench.command("/stock") == {"ok": False, "error": "dispatch_failed"}
    workbench.set_manifest(manifest("http://127.0.0.1:9"))
    assert await workbench.command("/stock") == {"ok": False, "error": "dispatch_failed"}
    assert await workbench.command("/unheard-of") == {"ok": False, "error": "unknown_command"}

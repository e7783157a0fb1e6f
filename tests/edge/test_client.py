"""The client against the workbench and against servers that break: one attempt a call, and an outcome for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackClientError

from bot.clock import Clock
from bot.core.dispatch import Absent, Forbidden, NotSent, Outcome, Rejected, Shown, Unclear, Unread
from bot.edge.limiter import Limiter
from bot.edge.render import Rendered
from bot.edge.slack.client import Identity, SlackClient
from bot.edge.slack.messages import EVENT_TYPE
from bot.edge.slack.outcomes import classify
from bot.workbench import Workbench
from tests.edge.outgoing_fixtures import NOON, SetClock

HELLO = Rendered("hello <@U0ANNA>", [{"type": "divider"}])
OPS = "C0OPS"


@pytest.fixture
def time() -> SetClock:
    return SetClock()


@pytest.fixture
async def bench(time: SetClock) -> AsyncIterator[Workbench]:
    running = await Workbench.start(clock=time.follower(), rate_limits=False)
    yield running
    await running.stop()


@pytest.fixture
def limiter() -> Limiter:
    return Limiter()


@pytest.fixture
def counts() -> list[tuple[str, str]]:
    return []


@pytest.fixture
async def client(
    bench: Workbench, limiter: Limiter, time: SetClock, counts: list[tuple[str, str]]
) -> AsyncIterator[SlackClient]:
    def count(method: str, outcome: str) -> None:
        counts.append((method, outcome))

    opened = await SlackClient.open(bench.bot_token, limiter, time, base_url=bench.api_url, seconds=0.5, counted=count)
    yield opened
    await opened.close()


def methods(bench: Workbench) -> list[str]:
    return [call["method"] for call in bench.calls]


async def test_what_time_it_is_by_slacks_clock_is_passed_on(bench: Workbench, limiter: Limiter, time: SetClock) -> None:
    dates: list[datetime] = []
    client = await SlackClient.open(bench.bot_token, limiter, time, base_url=bench.api_url, dated=dates.append)
    assert await client.probe()
    [at] = dates
    # The workbench's server dates its answers by this machine's clock.
    assert abs(at - Clock().now()) < timedelta(seconds=5)
    await client.close()


async def test_a_post_carries_its_id_and_neither_links_nor_unfurls(client: SlackClient, bench: Workbench) -> None:
    outcome = await client.post("p1", OPS, None, HELLO)
    [message] = bench.messages("ops")
    assert outcome == Shown(message["ts"])
    assert message["metadata"] == {"event_type": EVENT_TYPE, "event_payload": {"key": "p1"}}
    assert message["blocks"][0]["type"] == "divider"
    arguments = bench.calls[-1]["arguments"]
    assert [arguments[name] for name in ("unfurl_links", "unfurl_media", "link_names", "parse")] == [
        False,
        False,
        False,
        "none",
    ]


async def test_a_reply_goes_into_its_thread_and_is_found_there(client: SlackClient, bench: Workbench) -> None:
    root = await client.post("p1", OPS, None, HELLO)
    assert isinstance(root, Shown)
    reply = await client.post("p2", OPS, root.ts, HELLO, 3)
    assert isinstance(reply, Shown)
    assert bench.messages("ops")[1]["thread_ts"] == root.ts
    assert await client.find("p2", OPS, root.ts, NOON) == Shown(reply.ts, 3)
    assert await client.find("p2", OPS, None, NOON) == Absent()


async def test_an_edit_replaces_blocks_and_without_blocks_takes_them_away(
    client: SlackClient, bench: Workbench
) -> None:
    shown = await client.post("p1", OPS, None, HELLO)
    assert isinstance(shown, Shown)
    assert await client.edit(OPS, shown.ts, Rendered("changed", [])) == shown
    [message] = bench.messages("ops")
    assert message["text"] == "changed"
    assert "blocks" not in message
    assert message["metadata"]["event_payload"] == {"key": "p1"}


async def test_a_channel_by_name_is_looked_up_once(client: SlackClient, bench: Workbench) -> None:
    for number in range(3):
        assert isinstance(await client.post(f"p{number}", "#finance", None, HELLO), Shown)
    assert isinstance(await client.find("p2", "#finance", None, NOON), Shown)
    assert methods(bench).count("conversations.list") == 1
    assert len(bench.messages("finance")) == 3


async def test_an_unknown_channel_is_refused_before_anything_is_sent(client: SlackClient, bench: Workbench) -> None:
    assert await client.post("p1", "#nowhere", None, HELLO) == Rejected("channel_not_found")
    assert await client.edit("#nowhere", "1.1", HELLO) == Rejected("channel_not_found")
    assert await client.find("p1", "#nowhere", None, NOON) == Rejected("channel_not_found")
    assert "chat.postMessage" not in methods(bench)


async def test_a_post_whose_channel_could_not_be_looked_up_was_surely_not_sent(
    client: SlackClient, bench: Workbench
) -> None:
    bench.set_faults([{"method": "conversations.list", "kind": "status_500_before", "times": 1}])
    assert isinstance(await client.post("p1", "#ops", None, HELLO), NotSent)
    assert isinstance(await client.post("p1", "#ops", None, HELLO), Shown)


async def test_without_leave_to_list_private_channels_the_public_ones_do(client: SlackClient, bench: Workbench) -> None:
    bench.set_faults([{"method": "conversations.list", "kind": "error:missing_scope", "times": 1}])
    assert isinstance(await client.post("p1", "#ops", None, HELLO), Shown)
    bench.set_faults([{"method": "conversations.list", "kind": "error:invalid_auth"}])
    assert await client.post("p1", "#sales", None, HELLO) == Rejected("invalid_auth")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("drop_before", Unclear),
        ("drop_after", Unclear),
        ("rst_before", Unclear),
        ("rst_after", Unclear),
        ("truncate_after", Unclear),
        ("html_after", Unclear),
        ("status_500_before", Unclear),
        ("status_500_after", Unclear),
        ("slow_after", Unclear),
        ("ratelimit", NotSent),
        ("error:ratelimited", NotSent),
        ("error:is_archived", Rejected),
        ("error:fatal_error", Rejected),
        ("error_after:internal_error", Rejected),
    ],
)
async def test_a_post_is_tried_once_and_its_fault_is_named(
    kind: str, outcome: type[Outcome], client: SlackClient, bench: Workbench, counts: list[tuple[str, str]]
) -> None:
    bench.set_faults([{"method": "chat.postMessage", "kind": kind}])
    assert type(await client.post("p1", OPS, None, HELLO)) is outcome
    assert methods(bench) == ["chat.postMessage"]
    assert counts == [("chat.postMessage", outcome.__name__.lower())]


async def test_an_edit_names_its_fault_too(client: SlackClient, bench: Workbench) -> None:
    assert await client.edit(OPS, "1.000001", HELLO) == Rejected("message_not_found")
    bench.set_faults([{"method": "chat.update", "kind": "rst_before"}])
    assert isinstance(await client.edit(OPS, "1.000001", HELLO), Unclear)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("7", 7), ("0.5", 1), ("1.5", 1.5), ("0", 1), ("", 5), ("soon", 5), ("nan", 5), ("-3", 5), ("999999", 3600)],
)
async def test_any_retry_after_is_heeded_and_the_limiter_told(
    retry_after: str, seconds: float, client: SlackClient, bench: Workbench, limiter: Limiter, time: SetClock
) -> None:
    bench.set_faults([{"method": "chat.postMessage", "kind": "ratelimit", "retry_after": retry_after}])
    assert await client.post("p1", OPS, None, HELLO) == NotSent("ratelimited", timedelta(seconds=seconds))
    assert limiter.wait("chat.postMessage", OPS, time.monotonic()) == pytest.approx(seconds)


async def test_what_is_not_there_is_absent_and_others_copies_do_not_count(
    client: SlackClient, bench: Workbench
) -> None:
    bench.say("floorwalker_post p1", channel="ops")
    await client.post("p2", OPS, None, HELLO)
    assert await client.find("p1", OPS, None, NOON) == Absent()
    stranger = bench.messages("ops")[0] | {"bot_id": "B0OTHER"}
    bench.workspace.put_message(stranger | {"metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": "p1"}}})
    assert await client.find("p1", OPS, None, NOON) == Absent()


async def test_the_first_of_two_copies_is_the_one(client: SlackClient) -> None:
    first = await client.post("p1", OPS, None, HELLO, 1)
    await client.post("p1", OPS, None, HELLO, 2)
    assert isinstance(first, Shown)
    assert await client.find("p1", OPS, None, NOON) == Shown(first.ts, 1)


async def test_an_edit_says_which_version_the_message_shows_now(client: SlackClient) -> None:
    shown = await client.post("p1", OPS, None, HELLO, 1)
    assert isinstance(shown, Shown)
    await client.edit(OPS, shown.ts, HELLO, "p1", 2)
    assert await client.find("p1", OPS, None, NOON) == Shown(shown.ts, 2)


async def test_everything_with_a_tag_is_seen_and_whose_it_is(client: SlackClient, bench: Workbench) -> None:
    mine = await client.post("p1", OPS, None, HELLO, 1)
    assert isinstance(mine, Shown)
    bench.say("chatter", channel="ops")
    message = bench.messages("ops")[0] | {"bot_id": "B0OTHER", "ts": f"{float(mine.ts) + 1:.6f}"}
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": "p1", "version": "<!channel>"}}
    bench.workspace.put_message(message | {"metadata": metadata})
    bench.workspace.put_message(
        message | {"ts": "1796300000.000001", "metadata": metadata | {"event_payload": {"key": 5}}}
    )
    seen = await client.sightings(OPS, None, NOON)
    assert isinstance(seen, tuple)
    assert sorted((one.tag, one.bot, one.version) for one in seen) == [("p1", "B0FLOOR", 1), ("p1", "B0OTHER", 0)]


async def test_a_message_is_deleted_and_one_that_is_gone_already_is_no_trouble(
    client: SlackClient, bench: Workbench
) -> None:
    shown = await client.post("p1", OPS, None, HELLO)
    assert isinstance(shown, Shown)
    assert await client.delete(OPS, shown.ts) == Absent()
    assert bench.messages("ops") == []
    assert await client.delete(OPS, shown.ts) == Absent()
    bench.set_faults([{"method": "chat.delete", "kind": "error:cant_delete_message"}])
    assert await client.delete(OPS, shown.ts) == Rejected("cant_delete_message")


@pytest.mark.parametrize(
    ("kind", "answers"), [("drop_before", False), ("ratelimit", False), ("error:invalid_auth", True)]
)
async def test_a_probe_says_whether_slack_answers_whatever_it_answers(
    kind: str, answers: bool, client: SlackClient, bench: Workbench
) -> None:
    assert await client.probe()
    bench.set_faults([{"method": "auth.test", "kind": kind}])
    assert await client.probe() is answers
    assert await client.who() is None


async def test_every_page_of_the_history_is_read(client: SlackClient, bench: Workbench, time: SetClock) -> None:
    found = await client.post("p1", OPS, None, HELLO, 1)
    assert isinstance(found, Shown)
    for number in range(450):
        bench.say(f"chatter {number}", channel="ops")
    assert await client.find("p1", OPS, None, NOON) == Shown(found.ts, 1)
    assert methods(bench).count("conversations.history") == 3
    time.move(3600)
    assert await client.find("p1", OPS, None, time.now()) == Absent(), "older than it can be"


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("drop_before", Unread("ServerDisconnectedError")),
        ("status_500_before", Unread("HTTP 500")),
        ("ratelimit", Unread("ratelimited", timedelta(seconds=1))),
        ("error:missing_scope", Forbidden("missing_scope")),
        ("error:not_in_channel", Rejected("not_in_channel")),
        ("error:invalid_auth", Unread("invalid_auth", timedelta(seconds=60))),
        ("error:internal_error", Unread("internal_error")),
    ],
)
async def test_a_history_that_cannot_be_read_is_named(
    kind: str, outcome: Outcome, client: SlackClient, bench: Workbench
) -> None:
    await client.identity()
    bench.set_faults([{"method": "conversations.history", "kind": kind}])
    assert await client.find("p1", OPS, None, NOON) == outcome


async def test_a_thread_that_is_gone_holds_no_post(client: SlackClient) -> None:
    assert await client.find("p1", OPS, "1.000001", NOON) == Absent()


async def test_nothing_is_found_before_the_bot_knows_who_it_is(client: SlackClient, bench: Workbench) -> None:
    bench.set_faults([{"method": "auth.test", "kind": "status_500_before", "times": 1}])
    assert await client.find("p1", OPS, None, NOON) == Unread("HTTP 500")
    assert await client.identity() == Identity("U0FLOOR", "B0FLOOR", "T0WORKBENCH", (await client.identity()).url)
    assert methods(bench).count("auth.test") == 2


async def test_people_are_spoken_to_one_at_a_time(client: SlackClient, bench: Workbench) -> None:
    await client.ephemeral(OPS, "U0ANNA", "only you", [])
    assert [message["text"] for message in bench.ephemerals("ops", "U0ANNA")] == ["only you"]
    await client.publish_home("U0ANNA", {"type": "home", "blocks": [{"type": "divider"}]})
    assert bench.home("U0ANNA") is not None
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Details"}, "blocks": [{"type": "divider"}]}
    await client.open_view(bench.workspace.trigger("U0ANNA"), modal)
    await client.push_view(bench.workspace.trigger("U0ANNA"), modal)
    first, top = bench.modals("U0ANNA")
    await client.update_view(first["id"], modal | {"title": {"type": "plain_text", "text": "Else"}})
    assert [view["title"]["text"] for view in bench.modals("U0ANNA")] == ["Else", "Details"]
    assert top["previous_view_id"] == first["id"]
    url = bench.response_urls.issue("U0ANNA", OPS)
    await client.respond(url, {"text": "an answer", "response_type": "ephemeral"})
    assert bench.ephemerals("ops", "U0ANNA")[-1]["text"] == "an answer"


async def test_what_was_not_taken_is_raised_to_whoever_speaks(client: SlackClient, bench: Workbench) -> None:
    with pytest.raises(SlackClientError):
        await client.open_view("gone", {"type": "modal"})
    with pytest.raises(SlackClientError, match="HTTP 404"):
        await client.respond(f"{bench.url}/response/unknown", {"text": "x"})


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[SlackClient]:
    """A client of a server that answers every call in its own way."""
    application = web.Application()
    application.router.add_route("*", "/api/{method}", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    client = await SlackClient.open("xoxb-x", Limiter(), SetClock(), base_url=url, seconds=0.5)
    try:
        yield client
    finally:
        await client.close()
        await runner.cleanup()


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "fine", "content_type": "text/plain"},
        {"text": "[1]", "content_type": "application/json"},
        {"text": "null", "content_type": "application/json"},
        {"text": "{", "content_type": "application/json"},
        {"body": b"\xff\xfe", "content_type": "application/json"},
        {"body": b"\x1f\x8b", "content_type": "application/gzip"},
        {"text": '{"ok": true}', "content_type": "application/json"},
        {"text": '{"ok": true, "ts": 5}', "content_type": "application/json"},
        {"text": '{"ok": false}', "content_type": "application/json"},
        {"text": "<h1>Bad gateway</h1>", "content_type": "text/html", "status": 502},
        {"text": '{"ok": false, "error": "is_archived"}', "content_type": "application/json", "status": 503},
        {"text": "who are you", "content_type": "text/plain", "status": 403},
    ],
)
async def test_an_answer_that_nobody_can_read_leaves_it_unclear(answer: dict[str, Any]) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        return web.Response(**answer)

    async with answering(respond) as client:
        assert isinstance(await client.post("p1", OPS, None, HELLO), Unclear)


async def test_a_history_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True, "response_metadata": {"next_cursor": "more"}})

    async with answering(respond) as client:
        assert isinstance(await client.find("p1", OPS, None, NOON), Unread)


async def test_the_newer_channel_of_a_name_is_the_one() -> None:
    listed = [
        {"id": "C1", "name": "ops", "is_archived": False},
        {"id": "C2", "name": "ops", "is_archived": True},
        {"id": "C3", "name": "old", "is_archived": True},
    ]
    asked: list[str] = []

    async def respond(request: web.Request) -> web.StreamResponse:
        if request.match_info["method"] == "conversations.list":
            return web.json_response({"ok": True, "channels": listed})
        asked.append((await request.json())["channel"])
        return web.json_response({"ok": True, "ts": "1.1"})

    async with answering(respond) as client:
        await client.post("p1", "#ops", None, HELLO)
        await client.post("p2", "#old", None, HELLO)
    assert asked == ["C1", "C3"]


async def test_where_nobody_listens_nothing_was_sent(unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    base_url = f"http://127.0.0.1:{unused_tcp_port}/api/"
    client = await SlackClient.open("xoxb-x", Limiter(), SetClock(), base_url=base_url, seconds=0.5)
    assert client.web.proxy is None
    assert await client.post("p1", OPS, None, HELLO) == NotSent("ClientConnectorError", timedelta(seconds=5))
    await client.close()


def test_a_connection_that_took_too_long_to_open_sent_nothing() -> None:
    assert isinstance(classify(aiohttp.ConnectionTimeoutError()), NotSent)
    assert isinstance(classify(aiohttp.SocketTimeoutError()), Unclear)


async def test_a_name_that_moved_to_another_channel_is_looked_up_anew(client: SlackClient, bench: Workbench) -> None:
    await client.post("p1", "#finance", None, HELLO)
    bench.set_channel("finance", archived=True)
    assert await client.post("p2", "#finance", None, HELLO) == Rejected("is_archived")
    bench.set_channel("finance", archived=False)
    assert isinstance(await client.post("p2", "#finance", None, HELLO), Shown)
    assert methods(bench).count("conversations.list") == 2

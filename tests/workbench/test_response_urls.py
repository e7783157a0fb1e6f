"""response_url: what may be posted to it, how often and how long, through the real slack_sdk webhook client."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.workbench import ManualClock, Workbench
from tests.workbench.conftest import Starter, client_of


async def origin(workbench: Workbench) -> dict[str, Any]:
    await client_of(workbench).chat_postMessage(channel="ops", text="original")
    return workbench.messages("ops")[0]


def hook(workbench: Workbench, origin: dict[str, Any] | None = None) -> AsyncWebhookClient:
    return AsyncWebhookClient(workbench.response_urls.issue("U0ANNA", "C0OPS", origin))


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages]


async def test_an_answer_is_for_one_member_unless_it_says_otherwise(workbench: Workbench) -> None:
    url = hook(workbench)
    assert (await url.send(text="psst")).body == "ok"
    await url.send(text="all", response_type="in_channel")
    assert texts(workbench.ephemerals("ops", "U0ANNA")) == ["psst"]
    assert texts(workbench.messages("ops")) == ["all"]


async def test_the_original_is_replaced_or_deleted(workbench: Workbench) -> None:
    url = hook(workbench, await origin(workbench))
    await url.send(text="changed", replace_original=True)
    assert texts(workbench.messages("ops")) == ["changed"]
    await url.send(delete_original=True)
    assert workbench.messages("ops") == []


async def test_an_ephemeral_original_can_be_replaced_too(workbench: Workbench) -> None:
    await client_of(workbench).chat_postEphemeral(channel="ops", user="U0ANNA", text="psst")
    url = hook(workbench, workbench.ephemerals("ops")[0])
    await url.send(text="changed", replace_original=True)
    assert texts(workbench.ephemerals("ops", "U0ANNA")) == ["changed"]


async def test_an_answer_to_a_message_in_a_thread_stays_in_the_thread(workbench: Workbench) -> None:
    parent = await origin(workbench)
    await client_of(workbench).chat_postMessage(channel="ops", text="reply", thread_ts=parent["ts"])
    await hook(workbench, workbench.messages("ops")[1]).send(text="answer", response_type="in_channel")
    assert workbench.messages("ops")[2]["thread_ts"] == parent["ts"]
    assert workbench.messages("ops")[0]["reply_count"] == 2


async def test_five_posts_are_taken_and_a_sixth_is_not(workbench: Workbench) -> None:
    url = hook(workbench)
    answers = [await url.send(text=str(n)) for n in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert "used_url" in answers[-1].body
    assert len(workbench.ephemerals("ops")) == 5


async def test_after_half_an_hour_nothing_is_taken(start: Starter) -> None:
    clock = ManualClock(1_800_000_000)
    url = hook(await start(clock=clock))
    clock.advance(30 * 60)
    assert (await url.send(text="in time")).status_code == 200
    clock.advance(1)
    late = await url.send(text="late")
    assert (late.status_code, "expired_url" in late.body) == (404, True)


async def test_a_body_that_slack_would_not_take_is_refused_and_costs_no_use(workbench: Workbench) -> None:
    url = hook(workbench)
    refused = [
        await url.send(text="a", blocks=[{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}]) for _ in range(9)
    ]
    assert {answer.status_code for answer in refused} == {400}
    assert "invalid_blocks" in refused[0].body
    assert (await url.send(text="a")).status_code == 200


async def test_an_unknown_address_takes_nothing(workbench: Workbench) -> None:
    answer = await AsyncWebhookClient(f"{workbench.url}/response/R0").send(text="a")
    assert (answer.status_code, "no_active_hooks" in answer.body) == (404, True)


@pytest.mark.parametrize("body", ["", "[]", "text=hello"])
async def test_what_is_no_json_object_is_refused(workbench: Workbench, body: str) -> None:
    url = hook(workbench)
    async with aiohttp.ClientSession() as session, session.post(url.url, data=body) as answer:
        assert answer.status == 400


async def test_a_post_may_be_made_to_fail_and_is_in_the_book(workbench: Workbench) -> None:
    workbench.set_faults([{"method": "response_url", "kind": "status_500_after", "channel": "C0OPS", "times": 1}])
    url = hook(workbench)
    assert (await url.send(text="a")).status_code == 500
    assert (await url.send(text="b")).status_code == 200
    assert texts(workbench.ephemerals("ops")) == ["a", "b"]
    assert [(row["method"], row["outcome"]) for row in workbench.calls] == [("response_url", "ok")] * 2
    assert workbench.calls[0]["fault"] == "status_500_after"

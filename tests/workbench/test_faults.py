"""Faults on demand: what is stored and what the caller sees, for each kind, through the real slack_sdk."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import ManualClock, Workbench
from bot.workbench.faults import BadRule, Faults
from tests.workbench.conftest import Starter, client_of

NOWHERE: frozenset[str] = frozenset()

KINDS: list[tuple[str, type[BaseException], int]] = [
    ("status_500_before", SlackApiError, 0),
    ("status_500_after", SlackApiError, 1),
    ("drop_before", aiohttp.ServerDisconnectedError, 0),
    ("drop_after", aiohttp.ServerDisconnectedError, 1),
    ("rst_before", aiohttp.ClientOSError, 0),
    ("rst_after", aiohttp.ClientOSError, 1),
    ("truncate_after", aiohttp.ClientPayloadError, 1),
    ("html_after", SlackApiError, 1),
    ("ratelimit", SlackApiError, 0),
    ("error:internal_error", SlackApiError, 0),
    ("error_after:internal_error", SlackApiError, 1),
]


@pytest.mark.parametrize(("kind", "raised", "stored"), KINDS, ids=[kind for kind, _, _ in KINDS])
async def test_a_fault_is_seen_by_the_caller_and_stores_what_it_says(
    workbench: Workbench, client: AsyncWebClient, kind: str, raised: type[BaseException], stored: int
) -> None:
    workbench.set_faults([{"method": "chat.postMessage", "kind": kind, "times": 1}])
    with pytest.raises(raised):
        await client.chat_postMessage(channel="ops", text="a")
    assert len(workbench.messages("ops")) == stored
    assert workbench.calls[0]["fault"] == kind
    assert workbench.calls[0]["outcome"] == ("ok" if stored else "not_run")
    assert (await client.chat_postMessage(channel="ops", text="b"))["ok"]


async def test_a_retry_after_is_passed_on_as_it_was_given(workbench: Workbench, client: AsyncWebClient) -> None:
    workbench.set_faults([{"method": "chat.postMessage", "kind": "ratelimit", "retry_after": "0.5"}])
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="ops", text="a")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "0.5"


async def test_a_lost_message_is_answered_ok_and_gone(workbench: Workbench, client: AsyncWebClient) -> None:
    workbench.set_faults([{"method": "chat.postMessage", "kind": "lose", "times": 1}])
    assert (await client.chat_postMessage(channel="ops", text="a"))["ok"]
    assert workbench.messages("ops") == []


async def test_a_lost_update_leaves_the_message_as_it_was(workbench: Workbench, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="ops", text="before"))["ts"]
    workbench.set_faults([{"method": "chat.update", "kind": "lose"}])
    await client.chat_update(channel="C0OPS", ts=ts, text="after")
    assert workbench.messages("ops")[0]["text"] == "before"


async def test_a_late_post_lands_after_its_caller_was_cut_off(start: Starter) -> None:
    clock = ManualClock(1_800_000_000)
    workbench = await start(clock=clock)
    workbench.set_faults([{"method": "chat.postMessage", "kind": "late_landing", "seconds": 30, "times": 1}])
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client_of(workbench).chat_postMessage(channel="ops", text="a")
    assert workbench.messages("ops") == []
    clock.advance(30)
    await workbench.until(lambda: workbench.messages("ops"))


@pytest.mark.parametrize(("kind", "stored"), [("slow_after", 1), ("slow_before", 0)])
async def test_a_slow_answer_outlasts_its_callers_patience(start: Starter, kind: str, stored: int) -> None:
    workbench = await start(clock=ManualClock(1_800_000_000))
    workbench.set_faults([{"method": "chat.postMessage", "kind": kind, "seconds": 60}])
    timeout = aiohttp.ClientTimeout(total=0.5)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        client = AsyncWebClient(
            token=workbench.bot_token, base_url=workbench.api_url, retry_handlers=[], session=session
        )
        with pytest.raises(asyncio.TimeoutError):
            await client.chat_postMessage(channel="ops", text="a")
    assert len(workbench.messages("ops")) == stored


async def test_the_default_client_posts_twice_when_its_connection_drops(workbench: Workbench) -> None:
    workbench.set_faults([{"method": "chat.postMessage", "kind": "drop_after", "times": 1}])
    eager = AsyncWebClient(token=workbench.bot_token, base_url=workbench.api_url)
    await eager.chat_postMessage(channel="ops", text="a")
    assert len(workbench.messages("ops")) == 2


@pytest.mark.parametrize("named", ["C0OPS", "ops", "#ops"])
async def test_a_rule_may_be_about_one_channel(workbench: Workbench, client: AsyncWebClient, named: str) -> None:
    workbench.set_faults([{"method": "chat.postMessage", "kind": "error:fatal_error", "channel": named}])
    assert (await client.chat_postMessage(channel="finance", text="a"))["ok"]
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C0OPS", text="a")


def test_a_rule_may_let_some_calls_pass_first() -> None:
    faults = Faults()
    faults.set([{"method": "a", "kind": "lose", "skip": 2, "times": 1}])
    assert [faults.pick("a", NOWHERE) is not None for _ in range(5)] == [False, False, True, False, False]


def test_the_same_seed_throws_the_same_dice() -> None:
    def throws(seed: int) -> list[bool]:
        faults = Faults()
        faults.set([{"kind": "lose", "probability": 0.5}], seed)
        return [faults.pick("a", NOWHERE) is not None for _ in range(50)]

    assert throws(7) == throws(7)
    assert throws(7) != throws(8)
    assert 10 < sum(throws(7)) < 40


BAD: list[dict[str, Any]] = [
    {"kind": "lose", "times": "often"},
    {"kind": "explode"},
    {"kind": "error:"},
    {"kind": "lose", "when": "now"},
    {},
]


@pytest.mark.parametrize("rule", BAD)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(BadRule):
        Faults().set([rule])

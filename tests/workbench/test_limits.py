"""Slack's rate limits as the workbench keeps them."""

import pytest
from slack_sdk.errors import SlackApiError

from bot.workbench import ManualClock
from bot.workbench.limits import PER_MINUTE, POST_BURST, RateLimits
from tests.workbench.conftest import Starter, client_of


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_800_000_000)


@pytest.mark.parametrize("tier", [2, 3, 4])
def test_a_methods_minute_may_be_spent_at_once_and_comes_back_evenly(clock: ManualClock, tier: int) -> None:
    limits, allowed = RateLimits(clock), PER_MINUTE[tier]
    assert [limits.refuse("a.b", tier, None) for _ in range(allowed)] == [None] * allowed
    wait = limits.refuse("a.b", tier, None)
    assert wait == -(-60 // allowed)
    assert limits.refuse("another.method", tier, None) is None
    clock.advance(wait)
    assert limits.refuse("a.b", tier, None) is None


def test_posts_are_limited_by_channel_to_one_a_second(clock: ManualClock) -> None:
    limits = RateLimits(clock)
    burst = [limits.refuse("chat.postMessage", 5, "C1") for _ in range(POST_BURST + 1)]
    assert burst == [None] * POST_BURST + [1]
    assert limits.refuse("chat.postMessage", 5, "C2") is None
    clock.advance(1)
    assert limits.refuse("chat.postMessage", 5, "C1") is None
    assert limits.refuse("chat.postMessage", 5, "C1") == 1


def test_a_refused_post_costs_the_workspace_nothing(clock: ManualClock) -> None:
    limits = RateLimits(clock)
    for _ in range(1000):
        limits.refuse("chat.postMessage", 5, "C1")
    assert limits.refuse("chat.postMessage", 5, "C2") is None


def test_a_clock_that_steps_back_gives_no_tokens_away(clock: ManualClock) -> None:
    limits = RateLimits(clock)
    for _ in range(POST_BURST):
        limits.refuse("chat.postMessage", 5, "C1")
    clock.advance(-60)
    assert limits.refuse("chat.postMessage", 5, "C1") == 1


async def test_a_call_beyond_its_rate_is_answered_429_with_retry_after(start: Starter, clock: ManualClock) -> None:
    workbench = await start(clock=clock)
    client = client_of(workbench)
    for _ in range(POST_BURST):
        await client.chat_postMessage(channel="ops", text="a")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="#ops", text="one too many")
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "1")
    assert len(workbench.messages("ops")) == POST_BURST
    assert workbench.calls[-1]["outcome"] == "ratelimited"

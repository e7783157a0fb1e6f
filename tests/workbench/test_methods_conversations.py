"""conversations.*, called with the real slack_sdk, which sends several of them as GET."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench

METADATA = {"event_type": "post", "event_payload": {"key": "1"}}


async def posted(client: AsyncWebClient, *texts: str, **more: Any) -> list[str]:
    return [(await client.chat_postMessage(channel="ops", text=text, **more))["ts"] for text in texts]


def texts(answer: Any) -> list[str]:
    return [message["text"] for message in answer["messages"]]


async def test_history_is_newest_first_and_leaves_thread_replies_out(client: AsyncWebClient) -> None:
    first, _ = await posted(client, "one", "two")
    await posted(client, "reply", thread_ts=first)
    assert texts(await client.conversations_history(channel="C0OPS")) == ["two", "one"]


async def test_history_between_moments_leaves_the_edges_out_unless_inclusive(client: AsyncWebClient) -> None:
    one, _, three = await posted(client, "one", "two", "three")
    between = await client.conversations_history(channel="C0OPS", oldest=one, latest=three)
    assert texts(between) == ["two"]
    edges = await client.conversations_history(channel="C0OPS", oldest=one, latest=three, inclusive=True)
    assert texts(edges) == ["three", "two", "one"]


async def test_history_comes_in_pages(client: AsyncWebClient) -> None:
    await posted(client, "one", "two", "three")
    first = await client.conversations_history(channel="C0OPS", limit=2)
    assert (texts(first), first["has_more"]) == (["three", "two"], True)
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_history(channel="C0OPS", limit=2, cursor=cursor)
    assert (texts(second), second["has_more"]) == (["one"], False)


async def test_metadata_is_whole_only_when_asked_for(client: AsyncWebClient) -> None:
    await posted(client, "one", metadata=METADATA)
    bare = await client.conversations_history(channel="C0OPS")
    assert bare["messages"][0]["metadata"] == {"event_type": "post"}
    whole = await client.conversations_history(channel="C0OPS", include_all_metadata=True)
    assert whole["messages"][0]["metadata"] == METADATA


async def test_ephemeral_messages_are_in_no_history(client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="ops", user="U0BEN", text="psst")
    assert texts(await client.conversations_history(channel="C0OPS")) == []


async def test_replies_give_the_parent_and_then_the_thread(client: AsyncWebClient) -> None:
    (parent,) = await posted(client, "parent")
    first, second = await posted(client, "first", "second", thread_ts=parent)
    assert texts(await client.conversations_replies(channel="C0OPS", ts=parent)) == ["parent", "first", "second"]
    later = await client.conversations_replies(channel="C0OPS", ts=parent, oldest=first)
    assert texts(later) == ["parent", "second"]
    assert second > first


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": "C0OPS", "limit": 1000}, "invalid_limit"),
        ({"channel": "C0OPS", "cursor": "???"}, "invalid_cursor"),
        ({"channel": "C0OPS", "oldest": "yesterday"}, "invalid_ts_oldest"),
    ],
)
async def test_a_history_that_makes_no_sense_is_refused(
    client: AsyncWebClient, call: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_history(**call)
    assert caught.value.response["error"] == error


async def test_a_channel_that_the_bot_left_cannot_be_read_until_it_joins(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    workbench.set_channel("ops", joined=False)
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_history(channel="C0OPS")
    assert caught.value.response["error"] == "not_in_channel"
    assert (await client.conversations_join(channel="C0OPS"))["channel"]["is_member"]
    assert (await client.conversations_history(channel="C0OPS"))["ok"]


async def test_channels_are_listed_by_type_and_page(client: AsyncWebClient) -> None:
    found = await client.conversations_list(limit=3)
    rest = await client.conversations_list(limit=3, cursor=found["response_metadata"]["next_cursor"])
    names = [channel["name"] for channel in [*found["channels"], *rest["channels"]]]
    assert names == ["marketing", "finance", "warehouse", "ops"]
    direct = await client.conversations_list(types="im")
    assert {channel["user"] for channel in direct["channels"]} == {"U0ANNA", "U0BEN", "U0CHIARA", "U0DEV"}


@pytest.mark.parametrize(
    ("types", "error"),
    [
        ("public_channel,private_channel", "missing_scope"),
        ("im", "missing_scope"),
        ("public", "invalid_types"),
    ],
)
async def test_each_type_of_channel_has_a_scope_of_its_own(
    workbench: Workbench, client: AsyncWebClient, types: str, error: str
) -> None:
    workbench.set_manifest({"oauth_config": {"scopes": {"bot": ["channels:read"]}}})
    assert (await client.conversations_list(types="public_channel"))["ok"]
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_list(types=types)
    assert caught.value.response["error"] == error


async def test_archived_channels_can_be_left_out(workbench: Workbench, client: AsyncWebClient) -> None:
    workbench.set_channel("ops", archived=True)
    listed = (await client.conversations_list(exclude_archived=True))["channels"]
    assert "ops" not in {channel["name"] for channel in listed}
    assert (await client.conversations_info(channel="C0OPS"))["channel"]["is_archived"]


@pytest.mark.parametrize(
    ("channel", "error"),
    [("D0ANNA", "method_not_supported_for_channel_type"), ("C0OPS", "is_archived"), ("C0", "channel_not_found")],
)
async def test_what_cannot_be_joined_is_refused(
    workbench: Workbench, client: AsyncWebClient, channel: str, error: str
) -> None:
    workbench.set_channel("ops", archived=True)
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_join(channel=channel)
    assert caught.value.response["error"] == error


async def test_a_thread_that_is_not_there_cannot_be_read(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_replies(channel="C0OPS", ts="1.000000")
    assert caught.value.response["error"] == "thread_not_found"


async def test_a_direct_message_is_opened_with_one_known_member(client: AsyncWebClient) -> None:
    assert (await client.conversations_open(users="U0DEV"))["channel"]["id"] == "D0DEV"
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_open(users="U0NOBODY")
    assert caught.value.response["error"] == "user_not_found"


async def test_members_and_joined_channels_know_of_the_bot(workbench: Workbench, client: AsyncWebClient) -> None:
    workbench.set_channel("finance", joined=False)
    assert "U0FLOOR" in (await client.conversations_members(channel="C0OPS"))["members"]
    joined = (await client.users_conversations())["channels"]
    assert {channel["name"] for channel in joined} == {"marketing", "warehouse", "ops"}

"""chat.*, called with the real slack_sdk."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench
from tests.workbench.conftest import Starter, client_of

METADATA = {"event_type": "post", "event_payload": {"key": "1"}}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*a*"}}


async def refused(awaitable: Any) -> SlackApiError:
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return caught.value


@pytest.mark.parametrize("channel", ["C0OPS", "ops", "#ops"])
async def test_a_channel_is_found_by_id_or_name(workbench: Workbench, client: AsyncWebClient, channel: str) -> None:
    answer = await client.chat_postMessage(channel=channel, text="hi")
    assert (answer["channel"], answer["message"]["bot_id"]) == ("C0OPS", "B0FLOOR")


async def test_a_persons_id_opens_the_direct_message(workbench: Workbench, client: AsyncWebClient) -> None:
    assert (await client.chat_postMessage(channel="U0BEN", text="hi"))["channel"] == "D0BEN"
    assert [message["text"] for message in workbench.messages("U0BEN")] == ["hi"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "nowhere", "text": "a"}, "channel_not_found"),
        ({"channel": "ops", "text": ""}, "no_text"),
        ({"channel": "ops", "text": "a", "blocks": "[{"}, "invalid_blocks_format"),
        ({"channel": "ops", "text": "a", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        (
            {"channel": "ops", "text": "a", "metadata": {"event_type": "a", "event_payload": {"b": "x" * 8000}}},
            "metadata_too_large",
        ),
        ({"channel": "ops", "text": "a", "attachments": [{"text": "a"}] * 101}, "too_many_attachments"),
        ({"channel": "ops", "text": "a", "thread_ts": "1.000000"}, "cannot_reply_to_message"),
        ({"channel": "ops", "text": "a", "markdown_text": "b"}, "markdown_text_conflict"),
        ({"channel": "ops", "markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"channel": "ops", "text": "a", "attachments": "[{"}, "invalid_attachments"),
    ],
)
async def test_a_post_that_slack_refuses_is_refused(
    workbench: Workbench, client: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    caught = await refused(client.api_call("chat.postMessage", json=arguments))
    assert caught.response["error"] == error
    assert workbench.messages("ops") == []


async def test_refused_blocks_come_with_the_reason_and_place(client: AsyncWebClient) -> None:
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    caught = await refused(client.chat_postMessage(channel="ops", text="a", blocks=[long]))
    assert caught.response["error"] == "invalid_blocks"
    assert caught.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


async def test_text_beyond_forty_thousand_characters_is_cut_with_a_warning(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(channel="ops", text="x" * 40_001)
    assert answer["warning"] == "message_truncated"
    assert sum(len(message["text"]) for message in workbench.messages("ops")) == 40_000


async def test_text_beyond_four_thousand_characters_becomes_several_messages_that_repeat_the_blocks(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    answer = await client.chat_postMessage(channel="ops", text="x" * 4_001, blocks=[SECTION], metadata=METADATA)
    first, second = workbench.messages("ops")
    assert (len(first["text"]), len(second["text"])) == (4_000, 1)
    assert first["blocks"] == second["blocks"]
    assert first["ts"] == answer["ts"] and "metadata" not in second


async def test_markdown_text_becomes_a_markdown_block(workbench: Workbench, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="ops", markdown_text="# Title")
    assert workbench.messages("ops")[0]["blocks"][0]["text"] == "# Title"


async def test_a_broadcast_reply_stands_in_the_channel_too(client: AsyncWebClient) -> None:
    parent = (await client.chat_postMessage(channel="ops", text="parent"))["ts"]
    await client.chat_postMessage(channel="ops", text="quiet", thread_ts=parent)
    await client.chat_postMessage(channel="ops", text="loud", thread_ts=parent, reply_broadcast=True)
    history = await client.conversations_history(channel="C0OPS")
    assert [message["text"] for message in history["messages"]] == ["loud", "parent"]


@pytest.mark.parametrize(
    ("standing", "error"), [({"archived": True}, "is_archived"), ({"joined": False}, "not_in_channel")]
)
async def test_an_archived_or_left_channel_takes_no_posts(
    workbench: Workbench, client: AsyncWebClient, standing: dict[str, bool], error: str
) -> None:
    workbench.set_channel("ops", **standing)
    assert (await refused(client.chat_postMessage(channel="ops", text="a"))).response["error"] == error


async def test_timestamps_are_unique_and_rise(workbench: Workbench, client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel="ops", text=str(n)))["ts"] for n in range(20)]
    assert stamps == sorted(set(stamps))


async def test_an_update_with_text_alone_removes_the_blocks_and_marks_the_edit(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="ops", text="a", blocks=[SECTION], metadata=METADATA)
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="b")
    (message,) = workbench.messages("ops")
    assert "blocks" not in message
    assert message["edited"]["user"] == "U0FLOOR"
    assert message["metadata"] == METADATA


async def test_an_update_with_blocks_leaves_no_edited_mark(workbench: Workbench, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="ops", text="a", blocks=[SECTION])
    changed = {"event_type": "post", "event_payload": {"key": "2"}}
    await client.chat_update(channel="C0OPS", ts=posted["ts"], text="b", blocks=[SECTION], metadata=changed)
    (message,) = workbench.messages("ops")
    assert "edited" not in message
    assert (message["text"], message["metadata"]) == ("b", changed)


async def test_an_update_is_limited_to_four_thousand_characters(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="ops", text="a")
    await client.chat_update(channel="C0OPS", ts=posted["ts"], text="x" * 4000)
    caught = await refused(client.chat_update(channel="C0OPS", ts=posted["ts"], text="x" * 4001))
    assert caught.response["error"] == "msg_too_long"


async def test_only_own_messages_can_be_changed_or_deleted(workbench: Workbench, client: AsyncWebClient) -> None:
    written = workbench.say("mine", channel="ops")
    update = client.chat_update(channel="C0OPS", ts=written["ts"], text="b")
    delete = client.chat_delete(channel="C0OPS", ts=written["ts"])
    unknown = client.chat_update(channel="C0OPS", ts="1.000000", text="b")
    assert (await refused(update)).response["error"] == "cant_update_message"
    assert (await refused(delete)).response["error"] == "cant_delete_message"
    assert (await refused(unknown)).response["error"] == "message_not_found"


async def test_a_thread_counts_its_replies_and_leaves_a_tombstone(workbench: Workbench, client: AsyncWebClient) -> None:
    parent = (await client.chat_postMessage(channel="ops", text="parent"))["ts"]
    reply = (await client.chat_postMessage(channel="ops", text="reply", thread_ts=parent))["ts"]
    assert workbench.messages("ops")[0]["reply_count"] == 1
    await client.chat_delete(channel="C0OPS", ts=parent)
    assert workbench.messages("ops")[0]["subtype"] == "tombstone"
    await client.chat_delete(channel="C0OPS", ts=reply)
    assert "reply_count" not in workbench.messages("ops")[0]


async def test_an_ephemeral_message_is_one_members_and_out_of_reach(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    answer = await client.chat_postEphemeral(channel="ops", user="U0BEN", text="psst")
    assert workbench.messages("ops") == []
    assert [message["text"] for message in workbench.ephemerals("ops", "U0BEN")] == ["psst"]
    update = client.chat_update(channel="C0OPS", ts=answer["message_ts"], text="b")
    assert (await refused(update)).response["error"] == "message_not_found"
    stranger = client.chat_postEphemeral(channel="ops", user="U0NOBODY", text="psst")
    assert (await refused(stranger)).response["error"] == "user_not_in_channel"


async def test_a_repeated_client_msg_id_posts_again_when_deduping_is_off(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    for _ in range(2):
        await client.chat_postMessage(channel="ops", text="a", client_msg_id="same")
    assert len(workbench.messages("ops")) == 2


async def test_a_repeated_client_msg_id_is_a_duplicate_when_deduping_is_on(start: Starter) -> None:
    workbench = await start(client_msg_id_dedupe=True, rate_limits=False)
    client = client_of(workbench)
    first = await client.chat_postMessage(channel="ops", text="a", client_msg_id="same")
    second = await client.chat_postMessage(channel="ops", text="a", client_msg_id="same")
    assert (second["ts"], second["is_duplicate"]) == (first["ts"], True)
    await client.chat_delete(channel="C0OPS", ts=first["ts"])
    gone = client.chat_postMessage(channel="ops", text="a", client_msg_id="same")
    assert (await refused(gone)).response["error"] == "duplicate_message_not_found"
    elsewhere = client.chat_postMessage(channel="finance", text="a", client_msg_id="same")
    assert (await refused(elsewhere)).response["error"] == "duplicate_channel_not_found"


async def test_a_permalink_leads_to_the_message(workbench: Workbench, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="ops", text="a"))["ts"]
    link = (await client.chat_getPermalink(channel="C0OPS", message_ts=ts))["permalink"]
    assert link == f"{workbench.url}/archives/C0OPS/p{ts.replace('.', '')}"

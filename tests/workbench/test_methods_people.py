"""auth.*, users.*, usergroups.* and reactions.*, called with the real slack_sdk."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench


async def test_the_token_says_who_the_bot_is(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0WORKBENCH", "U0FLOOR", "B0FLOOR")


async def test_api_test_echoes_or_fails_as_asked(client: AsyncWebClient) -> None:
    assert (await client.api_test(foo="bar"))["args"]["foo"] == "bar"
    with pytest.raises(SlackApiError) as caught:
        await client.api_test(error="my_error")
    assert caught.value.response["error"] == "my_error"


async def test_people_and_the_bot_are_listed(client: AsyncWebClient) -> None:
    members = (await client.users_list())["members"]
    assert {member["id"]: member["is_bot"] for member in members} == {
        "U0ANNA": False,
        "U0BEN": False,
        "U0CHIARA": False,
        "U0DEV": False,
        "U0FLOOR": True,
    }
    assert (await client.users_info(user="U0BEN"))["user"]["profile"]["title"] == "Marketing"
    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user="U0NOBODY")
    assert caught.value.response["error"] == "user_not_found"


async def test_user_groups_have_members(client: AsyncWebClient) -> None:
    groups = (await client.usergroups_list())["usergroups"]
    assert "users" not in groups[0]
    assert (await client.usergroups_users_list(usergroup=groups[0]["id"]))["users"] == ["U0ANNA", "U0DEV"]


async def test_a_reaction_counts_once(workbench: Workbench, client: AsyncWebClient) -> None:
    ts = workbench.say("look", channel="ops")["ts"]
    await client.reactions_add(channel="C0OPS", timestamp=ts, name="eyes")
    with pytest.raises(SlackApiError) as caught:
        await client.reactions_add(channel="C0OPS", timestamp=ts, name="eyes")
    assert caught.value.response["error"] == "already_reacted"
    assert workbench.messages("ops")[0]["reactions"] == [{"name": "eyes", "users": ["U0FLOOR"], "count": 1}]

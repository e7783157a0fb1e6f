"""The Web API over HTTP: arguments in every form, tokens, unknown methods, scopes, and the book of calls."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench
from tests.workbench.conftest import Starter


async def call(workbench: Workbench, method: str, token: str | None = None, **request: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{workbench.url}/api/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, **request) as response:
        assert response.status == 200
        body: dict[str, Any] = await response.json()
        return body


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"channel": "ops", "text": "hi"}},
        {"data": {"channel": "ops", "text": "hi"}},
        {"params": {"channel": "ops", "text": "hi"}},
        {"params": {"channel": "ops"}, "data": {"text": "hi"}},
        {"params": {"channel": "finance"}, "json": {"channel": "ops", "text": "hi"}},
    ],
    ids=["json", "form", "query", "query and form", "the body wins over the query"],
)
async def test_arguments_may_come_as_query_form_or_json(workbench: Workbench, request_: dict[str, Any]) -> None:
    answer = await call(workbench, "chat.postMessage", workbench.bot_token, **request_)
    assert answer["ok"]
    assert [message["text"] for message in workbench.messages("ops")] == ["hi"]


async def test_blocks_may_come_as_json_text_in_a_form(workbench: Workbench) -> None:
    form = {"channel": "ops", "blocks": '[{"type": "divider"}]', "token": workbench.bot_token}
    assert (await call(workbench, "chat.postMessage", data=form))["ok"]
    assert workbench.messages("ops")[0]["blocks"][0]["type"] == "divider"


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", None, "not_authed"),
        ("auth.test", "xoxb-somebody", "invalid_auth"),
        ("auth.test", "xapp-workbench", "not_allowed_token_type"),
        ("apps.connections.open", "xoxb-workbench", "not_allowed_token_type"),
        ("chat.shout", "xoxb-workbench", "unknown_method"),
    ],
)
async def test_a_call_without_the_right_token_or_name_is_refused(
    workbench: Workbench, method: str, token: str | None, error: str
) -> None:
    answer = await call(workbench, method, token)
    assert (answer["ok"], answer["error"]) == (False, error)
    assert workbench.calls[0]["outcome"] == error


@pytest.mark.parametrize(("body", "error"), [("{", "invalid_json"), ("[]", "json_not_object")])
async def test_a_body_that_is_no_object_is_refused(workbench: Workbench, body: str, error: str) -> None:
    headers = {"Content-Type": "application/json"}
    url = f"{workbench.api_url}auth.test"
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, data=body) as response:
        assert (await response.json())["error"] == error


async def test_a_scope_that_the_manifest_lacks_is_missing(start: Starter) -> None:
    manifest = {"oauth_config": {"scopes": {"bot": ["chat:write"]}}}
    workbench = await start(manifest=manifest)
    client = AsyncWebClient(token=workbench.bot_token, base_url=workbench.api_url)
    await client.chat_postMessage(channel="ops", text="hi")
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_history(channel="C0OPS")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "channels:history"


async def test_every_call_is_in_the_book_without_its_token(workbench: Workbench) -> None:
    await call(workbench, "chat.postMessage", data={"channel": "ops", "text": "a", "token": workbench.bot_token})
    await call(workbench, "chat.postMessage", workbench.bot_token, data={"channel": "nowhere", "text": "b"})
    first, second = workbench.calls
    assert (first["n"], first["outcome"], first["arguments"]) == (1, "ok", {"channel": "ops", "text": "a"})
    assert (second["n"], second["outcome"]) == (2, "channel_not_found")
    assert first["ts"] == workbench.messages("ops")[0]["ts"]

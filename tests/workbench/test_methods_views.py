"""views.*, opened by what people do, called with the real slack_sdk."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import ManualClock, Workbench
from tests.workbench.conftest import Starter, client_of

BLOCKS = [{"type": "section", "block_id": "s", "text": {"type": "plain_text", "text": "a"}}]
HOME = {"type": "home", "blocks": BLOCKS}


def modal(title: str = "Stock", **more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": {"type": "plain_text", "text": title}, "blocks": BLOCKS, **more}


def trigger(workbench: Workbench) -> str:
    return workbench.workspace.trigger("U0ANNA")


async def error_of(awaitable: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await awaitable
    return str(caught.value.response["error"])


async def test_a_trigger_opens_one_modal_only(workbench: Workbench, client: AsyncWebClient) -> None:
    once = trigger(workbench)
    view = (await client.views_open(trigger_id=once, view=modal()))["view"]
    assert [shown["id"] for shown in workbench.modals("U0ANNA")] == [view["id"]]
    assert await error_of(client.views_open(trigger_id=once, view=modal())) == "exchanged_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2.3", view=modal())) == "invalid_trigger_id"


async def test_a_trigger_is_good_for_three_seconds(start: Starter) -> None:
    clock = ManualClock(1_800_000_000)
    workbench = await start(clock=clock)
    client, old = client_of(workbench), trigger(workbench)
    clock.advance(3.5)
    assert await error_of(client.views_open(trigger_id=old, view=modal())) == "expired_trigger_id"


async def test_a_fourth_modal_is_one_too_many(workbench: Workbench, client: AsyncWebClient) -> None:
    first = (await client.views_open(trigger_id=trigger(workbench), view=modal()))["view"]
    await client.views_push(trigger_id=trigger(workbench), view=modal())
    third = (await client.views_push(trigger_id=trigger(workbench), view=modal()))["view"]
    assert third["root_view_id"] == first["id"]
    push = client.views_push(trigger_id=trigger(workbench), view=modal())
    assert await error_of(push) == "push_limit_reached"


async def test_an_update_with_a_stale_hash_conflicts(workbench: Workbench, client: AsyncWebClient) -> None:
    view = (await client.views_open(trigger_id=trigger(workbench), view=modal()))["view"]
    changed = await client.views_update(view_id=view["id"], hash=view["hash"], view=modal("Orders"))
    assert changed["view"]["title"]["text"] == "Orders"
    stale = client.views_update(view_id=view["id"], hash=view["hash"], view=modal())
    assert await error_of(stale) == "hash_conflict"
    assert await error_of(client.views_update(view_id="V0", view=modal())) == "not_found"


async def test_an_external_id_finds_its_view_and_is_given_once(workbench: Workbench, client: AsyncWebClient) -> None:
    await client.views_open(trigger_id=trigger(workbench), view=modal(external_id="mine"))
    await client.views_update(external_id="mine", view=modal("Orders", external_id="mine"))
    assert workbench.modals("U0ANNA")[0]["title"]["text"] == "Orders"
    twice = client.views_open(trigger_id=trigger(workbench), view=modal(external_id="mine"))
    assert await error_of(twice) == "duplicate_external_id"


async def test_a_bad_view_is_refused_before_its_trigger_is_used(workbench: Workbench, client: AsyncWebClient) -> None:
    once = trigger(workbench)
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=once, view=modal("x" * 25))
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    assert (await client.views_open(trigger_id=once, view=modal()))["ok"]


async def test_a_view_of_more_than_a_quarter_megabyte_is_too_large(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": "x" * 2900}}] * 90
    large = client.views_publish(user_id="U0BEN", view={"type": "home", "blocks": blocks})
    assert await error_of(large) == "view_too_large"


async def test_a_home_tab_that_the_manifest_leaves_off_takes_no_view(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    workbench.set_manifest({"features": {"app_home": {"home_tab_enabled": False}}})
    assert await error_of(client.views_publish(user_id="U0BEN", view=HOME)) == "not_enabled"


async def test_a_home_is_published_and_replaced_in_place(workbench: Workbench, client: AsyncWebClient) -> None:
    first = (await client.views_publish(user_id="U0BEN", view=HOME))["view"]
    second = (await client.views_publish(user_id="U0BEN", view=HOME, hash=first["hash"]))["view"]
    assert second["id"] == first["id"] and second["hash"] != first["hash"]
    assert await error_of(client.views_publish(user_id="U0BEN", view=HOME, hash=first["hash"])) == "hash_conflict"
    assert workbench.home("U0BEN") is not None and workbench.home("U0ANNA") is None

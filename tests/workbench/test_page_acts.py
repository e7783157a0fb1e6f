"""What people do on the page and what the app, a real Bolt app, gets: commands, buttons, pickers, modals, App Home."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench
from tests.workbench.conftest import Connector
from tests.workbench.page_fixtures.browser import message, needs_browser, opened, put_blocks, story

pytestmark = needs_browser

Json = dict[str, Any]


@pytest.fixture
def told(workbench: Workbench) -> Json:
    """The story's parts; its manifest is installed."""
    parts = story(workbench.clock.now())
    workbench.set_manifest(
        parts["manifest"] | {"settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}}}
    )
    return parts


@pytest.fixture
async def received(workbench: Workbench, app: AsyncApp, connect: Connector) -> asyncio.Queue[Json]:
    """Every block action that the app hears; the app is connected before the test begins."""
    actions: asyncio.Queue[Json] = asyncio.Queue()

    async def hear(ack: Any, body: Json) -> None:
        await ack()
        actions.put_nowait(body["actions"][0] | {"by": body["user"]["id"], "state": body.get("state")})

    app.action(re.compile(".*"))(hear)
    await connect(workbench, app)
    return actions


async def heard(received: asyncio.Queue[Json]) -> Json:
    """The next action that the app hears."""
    return await asyncio.wait_for(received.get(), 5)


def composer(page: Page) -> Any:
    """The box of the open channel."""
    return page.locator("#composer-text")


@pytest.mark.usefixtures("told")
async def test_a_slash_command_is_completed_run_and_answered_privately(
    workbench: Workbench, app: AsyncApp, connect: Connector
) -> None:
    async def stock(ack: Any, command: Json) -> None:
        await ack(f"{command['text']} for {command['user_name']}: 410 on hand")

    app.command("/stock")(stock)
    await connect(workbench, app)
    async with opened(workbench, "C0OPS", user="U0DEV") as page:
        await composer(page).press_sequentially("/")
        options = page.get_by_role("listbox", name="Slash commands").get_by_role("option")
        await expect(options).to_have_count(3)
        await composer(page).press_sequentially("st")
        await expect(options).to_have_count(1)
        await page.keyboard.press("Tab")
        await expect(composer(page)).to_have_value("/stock ")
        await expect(page.get_by_role("status").filter(has_text="[SKU | product | location | low]")).to_be_visible()
        await composer(page).press_sequentially("SKU-1")
        await page.keyboard.press("Enter")
        await expect(message(page, "SKU-1 for dev: 410 on hand")).to_contain_text("Only visible to you")
        await expect(composer(page)).to_have_value("")


FAILURES = [("/nope", "No app here knows this command"), ("/stock", "not connected")]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("typed", "reason"), FAILURES)
async def test_a_command_that_fails_says_why_and_keeps_what_was_typed(
    workbench: Workbench, typed: str, reason: str
) -> None:
    async with opened(workbench, "C0OPS") as page:
        await composer(page).fill(typed)
        await page.keyboard.press("Enter")
        await expect(page.locator(".composer-error")).to_contain_text(reason)
        await expect(composer(page)).to_have_value(typed)


async def test_a_button_sends_its_value_as_the_member_who_pressed_it(
    workbench: Workbench, told: Json, received: asyncio.Queue[Json]
) -> None:
    put_blocks(workbench, "C0WAREHOUSE", told["messages"][3]["blocks"])
    async with opened(workbench, "C0WAREHOUSE", user="U0DEV") as page:
        await page.get_by_role("button", name="Take it").click()
        action = await heard(received)
        assert (action["action_id"], action["block_id"], action["value"], action["by"]) == (
            "take",
            "acts",
            "A-1042:1",
            "U0DEV",
        )
        await page.get_by_role("button", name="More actions").click()
        await page.get_by_role("menuitem", name="Silence for a day").click()
        action = await heard(received)
        assert (action["type"], action["selected_option"]["value"]) == ("overflow", "silence")


async def test_a_confirm_dialog_is_asked_first_and_no_means_no(
    workbench: Workbench, told: Json, received: asyncio.Queue[Json]
) -> None:
    put_blocks(workbench, "C0FINANCE", told["messages"][8]["blocks"])
    async with opened(workbench, "C0FINANCE", user="U0CHIARA") as page:
        await page.get_by_role("button", name="Resolve").click()
        asked = page.get_by_role("alertdialog", name="Resolve A-1043?")
        await expect(asked).to_contain_text("@Chiara Rossi is told")
        await asked.get_by_role("button", name="Keep it open").click()
        await expect(asked).to_have_count(0)
        await page.get_by_label("Snooze…").select_option("3600")
        assert (await heard(received))["selected_option"]["value"] == "3600"
        await page.get_by_role("button", name="Resolve").click()
        await asked.get_by_role("button", name="Resolve").click()
        assert (await heard(received))["action_id"] == "resolve"


async def test_every_picker_sends_what_slack_would_send(
    workbench: Workbench, told: Json, received: asyncio.Queue[Json]
) -> None:
    put_blocks(workbench, "C0OPS", told["messages"][9]["blocks"][-3:-1])
    async with opened(workbench, "C0OPS") as page:
        await page.locator("input[type=date]").fill("2026-12-01")
        assert (await heard(received))["selected_date"] == "2026-12-01"
        await page.get_by_label("time").fill("09:30")
        assert (await heard(received))["selected_time"] == "09:30"
        await page.get_by_label("Hand to…").select_option("U0BEN")
        assert (await heard(received))["selected_user"] == "U0BEN"
        await page.get_by_role("radio", name="Expedite").check()
        assert (await heard(received))["selected_option"]["value"] == "x"
        await page.get_by_role("checkbox", name="Lodz").check()
        assert [option["value"] for option in (await heard(received))["selected_options"]] == ["l"]
        await page.get_by_role("button", name="Departments").click()
        await page.get_by_role("checkbox", name="Finance").check()
        await page.keyboard.press("Escape")
        action = await heard(received)
        assert [option["value"] for option in action["selected_options"]] == ["f"]
        assert action["state"]["values"]["pickers"]["who"] == {"type": "users_select", "selected_user": "U0BEN"}


async def test_a_button_that_nobody_answers_says_so_beside_it(workbench: Workbench, told: Json) -> None:
    put_blocks(workbench, "C0WAREHOUSE", told["messages"][3]["blocks"])
    async with opened(workbench, "C0WAREHOUSE") as page:
        await page.get_by_role("button", name="Snooze").click()
        await expect(page.locator("[data-block=actions]").get_by_role("alert")).to_contain_text("not connected")


@pytest.fixture
async def submitted(
    workbench: Workbench, app: AsyncApp, connect: Connector, told: Json, client: AsyncWebClient
) -> list[Json]:
    """What the app gets from the modal that its button opens; it refuses a reason of one word, else pushes a second."""
    values: list[Json] = []

    async def show(ack: Any, body: Json) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=told["modal"])

    async def submit(ack: Any, view: Json) -> None:
        given = view["state"]["values"]
        values.append(given)
        if " " not in given["reason"]["text"]["value"]:
            await ack(response_action="errors", errors={"reason": "Say it in a sentence."})
            return
        done = {"type": "modal", "title": {"type": "plain_text", "text": "Handed off"}, "blocks": [{"type": "divider"}]}
        await ack(response_action="push", view=done)

    app.action("hand_off")(show)
    app.view("hand_off")(submit)
    await connect(workbench, app)
    put_blocks(workbench, "C0WAREHOUSE", told["messages"][3]["blocks"])
    return values


async def test_a_modal_opens_refuses_keeps_what_was_typed_and_goes_on(
    workbench: Workbench, submitted: list[Json]
) -> None:
    async with opened(workbench, "C0WAREHOUSE") as page:
        await page.get_by_role("button", name="Hand off").click()
        modal = page.get_by_role("dialog", name="Hand off A-1042")
        await expect(modal.get_by_label("New holder")).to_be_focused()
        await modal.get_by_role("button", name="Hand off").click()
        await expect(modal.get_by_role("alert")).to_have_text(["Please complete this required field."] * 2)
        await modal.get_by_label("New holder").select_option("U0BEN")
        await modal.get_by_label("Why").fill("Because")
        await modal.get_by_role("button", name="Hand off").click()
        await expect(modal.get_by_role("alert")).to_have_text(["Say it in a sentence."])
        await expect(modal.get_by_label("Why")).to_have_value("Because")
        await modal.get_by_label("Why").fill("Supplier is closed")
        await modal.get_by_role("button", name="Hand off").click()
        top = page.get_by_role("dialog", name="Handed off")
        await expect(top).to_be_visible()
        assert submitted[-1]["to"]["who"]["selected_user"] == "U0BEN"
        assert submitted[-1]["how"]["pick"]["selected_option"]["value"] == "thread"
        await top.get_by_role("button", name="Back").click()
        await expect(modal.get_by_label("Why")).to_have_value("Supplier is closed")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await workbench.until(lambda: workbench.modals("U0ANNA") == [])


@pytest.mark.usefixtures("submitted")
async def test_a_modal_closes_at_once_and_comes_back_when_nobody_heard_of_that(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    async with opened(workbench, "C0WAREHOUSE") as page:
        held: asyncio.Queue[Route] = asyncio.Queue()
        await page.route("**/workbench/close", held.put)
        await page.get_by_role("button", name="Hand off").click()
        modal = page.get_by_role("dialog", name="Hand off A-1042")
        await expect(modal).to_be_visible()
        await page.keyboard.press("Escape")
        closing = await held.get()
        await expect(modal).to_have_count(0)
        async with page.expect_event("requestfailed"):
            await closing.abort()
        await client.chat_postMessage(channel="C0WAREHOUSE", text="Something new")
        await expect(modal).to_be_visible()


@pytest.mark.usefixtures("submitted")
async def test_a_modal_is_seen_by_the_member_who_opened_it_alone(workbench: Workbench) -> None:
    async with (
        opened(workbench, "C0WAREHOUSE", user="U0ANNA") as page,
        opened(workbench, "C0WAREHOUSE", user="U0BEN") as other,
    ):
        await page.get_by_role("button", name="Hand off").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await expect(other.get_by_role("button", name="Hand off")).to_be_visible()
        await expect(other.get_by_role("dialog")).to_have_count(0)


async def test_app_home_is_asked_for_shown_and_used(
    workbench: Workbench, told: Json, app: AsyncApp, received: asyncio.Queue[Json], client: AsyncWebClient
) -> None:
    async def publish(event: Json) -> None:
        await client.views_publish(user_id=event["user"], view=told["home"])

    app.event("app_home_opened")(publish)
    async with opened(workbench, "C0OPS") as page:
        await page.get_by_role("button", name="Home", exact=True).click()
        await expect(page.get_by_role("heading", name="Good morning, Anna")).to_be_visible()
        await page.get_by_role("button", name="Send my digest now").click()
        action = await heard(received)
        assert (action["action_id"], action["by"]) == ("digest_now", "U0ANNA")


async def test_a_select_asks_the_app_for_options_while_one_types(
    workbench: Workbench, app: AsyncApp, received: asyncio.Queue[Json]
) -> None:
    async def suggest(ack: Any, body: Json) -> None:
        await ack(options=[{"text": {"type": "plain_text", "text": f"{body['value']} Hoodie"}, "value": "SKU-123"}])

    app.options("sku")(suggest)
    picker = {
        "type": "external_select",
        "action_id": "sku",
        "placeholder": {"type": "plain_text", "text": "Product"},
        "min_query_length": 2,
    }
    put_blocks(workbench, "C0OPS", [{"type": "actions", "block_id": "find", "elements": [picker]}])
    async with opened(workbench, "C0OPS") as page:
        await page.get_by_placeholder("Product").press_sequentially("Blue")
        await page.get_by_role("option", name="Blue Hoodie").click()
        assert (await heard(received))["selected_option"]["value"] == "SKU-123"


async def test_a_reply_goes_into_the_thread_and_a_command_there_is_refused(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0OPS", text="Parent")
    async with opened(workbench, "C0OPS") as page:
        await message(page, "Parent").hover()
        await message(page, "Parent").get_by_role("button", name="Reply in thread").click()
        thread = page.get_by_role("complementary", name="Thread")
        await expect(thread.get_by_role("combobox", name="Reply in thread")).to_be_focused()
        await page.keyboard.type("On it")
        await page.keyboard.press("Enter")
        await expect(thread.locator(".message").filter(has_text="On it")).to_be_visible()
        await expect(page.get_by_role("button", name="1 reply")).to_be_visible()
        await page.keyboard.type("/stock")
        await page.keyboard.press("Enter")
        await expect(thread.locator(".composer-error")).to_contain_text("do not work in threads")
        await page.keyboard.press("Escape")
        await expect(thread).to_be_hidden()
    assert [one.get("thread_ts") for one in workbench.messages("ops")] == [posted["ts"], posted["ts"]]

"""What the page follows by itself: messages as they come, change and go, who sees them, what is unread, a lost line."""

from pathlib import Path

import pytest
from playwright.async_api import expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench
from tests.workbench.conftest import Starter, client_of
from tests.workbench.page_fixtures.browser import message, needs_browser, opened, place, story, tell

pytestmark = needs_browser

WATCH = """() => new MutationObserver(() => { window.lit = window.lit || Boolean(document.querySelector(".lit")); })
    .observe(document.body, {subtree: true, attributeFilter: ["class"], childList: true})"""


async def test_a_message_appears_changes_and_goes_while_one_looks(workbench: Workbench, client: AsyncWebClient) -> None:
    async with opened(workbench, "C0OPS") as page:
        posted = await client.chat_postMessage(channel="C0OPS", text="Stock is low")
        await expect(message(page, "Stock is low")).to_be_visible()
        await client.chat_update(channel="C0OPS", ts=str(posted["ts"]), text="Stock is fine")
        changed = message(page, "Stock is fine")
        await expect(changed).to_be_visible()
        await expect(changed.locator(".edited")).to_be_visible()
        await expect(message(page, "Stock is low")).to_have_count(0)
        await client.chat_delete(channel="C0OPS", ts=str(posted["ts"]))
        await expect(changed).to_have_count(0)
        await expect(page.get_by_text("It is quiet in #ops")).to_be_visible()


async def test_a_change_lights_up_but_a_new_reply_does_not(workbench: Workbench, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0OPS", text="Parent")
    async with opened(workbench, "C0OPS", reduced_motion="no-preference") as page:
        await page.evaluate(WATCH)
        workbench.say("A reply", channel="ops", thread_ts=str(posted["ts"]))
        await expect(page.get_by_role("button", name="1 reply")).to_be_visible()
        assert await page.evaluate("window.lit") in (None, False)
        await client.chat_update(channel="C0OPS", ts=str(posted["ts"]), text="Parent, changed")
        await page.wait_for_function("window.lit === true")


async def test_a_reader_of_older_messages_keeps_the_place_and_is_told_of_news(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    tell(workbench, story(workbench.clock.now()))
    async with opened(workbench, "C0WAREHOUSE") as page:
        scroller = page.locator("#main .list")
        await scroller.evaluate("node => { node.scrollTop = 40 }")
        await client.chat_postMessage(channel="C0WAREHOUSE", text="A late one")
        jump = page.get_by_role("button", name="New messages")
        await expect(jump).to_be_visible()
        assert await scroller.evaluate("node => node.scrollTop") == 40
        await jump.click()
        await expect(message(page, "A late one")).to_be_in_viewport()


async def test_a_message_that_comes_before_the_scroll_is_heard_does_not_take_the_reader_back(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    tell(workbench, story(workbench.clock.now()))
    async with opened(workbench, "C0WAREHOUSE") as page:
        scroller = page.locator("#main .list")
        await scroller.evaluate("""node => {
            node.addEventListener("scroll", event => event.stopImmediatePropagation(), true);
            node.scrollTop = 40;
        }""")
        await client.chat_postMessage(channel="C0WAREHOUSE", text="A late one")
        await expect(page.get_by_role("button", name="New messages")).to_be_visible()
        assert await scroller.evaluate("node => node.scrollTop") == 40


async def test_an_ephemeral_message_is_shown_to_its_member_alone(workbench: Workbench, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel="C0OPS", user="U0BEN", text="For Ben's eyes")
    async with opened(workbench, "C0OPS", user="U0ANNA") as page:
        await client.chat_postMessage(channel="C0OPS", text="For all eyes")
        await expect(message(page, "For all eyes")).to_be_visible()
        await expect(message(page, "For Ben's eyes")).to_have_count(0)
        await page.get_by_role("radio", name="Ben Okafor, Marketing").click()
        private = message(page, "For Ben's eyes")
        await expect(private).to_contain_text("Only visible to you")
        await private.get_by_role("button", name="Dismiss").click()
        await expect(private).to_have_count(0)


async def test_each_member_writes_as_themself_and_sees_their_own_direct_messages(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="U0DEV", text="Only for Dev")
    async with opened(workbench, "D0ANNA") as page:
        await expect(message(page, "Only for Dev")).to_have_count(0)
        await page.get_by_role("radio", name="Dev Patel, Warehouse").click()
        await expect(message(page, "Only for Dev")).to_be_visible()
        await page.locator("#composer-text").fill("Thanks")
        await page.keyboard.press("Enter")
        await expect(message(page, "Thanks")).to_be_visible()
    assert [(one["channel"], one["user"]) for one in workbench.messages("D0DEV")][-1] == ("D0DEV", "U0DEV")


async def test_unread_messages_are_counted_until_the_channel_is_opened(
    workbench: Workbench, client: AsyncWebClient
) -> None:
    async with opened(workbench, "C0OPS") as page:
        for number in range(2):
            await client.chat_postMessage(channel="C0FINANCE", text=f"Payment {number}")
        await client.chat_postMessage(channel="C0OPS", text="Read at once")
        await expect(place(page, "C0FINANCE").locator(".badge")).to_have_text("2 unread")
        await expect(place(page, "C0OPS").locator(".badge")).to_have_count(0)
        await expect(page).to_have_title("(2) Floorwalker workbench")
        await place(page, "C0FINANCE").click()
        await expect(message(page, "Payment 1")).to_be_visible()
        await expect(place(page, "C0FINANCE").locator(".badge")).to_have_count(0)
        await page.get_by_role("radio", name="Chiara Rossi, Finance").click()
        await place(page, "C0OPS").click()
        await expect(place(page, "C0FINANCE").locator(".badge")).to_have_count(0)


async def test_a_page_that_lost_the_workbench_comes_back_with_all_it_missed(start: Starter, tmp_path: Path) -> None:
    first = await start(state=tmp_path, rate_limits=False)
    await client_of(first).chat_postMessage(channel="C0OPS", text="Before")
    port = int(first.url.rsplit(":", 1)[1])
    async with opened(first, "C0OPS") as page:
        await expect(message(page, "Before")).to_be_visible()
        await first.stop()
        await expect(page.get_by_text("Connection lost")).to_be_visible()
        second = await start(state=tmp_path, port=port, rate_limits=False)
        await client_of(second).chat_postMessage(channel="C0OPS", text="Meanwhile")
        await expect(message(page, "Meanwhile")).to_be_visible()
        await expect(page.get_by_text("Connection lost")).to_have_count(0)
        await client_of(second).chat_postMessage(channel="C0OPS", text="Afterwards")
        await expect(message(page, "Afterwards")).to_be_visible()


async def test_a_reset_empties_the_page(workbench: Workbench, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C0OPS", text="Soon gone")
    async with opened(workbench, "C0OPS") as page:
        await expect(message(page, "Soon gone")).to_be_visible()
        await page.request.post(f"{workbench.url}/workbench/reset")
        await expect(message(page, "Soon gone")).to_have_count(0)


@pytest.mark.parametrize(("scheme", "lightness"), [("light", "dark on light"), ("dark", "light on dark")])
async def test_the_theme_follows_the_system_and_the_toggle_is_remembered(
    workbench: Workbench, scheme: str, lightness: str
) -> None:
    measure = """() => {
        const sum = (color) => color.match(/[0-9.]+/g).slice(0, 3).reduce((total, part) => total + Number(part), 0);
        const style = getComputedStyle(document.body);
        return sum(style.color) > sum(style.backgroundColor) ? "light on dark" : "dark on light";
    }"""
    async with opened(workbench, "C0OPS", color_scheme=scheme) as page:
        assert await page.evaluate(measure) == lightness
        await page.get_by_role("button", name="Theme: system").click()
        await page.get_by_role("button", name="Theme: light").click()
        await expect(page.get_by_role("button", name="Theme: dark")).to_be_focused()
        assert await page.evaluate(measure) == "light on dark"
        await page.reload()
        await expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
        assert await page.evaluate(measure) == "light on dark"

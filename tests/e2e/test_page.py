"""People at work on the page after the demo's day: the real bot behind the workbench, a real browser in front of it."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import cast

from playwright.async_api import Locator, Page, expect

from bot.workbench import Workbench
from tests.e2e.conftest import Evening
from tests.e2e.running import Json, Running, button, channel_messages
from tests.workbench.page_fixtures.browser import message, needs_browser, opened

pytestmark = needs_browser

# The day's edits may have used up what Slack allows in a minute, and then an edit takes its time.
PATIENCE = 30_000


@dataclass(frozen=True)
class _Served:
    """As much of a workbench as a browser needs: this one runs in another process."""

    url: str


def seen_by(user: str, evening: Evening, place: str) -> AbstractAsyncContextManager[Page]:
    """The page as one member sees it."""
    return opened(cast(Workbench, _Served(evening.bot.url)), place, user=user)


async def types(page: Page, text: str) -> None:
    """Types into the open channel and sends it."""
    await page.locator("#composer-text").fill(text)
    await page.keyboard.press("Enter")


def private(page: Page, text: str) -> Locator:
    """The newest message with that text that only the one who looks can see."""
    return message(page, text).filter(has_text="Only visible to you").last


async def test_stock_is_told_in_private_and_then_shared(evening: Evening) -> None:
    async with seen_by("U0DEV", evening, "C0WAREHOUSE") as page:
        await types(page, "/stock HOODIE-BLU-M")
        card = private(page, "Stock of Blue Hoodie")
        await expect(card).to_contain_text("1,224 (Berlin 1,159, Lodz 65)")
        await expect(card).to_contain_text("today so far 196")
        await card.get_by_role("button", name="Share with the channel").click()
        shared = message(page, "shared by").filter(has_text="Stock of Blue Hoodie")
        await expect(shared).to_contain_text("Dev Patel")
        await expect(card).to_have_count(0)
    async with seen_by("U0BEN", evening, "C0WAREHOUSE") as page:
        await expect(message(page, "shared by").filter(has_text="Stock of Blue Hoodie")).to_be_visible()


async def test_who_takes_a_matter_in_one_channel_has_it_in_all_and_an_old_button_changes_nothing(
    evening: Evening,
) -> None:
    before = _alert(evening.bot, "marketing", "Write a card again has begun")
    async with seen_by("U0DEV", evening, "C0WAREHOUSE") as page:
        alert = message(page, "rule campaign_started")
        await alert.get_by_role("button", name="Take it").click()
        await expect(alert).to_contain_text("TAKEN", timeout=PATIENCE)
        await expect(alert).to_contain_text("held by @Dev Patel")
        await expect(alert.get_by_role("button", name="Take it")).to_have_count(0)
    async with seen_by("U0BEN", evening, "C0MARKETING") as page:
        alert = message(page, "rule campaign_started")
        await expect(alert).to_contain_text("TAKEN", timeout=PATIENCE)
        await expect(alert).to_contain_text("held by @Dev Patel")
        evening.bot.acts("action", _press("U0BEN", before, "Take it", "Snooze"))
        await expect(private(page, "Nothing changed: A-")).to_contain_text("is held by @Dev Patel since")


def _alert(bot: Running, channel: str, words: str) -> Json:
    [found] = [each for each in channel_messages(bot.state(), channel) if words in each["text"]]
    return found


def _press(user: str, shown: Json, old: str, there: str) -> Json:
    """A press of a button that is there now, with what the button pressed before carried."""
    container = {"type": "message", "channel": shown["channel"], "ts": shown["ts"]}
    return {
        "user": user,
        "container": container,
        "action": button(shown, there) | {"value": button(shown, old)["value"]},
    }


async def test_a_matter_is_looked_into_put_to_rest_and_resolved(evening: Evening) -> None:
    async with seen_by("U0DEV", evening, "C0WAREHOUSE") as page:
        alert = message(page, "Grey Beanie").filter(has_text="rule out_of_stock")
        await alert.get_by_role("button", name="Details").click()
        window = page.get_by_role("dialog", name=re.compile(r"A-\d+"))
        await expect(window).to_contain_text("Why")
        await expect(window).to_contain_text("opened")
        await page.keyboard.press("Escape")
        await alert.get_by_role("button", name="Snooze").click()
        await expect(alert).to_contain_text("SNOOZED", timeout=PATIENCE)
        await expect(alert).to_contain_text("by @Dev Patel")
        await alert.get_by_role("button", name="Resolve").click()
        window = page.get_by_role("dialog", name="Resolve")
        await window.get_by_label(re.compile("^Note")).fill("sold out for good")
        await window.get_by_role("button", name="Resolve").click()
        await expect(alert).to_contain_text("RESOLVED", timeout=PATIENCE)
        await expect(alert).to_contain_text("by @Dev Patel: sold out for good")
        await expect(alert.locator("[data-block=actions]").get_by_role("button")).to_have_text(["Details"])


ASKED = [
    ("/ops alerts", ["Open alerts", "BLANKET-OAT", "Dispute over"]),
    ("/ops alerts finance", ["Open alerts", "INV-0042"]),
    ("/ops digest finance", ["Finance digest", "outstanding"]),
    ("/ops help", ["/stock", "/ops why A-1042", "/ops digest"]),
    ("/ops alrts", ["/ops knows no alrts", "Did you mean /ops alerts"]),
    ("/stock HOODIE-BLU", ["HOODIE-BLU-M", "HOODIE-BLU-L"]),
    ("/stock HOODIE-RED-XL", ["No SKU, product or location is called HOODIE-RED-XL", "The nearest"]),
    ("/ops why A-9", ["There is no A-9"]),
    ("/ops digest sales", ["Whose digest, and of when?", "marketing, finance"]),
]


async def test_questions_are_answered_in_private_and_a_misspelt_one_helps(evening: Evening) -> None:
    async with seen_by("U0CHIARA", evening, "C0OPS") as page:
        for typed, words in ASKED:
            await types(page, typed)
            answer = private(page, words[0])
            for word in words:
                await expect(answer).to_contain_text(word)


async def test_why_tells_the_facts_and_the_posts_of_an_alert(evening: Evening) -> None:
    shown = _alert(evening.bot, "finance", "Payout of €9,642.50 failed")
    number = re.search(r"A-\d+", str(shown["blocks"]))
    assert number
    async with seen_by("U0CHIARA", evening, "C0FINANCE") as page:
        await types(page, f"/ops why {number[0]}")
        answer = private(page, f"Why {number[0]}")
        for word in (
            "Payout of €9,642.50 failed",
            "rule payout_failed, now firing",
            "What happened",
            "#finance: shown",
        ):
            await expect(answer).to_contain_text(word)


async def test_home_shows_what_is_open_and_when_the_next_digests_come(evening: Evening) -> None:
    async with seen_by("U0ANNA", evening, "home") as page:
        home = page.locator("#main")
        for words in (
            "My alerts",
            "Open in warehouse",
            "nobody has taken it",
            "Oat Blanket",
            "Next digests",
            "weekly: ",
        ):
            await expect(home).to_contain_text(words)

"""A member keeps an alert quiet on the page, sees what is silent, and ends it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Page, expect

from tests.e2e.inside import Inside, running
from tests.workbench.page_fixtures.browser import message, needs_browser, opened

pytestmark = needs_browser


async def _types(page: Page, text: str) -> None:
    await page.locator("#composer-text").fill(text)
    await page.keyboard.press("Enter")


async def _fails(bot: Inside, payout: str) -> None:
    await bot.event("payout.changed", payout=payout, amount={"amount": "9.00", "currency": "EUR"}, status="failed")
    await bot.app.caught_up()


async def test_a_member_keeps_a_rule_quiet_sees_it_listed_and_ends_it(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        async with opened(bot.workbench, "C0FINANCE", user="U0BEN") as page:
            await _types(page, "/ops silence payout_failed 91d")
            window = page.get_by_role("dialog", name="Silence")
            await expect(window.get_by_label(re.compile("^Rule"))).to_have_value("payout_failed")
            await window.get_by_label(re.compile("^Why")).fill("the bank is closed")
            await window.get_by_role("button", name="Keep it quiet").click()
            await expect(window.get_by_role("alert")).to_contain_text("It would last longer than 90 days")

            await window.get_by_label(re.compile("^For how long")).fill("4h")
            await window.get_by_role("button", name="Keep it quiet").click()
            await expect(window).to_have_count(0)
            await expect(message(page, "It keeps 0 alerts quiet now")).to_contain_text("Only visible to you")

            await _fails(bot, "p1")
            await _types(page, "/ops silences")
            listed = message(page, "What is silent")
            await expect(listed).to_contain_text("S-1: rule payout_failed")
            await expect(listed).to_contain_text("keeps 1 alert (A-1001) quiet")
            assert bot.texts("finance") == []

            await _types(page, "/ops unsilence S-1")
            await expect(message(page, "S-1 is over")).to_contain_text("1 alert it kept quiet can be seen now")
            await expect(message(page, "rule payout_failed · as of")).to_be_visible(timeout=30_000)
        async with opened(bot.workbench, "C0OPS") as page:
            await expect(message(page, "Ended by")).to_contain_text("S-1: rule payout_failed", timeout=30_000)

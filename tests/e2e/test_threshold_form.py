"""A member sets a threshold for one SKU on the page, and the warehouse reads at once what is below it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Page, expect

from tests.e2e.inside import running
from tests.workbench.page_fixtures.browser import message, needs_browser, opened

pytestmark = needs_browser


async def _types(page: Page, text: str) -> None:
    await page.locator("#composer-text").fill(text)
    await page.keyboard.press("Enter")


async def test_a_member_sets_a_threshold_and_ends_it_again(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        await bot.event("stock.changed", sku="MUG", available=40, location="Berlin")
        await bot.app.caught_up()
        async with opened(bot.workbench, "C0WAREHOUSE", user="U0BEN") as page:
            await _types(page, "/ops threshold mug many")
            window = page.get_by_role("dialog", name="Threshold")
            await expect(window.get_by_label(re.compile("^What"))).to_have_value("low_stock.threshold")
            await window.get_by_label(re.compile("^SKUs")).fill("mug")
            await window.get_by_label(re.compile("^To")).fill("many")
            await window.get_by_label(re.compile("^Why")).fill("sets of twelve")
            await window.get_by_role("button", name="Set it").click()
            await expect(window.get_by_role("alert")).to_have_text("threshold must be a whole number.")

            await window.get_by_label(re.compile("^To")).fill("50")
            await window.get_by_role("button", name="Set it").click()
            await expect(window).to_have_count(0)
            alert = message(page, "rule low_stock")
            await expect(alert).to_contain_text("MUG")
            await expect(message(page, "E-1: low_stock threshold 50 for SKU MUG")).to_contain_text(
                "Only visible to you"
            )

            await _types(page, "/ops threshold MUG oversold off")
            window = page.get_by_role("dialog", name="Threshold")
            await expect(window.get_by_label(re.compile("^What"))).to_have_value("oversold.off")
            await window.get_by_role("button", name="Cancel").click()
            await expect(window).to_have_count(0)

            await _types(page, "/ops thresholds end E-1")
            await expect(message(page, "Ended: E-1")).to_contain_text("Only visible to you")
        async with opened(bot.workbench, "C0OPS") as page:
            await expect(message(page, "Ended by")).to_contain_text("E-1: low_stock threshold 50", timeout=30_000)


async def test_a_member_sets_a_threshold_for_a_vendor_after_a_name_that_nobody_knows(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        for sku in ("MUG", "CUP"):
            await bot.event("item.described", item=f"i-{sku}", sku=sku, vendor="Glas Nord")
            await bot.event("stock.changed", sku=sku, available=40, location="Berlin")
        await bot.app.caught_up()
        async with opened(bot.workbench, "C0WAREHOUSE", user="U0BEN") as page:
            await _types(page, "/ops threshold vendor Glas Nort 50")
            window = page.get_by_role("dialog", name="Threshold for many")
            await expect(window.get_by_label(re.compile("^Which"))).to_have_value("Glas Nort")
            await window.get_by_label(re.compile("^Why")).fill("sets of twelve")
            await window.get_by_role("button", name="Set it").click()
            await expect(window.get_by_role("alert")).to_have_text(
                "The shop knows no vendor Glas Nort. Did you mean glas-nord?"
            )
            await window.get_by_label(re.compile("^Which")).fill("glas nord")
            await window.get_by_role("button", name="Set it").click()
            await expect(window).to_have_count(0)
            told = message(page, "E-1: low_stock threshold 50 for vendor glas nord")
            await expect(told).to_contain_text("it is about 2 SKUs now")
            await expect(message(page, "rule low_stock")).to_have_count(2)

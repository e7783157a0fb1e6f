"""A member registers a campaign on the page, and marketing reads what its stock cannot do."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.async_api import Locator, Page, expect

from tests.e2e.inside import Inside, running
from tests.workbench.page_fixtures.browser import message, needs_browser, opened

pytestmark = needs_browser

BERLIN = ZoneInfo("Europe/Berlin")


async def _shelf(bot: Inside) -> None:
    """A hoodie that sells ten a day and of which there are ninety."""
    now = bot.app.clock.now()
    money = {"amount": "100.00", "currency": "EUR"}
    nothing = {"amount": "0.00", "currency": "EUR"}
    for ago in range(28, 0, -1):
        line = {"sku": "HOODIE-M", "quantity": 10, "amount": {"amount": "300.00", "currency": "EUR"}}
        at = (now - timedelta(days=ago)).isoformat()
        await bot.event(
            "order.placed", at=at, order=f"o{ago}", number=f"#{ago}", total=money, outstanding=nothing, lines=[line]
        )
    await bot.event("stock.changed", sku="HOODIE-M", available=90, location="Berlin")
    await bot.app.caught_up()


async def _types(page: Page, text: str) -> None:
    await page.locator("#composer-text").fill(text)
    await page.keyboard.press("Enter")


def _local(bot: Inside, days: float) -> str:
    """As a control for dates and times takes it."""
    moment: datetime = (bot.app.clock.now() + timedelta(days=days)).astimezone(BERLIN)
    return moment.strftime("%Y-%m-%dT%H:%M")


async def _filled(window: Locator, bot: Inside, sku: str, starts: str) -> None:
    await window.get_by_label(re.compile("^Name")).fill("Hoodie days")
    await window.get_by_label(re.compile("^Starts")).fill(starts)
    await window.get_by_label(re.compile("^Ends")).fill(_local(bot, 8))
    await window.get_by_label(re.compile("^Channel")).select_option(label="E-mail")
    await window.get_by_label(re.compile("^SKUs")).fill(sku)
    await window.get_by_label(re.compile("^Expected uplift")).fill("3")


async def test_a_member_registers_a_campaign_and_marketing_reads_what_its_stock_cannot_do(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        await _shelf(bot)
        async with opened(bot.workbench, "C0MARKETING", user="U0BEN") as page:
            await _types(page, "/ops campaign")
            window = page.get_by_role("dialog", name="Campaign")
            starts = _local(bot, 3)
            await _filled(window, bot, "HODIE-M", starts)
            await window.get_by_role("button", name="Save campaign").click()
            refusal = window.get_by_role("alert")
            await expect(refusal).to_have_text("The shop does not know HODIE-M (nearest: HOODIE-M).")
            await expect(window.get_by_label(re.compile("^Name"))).to_have_value("Hoodie days")

            await window.get_by_label(re.compile("^SKUs")).fill("hoodie-m")
            await window.get_by_role("button", name="Save campaign").click()
            await expect(window).to_have_count(0)
            alert = message(page, "rule campaign_preflight")
            await expect(alert).to_contain_text("Hoodie days: 1 of 1 SKU runs out before it ends")
            await expect(alert).to_contain_text("swap, cap or move HOODIE-M")
            await expect(message(page, "Saved: Hoodie days with 1 SKU named")).to_contain_text("Only visible to you")

            await _types(page, "/ops campaign hoodie")
            window = page.get_by_role("dialog", name="Campaign")
            await expect(window.get_by_label(re.compile("^SKUs"))).to_have_value("HOODIE-M")
            await expect(window.get_by_label(re.compile("^Starts"))).to_have_value(starts)
            await window.get_by_label(re.compile("^Expected uplift")).fill("0.1")
            await window.get_by_role("button", name="Save campaign").click()
            await expect(alert).to_contain_text("RESOLVED", timeout=30_000)


async def test_a_guest_is_told_that_a_form_is_not_for_them(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        bot.workbench.set_member("U0DEV", is_restricted=True)
        async with opened(bot.workbench, "C0MARKETING", user="U0DEV") as page:
            await _types(page, "/ops campaign")
            await expect(message(page, "You are a guest here")).to_contain_text("Only visible to you")
            await expect(page.get_by_role("dialog")).to_have_count(0)

"""A member at home, on the page: takes an alert there, and says when they want to be called."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.inside import Inside, running
from tests.workbench.page_fixtures.browser import needs_browser, opened

pytestmark = needs_browser


async def _dispute(bot: Inside) -> None:
    amount = {"amount": "189.00", "currency": "EUR"}
    await bot.event("dispute.changed", dispute="dp_1", amount=amount, reason="fraudulent", status="open")
    await bot.app.caught_up()


async def test_a_member_takes_an_alert_at_home_and_says_when_they_want_to_be_called(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        await _dispute(bot)
        async with opened(bot.workbench, "home", user="U0CHIARA") as page:
            home = page.locator("#main")
            await expect(home).to_contain_text("You hold nothing.")
            await home.get_by_role("button", name="Take it").click()
            await expect(home).not_to_contain_text("You hold nothing.")

            await home.get_by_role("button", name="Preferences").click()
            window = page.get_by_role("dialog", name="Preferences")
            await window.get_by_label(re.compile("^My department")).select_option(label="Finance")
            await window.get_by_label("Mention me", exact=True).select_option(label="Only when my matter is due")
            await window.get_by_label(re.compile("^My quiet hours begin")).fill("20:00")
            await window.get_by_role("button", name="Save").click()
            await expect(window.get_by_role("alert")).to_have_text(
                "Say both, when they begin and when they end, or neither."
            )

            await window.get_by_label(re.compile("^My quiet hours end")).fill("07:30")
            await window.get_by_label("Saturday").check()
            await window.get_by_label("Sunday").check()
            await window.get_by_role("button", name="Save").click()
            await expect(window).to_have_count(0)
            await expect(home).to_contain_text("only when my matter is due")
            await expect(home).to_contain_text("20:00 to 07:30, Sat, Sun (Europe/Berlin)")

            await home.get_by_role("button", name="Preferences").click()
            await expect(window.get_by_label(re.compile("^My quiet hours begin"))).to_have_value("20:00")
            await expect(window.get_by_label("Sunday")).to_be_checked()

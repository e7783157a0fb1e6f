"""Members open and take one alert of a group on the page: the real bot behind the workbench, a real browser in front."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.e2e.inside import Inside, running
from tests.workbench.page_fixtures.browser import message, needs_browser, opened

pytestmark = needs_browser

TOGETHER = "routes: [{group_by: [rule], group_wait: 1s}]\n"


async def _disputed(bot: Inside, *names: str) -> None:
    """Disputes that finance sees, each dearer than the one before."""
    for place, name in enumerate(names, 1):
        money = {"amount": f"{50 * place}.00", "currency": "EUR"}
        due = "2099-01-01T10:00:00+00:00"
        await bot.event("dispute.changed", dispute=name, amount=money, reason="fraudulent", status="open", due=due)
    await bot.app.caught_up()


def _group(page: Page) -> Locator:
    return message(page, "2 alerts: dispute opened")


async def test_a_member_opens_one_alert_of_a_group_takes_it_and_everybody_sees_that(tmp_path: Path) -> None:
    async with running(tmp_path, more=TOGETHER) as bot:
        await _disputed(bot, "d1", "d2")
        async with (
            opened(bot.workbench, "C0FINANCE", user="U0CHIARA") as hers,
            opened(bot.workbench, "C0FINANCE", user="U0BEN") as his,
        ):
            await expect(_group(hers)).to_contain_text("2 open")
            await _group(hers).get_by_role("combobox").select_option(value="alert.-open 1001")
            window = hers.get_by_role("dialog", name="A-1001")
            await expect(window).to_contain_text("with finance, nobody has taken it")
            await expect(his.get_by_role("dialog")).to_have_count(0)
            await window.get_by_role("button", name="Take it").click()
            await expect(window).to_contain_text("held by @Chiara Rossi")
            for page in (hers, his):
                await expect(_group(page)).to_contain_text("2 open, 1 taken")
                await expect(_group(page).get_by_role("row", name="A-1001")).to_contain_text("@Chiara Rossi")
            # What he sees of it is what is true by now.
            await _group(his).get_by_role("combobox").select_option(value="alert.-open 1001")
            window = his.get_by_role("dialog", name="A-1001")
            await expect(window).to_contain_text("held by @Chiara Rossi")
            await expect(window.get_by_role("button", name="Take it")).to_have_count(0)

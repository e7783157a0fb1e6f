"""An exercise through a real worker and the workbench: shown, taken by its button, told of in its thread."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from tests.e2e.inside import running
from tests.workbench.page_fixtures.browser import message, needs_browser, opened

pytestmark = needs_browser


async def _types(page: Page, text: str) -> None:
    await page.locator("#composer-text").fill(text)
    await page.keyboard.press("Enter")


async def test_a_member_starts_an_exercise_takes_it_and_reads_how_long_that_took(tmp_path: Path) -> None:
    async with running(tmp_path) as bot:
        bot.app.begin_ticking()
        async with opened(bot.workbench, "C0WAREHOUSE", user="U0BEN") as page:
            await _types(page, "/ops drill warehouse low_stock")
            await expect(message(page, "is an exercise for warehouse")).to_contain_text("Only visible to you")
            exercise = message(page, "EXERCISE: low_stock for warehouse")
            await exercise.get_by_role("button", name="Take it").click()
            await expect(exercise).to_contain_text("held by", timeout=30_000)
            await expect(exercise).to_contain_text("1 reply", timeout=30_000)

            await _types(page, "/ops drill")
            await expect(message(page, "Exercises")).to_contain_text("for warehouse: taken by", timeout=30_000)
        (told,) = [text for text in bot.texts("warehouse") if text.startswith("Exercise A-1001")]
        assert "after it was shown" in told

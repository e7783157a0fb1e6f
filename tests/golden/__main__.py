"""Writes the messages anew and takes their pictures: `make golden`, or with names to do only these.

It needs a Chromium on the machine. The pictures are those of the workbench's page, at the moment at which the clock of
the scenes stands, so that they change only when a message does.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from slack_sdk.web.async_client import AsyncWebClient

from bot.workbench import Workbench
from tests.core.samples import NOW
from tests.golden.files import FOLDER, file_of, written
from tests.golden.scenes import SCENES

_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")
_CHANNEL = "C0OPS"


def write(names: Iterable[str]) -> None:
    """Plays the scenes and keeps what is said in them."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            file_of(name).write_text(written(SCENES[name].played(Path(folder))), "utf-8")
        sys.stdout.write(f"{file_of(name).name}\n")


async def photograph(names: Iterable[str]) -> None:
    """Posts each message to a workbench and takes a picture of it."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        for name in names:
            await _photograph(browser, name)
        await browser.close()


async def _photograph(browser: Browser, name: str) -> None:
    bench = await Workbench.start(rate_limits=False)
    try:
        client = AsyncWebClient(bench.bot_token, base_url=bench.api_url)
        kept = json.loads(file_of(name).read_text("utf-8"))
        await client.chat_postMessage(channel=_CHANNEL, text=kept["text"], blocks=kept["blocks"])
        seen = await browser.new_context(
            viewport={"width": 1000, "height": 1400},
            locale="en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        page = await seen.new_page()
        await page.clock.set_fixed_time(NOW)
        await page.goto(f"{bench.url}/?as=U0ANNA&theme=light#/{_CHANNEL}")
        # Without its head, which tells when the message was posted.
        shown = page.locator("#main .message .sheet").last
        await shown.wait_for()
        await shown.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
        await seen.close()
    finally:
        await bench.stop()
    sys.stdout.write(f"{name}.png\n")


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(SCENES)
    write(wanted)
    asyncio.run(photograph(wanted))

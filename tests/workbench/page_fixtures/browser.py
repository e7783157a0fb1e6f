"""A real browser on the workbench's page, and a story of messages to look at."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, async_playwright

from bot.workbench import Workbench

Json = dict[str, Any]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine, so the page cannot be opened")
WIDE = {"width": 1440, "height": 900}


@asynccontextmanager
async def opened(workbench: Workbench, place: str, *, user: str = "U0ANNA", **context: Any) -> AsyncIterator[Page]:
    """The page as one member sees it at a place (a channel's id or "home"). An error in its scripts fails the test."""
    broken: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            seen = await browser.new_context(
                **{"viewport": WIDE, "locale": "en-GB", "timezone_id": "Europe/Berlin"} | context
            )
            page = await seen.new_page()
            page.set_default_timeout(10_000)
            page.on("pageerror", lambda error: broken.append(str(error)))
            page.on("console", lambda line: broken.append(line.text) if "cannot be drawn" in line.text else None)
            await page.goto(f"{workbench.url}/?as={user}#/{place}")
            await page.locator("#app:not([aria-busy])").wait_for()
            yield page
        finally:
            await browser.close()
    assert broken == []


def message(page: Page, text: str) -> Locator:
    """The messages of the open channel that show a text."""
    return page.locator("#main .message").filter(has_text=text)


def place(page: Page, key: str) -> Locator:
    """A place in the sidebar by its id."""
    return page.locator(f"[data-place={key}]")


def story(now: float) -> Json:
    """The story with its marks for moments turned into seconds around `now`."""
    text = (Path(__file__).parent / "story.json").read_text("utf-8")
    for mark, moment in {"@due": int(now) + 9000, "@asof": int(now) - 600}.items():
        text = text.replace(f'"{mark}"', str(moment)).replace(mark, str(moment))
    told: Json = json.loads(text)
    return told


def tell(workbench: Workbench, told: Json) -> None:
    """Put the story's messages and App Home where the page finds them, whatever the block checks of the Web API say."""
    keys: dict[str, str] = {}
    for part in told["messages"]:
        _put(workbench, part, keys)
    workbench.workspace.put_view(told["home"] | {"id": "V0HOME", "user": "U0ANNA"})


def _put(workbench: Workbench, part: Json, keys: dict[str, str]) -> None:
    now = workbench.clock.now()
    author = {"user": "U0FLOOR", "bot_id": "B0FLOOR"} if part["user"] == "BOT" else {"user": part["user"]}
    written = {key: part[key] for key in ("channel", "text", "blocks", "ephemeral_to") if key in part} | author
    written["ts"] = f"{now - part['ago']:.6f}"
    if "edited" in part:
        written["edited"] = {"user": "U0FLOOR", "ts": f"{now - part['edited']['ago']:.6f}"}
    if "thread" in part:
        written["thread_ts"] = keys[part["thread"]]
    keys[part.get("key", "")] = written["ts"]
    workbench.workspace.put_message(written)
    if "thread" in part:
        workbench.workspace.count_replies(part["channel"], written["thread_ts"])


def put_blocks(workbench: Workbench, channel: str, blocks: list[Json], text: str = "blocks") -> str:
    """A message of the bot with any blocks, also such as the Web API would refuse; gives its ts."""
    ts = workbench.workspace.next_ts()
    author = {"user": "U0FLOOR", "bot_id": "B0FLOOR"}
    workbench.workspace.put_message({"channel": channel, "ts": ts, "text": text, "blocks": blocks} | author)
    return ts

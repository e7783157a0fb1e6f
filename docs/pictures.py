"""Takes the pictures of the documentation: plays the demo into the real bot and photographs its page in Chromium.

Run it as `make pictures`, or with other pictures' names to take only those. It needs a Chromium on the machine, and
takes about a minute. Everything it starts lives in a folder of its own and on free ports.
"""

from __future__ import annotations

import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = Path(__file__).parent / "pictures"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")
PATIENCE_SECONDS = 120
MEMBERS = {"Anna": "U0ANNA", "Ben": "U0BEN", "Chiara": "U0CHIARA", "Dev": "U0DEV"}


class Demo:
    """A running demo: the address of its page, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._said: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(iter(process.stdout),), daemon=True).start()
        self.page = self.until(r"channels are at (\S+)")

    def _listen(self, lines: Iterator[str]) -> None:
        for line in lines:
            sys.stdout.write(line)
            self._said.put(line)

    def until(self, words: str) -> str:
        """Waits until the demo says something; gives what the first group of the pattern matched, if it has one."""
        while True:
            found = re.search(words, self._said.get(timeout=PATIENCE_SECONDS))
            if found:
                return found[1] if found.groups() else found[0]


@contextmanager
def demo() -> Iterator[Demo]:
    """Starts the bot with the example's config, but with free ports and a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        example = (ROOT / "config.example.yaml").read_text("utf-8")
        ours = example.replace("var/floorwalker.db", f"{folder}/floorwalker.db")
        ours = re.sub(r"port: (8080|8090)", "port: 0", ours)
        (Path(folder) / "config.yaml").write_text(ours, "utf-8")
        command = [sys.executable, "-u", "-m", "bot", "serve", "--config", f"{folder}/config.yaml", "--demo"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            yield Demo(process)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)


@dataclass(frozen=True)
class Studio:
    """A browser on a demo's page."""

    browser: Browser
    demo: Demo

    @contextmanager
    def opened(
        self, place: str, member: str, *, theme: str = "light", wide: int = 1000, high: int = 1100
    ) -> Iterator[Page]:
        """The page as one member sees it, at a channel by its name, or at home."""
        seen = self.browser.new_context(
            viewport={"width": wide, "height": high},
            locale="en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        page = seen.new_page()
        page.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)
        page.goto(f"{self.demo.page}/?as={MEMBERS[member]}&theme={theme}#/{_address(place)}")
        page.locator("#app:not([aria-busy])").wait_for()
        yield page
        seen.close()

    def take(self, name: str, of: Locator | Page) -> None:
        """Keeps a picture of the page, or of a part of it."""
        PICTURES.mkdir(exist_ok=True)
        of.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
        sys.stdout.write(f"{name}.png: {(PICTURES / f'{name}.png').stat().st_size // 1024} KiB\n")


def _address(place: str) -> str:
    """The part of the page's address after its #: a channel's id on the workbench follows from its name."""
    return place if place == "home" else f"C0{place.upper()}"


def sheet(page: Page, words: str) -> Locator:
    """The newest message of the open channel that shows the words."""
    found = page.locator("#main .message").filter(has_text=words).last
    expect(found).to_be_visible()
    return found


def run(page: Page, command: str) -> None:
    """Types a slash command into the open channel."""
    page.locator("#composer-text").fill(command)
    page.locator("#composer-text").press("Enter")


def preflight(studio: Studio) -> None:
    """Marketing's view of a planned campaign against stock, before the goods arrive."""
    with studio.opened("marketing", "Ben") as page:
        studio.take("preflight", sheet(page, "rule campaign_preflight"))


def warehouse(studio: Studio) -> None:
    """The whole page: the warehouse's channel with alerts that stand, one of them taken."""
    with studio.opened("warehouse", "Dev", wide=1240, high=900) as page:
        taken = sheet(page, "BLANKET-OAT) runs out")
        taken.get_by_role("button", name="Take it").click()
        expect(taken).to_contain_text("TAKEN")
        page.mouse.move(0, 0)
        taken.evaluate("message => message.scrollIntoView({block: 'start'})")
        studio.take("warehouse", page)


def payments(studio: Studio) -> None:
    """Finance's alert of failing card payments."""
    with studio.opened("finance", "Chiara") as page:
        studio.take("payments", sheet(page, "rule payment_failures"))


def details(studio: Studio) -> None:
    """What stands behind an alert: the modal."""
    with studio.opened("finance", "Chiara", high=980) as page:
        sheet(page, "rule payment_failures").get_by_role("button", name="Details").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        studio.take("details", dialog)
        dialog.get_by_role("button", name="Close").last.click()
        expect(dialog).to_have_count(0)


def stock(studio: Studio) -> None:
    """A slash command and its private answer."""
    with studio.opened("operations", "Anna") as page:
        run(page, "/stock HOODIE-BLU-M")
        studio.take("stock", sheet(page, "Only visible to you"))


def digest(studio: Studio) -> None:
    """A department's digest with its table and chart."""
    with studio.opened("operations", "Anna", high=1600) as page:
        run(page, "/ops digest warehouse")
        studio.take("digest", sheet(page, "Warehouse digest"))


def home(studio: Studio) -> None:
    """App Home, of a member who holds something."""
    with studio.opened("home", "Dev", wide=1100, high=700) as page:
        expect(page.locator("#main")).to_contain_text("BLANKET-OAT")
        studio.take("home", page.locator("#main"))


def dark(studio: Studio) -> None:
    """The finance channel in the dark."""
    with studio.opened("finance", "Chiara", theme="dark", wide=1240, high=820) as page:
        sheet(page, "rule payout_failed")
        studio.take("dark", page)


Shot = Callable[[Studio], None]
# What the demo must have said before which pictures are taken.
STORY: tuple[tuple[str, tuple[Shot, ...]], ...] = (
    ("A customer disputes", (preflight, stock)),
    ("last beanies", (payments, details)),
    ("greeting card campaign goes out", (warehouse,)),
    ("the day is told", (digest, home, dark)),
)


def main(wanted: list[str]) -> None:
    """Takes all pictures, or those that are named."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with demo() as ours, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        studio = Studio(browser, ours)
        for words, shots in STORY:
            ours.until(words)
            for shot in shots:
                if not wanted or shot.__name__ in wanted:
                    shot(studio)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])

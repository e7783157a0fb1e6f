"""A bot as people run it: a process of its own with its store and its workbench in one folder, looked at from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import URLError

from sqlalchemy import func, select

from bot.store import notes
from bot.store.engine import Store
from bot.store.tables.log import inbox
from bot.store.tables.work import alert, post

Json = dict[str, Any]
Found = TypeVar("Found")

ROOT = Path(__file__).parents[2]
SPEED = 20.0
TOLD = "the day is told"
CHANNELS = ("marketing", "finance", "warehouse", "ops")
_LISTENING = re.compile(r"channels are at (http://\S+)")
_CONFIG = """
departments:
  marketing: {{channel: marketing}}
  finance: {{channel: finance}}
  warehouse: {{channel: warehouse}}
  operations: {{channel: ops}}
permissions: [{{who: [everybody], may: ["*"]}}]
shops:
  demo: {{currency: EUR, zone: Europe/Berlin, locale: en_GB}}
sources:
  shopify: {{options: {{locations: {{"24826418": Berlin, "24826419": Lodz}}}}}}
  stripe: {{}}
  generic: {{options: {{auth: {{scheme: standard_webhooks}}}}}}
store: {{url: "sqlite:///{folder}/floorwalker.db"}}
listen: {{port: {port}}}
workbench: {{port: 0}}
"""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def until(holds: Callable[[], Found], seconds: float, what: str = "") -> Found:
    """Looks again and again until it holds, and gives what it found. Raises TimeoutError."""
    patience, over = threading.Event(), threading.Event()
    timer = threading.Timer(seconds, over.set)
    timer.start()
    try:
        while not (found := holds()):
            if over.is_set():
                raise TimeoutError(what or f"not within {seconds} s")
            patience.wait(0.02)
        return found
    finally:
        timer.cancel()
        timer.join()


@dataclass
class Running:
    """A bot in ``folder``: may be started, killed and started again over the same rows."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _said: Path = field(init=False)

    def start(self, *options: str) -> None:
        """Starts it with the demo; comes back when its workbench listens."""
        config = self.folder / "config.yaml"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port))
        self.starts += 1
        self._said = self.folder / f"said-{self.starts}.txt"
        arguments = [sys.executable, "-m", "bot", "serve", "-c", str(config), *options]
        with self._said.open("wb") as out:
            self.process = subprocess.Popen(arguments, cwd=ROOT, env=_environment(), stdout=out, stderr=out)
        until(lambda: self.url, 30, "the workbench did not start")

    def demo(self) -> None:
        """Starts it and has it play the day."""
        self.start("--demo", "--speed", str(SPEED))

    @property
    def said(self) -> str:
        """What the running bot has printed."""
        return self._said.read_text("utf-8")

    @property
    def url(self) -> str:
        """Where the workbench's page is; empty until it listens. Raises AssertionError when the bot has ended."""
        assert self.process is not None
        found = _LISTENING.search(self.said)
        assert found or self.process.poll() is None, self.said
        return found[1] if found else ""

    def end(self, number: signal.Signals, seconds: float = 10.0) -> int:
        """Sends a signal and gives the exit code. Raises TimeoutExpired."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def close(self) -> None:
        """Ends what still runs."""
        if self.process is not None and self.process.poll() is None:
            self.end(signal.SIGKILL)

    def state(self) -> Json:
        """What the workbench's page shows."""
        with _DIRECT.open(f"{self.url}/workbench/state", timeout=10) as answer:
            shown: Json = json.load(answer)
            return shown

    def acts(self, act: str, body: Json) -> Json:
        """Somebody's act, sent as the page sends it."""
        asked = urllib.request.Request(
            f"{self.url}/workbench/{act}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with _DIRECT.open(asked, timeout=10) as answer:
            done: Json = json.load(answer)
            return done

    def ready(self) -> bool:
        """Whether the bot says on its port that it can work."""
        try:
            with _DIRECT.open(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
                return bool(answer.status == 200)
        except URLError:
            return False

    def resident(self) -> int:
        """Bytes of memory that the bot's process holds, without its workbench."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def settled(self, seconds: float) -> None:
        """Until the day is told and nothing is left to do or to show."""
        until(lambda: TOLD in self.said, seconds, "the day was not told")
        until(lambda: not self._left(), seconds, "something was never shown")

    def _left(self) -> int:
        with Rows(self.folder) as rows:
            return rows.left()


@dataclass(frozen=True)
class PostRow:
    """A post as the store knows it."""

    id: str
    channel: str
    key: str
    state: str
    ts: str | None


class Rows:
    """The bot's own rows, read beside it."""

    def __init__(self, folder: Path) -> None:
        self._store = Store.open(f"sqlite:///{folder}/floorwalker.db")

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def left(self) -> int:
        """Deliveries that wait and posts that are due, now or later."""
        waiting = select(func.count()).select_from(inbox).where(inbox.c.outcome == "waiting")
        due = select(func.count()).select_from(post).where(post.c.look_at.is_not(None))
        with self._store.read() as connection:
            return sum(int(connection.execute(query).scalar_one()) for query in (waiting, due))

    def began(self) -> datetime:
        """When the demo's story began."""
        with self._store.read() as connection:
            return datetime.fromisoformat(notes.get(connection, "demo/began") or "")

    def outcomes(self) -> Counter[str]:
        """The platforms' deliveries by what became of them."""
        query = select(inbox.c.outcome).where(inbox.c.source.in_(("shopify", "stripe", "generic")))
        with self._store.read() as connection:
            return Counter(str(row.outcome) for row in connection.execute(query))

    def bodies(self) -> Counter[tuple[str, bytes]]:
        """How often each delivery is in the inbox."""
        query = select(inbox.c.source, inbox.c.body).where(inbox.c.source.in_(("shopify", "stripe", "generic")))
        with self._store.read() as connection:
            return Counter((str(row.source), bytes(row.body)) for row in connection.execute(query))

    def posts(self) -> list[PostRow]:
        """Every post."""
        query = select(*(post.c[name] for name in PostRow.__dataclass_fields__)).order_by(post.c.created_at)
        with self._store.read() as connection:
            return [PostRow(**row) for row in connection.execute(query).mappings()]

    def alerts(self) -> list[tuple[str, str, str]]:
        """Rule, subject and state of every alert; what is named after the story's beginning goes without it."""
        mark = f"{int(self.began().timestamp()):x}"
        query = select(alert.c.rule, alert.c.subject, alert.c.state).order_by(alert.c.number)
        with self._store.read() as connection:
            return sorted((row.rule, row.subject.replace(mark, ""), row.state) for row in connection.execute(query))


def _environment() -> dict[str, str]:
    """This one without anything that names a real workspace, a real secret or a way out of the machine."""
    unwanted = re.compile(r"SLACK_|FLOORWALKER_|.*_WEBHOOK_SECRET$|.*_proxy$", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if not unwanted.match(name)}


def channel_messages(state: Json, channel: str) -> list[Json]:
    """What everybody sees in a channel, oldest first."""
    known = state["messages"].get(f"C0{channel.upper()}", [])
    return sorted((each for each in known if "ephemeral_to" not in each), key=lambda each: float(each["ts"]))


def keyed(state: Json) -> Counter[tuple[str, str]]:
    """How often each post's mark is seen in each channel."""
    return Counter(
        (f"#{channel}", message["metadata"]["event_payload"]["key"])
        for channel in CHANNELS
        for message in channel_messages(state, channel)
        if message["user"] == "U0FLOOR" and "metadata" in message
    )


def block_types(message: Json) -> set[str]:
    """Which kinds of blocks a message has."""
    return {block["type"] for block in message.get("blocks", [])}


def button(message: Json, label: str) -> Json:
    """The button of a message with that label, as the page sends it when it is pressed."""
    elements = [each for block in message["blocks"] for each in block.get("elements", [])]
    found = next(each for each in elements if each.get("type") == "button" and each["text"]["text"] == label)
    return {"action_id": found["action_id"], "value": found["value"]}

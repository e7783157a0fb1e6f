"""A whole bot and its workbench in the test's own process, over a real store and real HTTP on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import App, build
from bot.catalog import Catalog
from bot.clock import Clock
from bot.config import Config, load
from bot.edge.slack.manifest import app_manifest
from bot.store.engine import Store
from bot.workbench import Workbench
from tests.e2e.running import CHANNELS

EVERYTHING = '[{who: [everybody], may: ["*"]}]'
"""Permissions by which everybody may do everything."""

_CONFIG = """
departments:
  marketing: {{channel: marketing}}
  finance: {{channel: finance}}
  warehouse: {{channel: warehouse}}
  operations: {{channel: ops}}
permissions: {permissions}
shops:
  demo: {{currency: EUR, zone: Europe/Berlin, locale: en_GB}}
sources:
  shopify: {{}}
  stripe: {{}}
  generic: {{options: {{auth: {{scheme: standard_webhooks}}}}}}
digests: {{}}
slack: {{mode: {mode}}}
store: {{url: "sqlite:///{folder}/floorwalker.db"}}
listen: {{port: 0}}
"""


class Refused(Exception):
    """The bot is too busy to take a delivery; a platform sends it again."""


@dataclass(frozen=True)
class Inside:
    """The parts that a test speaks with."""

    app: App
    config: Config
    catalog: Catalog
    store: Store
    workbench: Workbench
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        """Where the bot listens."""
        return f"http://127.0.0.1:{self.app.port}"

    async def tell(self, source: str, topic: str, body: Mapping[str, Any]) -> None:
        """A platform's delivery; comes back when it is accepted."""
        raw = json.dumps(body).encode()
        feed, secret = self.catalog.sources[source], self.config.sources[source].secrets[0]
        headers = feed.sign(topic, raw, secret, self.app.clock.now(), self.app.front(source))
        async with self.http.post(f"{self.url}/webhooks/{source}", data=raw, headers=headers) as answer:
            if answer.status == 503:
                raise Refused(await answer.text())
            assert answer.status == 200, await answer.text()

    async def event(self, kind: str, **fields: Any) -> None:
        """A canonical event, happening now unless ``at`` says otherwise."""
        await self.tell("generic", kind, {"type": kind, "at": self.app.clock.now().isoformat(), **fields})

    def texts(self, channel: str) -> list[str]:
        """What everybody reads in a channel."""
        return [str(message["text"]) for message in self.workbench.messages(channel)]


@asynccontextmanager
async def running(
    folder: Path, mode: str = "socket", more: str = "", permissions: str = EVERYTHING, **workbench: Any
) -> AsyncIterator[Inside]:
    """A started bot in a folder. ``mode`` is how Slack reaches it, ``more`` goes into the config, the rest to the
    workbench."""
    file = folder / "config.yaml"
    file.write_text(_CONFIG.format(folder=folder, mode=mode, permissions=permissions) + more)
    config, clock = load(file, {}, demo=True), Clock()
    catalog = Catalog.scan(config.handlers, folder)
    slack = await Workbench.start(channels=CHANNELS, manifest=app_manifest(catalog.commands), **workbench)
    store = Store.open(config.store_url)
    store.migrate()
    config = replace(config, slack=replace(config.slack, base_url=slack.api_url))
    app = await build(config, catalog, store, clock, timedelta(0))
    async with aiohttp.ClientSession() as http:
        try:
            await app.start()
            inside = Inside(app, config, catalog, store, slack, http)
            if mode == "http":
                slack.set_manifest(app_manifest(catalog.commands, public_url=inside.url))
            yield inside
        finally:
            await app.stop()
            await slack.stop()

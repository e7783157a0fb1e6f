"""The whole bot asks a platform: from the config to the shelves, what /readyz says of it, and what the log must not."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from sqlalchemy import select

from bot import logs
from bot.app import App, build, platforms, unasked
from bot.catalog import Catalog
from bot.clock import Clock
from bot.config import load
from bot.core.polling import Api
from bot.demo.stores.magento import KEYS, SHOP, Magento
from bot.edge.poller import CARE
from bot.edge.stand import Stands
from bot.store.engine import Store
from bot.store.tables.shop import stock_level
from bot.workbench import Workbench

CONFIG = """
departments:
  operations: {{channel: ops}}
sources:
  magento:
    options: {{url: "https://{shop}"}}
    api:
      keys: {{access_token: MAGENTO_KEY}}
      every: {{journal: off}}
store: {{url: "sqlite:///{folder}/floorwalker.db"}}
listen: {{port: 0, public_url: "{url}"}}
"""
ENV = {
    "MAGENTO_KEY": KEYS["access_token"],
    "MAGENTO_WEBHOOK_SECRET": "hook-canary",
    "SLACK_BOT_TOKEN": "xoxb-workbench",
    "SLACK_APP_TOKEN": "xapp-workbench",
}


def written(folder: Path, url: str = "https://bot.example.com") -> Path:
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(shop=SHOP, folder=folder, url=url), "utf-8")
    return file


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged from DEBUG on, as it would be in a file, with no secret given to be hidden."""
    import logging

    before, handlers, level = structlog.get_config(), logging.root.handlers, logging.root.level
    stream = io.StringIO()
    logs.configure(stream, Clock(), level="DEBUG")
    yield stream
    structlog.configure(**before)
    logging.root.handlers = handlers
    logging.root.setLevel(level)


async def until(holds: Callable[[], Any]) -> None:
    """Looks again and again until it holds."""
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError


async def test_a_platform_with_keys_is_asked_and_its_shelves_are_known(tmp_path: Path, log: io.StringIO) -> None:
    shop = Magento(bearer=True)
    shop.source_items = [{"sku": "SKU-1", "source_code": "default", "quantity": 7, "status": 1}]
    stands = Stands([shop], Clock())
    slack = await Workbench.start(channels=["ops"])
    config = load(written(tmp_path), ENV)
    config = replace(config, slack=replace(config.slack, base_url=slack.api_url))
    store = Store.open(config.store_url)
    store.migrate()
    catalog = Catalog.scan(config.handlers)
    app = await build(config, catalog, store, Clock(), timedelta(0), await stands.start())

    def levels() -> list[int]:
        with store.read() as connection:
            return list(connection.execute(select(stock_level.c.available)).scalars())

    try:
        await app.start()
        await until(levels)
        assert levels() == [7]
        assert await ready(app, "stock") == {"failures": 0}
    finally:
        await app.stop()
        await stands.stop()
        await slack.stop()
    assert '"host": "shop.example"' in log.getvalue()
    assert not [secret for secret in (KEYS["access_token"], "hook-canary") if secret in log.getvalue()]


async def ready(app: App, stream: str) -> dict[str, Any]:
    """What /readyz says of a stream that has run well."""
    found: dict[str, Any] = {}
    async with aiohttp.ClientSession() as http:
        for _ in range(200):
            async with http.get(f"http://127.0.0.1:{app.port}/readyz") as answer:
                found = json.loads(await answer.text())["polls"]["magento"]
            if found[stream]["last_ok"]:
                break
            await asyncio.sleep(0.05)
    assert "journal" not in found
    return {name: value for name, value in found[stream].items() if name != "last_ok"}


def test_a_source_without_keys_is_not_asked_and_its_platforms_advice_is_told(tmp_path: Path) -> None:
    catalog = Catalog.scan(("handlers",))
    magento = catalog.sources["magento"]
    assert isinstance(magento.api, Api)
    advised = replace(magento, api=replace(magento.api, advice="without keys nothing is heard"))
    file = tmp_path / "config.yaml"
    file.write_text("departments: {a: {channel: a}}\nsources: {magento: {}, stripe: {}}\n", "utf-8")
    config = load(file, {}, demo=True, catalog=catalog)
    given = replace(catalog, sources={**catalog.sources, "magento": advised})
    assert platforms(config, given) == {}
    assert unasked(config, given)["magento"] == "without keys nothing is heard"


@pytest.mark.parametrize(
    ("url", "address"), [("https://bot.example.com/", "https://bot.example.com/webhooks/magento"), ("http://bot.test", "")]
)  # fmt: skip
def test_our_webhooks_are_looked_after_where_we_have_an_https_address(tmp_path: Path, url: str, address: str) -> None:
    config = load(written(tmp_path, url), ENV)
    asked = platforms(config, Catalog.scan(("handlers",)))["magento"]
    assert (asked.address, CARE in asked.streams, "journal" in asked.streams) == (address, bool(address), False)
    assert KEYS["access_token"] not in repr(asked)

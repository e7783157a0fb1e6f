"""The story is the same on whichever platform the shop runs: the same matters come up, in the same channels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.cli.serve import _with_shop
from bot.config import Config, load
from bot.demo.stores import Storefront, storefront, storefronts
from bot.demo.story import day, history
from bot.store.tables.work import alert
from tests import bench
from tests.bench import Bench

BEGAN = datetime(2026, 11, 23, 5, 42, 16, tzinfo=UTC)
SHOPIFY = storefront("shopify")
OTHERS = [name for name in storefronts() if name != SHOPIFY.name]
CHANNELS = ("#marketing", "#finance", "#warehouse", "#operations")


@dataclass(frozen=True)
class Evening:
    """What stands when the day is over: rule, subject and state of each alert, and what each channel shows."""

    alerts: list[tuple[str, str, str]]
    shown: dict[str, list[str]]


def played(folder: Path, front: Storefront, monkeypatch: pytest.MonkeyPatch) -> Evening:
    """The whole story told to a whole bot."""
    monkeypatch.setitem(bench.SECRETS, front.name, front.secret)
    monkeypatch.setattr(bench, "OPTIONS", {**bench.OPTIONS, front.name: front.options})
    folder.mkdir()
    bot = Bench(folder)
    try:
        bot.watch.at = BEGAN
        for telling in history(BEGAN, front):
            bot.tell(telling.source, telling.topic, telling.body)
        for scene in day(BEGAN, front):
            bot.watch.at = BEGAN + timedelta(seconds=scene.second)
            for telling in scene.tellings:
                bot.tell(telling.source, telling.topic, telling.body)
        query = select(alert.c.rule, alert.c.subject, alert.c.state)
        with bot.store.read() as connection:
            alerts = sorted((row.rule, row.subject, row.state) for row in connection.execute(query))
        # A variant is set apart from its product by a dash on one platform and by a space on another.
        shown = {name: sorted(text.replace(" – ", " ") for text in bot.shown(name)) for name in CHANNELS}
        return Evening(alerts, shown)
    finally:
        bot.close()


@pytest.mark.parametrize("name", OTHERS)
def test_another_platform_brings_up_the_same_matters_in_the_same_channels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    usual = played(tmp_path / "usual", SHOPIFY, monkeypatch)
    other = played(tmp_path / "other", storefront(name), monkeypatch)
    assert len(usual.alerts) >= 9
    assert all(usual.shown[channel] for channel in ("#marketing", "#finance", "#warehouse"))
    assert other.alerts == usual.alerts
    assert other.shown == usual.shown


CONFIG = """
departments:
  operations: {{channel: ops}}
shops:
  demo: {{currency: EUR, zone: Europe/Berlin, locale: en_GB}}
  outlet: {{currency: EUR, zone: Europe/Berlin, locale: en_GB}}
sources: {sources}
"""


def configured(folder: Path, sources: str) -> Config:
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(sources=sources))
    return load(file, {}, demo=True)


@pytest.mark.parametrize("name", OTHERS)
def test_the_played_shop_takes_the_place_of_the_configured_one(tmp_path: Path, name: str) -> None:
    config = configured(tmp_path, "{shopify: {shop: outlet}, stripe: {shop: demo}}")
    front = storefront(name)
    sources = _with_shop(config, front).sources
    assert set(sources) == {name, "stripe"}
    assert (sources[name].type, sources[name].shop) == (name, "outlet")
    assert (sources[name].secrets, sources[name].options) == ((front.secret,), front.options)
    assert sources["stripe"] == config.sources["stripe"]


def test_a_configured_shop_of_the_played_platform_stays_as_it_is(tmp_path: Path) -> None:
    config = configured(tmp_path, "{shopify: {shop: outlet, options: {locations: {'24826418': Harbour}}}}")
    assert _with_shop(config, SHOPIFY).sources == config.sources


def test_a_config_without_any_shop_gets_the_played_one_in_the_first_of_its_shops(tmp_path: Path) -> None:
    sources = _with_shop(configured(tmp_path, "{stripe: {shop: demo}}"), SHOPIFY).sources
    assert (set(sources), sources["shopify"].shop) == ({"shopify", "stripe"}, "demo")

"""The part of the config that says how a platform is asked: its keys come from the environment, its times fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.catalog import Catalog
from bot.config import Config, ConfigError, load
from bot.core.polling import Api, Asked, Plan, Stream

THREE = """\
departments:
  operations: {channel: ops}
sources:
  shopify:
"""
KEYS = {"TOKEN": "canary-1", "ID": "canary-2", "SECRET": "canary-3"}


def nothing(asked: Asked) -> Plan:
    yield from ()


API = Api(
    keys=(("access_token",), ("client_id", "client_secret")),
    hosts=lambda front: ("shop.example.com",),
    streams=(Stream("orders", timedelta(minutes=15), nothing), Stream("payouts", timedelta(hours=1), nothing)),
)
PLATFORMS = Catalog.scan(("handlers",)).sources
CATALOG = Catalog.of(
    [replace(PLATFORMS["shopify"], api=API), replace(PLATFORMS["stripe"], api=None), PLATFORMS["generic"]]
)
Loader = Callable[..., Config]


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    def run(api: str, env: Mapping[str, str] = KEYS, demo: bool = False, rest: str = "") -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(
            f"{THREE}    {rest}\n    api:\n" + "".join(f"      {line}\n" for line in api.splitlines()), "utf-8"
        )
        return load(file, env, demo, CATALOG)

    return run


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("{access_token: TOKEN}", {"access_token": "canary-1"}),
        ("{client_id: ID, client_secret: SECRET}", {"client_id": "canary-2", "client_secret": "canary-3"}),
    ],
)
def test_keys_come_from_the_environment_and_are_secret(loaded: Loader, keys: str, found: dict[str, str]) -> None:
    config = loaded(f"keys: {keys}")
    assert config.sources["shopify"].keys == found
    assert set(found.values()) <= set(config.secrets())
    assert "canary" not in repr(config)


def test_times_are_those_that_the_file_gives(loaded: Loader) -> None:
    source = loaded("keys: {access_token: TOKEN}\nevery: {orders: 5m, payouts: off}").sources["shopify"]
    assert source.every == {"orders": timedelta(minutes=5), "payouts": None}


def test_a_platform_that_is_only_asked_needs_no_secret_of_webhooks(loaded: Loader) -> None:
    assert loaded("keys: {access_token: TOKEN}").sources["shopify"].secrets == ()
    with_secret = loaded("keys: {access_token: TOKEN}", {**KEYS, "SHOPIFY_WEBHOOK_SECRET": "s3cret"})
    assert with_secret.sources["shopify"].secrets == ("s3cret",)


def test_a_secret_that_is_named_must_be_there_all_the_same(loaded: Loader) -> None:
    with pytest.raises(ConfigError, match="the environment variable HOOKS is not set"):
        loaded("keys: {access_token: TOKEN}", rest="secrets: [HOOKS]")


def test_a_demo_without_the_variables_asks_nobody(loaded: Loader) -> None:
    source = loaded("keys: {client_id: ID, client_secret: SECRET}", {"ID": "canary-2"}, demo=True).sources["shopify"]
    assert source.keys == {}
    assert source.secrets == ("demo-secret-shopify",)


@pytest.mark.parametrize(
    ("api", "env", "says"),
    [
        ("keys: {acces_token: TOKEN}", KEYS, "7: sources.shopify.api.keys.acces_token: is no key of this platform; did you mean 'access_token'?"),
        ("keys: {client_id: ID}", KEYS, "7: sources.shopify.api.keys: must be complete: access_token, or client_id and client_secret"),
        ("keys: {access_token: TOKEN}", {}, "7: sources.shopify.api.keys.access_token: the environment variable TOKEN is not set; it must hold the access_token of shopify"),
        ("keys: {access_token: TOKEN}", {"TOKEN": "canary\n"}, "7: sources.shopify.api.keys.access_token: the environment variable TOKEN has a blank or a line break at an end of its value"),
        ("keys: {access_token: canary-x}", KEYS, "7: sources.shopify.api.keys.access_token: must be the name of an environment variable, such as SHOPIFY_WEBHOOK_SECRET; the secret itself is never written into this file"),
        ("keys: {}", KEYS, "7: sources.shopify.api.keys: must have at least one entry"),
        ("every: {orders: 5m}", KEYS, "6: sources.shopify.api.keys: is missing; add it: The credentials by their names, each the environment variable that holds it."),
        ("keys: {access_token: TOKEN}\nevery: {order: 5m}", KEYS, "8: sources.shopify.api.every.order: is nothing that this platform is asked for; did you mean 'orders'?"),
        ("keys: {access_token: TOKEN}\nevery:\n  orders: 20s", KEYS, "9: sources.shopify.api.every.orders: must be at least 30s, or off"),
        ("keys: {access_token: TOKEN}\nevery:\n  orders: soon", KEYS, '9: sources.shopify.api.every.orders: must be a duration such as "90m", "4h" or "2d"'),
        ("kys: {access_token: TOKEN}", KEYS, "7: sources.shopify.api.kys: is not known here; did you mean 'keys'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line_and_key(
    loaded: Loader, tmp_path: Path, api: str, env: Mapping[str, str], says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(api, env)
    told = [str(problem).removeprefix(f"{tmp_path}/config.yaml:") for problem in caught.value.problems]
    assert says in told
    assert "canary" not in str(told)


def test_a_platform_that_only_sends_cannot_be_asked(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(THREE.replace("shopify", "stripe") + "    api:\n      keys: {access_token: TOKEN}\n", "utf-8")
    with pytest.raises(ConfigError, match="stripe cannot be asked, it only sends; leave this out"):
        load(file, KEYS, catalog=CATALOG)

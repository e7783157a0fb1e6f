"""The config file: what it may say, what it means when it says less, and what is told when it is wrong."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from ruamel.yaml import YAML

from bot.catalog import Catalog
from bot.config import Config, ConfigError, load
from bot.config.editor import json_schema
from bot.config.schema import ConfigPart
from bot.core.campaigns import CampaignMap, Promotes
from bot.core.exceptions import RuleException
from bot.core.money import Money
from bot.core.settings import (
    Department,
    Escalation,
    Grouping,
    Mail,
    Mute,
    Outside,
    Paths,
    QuietHours,
    Route,
    Schedule,
    Storm,
    WorkingHours,
)
from bot.core.verdict import Severity

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
CATALOG = Catalog.scan(("handlers",))
THREE = """\
departments:
  marketing: {channel: marketing}
  finance: {channel: finance}
  warehouse: {channel: warehouse}
"""
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}

Loader = Callable[..., Config]


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    def run(text: str, env: Mapping[str, str] | None = None, demo: bool = False) -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(text, "utf-8")
        return load(file, env or {}, demo, CATALOG)

    return run


@pytest.fixture
def wrong(loaded: Loader, tmp_path: Path) -> Callable[..., list[str]]:
    """The problems of a text, each as "line: key: what is wrong"."""

    def run(text: str, env: Mapping[str, str] | None = None, demo: bool = False) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            loaded(text, env, demo)
        return [line.removeprefix(f"{tmp_path}/config.yaml:") for line in str(caught.value).splitlines()]

    return run


def test_three_channels_are_enough_to_start(loaded: Loader) -> None:
    config = loaded(THREE)
    channels = [one.channel for one in config.house.departments.values()]
    assert channels == ["#marketing", "#finance", "#warehouse", "#marketing"]
    assert config.operations == "#marketing"
    assert config.house.schedules == (
        Schedule("weekly", ("mon",), time(9), ZoneInfo("UTC"), ("marketing", "finance", "warehouse")),
    )
    assert (config.store_url, config.listen, config.workbench.port) == (
        "sqlite:///var/floorwalker.db",
        ("127.0.0.1", 8080),
        8090,
    )
    assert config.slack.bot_token == ""


def test_the_example_runs_as_a_demo_with_no_environment_at_all() -> None:
    config = load(EXAMPLE, {}, demo=True)
    assert config.sources["shopify"].secrets == ("demo-secret-shopify",)
    assert config.sources["stripe"].secrets[0].startswith("whsec_demo")
    assert config.slack.bot_token == "xoxb-workbench"


def test_the_example_is_valid_where_its_secrets_are_set() -> None:
    names = ("SHOPIFY_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET", "GENERIC_WEBHOOK_SECRET")
    config = load(EXAMPLE, dict.fromkeys(names, "s3cret") | TOKENS)
    assert {source.secrets for source in config.sources.values()} == {("s3cret",)}


def test_the_example_is_valid_with_its_quiet_hours_switched_on(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    begin, end = (next(n for n, line in enumerate(lines) if mark in line) for mark in ("# quiet:", "#   above:"))
    for number in range(begin, end + 1):
        line = lines[number].replace("# ", "", 1)
        # A commented sentence stays a comment; a commented key becomes a key.
        lines[number] = line if ":" in line else f"    # {line.strip()}"
    config = load(_written(tmp_path, "\n".join(lines)), {}, demo=True)
    assert config.house.departments["warehouse"].quiet == QuietHours(
        time(20), time(6, 30), ZoneInfo("Europe/Berlin"), Severity.HIGH
    )


def _written(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text, "utf-8")
    return file


def _keys(schema: dict[str, Any]) -> set[str]:
    parts = [ConfigPart.model_json_schema(by_alias=True), *schema["$defs"].values()]
    return {key for part in parts for key in part.get("properties", {})}


def test_the_example_mentions_every_key() -> None:
    text = EXAMPLE.read_text("utf-8")
    keys = _keys(ConfigPart.model_json_schema(by_alias=True))
    assert len(keys) > 40
    assert [key for key in sorted(keys) if f"{key}:" not in text] == []


def test_the_example_is_valid_by_the_schema_for_editors() -> None:
    schema = json_schema(CATALOG)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(YAML(typ="safe", pure=True).load(EXAMPLE.read_text("utf-8")), schema)


@pytest.mark.parametrize(
    "given",
    [
        {"departments": {}, "shop": {}},
        {"departments": {"a": {"channel": "x"}}, "rules": {"low_stok": {}}},
        {
            "departments": {"a": {"channel": "x"}},
            "exceptions": [{"rule": "low_stok", "settings": "off", "because": "x"}],
        },
    ],
)
def test_the_schema_for_editors_refuses_what_the_bot_refuses(given: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(given, json_schema(CATALOG))


def test_every_key_is_described_for_editors() -> None:
    schema = ConfigPart.model_json_schema(by_alias=True)
    parts = {"ConfigPart": schema, **schema["$defs"]}
    undescribed = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, value in part.get("properties", {}).items()
        if not {"description", "$ref"} & set(value)
    ]
    assert undescribed == []


def test_a_config_cannot_be_changed(loaded: Loader) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(loaded(THREE), "operations", "elsewhere")  # noqa: B010 (a plain assignment would not pass the type check)


def test_routes_say_which_alerts_go_elsewhere(loaded: Loader) -> None:
    text = THREE + "routes:\n  - {rule: low_*, at_least: high, channel: '#ops'}\n  - {subject: TEST-*, mute: true}\n"
    assert loaded(text).house.routes == (
        Route(rule="low_*", at_least=Severity.HIGH, channel="#ops"),
        Route(subject="TEST-*", mute=True),
    )


def test_routes_lie_within_routes(loaded: Loader) -> None:
    text = """routes:
  - family: stock
    updates: thread+channel
    proceed: true
    routes:
      - {tag: fragile, vendor: Nord*, location: Lodz, channel: glass}
      - {amount: 500 EUR, hours: {from: 08:00, to: 18:00}, channel: dear}
"""
    inner = (
        Route(tag="fragile", vendor="Nord*", location="Lodz", channel="#glass"),
        Route(amount=Money(50_000, "EUR"), hours=(time(8), time(18)), channel="#dear"),
    )
    assert loaded(THREE + text).house.routes == (
        Route(family="stock", updates="thread+channel", proceed=True, routes=inner),
    )


def test_a_route_puts_alerts_together_and_waits_as_long_as_it_says(loaded: Loader) -> None:
    text = "routes:\n  - {group_by: [rule, vendor, rule], group_wait: 1m, group_interval: 10m, repeat_interval: 4h}\n"
    spans = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=4))
    assert loaded(THREE + text).house.routes[0].group == Grouping(("rule", "vendor"), *spans)
    assert loaded(THREE + "routes:\n  - {group_by: [rule]}\n").house.routes[0].group == Grouping(("rule",))


def test_a_storm_begins_where_the_config_says_or_never(loaded: Loader) -> None:
    assert loaded(THREE).house.storm == Storm(12)
    assert loaded(THREE + "storm: 3\n").house.storm == Storm(3)
    assert loaded(THREE + "storm: off\n").house.storm is None


def test_mutes_come_back_every_week(loaded: Loader) -> None:
    text = "mutes:\n  - {because: counting, rule: low_stock, days: [sunday], from: 22:00, to: 04:00, zone: Europe/Berlin}\n"
    when = WorkingHours(("sun",), time(22), time(4), ZoneInfo("Europe/Berlin"))
    assert loaded(THREE + text).house.mutes == (Mute(when, "counting", "low_stock"),)


def test_escalations_say_who_hears_of_what_is_overdue(loaded: Loader) -> None:
    text = "escalations:\n  - {after: 2h, to: operations}\n  - {after: 1d, to: finance, rule: low_*, at_least: high}\n"
    assert loaded(THREE + text).house.escalations == (
        Escalation(timedelta(hours=2), "operations"),
        Escalation(timedelta(days=1), "finance", "low_*", Severity.HIGH),
    )
    people = "escalations:\n  - {after: 2h, to: U024BE7LH}\n  - {after: 1d, to: S0614TZR7, counted: working}\n"
    assert loaded(THREE + people).house.escalations == (
        Escalation(timedelta(hours=2), "U024BE7LH"),
        Escalation(timedelta(days=1), "S0614TZR7", counted="working"),
    )
    assert loaded(THREE).house.escalations == ()


def test_exceptions_say_for_which_skus_tags_or_vendors_a_rule_is_set_otherwise(loaded: Loader) -> None:
    text = """\
exceptions:
  - {sku: "CANDLE-*", rule: low_stock, settings: {threshold: 12}, because: sets of twelve, until: "2026-12-31"}
  - {vendor: Glas*, rule: oversold, settings: off, because: on demand, shop: main}
  - {tag: fragile, rule: oversold, settings: {backorders: 3}, because: made here}
  - {rule: low_stock, settings: {margin_days: 9}, because: the port is closed}
shops: {main: {zone: Europe/Berlin}}
"""
    new_year = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert loaded(THREE + text).house.exceptions == (
        RuleException(
            rule="low_stock", level="sku", pattern="CANDLE-*", given=(("threshold", 12),), reason="sets of twelve", until=new_year,
        ),
        RuleException(rule="oversold", level="vendor", pattern="Glas*", reason="on demand", shop="main"),
        RuleException(rule="oversold", level="tag", pattern="fragile", given=(("backorders", 3),), reason="made here"),
        RuleException(rule="low_stock", given=(("margin_days", 9),), reason="the port is closed"),
    )  # fmt: skip
    assert loaded(THREE).house.exceptions == ()


def test_the_config_knows_what_campaigns_promote(loaded: Loader) -> None:
    text = 'campaigns: [{match: "Spring*", skus: [A, B]}, {match: "newsletter", skus: [C]}]'
    expected = CampaignMap((Promotes("Spring*", ("A", "B")), Promotes("newsletter", ("C",))))
    assert loaded(THREE + text).house.campaigns == expected
    assert loaded(THREE).house.campaigns == CampaignMap()


@pytest.mark.parametrize(("given", "span"), [("24h", timedelta(days=1)), ("90m", timedelta(minutes=90)), ("off", None)])
def test_a_hold_lapses_when_the_config_says_so(loaded: Loader, given: str, span: timedelta | None) -> None:
    assert loaded(THREE + f"hold_lapses: {given}\n").house.lapse == span
    assert loaded(THREE).house.lapse == timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "meant"), [("ops", "#ops"), ("'#ops'", "#ops"), ("C0ABC123", "C0ABC123"), ("büro-1", "#büro-1")]
)
def test_a_channel_is_an_id_or_a_name_with_its_sign(loaded: Loader, given: str, meant: str) -> None:
    assert loaded(f"departments: {{ops: {{channel: {given}}}}}\n").operations == meant


def test_a_department_named_operations_is_the_one_that_hears_the_rest(loaded: Loader) -> None:
    config = loaded(THREE + "  operations: {channel: C0OPS123}\n")
    assert config.operations == "C0OPS123"
    assert config.house.departments["operations"] == Department("operations", "C0OPS123")


def test_settings_become_what_the_handler_takes_and_off_switches_it_off(loaded: Loader) -> None:
    config = loaded(THREE + "rules:\n  low_stock: {margin_days: 4}\n  oversold: off\nactions: {snooze: {pause: 90m}}\n")
    assert config.rules == {"low_stock": {"margin_days": 4.0}, "oversold": False}
    assert config.actions == {"snooze": {"pause": timedelta(minutes=90)}}


def test_weekdays_have_names_short_or_long(loaded: Loader) -> None:
    config = loaded(THREE + "digests: {sums: {on: [Monday, fri, mon], at: 9:30, zone: Asia/Tokyo, days: 1}}\n")
    assert config.house.schedules == (
        Schedule("sums", ("mon", "fri"), time(9, 30), ZoneInfo("Asia/Tokyo"), ("marketing", "finance", "warehouse"), 1),
    )


def test_what_was_missed_is_caught_up_by_a_digests_own_policy(loaded: Loader) -> None:
    (usual,) = loaded(THREE + "digests: {sums: {}}\n").house.schedules
    assert (usual.catch_up, usual.max_age) == ("latest", None)
    (own,) = loaded(THREE + "digests: {sums: {catch_up: all, max_age: 36h}}\n").house.schedules
    assert (own.catch_up, own.max_age) == ("all", timedelta(hours=36))


def test_no_digest_is_posted_when_the_mapping_is_empty(loaded: Loader) -> None:
    assert loaded(THREE + "digests: {}\n").house.schedules == ()


def test_the_zone_of_the_shop_holds_where_none_is_said(loaded: Loader) -> None:
    text = (
        THREE.replace("finance}", "finance, quiet: {from: 20:00, to: 07:00}}") + "shops: {main: {zone: Europe/Paris}}\n"
    )
    quiet = loaded(text).house.departments["finance"].quiet
    assert isinstance(quiet, QuietHours)
    assert quiet.zone == ZoneInfo("Europe/Paris")


def test_a_department_says_when_it_works_and_when_it_may_be_interrupted(loaded: Loader) -> None:
    text = """\
departments:
  warehouse:
    channel: warehouse
    hours: {days: [Monday, tue, mon], from: 7:00, to: 16:00, zone: Europe/Berlin, holidays: [2026-12-25]}
    quiet: outside
    wakes_above: 500 EUR
    budget: 12
  finance: {channel: finance, hours: {from: 09:00, to: 17:00}, quiet: {from: 18:00, to: 08:00}}
"""
    departments = loaded(text + "shops: {main: {zone: Asia/Tokyo}}\n").house.departments
    depot = WorkingHours(("mon", "tue"), time(7), time(16), ZoneInfo("Europe/Berlin"), frozenset({date(2026, 12, 25)}))
    assert departments["warehouse"] == Department(
        "warehouse", "#warehouse", Outside(), depot, Money(50_000, "EUR"), budget=12
    )
    assert departments["finance"].hours == WorkingHours(
        ("mon", "tue", "wed", "thu", "fri"), time(9), time(17), ZoneInfo("Asia/Tokyo")
    )


# Secrets.


def test_secrets_come_from_the_variables_that_the_file_names(loaded: Loader) -> None:
    config = loaded(THREE + "sources: {shopify: {secrets: [NEW, OLD]}}\n", {"NEW": "n3w", "OLD": "0ld"})
    assert config.sources["shopify"].secrets == ("n3w", "0ld")
    assert {"n3w", "0ld"} <= set(config.secrets())


def test_a_platform_of_large_deliveries_has_room_for_them_unless_the_config_says_otherwise(loaded: Loader) -> None:
    text = "sources: {klaviyo: {}, stripe: {}, large: {type: stripe, max_kib: 16}, small: {type: klaviyo, max_kib: 1}}"
    names = ("KLAVIYO", "STRIPE", "LARGE", "SMALL")
    config = loaded(THREE + text, {f"{name}_WEBHOOK_SECRET": "sixteen letters or more" for name in names})
    assert {name: source.max_bytes // 1024 for name, source in config.sources.items()} == {
        "klaviyo": 8192, "stripe": 1024, "large": 16, "small": 1,
    }  # fmt: skip


def test_without_names_the_variable_follows_from_the_source(loaded: Loader) -> None:
    text = THREE + "sources: {shop-two: {type: shopify}}\n"
    assert loaded(text, {"SHOP_TWO_WEBHOOK_SECRET": "s"}).sources["shop-two"].secrets == ("s",)


@pytest.mark.parametrize(
    ("env", "reason"),
    [
        ({}, "5: sources.shopify.secrets: the environment variable SHOPIFY_WEBHOOK_SECRET is not set"),
        (
            {"SHOPIFY_WEBHOOK_SECRET": "canary\n"},
            "5: sources.shopify.secrets: the environment variable SHOPIFY_WEBHOOK_SECRET has",
        ),
    ],
)
def test_a_secret_that_is_missing_or_spoilt_is_told_by_its_variable(
    wrong: Callable[..., list[str]], env: dict[str, str], reason: str
) -> None:
    told = wrong(THREE + "sources: {shopify: {}}\n", env)
    assert [line for line in told if line.startswith(reason)]
    assert "canary" not in "".join(told)


def test_a_secret_written_into_the_file_is_refused_without_being_repeated(wrong: Callable[..., list[str]]) -> None:
    told = "\n".join(wrong(THREE + "sources: {shopify: {secrets: [shpss_canary]}}\n"))
    assert "name of an environment variable" in told
    assert "shpss_canary" not in told


def test_a_config_shows_no_secret_when_it_is_printed(loaded: Loader) -> None:
    env = {"SHOPIFY_WEBHOOK_SECRET": "canary-1", "SLACK_BOT_TOKEN": "xoxb-canary-2", "SLACK_APP_TOKEN": "xapp-canary-3"}
    env |= {"DB": "postgres://u:canary-4@db/x"}
    config = loaded(THREE + "sources: {shopify: {}}\nstore: {url_from: DB}\n", env)
    assert config.store_url == "postgresql+psycopg://u:canary-4@db/x"
    assert "canary" not in repr(config)


def test_a_demo_never_uses_real_tokens(loaded: Loader) -> None:
    slack = loaded(THREE, TOKENS | {"SLACK_SIGNING_SECRET": "real"}, demo=True).slack
    assert (slack.bot_token, slack.app_token, slack.signing_secret) == (
        "xoxb-workbench",
        "xapp-workbench",
        "workbench-signing-secret",
    )


def test_the_demo_secret_of_standard_webhooks_is_a_key_in_base64(loaded: Loader) -> None:
    sources = THREE + "sources: {generic: {}, erp: {type: generic, options: {auth: {scheme: bearer}}}}\n"
    first, again = (loaded(sources, demo=True) for _ in range(2))
    assert len(base64.b64decode(first.sources["generic"].secrets[0].removeprefix("whsec_"), validate=True)) == 24
    assert first.sources["erp"].secrets == ("demo-secret-erp",)
    assert first == again


def test_a_secret_that_is_there_is_used_in_a_demo_as_well(loaded: Loader) -> None:
    env = {"SHOPIFY_WEBHOOK_SECRET": "mine"}
    assert loaded(THREE + "sources: {shopify: {}}\n", env, demo=True).sources["shopify"].secrets == ("mine",)


@pytest.mark.parametrize(
    ("slack", "env", "reason"),
    [
        ("", {"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN is not set; mode socket needs it"),
        ("slack: {mode: http}\n", {"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_SIGNING_SECRET is not set; mode http needs it"),
        ("", {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN must hold a token that begins with xoxb-"),
        ("store: {url_from: DB}\n", {}, "the environment variable DB is not set"),
    ],
)  # fmt: skip
def test_an_environment_that_does_not_fit_is_told(
    wrong: Callable[..., list[str]], slack: str, env: dict[str, str], reason: str
) -> None:
    assert reason in "\n".join(wrong(THREE + slack, env))


# What is wrong, and where.

WRONG: list[tuple[str, str]] = [
    ("shopz: {}", "5: shopz: is not known here; did you mean 'shops'?"),
    ("rules: {low_stok: off}", "5: rules.low_stok: there is no such rule; did you mean 'low_stock'?"),
    ("rules: {low_stock: {margin: 4}}", "5: rules.low_stock.margin: is no setting of it; did you mean 'margin_days'?"),
    ("rules: {low_stock: {margin_days: 4d}}", "5: rules.low_stock.margin_days: must be a number, without quotes"),
    ("rules: {low_stock: {margin_days: -4}}", "5: rules.low_stock.margin_days: must not be below zero"),
    ("rules: {low_stock: NO}", "5: rules.low_stock: must be settings, written as indented `name: value` lines, or off"),
    ("commands: {ops alert: off}", "5: commands.ops alert: there is no such command; did you mean 'ops alerts'?"),
    ("actions: {snooze: {pause: 4}}", '5: actions.snooze.pause: must be a duration such as "90m", "4h" or "2d"'),
    ("sections: {sale: off}", "5: sections.sale: there is no such section; did you mean 'sales'?"),
    ("shops: {a: {zone: Europe/Berln}}", "no time zone such as \"Europe/Berlin\"; did you mean 'Europe/Berlin'?"),
    ("shops: {a: {currency: EURO}}", "5: shops.a.currency: is no currency code such as \"EUR\"; did you mean 'EUR'?"),
    ("shops: {a: {locale: xx_YY}}", '5: shops.a.locale: is no locale such as "en_GB" or "de_DE"'),
    ("shops: {A B: {}}", "5: shops.A B: must be a name of lower-case letters, digits, - and _"),
    ("listen: {port: 70000}", "5: listen.port: must be at most 65535"),
    ("listen: {port: '80'}", "5: listen.port: must be a whole number, without quotes"),
    ("listen: {host: ''}", "5: listen.host: must not be empty"),
    ("listen: {public_url: example.com}", "5: listen.public_url: must be an address such as"),
    ("listen:", "5: listen: is empty; write a value or leave the key out"),
    ("listen: 8080", "5: listen: must be a mapping"),
    ("handlers: handlers", "5: handlers: must be a list such as [a, b]"),
    ("handlers: []", "5: handlers: must have at least one entry"),
    ("slack: {mode: sockt}", "5: slack.mode: must be one of 'socket' or 'http'"),
    ("store: {url: 'mysql://x/y'}", '5: store.url: must begin with "sqlite:///" or "postgresql://"'),
    ("store: {url: 'postgresql://u:pw@h/d'}", "5: store.url: has a password"),
    ("sources: {stripo: {}}", "5: sources.stripo.type: 'stripo' is no platform; say which it is with type; did you mean 'stripe'?"),
    ("sources: {stripe: {live: NO}}", "5: sources.stripe.live: must be true or false"),
    ("sources: {stripe: {shop: b}}", "5: sources.stripe.shop: there is no shop 'b'; known: shop"),
    ("sources: {erp: {type: generic, options: {aut: 1}}}", "5: sources.erp.options: "),
    ("shops: {a: {}, b: {}}\nsources: {stripe: {}}", "6: sources.stripe.shop: is missing; say of which shop it tells: a, b"),
    ("shops: {a: {}, b: {}}\ndigests: {x: {}}", "6: digests.x.zone: is missing; say which it is, since there are several shops"),
    ("digests: {x: {on: [0]}}", "5: digests.x.on[0]: is no weekday; write its name: mon, tue"),
    ("digests: {x: {on: []}}", "5: digests.x.on: must have at least one entry"),
    ("digests: {x: {at: 25:00}}", '5: digests.x.at: must be a time of day such as "09:00"'),
    ("digests: {x: {catch_up: some}}", "5: digests.x.catch_up: must be one of 'latest', 'all' or 'none'"),
    ("digests: {x: {max_age: soon}}", '5: digests.x.max_age: must be a duration such as "90m", "4h" or "2d"'),
    ("digests: {x: {departments: [financ]}}", "5: digests.x.departments[0]: there is no department 'financ'; did you mean 'finance'?"),
    ("routes:\n  - {channel: ops}\n  - {rule: lw_*, mute: true}", "7: routes[1].rule: 'lw_*' matches no rule"),
    ("routes: [{department: financ, mute: true}]", "5: routes[0].department: 'financ' matches no department"),
    ("routes: [{shop: nowhere, mute: true}]", "5: routes[0].shop: 'nowhere' matches no shop"),
    ("routes: [{mute: false}]", "5: routes[0]: decides nothing; give it a channel, mute: true, updates, group_by or routes"),
    ("routes: [{group_by: []}]", "5: routes[0].group_by: must have at least one entry"),
    ("routes: [{group_by: [ruel]}]", "5: routes[0].group_by[0]: must be one of 'rule', 'family'"),
    ("routes: [{group_by: [rule], group_wait: soon}]", '5: routes[0].group_wait: must be a duration such as'),
    ("routes: [{mute: true, repeat_interval: 4h}]", "5: routes[0].repeat_interval: says nothing without group_by"),
    ("storm: 0", "5: storm: must be"),
    ("mutes: [{from: 22:00, to: 04:00}]", "5: mutes[0].because: is missing"),
    ("mutes: [{because: x, from: 22:00, to: 04:00, rule: lw_*}]", "5: mutes[0].rule: 'lw_*' matches no rule"),
    ("mutes: [{because: x, from: 22:00, to: 04:00, shop: uk}]", "5: mutes[0].shop: 'uk' matches no shop"),
    ("mutes: [{because: x, from: 22:00, to: 22:00}]", "5: mutes[0]: never ends"),
    ("escalations: [{after: soon, to: finance}]", '5: escalations[0].after: must be a duration such as'),
    ("escalations: [{after: 2h}]", "5: escalations[0].to: is missing"),
    ("escalations: [{after: 2h, to: '@ops'}]", "5: escalations[0].to: must be an id, since names change: a user group"),
    ("escalations: [{after: 2h, to: Finance}]", "5: escalations[0].to: must be a department, or the id of a member"),
    ("escalations: [{after: 2h, to: finance, counted: fast}]", "5: escalations[0].counted: must be"),
    ("escalations: [{after: 2h, to: financ}]", "5: escalations[0].to: there is no department 'financ'; did you mean 'finance'?"),
    ("escalations: [{after: 2h, to: finance, rule: lw_*}]", "5: escalations[0].rule: 'lw_*' matches no rule"),
    ("exceptions: [{sku: A, rule: low_stok, settings: off, because: x}]", "5: exceptions[0].rule: there is no such rule; did you mean 'low_stock'?"),
    ("exceptions:\n  - {sku: A, rule: low_stock, because: x,\n     settings: {treshold: 3}}", "7: exceptions[0].settings.treshold: is no setting of it; did you mean 'threshold'?"),
    ("exceptions: [{sku: A, rule: low_stock, settings: {threshold: some}, because: x}]", "5: exceptions[0].settings.threshold: must be a whole number"),
    ("exceptions: [{sku: A, rule: low_stock, settings: {}, because: x}]", "5: exceptions[0].settings: sets nothing; name a setting, or write off"),
    ("exceptions: [{sku: A, rule: low_stock, settings: 5, because: x}]", "5: exceptions[0].settings: must be settings"),
    ("exceptions: [{sku: A, rule: low_stock, settings: off}]", "5: exceptions[0].because: is missing; add it: Why"),
    ("exceptions: [{sku: A, tag: b, rule: low_stock, settings: off, because: x}]", "5: exceptions[0].tag: stands beside sku"),
    ("exceptions: [{sku: A, rule: payout_failed, settings: off, because: x}]", "5: exceptions[0].sku: cannot be asked for: payout_failed decides on a payout, not on a SKU"),
    ("exceptions: [{sku: A, rule: low_stock, settings: off, because: x, shop: tea}]", "5: exceptions[0].shop: there is no shop 'tea'"),
    ("exceptions: [{sku: A, rule: low_stock, settings: off, because: x, until: soon}]", '5: exceptions[0].until: is no day such as'),
    ("exceptions: [{sku: A, rule: low_stock, settings: off, because: x, until: 9999-12-31}]", "5: exceptions[0].until: never comes; leave it out"),
    ("rules: {low_stock: off}\nexceptions: [{sku: A, rule: low_stock, settings: {threshold: 3}, because: x}]", "6: exceptions[0].rule: low_stock is off in rules"),
    ("routes: [{channel: a, mute: true}]", "5: routes[0].channel: must not be given where mute is true"),
    ("routes: [{mute: true, hours: {from: 20:00, to: 08:00}}]", "5: routes[0].hours: cannot mute"),
    ("routes: [{channel: a, hours: {from: 20:00, to: 20:00}}]", "5: routes[0].hours: begin when they end"),
    ("routes: [{channel: a, amount: 500}]", "5: routes[0].amount: must be text"),
    ("routes: [{channel: a, amount: 500 EURO}]", '5: routes[0].amount: must be an amount with its currency'),
    ("routes: [{channel: a, amount: much EUR}]", '5: routes[0].amount: must be an amount with its currency'),
    ("routes: [{channel: a, family: stok}]", "5: routes[0].family: must be one of 'stock', 'orders'"),
    ("routes:\n  - routes:\n    - {rule: lw_*, mute: true}", "7: routes[0].routes[0].rule: 'lw_*' matches no rule"),
    ("routes: [{subject: 4711, mute: true}]", "5: routes[0].subject: must be text; put it in quotes"),
    ("routes: [{channel: 'Not A Channel'}]", "5: routes[0].channel: is no channel"),
    ("  legal: {quiet: {from: 20:00, to: 07:00}}", "5: departments.legal.channel: is missing; add it: The department's"),
    ("  legal: {channel: x, quiet: {from: 20:00, to: 20:00}}", "5: departments.legal.quiet: begins when it ends"),
    ("  legal: {channel: x, quiet: {from: 20:00}}", "5: departments.legal.quiet.to: is missing; add it: When it ends"),
    ("  legal: {channel: x, quiet: {form: 20:00, from: 20:00, to: 21:00}}", "5: departments.legal.quiet.form: is not known here; did you mean 'from'?"),
    ("  legal: {channel: x, quiet: inside}", "5: departments.legal.quiet: must be a mapping"),
    ("  legal: {channel: x, quiet: outside}", "5: departments.legal.quiet: is outside of hours that are not given"),
    ("  legal: {channel: x, wakes_above: 500 EUR}", "5: departments.legal.wakes_above: wakes nobody"),
    ("  legal: {channel: x, budget: 0}", "5: departments.legal.budget: must be at least 1"),
    ("  legal: {channel: x, budget: 3}\n  press: {channel: x}", "6: departments.press.budget: differs from that of legal, which has the same channel"),
    ("  legal: {channel: x}\n  press: {channel: x, quiet: {from: 20:00, to: 07:00}}", "6: departments.press.quiet: differs from that of legal"),
    ("  legal: {channel: x, quiet: outside, hours: {from: 07:00, to: 16:00}}\n  press: {channel: x, quiet: outside, hours: {from: 08:00, to: 16:00}}", "6: departments.press.hours: differs from that of legal"),
    ("  legal: {channel: x, hours: {from: 07:00}}", "5: departments.legal.hours.to: is missing; add it: When it ends"),
    ("  legal: {channel: x, hours: {from: 07:00, to: 16:00, days: []}}", "5: departments.legal.hours.days: must have at least one entry"),
    ("  legal: {channel: x, hours: {from: 07:00, to: 16:00, holidays: [25.12.]}}", '5: departments.legal.hours.holidays[0]: is no day such as "2026-12-25"'),
    ("  legal: {channel: #legal\n}", "5: departments.legal.channel: is empty; write a value"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=[text for text, _ in WRONG])
def test_what_is_wrong_is_told_with_its_line_its_key_and_a_remedy(
    wrong: Callable[..., list[str]], text: str, expected: str
) -> None:
    told = wrong(THREE + text + "\n", {"STRIPE_WEBHOOK_SECRET": "s", "ERP_WEBHOOK_SECRET": "s"})
    assert [line for line in told if expected in line], told
    assert len(told) == 1, told


def test_every_problem_is_told_at_once_in_the_order_of_the_file(wrong: Callable[..., list[str]]) -> None:
    told = wrong(
        "departments: {a: {channel: 5}}\n"
        "shops: {x: {zone: Nowhere}}\n"
        "rules: {low_stok: off}\n"
        "sources: {stripe: {}}\n"
        "digests: {d: {departments: [b]}}\n"
        "shopz: 1\n"
    )
    assert [line.split(":")[0] for line in told] == ["1", "2", "3", "4", "5", "6"]


def test_departments_are_the_one_thing_that_must_be_said(wrong: Callable[..., list[str]]) -> None:
    assert wrong("shops: {}\n")[0].startswith("1: departments: is missing; add it: Who acts on what.")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(tmp_path / "nothing.yaml", {})


# The path that is not Slack.

ALARM = (
    "alarm: {webhook_from: HOOK, ping_from: PING, mail: "
    "{host: mail.example, from: bot@x.example, to: [a@x.example], user: bot, password_from: PASS}}\n"
)
ALARM_ENV = {"HOOK": "https://h.example/canary-1", "PING": "https://p.example/canary-2", "PASS": "canary-3"}


def test_alarms_go_where_the_environment_says_and_the_log_hides_it(loaded: Loader) -> None:
    config = loaded(THREE + ALARM, TOKENS | ALARM_ENV)
    assert (config.alarm.webhook, config.alarm.ping) == (ALARM_ENV["HOOK"], ALARM_ENV["PING"])
    assert config.alarm.mail == Mail(
        "mail.example", 587, "bot@x.example", ("a@x.example",), "starttls", "bot", "canary-3"
    )
    assert set(ALARM_ENV.values()) <= set(config.secrets())
    assert "canary" not in repr(config)


def test_a_demo_without_the_variables_alarms_nobody_by_url(loaded: Loader) -> None:
    assert (loaded(THREE, demo=True).alarm, loaded(THREE + ALARM, demo=True).alarm.webhook) == (Paths(), "")


@pytest.mark.parametrize(
    ("alarm", "reason"),
    [
        ("{webhook_from: HOOK}", "alarm.webhook_from: the environment variable HOOK must hold a URL"),
        ("{ping_from: PING}", "alarm.ping_from: the environment variable PING must hold a URL"),
        ("{mail: {host: m, from: a@b, to: [c@d], user: u}}", "user and password_from must be given together"),
        ("{mail: {host: m, from: a@b, to: [c@d], user: u, password_from: P}}", "the environment variable P is not set"),
        ("{mail: {host: m, from: a@b, to: [c@d], user: u, password_from: P, security: none}}", "for all to read"),
        ("{mail: {host: m, from: nobody, to: [c@d]}}", "is no e-mail address"),
        ("{mail: {host: m, from: a@b, to: []}}", "must have at least one entry"),
        ("{mail: {host: m, from: a@b, to: [c@d], security: ssl}}", "must be one of"),
    ],
)
def test_an_alarm_that_could_not_leave_is_told_at_start(
    wrong: Callable[..., list[str]], alarm: str, reason: str
) -> None:
    assert reason in "\n".join(wrong(THREE + f"alarm: {alarm}\n", TOKENS))


def test_what_is_wrong_at_no_place_of_the_file_is_told_all_the_same(
    wrong: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The package has the function under the module's name.
    monkeypatch.setattr(import_module("bot.config.load"), "_without", lambda values, places: values)
    assert "listen.port: must be at most 65535" in "\n".join(wrong(THREE + "listen: {port: 70000}\n"))

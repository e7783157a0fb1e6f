"""The manifest offers what the catalog answers, within what Slack's schema takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest

from bot.catalog import Catalog
from bot.core.facts import NoFacts
from bot.core.handlers import Command, Reply, Request, command
from bot.core.message import Message
from bot.core.parts import say
from bot.edge.slack.manifest import SCOPES, UnfitCommand, app_manifest, install_link

# The limits of Slack's manifest schema 2.0 that concern what this bot fills in.
_TEXT = {"type": "string", "minLength": 1}
_URL = {"type": "string", "pattern": "^https://", "maxLength": 3000}
_COMMAND = {
    "type": "object",
    "additionalProperties": False,
    "required": ["command", "description", "should_escape"],
    "properties": {
        "command": {"type": "string", "pattern": "^/[^ /A-Z]+$", "maxLength": 32},
        "description": _TEXT | {"maxLength": 2000},
        "usage_hint": _TEXT | {"maxLength": 1000},
        "should_escape": {"type": "boolean"},
        "url": _URL,
    },
}
_SHORTCUT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "type", "callback_id", "description"],
    "properties": {
        "name": _TEXT | {"maxLength": 24},
        "type": {"enum": ["message", "global"]},
        "callback_id": _TEXT | {"maxLength": 255},
        "description": _TEXT | {"maxLength": 150},
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["display_information", "features", "oauth_config", "settings"],
    "properties": {
        "display_information": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": _TEXT | {"maxLength": 35},
                "description": _TEXT | {"maxLength": 140},
                "long_description": {"type": "string", "minLength": 175, "maxLength": 4000},
                "background_color": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
            },
        },
        "features": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "app_home": {"type": "object"},
                "bot_user": {
                    "type": "object",
                    "required": ["display_name"],
                    "properties": {"display_name": _TEXT | {"maxLength": 80}, "always_online": {"type": "boolean"}},
                },
                "shortcuts": {"type": "array", "maxItems": 10, "items": _SHORTCUT},
                "slash_commands": {"type": "array", "maxItems": 50, "items": _COMMAND},
            },
        },
        "oauth_config": {
            "type": "object",
            "properties": {
                "scopes": {"type": "object", "properties": {"bot": {"type": "array", "uniqueItems": True}}},
            },
        },
        "settings": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "event_subscriptions": {
                    "type": "object",
                    "properties": {"request_url": _URL, "bot_events": {"type": "array", "maxItems": 100}},
                },
                "interactivity": {
                    "type": "object",
                    "required": ["is_enabled"],
                    "properties": {"is_enabled": {"type": "boolean"}, "request_url": _URL},
                },
                "org_deploy_enabled": {"type": "boolean"},
                "socket_mode_enabled": {"type": "boolean"},
                "token_rotation_enabled": {"type": "boolean"},
            },
        },
    },
}


def _command(name: str, verb: str = "", usage: str = "", doc: str = "Says something.\n\nAt length.") -> Command:
    def answer(request: Request, facts: NoFacts) -> Reply:
        return Reply(Message(say("said"), ()))

    answer.__doc__ = doc
    return command(name, verb=verb, usage=usage)(answer)


def _known(listed: Iterable[Command]) -> Mapping[tuple[str, str], Command]:
    return {(known.name, known.verb): known for known in listed}


STOCK = _command("stock", usage="SKU", doc="Shows a SKU's stock.\n\nAnd what runs out.")
OPS = _known([STOCK, _command("ops", "why", "A-1042"), _command("ops", "alerts"), _command("ops", "help")])


@pytest.mark.parametrize("public_url", ["", "https://floor.example.com", "https://floor.example.com/"])
def test_the_manifest_of_the_projects_own_commands_is_valid(public_url: str) -> None:
    catalog = Catalog.scan(("handlers",))
    jsonschema.validate(app_manifest(catalog.commands, public_url=public_url), SCHEMA)


def test_over_socket_mode_no_address_is_needed() -> None:
    manifest = app_manifest(OPS)
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(manifest)


def test_over_http_everything_comes_to_the_one_gate() -> None:
    manifest = app_manifest(OPS, public_url="https://floor.example.com/")
    gate = "https://floor.example.com/slack/events"
    settings = manifest["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == settings["interactivity"]["request_url"] == gate
    assert {slash["url"] for slash in manifest["features"]["slash_commands"]} == {gate}


def test_a_commands_description_and_hint_come_from_its_file() -> None:
    ops, stock = app_manifest(OPS)["features"]["slash_commands"]
    assert (stock["command"], stock["description"], stock["usage_hint"]) == ("/stock", "Shows a SKU's stock.", "SKU")
    assert (ops["command"], ops["usage_hint"]) == ("/ops", "alerts | help | why A-1042")
    assert ops["description"] == "Floorwalker: alerts, help, why"


def test_people_come_with_their_ids_to_a_command_that_takes_people() -> None:
    named = _known([STOCK, _command("ops", "hand-off", "A-1042 [@person]"), _command("ops", "help")])
    listed = {each["command"]: each["should_escape"] for each in app_manifest(named)["features"]["slash_commands"]}
    assert listed == {"/stock": False, "/ops": True}


def test_alerts_have_a_shortcut_in_the_menu_of_their_messages() -> None:
    (shortcut,) = app_manifest(OPS)["features"]["shortcuts"]
    assert (shortcut["name"], shortcut["type"], shortcut["callback_id"]) == ("Alert…", "message", "alert")


def test_long_texts_are_cut_to_what_slack_takes() -> None:
    long = _known([_command("ops", f"verb{number}", "x" * 90, "y" * 90) for number in range(40)])
    jsonschema.validate(app_manifest(long), SCHEMA)
    jsonschema.validate(app_manifest(_known([_command("stock", "", "x" * 5000, "y" * 5000)])), SCHEMA)


@pytest.mark.parametrize("name", ["", "Stock", "two words", "a/b", "x" * 32])
def test_a_name_that_slack_would_refuse_is_named(name: str) -> None:
    with pytest.raises(UnfitCommand, match="one lower-case word"):
        app_manifest(_known([_command(name)]))


def test_more_commands_than_slack_takes_are_refused_with_the_remedy() -> None:
    with pytest.raises(UnfitCommand, match="a verb under one name"):
        app_manifest(_known([_command(f"c{number}") for number in range(51)]))


def test_only_what_is_used_is_asked_for() -> None:
    manifest = app_manifest(OPS)
    assert manifest["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened"]
    assert all(SCOPES.values())


def test_the_install_link_carries_the_whole_manifest() -> None:
    manifest = app_manifest(OPS, public_url="https://floor.example.com/?a=1&b=ü")
    parts = urlsplit(install_link(manifest))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "api.slack.com", "/apps")
    given = parse_qs(parts.query)
    assert given["new_app"] == ["1"] and json.loads(given["manifest_json"][0]) == manifest

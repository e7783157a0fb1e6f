"""The scan finds what is there, and nothing that is broken goes by in silence."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

import pytest

from bot.catalog import Catalog, CatalogError
from bot.catalog.settings import BadSettings, convert, setting_problems, setting_schema
from bot.core.handlers import Setting
from bot.core.verdict import Severity

RULE = '''
from bot.core.events import StockChanged
from bot.core.handlers import rule
from bot.core.parts import say
from bot.core.verdict import Quiet, Verdict

@rule(about="sku")
def {name}(event: StockChanged, *, least: int = 3) -> Verdict:
    """Fires never."""
    return Quiet(say("all is well"))
'''
COMMAND = '''
from bot.core.handlers import Reply, Request, command
from bot.core.message import Message
from bot.core.parts import say

@command("{name}")
def answer(request: Request) -> Reply:
    """Says hello."""
    return Reply(Message(say("hello"), ()))
'''
ACTION = '''
from bot.core.alerts import Alert
from bot.core.handlers import Acted, Click, action

@action(label="Praise", order=9, states=("firing",))
def {name}(alert: Alert, click: Click) -> Acted:
    """Praises whoever clicks."""
    return Acted(alert, "taken")
'''
SECTION = '''
from bot.core.handlers import Entry, Period, section

@section(departments=("finance",), order=5)
def {name}(period: Period) -> Entry | None:
    """Has nothing to say."""
    return None
'''
SOURCE = '''"""A platform of this test."""
from bot.core.delivery import Source

{name} = Source("{name}", lambda *a: None, lambda d: "", lambda *a: (), lambda *a: {{}}, lambda given: None)
'''
PIECES = {"rules": RULE, "commands": COMMAND, "actions": ACTION, "sections": SECTION, "sources": SOURCE}

Shelf = Callable[..., str]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Writes a package of handler files below the test's folder and gives its name; it is forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(**modules: str) -> str:
        for path, text in ({"__init__": ""} | modules).items():
            file = tmp_path / "acme" / (path.replace("__in__", "/") + ".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text))
        importlib.invalidate_caches()
        return "acme"

    yield write
    for name in set(sys.modules) - before:
        if name.split(".")[0] == "acme":
            del sys.modules[name]


def scan(folder: Path) -> Catalog:
    return Catalog.scan(("acme",), folder)


def refused(folder: Path) -> str:
    with pytest.raises(CatalogError) as caught:
        scan(folder)
    return str(caught.value)


@pytest.mark.parametrize("kind", PIECES)
def test_one_file_is_enough_to_add_a_handler(kind: str, shelf: Shelf, tmp_path: Path) -> None:
    shelf(extra=PIECES[kind].format(name="extra"))
    found = getattr(scan(tmp_path), kind)
    assert [key[0] if isinstance(key, tuple) else key for key in found] == ["extra"]


def test_our_own_handlers_are_in_order() -> None:
    catalog = Catalog.scan(("handlers",))
    for kind in PIECES:
        assert getattr(catalog, kind), kind
    assert [one.order for one in catalog.actions.values()] == sorted(one.order for one in catalog.actions.values())


def test_a_private_file_may_hold_a_rule_its_command_and_its_section(shelf: Shelf, tmp_path: Path) -> None:
    shelf(tea=RULE.format(name="tea_time") + COMMAND.format(name="tea") + SECTION.format(name="tea_week"))
    catalog = scan(tmp_path)
    assert (list(catalog.rules), list(catalog.commands), list(catalog.sections)) == (
        ["tea_time"],
        [("tea", "")],
        ["tea_week"],
    )


def test_a_private_package_stands_beside_ours(shelf: Shelf, tmp_path: Path) -> None:
    shelf(extra=RULE.format(name="extra"))
    assert {"extra", *Catalog.scan(("handlers",)).rules} == set(Catalog.scan(("handlers", "acme"), tmp_path).rules)


def test_subpackages_are_searched_too(shelf: Shelf, tmp_path: Path) -> None:
    shelf(deep__in____init__="", deep__in__extra=RULE.format(name="extra"))
    assert list(scan(tmp_path).rules) == ["extra"]


def test_files_with_an_underscore_are_no_handlers(shelf: Shelf, tmp_path: Path) -> None:
    shelf(_shared="WORDS = ()", extra="from acme._shared import WORDS\n" + RULE.format(name="extra"))
    assert list(scan(tmp_path).rules) == ["extra"]


def test_a_handler_bound_to_two_names_counts_once(shelf: Shelf, tmp_path: Path) -> None:
    shelf(extra=RULE.format(name="extra") + "\nalias = extra\n")
    assert list(scan(tmp_path).rules) == ["extra"]


def test_a_source_is_documented_by_its_file(shelf: Shelf, tmp_path: Path) -> None:
    shelf(extra=SOURCE.format(name="extra"))
    assert scan(tmp_path).sources["extra"].doc == "A platform of this test."


BROKEN: dict[str, tuple[str, str]] = {
    "an import that fails": ("import no_such_thing", "cannot be imported: ModuleNotFoundError: No module named 'no_such_thing'"),
    "a name that is not defined": ("\nsay_hello()", "bad.py:2: cannot be imported: NameError"),
    "a syntax error": ("x = 1\ndef broken(:\n", "bad.py:2: is not valid Python"),
    "an empty file": ("", "bad.py: holds no handler"),
    "the name of the button by which people agree": (ACTION.format(name="agree"), "takes the name of the button"),
    "a missing docstring": (RULE.format(name="extra").replace('"""Fires never."""', ""), "extra has no docstring"),
    "a wrong annotation": (RULE.format(name="extra").replace("event: StockChanged", "event: str"), "must be annotated with the events"),
    "a setting without a default": (RULE.format(name="extra").replace("least: int = 3", "least: int"), "has no default"),
    "a setting no config can give": (
        RULE.format(name="extra").replace("least: int = 3", "least: object = None"),
        "setting 'least' is of type object",
    ),
    "a name Slack refuses": (COMMAND.format(name="Tea Time"), "may only have lower-case letters"),
    "a source without a docstring": (SOURCE.format(name="extra").replace('"""A platform of this test."""', ""), "has no docstring"),
    "an inhibited rule that is not there": (
        RULE.format(name="extra").replace('about="sku"', 'about="sku", inhibits=("extro",)'),
        "inhibits 'extro', which is no rule; did you mean 'extra'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_used_stops_the_start(case: str, shelf: Shelf, tmp_path: Path) -> None:
    text, reason = BROKEN[case]
    shelf(bad=text)
    told = refused(tmp_path)
    assert "bad.py" in told
    assert reason in told


def test_two_handlers_with_one_name_are_told_with_both_files(shelf: Shelf, tmp_path: Path) -> None:
    shelf(one=RULE.format(name="extra"), two=RULE.format(name="extra"))
    told = refused(tmp_path)
    assert "two.py: rule 'extra' is already declared in" in told
    assert "one.py" in told


def test_a_rule_and_a_section_may_share_a_name(shelf: Shelf, tmp_path: Path) -> None:
    shelf(one=RULE.format(name="extra"), two=SECTION.format(name="extra"))
    assert list(scan(tmp_path).rules) == list(scan(tmp_path).sections)


def test_all_problems_are_told_at_once(shelf: Shelf, tmp_path: Path) -> None:
    shelf(one="", two="import no_such_thing", three="def (")
    assert len(refused(tmp_path).splitlines()) == 3


def test_a_folder_that_the_scan_would_pass_over_is_told(shelf: Shelf, tmp_path: Path) -> None:
    shelf(extra=RULE.format(name="extra"), lost__in__hidden=RULE.format(name="hidden"))
    assert "lost: has Python files but no __init__.py" in refused(tmp_path)


@pytest.mark.parametrize(
    ("packages", "reason"),
    [
        (("no_such_package",), "no_such_package: there is no such package"),
        (("json.decoder",), "json.decoder: not a package with an __init__.py"),
    ],
)
def test_a_package_that_cannot_hold_handlers_is_told(packages: tuple[str, ...], reason: str) -> None:
    with pytest.raises(CatalogError, match=reason):
        Catalog.scan(packages)


def test_a_package_without_handler_files_is_told(shelf: Shelf, tmp_path: Path) -> None:
    shelf()
    assert "the package acme holds no handler files" in refused(tmp_path)


def setting(kind: Any, default: Any = None) -> dict[str, Setting]:
    return {"it": Setting(kind, default)}


ACCEPTED: list[tuple[Any, Any, Any]] = [
    (int, 3, 3),
    (float, 3, 3.0),
    (float, 0.5, 0.5),
    (bool, False, False),
    (str, "x", "x"),
    (timedelta, "90m", timedelta(minutes=90)),
    (timedelta, "4h", timedelta(hours=4)),
    (timedelta, "2d", timedelta(days=2)),
    (time, "09:05", time(9, 5)),
    (Severity, "high", Severity.HIGH),
    (Literal["day", "week"], "week", "week"),
    (tuple[str, ...], ["a", "b"], ("a", "b")),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (int | None, None, None),
    (int | None, 3, 3),
]


@pytest.mark.parametrize(("kind", "given", "expected"), ACCEPTED)
def test_a_setting_takes_the_type_that_its_annotation_names(kind: Any, given: Any, expected: Any) -> None:
    converted = convert(setting(kind), {"it": given})["it"]
    assert converted == expected
    assert type(converted) is type(expected)


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        (int, 3.5, "whole number"),
        (int, True, "whole number"),
        (int, "3", "whole number"),
        (int, -3, "below zero"),
        (float, "3", "a number"),
        (float, float("nan"), "a number"),
        (bool, "NO", "true or false"),
        (str, 5, "quotes"),
        (timedelta, "90", "duration"),
        (timedelta, 90, "duration"),
        (time, "24:00", "time of day"),
        (Severity, "hihg", "did you mean 'high'?"),
        (Literal["day", "week"], "weak", "did you mean 'week'?"),
        (tuple[str, ...], "a", "list"),
        (dict[str, int], ["a"], "mapping"),
    ],
)
def test_a_setting_of_another_type_is_refused_with_what_it_must_be(kind: Any, given: Any, reason: str) -> None:
    with pytest.raises(BadSettings) as caught:
        convert(setting(kind), {"it": given})
    assert reason in str(caught.value)


def test_a_setting_may_be_negative_where_its_default_is() -> None:
    assert convert(setting(int, -5), {"it": -3}) == {"it": -3}


def test_all_wrong_settings_are_told_at_once() -> None:
    with pytest.raises(BadSettings) as caught:
        convert(setting(int), {"it": "x", "ti": 1})
    assert [name for name, _ in caught.value.problems] == ["it", "ti"]


def test_the_catalog_checks_the_settings_of_a_handler(shelf: Shelf, tmp_path: Path) -> None:
    shelf(extra=RULE.format(name="extra"))
    catalog = scan(tmp_path)
    assert catalog.settings("rule", "extra", {"least": 5}) == {"least": 5}
    with pytest.raises(BadSettings, match="did you mean 'least'"):
        catalog.settings("rule", "extra", {"leest": 5})
    with pytest.raises(KeyError, match="did you mean 'extra'"):
        catalog.settings("rule", "exta", {})


@pytest.mark.parametrize("kind", [object, tuple[int, str], dict[int, str], int | str, bytes])
def test_a_type_that_no_config_can_give_is_found_at_the_scan(kind: Any) -> None:
    assert setting_problems(setting(kind))


@pytest.mark.parametrize(
    ("kind", "default", "shown"),
    [
        (timedelta, timedelta(hours=4), "4h"),
        (timedelta, timedelta(seconds=90), "90s"),
        (time, time(9), "09:00"),
        (Severity, Severity.LOW, "low"),
        (int, 3, 3),
    ],
)
def test_the_schema_shows_a_default_as_the_config_would_write_it(kind: Any, default: Any, shown: object) -> None:
    schema = setting_schema(Setting(kind, default))
    assert schema["default"] == shown
    assert convert(setting(kind), {"it": shown}) == {"it": default}


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (Literal["day", "week"], {"enum": ["day", "week"]}),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (float | None, {"anyOf": [{"type": "number"}, {"type": "null"}]}),
    ],
)
def test_the_schema_of_a_setting_follows_its_annotation(kind: Any, schema: dict[str, Any]) -> None:
    assert setting_schema(Setting(kind, None)) == schema

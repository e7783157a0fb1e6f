"""What the documents say is held against what the code does: tables, examples, links, verbs, variables, metrics, keys."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from pydantic import BaseModel

from bot.__main__ import floorwalker
from bot.catalog import Catalog
from bot.config.checks import SLACK_TOKENS
from bot.config.document import read
from bot.config.schema import ConfigPart
from bot.core.events import Refunded
from bot.core.money import Money
from bot.core.verdict import Clear, Fire
from bot.edge.metrics import Census, Meters, MetricsPage
from docs.tables import TABLES, written

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
CATALOG = Catalog.scan(("handlers",))

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def short(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    return [body for _, found, body in _BLOCK.findall(page.read_text("utf-8")) if found == language]


def code(page: Path) -> list[str]:
    """What a reader would type or look up: the lines of shell blocks and the spans within sentences."""
    text = page.read_text("utf-8")
    shell = [line for language in ("sh", "ini") for block in blocks(page, language) for line in block.splitlines()]
    return shell + _SPAN.findall(_BLOCK.sub("", text))


def every(language: str) -> list[Any]:
    return [
        pytest.param(block, id=f"{short(page)} {number}")
        for page in PAGES
        for number, block in enumerate(blocks(page, language), 1)
    ]


# Tables.


def test_the_tables_of_the_readme_say_what_the_catalog_says() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert written(text, CATALOG) == text, "run: .venv/bin/python docs/tables.py"


@pytest.mark.parametrize("name", TABLES)
def test_every_table_stands_in_the_readme(name: str) -> None:
    assert f"<!-- table: {name} -->\n| " in (ROOT / "README.md").read_text("utf-8")


# Examples.


@pytest.mark.parametrize("text", every("python"))
def test_an_example_in_python_runs(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("example")
    monkeypatch.setitem(sys.modules, "example", module)
    exec(compile(text, "example", "exec"), vars(module))


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalog]:
    """The README's private package beside ours, as its reader would make it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "__init__.py").touch()
    (tmp_path / "acme" / "refund_spike.py").write_text(blocks(ROOT / "README.md", "python")[0], "utf-8")
    importlib.invalidate_caches()
    yield Catalog.scan(("handlers", "acme"), tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "acme"]:
        del sys.modules[name]


@pytest.mark.parametrize(("refunds", "verdict"), [(2, Clear), (3, Fire)])
def test_the_rule_of_the_readme_is_found_and_decides(acme: Catalog, refunds: int, verdict: type[Any]) -> None:
    rule = acme.rules["refund_spike"]
    event = Refunded(
        shop="main",
        source="shopify",
        at=datetime(2026, 3, 2, tzinfo=UTC),
        refund="r",
        amount=Money(1, "EUR"),
        order="o",
    )
    decided = rule.decide(event, rule.facts(refunds=refunds), **acme.settings("rule", "refund_spike", {"most": 2}))
    assert isinstance(decided, verdict)


# Links and paths.


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def links() -> list[Any]:
    found = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))]
    return [pytest.param(page, link, id=f"{short(page)} {link}") for page, link in found if "://" not in link]


@pytest.mark.parametrize(("page", "link"), links())
def test_a_link_leads_somewhere(page: Path, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    assert target.exists()
    if anchor:
        assert anchor in map(slug, re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_a_file_that_is_named_exists(page: Path) -> None:
    named = {span for span in code(page) if re.fullmatch(r"(bot|handlers|docs|tests)(/[\w.]+)+", span)}
    assert {span for span in named if not (ROOT / span).exists()} == set()


def test_every_picture_is_shown_somewhere() -> None:
    shown = {link for page in PAGES for link in re.findall(r"pictures/([\w-]+\.png)", page.read_text("utf-8"))}
    assert {picture.name for picture in (ROOT / "docs" / "pictures").iterdir()} == shown


def test_the_pictures_are_small() -> None:
    sizes = [picture.stat().st_size for picture in (ROOT / "docs" / "pictures").iterdir()]
    assert max(sizes) < 200_000
    assert sum(sizes) < 1_200_000


# Commands.


def verbs() -> dict[str, click.Command]:
    context = click.Context(floorwalker)
    names = floorwalker.list_commands(context)
    return {name: command for name in names if (command := floorwalker.get_command(context, name))}


def spoken() -> set[tuple[str, str]]:
    """Each verb of ours that a document names, with each option that it gives it ("" for none)."""
    pattern = re.compile(r"\bfloorwalker ([a-z]+)\b(?!\.)([^#|&]*)")
    calls = [call for page in PAGES for line in code(page) for call in pattern.findall(line)]
    return {(verb, option) for verb, rest in calls for option in ("", *re.findall(r"--[a-z-]+", rest))}


def test_the_verbs_that_are_named_exist_with_their_options() -> None:
    known = {
        (name, option)
        for name, command in verbs().items()
        for option in ("", *(flag for parameter in command.params for flag in parameter.opts))
    }
    assert spoken() - known == set()


def test_every_verb_is_told() -> None:
    assert set(verbs()) == {verb for verb, _ in spoken()}


def test_the_targets_of_make_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {target for page in PAGES for line in code(page) for target in re.findall(r"\bmake ([a-z]+)", line)}
    assert named
    assert named <= targets


def test_the_slash_commands_that_are_named_exist() -> None:
    typed = {
        call for page in PAGES for line in code(page) for call in re.findall(r"^/(stock|ops)(?: ([a-z-]+))?", line)
    }
    known = {one for name, verb in CATALOG.commands for one in ((name, verb), (name, ""))}
    assert {(name, verb if name == "ops" else "") for name, verb in typed} <= known


# Names of the environment, of metrics and of the config's keys.


def test_the_environment_variables_that_are_named_are_read() -> None:
    by_click = {
        parameter.envvar for one in verbs().values() for parameter in one.params if isinstance(parameter, click.Option)
    }
    by_config = {f"{name.upper()}_WEBHOOK_SECRET" for name in CATALOG.sources} | {"DATABASE_URL"}
    known = {*SLACK_TOKENS, "SLACK_SIGNING_SECRET", *by_click, *by_config}
    pattern = re.compile(r"\b[A-Z][A-Z0-9_]*_(?:TOKEN|SECRET|URL|CONFIG)\b")
    texts = [page.read_text("utf-8") for page in PAGES]
    named = {name for text in texts for name in pattern.findall(text)}
    assert named - known - keys_of_apis(texts) == set()
    assert known - named - {None} == set()


def keys_of_apis(texts: list[str]) -> set[str]:
    """The variables that the examples give to the keys of a platform's API; whoever writes a config names them freely."""
    keys = {key for source in CATALOG.sources.values() if source.api for keys in source.api.keys for key in keys}
    given = re.compile(rf"\b(?:{'|'.join(sorted(keys))}): ([A-Z][A-Z0-9_]*)\b")
    return {name for text in texts for name in given.findall(text)}


async def test_every_metric_is_documented_and_every_documented_one_exists() -> None:
    page = MetricsPage(Meters(), Census, lambda: datetime(2026, 3, 2, tzinfo=UTC))
    answer = await page.handle(make_mocked_request("GET", "/metrics"))
    assert isinstance(answer, web.Response)
    names = re.findall(r"^# TYPE (\w+) ", answer.text or "", re.MULTILINE)
    documented = re.findall(r"\bfloorwalker_[a-z_]+\b", (ROOT / "docs" / "operations.md").read_text("utf-8"))
    assert set(documented) == {name for name in names if not name.endswith("_created")}


def parts(schema: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in schema.model_fields.items()}


def test_the_keys_of_the_config_that_are_named_exist() -> None:
    pattern = re.compile(r"^(slack|store|listen|workbench)\.(\w+)")
    named = {found.groups() for page in PAGES for span in code(page) if (found := pattern.match(span)) is not None}
    assert named
    assert [f"{part}.{key}" for part, key in sorted(named) if key not in parts(parts(ConfigPart)[part])] == []


def configs() -> list[Any]:
    return [
        param
        for param in every("yaml")
        if next(iter(read("", param.values[0].encode())[0].values)) in parts(ConfigPart)
    ]


@pytest.mark.parametrize("text", configs())
def test_a_piece_of_config_is_one_that_is_taken(text: str) -> None:
    document, found = read("config.yaml", text.encode())
    assert found == []
    taken = ConfigPart.model_validate(
        {"departments": {"operations": {"channel": "ops"}}} | document.values, strict=False
    )
    for name, source in taken.sources.items():
        CATALOG.sources[source.type or name].options(source.options)

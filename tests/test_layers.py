"""What neither the import contracts nor the linter can see: who calls what, and that nothing hides from them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for package in ("bot", "handlers") for path in (ROOT / package).rglob("*.py"))

# A call by its last name, and the one module that may make it.
CALLS = {
    "create_engine": "bot/store/engine.py",
    "WebClient": "bot/edge/slack/client.py",
    "AsyncWebClient": "bot/edge/slack/client.py",
    "basicConfig": "bot/logs.py",
}


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                yield name


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_made_in_its_one_module_alone(call: str) -> None:
    callers = {relative(path) for path in FILES if call in calls(ast.parse(path.read_text("utf-8")))}
    assert callers <= {CALLS[call]}


def test_the_search_for_calls_finds_both_ways_of_calling() -> None:
    assert set(calls(ast.parse("WebClient(1); sqlalchemy.create_engine('x')"))) == {"WebClient", "create_engine"}


def test_every_folder_of_python_files_is_a_package_so_that_the_contracts_see_it() -> None:
    folders = {path.parent for path in FILES}
    assert [relative(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


PARTS = "handlers.sources._"


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(name)):
                yield name
            case ast.Import(names=names):
                yield from (each.name for each in names)


def test_the_parts_of_a_platform_are_used_by_that_platform_alone() -> None:
    wrong = [
        f"{relative(path)} imports {name}"
        for path in FILES
        for name in imported(ast.parse(path.read_text("utf-8")))
        if name.startswith(PARTS) and name.split(".")[2] not in (f"_{path.stem}", path.parent.name)
    ]
    assert wrong == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [relative(path) for path in FILES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []

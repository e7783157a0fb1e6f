"""Rules for the page's own files: no text becomes markup, nothing comes from elsewhere, what is imported exists."""

import re
from pathlib import Path

import pytest

import bot.workbench

PAGE = Path(bot.workbench.__file__).parent / "page"
SCRIPTS = sorted(PAGE.rglob("*.js"))
FILES = sorted(path for path in PAGE.rglob("*") if path.suffix in {".js", ".css", ".html"})
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|setHTML")
ADDRESS = re.compile(r"(?:src|href|url|from|import)\s*[=(:]?\s*[\"'(]\s*(?:https?:)?//")
IMPORT = re.compile(r"from \"(\.[^\"]+)\"")


def name(path: Path) -> str:
    """A file's path in the page's folder."""
    return str(path.relative_to(PAGE))


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_no_script_turns_text_into_markup(script: Path) -> None:
    assert MARKUP.findall(script.read_text("utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=name)
def test_nothing_is_loaded_from_elsewhere(file: Path) -> None:
    assert ADDRESS.findall(file.read_text("utf-8")) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_each_module_is_small_and_imports_only_modules_that_exist(script: Path) -> None:
    text = script.read_text("utf-8")
    assert len(text.splitlines()) < 300
    assert [target for target in IMPORT.findall(text) if not (script.parent / target).is_file()] == []


def test_every_module_is_used() -> None:
    imported = {
        (script.parent / target).resolve() for script in SCRIPTS for target in IMPORT.findall(script.read_text("utf-8"))
    }
    assert [name(script) for script in SCRIPTS if script not in imported] == ["main.js"]


def test_the_content_policy_forbids_all_but_the_pages_own_scripts_and_styles() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', (PAGE / "index.html").read_text("utf-8"))
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert (rules["default-src"], rules["script-src"], rules["style-src"], rules["connect-src"]) == (
        "'none'",
        "'self'",
        "'self'",
        "'self'",
    )

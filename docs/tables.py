"""Writes the tables of README.md anew from the catalog, so that they say what the code does: `python docs/tables.py`.

A region between `<!-- table: NAME -->` and `<!-- end -->` holds a table; everything else in the file is left alone.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Run as a script, this folder is the first on the path and not the project's.
sys.path.insert(0, str(ROOT))

from bot.catalog import Catalog  # noqa: E402
from bot.core.handlers import Rule  # noqa: E402

README = ROOT / "README.md"
DEPARTMENTS = ("marketing", "finance", "warehouse", "operations")
_REGION = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar within a cell is escaped."""
    columns = tuple(head)
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def summary(doc: str) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join(doc.partition("\n\n")[0].split())


def audience(rule: Rule) -> str:
    """The departments whose views the rule's file writes, in their usual order."""
    source = inspect.getsource(inspect.getmodule(rule.decide) or inspect)
    return ", ".join(name for name in DEPARTMENTS if f'"{name}"' in source)


def alerts(catalog: Catalog) -> str:
    """Every rule: its name, when it speaks, and who may see a view of it."""
    rows = ((f"`{rule.name}`", summary(rule.doc), audience(rule)) for rule in catalog.rules.values())
    return table(("Rule", "What it tells", "To whom"), rows)


def commands(catalog: Catalog) -> str:
    """Every slash command with its verb and what may follow it."""
    rows = (
        (f"`{' '.join(filter(None, ('/' + one.name, one.verb, one.usage)))}`", summary(one.doc))
        for one in catalog.commands.values()
    )
    return table(("Command", "What it answers"), rows)


def buttons(catalog: Catalog) -> str:
    """Every button of an alert and the states in which it is drawn."""
    rows = ((one.label, summary(one.doc), ", ".join(one.states)) for one in catalog.actions.values())
    return table(("Button", "What it does", "On alerts that are"), rows)


def sections(catalog: Catalog) -> str:
    """Every digest section and the departments in whose digest it stands."""
    rows = ((f"`{one.name}`", summary(one.doc), ", ".join(one.departments)) for one in catalog.sections.values())
    return table(("Section", "What it shows", "In the digest of"), rows)


TABLES: dict[str, Callable[[Catalog], str]] = {
    "alerts": alerts,
    "commands": commands,
    "buttons": buttons,
    "sections": sections,
}


def written(text: str, catalog: Catalog) -> str:
    """The text with every region's table as the catalog has it. Raises KeyError for a region that nobody writes."""
    return _REGION.sub(lambda found: f"{found[1]}{TABLES[found[2]](catalog)}{found[3]}", text)


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8"), Catalog.scan(("handlers",))), "utf-8")

"""A message as plain lines, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.message import (
    Block,
    Bullets,
    Chart,
    Figures,
    Footer,
    Heading,
    Message,
    Paragraph,
    Table,
    Title,
)
from bot.core.parts import Line
from bot.edge.words import Look, plain


def written(message: Message, look: Look) -> str:
    """Every block in order, tables with aligned columns, charts by their twin in words; buttons are left out."""
    return "\n".join(line for block in message.blocks for line in _lines(block, look))


def _lines(block: Block, look: Look) -> Iterator[str]:
    match block:
        case Title():
            yield _title(block, look)
        case Heading(text):
            yield from ("", text)
        case Paragraph(line) | Footer(line):
            yield plain(line, look)
        case Figures(figures):
            yield from _figures(figures, look)
        case Bullets(lines):
            yield from (f"  - {plain(line, look)}" for line in lines)
        case Table():
            yield from _rows(block, look)
        case Chart(title=title, twin=twin):
            yield f"{title}: {plain(twin, look)}"


def _title(title: Title, look: Look) -> str:
    head = " ".join(filter(None, (title.severity.name if title.severity else "", title.state)))
    return f"{head} · {plain(title.line, look)}" if head else plain(title.line, look)


def _figures(figures: tuple[tuple[str, Line], ...], look: Look) -> Iterator[str]:
    width = max(len(label) for label, _ in figures)
    return (f"  {label:<{width}}  {plain(line, look)}" for label, line in figures)


def _rows(table: Table, look: Look) -> Iterator[str]:
    rows = [table.header, *(tuple(plain(cell, look) for cell in row) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            f"{cell:>{width}}" if place in table.numeric else f"{cell:<{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("  " + "  ".join(cells)).rstrip()

"""Messages drawn as Slack's blocks: for a channel, a modal or the App Home.

What comes from outside stands only where Slack reads no markup: in rich text elements, ``plain_text`` and ``raw_text``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.core import message as said
from bot.core.message import Message
from bot.core.money import Money
from bot.core.parts import Line, Quantity, Share, Text
from bot.core.verdict import Severity
from bot.edge import limits
from bot.edge.clean import clean, one_line
from bot.edge.fit import fit, small
from bot.edge.limits import Json, Surface
from bot.edge.words import Look, elements, plain, text

__all__ = ["Look", "Rendered", "bare", "home", "modal", "plainer", "render"]

_COLOURS: Mapping[Severity, str] = {
    Severity.CRITICAL: "red_circle",
    Severity.HIGH: "large_orange_circle",
    Severity.MEDIUM: "large_yellow_circle",
    Severity.LOW: "large_blue_circle",
}
# A matter that waits or is over must not catch the eye like one that burns.
_STATE_COLOURS: Mapping[str, str] = {"RESOLVED": "white_check_mark", "SNOOZED": "zzz"}
_NOTHING = "Nothing to show."
MENU = "alert.-more"
"""The id of the menu behind an alert's buttons; no action can have that name."""
PICK = "alert.-open"
"""The id of the list from which an alert is picked."""
_ROWS_IN_WORDS = 10
_PAGE = 10


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as Slack takes it: ``text`` for the notification, ``blocks`` for the channel."""

    text: str
    blocks: list[Json]


@dataclass(slots=True)
class _Sheet:
    """What is drawn on: the look, and how many native tables and charts there is still room for."""

    look: Look
    tables: int = 0
    charts: int = 0
    blocks: list[Json] = field(default_factory=list)


def render(message: Message, look: Look) -> Rendered:
    """The message for a channel."""
    blocks = _drawn(message.blocks, look, "message")
    spoken = limits.fit_text(text(message.summary, look))
    return Rendered(spoken if spoken.strip() else _NOTHING, blocks)


def plainer(message: Message, look: Look) -> Rendered:
    """The message without native tables and charts, for a workspace that refuses them."""
    return render(message, replace(look, charts=False))


def bare(rendered: Rendered) -> Rendered:
    """The message as its text alone, for a workspace that refuses even plain blocks."""
    return Rendered(rendered.text, [])


def modal(title: str, blocks: Iterable[said.Block], look: Look) -> Json:
    """A modal that shows blocks."""
    return {
        "type": "modal",
        "title": _plain_text(limits.cut(one_line(title).strip() or "Details", limits.VIEW_TITLE)),
        "close": _plain_text("Close"),
        "blocks": _drawn(blocks, look, "modal") or [small(_NOTHING)],
    }


def home(message: Message, look: Look) -> Json:
    """A member's App Home."""
    return {"type": "home", "blocks": _drawn(message.blocks, look, "home") or [small(_NOTHING)]}


def _drawn(blocks: Iterable[said.Block], look: Look, surface: Surface) -> list[Json]:
    native = look.charts and limits.NATIVE[surface]
    sheet = _Sheet(look, limits.TABLES if native else 0, limits.CHARTS if native else 0)
    for block in blocks:
        sheet.blocks.extend(_DRAW[block.kind](block, sheet))
    return fit(sheet.blocks, surface)


# Small pieces.


def _plain_text(words: str) -> Json:
    """Words in which ``:name:`` stays what it is."""
    return {"type": "plain_text", "text": words, "emoji": False}


def _words(words: str, bold: bool = False) -> Json:
    return {"type": "text", "text": words} | ({"style": {"bold": True}} if bold else {})


def _section(parts: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": parts}


def _rich_text(*groups: Json) -> list[Json]:
    filled = [group for group in groups if group["elements"]]
    return [{"type": "rich_text", "elements": filled}] if filled else []


def _bullets(items: list[list[Json]]) -> Json:
    sections = [_section(item) for item in items if item]
    return {"type": "rich_text_list", "style": "bullet", "elements": sections}


# Each kind of block.


def _title(block: said.Title, sheet: _Sheet) -> list[Json]:
    """Severity in words, then its colour, then the state: who cannot see the colour has read the word."""
    head: list[Json] = []
    if block.severity is not None:
        colour = _STATE_COLOURS.get(block.state, _COLOURS[block.severity])
        head += [_words(f"{block.severity.name} ", bold=True), {"type": "emoji", "name": colour}, _words(" ")]
    if block.state:
        head.append(_words(f"{clean(block.state)} · ", bold=True))
    elif head:
        head.append(_words("· ", bold=True))
    return _rich_text(_section(head + elements(block.line, sheet.look, bold=True)))


def _paragraph(block: said.Paragraph, sheet: _Sheet) -> list[Json]:
    return _rich_text(_section(elements(block.line, sheet.look)))


def _figures(block: said.Figures, sheet: _Sheet) -> list[Json]:
    """One figure a line, its label in bold."""
    parts: list[Json] = []
    for label, line in block.figures:
        parts.append(_words(("\n" if parts else "") + clean(label) + "  ", bold=True))
        parts.extend(elements(line, sheet.look))
    return _rich_text(_section(parts))


def _bullet_list(block: said.Bullets, sheet: _Sheet) -> list[Json]:
    return _rich_text(_bullets([elements(line, sheet.look) for line in block.lines]))


def _heading(block: said.Heading, sheet: _Sheet) -> list[Json]:
    return [{"type": "header", "text": _plain_text(one_line(block.text))}]


def _divider(block: said.Divider, sheet: _Sheet) -> list[Json]:
    return [{"type": "divider"}]


def _footer(block: said.Footer, sheet: _Sheet) -> list[Json]:
    words = plain(block.line, sheet.look)
    return [small(words)] if words.strip() else []


def _buttons(block: said.Buttons, sheet: _Sheet) -> list[Json]:
    menu = [_menu(block.menu)] if block.menu else []
    return [{"type": "actions", "elements": [*map(_button, block.buttons), *menu]}]


def _menu(buttons: Iterable[said.Button]) -> Json:
    """A menu has one id, so each entry says itself which button it stands for."""
    options = [
        {"text": _plain_text(limits.cut(one_line(each.label), limits.OPTION)), "value": f"{each.action} {each.value}"}
        for each in buttons
    ]
    return {"type": "overflow", "action_id": MENU, "options": options}


def _button(button: said.Button) -> Json:
    drawn = {
        "type": "button",
        "action_id": button.action,
        "text": _plain_text(one_line(button.label)),
        "value": button.value,
    }
    return drawn | ({"style": button.style} if button.style else {})


def _pick(block: said.Pick, sheet: _Sheet) -> list[Json]:
    options = [
        {
            "text": _plain_text(limits.cut(one_line(plain(line, sheet.look)), limits.OPTION) or "–"),
            "value": f"{PICK} {number}",
        }
        for line, number in block.choices[: limits.CHOICES]
    ]
    if not options:
        return []
    select = {"type": "static_select", "action_id": PICK, "placeholder": _plain_text(one_line(block.label))}
    return [{"type": "actions", "elements": [select | {"options": options}]}]


# Tables.


def _table(block: said.Table, sheet: _Sheet) -> list[Json]:
    if not sheet.tables or not block.rows or not block.header:
        return _table_in_words(block, sheet)
    sheet.tables -= 1
    return _sortable_table(block, sheet) if block.numeric else _plain_table(block, sheet)


def _plain_table(block: said.Table, sheet: _Sheet) -> list[Json]:
    rows = [[_cell(line, sheet.look) for line in row] for row in block.rows]
    return [*_caption(block), {"type": "table", "rows": [_header(block), *rows]}]


def _sortable_table(block: said.Table, sheet: _Sheet) -> list[Json]:
    """Slack's table that people can sort, for tables with numbers in them."""
    rows = [
        [_sortable_cell(line, place in block.numeric, sheet.look) for place, line in enumerate(row)]
        for row in block.rows
    ]
    caption = clean(block.caption) or "Table"
    table = {"type": "data_table", "caption": caption, "page_size": _PAGE, "rows": [_header(block), *rows]}
    return [table]


def _header(block: said.Table) -> list[Json]:
    return [_raw_text(clean(label)) for label in block.header]


def _caption(block: said.Table) -> list[Json]:
    caption = clean(block.caption)
    return _rich_text(_section([_words(caption, bold=True)] if caption else []))


def _raw_text(words: str) -> Json:
    return {"type": "raw_text", "text": words}


def _cell(line: Line, look: Look) -> Json:
    parts = elements(line, look)
    return {"type": "rich_text", "elements": [_section(parts)]} if parts else _raw_text("")


def _sortable_cell(line: Line, numeric: bool, look: Look) -> Json:
    value = _value(line) if numeric else None
    if value is None:
        return _cell(line, look)
    return {"type": "raw_number", "value": value, "text": plain(line, look)}


def _value(line: Line) -> float | None:
    """The number by which a cell is sorted: that of its first part with one, if Slack can take it."""
    for part in line:
        match part:
            case Quantity(value) | Share(value):
                return value if abs(value) < limits.LARGEST else None
            case Money(minor) if abs(minor) < limits.LARGEST:
                return float(part.decimal())
            case Text():
                continue
            case _:
                return None
    return None


def _table_in_words(block: said.Table, sheet: _Sheet) -> list[Json]:
    """One row a bullet: the first cell, then each other under its label."""
    items = [_row_in_words(block.header, row, sheet.look) for row in block.rows[:_ROWS_IN_WORDS]]
    missing = len(block.rows) - len(items)
    more = [[_words(f"+{missing} more")]] if missing else []
    return [*_caption(block), *_rich_text(_bullets(items + more))]


def _row_in_words(header: tuple[str, ...], row: tuple[Line, ...], look: Look) -> list[Json]:
    parts: list[Json] = []
    for label, line in zip(header, row, strict=False):
        cell = elements(line, look)
        if cell and parts:
            parts.append(_words(f" · {clean(label)} "))
        parts.extend(cell)
    return parts


# Charts.


def _chart(block: said.Chart, sheet: _Sheet) -> list[Json]:
    """The chart where it can be drawn, and in any case its twin in words, for those who cannot see it."""
    twin = elements(block.twin, sheet.look)
    drawn = fit([_native_chart(block)]) if sheet.charts else []
    if drawn:
        sheet.charts -= 1
        return [*drawn, *_rich_text(_section(twin))]
    title = clean(block.title)
    return _rich_text(_section(([_words(f"{title}  ", bold=True)] if title else []) + twin))


def _native_chart(block: said.Chart) -> Json:
    categories = [clean(label) for label in block.categories]
    series = [{"name": clean(name), "data": _points(categories, values)} for name, values in block.series]
    axes: dict[str, Any] = {"categories": categories, "y_label": clean(block.unit)}
    chart = {"type": block.shape, "series": series, "axis_config": axes}
    return {"type": "data_visualization", "title": clean(block.title), "chart": chart}


def _points(categories: list[str], values: tuple[float, ...]) -> list[Json]:
    """A value more or less than there are categories leaves a label that fits none, so that the chart is not drawn."""
    labels = [*categories, *[""] * (len(values) - len(categories))]
    return [{"label": label, "value": value} for label, value in zip(labels, values, strict=False)]


_DRAW: Mapping[str, Callable[[Any, _Sheet], list[Json]]] = {
    "title": _title,
    "paragraph": _paragraph,
    "figures": _figures,
    "bullets": _bullet_list,
    "heading": _heading,
    "table": _table,
    "chart": _chart,
    "buttons": _buttons,
    "pick": _pick,
    "footer": _footer,
    "divider": _divider,
}

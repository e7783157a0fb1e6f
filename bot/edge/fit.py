"""Blocks cut until Slack takes them: whatever is too long or too much loses its end, and says that it did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.edge import limits
from bot.edge.limits import Json, Surface, cut, size

_MORE_WIDTH = 24
_ROOM = limits.TOTAL - _MORE_WIDTH
# How many rows a table lost, until that is told below it.
_MISSING = "missing"


def fit(blocks: Iterable[Json], surface: Surface = "message") -> list[Json]:
    """Blocks that Slack takes on a surface, in the given order.

    Buttons and small print are kept in any case; of the rest, what comes last goes first.
    """
    fitted = _few([part for block in blocks for part in _FIT[block["type"]](block)])
    tables = sum(_MISSING in block for block in fitted)
    return _told(_within(fitted, limits.BLOCKS[surface] - tables))


def _told(blocks: list[Json]) -> list[Json]:
    """The blocks with a word below each table on the rows that it lost."""
    told: list[Json] = []
    for block in blocks:
        missing = block.get(_MISSING, 0)
        told.append({key: value for key, value in block.items() if key != _MISSING})
        told += [small(f"+{missing} more rows")] if missing else []
    return told


def _few(blocks: list[Json]) -> list[Json]:
    """No more native tables and charts than a message may have."""
    left = {"table": limits.TABLES, "data_table": limits.TABLES, "data_visualization": limits.CHARTS}
    kept: list[Json] = []
    for block in blocks:
        kind = block["type"]
        if left.get(kind, 1) > 0:
            kept.append(block)
            left |= {key: left[key] - 1 for key in _TOGETHER.get(kind, ())}
    return kept


_TABLES = ("table", "data_table")
_TOGETHER = {"table": _TABLES, "data_table": _TABLES, "data_visualization": ("data_visualization",)}


# The whole.

_KEPT = frozenset({"actions", "context"})


def _within(blocks: list[Json], most: int) -> list[Json]:
    """At most ``most`` blocks and ``limits.TOTAL`` characters; the first block that goes over is shortened."""
    if len(blocks) <= most and size(blocks) <= _ROOM:
        return blocks
    keep = _kept(blocks, most)
    room = _ROOM - sum(size(blocks[place]) for place in keep) - _MORE_WIDTH
    return _packed(blocks, keep, room, most - len(keep) - 1)


def _kept(blocks: list[Json], most: int) -> set[int]:
    """Places of the buttons and small print that stay: the last ones, up to half of the room."""
    places = [place for place, block in enumerate(blocks) if block["type"] in _KEPT]
    backwards = [blocks[place] for place in reversed(places[-(most // 2) :])]
    return set(places[len(places) - len(_leading(backwards, limits.TOTAL // 2)) :])


def _packed(blocks: list[Json], keep: set[int], room: int, places: int) -> list[Json]:
    packed: list[Json] = []
    full, left_out = False, 0
    for place, block in enumerate(blocks):
        if place in keep:
            packed.append(block)
            continue
        parts = [] if full or places < 1 else shrunk(block, room)
        full = full or parts != [block]
        left_out += not parts
        room, places = room - size(parts), places - len(parts)
        packed.extend(parts)
    return _noted(packed, left_out)


def _noted(packed: list[Json], left_out: int) -> list[Json]:
    """The blocks with a word on those left out, set before the buttons and small print at the end."""
    if not left_out:
        return packed
    end = len(packed)
    while end and packed[end - 1]["type"] in _KEPT:
        end -= 1
    return [*packed[:end], small(f"+{left_out} more, left out"), *packed[end:]]


def small(text: str) -> Json:
    """A line of small print."""
    return {"type": "context", "elements": [{"type": "plain_text", "text": cut(text, limits.TEXT), "emoji": False}]}


def shrunk(block: Json, room: int) -> list[Json]:
    """The block within ``room`` characters, or nothing when it cannot be made that small."""
    if size(block) <= room:
        return [block]
    shrink = _SHRINK.get(block["type"])
    return shrink(block, room) if shrink and room > _MORE_WIDTH else []


# Rich text.


def _fit_rich_text(block: Json) -> list[Json]:
    return _short_rich_text(block, limits.TEXT)


def _short_rich_text(block: Json, room: int) -> list[Json]:
    groups: list[Json] = []
    for group in block["elements"]:
        short = _short_list(group, room) if group["type"] == "rich_text_list" else _short_section(group, room)
        if short["elements"]:
            groups.append(short)
        room -= size(short)
    return [block | {"elements": groups}] if groups else []


def _short_section(section: Json, room: int) -> Json:
    return section | {"elements": cut_elements(section["elements"], room)}


def cut_elements(elements: list[Json], room: int) -> list[Json]:
    """Elements of a section within ``room`` characters: the text that goes over is cut, what follows it is left out."""
    kept: list[Json] = []
    for element in elements:
        width = size(element)
        if width <= room:
            kept.append(element)
            room -= width
            continue
        if element["type"] == "text" and room > 1:
            kept.append(element | {"text": cut(element["text"], room)})
        break
    return kept


def _short_list(bullets: Json, room: int) -> Json:
    items = [item for item in bullets["elements"] if item["elements"]]
    if size(items) <= room:
        return bullets | {"elements": items}
    kept = _leading(items, room - _MORE_WIDTH)
    if not kept:
        kept = [_short_section(items[0], room - _MORE_WIDTH)] if room > 2 * _MORE_WIDTH else []
    more = {"type": "text", "text": f"+{len(items) - len(kept)} more"}
    tail = [{"type": "rich_text_section", "elements": [more]}] if kept and len(items) > len(kept) else []
    return bullets | {"elements": kept + tail}


def _leading(items: list[Any], room: int) -> list[Any]:
    """The first items that fit into ``room`` characters together."""
    kept: list[Any] = []
    for item in items:
        room -= size(item)
        if room < 0:
            break
        kept.append(item)
    return kept


# Header, small print, buttons.


def _fit_header(block: Json) -> list[Json]:
    text = cut(block["text"]["text"], limits.HEADER)
    return [block | {"text": block["text"] | {"text": text}}] if text.strip() else []


def _fit_context(block: Json) -> list[Json]:
    elements = [
        element | {"text": cut(element["text"], limits.TEXT)} for element in block["elements"] if element["text"]
    ]
    return [block | {"elements": elements[: limits.CONTEXT_ELEMENTS]}] if elements else []


def _fit_actions(block: Json) -> list[Json]:
    """Buttons with one id each, and their menu. One whose id or value is too long is left out: cut, it would do
    another thing."""
    buttons: dict[str, Json] = {}
    menus: list[Json] = []
    for button in block["elements"]:
        if button["type"] == "overflow":
            menus += _fit_menu(button)
        elif _usable(button):
            buttons.setdefault(button["action_id"], _short_button(button))
    fitted = [*list(buttons.values())[: limits.BUTTONS - len(menus)], *menus]
    return [block | {"elements": fitted}] if fitted else []


def _usable(button: Json) -> bool:
    named = bool(button[_label(button)]["text"].strip()) and 0 < len(button["action_id"]) <= limits.ID
    return named and len(button.get("value", "")) <= limits.BUTTON_VALUE


def _fit_menu(menu: Json) -> list[Json]:
    usable = [
        option
        for option in menu["options"]
        if option["text"]["text"].strip() and len(option["value"]) <= limits.OPTION_VALUE
    ]
    return [menu | {"options": usable[: limits.OPTIONS]}] if usable else []


def _short_button(button: Json) -> Json:
    label = _label(button)
    return button | {label: button[label] | {"text": cut(button[label]["text"], limits.BUTTON_TEXT)}}


def _label(element: Json) -> str:
    """Where a button, or a menu, says what it is for."""
    return "placeholder" if "placeholder" in element else "text"


# Tables.


def _fit_table(block: Json) -> list[Json]:
    """Rows of one width, at most as many as Slack takes."""
    rows = [row[: limits.TABLE_COLUMNS] for row in block["rows"]]
    width = min(len(row) for row in rows) if rows else 0
    if len(rows) < 2 or not width:
        return []
    even = [[_fit_cell(cell) for cell in row[:width]] for row in rows]
    settings = {"column_settings": block["column_settings"][:width]} if "column_settings" in block else {}
    titled = {"caption": cut(block["caption"], limits.CAPTION)} if "caption" in block else {}
    kept = _leading(even[: limits.TABLE_ROWS], limits.TABLE_TEXT - limits.CAPTION)
    return [_with_rows(block | settings | titled, kept, len(even) - len(kept))]


def _fit_cell(cell: Json) -> Json:
    if cell["type"] == "rich_text":
        short = _short_rich_text(cell, limits.CELL)
        return short[0] if short else {"type": "raw_text", "text": UNTOLD}
    return cell | {"text": cut(cell["text"], limits.CELL) if cell["text"].strip() else UNTOLD}


UNTOLD = "–"
"""What stands in a cell without content, because Slack refuses an empty one."""


def _with_rows(block: Json, rows: list[Any], missing: int) -> Json:
    paged = {"page_size": min(block["page_size"], len(rows))} if "page_size" in block else {}
    return block | paged | {"rows": rows, _MISSING: missing}


def _short_table(block: Json, room: int) -> list[Json]:
    kept = _leading(block["rows"], room - size({"caption": block.get("caption", "")}))
    missing = block[_MISSING] + len(block["rows"]) - len(kept)
    return [_with_rows(block, kept, missing)] if len(kept) > 1 else []


# Charts.


def _fit_chart(block: Json) -> list[Json]:
    """A chart that Slack draws, or nothing: its twin in words stands beside it anyway."""
    chart = block["chart"]
    keep = slice(None, limits.CHART_POINTS) if chart["type"] == "bar" else slice(-limits.CHART_POINTS, None)
    categories = [cut(label, limits.CHART_LABEL) for label in chart["axis_config"]["categories"][keep]]
    series = [_fit_series(one, keep) for one in chart["series"][: limits.CHART_SERIES]]
    axes = {
        key: cut(value, limits.CHART_AXIS)
        for key, value in chart["axis_config"].items()
        if key != "categories" and value
    }
    if not _drawable(block["title"], categories, series):
        return []
    drawn = chart | {"series": series, "axis_config": {"categories": categories} | axes}
    return [block | {"title": cut(block["title"], limits.CHART_TITLE), "chart": drawn}]


def _fit_series(series: Json, keep: slice) -> Json:
    points = [point | {"label": cut(point["label"], limits.CHART_LABEL)} for point in series["data"][keep]]
    return {"name": cut(series["name"], limits.CHART_LABEL), "data": points}


def _drawable(title: str, categories: list[str], series: list[Json]) -> bool:
    """Whether every series has a value that can be drawn for each category, and all names are there and differ."""
    names = [one["name"] for one in series]
    even = all([point["label"] for point in one["data"]] == categories for one in series)
    finite = all(abs(point["value"]) < limits.LARGEST for one in series for point in one["data"])
    return even and finite and bool(title.strip()) and _distinct(names) and _distinct(categories)


def _distinct(labels: list[str]) -> bool:
    return bool(labels) and all(label.strip() for label in labels) and len(set(labels)) == len(labels)


def _as_it_is(block: Json) -> list[Json]:
    return [block]


_FIT: Mapping[str, Callable[[Json], list[Json]]] = {
    "rich_text": _fit_rich_text,
    "header": _fit_header,
    "context": _fit_context,
    "actions": _fit_actions,
    "table": _fit_table,
    "data_table": _fit_table,
    "data_visualization": _fit_chart,
    "divider": _as_it_is,
}
_SHRINK: Mapping[str, Callable[[Json, int], list[Json]]] = {
    "rich_text": _short_rich_text,
    "table": _short_table,
    "data_table": _short_table,
}

"""Slack's limits for blocks, in one place: whatever is drawn is cut until Slack takes it, and says that it was cut.

Figures: Slack's Block Kit reference and chat.postMessage; where its pages and newer libraries differ, the smaller one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

Json = dict[str, Any]
Surface = Literal["message", "modal", "home"]

TEXT = 3000
"""Characters of a text object and of a message's fallback text (chat.update refuses more than 4,000)."""

BLOCKS: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
TOTAL = 12_000
"""Visible characters of all blocks together; Slack gives no figure, messages above some 13,200 are refused."""

HEADER = 150
BUTTONS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
ID = 255
CONTEXT_ELEMENTS = 10
VIEW_TITLE = 24

TABLES = 1
TABLE_ROWS = 100
TABLE_COLUMNS = 20
CELL = 200
CAPTION = 150

CHARTS = 2
CHART_TITLE = 50
CHART_LABEL = 20
CHART_AXIS = 50
CHART_SERIES = 6
CHART_POINTS = 20
LARGEST = 10**15
"""Numbers of this size and more are shown in words, because JSON readers lose their digits."""

NATIVE: Mapping[Surface, bool] = {"message": True, "modal": False, "home": True}
"""Where native tables and charts may stand."""

_ELLIPSIS = "…"
_USER_WIDTH = 12
_MORE_WIDTH = 24
_TEXT_KEYS = frozenset({"text", "fallback", "label", "name", "title", "caption", "x_label", "y_label"})
_HALF_TOKEN = re.compile(r"(&[a-z]{0,4}|<[^>]*)\Z")


def cut(text: str, most: int) -> str:
    """Text of at most ``most`` characters; what was cut ends in an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + _ELLIPSIS


def fit_text(text: str) -> str:
    """A fallback text within its limit, cut between entities and mentions, never within one."""
    if len(text) <= TEXT:
        return text
    return _HALF_TOKEN.sub("", text[: TEXT - 1]).rstrip() + _ELLIPSIS


def size(node: Any) -> int:
    """Visible characters of a block or an element, fallbacks included."""
    if isinstance(node, list):
        return sum(size(part) for part in node)
    if not isinstance(node, dict):
        return 0
    own = sum(len(value) for key, value in node.items() if key in _TEXT_KEYS and isinstance(value, str))
    inner = sum(size(value) for value in node.values())
    return own + inner + (_USER_WIDTH if node.get("type") == "user" else 0)


def fit(blocks: Iterable[Json], surface: Surface = "message") -> list[Json]:
    """Blocks that Slack takes on a surface, in the given order.

    Buttons and small print are kept in any case; of the rest, what comes last goes first.
    """
    fitted = [part for block in blocks for part in _FIT[block["type"]](block)]
    return _within(_few(fitted), BLOCKS[surface])


def _few(blocks: list[Json]) -> list[Json]:
    """No more native tables and charts than a message may have."""
    left = {"table": TABLES, "data_table": TABLES, "data_visualization": CHARTS}
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
    """At most ``most`` blocks and ``TOTAL`` characters; the first block that does not fit any more is shortened."""
    if len(blocks) <= most and size(blocks) <= TOTAL:
        return blocks
    keep = _kept(blocks, most)
    room = TOTAL - sum(size(blocks[place]) for place in keep) - _MORE_WIDTH
    return _packed(blocks, keep, room, most - len(keep) - 1)


def _kept(blocks: list[Json], most: int) -> set[int]:
    """Places of the buttons and small print that stay: the last ones, up to half of the room."""
    places = [place for place, block in enumerate(blocks) if block["type"] in _KEPT]
    backwards = [blocks[place] for place in reversed(places[-(most // 2) :])]
    return set(places[len(places) - len(_leading(backwards, TOTAL // 2)) :])


def _packed(blocks: list[Json], keep: set[int], room: int, places: int) -> list[Json]:
    packed: list[Json] = []
    full, left_out = False, 0
    for place, block in enumerate(blocks):
        if place in keep:
            packed.append(block)
            continue
        parts = [] if full or places < 2 else shrunk(block, room)
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
    return {"type": "context", "elements": [{"type": "plain_text", "text": cut(text, TEXT), "emoji": False}]}


def shrunk(block: Json, room: int) -> list[Json]:
    """The block within ``room`` characters, or nothing when it cannot be made that small."""
    if size(block) <= room:
        return [block]
    shrink = _SHRINK.get(block["type"])
    return shrink(block, room) if shrink and room > _MORE_WIDTH else []


# Rich text.


def _fit_rich_text(block: Json) -> list[Json]:
    return _short_rich_text(block, TEXT)


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
    text = cut(block["text"]["text"], HEADER)
    return [block | {"text": block["text"] | {"text": text}}] if text.strip() else []


def _fit_context(block: Json) -> list[Json]:
    elements = [element | {"text": cut(element["text"], TEXT)} for element in block["elements"] if element["text"]]
    return [block | {"elements": elements[:CONTEXT_ELEMENTS]}] if elements else []


def _fit_actions(block: Json) -> list[Json]:
    """Buttons with one id each. One whose id or value is too long is left out: cut, it would do another thing."""
    buttons: dict[str, Json] = {}
    for button in block["elements"]:
        if _usable(button):
            buttons.setdefault(button["action_id"], _short_button(button))
    return [block | {"elements": list(buttons.values())[:BUTTONS]}] if buttons else []


def _usable(button: Json) -> bool:
    named = bool(button["text"]["text"].strip()) and 0 < len(button["action_id"]) <= ID
    return named and len(button.get("value", "")) <= BUTTON_VALUE


def _short_button(button: Json) -> Json:
    return button | {"text": button["text"] | {"text": cut(button["text"]["text"], BUTTON_TEXT)}}


# Tables.


def _fit_table(block: Json) -> list[Json]:
    """Rows of one width, at most as many as Slack takes; small print below says how many are missing."""
    rows = [row[:TABLE_COLUMNS] for row in block["rows"]]
    width = min(len(row) for row in rows) if rows else 0
    if len(rows) < 2 or not width:
        return []
    even = [[_fit_cell(cell) for cell in row[:width]] for row in rows]
    settings = {"column_settings": block["column_settings"][:width]} if "column_settings" in block else {}
    titled = {"caption": cut(block["caption"], CAPTION)} if "caption" in block else {}
    return _with_more(block | settings | titled, even[:TABLE_ROWS], len(even) - TABLE_ROWS)


def _fit_cell(cell: Json) -> Json:
    if cell["type"] == "rich_text":
        short = _short_rich_text(cell, CELL)
        return short[0] if short else {"type": "raw_text", "text": UNTOLD}
    return cell | {"text": cut(cell["text"], CELL) if cell["text"].strip() else UNTOLD}


UNTOLD = "–"
"""What stands in a cell without content, because Slack refuses an empty one."""


def _with_more(block: Json, rows: list[Any], missing: int) -> list[Json]:
    paged = {"page_size": min(block["page_size"], len(rows))} if "page_size" in block else {}
    return [block | paged | {"rows": rows}, *([small(f"+{missing} more rows")] if missing > 0 else [])]


def _short_table(block: Json, room: int) -> list[Json]:
    kept = _leading(block["rows"], room - _MORE_WIDTH - size({"caption": block.get("caption", "")}))
    return _with_more(block, kept, len(block["rows"]) - len(kept)) if len(kept) > 1 else []


# Charts.


def _fit_chart(block: Json) -> list[Json]:
    """A chart that Slack draws, or nothing: its twin in words stands beside it anyway."""
    chart = block["chart"]
    keep = slice(None, CHART_POINTS) if chart["type"] == "bar" else slice(-CHART_POINTS, None)
    categories = [cut(label, CHART_LABEL) for label in chart["axis_config"]["categories"][keep]]
    series = [_fit_series(one, keep) for one in chart["series"][:CHART_SERIES]]
    axes = {key: cut(value, CHART_AXIS) for key, value in chart["axis_config"].items() if key != "categories" and value}
    if not _drawable(block["title"], categories, series):
        return []
    drawn = chart | {"series": series, "axis_config": {"categories": categories} | axes}
    return [block | {"title": cut(block["title"], CHART_TITLE), "chart": drawn}]


def _fit_series(series: Json, keep: slice) -> Json:
    points = [point | {"label": cut(point["label"], CHART_LABEL)} for point in series["data"][keep]]
    return {"name": cut(series["name"], CHART_LABEL), "data": points}


def _drawable(title: str, categories: list[str], series: list[Json]) -> bool:
    """Whether every series has a value that can be drawn for each category, and all names are there and differ."""
    names = [one["name"] for one in series]
    even = all([point["label"] for point in one["data"]] == categories for one in series)
    finite = all(abs(point["value"]) < LARGEST for one in series for point in one["data"])
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

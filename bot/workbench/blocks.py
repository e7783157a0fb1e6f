"""Block Kit as Slack takes it: which block may stand where, what it is made of, and what a message or view may hold."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal

from bot.workbench.elements import ELEMENTS, IN_ACTIONS, IN_CONTEXT_ACTIONS, IN_INPUT, IN_SECTION
from bot.workbench.journal import Json
from bot.workbench.rich_text import RICH_TEXT
from bot.workbench.shapes import (
    Check,
    Problems,
    any_of,
    boolean,
    enum,
    integer,
    items,
    plain,
    problem,
    shape,
    string,
    text,
    variant,
)
from bot.workbench.sizes import SIZES
from bot.workbench.tables import CHART, DATA_TABLE, TABLE

Surface = Literal["message", "modal", "home"]

ID: dict[str, Check] = {"block_id": string("block_id")}
IMAGE = variant({"image": ELEMENTS["image"]})
RICH = variant({"rich_text": RICH_TEXT})


def _image_place(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        problem(problems, "must provide exactly one of: image_url, slack_file", pointer)


def _collapsing(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        problem(problems, "default_collapsed requires is_collapsible", pointer)


def _child(value: Any, pointer: str, problems: Problems) -> None:
    # Written as a function because containers hold blocks of the table that they are entries of.
    variant(BLOCKS, IN_CONTAINER)(value, pointer, problems)


CARD = shape(
    {},
    ID
    | {
        "hero_image": IMAGE,
        "icon": IMAGE,
        "slack_icon": shape({"type": enum("icon"), "name": string("text.any")}),
        "title": text("card.title"),
        "subtitle": text("card.subtitle"),
        "body": text("card.body"),
        "subtext": text("card.subtext"),
        "actions": items(variant(ELEMENTS, frozenset({"button"})), "card.actions"),
    },
    any_of("hero_image", "title", "body", "actions"),
)
_TASK: dict[str, Check] = {
    "task_id": string("text.any"),
    "title": string("text.any"),
    "status": enum("pending", "in_progress", "complete", "error"),
}
_TASK_MORE = ID | {"details": RICH, "output": RICH, "sources": items(shape({"url": string(), "text": string()}))}
_CONTEXT = {
    "image": ELEMENTS["image"],
    "plain_text": plain("text"),
    "mrkdwn": text("text", "mrkdwn"),
}

BLOCKS: dict[str, Check] = {
    "actions": shape({"elements": items(variant(ELEMENTS, IN_ACTIONS), "actions.elements")}, ID),
    "alert": shape(
        {"text": text("alert.text")}, ID | {"level": enum("default", "info", "warning", "error", "success")}
    ),
    "card": CARD,
    "carousel": shape({"elements": items(variant({"card": CARD}), "carousel.elements")}, ID),
    "container": shape(
        {"child_blocks": items(_child, "container.child_blocks")},
        ID
        | {
            "title": plain("container.title"),
            "rich_text_title": RICH,
            "subtitle": text("container.subtitle"),
            "width": enum("narrow", "standard", "wide", "full"),
            "icon": IMAGE,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
        any_of("title", "rich_text_title"),
        _collapsing,
    ),
    "context": shape({"elements": items(variant(_CONTEXT), "context.elements")}, ID),
    "context_actions": shape(
        {"elements": items(variant(ELEMENTS, IN_CONTEXT_ACTIONS), "context_actions.elements")}, ID
    ),
    "data_table": DATA_TABLE,
    "data_visualization": CHART,
    "divider": shape({}, ID),
    "file": shape({"external_id": string("text.any"), "source": enum("remote")}, ID),
    "header": shape({"text": plain("header.text")}, ID | {"level": integer("header.level")}),
    "image": shape(
        {"alt_text": string("image.alt_text")},
        ID
        | {
            "image_url": string("image.image_url"),
            "slack_file": shape({}, {"id": string(), "url": string()}, any_of("id", "url")),
            "title": plain("image.title"),
        },
        _image_place,
    ),
    "input": shape(
        {"label": plain("input.label"), "element": variant(ELEMENTS, IN_INPUT)},
        ID | {"hint": plain("input.hint"), "optional": boolean, "dispatch_action": boolean},
    ),
    "markdown": shape({"text": string("markdown.text")}, ID),
    "plan": shape({"title": string("text.any")}, ID | {"tasks": items(shape(_TASK, _TASK_MORE), "plan.tasks")}),
    "rich_text": RICH_TEXT,
    "section": shape(
        {},
        ID
        | {
            "text": text("section.text"),
            "fields": items(text("section.field"), "section.fields"),
            "accessory": variant(ELEMENTS, IN_SECTION),
            "expand": boolean,
        },
        any_of("text", "fields"),
    ),
    "table": TABLE,
    "task_card": shape(_TASK, _TASK_MORE),
    "video": shape(
        {
            "alt_text": string("video.alt_text"),
            "title": plain("video.title"),
            "thumbnail_url": string("video.video_url"),
            "video_url": string("video.video_url"),
        },
        ID
        | {
            "author_name": string("video.author_name"),
            "description": plain("video.description"),
            "provider_name": string("video.provider_name"),
            "provider_icon_url": string("video.video_url"),
            "title_url": string("video.video_url"),
        },
    ),
}

PLAIN_BLOCKS = frozenset({"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video"})
IN_MODAL = PLAIN_BLOCKS | {"alert", "card"}
IN_HOME = PLAIN_BLOCKS | {"card", "carousel", "container", "data_table", "data_visualization", "table"}
IN_MESSAGE = IN_HOME | {"context_actions", "file", "markdown", "plan", "task_card"}
IN_CONTAINER = PLAIN_BLOCKS | {"file", "table"}
SURFACES: dict[Surface, frozenset[str]] = {"message": IN_MESSAGE, "modal": IN_MODAL, "home": IN_HOME}

_LISTS: dict[Surface, Check] = {
    surface: items(variant(BLOCKS, allowed), "message.blocks" if surface == "message" else "view.blocks")
    for surface, allowed in SURFACES.items()
}


def validate(blocks: Any, surface: Surface, pointer: str = "/blocks") -> list[str]:
    """What is wrong with blocks on a surface, in Slack's words with JSON pointers; empty when Slack would take them."""
    problems: Problems = []
    _LISTS[surface](blocks, pointer, problems)
    if not problems:
        for rule in (_unique_ids, _totals):
            rule(blocks, surface, pointer, problems)
    return problems


def _unique_ids(blocks: list[Json], surface: Surface, pointer: str, problems: Problems) -> None:
    counts = Counter(block["block_id"] for block in blocks if "block_id" in block)
    for block_id in (block_id for block_id, count in counts.items() if count > 1):
        problem(problems, f"`block_id` {block_id} already exists for another block", pointer)
    for index, block in enumerate(blocks):
        actions = Counter(e["action_id"] for e in block.get("elements", []) if "action_id" in e)
        for action_id in (action_id for action_id, count in actions.items() if count > 1):
            problem(problems, f"`action_id` {action_id} already exists for another element", f"{pointer}/{index}")


def _totals(blocks: list[Json], surface: Surface, pointer: str, problems: Problems) -> None:
    """Limits over all blocks together: markdown text and data table text; on messages also charts and tables."""
    kinds = Counter(block["type"] for block in every_block(blocks))
    counted = {
        "markdown.total_text": sum(len(b["text"]) for b in every_block(blocks) if b["type"] == "markdown"),
        "data_table.total_content": sum(_letters(b["rows"]) for b in every_block(blocks) if b["type"] == "data_table"),
    }
    if surface == "message":
        counted |= {"message.data_visualizations": kinds["data_visualization"], "message.tables": kinds["table"]}
    for name, count in counted.items():
        if count > SIZES[name][1]:
            problem(problems, f"no more than {SIZES[name][1]} allowed: {name}", pointer)


def every_block(blocks: list[Json]) -> Iterator[Json]:
    """The blocks and those within containers."""
    for block in blocks:
        yield block
        yield from block.get("child_blocks", [])


def _letters(value: Any) -> int:
    """How many characters of text a tree of cells holds."""
    if isinstance(value, list):
        return sum(map(_letters, value))
    if not isinstance(value, dict):
        return 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return own + sum(_letters(entry) for entry in value.values() if isinstance(entry, list))


_VIEW_TEXTS: dict[str, Check] = {
    "private_metadata": string("view.private_metadata"),
    "callback_id": string("view.callback_id"),
    "external_id": string("view.external_id"),
}


def _submit_for_inputs(view: dict[str, Any], pointer: str, problems: Problems) -> None:
    if "submit" not in view and any(isinstance(b, dict) and b.get("type") == "input" for b in view["blocks"]):
        problem(problems, "missing required field: submit", pointer)


def _blocks_of(surface: Surface) -> Check:
    def check(value: Any, pointer: str, problems: Problems) -> None:
        problems.extend(validate(value, surface, pointer))

    return check


VIEWS: dict[str, Check] = {
    "modal": shape(
        {"title": plain("view.title"), "blocks": _blocks_of("modal")},
        _VIEW_TEXTS
        | {
            "submit": plain("view.submit"),
            "close": plain("view.close"),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
        _submit_for_inputs,
    ),
    "home": shape({"blocks": _blocks_of("home")}, _VIEW_TEXTS),
}


def validate_view(view: Any, kind: str) -> list[str]:
    """What is wrong with a view that is to be shown as a modal or home; empty when Slack would take it."""
    problems: Problems = []
    variant(VIEWS, frozenset({kind}))(view, "/view", problems)
    return problems


def named_blocks(blocks: list[Json], number: Callable[[], int]) -> list[Json]:
    """The blocks, each with a block_id and each interactive element with an action_id, as Slack gives them out."""
    return [_named({"block_id": f"b{number():04X}"} | block, number) for block in blocks]


def _named(block: Json, number: Callable[[], int]) -> Json:
    named = dict(block)
    if block["type"] in ("actions", "context_actions"):
        named["elements"] = [_with_action_id(element, number) for element in block["elements"]]
    for key in ("accessory", "element"):
        if key in block:
            named[key] = _with_action_id(block[key], number)
    if "child_blocks" in block:
        named["child_blocks"] = named_blocks(block["child_blocks"], number)
    return named


def _with_action_id(element: Json, number: Callable[[], int]) -> Json:
    return (
        element if element["type"] == "image" or "action_id" in element else element | {"action_id": f"a{number():04X}"}
    )

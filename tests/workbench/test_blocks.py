"""Block Kit's rules: what is taken, what is refused, and with which words."""

from typing import Any

import pytest
import slackblocks._limits as theirs
import slackblocks._surfaces as surfaces

from bot.workbench.blocks import SURFACES, Surface, named_blocks, validate, validate_view
from bot.workbench.sizes import SIZES

PLAIN = {"type": "plain_text", "text": "Go"}
BUTTON = {"type": "button", "text": PLAIN, "action_id": "go"}
POINT = {"label": "Mon", "value": 1}
AXES = {"categories": ["Mon"], "x_label": "Day"}
PIE = {"type": "pie", "segments": [{"label": "Paid", "value": 3}]}


def raw(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


def section(text: str, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": "section", "text": {"type": kind, "text": text}}


def chart(**plot: Any) -> dict[str, Any]:
    return {"type": "data_visualization", "title": "Orders", "chart": plot or PIE}


def option(value: str) -> dict[str, Any]:
    return {"text": PLAIN, "value": value}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def rich(*inline: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(inline)}]}


def table(kind: str, *rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"type": kind, "rows": list(rows), **more}


TAKEN = {
    "section at its longest": section("x" * 3000),
    "section with fields and accessory": section("a") | {"fields": [PLAIN] * 10, "accessory": BUTTON},
    "header": {"type": "header", "text": PLAIN | {"emoji": True}, "level": 2},
    "context": {
        "type": "context",
        "elements": [PLAIN, {"type": "image", "image_url": "https://x/y.png", "alt_text": ""}],
    },
    "actions": actions(BUTTON, {"type": "static_select", "action_id": "s", "options": [option("1")]}),
    "overflow": actions({"type": "overflow", "options": [option("1") | {"url": "https://x"}]}),
    "image": {"type": "image", "image_url": "https://x/y.png", "alt_text": "chart", "title": PLAIN},
    "markdown": {"type": "markdown", "text": "# Title"},
    "divider": {"type": "divider", "block_id": "line"},
    "rich text": rich(
        {"type": "text", "text": "Hello ", "style": {"bold": True}},
        {"type": "user", "user_id": "U0ANNA"},
        {"type": "usergroup", "usergroup_id": "S0OPS"},
        {"type": "broadcast", "range": "here"},
        {"type": "link", "url": "https://x", "text": "there"},
        {"type": "emoji", "name": "wave"},
        {"type": "date", "timestamp": 1_700_000_000, "format": "{date_short}", "fallback": "today"},
    ),
    "rich text list": {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "indent": 1,
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
            },
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}], "border": 1},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
        ],
    },
    "table": table("table", [raw("SKU"), raw("Left")], [raw("A"), rich({"type": "text", "text": "3"})]),
    "data table": table(
        "data_table",
        [raw("SKU"), raw("Left")],
        [raw("A"), {"type": "raw_number", "value": 3, "text": "3"}],
        caption="Stock",
        page_size=10,
    ),
    "pie": chart(),
    "line": chart(type="line", series=[{"name": "Orders", "data": [POINT | {"value": -2}]}], axis_config=AXES),
    "container": {"type": "container", "title": PLAIN, "child_blocks": [section("a")], "is_collapsible": True},
    "card": {"type": "card", "title": PLAIN, "actions": [BUTTON]},
}


@pytest.mark.parametrize("block", TAKEN.values(), ids=TAKEN.keys())
def test_what_slack_documents_is_taken(block: dict[str, Any]) -> None:
    assert validate([block], "message") == []


REFUSED: dict[str, tuple[list[Any], str]] = {
    "a section too long": (
        [section("x" * 3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "an empty section": ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "a section without text": (
        [{"type": "section"}],
        "must provide at least one of: text, fields [json-pointer:/blocks/0]",
    ),
    "a long field": (
        [{"type": "section", "fields": [PLAIN, PLAIN | {"text": "x" * 2001}]}],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/1/text]",
    ),
    "eleven fields": (
        [{"type": "section", "fields": [PLAIN] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "mrkdwn in a header": (
        [{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}],
        "must be a valid enum value: plain_text [json-pointer:/blocks/0/text/type]",
    ),
    "mrkdwn in a button": (
        [actions(BUTTON | {"text": {"type": "mrkdwn", "text": "a"}})],
        "must be a valid enum value: plain_text [json-pointer:/blocks/0/elements/0/text/type]",
    ),
    "emoji on mrkdwn": (
        [{"type": "section", "text": {"type": "mrkdwn", "text": "a", "emoji": True}}],
        "invalid additional property: emoji [json-pointer:/blocks/0/text]",
    ),
    "an unknown key": (
        [{"type": "divider", "colour": "red"}],
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "an unknown block": ([{"type": "sektion"}], "unsupported type: sektion [json-pointer:/blocks/0/type]"),
    "a block without type": ([{}], "missing required field: type [json-pointer:/blocks/0]"),
    "None, which the SDK makes of blocks it does not know": ([None], "must provide an object [json-pointer:/blocks/0]"),
    "blocks that are no list": ({"type": "divider"}, "must provide an array [json-pointer:/blocks]"),  # type: ignore[dict-item]
    "no actions": ([actions()], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    "too many actions": (
        [actions(*[{"type": "button", "text": PLAIN}] * 26)],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "an input element among actions": (
        [actions({"type": "plain_text_input"})],
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "a long button": (
        [actions(BUTTON | {"text": PLAIN | {"text": "x" * 76}})],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "a long button value": (
        [actions(BUTTON | {"value": "x" * 2001})],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "a colour of button": (
        [actions(BUTTON | {"style": "blue"})],
        "must be a valid enum value: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "a select without options": (
        [actions({"type": "static_select"})],
        "must provide exactly one of: options, option_groups [json-pointer:/blocks/0/elements/0]",
    ),
    "an initial option that is no option": (
        [actions({"type": "static_select", "options": [option("1")], "initial_option": option("2")})],
        "initial option must be one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    "an image without address": (
        [{"type": "image", "alt_text": "x"}],
        "must provide exactly one of: image_url, slack_file [json-pointer:/blocks/0]",
    ),
    "a block_id twice": (
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}],
        "`block_id` a already exists for another block [json-pointer:/blocks]",
    ),
    "an action_id twice in a block": (
        [actions(BUTTON, BUTTON)],
        "`action_id` go already exists for another element [json-pointer:/blocks/0]",
    ),
    "fifty-one blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "an alert in a message": (
        [{"type": "alert", "text": PLAIN}],
        "unsupported type: alert [json-pointer:/blocks/0/type]",
    ),
    "rich text with an unknown element": (
        [rich({"type": "mention", "user_id": "U1"})],
        "unsupported type: mention [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "rich text with empty text": (
        [rich({"type": "text", "text": ""})],
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    "a date in words": (
        [rich({"type": "date", "timestamp": "noon", "format": "{date}"})],
        "must provide an integer [json-pointer:/blocks/0/elements/0/elements/0/timestamp]",
    ),
    "rich text outside a section": (
        [{"type": "rich_text", "elements": [{"type": "text", "text": "a"}]}],
        "unsupported type: text [json-pointer:/blocks/0/elements/0/type]",
    ),
    "a ragged table": (
        [table("table", [raw("a"), raw("b")], [raw("c")])],
        "all rows must have the same number of columns [json-pointer:/blocks/0/rows]",
    ),
    "a wide table": (
        [table("table", [raw("a")] * 21)],
        "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
    ),
    "a long table": (
        [table("table", *[[raw("a")]] * 101)],
        "no more than 100 items allowed [json-pointer:/blocks/0/rows]",
    ),
    "two tables": ([table("table", [raw("a")])] * 2, "no more than 1 allowed: message.tables [json-pointer:/blocks]"),
    "a data table without caption": (
        [table("data_table", [raw("a")], [raw("b")])],
        "missing required field: caption [json-pointer:/blocks/0]",
    ),
    "a data table with rich text in its header": (
        [table("data_table", [rich({"type": "text", "text": "a"})], [raw("b")], caption="c")],
        "unsupported type: rich_text [json-pointer:/blocks/0/rows/0/0/type]",
    ),
    "a data table with only a header": (
        [table("data_table", [raw("a")], caption="c")],
        "no fewer than 2 items allowed [json-pointer:/blocks/0/rows]",
    ),
    "an empty cell": (
        [table("data_table", [raw("a")], [raw("")], caption="c")],
        "must be more than 0 characters [json-pointer:/blocks/0/rows/1/0/text]",
    ),
    "data tables with too much text together": (
        [table("data_table", [raw("a")], [raw("x" * 10_001)], caption="c")] * 2,
        "no more than 20000 allowed: data_table.total_content [json-pointer:/blocks]",
    ),
    "three charts": ([chart()] * 3, "no more than 2 allowed: message.data_visualizations [json-pointer:/blocks]"),
    "a pie with nothing in a slice": (
        [chart(type="pie", segments=[{"label": "a", "value": 0}])],
        "must be greater than 0 [json-pointer:/blocks/0/chart/segments/0/value]",
    ),
    "a series without a value for each category": (
        [chart(type="bar", series=[{"name": "a", "data": [POINT]}], axis_config={"categories": ["Mon", "Tue"]})],
        "must have exactly one point for each category [json-pointer:/blocks/0/chart/series/0/data]",
    ),
    "a header column that is no column": (
        [table("data_table", [raw("a")], [raw("b")], caption="c", row_header_column_index=1)],
        "must be the index of a column [json-pointer:/blocks/0/row_header_column_index]",
    ),
    "a category twice": (
        [chart(type="bar", series=[{"name": "a", "data": [POINT]}], axis_config={"categories": ["Mon", "Mon"]})],
        "categories must be unique [json-pointer:/blocks/0/chart/axis_config/categories]",
    ),
    "a series twice": (
        [chart(type="bar", series=[{"name": "a", "data": [POINT]}] * 2, axis_config=AXES)],
        "series names must be unique [json-pointer:/blocks/0/chart/series]",
    ),
    "a container collapsed that cannot be opened": (
        [{"type": "container", "title": PLAIN, "child_blocks": [section("a")], "default_collapsed": True}],
        "default_collapsed requires is_collapsible [json-pointer:/blocks/0]",
    ),
    "a flag in words": (
        [{"type": "input", "label": PLAIN, "element": {"type": "plain_text_input"}, "optional": "yes"}],
        "must provide a boolean [json-pointer:/blocks/0/optional]",
    ),
    "a value in words": (
        [chart(type="pie", segments=[{"label": "a", "value": "much"}])],
        "must provide a number [json-pointer:/blocks/0/chart/segments/0/value]",
    ),
    "a header of level five": (
        [{"type": "header", "text": PLAIN, "level": 5}],
        "must be between 1 and 4 [json-pointer:/blocks/0/level]",
    ),
    "seven series": (
        [chart(type="bar", series=[{"name": str(n), "data": [POINT]} for n in range(7)], axis_config=AXES)],
        "no more than 6 items allowed [json-pointer:/blocks/0/chart/series]",
    ),
    "too much markdown together": (
        [{"type": "markdown", "text": "x" * 6_001}] * 2,
        "no more than 12000 allowed: markdown.total_text [json-pointer:/blocks]",
    ),
    "a container in a container": (
        [{"type": "container", "title": PLAIN, "child_blocks": [{"type": "container"}]}],
        "unsupported type: container [json-pointer:/blocks/0/child_blocks/0/type]",
    ),
}


@pytest.mark.parametrize(("blocks", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_slack_refuses_is_named_with_its_place(blocks: Any, message: str) -> None:
    assert f"[ERROR] {message}" in validate(blocks, "message")


@pytest.mark.parametrize(("surface", "taken"), [("message", True), ("home", True), ("modal", False)])
def test_charts_stand_on_messages_and_home_but_not_in_modals(surface: Surface, taken: bool) -> None:
    assert (validate([chart()], surface) == []) is taken


VIEWS: dict[str, tuple[dict[str, Any], str]] = {
    "a long title": (
        {"type": "modal", "title": PLAIN | {"text": "x" * 25}, "blocks": []},
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "no title": ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    "an input without a way to submit": (
        {
            "type": "modal",
            "title": PLAIN,
            "blocks": [{"type": "input", "label": PLAIN, "element": {"type": "plain_text_input"}}],
        },
        "missing required field: submit [json-pointer:/view]",
    ),
    "too much private metadata": (
        {"type": "modal", "title": PLAIN, "blocks": [], "private_metadata": "x" * 3001},
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "a hundred and one blocks": (
        {"type": "modal", "title": PLAIN, "blocks": [{"type": "divider"}] * 101},
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "a home where a modal is wanted": (
        {"type": "home", "blocks": []},
        "unsupported type: home [json-pointer:/view/type]",
    ),
}


@pytest.mark.parametrize(("view", "message"), VIEWS.values(), ids=VIEWS.keys())
def test_a_view_that_slack_refuses_is_named_with_its_place(view: dict[str, Any], message: str) -> None:
    assert f"[ERROR] {message}" in validate_view(view, "modal")


def test_a_home_takes_a_hundred_blocks() -> None:
    assert validate_view({"type": "home", "blocks": [{"type": "divider"}] * 100}, "home") == []


def test_blocks_and_elements_without_ids_are_given_some() -> None:
    numbers = iter(range(1, 9))
    (named,) = named_blocks([actions({"type": "button", "text": PLAIN}, BUTTON)], lambda: next(numbers))
    assert named["block_id"] == "b0001"
    assert [element["action_id"] for element in named["elements"]] == ["a0002", "go"]


# The workbench takes the smaller figure where Slack's reference and newer libraries disagree.
STRICTER = {"data_visualization.series": 12, "data_visualization.segments": 12, "data_table.rows": 201}
# Ours by another name in the other library.
RENAMED = {"section.field": "SECTION_FIELDS_ITEM_MAX_LENGTH"}


def _their_most(name: str) -> int | None:
    stem = name.upper().replace(".", "_")
    names = (RENAMED.get(name, ""), *(f"{stem}_{ending}" for ending in ("MAX_LENGTH", "MAX_ITEMS", "MAX")))
    return next((getattr(theirs, known) for known in names if hasattr(theirs, known)), None)


SHARED = {name: most for name in SIZES if (most := _their_most(name)) is not None}


def test_most_sizes_are_known_to_the_other_library_too() -> None:
    assert len(SHARED) > 75


@pytest.mark.parametrize(("name", "most"), SHARED.items())
def test_our_numbers_agree_with_another_library(name: str, most: int) -> None:
    assert (STRICTER.get(name) or SIZES[name][1]) == most


@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_our_surfaces_agree_with_another_library(surface: Surface) -> None:
    assert SURFACES[surface] == surfaces._BLOCK_TYPES_BY_SURFACE[surface]

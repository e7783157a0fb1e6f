"""The blocks that carry figures: table, data_table and data_visualization."""

from typing import Any

from bot.workbench.rich_text import RICH_TEXT
from bot.workbench.shapes import (
    Check,
    Problems,
    boolean,
    enum,
    integer,
    items,
    number,
    problem,
    shape,
    string,
    variant,
)

ID: dict[str, Check] = {"block_id": string("block_id")}

CELLS: dict[str, Check] = {
    "raw_text": shape({"text": string("text.any")}),
    "raw_number": shape({"value": number, "text": string("text.any")}),
    "rich_text": RICH_TEXT,
}
HEADER_CELLS = frozenset({"raw_text", "raw_number"})


def _rectangular(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    widths = {len(row) for row in value["rows"]}
    if len(widths) > 1:
        problem(problems, "all rows must have the same number of columns", f"{pointer}/rows")


def _header_without_rich_text(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    for column, cell in enumerate(value["rows"][0]):
        if cell["type"] not in HEADER_CELLS:
            problem(problems, f"unsupported type: {cell['type']}", f"{pointer}/rows/0/{column}/type")


def _header_column(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    index = value.get("row_header_column_index", 0)
    if not 0 <= index < len(value["rows"][0]):
        problem(problems, "must be the index of a column", f"{pointer}/row_header_column_index")


TABLE = shape(
    {"rows": items(items(variant(CELLS), "table.columns"), "table.rows")},
    ID
    | {
        "column_settings": items(
            shape({}, {"align": enum("left", "center", "right"), "is_wrapped": boolean}), "table.column_settings"
        )
    },
    _rectangular,
)
DATA_TABLE = shape(
    {
        "rows": items(items(variant(CELLS), "data_table.columns"), "data_table.rows"),
        "caption": string("text.any"),
    },
    ID | {"page_size": integer("data_table.page_size"), "row_header_column_index": integer()},
    _rectangular,
    _header_without_rich_text,
    _header_column,
)


def _positive(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    if value["value"] <= 0:
        problem(problems, "must be greater than 0", f"{pointer}/value")


def _one_value_a_category(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    categories = value["axis_config"]["categories"]
    if len(set(categories)) != len(categories):
        problem(problems, "categories must be unique", f"{pointer}/axis_config/categories")
    if len({series["name"] for series in value["series"]}) != len(value["series"]):
        problem(problems, "series names must be unique", f"{pointer}/series")
    for index, series in enumerate(value["series"]):
        if sorted(point["label"] for point in series["data"]) != sorted(categories):
            problem(problems, "must have exactly one point for each category", f"{pointer}/series/{index}/data")


_point = shape({"label": string("data_visualization.point_label"), "value": number})
_series = shape({"name": string("data_visualization.series_name"), "data": items(_point, "data_visualization.data")})
_axes = shape(
    {"categories": items(string("data_visualization.category_label"), "data_visualization.categories")},
    {"x_label": string("data_visualization.axis_label"), "y_label": string("data_visualization.axis_label")},
)
_plotted = shape(
    {"series": items(_series, "data_visualization.series"), "axis_config": _axes}, {}, _one_value_a_category
)
_segment = shape({"label": string("data_visualization.segment.label"), "value": number}, {}, _positive)

CHARTS: dict[str, Check] = {
    "pie": shape({"segments": items(_segment, "data_visualization.segments")}),
    "bar": _plotted,
    "line": _plotted,
    "area": _plotted,
}
CHART = shape({"title": string("data_visualization.title"), "chart": variant(CHARTS)}, ID)

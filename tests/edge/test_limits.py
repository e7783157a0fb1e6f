"""Whatever is too long or too much for Slack is cut, and says so; buttons and small print survive."""

from __future__ import annotations

from typing import Any

import pytest
from slackblocks import _limits as theirs

from bot.edge import limits
from bot.edge.fit import UNTOLD, fit, shrunk, small
from bot.edge.limits import cut, fit_text, size


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def paragraph(*texts: str) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [words(text) for text in texts]}
    return {"type": "rich_text", "elements": [section]}


def bullets(*texts: str) -> dict[str, Any]:
    items = [{"type": "rich_text_section", "elements": [words(text)] if text else []} for text in texts]
    return {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet", "elements": items}]}


def raw(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


def table(rows: int, columns: int = 2, text: str = "x") -> dict[str, Any]:
    return {"type": "table", "rows": [[raw(text) for _ in range(columns)] for _ in range(rows)]}


def button(action: str = "alert.take", label: str = "Take it", value: str = "1042.3") -> dict[str, Any]:
    return {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": label}, "value": value}


def chart(kind: str = "line", points: int = 3, **changes: Any) -> dict[str, Any]:
    categories = changes.get("categories", [f"day {n}" for n in range(points)])
    names = changes.get("names", ["units"])
    value = changes.get("value", 1.5)
    data = [{"label": label, "value": value} for label in categories]
    series = [{"name": name, "data": data} for name in names]
    axes = {"categories": categories, "y_label": changes.get("unit", "")}
    drawn = {"type": kind, "series": series, "axis_config": axes}
    return {"type": "data_visualization", "title": changes.get("title", "Sales"), "chart": drawn}


def texts_of(block: dict[str, Any]) -> list[str]:
    return [leaf["text"] for group in block["elements"] for leaf in group["elements"]]


SMALL = small("A-1042")


@pytest.mark.parametrize(
    ("ours", "slacks"),
    [
        (limits.TEXT, theirs.SECTION_TEXT_MAX_LENGTH),
        (limits.BLOCKS["message"], theirs.MESSAGE_BLOCKS_MAX_ITEMS),
        (limits.BLOCKS["modal"], theirs.VIEW_BLOCKS_MAX_ITEMS),
        (limits.BLOCKS["home"], theirs.VIEW_BLOCKS_MAX_ITEMS),
        (limits.HEADER, theirs.HEADER_TEXT_MAX_LENGTH),
        (limits.BUTTONS, theirs.ACTIONS_ELEMENTS_MAX_ITEMS),
        (limits.BUTTON_TEXT, theirs.BUTTON_TEXT_MAX_LENGTH),
        (limits.BUTTON_VALUE, theirs.BUTTON_VALUE_MAX_LENGTH),
        (limits.ID, theirs.ACTION_ID_MAX_LENGTH),
        (limits.CONTEXT_ELEMENTS, theirs.CONTEXT_ELEMENTS_MAX_ITEMS),
        (limits.VIEW_TITLE, theirs.VIEW_TITLE_MAX_LENGTH),
        (limits.TABLE_ROWS, theirs.TABLE_ROWS_MAX_ITEMS),
        (limits.TABLE_COLUMNS, theirs.TABLE_COLUMNS_MAX_ITEMS),
        (limits.CHARTS, theirs.MESSAGE_DATA_VISUALIZATIONS_MAX_ITEMS),
        (limits.CHART_TITLE, theirs.DATA_VISUALIZATION_TITLE_MAX_LENGTH),
        (limits.CHART_LABEL, theirs.DATA_VISUALIZATION_CATEGORY_LABEL_MAX_LENGTH),
        (limits.CHART_LABEL, theirs.DATA_VISUALIZATION_SERIES_NAME_MAX_LENGTH),
        (limits.CHART_AXIS, theirs.DATA_VISUALIZATION_AXIS_LABEL_MAX_LENGTH),
        (limits.CHART_POINTS, theirs.DATA_VISUALIZATION_CATEGORIES_MAX_ITEMS),
    ],
)
def test_our_limits_are_those_that_a_block_kit_library_knows(ours: int, slacks: int) -> None:
    assert ours == slacks


def test_where_sources_differ_the_smaller_limit_is_ours() -> None:
    assert limits.CHART_SERIES <= theirs.DATA_VISUALIZATION_SERIES_MAX_ITEMS
    assert limits.TABLE_ROWS < theirs.DATA_TABLE_ROWS_MAX_ITEMS


@pytest.mark.parametrize(("text", "short"), [("abc", "abc"), ("abcd", "abcd"), ("abcde", "abc…"), ("ab  e", "ab…")])
def test_a_cut_text_ends_in_an_ellipsis(text: str, short: str) -> None:
    assert cut(text, 4) == short


@pytest.mark.parametrize("tail", ["&amp;", "&lt;", "<@U0ANNA>"])
def test_a_fallback_is_never_cut_within_an_entity_or_a_mention(tail: str) -> None:
    short = fit_text("x" * (limits.TEXT - 3) + tail + "more")
    assert short == "x" * (limits.TEXT - 3) + "…"
    assert fit_text("x" * limits.TEXT) == "x" * limits.TEXT


def test_people_and_dates_count_as_characters() -> None:
    date = {"type": "date", "timestamp": 1, "format": "{time}", "fallback": "15:00"}
    assert size([words("abc"), {"type": "user", "user_id": "U0ANNA"}, date]) == 3 + 12 + 5


def test_a_long_paragraph_is_cut_in_the_text_that_goes_over() -> None:
    [block] = fit([paragraph("a" * 2000, "b" * 2000, "c")])
    assert texts_of(block) == ["a" * 2000, "b" * 999 + "…"]


def test_an_element_without_text_that_goes_over_is_left_out() -> None:
    block = paragraph("a" * (limits.TEXT - 1))
    block["elements"][0]["elements"].append({"type": "user", "user_id": "U0ANNA"})
    [short] = fit([block])
    assert len(short["elements"][0]["elements"]) == 1


def test_what_comes_to_nothing_is_left_out() -> None:
    header = {"type": "header", "text": {"type": "plain_text", "text": " "}}
    actions = {"type": "actions", "elements": []}
    context = {"type": "context", "elements": [{"type": "plain_text", "text": ""}]}
    assert fit([paragraph(), bullets(""), header, actions, context, table(1), table(0), table(3, 0)]) == []


def test_a_long_list_says_how_many_are_missing() -> None:
    [block] = fit([bullets(*(f"{n:03}" + "x" * 97 for n in range(50)))])
    items = block["elements"][0]["elements"]
    assert len(items) == 30
    assert items[-1]["elements"][0]["text"] == "+21 more"


def test_a_list_of_one_endless_item_is_cut_within_it() -> None:
    [block] = fit([bullets("x" * 5000)])
    [item] = block["elements"][0]["elements"]
    assert item["elements"][0]["text"].endswith("x…")
    assert size(block) <= limits.TEXT


def test_small_print_and_headers_are_cut() -> None:
    header, context = fit([{"type": "header", "text": {"type": "plain_text", "text": "h" * 200}}, small("s" * 9999)])
    assert len(header["text"]["text"]) == limits.HEADER
    assert len(context["elements"][0]["text"]) == limits.TEXT


def test_small_print_has_ten_elements_at_most() -> None:
    [context] = fit([{"type": "context", "elements": [{"type": "plain_text", "text": "x"}] * 12}])
    assert len(context["elements"]) == 10


def test_of_two_buttons_with_one_id_the_first_stays() -> None:
    [actions] = fit([{"type": "actions", "elements": [button(label="a"), button("b"), button(label="c")]}])
    assert [one["text"]["text"] for one in actions["elements"]] == ["a", "Take it"]


def test_a_button_that_cannot_be_itself_is_left_out() -> None:
    unusable = [button("x" * 256), button("value", value="v" * 2001), button("label", label=" "), button("")]
    [actions] = fit([{"type": "actions", "elements": [*unusable, button(label="L" * 80)]}])
    assert [len(one["text"]["text"]) for one in actions["elements"]] == [75]


def test_there_are_twenty_five_buttons_at_most() -> None:
    [actions] = fit([{"type": "actions", "elements": [button(f"a{n}") for n in range(30)]}])
    assert [one["action_id"] for one in actions["elements"]] == [f"a{n}" for n in range(25)]


def test_a_long_table_says_how_many_rows_are_missing() -> None:
    shown, more = fit([table(130)])
    assert len(shown["rows"]) == 100
    assert more["elements"][0]["text"] == "+30 more rows"


def test_a_table_of_long_cells_keeps_within_its_characters() -> None:
    shown, more = fit([table(60, 2, "x" * 150)])
    assert size(shown) <= limits.TABLE_TEXT
    assert len(shown["rows"]) + int(more["elements"][0]["text"].split()[0][1:]) == 60


def test_a_ragged_table_is_made_even_and_no_cell_is_empty() -> None:
    ragged = {
        "type": "data_table",
        "caption": "c" * 999,
        "page_size": 10,
        "rows": [[raw("a"), raw(" "), raw("c")], [paragraph("x" * 999), paragraph(), raw("z"), raw("y")]],
    }
    [shown] = fit([ragged])
    assert [len(row) for row in shown["rows"]] == [3, 3]
    assert [cell.get("text") for cell in shown["rows"][0]] == ["a", UNTOLD, "c"]
    assert size(shown["rows"][1][0]) == limits.CELL
    assert shown["rows"][1][1] == raw(UNTOLD)
    assert shown["page_size"] == 2
    assert len(shown["caption"]) == limits.CAPTION


def test_a_wide_table_keeps_twenty_columns() -> None:
    [shown] = fit([table(3, 25) | {"column_settings": [{"align": "right"}] * 25}])
    assert [len(row) for row in shown["rows"]] == [20] * 3
    assert len(shown["column_settings"]) == 20


def test_a_message_has_one_table_and_two_charts() -> None:
    sortable = table(2) | {"type": "data_table", "caption": "c", "page_size": 1}
    kinds = [block["type"] for block in fit([table(2), sortable, *[chart()] * 3, paragraph("x")])]
    assert kinds == ["table", "data_visualization", "data_visualization", "rich_text"]


def test_a_chart_over_time_keeps_its_newest_points_and_bars_keep_the_first() -> None:
    line, bar = fit([chart("line", 25), chart("bar", 25)])
    assert line["chart"]["axis_config"]["categories"][0] == "day 5"
    assert bar["chart"]["axis_config"]["categories"][-1] == "day 19"


def test_a_charts_labels_are_cut() -> None:
    [shown] = fit([chart(title="t" * 99, categories=["c" * 99], names=["n" * 99], unit="u" * 99)])
    drawn = shown["chart"]
    assert (len(shown["title"]), len(drawn["series"][0]["name"]), len(drawn["axis_config"]["y_label"])) == (50, 20, 50)
    assert drawn["series"][0]["data"][0]["label"] == drawn["axis_config"]["categories"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"points": 0},
        {"names": []},
        {"names": ["a", "a"]},
        {"names": [""]},
        {"categories": ["a", "a"]},
        {"categories": ["long label, the same " + end for end in "ab"]},
        {"value": float("nan")},
        {"value": float("inf")},
        {"value": 1e300},
    ],
)
def test_a_chart_that_slack_would_refuse_is_not_drawn(changes: dict[str, Any]) -> None:
    assert fit([chart(**changes)]) == []


def test_a_series_without_a_value_for_each_category_is_not_drawn() -> None:
    lame = chart(points=3)
    lame["chart"]["series"][0]["data"].pop()
    assert fit([lame]) == []


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_more_blocks_than_slack_takes_are_left_out_with_a_word(surface: limits.Surface, most: int) -> None:
    fitted = fit([*[paragraph("x")] * 120, {"type": "actions", "elements": [button()]}, SMALL], surface)
    assert len(fitted) <= most
    assert [block["type"] for block in fitted[-3:]] == ["context", "actions", "context"]
    assert fitted[-3]["elements"][0]["text"].startswith("+")
    assert fitted[-1] == SMALL


def test_the_block_that_fills_the_message_is_cut_and_the_rest_left_out() -> None:
    fitted = fit(
        [*[paragraph("x" * 2900)] * 5, {"type": "divider"}, {"type": "actions", "elements": [button()]}, SMALL]
    )
    assert sum(map(size, fitted)) <= limits.TOTAL
    assert texts_of(fitted[4])[0].endswith("x…")
    assert [block["type"] for block in fitted[5:]] == ["context", "actions", "context"]
    assert fitted[5]["elements"][0]["text"] == "+1 more, left out"


def test_a_table_that_fills_the_message_loses_rows_and_says_so() -> None:
    fitted = fit([paragraph("x" * 2900), table(100, 10, "y" * 20), SMALL])
    assert sum(map(size, fitted)) <= limits.TOTAL
    kinds = [block["type"] for block in fitted]
    assert kinds == ["rich_text", "table", "context", "context"]
    assert len(fitted[1]["rows"]) + int(fitted[2]["elements"][0]["text"].split()[0][1:]) == 100


def test_small_print_alone_cannot_fill_a_message() -> None:
    fitted = fit([*[small("x" * 2900)] * 60, paragraph("the point")])
    assert sum(map(size, fitted)) <= limits.TOTAL
    assert len(fitted) <= 50


@pytest.mark.parametrize("block", [{"type": "divider"} | {"text": "x" * 40}, chart(title="t" * 50)])
def test_what_cannot_be_made_small_enough_is_left_out(block: dict[str, Any]) -> None:
    assert shrunk(block, 30) == []


def test_a_table_without_room_for_a_row_is_left_out() -> None:
    fitted = fit([*[paragraph("x" * 2960)] * 4, table(2, 1, "y" * 180)])
    assert [block["type"] for block in fitted] == ["rich_text"] * 4 + ["context"]


def test_a_list_in_too_little_room_is_left_out() -> None:
    assert shrunk(bullets("x" * 100), 40) == []


def menu(*options: tuple[str, str]) -> dict[str, Any]:
    listed = [{"text": {"type": "plain_text", "text": text}, "value": value} for text, value in options]
    return {"type": "overflow", "action_id": "alert.-more", "options": listed}


def test_the_menu_behind_the_buttons_stays_with_those_of_its_entries_that_slack_takes() -> None:
    usable = [(f"o{number}", f"v{number}") for number in range(6)]
    block = {"type": "actions", "elements": [button(), menu(("", "x"), ("a", "y" * 151), *usable)]}
    assert fit([block]) == [{"type": "actions", "elements": [button(), menu(*usable[:5])]}]
    assert fit([{"type": "actions", "elements": [menu(("", "x"))]}]) == []
    full = {"type": "actions", "elements": [*(button(f"a{number}") for number in range(30)), menu(("o", "v"))]}
    [fitted] = fit([full])
    assert len(fitted["elements"]) == 25 and fitted["elements"][-1] == menu(("o", "v"))

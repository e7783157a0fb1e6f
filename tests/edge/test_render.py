"""Messages as blocks: laid out for people, within Slack's limits, and with nothing in them that data could do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core import message as said
from bot.core.message import Message, button_value
from bot.core.money import Money
from bot.core.parts import Moment, MoneyRange, Person, Quantity, Share, ShopText, UserGroup, say, strong
from bot.core.subject import Subject
from bot.core.verdict import Severity
from bot.edge import limits
from bot.edge.render import PICK, Rendered, bare, home, modal, plainer, render
from bot.workbench.blocks import validate, validate_view
from tests.edge.outgoing_fixtures import HOSTILE, LOOK, NOON, lines, messages, nodes

ACTIVE = {"user", "usergroup", "channel", "broadcast", "link", "team", "mrkdwn", "markdown", "image"}
EUR = "EUR"

BIG = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

ALERT = Message(
    summary=say("HIGH: ", ShopText("Blue Hoodie M"), " runs out ", Moment(NOON, "day")),
    blocks=(
        said.Title(say(ShopText("Blue Hoodie M"), " (", Subject("sku", "SKU-123"), ") runs out"), Severity.HIGH),
        said.Paragraph(
            say("About ", Quantity(340, "units"), " short · ", MoneyRange(Money(210_000, EUR), Money(340_000, EUR)))
        ),
        said.Figures((("On hand", say(Quantity(410))), ("Sells", say(Quantity(92, "a day"))))),
        said.Paragraph(say(strong("Next  "), "Warehouse confirms by ", Moment(NOON, "time"), ", ", Person("U0ANNA"))),
        said.Buttons(
            (
                said.Button("alert.take", "Take it", button_value(1042, 3), "primary"),
                said.Button("alert.details", "Details", button_value(1042, 3)),
            )
        ),
        said.Footer(say("rule low_stock · as of ", Moment(NOON, "time"), " · A-1042")),
    ),
)


def spoken(block: dict[str, Any]) -> str:
    """What one reads in a block."""
    return "".join(
        node.get("text") or node.get("fallback", "") for node in nodes(block) if isinstance(node.get("text", ""), str)
    )


def test_an_alert_is_title_impact_figures_next_step_buttons_and_small_print() -> None:
    drawn = render(ALERT, LOOK)
    assert [block["type"] for block in drawn.blocks] == ["rich_text"] * 4 + ["actions", "context"]
    assert [spoken(block) for block in drawn.blocks] == [
        "HIGH  · Blue Hoodie M (SKU-123) runs out",
        "About 340 units short · €2.1k–3.4k",
        "On hand  410\nSells  92 a day",
        "Next  Warehouse confirms by 15:00 CET, ",
        "Take itDetails",
        "rule low_stock · as of 15:00 CET · A-1042",
    ]
    assert drawn.text == "HIGH: Blue Hoodie M runs out Thu 3 Dec"
    assert validate(drawn.blocks, "message") == []


def test_a_button_carries_its_action_its_turn_and_its_style() -> None:
    [actions] = [block for block in render(ALERT, LOOK).blocks if block["type"] == "actions"]
    assert actions["elements"] == [
        {
            "type": "button",
            "action_id": "alert.take",
            "text": {"type": "plain_text", "text": "Take it", "emoji": False},
            "value": "1042.3",
            "style": "primary",
        },
        {
            "type": "button",
            "action_id": "alert.details",
            "text": {"type": "plain_text", "text": "Details", "emoji": False},
            "value": "1042.3",
        },
    ]


@pytest.mark.parametrize(
    ("severity", "state", "colour", "words"),
    [
        (Severity.CRITICAL, "", "red_circle", "CRITICAL  · it"),
        (Severity.HIGH, "TAKEN", "large_orange_circle", "HIGH  TAKEN · it"),
        (Severity.MEDIUM, "", "large_yellow_circle", "MEDIUM  · it"),
        (Severity.LOW, "", "large_blue_circle", "LOW  · it"),
        (Severity.HIGH, "RESOLVED", "white_check_mark", "HIGH  RESOLVED · it"),
        (Severity.HIGH, "SNOOZED", "zzz", "HIGH  SNOOZED · it"),
        (None, "", None, "it"),
        (None, "TAKEN", None, "TAKEN · it"),
    ],
)
def test_a_title_says_its_severity_before_its_colour_and_then_its_state(
    severity: Severity | None, state: str, colour: str | None, words: str
) -> None:
    [block] = render(Message((), (said.Title(say("it"), severity, state),)), LOOK).blocks
    kinds = [(element["type"], element.get("name")) for element in block["elements"][0]["elements"]]
    assert [name for kind, name in kinds if kind == "emoji"] == ([colour] if colour else [])
    assert spoken(block) == words


CELLS = (
    (say(Subject("sku", "SKU-1")), say(Quantity(4)), say(Money(125_000, EUR))),
    (say(Subject("sku", "SKU-2")), say("about ", Quantity(40)), say(Share(0.5))),
    (say(Subject("sku", "SKU-3")), (), say(ShopText("unknown"))),
    (say(Subject("sku", "SKU-4")), say(Quantity(float("nan"))), say(Money(10**16, EUR))),
)
TABLE = said.Table("Stock at risk", ("SKU", "Left", "Money"), CELLS)


def test_a_table_of_words_is_drawn_as_slacks_table_under_its_caption() -> None:
    caption, table = render(Message((), (TABLE,)), LOOK).blocks
    assert spoken(caption) == "Stock at risk"
    assert table["type"] == "table"
    assert [cell["text"] for cell in table["rows"][0]] == ["SKU", "Left", "Money"]
    assert table["rows"][3][1] == {"type": "raw_text", "text": "–"}


def test_a_table_with_numbers_can_be_sorted_by_them() -> None:
    [table] = render(Message((), (replace(TABLE, numeric=(1, 2)),)), LOOK).blocks
    assert (table["type"], table["caption"], table["page_size"]) == ("data_table", "Stock at risk", 5)
    numbers = [[(cell["type"], cell.get("value")) for cell in row[1:]] for row in table["rows"][1:]]
    assert numbers == [
        [("raw_number", 4), ("raw_number", 1250.0)],
        [("raw_number", 40), ("raw_number", 0.5)],
        [("raw_text", None), ("rich_text", None)],
        [("rich_text", None), ("rich_text", None)],
    ]


def test_a_second_table_is_told_in_words_a_row_a_bullet() -> None:
    drawn = render(Message((), (TABLE, TABLE)), LOOK).blocks
    assert [block["type"] for block in drawn] == ["rich_text", "table", "rich_text", "rich_text"]
    items = drawn[3]["elements"][0]["elements"]
    assert [spoken(item) for item in items[:2]] == [
        "SKU-1 · Left 4 · Money €1,250.00",
        "SKU-2 · Left about 40 · Money 50%",
    ]
    assert spoken(items[2]) == "SKU-3 · Money unknown"


def test_a_long_table_in_words_says_how_many_rows_are_missing() -> None:
    drawn = plainer(Message((), (replace(TABLE, rows=CELLS * 4),)), LOOK).blocks
    items = drawn[1]["elements"][0]["elements"]
    assert len(items) == 11
    assert spoken(items[-1]) == "+6 more"


CHART = said.Chart(
    "Sales", "line", ("Mon", "Tue"), (("units", (3.0, 4.0)),), "units", say("Sales rose to ", Quantity(4))
)


def test_a_chart_is_drawn_natively_with_its_twin_in_words() -> None:
    chart, twin = render(Message((), (CHART,)), LOOK).blocks
    assert chart["chart"] == {
        "type": "line",
        "series": [{"name": "units", "data": [{"label": "Mon", "value": 3.0}, {"label": "Tue", "value": 4.0}]}],
        "axis_config": {"categories": ["Mon", "Tue"], "y_label": "units"},
    }
    assert spoken(twin) == "Sales rose to 4"


@pytest.mark.parametrize(
    "chart",
    [
        replace(CHART, series=()),
        replace(CHART, series=(("units", (1.0,)),)),
        replace(CHART, series=(("units", (1.0, 2.0, 3.0)),)),
        replace(CHART, series=(("units", (1.0, float("nan"))),)),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_told_in_words(chart: said.Chart) -> None:
    [twin] = render(Message((), (chart,)), LOOK).blocks
    assert spoken(twin) == "Sales  Sales rose to 4"


def test_a_third_chart_is_told_in_words() -> None:
    kinds = [block["type"] for block in render(Message((), (CHART, CHART, CHART)), LOOK).blocks]
    assert kinds == ["data_visualization", "rich_text", "data_visualization", "rich_text", "rich_text"]


def test_an_untitled_chart_in_words_is_its_twin() -> None:
    [twin] = plainer(Message((), (replace(CHART, title=""),)), LOOK).blocks
    assert spoken(twin) == "Sales rose to 4"


def test_the_plainer_form_and_a_modal_have_no_native_table_or_chart() -> None:
    content = (CHART, TABLE, replace(TABLE, numeric=(1,)))
    view = modal("Details", content, LOOK)
    for drawn in (plainer(Message((), content), LOOK).blocks, view["blocks"]):
        assert {block["type"] for block in drawn} == {"rich_text"}
    assert validate_view(view, "modal") == []


def test_the_barest_form_is_the_text_alone() -> None:
    assert bare(Rendered("text", [{"type": "divider"}])) == Rendered("text", [])


def test_a_message_of_nothing_still_says_something() -> None:
    assert render(Message((), ()), LOOK) == Rendered("Nothing to show.", [])
    assert spoken(modal("", (), LOOK)["blocks"][0]) == "Nothing to show."
    assert spoken(home(Message((), ()), LOOK)["blocks"][0]) == "Nothing to show."


def test_a_modals_title_is_cut_to_what_slack_takes() -> None:
    assert modal("A title that is much too long", (), LOOK)["title"]["text"] == "A title that is much to…"


def test_headings_bullets_and_dividers_have_their_blocks() -> None:
    content = (
        said.Heading("Warehouse\nweek"),
        said.Bullets((say("one"), (), say("two"))),
        said.Divider(),
        said.Footer(()),
    )
    heading, bullets, divider = render(Message((), content), LOOK).blocks
    assert heading == {"type": "header", "text": {"type": "plain_text", "text": "Warehouse week", "emoji": False}}
    assert [spoken(item) for item in bullets["elements"][0]["elements"]] == ["one", "two"]
    assert divider == {"type": "divider"}


@BIG
@given(messages, st.booleans())
def test_any_message_is_drawn_within_slacks_limits(message: Message, charts: bool) -> None:
    drawn = render(message, replace(LOOK, charts=charts))
    assert validate(drawn.blocks, "message") == []
    assert sum(map(limits.size, drawn.blocks)) <= limits.TOTAL
    assert 0 < len(drawn.text) <= limits.TEXT
    json.dumps({"blocks": drawn.blocks, "text": drawn.text}, allow_nan=False).encode()


@BIG
@given(messages)
def test_any_view_is_drawn_within_slacks_limits(message: Message) -> None:
    assert validate_view(modal("title", message.blocks, LOOK), "modal") == []
    assert validate_view(home(message, LOOK), "home") == []


def everywhere(text: str) -> Message:
    """A message that has the shop's text in every place that can hold any."""
    line = say(ShopText(text), Subject("sku", text), Quantity(1, text), Person(text))
    table = said.Table(text, (text, "b"), ((line, line),) * 2)
    chart = said.Chart(text, "bar", (text, "b"), ((text, (1.0, 2.0)),), text, line)
    return Message(
        line,
        (
            said.Title(line, Severity.LOW, text),
            said.Paragraph(line),
            said.Figures(((text, line), ("b", line))),
            said.Bullets((line, line)),
            said.Heading(text),
            table,
            replace(table, numeric=(0,)),
            chart,
            said.Buttons((said.Button("alert.take", text, "1.1"),)),
            said.Pick(text, ((line, 1042),)),
            said.Footer(line),
        ),
    )


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("charts", [True, False])
def test_hostile_text_mentions_links_and_formats_nothing(text: str, charts: bool) -> None:
    drawn = render(everywhere(text), replace(LOOK, charts=charts))
    assert validate(drawn.blocks, "message") == []
    assert not [node for node in nodes(drawn.blocks) if node.get("type") in ACTIVE]
    assert not any("<" in part for part in (drawn.text,))
    for node in nodes(drawn.blocks):
        if isinstance(node.get("text"), str):
            assert "\n" not in node["text"].removeprefix("\n"), "only our own line break before a figure's label"
            assert not set(node["text"]) & set("\u202e\u2066\u200b\x00\u2028")


@given(lines)
def test_people_are_mentioned_only_where_a_line_names_them(line: tuple[Any, ...]) -> None:
    drawn = render(Message(line, (said.Paragraph(line),)), LOOK)
    people = {("user", part.id) for part in line if isinstance(part, Person)}
    groups = {("usergroup", part.id) for part in line if isinstance(part, UserGroup)}
    active = [node for node in nodes(drawn.blocks) if node.get("type") in ACTIVE]
    assert {(node["type"], node.get("user_id") or node.get("usergroup_id")) for node in active} <= people | groups


def test_what_stands_in_the_menu_says_itself_which_button_it_stands_for() -> None:
    taken = said.Button("alert.take", "Take it", "1042.3")
    drawn = render(
        Message(say("x"), (said.Buttons((taken,), (said.Button("alert.resolve", "Resolve", "1042.3"),)),)), LOOK
    )
    [actions] = drawn.blocks
    assert [element["type"] for element in actions["elements"]] == ["button", "overflow"]
    assert actions["elements"][1] == {
        "type": "overflow",
        "action_id": "alert.-more",
        "options": [
            {"text": {"type": "plain_text", "text": "Resolve", "emoji": False}, "value": "alert.resolve 1042.3"}
        ],
    }


def test_a_list_of_alerts_names_each_by_its_number_and_ends_after_a_hundred() -> None:
    choices = tuple((say(f"A-{number} ", ShopText("a name of the shop's " * 9)), number) for number in range(1, 131))
    [actions] = render(Message(say("x"), (said.Pick("Open an alert", choices),)), LOOK).blocks
    [select] = actions["elements"]
    assert (select["type"], select["placeholder"]["text"]) == ("static_select", "Open an alert")
    assert [option["value"] for option in select["options"]] == [f"{PICK} {number}" for number in range(1, 101)]
    texts = [option["text"]["text"] for option in select["options"]]
    assert all(text.endswith("…") and len(text) <= limits.OPTION for text in texts)
    assert validate([actions], "message") == []


def test_a_list_of_no_alert_is_left_out_and_an_alert_without_a_name_keeps_its_line() -> None:
    assert render(Message(say("x"), (said.Pick("Open an alert", ()), said.Divider())), LOOK).blocks == [
        {"type": "divider"}
    ]
    [actions] = render(Message(say("x"), (said.Pick("Open an alert", (((), 7),)),)), LOOK).blocks
    assert actions["elements"][0]["options"][0]["text"]["text"] == "–"

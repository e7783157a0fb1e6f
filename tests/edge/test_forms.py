"""Forms as Slack's windows: within its limits whatever a form declares, and what was entered read back."""

from __future__ import annotations

import json
from dataclasses import make_dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.entries import shown
from bot.core.forms import (  # fmt: skip
    Asks,
    Channel,
    Choice,
    Day,
    Form,
    Number,
    People,
    Several,
    Skus,
    Text,
    TimeOfDay,
    When,
    fields_of,
)
from bot.core.handlers import ShowForm
from bot.core.parts import ShopText, say
from bot.edge.forms import Place, entered, errors, place, view
from bot.edge.render import Look
from bot.workbench.blocks import validate_view
from tests.edge.slack_fixtures import wish

LOOK = Look("en_GB", ZoneInfo("Europe/Berlin"))
LONG = "x" * 400
ONE_OF_EACH: dict[str, Asks] = {
    "name": Text(label="Name", hint=LONG, longest=50),
    "note": Text(label=LONG, many=True, optional=True, longest=9000),
    "many": Number(label="Many", least=0.1, most=100),
    "factor": Number(label="Factor", decimals=True),
    "on": Day(label="On"),
    "at": When(label="At"),
    "clock": TimeOfDay(label="From"),
    "days": Several(label="On", options=(("mon", LONG), ("tue", "Tuesday")), optional=True),
    "size": Choice(label="Size", options=(("s", LONG), ("l", "Large"))),
    "who": People(label="Who", most=3),
    "where": Channel(label="Where"),
    "skus": Skus(label="SKUs"),
}
GIVEN: dict[str, object] = {
    "name": LONG, "note": "one\ntwo", "many": 3, "factor": 2.5, "on": date(2026, 3, 2),
    "at": datetime(2026, 3, 2, 9, tzinfo=UTC), "clock": time(6, 30), "days": ("tue",), "size": "s", "who": ("U1",), "where": "C1", "skus": ("A", "B"),
}  # fmt: skip


def form_of(fields: dict[str, Asks], **changes: Any) -> Form:
    answers = make_dataclass("Answers", [(name, object, field) for name, field in fields.items()], frozen=True)
    return replace(wish, answers=answers, fields=fields_of(answers), **changes)


EVERY = form_of(ONE_OF_EACH, title="A title that is far too long for Slack", submit="Go")


@pytest.mark.parametrize("given", [{}, GIVEN])
def test_a_form_with_every_kind_of_field_is_a_view_that_slack_takes(given: dict[str, object]) -> None:
    drawn = view(EVERY, ShowForm("wish", "w-1", given, say("It has ", ShopText("<!channel>"), "."), "demo"), "C1", LOOK)
    assert validate_view(drawn, "modal") == []
    assert drawn["callback_id"] == "form.wish"
    assert [block.get("block_id") for block in drawn["blocks"]] == [None, *ONE_OF_EACH]
    assert place(drawn["private_metadata"]) == Place("w-1", "demo", "C1")
    assert {block["optional"] for block in drawn["blocks"][1:]} == {False, True}


def test_what_is_given_stands_in_the_fields() -> None:
    drawn = view(EVERY, ShowForm("wish", given=GIVEN, shop="demo"), "C1", LOOK)
    elements = {block["block_id"]: block["element"] for block in drawn["blocks"]}
    initial = {
        name: value for name, element in elements.items() for key, value in element.items() if key.startswith("initial")
    }
    assert initial == {
        "name": "x" * 50, "note": "one\ntwo", "many": "3", "factor": "2.5", "on": "2026-03-02", "at": 1772442000,
        "clock": "06:30", "days": [{"text": initial["days"][0]["text"], "value": "tue"}],
        "size": {"text": initial["size"]["text"], "value": "s"}, "who": ["U1"], "where": "C1", "skus": "A\nB",
    }  # fmt: skip
    assert (elements["many"]["min_value"], elements["many"]["max_value"]) == ("0.1", "100")


def test_a_field_that_the_form_has_not_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="has no field 'colour'"):
        view(EVERY, ShowForm("wish", given={"colour": "red"}), "C1", LOOK)


def test_more_than_a_window_remembers_is_refused_and_not_cut() -> None:
    with pytest.raises(ValueError, match="too long an id"):
        view(EVERY, ShowForm("wish", about="x" * 3000), "C1", LOOK)


@pytest.mark.parametrize("text", ["", "C1", "{}", '["a", "b"]', '["a", 1, "c"]', "[" * 9000])
def test_what_no_form_remembers_is_refused(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        place(text)


STATE = {
    "name": {"type": "plain_text_input", "value": "Spring"},
    "note": {"type": "plain_text_input", "value": None},
    "on": {"type": "datepicker", "selected_date": "2026-03-02"},
    "at": {"type": "datetimepicker", "selected_date_time": 1772442000},
    "size": {"type": "static_select", "selected_option": {"text": {}, "value": "s"}},
    "none": {"type": "static_select", "selected_option": None},
    "clock": {"type": "timepicker", "selected_time": "06:30"},
    "days": {"type": "checkboxes", "selected_options": [{"text": {}, "value": "mon"}, {"value": 1}]},
    "unticked": {"type": "checkboxes", "selected_options": []},
    "who": {"type": "multi_users_select", "selected_users": ["U1", "U2"]},
    "where": {"type": "conversations_select", "selected_conversation": "C1"},
}


def test_what_slack_brings_back_is_read_by_field() -> None:
    values = {name: {"entry": element} for name, element in STATE.items()}
    assert entered(values) == {
        "name": "Spring", "on": "2026-03-02", "at": "1772442000", "size": "s", "clock": "06:30", "days": ("mon",),
        "who": ("U1", "U2"), "where": "C1",
    }  # fmt: skip


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["entry", "value", "selected_option", "selected_options", "selected_users", "selected_date_time", "x"]), inner, max_size=3
    ),
)  # fmt: skip


@given(_json)
def test_whatever_is_brought_back_is_texts_and_lists_of_texts(values: Any) -> None:
    for value in entered(values).values():
        assert isinstance(value, str) or all(isinstance(each, str) for each in value)
    json.dumps(entered(values))


def test_problems_stand_below_their_fields_or_below_the_last_one() -> None:
    problems = {"name": say("Too ", ShopText("long")), "": say("It is late."), "gone": say("x" * 500)}
    told = errors(problems, ["name", "skus"], LOOK)
    assert told["name"] == "Too long"
    assert told["skus"].startswith("It is late. xxx") and len(told["skus"]) < 200


def test_every_kind_of_field_can_be_drawn_and_shown() -> None:
    assert {type(field).__name__ for field in ONE_OF_EACH.values()} == {kind.__name__ for kind in Asks.__subclasses__()}
    assert all(shown(field, None) is None for field in ONE_OF_EACH.values())

"""What Slack would not let anybody submit is told beside its input; the app never hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.workbench import Workbench
from bot.workbench.blocks import validate_view
from bot.workbench.entered import NO_NUMBER, NO_WHOLE, REQUIRED, UNKNOWN, entered, problems

Json = dict[str, Any]
OPTIONS = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("one", "two")]
GROUPS = [{"label": {"type": "plain_text", "text": "All"}, "options": OPTIONS}]
TEXT = {"type": "plain_text_input", "min_length": 2, "max_length": 4}
WHOLE = {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "9"}
PRECISE = {"type": "number_input", "is_decimal_allowed": True}
PICK = {"type": "static_select", "options": OPTIONS}
PICKS = {"type": "multi_static_select", "option_groups": GROUPS, "max_selected_items": 1}
PEOPLE = {"type": "multi_users_select", "max_selected_items": 2}
PLACE = {"type": "conversations_select"}


def block(element: Json, optional: bool = False) -> Json:
    label = {"type": "plain_text", "text": "Label"}
    named = element | {"action_id": "a"}
    return {"type": "input", "block_id": "b", "label": label, "optional": optional, "element": named}


CASES: list[tuple[Json, Json, str]] = [
    (TEXT, {"value": "abc"}, ""),
    (TEXT, {"value": None}, REQUIRED),
    (TEXT, {"value": ""}, REQUIRED),
    (TEXT, {"value": "a"}, "Please enter at least 2 characters."),
    (TEXT, {"value": "abcde"}, "Please enter 4 characters or fewer."),
    (WHOLE, {"value": "9"}, ""),
    (WHOLE, {"value": "nine"}, NO_NUMBER),
    (WHOLE, {"value": "NaN"}, NO_NUMBER),
    (WHOLE, {"value": "1.5"}, NO_WHOLE),
    (WHOLE, {"value": "0"}, "Please enter a number no less than 1."),
    (WHOLE, {"value": "10"}, "Please enter a number no more than 9."),
    (PRECISE, {"value": "-1.5"}, ""),
    ({"type": "datepicker"}, {"selected_date": "2026-03-02"}, ""),
    ({"type": "datepicker"}, {"selected_date": "2026-02-30"}, "Please enter a date."),
    ({"type": "timepicker"}, {"selected_time": "23:59"}, ""),
    ({"type": "timepicker"}, {"selected_time": "24:00"}, "Please enter a time."),
    ({"type": "datetimepicker"}, {"selected_date_time": 1772442000}, ""),
    ({"type": "datetimepicker"}, {"selected_date_time": "tomorrow"}, "Please enter a date and a time."),
    ({"type": "email_text_input"}, {"value": "ops"}, "Please enter an e-mail address."),
    ({"type": "url_text_input"}, {"value": "https://shop.example"}, ""),
    (PICK, {"selected_option": OPTIONS[0]}, ""),
    (PICK, {"selected_option": None}, REQUIRED),
    (PICK, {"selected_option": {"value": "three"}}, UNKNOWN),
    (PICKS, {"selected_options": [OPTIONS[1]]}, ""),
    (PICKS, {"selected_options": OPTIONS}, "Please choose 1 at most."),
    (PEOPLE, {"selected_users": ["U0ANNA", "U0BEN"]}, ""),
    (PEOPLE, {"selected_users": ["U0NOBODY"]}, UNKNOWN),
    (PEOPLE, {"selected_users": ["U0ANNA", "U0BEN", "U0DEV"]}, "Please choose 2 at most."),
    (PLACE, {"selected_conversation": "C0OPS"}, ""),
    (PLACE, {"selected_conversation": "C0MOON"}, UNKNOWN),
    ({"type": "file_input"}, {"files": ["F1"]}, ""),
]


@pytest.mark.parametrize(("element", "entry", "told"), CASES)
async def test_an_input_takes_what_slack_takes(workbench: Workbench, element: Json, entry: Json, told: str) -> None:
    blocks = [{"type": "divider"}, block(element)]
    view = {"type": "modal", "title": OPTIONS[0]["text"], "submit": OPTIONS[0]["text"], "blocks": blocks}
    assert validate_view(view, "modal") == []
    state = entered(blocks, {"b": {"a": entry}})
    assert problems(workbench.workspace, blocks, state) == ({"b": told} if told else {})
    if told == REQUIRED:
        assert problems(workbench.workspace, [block(element, optional=True)], state) == {}


async def test_what_nobody_touched_is_as_it_started(workbench: Workbench) -> None:
    blocks = [block(TEXT | {"initial_value": "abc"}), block(WHOLE | {"initial_value": "12"}) | {"block_id": "c"}]
    state = entered(blocks, {})
    assert state["b"]["a"]["value"] == "abc"
    assert problems(workbench.workspace, blocks, state) == {"c": "Please enter a number no more than 9."}

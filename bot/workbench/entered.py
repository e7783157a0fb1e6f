"""What people enter in a view's inputs: its state, and what Slack itself would not let them submit."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.workbench import roster
from bot.workbench.journal import Json
from bot.workbench.state import Workspace

INITIAL = {
    "initial_value": "value",
    "initial_option": "selected_option",
    "initial_options": "selected_options",
    "initial_date": "selected_date",
    "initial_time": "selected_time",
    "initial_date_time": "selected_date_time",
    "initial_user": "selected_user",
    "initial_users": "selected_users",
    "initial_channel": "selected_channel",
    "initial_channels": "selected_channels",
    "initial_conversation": "selected_conversation",
    "initial_conversations": "selected_conversations",
}
REQUIRED = "Please complete this required field."
NO_NUMBER = "Please enter a number."
NO_WHOLE = "Please enter a whole number."
UNKNOWN = "Please choose one of the options."


def elements(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Every interactive element of blocks with its block_id, nested ones included."""
    for block in blocks:
        block_id = str(block.get("block_id", ""))
        listed = [*(block.get("elements") or []), *(block.get("actions") or [])]
        single = [block[key] for key in ("accessory", "element") if key in block]
        for element in [*listed, *single]:
            if isinstance(element, dict) and "action_id" in element:
                yield block_id, element
        nested = [*listed, *(block.get("child_blocks") or [])]
        yield from elements([inner for inner in nested if isinstance(inner, dict) and "action_id" not in inner])


def entered(blocks: list[Json], values: Json) -> Json:
    """The state of a view: what was entered, and for the rest what its elements start with."""
    state: Json = {}
    for block in blocks:
        for block_id, element in elements([block]):
            if element["type"] == "button":
                continue
            start = {INITIAL[key]: value for key, value in element.items() if key in INITIAL}
            given = values.get(block_id, {}).get(element["action_id"], {})
            state.setdefault(block_id, {})[element["action_id"]] = {"type": element["type"]} | start | given
    return state


def problems(workspace: Workspace, blocks: list[Json], values: Json) -> dict[str, str]:
    """What keeps a modal from being submitted, by block_id: inputs that are missing, or hold what they cannot."""
    found: dict[str, str] = {}
    for block in blocks:
        if block.get("type") == "input":
            entry = values.get(block["block_id"], {}).get(block["element"]["action_id"], {})
            wrong = _problem(workspace, block, entry)
            if wrong:
                found[block["block_id"]] = wrong
    return found


def _problem(workspace: Workspace, block: Json, entry: Json) -> str:
    chosen = [value for key, value in entry.items() if key != "type" and value not in (None, "", [])]
    if not chosen:
        return "" if block.get("optional") else REQUIRED
    element = block["element"]
    check = _CHECKS.get(element["type"])
    return check(workspace, element, chosen[0]) if check else ""


def _text(_workspace: Workspace, element: Json, value: Any) -> str:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(str(value)) > most:
        return f"Please enter {most} characters or fewer."
    return f"Please enter at least {least} characters." if len(str(value)) < least else ""


def _number(_workspace: Workspace, element: Json, value: Any) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return NO_NUMBER
    if not number.is_finite():
        return NO_NUMBER
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return NO_WHOLE
    least, most = element.get("min_value"), element.get("max_value")
    if least is not None and number < Decimal(least):
        return f"Please enter a number no less than {least}."
    return f"Please enter a number no more than {most}." if most is not None and number > Decimal(most) else ""


def _day(_workspace: Workspace, _element: Json, value: Any) -> str:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return "Please enter a date."
    return ""


def _like(pattern: str, told: str) -> Callable[[Workspace, Json, Any], str]:
    def check(_workspace: Workspace, _element: Json, value: Any) -> str:
        return "" if re.fullmatch(pattern, str(value)) else told

    return check


def _option(_workspace: Workspace, element: Json, value: Any) -> str:
    groups = element.get("option_groups") or [element]
    known = {option["value"] for group in groups for option in group.get("options", [])}
    chosen = value if isinstance(value, list) else [value]
    return _few(element, chosen) or ("" if all(each.get("value") in known for each in chosen) else UNKNOWN)


def _one_of(known: Callable[[Workspace], Any]) -> Callable[[Workspace, Json, Any], str]:
    def check(workspace: Workspace, element: Json, value: Any) -> str:
        chosen = value if isinstance(value, list) else [value]
        return _few(element, chosen) or ("" if all(each in known(workspace) for each in chosen) else UNKNOWN)

    return check


def _few(element: Json, chosen: list[Any]) -> str:
    most = element.get("max_selected_items", len(chosen))
    return f"Please choose {most} at most." if len(chosen) > most else ""


_user = _one_of(lambda workspace: roster.MEMBERS)
_channel = _one_of(lambda workspace: workspace.channels)
_CHECKS: dict[str, Callable[[Workspace, Json, Any], str]] = {
    "plain_text_input": _text,
    "number_input": _number,
    "email_text_input": _like(r"[^@\s]+@[^@\s]+\.[^@\s]+", "Please enter an e-mail address."),
    "url_text_input": _like(r"https?://\S+", "Please enter a URL."),
    "datepicker": _day,
    "timepicker": _like(r"([01]\d|2[0-3]):[0-5]\d", "Please enter a time."),
    "datetimepicker": _like(r"\d{10}", "Please enter a date and a time."),
    "static_select": _option,
    "multi_static_select": _option,
    "radio_buttons": _option,
    "checkboxes": _option,
    "users_select": _user,
    "multi_users_select": _user,
    "channels_select": _channel,
    "multi_channels_select": _channel,
    "conversations_select": _channel,
    "multi_conversations_select": _channel,
}

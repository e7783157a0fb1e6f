"""Forms drawn as Slack's modals with inputs, and what was entered in them read back.

A field's block has the field's name as its ``block_id``, by which Slack brings back what was entered and is told what
is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.core.entries import shown
from bot.core.forms import (
    LONGEST,
    Asks,
    Channel,
    Choice,
    Day,
    Entered,
    Form,
    Number,
    People,
    Several,
    Skus,
    Text,
    TimeOfDay,
    When,
)
from bot.core.handlers import ShowForm
from bot.core.message import Paragraph
from bot.core.parts import Line
from bot.edge import limits
from bot.edge.clean import one_line
from bot.edge.limits import Json
from bot.edge.render import modal
from bot.edge.words import Look, plain

PREFIX = "form."
"""What the ``callback_id`` of a form begins with; its name follows."""

_ENTRY = "entry"
_ERROR = 150
_METADATA = 3000
_HINT = 150


@dataclass(frozen=True, slots=True)
class Place:
    """What a form's window remembers: what it is about, in which shop, and the channel it was opened from."""

    about: str
    shop: str
    channel: str


def view(form: Form, opened: ShowForm, channel: str, look: Look) -> Json:
    """The window of a form, filled with what is given. Raises ValueError for a field that the form does not have, and
    for more to remember than Slack keeps with a window."""
    foreign = set(opened.given) - set(form.fields)
    if foreign:
        raise ValueError(f"the form {form.name} has no field {min(foreign)!r}")
    remembered = json.dumps([opened.about, opened.shop, channel], separators=(",", ":"), ensure_ascii=False)
    if len(remembered) > _METADATA:
        raise ValueError(f"the form {form.name} is about too long an id")
    note = modal(form.title, [Paragraph(opened.note)], look)["blocks"] if opened.note else []
    asked = {name: _with_options(field, opened.options.get(name, ())) for name, field in form.fields.items()}
    fields = [_block(name, field, opened.given.get(name)) for name, field in asked.items()]
    return {
        "type": "modal",
        "callback_id": PREFIX + form.name,
        "title": _words(form.title, limits.VIEW_TITLE),
        "submit": _words(form.submit, limits.VIEW_TITLE),
        "close": _words("Cancel", limits.VIEW_TITLE),
        "private_metadata": remembered,
        "blocks": [*note, *fields],
    }


def place(private_metadata: str) -> Place:
    """What a window remembered. Raises ValueError for anything else."""
    match json.loads(private_metadata):
        case [str(about), str(shop), str(channel)]:
            return Place(about, shop, channel)
    raise ValueError("not what a form remembers")


def errors(problems: Mapping[str, Line], fields: Iterable[str], look: Look) -> dict[str, str]:
    """Problems as Slack takes them: text by ``block_id``. What is about no field there is stands below the last one."""
    known = list(fields)
    told: dict[str, str] = {}
    for name, line in problems.items():
        block = name if name in known else known[-1]
        words = limits.cut(plain(line, look), _ERROR)
        told[block] = f"{told[block]} {words}" if block in told else words
    return told


def entered(values: Any) -> Entered:
    """What a view's ``state.values`` hold, by field; what is empty, or nothing that a field gives, is left out."""
    found: dict[str, str | tuple[str, ...]] = {}
    for name, elements in values.items() if isinstance(values, dict) else ():
        element = elements.get(_ENTRY) if isinstance(elements, dict) else None
        value = _value(element) if isinstance(element, dict) else None
        if value:
            found[str(name)] = value
    return found


_SINGLE = ("value", "selected_date", "selected_time", "selected_conversation")


def _value(element: Mapping[str, Any]) -> str | tuple[str, ...] | None:
    match element:
        case {"selected_option": {"value": str(chosen)}}:
            return chosen
        case {"selected_date_time": int(seconds)}:
            return str(seconds)
        case {"selected_options": [*options]}:
            values = (option.get("value") for option in options if isinstance(option, dict))
            return tuple(value for value in values if isinstance(value, str))
        case {"selected_users": [*users]}:
            return tuple(user for user in users if isinstance(user, str))
    single = (element.get(key) for key in _SINGLE)
    return next((value for value in single if isinstance(value, str)), None)


# Fields.


def _with_options(field: Asks, options: tuple[tuple[str, str], ...]) -> Asks:
    return replace(field, options=options[: limits.CHOICES]) if options and isinstance(field, Choice) else field


def _words(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": limits.cut(one_line(text), most), "emoji": False}


def _block(name: str, field: Asks, given: object) -> Json:
    element = _ELEMENTS[type(field)](field, shown(field, given)) | {"action_id": _ENTRY}
    hint = {"hint": _words(field.hint, _HINT)} if field.hint else {}
    label = _words(field.label, limits.OPTION)
    return {
        "type": "input",
        "block_id": name,
        "label": label,
        "optional": field.optional,
        "element": element,
    } | hint


def _with(element: Json, key: str, value: object) -> Json:
    return element if value is None else element | {key: value}


def _text(field: Text, given: object) -> Json:
    longest = min(field.longest, LONGEST)
    element = {"type": "plain_text_input", "multiline": field.many, "max_length": longest}
    return _with(element, "initial_value", given if given is None else str(given)[:longest])


def _number(field: Number, given: object) -> Json:
    element: Json = {"type": "number_input", "is_decimal_allowed": field.decimals}
    for key, bound in (("min_value", field.least), ("max_value", field.most)):
        element = _with(element, key, None if bound is None else f"{bound:.12f}".rstrip("0").rstrip("."))
    return _with(element, "initial_value", given)


def _options(field: Choice | Several) -> list[Json]:
    return [{"text": _words(label, limits.OPTION), "value": value} for value, label in field.options]


def _several(field: Several, given: object) -> Json:
    options = _options(field)
    ticked = [option for option in options if isinstance(given, tuple) and option["value"] in given]
    return _with({"type": "checkboxes", "options": options}, "initial_options", ticked or None)


def _choice(field: Choice, given: object) -> Json:
    options = _options(field)
    chosen = next((option for option in options if option["value"] == given), None)
    return _with({"type": "static_select", "options": options}, "initial_option", chosen)


def _people(field: People, given: object) -> Json:
    users = list(given) if isinstance(given, tuple) else None
    return _with({"type": "multi_users_select", "max_selected_items": field.most}, "initial_users", users)


def _channel(field: Channel, given: object) -> Json:
    only = {"include": ["public", "private"], "exclude_bot_users": True}
    return _with({"type": "conversations_select", "filter": only}, "initial_conversation", given)


def _when(field: When, given: object) -> Json:
    return _with({"type": "datetimepicker"}, "initial_date_time", int(given) if isinstance(given, str) else None)


_ELEMENTS: Mapping[type[Asks], Callable[[Any, object], Json]] = {
    Text: _text,
    Number: _number,
    Day: lambda field, given: _with({"type": "datepicker"}, "initial_date", given),
    When: _when,
    TimeOfDay: lambda field, given: _with({"type": "timepicker"}, "initial_time", given),
    Choice: _choice,
    Several: _several,
    People: _people,
    Channel: _channel,
    Skus: lambda field, given: _text(Text(label=field.label, many=True, longest=LONGEST), given),
}

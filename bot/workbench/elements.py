"""Block Kit's interactive elements and the objects they are made of: options, confirmations, menus, inputs."""

from typing import Any

from bot.workbench.rich_text import RICH_TEXT
from bot.workbench.shapes import (
    Check,
    Problems,
    boolean,
    enum,
    integer,
    items,
    one_of,
    plain,
    problem,
    shape,
    string,
    text,
    variant,
)

CONFIRM = shape(
    {
        "title": plain("confirmation.title"),
        "text": text("confirmation.text"),
        "confirm": plain("confirmation.confirm"),
        "deny": plain("confirmation.deny"),
    },
    {"style": enum("primary", "danger")},
)
NAMED: dict[str, Check] = {"action_id": string("action_id")}
ASKING = NAMED | {"confirm": CONFIRM, "focus_on_load": boolean}
PLACED = ASKING | {"placeholder": plain("select.placeholder")}
DISPATCH = shape(
    {
        "trigger_actions_on": items(
            enum("on_enter_pressed", "on_character_entered"), "dispatch_action_configuration.trigger_actions_on"
        )
    }
)


def option(text_check: Check, *, url: bool = False) -> Check:
    """One option of a menu or group; only overflow menus have a url."""
    link = {"url": string("option.url")} if url else {}
    described = {"description": text("option.description")}
    return shape({"text": text_check, "value": string("option.value")}, described | link)


MENU_OPTION = option(plain("option.text"))
FREE_OPTION = option(text("option.text"))
GROUP = shape({"label": plain("option_group.label"), "options": items(MENU_OPTION, "option_group.options")})


def _initial_among_options(value: dict[str, Any], pointer: str, problems: Problems) -> None:
    grouped = [entry for group in value.get("option_groups", []) for entry in group["options"]]
    known = [entry["value"] for entry in [*value.get("options", []), *grouped]]
    chosen = [*value.get("initial_options", []), *([value["initial_option"]] if "initial_option" in value else [])]
    if any(entry["value"] not in known for entry in chosen):
        problem(problems, "initial option must be one of the options", pointer)


def _menu(options: dict[str, Check], *rules: Any) -> tuple[Check, Check]:
    """A select of one, and the same of several."""
    several = options | {"max_selected_items": integer(), "initial_options": items(MENU_OPTION)}
    return (
        shape({}, PLACED | options | {"initial_option": MENU_OPTION}, *rules),
        shape({}, PLACED | several, *rules),
    )


_static, _multi_static = _menu(
    {"options": items(MENU_OPTION, "select.options"), "option_groups": items(GROUP, "select.option_groups")},
    one_of("options", "option_groups"),
    _initial_among_options,
)
_external, _multi_external = _menu({"min_query_length": integer()})
_URL_ENABLED = {"response_url_enabled": boolean}
_FILTER = shape(
    {},
    {
        "include": items(enum("im", "mpim", "private", "public")),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
_CONVERSING = {"default_to_current_conversation": boolean, "filter": _FILTER}


def _choices(kind: str, size: str) -> Check:
    options = {"options": items(FREE_OPTION, size)}
    initial: dict[str, Check] = (
        {"initial_options": items(FREE_OPTION, size)} if kind == "checkboxes" else {"initial_option": FREE_OPTION}
    )
    return shape(options, ASKING | initial, _initial_among_options)


def _typed(**more: Check) -> Check:
    common = {"placeholder": plain("plain_text_input.placeholder"), "initial_value": string()}
    return shape({}, NAMED | common | {"focus_on_load": boolean, "dispatch_action_config": DISPATCH} | more)


_FEEDBACK = shape(
    {"text": plain("feedback_button.text"), "value": string("feedback_button.value")},
    {"accessibility_label": string("feedback_button.accessibility_label")},
)

ELEMENTS: dict[str, Check] = {
    "button": shape(
        {"text": plain("button.text")},
        NAMED
        | {
            "url": string("button.url"),
            "value": string("button.value"),
            "style": enum("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string("button.accessibility_label"),
        },
    ),
    "overflow": shape(
        {"options": items(option(plain("option.text"), url=True), "overflow.options")}, NAMED | {"confirm": CONFIRM}
    ),
    "checkboxes": _choices("checkboxes", "checkboxes.options"),
    "radio_buttons": _choices("radio_buttons", "radio_buttons.options"),
    "static_select": _static,
    "multi_static_select": _multi_static,
    "external_select": _external,
    "multi_external_select": _multi_external,
    "users_select": shape({}, PLACED | {"initial_user": string()}),
    "multi_users_select": shape({}, PLACED | {"initial_users": items(string()), "max_selected_items": integer()}),
    "channels_select": shape({}, PLACED | _URL_ENABLED | {"initial_channel": string()}),
    "multi_channels_select": shape({}, PLACED | {"initial_channels": items(string()), "max_selected_items": integer()}),
    "conversations_select": shape({}, PLACED | _URL_ENABLED | _CONVERSING | {"initial_conversation": string()}),
    "multi_conversations_select": shape(
        {}, PLACED | _CONVERSING | {"initial_conversations": items(string()), "max_selected_items": integer()}
    ),
    "datepicker": shape({}, PLACED | {"initial_date": string()}),
    "timepicker": shape({}, PLACED | {"initial_time": string(), "timezone": string()}),
    "datetimepicker": shape({}, ASKING | {"initial_date_time": integer()}),
    "plain_text_input": _typed(
        multiline=boolean,
        min_length=integer("plain_text_input.min_length"),
        max_length=integer("plain_text_input.max_length"),
    ),
    "email_text_input": _typed(),
    "url_text_input": _typed(),
    "number_input": _typed(is_decimal_allowed=boolean, min_value=string(), max_value=string()),
    "rich_text_input": shape(
        {},
        NAMED
        | {
            "placeholder": plain("plain_text_input.placeholder"),
            "initial_value": variant({"rich_text": RICH_TEXT}),
            "focus_on_load": boolean,
            "dispatch_action_config": DISPATCH,
        },
    ),
    "file_input": shape({}, NAMED | {"filetypes": items(string()), "max_files": integer("file_input.max_files")}),
    "image": shape(
        {"alt_text": string("image.alt_text")},
        {"image_url": string("image.image_url"), "slack_file": shape({}, {"id": string(), "url": string()})},
        one_of("image_url", "slack_file"),
    ),
    "icon_button": shape(
        {"icon": string(), "text": plain("button.text")},
        NAMED
        | {
            "value": string("icon_button.value"),
            "confirm": CONFIRM,
            "accessibility_label": string("icon_button.accessibility_label"),
            "visible_to_user_ids": items(string()),
        },
    ),
    "feedback_buttons": shape({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, NAMED),
}

MENUS = frozenset(kind for kind in ELEMENTS if kind.endswith(("_select", "picker")))
IN_SECTION = MENUS | {"button", "overflow", "checkboxes", "radio_buttons", "image"}
IN_ACTIONS = (MENUS - {kind for kind in MENUS if kind.startswith("multi_")}) | {
    "button",
    "overflow",
    "checkboxes",
    "radio_buttons",
}
IN_INPUT = MENUS | {kind for kind in ELEMENTS if kind.endswith("_input")} | {"checkboxes", "radio_buttons"}
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})

"""Modals and App Homes: how a view given by the app becomes one that is shown, and how the stack of modals moves."""

import json
from typing import Any

from bot.workbench import roster
from bot.workbench.blocks import named_blocks, validate_view
from bot.workbench.journal import Json
from bot.workbench.state import Refusal, Workspace

VIEW_BYTES = 250_000
STACK_DEPTH = 3
TEXTS = ("callback_id", "external_id", "private_metadata")


def accepted(given: Any, kind: str) -> Json:
    """The view as the app gave it, checked.

    Raises Refusal with view_too_large or invalid_arguments.
    """
    if len(json.dumps(given)) > VIEW_BYTES:
        raise Refusal("view_too_large")
    problems = validate_view(given, kind)
    if problems:
        raise Refusal("invalid_arguments", response_metadata={"messages": problems})
    return dict(given)


def shown_view(view: Json) -> Json:
    """A view as Slack's API gives it, without the workbench's own key."""
    return {key: value for key, value in view.items() if key != "user"}


def build(workspace: Workspace, given: Json, user: str, previous: Json | None = None) -> Json:
    """A new view for a person; `previous` is the modal beneath it."""
    view_id = workspace.name("V")
    return _dressed(workspace, given, user) | {
        "id": view_id,
        "previous_view_id": previous["id"] if previous else None,
        "root_view_id": previous["root_view_id"] if previous else view_id,
    }


def _dressed(workspace: Workspace, given: Json, user: str) -> Json:
    app = {"team_id": roster.TEAM_ID, "app_id": roster.APP_ID, "bot_id": roster.BOT_ID, "user": user}
    texts: Json = dict.fromkeys(TEXTS, "")
    defaults: Json = {"title": None, "submit": None, "close": None, "clear_on_close": False, "notify_on_close": False}
    blocks = named_blocks(given["blocks"], workspace.number)
    return (
        defaults
        | texts
        | given
        | app
        | {
            "blocks": blocks,
            "state": {"values": {}},
            "app_installed_team_id": roster.TEAM_ID,
        }
    )


def open_view(workspace: Workspace, given: Json, user: str) -> Json:
    """Show a modal as the bottom of a person's stack."""
    return _stacked(workspace, build(workspace, given, user), [])


def push_view(workspace: Workspace, given: Json, user: str) -> Json:
    """Show a modal on top of a person's stack.

    Raises Refusal with push_limit_reached.
    """
    stack = workspace.stacks.get(user, [])
    if len(stack) >= STACK_DEPTH:
        raise Refusal("push_limit_reached")
    previous = workspace.views[stack[-1]] if stack else None
    return _stacked(workspace, build(workspace, given, user, previous), stack)


def _stacked(workspace: Workspace, view: Json, beneath: list[str]) -> Json:
    workspace.put_view(view)
    workspace.set_stack(view["user"], [*beneath, view["id"]])
    return view


def replace_view(workspace: Workspace, view: Json, given: Json) -> Json:
    """Put new content into a shown view; what was entered in blocks that stay is kept."""
    kept = {key: view[key] for key in ("id", "previous_view_id", "root_view_id")}
    changed = _dressed(workspace, given, view["user"]) | kept
    staying = {block["block_id"] for block in changed["blocks"]}
    entered = view.get("state", {}).get("values", {})
    changed["state"] = {"values": {block: value for block, value in entered.items() if block in staying}}
    workspace.put_view(changed)
    return changed

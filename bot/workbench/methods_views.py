"""views.*: opening, pushing and changing modals, and publishing App Homes."""

from typing import Any

from bot.workbench import roster, views
from bot.workbench.journal import Json
from bot.workbench.registry import Call, method
from bot.workbench.state import Refusal, Trigger


def _triggered(call: Call) -> Trigger:
    """The act behind the call's trigger_id, used up by this.

    Raises Refusal with invalid_trigger_id, exchanged_trigger_id or expired_trigger_id.
    """
    trigger = call.workspace.triggers.get(call.required("trigger_id"))
    if trigger is None:
        raise Refusal("invalid_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    if call.workspace.clock.now() > trigger.expires:
        raise Refusal("expired_trigger_id")
    trigger.used = True
    return trigger


def _view(call: Call, kind: str) -> Json:
    given: Any = call.document("view", "invalid_arguments")
    return views.accepted(given, kind)


def _unique(call: Call, given: Json, besides: str = "") -> None:
    external = given.get("external_id")
    others = (view for view in call.workspace.views.values() if view["id"] != besides)
    if external and any(view.get("external_id") == external for view in others):
        raise Refusal("duplicate_external_id")


@method("views.open", tier=4)
def open_modal(call: Call) -> Json:
    """Open a modal for whoever acted."""
    given = _view(call, "modal")
    _unique(call, given)
    view = views.open_view(call.workspace, given, _triggered(call).user)
    return {"view": views.shown_view(view)}


@method("views.push", tier=4)
def push_modal(call: Call) -> Json:
    """Put a modal on top of the one whose button was pressed."""
    given = _view(call, "modal")
    _unique(call, given)
    view = views.push_view(call.workspace, given, _triggered(call).user)
    return {"view": views.shown_view(view)}


@method("views.update", tier=4)
def update_view(call: Call) -> Json:
    """Change a shown view by view_id or external_id; a stale `hash` is a conflict."""
    view = _shown(call)
    given = _view(call, view["type"])
    _unique(call, given, view["id"])
    _fresh(call, view)
    return {"view": views.shown_view(views.replace_view(call.workspace, view, given))}


def _shown(call: Call) -> Json:
    external = call.text("external_id")
    if external:
        known = (view for view in call.workspace.views.values() if view.get("external_id") == external)
        found = next(known, None)
    else:
        found = call.workspace.views.get(call.required("view_id"))
    if found is None:
        raise Refusal("not_found")
    return found


def _fresh(call: Call, view: Json) -> None:
    seen = call.text("hash")
    if seen and seen != view["hash"]:
        raise Refusal("hash_conflict")


@method("views.publish", tier=4)
def publish_home(call: Call) -> Json:
    """Show a member's App Home."""
    home = ((call.workspace.manifest or {}).get("features") or {}).get("app_home") or {}
    if home.get("home_tab_enabled") is False:
        raise Refusal("not_enabled")
    user = call.required("user_id")
    if user not in roster.MEMBERS:
        raise Refusal("invalid_arguments", response_metadata={"messages": ["[ERROR] user not found"]})
    given = _view(call, "home")
    standing = call.workspace.views.get(call.workspace.homes.get(user, ""))
    if standing is None:
        view = views.build(call.workspace, given, user)
        call.workspace.put_view(view)
    else:
        _fresh(call, standing)
        view = views.replace_view(call.workspace, standing, given)
    return {"view": views.shown_view(view)}

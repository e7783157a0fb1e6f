"""Who may do what: one question, asked at the one place where an act comes in, with all that an answer may need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.core.forms import Form
from bot.core.handlers import Action, Command
from bot.core.parts import Line, say

Standing = Literal["member", "guest", "outsider", "unknown"]
"""What somebody is in the workspace: of the house, invited to some of its channels, of another one in a shared channel,
or not known because the workspace does not let the bot ask."""

Surface = Literal["command", "button", "form"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts, by Slack user id."""

    user: str
    standing: Standing = "unknown"


_FOREIGN = {"guest": "a guest here", "outsider": "from another workspace"}


def authorize(actor: Actor, handler: Command | Action | Form, surface: Surface) -> Line | None:
    """Why the actor may not use the handler there, or None where they may.

    Forms change what everybody goes by, so guests and people of other workspaces are refused.
    """
    if surface == "form" and actor.standing in _FOREIGN:
        return say(
            f"You are {_FOREIGN[actor.standing]}, and this changes what everybody goes by. Ask a colleague to do it."
        )
    return None

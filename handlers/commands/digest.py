"""A digest, now."""

from __future__ import annotations

from bot.core.facts import NoFacts
from bot.core.handlers import Refused, Request, ShowDigest, command
from bot.core.parts import say

_ROLL_UP = "operations"


@command("ops", verb="digest", usage="[department]")
def digest(request: Request, facts: NoFacts) -> ShowDigest:
    """Shows a department's digest of the last complete week, or the roll-up of operations when you name none."""
    wanted = request.text.strip().lower() or _ROLL_UP
    if wanted not in request.departments:
        raise Refused(say(f"Whose digest? Say one of: {', '.join(request.departments)}."))
    return ShowDigest(wanted)

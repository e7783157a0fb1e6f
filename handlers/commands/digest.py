"""A digest, now."""

from __future__ import annotations

from bot.core.facts import NoFacts
from bot.core.handlers import Refused, Request, ShowDigest, command
from bot.core.parts import say
from bot.core.spelling import meant

_ROLL_UP = "operations"


@command("ops", verb="digest", usage="[department]")
def digest(request: Request, facts: NoFacts) -> ShowDigest:
    """Shows a department's digest of the last complete week, or the roll-up of operations when you name none."""
    wanted = request.text.strip().lower() or _ROLL_UP
    if wanted not in request.departments:
        whose = say(f"Whose digest? Say one of: {', '.join(request.departments)}.")
        raise Refused(say(whose, meant(wanted, request.departments)))
    return ShowDigest(wanted)

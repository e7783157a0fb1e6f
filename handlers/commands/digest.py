"""A digest, now."""

from __future__ import annotations

from bot.core.facts import NoFacts
from bot.core.handlers import Refused, Request, ShowDigest, command
from bot.core.parts import say

_MANAGER = "manager"


@command("ops", verb="digest", usage="[department]")
def digest(request: Request, facts: NoFacts) -> ShowDigest:
    """Shows a department's digest of the last complete week, or the manager's when you name none."""
    wanted = request.text.strip().lower() or _MANAGER
    known = (_MANAGER, *request.departments)
    if wanted not in known:
        raise Refused(say(f"Whose digest? Say one of: {', '.join(known)}."))
    return ShowDigest(wanted)

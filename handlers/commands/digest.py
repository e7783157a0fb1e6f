"""A digest, now."""

from __future__ import annotations

import re

from bot.core.facts import NoFacts
from bot.core.handlers import Refused, Request, ShowDigest, command
from bot.core.parts import say
from bot.core.spelling import meant

_ROLL_UP = "operations"
_MOST_DAYS = 92
_PERIODS = {"yesterday": 1, "day": 1, "week": 7, "fortnight": 14, "month": 30}
_APART = re.compile(r"\b([0-9]+)\s+days?\b", re.ASCII)
_DAYS = re.compile(r"([0-9]{1,3})(?:d|days?)?", re.ASCII)


@command("ops", verb="digest", usage="[department] [yesterday | week | month | 14d]")
def digest(request: Request, facts: NoFacts) -> ShowDigest:
    """Shows a department's digest of the last week, or of another time, or the roll-up of operations.

    A period is complete days up to yesterday: `yesterday`, `week` (7), `fortnight` (14), `month` (30), or a number of
    them such as `10d`, 92 at most.
    """
    words = _APART.sub(r"\1d", request.text.lower()).split()
    department = next((word for word in words if word in request.departments), None)
    others = [word for word in words if word != department]
    days = [_days(word, request.departments) for word in others]
    if len(days) > 1:
        raise Refused(say("One department and one period, please, such as ", "/ops digest finance month", "."))
    return ShowDigest(department or _ROLL_UP, days[0] if days else _PERIODS["week"])


def _days(word: str, departments: tuple[str, ...]) -> int:
    """How many days a word means. Raises Refused with the words there are."""
    found = _DAYS.fullmatch(word)
    days = _PERIODS.get(word) or (int(found[1]) if found else 0)
    if found and not 1 <= days <= _MOST_DAYS:
        raise Refused(say(f"A digest sums up 1 to {_MOST_DAYS} days."))
    if not days:
        known = (*departments, *_PERIODS)
        whose = say(
            f"Whose digest, and of when? Say one of {', '.join(departments)}, and one of {', '.join(_PERIODS)}."
        )
        raise Refused(say(whose, meant(word, known)))
    return days

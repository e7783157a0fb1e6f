"""Opens the form of a silence."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.core.facts import AlertStory, ask
from bot.core.handlers import Refused, Request, ShowForm, command
from bot.core.known import Story
from bot.core.parts import say
from bot.core.spans import PATTERN


@dataclass(frozen=True)
class Facts:
    """The alert that is named, if one is."""

    story: Story | None = ask(AlertStory())


@command("ops", verb="silence", usage="[A-1042 | rule] [SKU…] [4h]")
def silence(request: Request, facts: Facts) -> ShowForm:
    """Keeps a rule, some SKUs or what an alert is about quiet for a while: opens the form, filled with what you
    name."""
    words = request.text.split()
    if facts.story is not None:
        alert = facts.story.alert
        return _shown(rule=alert.rule, subject=alert.subject)
    if words and words[0].upper().startswith("A-") and words[0][2:].isdecimal():
        raise Refused(say("Name an alert that exists, alone, such as /ops silence A-1042. /ops alerts lists them."))
    spans = [word for word in words if PATTERN.fullmatch(word)]
    rule = next((word for word in words if any(fnmatchcase(name, word) for name in request.rules)), "")
    others = [word.strip(",;") for word in words if word != rule and word not in spans]
    return _shown(rule=rule, subject="\n".join(others), span=spans[-1] if spans else "")


def _shown(**given: str) -> ShowForm:
    return ShowForm("silence", given={"shop": "this", **given})

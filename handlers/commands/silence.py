"""Opens the form of a silence."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bot.core.alerts import Alert
from bot.core.facts import AlertNamed, ask
from bot.core.handlers import Refused, Request, ShowForm, command
from bot.core.parts import say
from bot.core.spans import PATTERN

_ALERT = re.compile("A-[0-9]{1,12}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Facts:
    """The alert that is named, if one is."""

    alert: Alert | None = ask(AlertNamed())


@command("ops", verb="silence", usage="[A-1042 | rule] [SKU…] [4h]")
def silence(request: Request, facts: Facts) -> ShowForm:
    """Keeps a rule, some SKUs or what an alert is about quiet for a while: opens the form, filled with what you
    name."""
    words = request.text.split()
    spans = [word for word in words if PATTERN.fullmatch(word)]
    if words and _ALERT.fullmatch(words[0]):
        if facts.alert is None:
            raise Refused(say("Name an alert that exists, such as /ops silence A-1042. /ops alerts lists them."))
        told = {"rule": facts.alert.rule, "subject": facts.alert.subject.id, "span": (spans or [""])[-1]}
        return replace(_shown(**told), shop=facts.alert.shop)
    rule = next((word for word in words if any(fnmatchcase(name, word) for name in request.rules)), "")
    others = [word.strip(",;") for word in words if word != rule and word not in spans]
    return _shown(rule=rule, subject="\n".join(others), span=spans[-1] if spans else "")


def _shown(**given: str) -> ShowForm:
    return ShowForm("silence", given={"shop": "this", **given})

"""Ends a silence."""

from __future__ import annotations

import re

from bot.core.facts import NoFacts
from bot.core.handlers import EndSilence, Refused, Request, command
from bot.core.parts import say

_NAME = re.compile(r"(?:S-)?([0-9]{1,9})", re.IGNORECASE | re.ASCII)


@command("ops", verb="unsilence", usage="S-3")
def unsilence(request: Request, facts: NoFacts) -> EndSilence:
    """Ends a silence; what it kept quiet and still stands is shown at once."""
    named = _NAME.fullmatch(request.text.strip())
    if named is None:
        raise Refused(say("Name a silence, such as /ops unsilence S-3. /ops silences lists those that hold."))
    return EndSilence(int(named[1]))

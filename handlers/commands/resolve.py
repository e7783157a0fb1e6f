"""Ends a matter."""

from __future__ import annotations

import re

from bot.core.alerts import ENDINGS, Ending
from bot.core.handlers import Request, SendForm, ShowForm, command
from bot.core.message import button_value
from bot.core.typed import Named, named, readable

_MARKS = " \t\n:,;.-"


@command("ops", verb="resolve", usage="A-1042 [done | false alarm | will not act | duplicate] [note]")
def resolve(request: Request, facts: Named) -> SendForm | ShowForm:
    """Ends the alert: say how and why, as in `false alarm: the scale was off`, or open the form by saying nothing."""
    alert, said = named(request.text, facts)
    if not said:
        about = button_value(alert.number, alert.turn)
        return ShowForm("resolve", about=about, given={"ending": "done"}, shop=alert.shop)
    ending, note = _split(readable(said))
    return SendForm("resolve", alert.number, {"ending": ending, "note": note})


def _split(said: str) -> tuple[Ending, str]:
    """How it ends, and the note. Words that name no ending are what was done."""
    for ending, label in ENDINGS.items():
        words = r"[\s_-]+".join(label.split())
        if found := re.match(rf"{words}\b(?P<note>.*)", said, re.IGNORECASE | re.DOTALL):
            return ending, found["note"].strip(_MARKS)
    return "done", said

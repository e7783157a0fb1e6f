"""Gives a matter to somebody else."""

from __future__ import annotations

import re

from bot.core.handlers import Request, SendForm, ShowForm, command
from bot.core.message import button_value
from bot.core.parts import Line, ShopText, say
from bot.core.spelling import meant
from bot.core.typed import Named, named

_PERSON = re.compile(r"<@([UW][A-Z0-9]{2,30})(?:\|[^>]*)?>", re.ASCII)


@command("ops", verb="hand-off", usage="A-1042 [@person | department] [note]")
def hand_off(request: Request, facts: Named) -> SendForm | ShowForm:
    """Gives the alert to a person, who is told, or to a department, with a note; opens a form where you name nobody."""
    alert, said = named(request.text, facts)
    first, _, note = re.sub(r"^to\s+", "", said, flags=re.IGNORECASE).partition(" ")
    whom = _whom(first.rstrip(",:;"), request.departments)
    if whom is not None:
        return SendForm("hand_off", alert.number, whom | {"note": note.strip()})
    about = button_value(alert.number, alert.turn)
    return ShowForm("hand_off", about=about, given={"note": said}, note=_unknown(first, request), shop=alert.shop)


def _whom(first: str, departments: tuple[str, ...]) -> dict[str, object] | None:
    """Whom the first word names, as the form's fields; None where it names nobody that is known."""
    if person := _PERSON.fullmatch(first):
        return {"person": (person[1],)}
    same = [name for name in departments if name.casefold() == first.casefold()]
    return {"department": same[0]} if same else None


def _unknown(first: str, request: Request) -> Line:
    if not first:
        return ()
    near = meant(first, request.departments)
    return say("No department is called ", ShopText(first), ", nor did Slack say that it is a person.", near)

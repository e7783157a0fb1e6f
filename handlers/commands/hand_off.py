"""Gives a matter to somebody else."""

from __future__ import annotations

import re

from bot.core.handlers import Request, SendForm, ShowForm, command
from bot.core.message import button_value
from bot.core.parts import Line, ShopText, say
from bot.core.spelling import meant
from bot.core.typed import Named, named, person_in, readable


@command("ops", verb="hand-off", usage="A-1042 [department] [@person] [note]")
def hand_off(request: Request, facts: Named) -> SendForm | ShowForm:
    """Gives the alert to a person, who is told, to a department, or to a person of it, with a note; opens a form where
    you name nobody."""
    alert, said = named(request.text, facts)
    whom, note = _whom(re.sub(r"^to\s+", "", said, flags=re.IGNORECASE), request.departments)
    if whom:
        return SendForm("hand_off", alert.number, {**whom, "note": readable(note)})
    about, unknown = button_value(alert.number, alert.turn), _unknown(note.partition(" ")[0], request)
    return ShowForm("hand_off", about=about, given={"note": readable(said)}, note=unknown, shop=alert.shop)


def _whom(said: str, departments: tuple[str, ...]) -> tuple[dict[str, object], str]:
    """Whom the first words name, as the form's fields, and what follows; nobody where they name none that is known."""
    whom: dict[str, object] = {}
    first, rest = _word(said)
    same = [name for name in departments if name.casefold() == first.casefold()]
    if same:
        whom["department"], said = same[0], rest
        first, rest = _word(rest)
    if person := person_in(first):
        whom["person"], said = (person,), rest
    return whom, said


def _word(said: str) -> tuple[str, str]:
    first, _, rest = said.partition(" ")
    return first.rstrip(",:;"), rest.strip()


def _unknown(first: str, request: Request) -> Line:
    if not first:
        return ()
    near = meant(first, request.departments)
    return say("No department is called ", ShopText(first), ", nor did Slack say that it is a person.", near)

"""Which rules are set otherwise for some SKUs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bot.core.exceptions import RuleException, what
from bot.core.facts import ExceptionsHeld, Now, ask
from bot.core.handlers import EndException, Refused, Reply, Request, command
from bot.core.message import Footer, Heading, Message, Paragraph, Table
from bot.core.parts import Line, Moment, ShopText, member, say

_MOST_ROWS = 30
_ENDING = re.compile(r"end\s+(?:E-)?([0-9]{1,9})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Facts:
    held: tuple[RuleException, ...] = ask(ExceptionsHeld())
    now: datetime = ask(Now())


@command("ops", verb="thresholds", usage="[end E-3]")
def thresholds(request: Request, facts: Facts) -> Reply | EndException:
    """Lists which rules are set otherwise for some SKUs, tags or vendors, by whom, why and until when; `end` ends
    one."""
    wanted = request.text.strip()
    if named := _ENDING.fullmatch(wanted):
        return EndException(int(named[1]))
    if wanted:
        raise Refused(say("Say /ops thresholds alone, or /ops thresholds end E-3 with a name from its list."))
    hold = tuple(each for each in request.house.exceptions if each.until is None or facts.now < each.until)
    return _listed((*facts.held, *hold))


def _listed(exceptions: tuple[RuleException, ...]) -> Reply:
    if not exceptions:
        nothing = say("Every rule is set alike for all. /ops threshold SKU sets one otherwise.")
        return Reply(Message(nothing, (Paragraph(nothing),)))
    title = say("1 exception holds" if len(exceptions) == 1 else f"{len(exceptions)} exceptions hold")
    rows = tuple(map(_row, exceptions[:_MOST_ROWS]))
    table = Table("Exceptions to rules", ("Name", "What", "Until", "By", "Why"), rows)
    more = (Paragraph(say(f"+{len(exceptions) - _MOST_ROWS} more")),) if len(exceptions) > _MOST_ROWS else ()
    how = Footer(say("A SKU's counts before a tag's, a vendor's, the rule's. /ops thresholds end E-1 ends one."))
    return Reply(Message(title, (Heading("Exceptions to rules"), table, *more, how)), share=True)


def _row(each: RuleException) -> tuple[Line, ...]:
    return (
        say(each.name if each.id else "–"),
        what(each),
        say(Moment(each.until)) if each.until else say("–"),
        say(member(each.by)) if each.id else say("the config"),
        say(ShopText(each.reason)),
    )

"""Why nothing was told."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.facts import DecisionsOn, NearestSkus, ask
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import DecisionLine
from bot.core.message import Message, Paragraph, Table
from bot.core.parts import Line, Moment, ShopText, join, say
from bot.core.subject import Subject

_VERDICTS = {"fire": "fires", "clear": "is over", "quiet": "says nothing"}
_MOST_ROWS = 20


@dataclass(frozen=True)
class Facts:
    decisions: tuple[DecisionLine, ...] = ask(DecisionsOn())
    nearest: tuple[str, ...] = ask(NearestSkus())


@command("ops", verb="whynot", usage="SKU | campaign | order")
def whynot(request: Request, facts: Facts) -> Reply:
    """Tells from the records what each rule last decided on a SKU, a campaign or an order, and why it told nobody."""
    wanted = request.text.strip()
    if not wanted:
        raise Refused(say("Name a SKU, a campaign or an order, such as /ops whynot MUG-OWL."))
    if not facts.decisions:
        raise Refused(_unknown(wanted, facts.nearest))
    title = say("What was decided on ", ShopText(facts.decisions[0].subject))
    rows = tuple(map(_row, facts.decisions[:_MOST_ROWS]))
    left = len(facts.decisions) - _MOST_ROWS
    more = (Paragraph(say(f"+{left} more")),) if left > 0 else ()
    return Reply(Message(title, (Paragraph(title), Table("Decisions", _HEADER, rows), *more)), share=True)


_HEADER = ("Rule", "It", "Because", "Since", "Alert")


def _row(decision: DecisionLine) -> tuple[Line, ...]:
    return (
        say(decision.rule),
        say(_VERDICTS[decision.verdict]),
        decision.reason,
        say(Moment(decision.since), f", {decision.times} times" if decision.times > 1 else ""),
        say(f"A-{decision.number}" if decision.number is not None else "–"),
    )


def _unknown(wanted: str, nearest: tuple[str, ...]) -> Line:
    told = say("No rule was ever asked about ", ShopText(wanted), ".")
    return say(told, " The nearest: ", join([say(Subject("sku", sku)) for sku in nearest]), ".") if nearest else told

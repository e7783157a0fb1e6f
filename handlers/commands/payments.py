"""How the money stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core import owed
from bot.core.facts import DisputesOpen, MethodsTried, Now, Payouts, Receivables, SourcesSeen, ask
from bot.core.freshness import as_of
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import DisputeState, MethodTried, PayoutState, Receivable, SourceSeen
from bot.core.message import Block, Bullets, Figures, Heading, Message, Paragraph
from bot.core.parts import Duration, Line, Moment, Quantity, Share, ShopText, join, say, strong
from bot.core.spelling import unknown
from bot.core.surprise import surprise, usual_rate

_PARTS = ("outstanding", "failures", "disputes", "payouts")
_MOST_ROWS = 10
_MOST_PAYOUTS = 5


@dataclass(frozen=True)
class Facts:
    now: datetime = ask(Now())
    receivables: tuple[Receivable, ...] = ask(Receivables())
    methods: tuple[MethodTried, ...] = ask(MethodsTried())
    disputes: tuple[DisputeState, ...] = ask(DisputesOpen())
    payouts: tuple[PayoutState, ...] = ask(Payouts())
    sources: tuple[SourceSeen, ...] = ask(SourcesSeen())


@command("ops", verb="payments", usage="[outstanding | failures | disputes | payouts]")
def payments(request: Request, facts: Facts, *, level: float = 3.0) -> Reply:
    """Money outstanding by age, failed payments against the usual, disputes with their deadline, and payouts.

    - level: how surprising the failures of a method must be to be called unusual, as powers of ten.
    """
    wanted = request.text.strip().lower()
    if wanted and wanted not in _PARTS:
        raise Refused(unknown(wanted, _PARTS))
    written: dict[str, list[Block]] = {
        "outstanding": _outstanding(facts),
        "failures": _failures(facts, level),
        "disputes": _disputes(facts),
        "payouts": _payouts(facts),
    }
    blocks = [block for part in _PARTS if wanted in ("", part) for block in written[part]]
    return Reply(Message(_summary(facts), (*blocks, as_of(facts.sources))), share=True)


def _summary(facts: Facts) -> Line:
    open_sums = owed.in_words(each.outstanding for each in facts.receivables) or say("nothing")
    return say("Payments: ", open_sums, " outstanding, ", _many(len(facts.disputes), "dispute"), " to answer")


def _many(number: int, one: str) -> Line:
    return say("no ", f"{one}s") if not number else say(Quantity(number, one if number == 1 else f"{one}s"))


def _outstanding(facts: Facts) -> list[Block]:
    if not facts.receivables:
        return [Paragraph(say("Nothing is outstanding."))]
    return [owed.table(facts.receivables, facts.now)]


def _failures(facts: Facts, level: float) -> list[Block]:
    tried = sorted((each for each in facts.methods if each.seen.attempts), key=lambda each: -each.seen.failures)
    if not tried:
        return [Paragraph(say("Nobody tried to pay in the last 24 hours."))]
    lines = [_method(each, level) for each in tried]
    return [Heading("Payments of the last 24 hours"), Bullets(_first(lines))]


def _method(each: MethodTried, level: float) -> Line:
    usual = usual_rate(each.days)
    few = say(
        Quantity(each.seen.failures), " of ", Quantity(each.seen.attempts), " failed (", Share(each.seen.rate), ")"
    )
    told = say(ShopText(each.method), ": ", few)
    if not each.days:
        return say(told, ", what is usual is not known yet")
    verdict = say(strong("unusual"), ", usually ") if surprise(each.seen, usual) >= level else say("usually ")
    return say(told, ", ", verdict, Share(usual, 1))


def _disputes(facts: Facts) -> list[Block]:
    if not facts.disputes:
        return [Paragraph(say("No dispute waits for evidence."))]
    return [Heading("Disputes to answer"), Bullets(_first([_dispute(each, facts.now) for each in facts.disputes]))]


def _dispute(each: DisputeState, now: datetime) -> Line:
    told = say(each.amount, " · ", each.reason or "no reason told", " · ")
    named = say(" · ", ShopText(each.dispute))
    if each.due is None:
        return say(told, "no deadline told", named)
    left = (each.due - now).total_seconds()
    rest = say(" (", Duration(left), " left)") if left > 0 else say(" (", strong("over"), ")")
    return say(told, "evidence by ", Moment(each.due), rest, named)


def _payouts(facts: Facts) -> list[Block]:
    due = sorted((each for each in facts.payouts if each.status == "pending"), key=_arrival)
    back = [each for each in facts.payouts if each.status == "failed"]
    paid = [each.amount for each in facts.payouts if each.status == "paid"]
    figures = (
        ("Payouts due", _listed([_due(each, facts.now) for each in due])),
        ("Payouts that came back in 7 days", _listed([_returned(each) for each in back])),
        ("Paid out in 7 days", say(owed.in_words(paid), f", {len(paid)} in all") if paid else ()),
    )
    known = tuple((label, line) for label, line in figures if line)
    return [Figures(known)] if known else [Paragraph(say("No payout is due, and none came in 7 days."))]


def _arrival(each: PayoutState) -> tuple[bool, datetime]:
    """Those of which nobody told a day come last."""
    return (each.arrives is None, each.arrives or each.at)


def _due(each: PayoutState, now: datetime) -> Line:
    if each.arrives is None:
        return say(each.amount, ", no day told")
    late = each.arrives < now
    return say(each.amount, " was promised for " if late else " on ", Moment(each.arrives, "day"))


def _returned(each: PayoutState) -> Line:
    return say(each.amount, " on ", Moment(each.at, "day"), say(": ", each.reason) if each.reason else ())


def _listed(lines: list[Line]) -> Line:
    more = say(f" and {len(lines) - _MOST_PAYOUTS} more") if len(lines) > _MOST_PAYOUTS else ()
    return say(join(lines[:_MOST_PAYOUTS], "; "), more)


def _first(lines: list[Line]) -> tuple[Line, ...]:
    more = (say(f"+{len(lines) - _MOST_ROWS} more"),) if len(lines) > _MOST_ROWS else ()
    return (*lines[:_MOST_ROWS], *more)

"""The form in which a silence is laid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.entries import split
from bot.core.facts import NoFacts
from bot.core.forms import Choice, Sent, Silenced, Text, When, Wrong, asked, form
from bot.core.parts import Line, say
from bot.core.silences import Silence, problems
from bot.core.spans import duration

_MOST = 20


@dataclass(frozen=True)
class Wanted:
    """What is asked."""

    rule: str | None = asked(
        Text(label="Rule", optional=True, hint="Such as low_stock; * stands for any letters. Left empty, every rule.")
    )
    subject: str | None = asked(
        Text(
            label="SKUs, campaigns or orders",
            optional=True,
            many=True,
            longest=1000,
            hint="Separated by commas or lines; * stands for any letters. Left empty, all.",
        )
    )
    shop: str = asked(Choice(label="Shop", options=(("this", "The one it was opened for"), ("all", "Every shop"))))
    span: str | None = asked(Text(label="For how long", optional=True, longest=8, hint='Such as "90m", "4h" or "2d".'))
    until: datetime | None = asked(When(label="Or until when", optional=True))
    reason: str = asked(Text(label="Why", many=True, longest=300, hint="For those who find it."))


@form(title="Silence", submit="Keep it quiet")
def silence(answers: Wanted, sent: Sent, facts: NoFacts) -> Silenced:
    """Keeps alerts of a rule, or about some SKUs, campaigns or orders, quiet for a while.

    What channels show is kept true all the same; what they do not show yet is held until the end. It lasts 90 days at
    most, everything is never silenced at once, and operations are told of each silence.
    """
    subjects = split(answers.subject or "") or ("*",)
    if len(subjects) > _MOST:
        raise Wrong({"subject": say(f"Name {_MOST} at most; * stands for any letters.")})
    until = _until(answers, sent.now)
    laid = tuple(
        Silence(
            id=0,
            until=until,
            by=sent.person,
            reason=answers.reason,
            created=sent.now,
            rule=answers.rule or "*",
            subject=subject,
            shop=sent.shop if answers.shop == "this" else "*",
        )
        for subject in subjects
    )
    wrong = {what: why for each in laid for what, why in problems(each, sent.rules, (sent.shop,), sent.now).items()}
    if wrong:
        at = {"until": "span" if answers.until is None else "until"}
        raise Wrong({at.get(what, what): _sentence(why) for what, why in wrong.items()})
    return Silenced(laid)


def _until(answers: Wanted, now: datetime) -> datetime:
    if (answers.span is None) == (answers.until is None):
        raise Wrong({"span": say("Say for how long, or until when; one of the two.")})
    if answers.until is not None:
        return answers.until
    try:
        return now + duration(answers.span or "")
    except (ValueError, OverflowError):
        raise Wrong({"span": say('This must be a length of time such as "90m", "4h" or "2d".')}) from None


def _sentence(why: str) -> Line:
    return say(why[:1].upper() + why[1:] + ("" if why.endswith("?") else "."))

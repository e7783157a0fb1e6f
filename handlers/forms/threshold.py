"""The form in which a rule is set otherwise for some SKUs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.facts import NoFacts
from bot.core.forms import Choice, Excepted, Sent, Skus, Text, When, asked, form
from bot.core.thresholds import excepted


@dataclass(frozen=True)
class Wanted:
    """What is asked."""

    skus: tuple[str, ...] = asked(Skus(label="SKUs", hint="Separated by commas or lines."))
    knob: str = asked(Choice(label="What is set otherwise"))
    value: str | None = asked(
        Text(label="To", optional=True, longest=100, hint="Such as 12, 0.5, 4h or true. Not needed to switch it off.")
    )
    until: datetime | None = asked(When(label="Until", optional=True, hint="Left empty, until somebody ends it."))
    reason: str = asked(Text(label="Why", many=True, longest=300, hint="For those who find it."))


@form(title="Threshold", submit="Set it")
def threshold(answers: Wanted, sent: Sent, facts: NoFacts) -> Excepted:
    """Sets a rule otherwise for some SKUs: at how many units it tells, how many backorders are meant, or off.

    The rule decides on them anew at once. An end is optional and lies within a year; `/ops thresholds` lists what is
    set, by whom and why, and operations are told of each.
    """
    return excepted("sku", answers.skus, answers, sent)

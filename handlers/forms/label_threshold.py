"""The form in which a rule is set otherwise for what a vendor makes, or for what bears a tag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.facts import LabelsKnown, ask
from bot.core.forms import Choice, Excepted, Sent, Text, When, Wrong, asked, form
from bot.core.thresholds import LABELS, Label, excepted, no_such_label


@dataclass(frozen=True)
class Wanted:
    """What is asked."""

    label: Label = asked(Choice(label="For", options=tuple(LABELS.items())))
    name: str = asked(Text(label="Which", longest=255, hint="The vendor or the tag; * stands for any letters."))
    knob: str = asked(Choice(label="What is set otherwise"))
    value: str | None = asked(
        Text(label="To", optional=True, longest=100, hint="Such as 12, 0.5, 4h or true. Not needed to switch it off.")
    )
    until: datetime | None = asked(When(label="Until", optional=True, hint="Left empty, until somebody ends it."))
    reason: str = asked(Text(label="Why", many=True, longest=300, hint="For those who find it."))


@dataclass(frozen=True)
class Facts:
    labels: tuple[str, ...] = ask(LabelsKnown())


@form(title="Threshold for many", submit="Set it")
def label_threshold(answers: Wanted, sent: Sent, facts: Facts) -> Excepted:
    """Sets a rule otherwise for all that a vendor makes, or that bears a tag: at how many units it tells, or off.

    Vendors and tags are compared without case and punctuation. What gets the tag later is meant as well. The rule
    decides on all of it anew, on hundreds of SKUs within a minute; `/ops thresholds` lists what is set, by whom and
    why.
    """
    if (why := no_such_label(answers.label, answers.name, facts.labels)) is not None:
        raise Wrong({"name": why})
    return excepted(answers.label, (answers.name,), answers, sent)

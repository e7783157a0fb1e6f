"""The form in which a matter is ended, with how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.core.alerts import ENDINGS, resolved
from bot.core.facts import NoFacts
from bot.core.forms import Choice, Sent, Text, asked, form
from bot.core.handlers import Acted
from bot.core.parts import Line, ShopText, say


@dataclass(frozen=True)
class End:
    """What is asked."""

    ending: Literal["done", "false_alarm", "will_not_act", "duplicate"] = asked(
        Choice(label="How it ends", options=tuple(ENDINGS.items()))
    )
    note: str | None = asked(
        Text(label="Note", optional=True, many=True, longest=300, hint="What was done, or why nothing is to be done.")
    )


@form(title="Resolve", submit="Resolve", on_alert=True, states=("firing", "acknowledged", "snoozed"))
def resolve(answers: End, sent: Sent, facts: NoFacts) -> Acted:
    """The matter is done with, and its message says how and by whom.

    What was done and still stands comes back. What is dismissed (a false alarm, a duplicate, nobody will act) stays
    closed while it stands as it did, a week at most.
    """
    how = _how(answers)
    return Acted(resolved(sent.on, how, sent.person, sent.now, answers.ending), "resolved", how)


def _how(answers: End) -> Line:
    """What was done is said by the note alone."""
    word = say(ENDINGS[answers.ending].lower())
    if not answers.note:
        return word
    return say(ShopText(answers.note)) if answers.ending == "done" else say(word, ": ", ShopText(answers.note))

"""The form in which a matter is given to somebody else."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.alerts import Alert, Handover, Holder, handed_off
from bot.core.calendar import deadline
from bot.core.facts import NoFacts
from bot.core.forms import Choice, People, Sent, Text, Wrong, asked, form
from bot.core.handlers import Acted
from bot.core.parts import Line, Person, ShopText, say


@dataclass(frozen=True)
class Next:
    """What is asked."""

    department: str | None = asked(Choice(label="Department", of="departments", optional=True))
    person: tuple[str, ...] = asked(
        People(label="Person", most=1, optional=True, hint="Left empty, anybody of the department may take it.")
    )
    note: str | None = asked(Text(label="Note", optional=True, many=True, longest=300, hint="What they must know."))


@form(title="Hand off", submit="Hand off", on_alert=True, states=("firing", "acknowledged", "snoozed"))
def hand_off(answers: Next, sent: Sent, facts: NoFacts) -> Acted:
    """The matter has another holder: a department, in whose channel it shows from then on, or a person, who is told.

    Another department has its own time for it, reckoned anew in its working hours; within a department the due time
    stays. The note stands in the thread, in Details and in the log.
    """
    alert = sent.on
    holder = Holder(answers.department or alert.holder.department, next(iter(answers.person), None))
    if problem := _problem(answers, holder, alert):
        raise Wrong(problem)
    note = say(ShopText(answers.note)) if answers.note else ()
    given = handed_off(alert, holder, sent.now, deadline(sent.house), Handover(sent.person, note))
    return Acted(given, "handed_off", say("to ", _who(holder), say(": ", note) if note else ()))


def _problem(answers: Next, holder: Holder, alert: Alert) -> dict[str, Line]:
    if answers.department is None and not answers.person:
        return {"person": say("Name a department or a person.")}
    if holder == alert.holder:
        return {"person" if holder.person else "department": say("They have it already.")}
    return {}


def _who(holder: Holder) -> Line:
    return say(Person(holder.person), f" ({holder.department})") if holder.person else say(holder.department)

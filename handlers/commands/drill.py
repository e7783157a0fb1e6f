"""Starts an exercise, and tells what came of the last ones."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.drills import refusal
from bot.core.facts import Exercises, ask
from bot.core.handlers import Refused, Reply, Request, StartDrill, command
from bot.core.message import Bullets, Footer, Heading, Message
from bot.core.parts import Line, ShopText, say
from bot.core.spelling import meant

_ANYWAY = "anyway"


@dataclass(frozen=True)
class Facts:
    exercises: tuple[Line, ...] = ask(Exercises())


@command("ops", verb="drill", usage="[department] [rule] [anyway]")
def drill(request: Request, facts: Facts, *, minutes: float = 30.0) -> Reply | StartDrill:
    """Tries whether a department sees an alert: a marked exercise in its channel, whose thread tells how fast it was
    taken. Alone it lists what came of the last ones.

    An exercise is routed like an alert of the rule you name, counts in no digest and no budget, and ends by itself
    after some minutes. In quiet hours it starts only with `anyway`.

    - minutes: so long an exercise lasts.
    """
    words = request.text.lower().split()
    if not words:
        return Reply(_listed(facts.exercises))
    departments = [word for word in words if word in request.departments]
    rules = [word for word in words if word in request.rules and word not in departments]
    unknown = [word for word in words if word not in (*departments, *rules, _ANYWAY)]
    if unknown:
        raise Refused(_unknown(unknown[0], (*request.departments, *request.rules)))
    if len(departments) != 1 or len(rules) > 1:
        raise Refused(say(f"Name one department ({', '.join(request.departments)}) and one rule at most."))
    why = refusal(request.house, departments[0], request.now)
    if why is not None and _ANYWAY not in words:
        raise Refused(say(why, f". To disturb it all the same: /ops drill {' '.join(words)} {_ANYWAY}"))
    return StartDrill(departments[0], rules[0] if rules else "", minutes)


def _listed(exercises: tuple[Line, ...]) -> Message:
    title = say("The last exercises" if exercises else "There was no exercise yet")
    lines = Bullets(exercises or (say("None so far."),))
    how = Footer(say("/ops drill warehouse starts one, /ops drill warehouse low_stock one like an alert of that rule."))
    return Message(title, (Heading("Exercises"), lines, how))


def _unknown(word: str, known: tuple[str, ...]) -> Line:
    return say("There is no department and no rule ", ShopText(word), ".", meant(word, known))

"""The App Home of a member, as a message: what they and their department have to do, and how they want to be called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.core.compose import MOST_IN_MENU, fitting
from bot.core.handlers import Action
from bot.core.known import AlertLine
from bot.core.message import (
    ASK,
    Block,
    Bullets,
    Button,
    Buttons,
    Figures,
    Footer,
    Heading,
    Message,
    Paragraph,
)
from bot.core.parts import Line, Moment, Person, say, strong
from bot.core.preferences import NONE, Mentions, OwnQuiet, Preferences
from bot.core.schedule import WEEKDAYS, Slot
from bot.core.settings import House
from bot.core.verdict import Severity

_MOST_MINE = 10
_MOST_OTHERS = 20
"""Over all departments, since Slack takes 100 blocks and the preferences stand at the end."""

_DETAILS = "alert.details"
PREFERENCES = "/ops preferences"
_MENTIONS: dict[Mentions, str] = {
    "all": "when a matter is handed to me, and when mine is due",
    "handed": "only when a matter is handed to me",
    "due": "only when my matter is due",
    "never": "never",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks (a Slack user id), which departments are theirs, as they said or by the channels they are in, and what
    they want."""

    user: str
    departments: tuple[str, ...] = ()
    wishes: Preferences = NONE


def departments_of(wishes: Preferences, house: House, rooms: AbstractSet[str]) -> tuple[str, ...]:
    """A member's departments: the one they named, if there is such a one, or else those in whose channels they are."""
    if wishes.department in house.departments:
        return (wishes.department,)
    return tuple(name for name, each in house.departments.items() if each.channel.removeprefix("#") in rooms)


def home(visit: Visit, alerts: Sequence[AlertLine], upcoming: Sequence[Slot], actions: Iterable[Action]) -> Message:
    """What the visitor holds, what their departments have, the next digests, and how they want to be called."""
    drawn, ordered = tuple(actions), sorted(alerts, key=lambda alert: -Severity[alert.severity.upper()])
    mine = [alert for alert in ordered if alert.person == visit.user]
    rest = [alert for alert in ordered if alert.person != visit.user]
    held = _listed(mine, _MOST_MINE, "You hold nothing.", "mine", _department_of, drawn)
    others = _of_departments(visit, rest, bool(mine), drawn) if visit.departments else _free(rest, drawn)
    blocks: list[Block] = [Heading("My alerts"), *held, *others]
    if upcoming:
        blocks += [Heading("Next digests"), Bullets(tuple(_slot(slot) for slot in upcoming))]
    blocks += [Heading("My preferences"), Figures(_wishes(visit))]
    blocks.append(Buttons((Button(ASK, "Preferences", PREFERENCES),)))
    blocks.append(Footer(say("/stock and /ops help tell what you can ask")))
    return Message(say("Floorwalker"), tuple(blocks))


def _of_departments(visit: Visit, rest: list[AlertLine], holds: bool, actions: tuple[Action, ...]) -> list[Block]:
    most = max(1, _MOST_OTHERS // len(visit.departments))
    nothing = "Nothing is open but what you hold." if holds else "Nothing is open."
    blocks: list[Block] = []
    for name in visit.departments:
        theirs = _free_first([alert for alert in rest if alert.department == name])
        blocks += [Heading(f"Open in {name}"), *_listed(theirs, most, nothing, name, _holder_of, actions)]
    return blocks


def _free(rest: list[AlertLine], actions: tuple[Action, ...]) -> list[Block]:
    free = [alert for alert in rest if alert.person is None]
    taken = "Everything open is in somebody's hands."
    return [Heading("Nobody has taken"), *_listed(free, _MOST_OTHERS, taken, "", _department_of, actions)]


def _free_first(alerts: list[AlertLine]) -> list[AlertLine]:
    return sorted(alerts, key=lambda alert: alert.person is not None)


_With = Callable[[AlertLine], Line]


def _department_of(alert: AlertLine) -> Line:
    return say(alert.department)


def _holder_of(alert: AlertLine) -> Line:
    return say("held by ", Person(alert.person)) if alert.person else say("nobody has taken it")


def _listed(
    alerts: Sequence[AlertLine], most: int, nothing: str, whose: str, holder: _With, actions: tuple[Action, ...]
) -> list[Block]:
    if not alerts:
        return [Paragraph(say(nothing))]
    blocks: list[Block] = []
    for alert in alerts[:most]:
        blocks += [Paragraph(_line(alert, holder(alert))), *_buttons(alert, actions)]
    more = len(alerts) - most
    return [*blocks, Paragraph(say(f"+{more} more: ", strong(f"/ops alerts {whose}".strip())))] if more > 0 else blocks


def _line(alert: AlertLine, holder: Line) -> Line:
    due = say(" · due ", Moment(alert.due_at)) if alert.due_at else ()
    return say(strong(f"A-{alert.number} {alert.severity.upper()} "), alert.title, " · ", holder, due)


def _buttons(alert: AlertLine, actions: tuple[Action, ...]) -> list[Block]:
    """The first act and Details are in sight, the rest is in the menu: a list with every button is hard to read."""
    drawn = fitting(alert.number, alert.turn, alert.state, actions)
    shown = tuple(each for nth, each in enumerate(drawn) if nth == 0 or each.action == _DETAILS)
    rest = tuple(each for each in drawn if each not in shown)
    return [Buttons(shown, rest[:MOST_IN_MENU])] if drawn else []


def _slot(slot: Slot) -> Line:
    return say(f"{slot.schedule}: ", Moment(slot.due))


# How they want to be called.


def _wishes(visit: Visit) -> tuple[tuple[str, Line], ...]:
    return (
        ("Department", _department(visit)),
        ("Mention me", say(_MENTIONS[visit.wishes.mentions])),
        ("My quiet hours", _quiet(visit.wishes.quiet)),
    )


def _department(visit: Visit) -> Line:
    if visit.wishes.department in visit.departments:
        return say(visit.wishes.department)
    if visit.departments:
        return say(f"{', '.join(visit.departments)}, by the channels that you are in")
    return say("not known: you are in no department's channel")


def _quiet(quiet: OwnQuiet | None) -> Line:
    if quiet is None:
        return say("none")
    days = ", ".join(day.capitalize() for day in WEEKDAYS if day in quiet.weekdays)
    which = "every day" if set(quiet.weekdays) == set(WEEKDAYS) else days
    but = ", but for critical matters" if quiet.critical else ""
    return say(f"{quiet.start:%H:%M} to {quiet.end:%H:%M}, {which} ({quiet.zone}){but}")

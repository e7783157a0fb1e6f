"""Who has what, and who works now."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.core.calendar import next_open, openings
from bot.core.facts import AlertsOpen, SilencesHeld, ask
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import AlertLine
from bot.core.message import Block, Bullets, Heading, Message, Paragraph, Table
from bot.core.mute import resting_until
from bot.core.parts import Line, Moment, Person, join, say, strong
from bot.core.settings import Department, Outside
from bot.core.silences import Held
from bot.core.spelling import meant
from bot.core.stock import counted

_PERSON = re.compile(r"<@([UW][A-Z0-9]{2,30})(?:\|[^>]*)?>|@?([UW][A-Z0-9]{4,30})")
_MOST_ROWS = 20


@dataclass(frozen=True)
class Facts:
    alerts: tuple[AlertLine, ...] = ask(AlertsOpen(exercises=False, anywhere=True))
    silences: tuple[Held, ...] = ask(SilencesHeld())


@command("ops", verb="who", usage="[me | @person | department]")
def who(request: Request, facts: Facts) -> Reply:
    """Who holds what and which department works now, with its quiet hours and silences; of a person, what they hold."""
    wanted = request.text.strip()
    person = request.user if wanted.lower() == "me" else _person(wanted)
    if person:
        return _of_person(person, facts)
    known = request.house.departments
    if wanted.lower() in known:
        return _of_department(known[wanted.lower()], request.now, facts)
    if wanted:
        how = say("Who is that? Say me, pick a person that Slack offers after @, or name a department: ")
        raise Refused(say(how, ", ".join(known), ".", meant(wanted, ("me", *known))))
    works = Bullets(tuple(_works(each, request.now, facts) for each in known.values()))
    title = say("Who works now, and who holds what")
    return Reply(Message(title, (Heading("Who works now"), works, *_holders(facts.alerts))), share=True)


def _person(wanted: str) -> str:
    """The Slack id of whoever is named, "" for nobody."""
    named = _PERSON.fullmatch(wanted)
    return (named[1] or named[2]) if named else ""


def _of_person(person: str, facts: Facts) -> Reply:
    held = [alert for alert in facts.alerts if alert.person == person]
    title = say(Person(person), " holds ", counted(len(held), "alert") if held else "nothing")
    return Reply(Message(title, (Paragraph(title), *_matters(held))), share=True)


def _of_department(department: Department, now: datetime, facts: Facts) -> Reply:
    mine = [alert for alert in facts.alerts if alert.department == department.name]
    title = say(f"Who works in {department.name} now, and what it has")
    works = Paragraph(_works(department, now, facts))
    return Reply(Message(title, (works, *_matters(mine))), share=True)


# Who works now.


def _works(department: Department, now: datetime, facts: Facts) -> Line:
    mine = [alert for alert in facts.alerts if alert.department == department.name]
    free = sum(alert.person is None for alert in mine)
    has = (
        say(counted(len(mine), "open alert"), f", {free} with nobody" if free else "") if mine else say("nothing open")
    )
    told = [_open(department, now), *_quiet(department, now), has, *_silences(facts.silences, mine)]
    return say(strong(department.name), "  ", join(told, " · "))


def _open(department: Department, now: datetime) -> Line:
    if department.hours is None:
        return say("works at any time")
    opens = next_open(department.hours, now)
    if opens > now:
        return say("closed, opens ", Moment(opens))
    return say("open until ", Moment(next(openings(department.hours, now)).end))


def _quiet(department: Department, now: datetime) -> list[Line]:
    quiet = department.quiet
    if quiet is None:
        return []
    until = resting_until(department, now)
    still = say(", now until ", Moment(until)) if until else ()
    when = "when closed" if isinstance(quiet, Outside) else f"{quiet.start:%H:%M} to {quiet.end:%H:%M} {quiet.zone.key}"
    return [say(f"quiet {when}{_above(quiet.above.name)}", still)]


def _above(severity: str) -> str:
    """What is told in quiet hours all the same; nothing is above critical."""
    return "" if severity == "CRITICAL" else f" up to {severity.lower()}"


def _silences(silences: Iterable[Held], mine: list[AlertLine]) -> list[Line]:
    names = {f"A-{alert.number}" for alert in mine}
    kept = [(held.silence, len(names.intersection(held.keeps))) for held in silences]
    return [
        say(f"{silence.name} keeps {number} of them quiet until ", Moment(silence.until))
        for silence, number in kept
        if number
    ]


# Who holds what.


def _holders(alerts: tuple[AlertLine, ...]) -> list[Block]:
    """A row for each person, and for what nobody of a department has taken, whoever has most first."""
    holders: dict[tuple[str, str], list[AlertLine]] = {}
    for alert in alerts:
        key = (alert.person, "") if alert.person else ("", alert.department)
        holders.setdefault(key, []).append(alert)
    if not holders:
        return [Paragraph(say("Nothing is open."))]
    ordered = sorted(holders, key=lambda key: (-len(holders[key]), key))
    rows = tuple(_holder(key, holders[key]) for key in ordered[:_MOST_ROWS])
    return [Table("Who holds what", ("Who", "Alerts", "Worst", "Next due"), rows), *_more(len(ordered))]


def _holder(key: tuple[str, str], held: list[AlertLine]) -> tuple[Line, ...]:
    """The alerts come worst first."""
    person, department = key
    due = min((alert.due_at for alert in held if alert.due_at), default=None)
    return (
        say(Person(person)) if person else say(f"nobody of {department}"),
        say(str(len(held))),
        say(f"A-{held[0].number} {held[0].severity.upper()}"),
        say(Moment(due)) if due else say("–"),
    )


def _matters(held: list[AlertLine]) -> list[Block]:
    rows = tuple(_matter(alert) for alert in held[:_MOST_ROWS])
    table = Table("Alerts", ("Alert", "Severity", "What", "With", "Due"), rows)
    return [table, *_more(len(held))] if held else []


def _matter(alert: AlertLine) -> tuple[Line, ...]:
    return (
        say(f"A-{alert.number}"),
        say(alert.severity.upper()),
        say(alert.title),
        say(Person(alert.person)) if alert.person else say(alert.department),
        say(Moment(alert.due_at)) if alert.due_at else say("–"),
    )


def _more(number: int) -> list[Block]:
    return [Paragraph(say(f"+{number - _MOST_ROWS} more"))] if number > _MOST_ROWS else []

"""What Slack refused, and having it tried again."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.facts import ParkedPosts, ask
from bot.core.handlers import Refused, ReleaseParked, Reply, Request, command
from bot.core.known import ParkedLine
from bot.core.message import Footer, Heading, Message, Paragraph, Table
from bot.core.parts import Line, Moment, say
from bot.core.spelling import meant

_MOST_ROWS = 20
_SHORT = 8


@dataclass(frozen=True)
class Facts:
    parked: tuple[ParkedLine, ...] = ask(ParkedPosts())


@command("ops", verb="parked", usage="[release ID | release all]")
def parked(request: Request, facts: Facts) -> Reply | ReleaseParked:
    """Lists the posts that Slack refused, each with its reason; `release` has one of them, or all, tried again."""
    verb, _, id = request.text.strip().lower().partition(" ")
    match verb:
        case "":
            return Reply(_listed(facts.parked))
        case "release" if id.strip():
            return _released(id.strip(), facts.parked)
        case _:
            how = say("Say /ops parked alone, /ops parked release with an id from it, or release all.")
            raise Refused(say(how, meant(verb, ("release",))))


def _released(id: str, parked: tuple[ParkedLine, ...]) -> ReleaseParked:
    if id == "all":
        return ReleaseParked("")
    if len(id) < _SHORT or not any(line.id.startswith(id) for line in parked):
        raise Refused(say("There is no parked post of that id. /ops parked lists those there are."))
    return ReleaseParked(id)


def _listed(parked: tuple[ParkedLine, ...]) -> Message:
    if not parked:
        return Message(say("Nothing is parked."), (Paragraph(say("Nothing is parked.")),))
    title = say("1 post is parked" if len(parked) == 1 else f"{len(parked)} posts are parked")
    rows = tuple(_row(line) for line in parked[:_MOST_ROWS])
    table = Table("Parked posts", ("Id", "Channel", "What", "Since", "Reason"), rows)
    more = (Paragraph(say(f"+{len(parked) - _MOST_ROWS} more")),) if len(parked) > _MOST_ROWS else ()
    how = Footer(say("A channel that takes no messages is tried every quarter of an hour. /ops parked release ID"))
    return Message(title, (Heading("Parked posts"), table, *more, how))


def _row(line: ParkedLine) -> tuple[Line, ...]:
    return (say(line.id[:_SHORT]), say(line.channel), say(line.summary), say(Moment(line.since)), say(line.reason))

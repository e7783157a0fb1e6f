"""What is silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.facts import Now, SilencesHeld, ask
from bot.core.handlers import Reply, Request, command
from bot.core.message import Bullets, Footer, Heading, Message, Paragraph
from bot.core.parts import Duration, Line, say
from bot.core.silences import Held, Silence, counted, recurring, told

_MOST = 20
_NAMED = 5


@dataclass(frozen=True)
class Facts:
    held: tuple[Held, ...] = ask(SilencesHeld())
    now: datetime = ask(Now())


@command("ops", verb="silences")
def silences(request: Request, facts: Facts) -> Reply:
    """Lists the silences and mutes of the config that hold: what each keeps quiet, how long still, whose and why."""
    mutes = tuple(say(told(each), _left(each, facts.now)) for each in recurring(request.house.mutes, facts.now))
    number = len(facts.held) + len(mutes)
    if not number:
        nothing = say("Nothing is silent.")
        return Reply(Message(nothing, (Paragraph(nothing),)))
    many = "1 silence holds" if number == 1 else f"{number} silences hold"
    lines = Bullets((*(_line(held, facts.now) for held in facts.held), *mutes)[:_MOST])
    more = (Paragraph(say(f"+{number - _MOST} more")),) if number > _MOST else ()
    how = Footer(say("/ops unsilence S-1 ends one, /ops silence lays one."))
    return Reply(Message(say(many), (Heading("What is silent"), lines, *more, how)), share=True)


def _line(held: Held, now: datetime) -> Line:
    return say(told(held.silence), _left(held.silence, now), " · keeps ", _kept(held.keeps), " quiet")


def _left(silence: Silence, now: datetime) -> Line:
    return say(" · ", Duration((silence.until - now).total_seconds()), " left")


def _kept(names: tuple[str, ...]) -> Line:
    if not names:
        return say("nothing")
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return say(counted(len(names)), f" ({', '.join(names[:_NAMED])}{more})")

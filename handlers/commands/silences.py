"""What is silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.facts import Now, SilencesHeld, ask
from bot.core.handlers import Reply, Request, command
from bot.core.message import Bullets, Footer, Heading, Message, Paragraph
from bot.core.parts import Duration, Line, say
from bot.core.silences import Held, counted, told

_MOST = 20
_NAMED = 5


@dataclass(frozen=True)
class Facts:
    held: tuple[Held, ...] = ask(SilencesHeld())
    now: datetime = ask(Now())


@command("ops", verb="silences")
def silences(request: Request, facts: Facts) -> Reply:
    """Lists the silences that hold: what each keeps quiet, for how long still, by whom and why."""
    if not facts.held:
        nothing = say("Nothing is silent.")
        return Reply(Message(nothing, (Paragraph(nothing),)))
    many = "1 silence holds" if len(facts.held) == 1 else f"{len(facts.held)} silences hold"
    lines = Bullets(tuple(_line(held, facts.now) for held in facts.held[:_MOST]))
    more = (Paragraph(say(f"+{len(facts.held) - _MOST} more")),) if len(facts.held) > _MOST else ()
    how = Footer(say("/ops unsilence S-1 ends one, /ops silence lays one."))
    return Reply(Message(say(many), (Heading("What is silent"), lines, *more, how)), share=True)


def _line(held: Held, now: datetime) -> Line:
    left = say(" · ", Duration((held.silence.until - now).total_seconds()), " left")
    return say(told(held.silence), left, " · keeps ", _kept(held.keeps), " quiet")


def _kept(names: tuple[str, ...]) -> Line:
    if not names:
        return say("nothing")
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return say(counted(len(names)), f" ({', '.join(names[:_NAMED])}{more})")

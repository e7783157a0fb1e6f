"""What one can ask."""

from __future__ import annotations

from bot.core.facts import NoFacts
from bot.core.handlers import Reply, Request, command
from bot.core.message import Bullets, Heading, Message
from bot.core.parts import say, strong

_A_BLOCK = 8


@command("ops", verb="help")
def help(request: Request, facts: NoFacts) -> Reply:
    """Lists every command and what it is for."""
    lines = tuple(say(strong(entry.usage), f"  {entry.doc}") for entry in request.commands)
    # What is too long for one block would lose its end.
    blocks = (Bullets(lines[at : at + _A_BLOCK]) for at in range(0, len(lines), _A_BLOCK))
    return Reply(Message(say("Commands"), (Heading("What you can ask"), *blocks)))

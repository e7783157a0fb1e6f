"""What one can ask."""

from __future__ import annotations

from bot.core.facts import NoFacts
from bot.core.handlers import Reply, Request, command
from bot.core.message import Bullets, Heading, Message
from bot.core.parts import say, strong


@command("ops", verb="help")
def help(request: Request, facts: NoFacts) -> Reply:
    """Lists every command and what it is for."""
    lines = tuple(say(strong(entry.usage), f"  {entry.doc}") for entry in request.commands)
    return Reply(Message(say("Commands"), (Heading("What you can ask"), Bullets(lines))))

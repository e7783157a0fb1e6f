"""Finds which command of the catalog somebody typed, or says which ones there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.handlers import Command
from bot.core.message import Bullets, Heading, Message, Paragraph
from bot.core.parts import Line, ShopText, say, strong
from bot.core.spelling import meant as asked
from bot.core.spelling import nearest


@dataclass(frozen=True, slots=True)
class Meant:
    """A command by its name and verb, and the text that is left for it."""

    name: str
    verb: str
    text: str


def meant(commands: Mapping[tuple[str, str], Command], typed: str, text: str) -> Meant | Message:
    """What ``/typed text`` means, or the message that helps whoever typed what nobody knows."""
    name = typed.removeprefix("/").lower()
    verb, _, rest = text.strip().partition(" ")
    if (name, verb.lower()) in commands and verb:
        return Meant(name, verb.lower(), rest.strip())
    if (name, "") in commands:
        return Meant(name, "", text.strip())
    if not verb and (name, "help") in commands:
        return Meant(name, "help", "")
    return help_with(commands, name, verb)


def help_with(commands: Mapping[tuple[str, str], Command], name: str, verb: str) -> Message:
    """The verbs of a command, the nearest to ``verb`` named first."""
    known = {command.verb: command for (known, _), command in commands.items() if known == name}
    near = nearest(verb, known)
    first = (
        say(f"/{name} knows no ", ShopText(verb), ".", asked(verb, known, f"/{name} "))
        if verb
        else say(f"/{name} needs one of these words.")
    )
    ordered = [*near, *sorted(set(known) - set(near))]
    lines = tuple(_usage(known[other]) for other in ordered)
    return Message(first, (Paragraph(first), *((Heading("What you can ask"), Bullets(lines)) if lines else ())))


def _usage(command: Command) -> Line:
    typed = " ".join(part for part in (f"/{command.name}", command.verb, command.usage) if part)
    return say(strong(typed), f"  {command.doc.partition(chr(10))[0]}")

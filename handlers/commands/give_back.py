"""Gives a matter back."""

from __future__ import annotations

from bot.core.handlers import Press, Request, command
from bot.core.typed import Named, named


@command("ops", verb="give-back", usage="A-1042")
def give_back(request: Request, facts: Named) -> Press:
    """Nobody holds the alert any more: its department sees that it is anybody's to take."""
    alert, _ = named(request.text, facts)
    return Press("give_back", alert.number)

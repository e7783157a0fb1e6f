"""Takes a matter."""

from __future__ import annotations

from bot.core.handlers import Press, Request, command
from bot.core.typed import Named, named


@command("ops", verb="take", usage="A-1042")
def take(request: Request, facts: Named) -> Press:
    """You hold the alert from now on, as by its button."""
    alert, _ = named(request.text, facts)
    return Press("take", alert.number)

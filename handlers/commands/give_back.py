"""Gives a matter back."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.alerts import Alert
from bot.core.facts import AlertNamed, AlertsOpen, ask
from bot.core.handlers import Press, Request, command
from bot.core.known import AlertLine
from bot.core.typed import named


@dataclass(frozen=True)
class Facts:
    alert: Alert | None = ask(AlertNamed())
    open: tuple[AlertLine, ...] = ask(AlertsOpen())


@command("ops", verb="give-back", usage="A-1042")
def give_back(request: Request, facts: Facts) -> Press:
    """Nobody holds the alert any more: its department sees that it is anybody's to take."""
    alert, _ = named(request.text, facts.alert, facts.open)
    return Press("give_back", alert.number)

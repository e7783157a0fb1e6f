"""Takes a matter."""

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


@command("ops", verb="take", usage="A-1042")
def take(request: Request, facts: Facts) -> Press:
    """You hold the alert from now on, as by its button."""
    alert, _ = named(request.text, facts.alert, facts.open)
    return Press("take", alert.number)

"""The button by which somebody takes a matter."""

from __future__ import annotations

from bot.core.alerts import Alert, taken
from bot.core.handlers import Acted, Click, action


@action(label="Take it", order=1, states=("firing", "snoozed"), style="primary")
def take(alert: Alert, click: Click) -> Acted:
    """You hold the matter from now on: every channel that shows it says so, and nobody else is asked again."""
    return Acted(taken(alert, click.person, click.now), "taken")

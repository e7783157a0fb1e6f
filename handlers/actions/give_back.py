"""The button by which its holder lets a matter go again."""

from __future__ import annotations

from bot.core.alerts import Alert, given_back
from bot.core.handlers import Acted, Click, action


@action(label="Give back", order=7, states=("acknowledged",))
def give_back(alert: Alert, click: Click) -> Acted:
    """You do not hold the matter any more: its department sees that it is anybody's to take."""
    return Acted(given_back(alert, click.now), "given_back")

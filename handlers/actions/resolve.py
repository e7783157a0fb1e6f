"""The button by which its holder ends a matter."""

from __future__ import annotations

from bot.core.alerts import Alert, resolved
from bot.core.handlers import Acted, Click, action
from bot.core.parts import say


@action(label="Resolve", order=3, states=("acknowledged", "snoozed"))
def resolve(alert: Alert, click: Click) -> Acted:
    """The matter is done with. Should it come up again within two hours, the same message is reopened."""
    return Acted(resolved(alert, say("closed by hand"), click.person, click.now), "resolved")

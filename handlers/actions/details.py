"""The button that opens everything known about a matter."""

from __future__ import annotations

from bot.core import compose
from bot.core.alerts import Alert
from bot.core.handlers import Click, ShowModal, action


@action(label="Details", order=4, states=("firing", "acknowledged", "snoozed", "resolved"))
def details(alert: Alert, click: Click) -> ShowModal:
    """Why the alert fired, the formula behind the money, each department's figures and all that happened so far."""
    return ShowModal(alert.name, compose.details(alert, click.log))

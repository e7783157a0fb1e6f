"""The menu entry that keeps the like of a matter quiet."""

from __future__ import annotations

from bot.core.alerts import Alert
from bot.core.handlers import Click, ShowForm, action


@action(label="Silence…", order=8, states=("firing", "acknowledged", "snoozed"))
def silence(alert: Alert, click: Click) -> ShowForm:
    """Opens the form of a silence, filled with the alert's rule and what it is about: whatever comes up of that again
    stays quiet, too."""
    return ShowForm("silence", given={"shop": "this", "rule": alert.rule, "subject": alert.subject.id})

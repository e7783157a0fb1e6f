"""The button by which a matter gets another holder."""

from __future__ import annotations

from bot.core.alerts import Alert
from bot.core.handlers import Click, ShowForm, action


@action(label="Hand off", order=2, states=("firing", "acknowledged", "snoozed"))
def hand_off(alert: Alert, click: Click) -> ShowForm:
    """Opens a form in which you give the matter to another department, or to a person, with a note."""
    return ShowForm("hand_off", given={"department": alert.holder.department})

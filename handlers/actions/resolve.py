"""The button by which somebody ends a matter."""

from __future__ import annotations

from bot.core.alerts import Alert
from bot.core.handlers import Click, ShowForm, action


@action(label="Resolve", order=5, states=("firing", "acknowledged", "snoozed"))
def resolve(alert: Alert, click: Click) -> ShowForm:
    """Opens a form in which you end the matter and say how: done, a false alarm, will not act, or a duplicate."""
    return ShowForm("resolve", given={"ending": "done"})

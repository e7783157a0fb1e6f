"""The menu entry that puts a matter to rest until something."""

from __future__ import annotations

from datetime import timedelta

from bot.core.alerts import Alert
from bot.core.handlers import Click, ShowForm, action


@action(label="Snooze until…", order=6, states=("firing", "acknowledged", "snoozed"))
def snooze_until(alert: Alert, click: Click, *, pause: timedelta = timedelta(hours=4)) -> ShowForm:
    """Opens a form: the matter stays quiet for some hours, until a moment, until its department works again, or until
    it gets worse. `pause` (4 hours) stands in it."""
    return ShowForm("snooze", given={"until": "hours", "hours": pause / timedelta(hours=1)})

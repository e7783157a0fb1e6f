"""The button that puts a matter to rest for some hours."""

from __future__ import annotations

from datetime import timedelta

from bot.core.alerts import Alert, snoozed
from bot.core.handlers import Acted, Click, action


@action(label="Snooze", order=2, states=("firing", "acknowledged"))
def snooze(alert: Alert, click: Click, *, pause: timedelta = timedelta(hours=4)) -> Acted:
    """The matter stays quiet for `pause` (4 hours). It comes back if it still stands, or gets worse."""
    return Acted(snoozed(alert, click.now + pause, click.person, click.now), "snoozed")

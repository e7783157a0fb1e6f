"""The button that puts a matter to rest for some hours."""

from __future__ import annotations

from datetime import timedelta

from bot.core.alerts import Alert, snoozed
from bot.core.handlers import Acted, Click, action
from bot.core.parts import Moment, say


@action(label="Snooze", order=3, states=("firing", "acknowledged"))
def snooze(alert: Alert, click: Click, *, pause: timedelta = timedelta(hours=4)) -> Acted:
    """The matter stays quiet for `pause` (4 hours). It comes back if it still stands, or gets worse."""
    until = click.now + pause
    return Acted(snoozed(alert, until, click.person, click.now), "snoozed", say("until ", Moment(until)))

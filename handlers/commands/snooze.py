"""Puts a matter to rest."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.core.handlers import Request, SendForm, ShowForm, command
from bot.core.message import button_value
from bot.core.typed import Named, named, rest_in


@command("ops", verb="snooze", usage="A-1042 [2h | until 15:00 | tomorrow | working hours | worse]")
def snooze(request: Request, facts: Named) -> SendForm | ShowForm:
    """The alert stays quiet for a while, until a time, until its department works again, or until it gets worse.

    Times are yours, as Slack knows your zone, or else the shop's. Where you name none, a form opens.
    """
    alert, said = named(request.text, facts)
    if not said:
        about = button_value(alert.number, alert.turn)
        return ShowForm("snooze", about=about, given={"until": "hours", "hours": 4}, shop=alert.shop)
    rest = rest_in(said, request.now, request.zone or ZoneInfo("UTC"))
    return SendForm("snooze", alert.number, {"until": rest.until, "moment": rest.moment})

"""The list of what is open."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.facts import AlertsOpen, ask
from bot.core.handlers import Refused, Reply, Request, command
from bot.core.known import AlertLine
from bot.core.message import Message, Paragraph, Table
from bot.core.money import Money
from bot.core.parts import Line, Moment, Person, say
from bot.core.spelling import meant

_MOST_ROWS = 20
_NOTHING = {"": "Nothing is open.", "mine": "You hold nothing that is open."}


@dataclass(frozen=True)
class Facts:
    alerts: tuple[AlertLine, ...] = ask(AlertsOpen(anywhere=True))


@command("ops", verb="alerts", usage="[mine | department]")
def alerts(request: Request, facts: Facts) -> Reply:
    """What is open, worst first: everything, what you hold (`mine`), or what one department holds."""
    wanted = request.text.strip().lower()
    if wanted not in ("", "mine", *request.departments):
        whose = say(f"Alerts of whom? Say mine, or one of: {', '.join(request.departments)}.")
        raise Refused(say(whose, meant(wanted, ("mine", *request.departments))))
    listed = [alert for alert in facts.alerts if _belongs(alert, wanted, request.user)]
    title = say(f"{len(listed)} open alerts" if len(listed) != 1 else "1 open alert", f" · {wanted}" if wanted else "")
    if not listed:
        return Reply(Message(title, (Paragraph(say(_NOTHING.get(wanted, f"Nothing is open for {wanted}."))),)))
    several = len(request.house.shops) > 1
    rows = tuple(_row(alert, several) for alert in listed[:_MOST_ROWS])
    table = Table("Open alerts", ("Alert", "Severity", "What", "At risk", "With", "Due"), rows)
    more = (Paragraph(say(f"+{len(listed) - _MOST_ROWS} more")),) if len(listed) > _MOST_ROWS else ()
    return Reply(Message(title, (table, *more)), share=True)


def _belongs(alert: AlertLine, wanted: str, user: str) -> bool:
    return not wanted or (alert.person == user if wanted == "mine" else alert.department == wanted)


def _row(alert: AlertLine, several: bool) -> tuple[Line, ...]:
    """Where there are several shops it says of which."""
    return (
        say(f"A-{alert.number}"),
        say(alert.severity.upper()),
        say(alert.title, f" · {alert.shop}" if several else ""),
        say(Money(alert.cost_minor, alert.cost_currency or "") if alert.cost_minor is not None else "–"),
        say(Person(alert.person) if alert.person else alert.department),
        say(Moment(alert.due_at) if alert.due_at else "–"),
    )

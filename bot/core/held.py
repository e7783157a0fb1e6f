"""What a channel is told when its quiet hours end: what was held, what became of it, and why nobody was woken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.alerts import Alert
from bot.core.message import Message, Paragraph
from bot.core.money import Money
from bot.core.mute import expected_loss
from bot.core.parts import Line, Moment, join, say
from bot.core.settings import Department
from bot.core.verdict import Severity

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Looked:
    """An alert that was held since a moment, as it stands when the hold ends, and what keeps it quiet still."""

    alert: Alert
    since: datetime
    kept: str = ""


def order(alert: Alert) -> tuple[int, bool, str, int, int]:
    """By severity, then by what may be lost, currency by currency: in this order a channel is told of what was held, as
    long as its budget lasts."""
    cost = alert.fire.cost.amount.high if alert.fire.cost else None
    currency, minor = (cost.currency, cost.minor) if cost else ("", 0)
    return -alert.severity, cost is None, currency, -minor, alert.number


def ended(
    looked: Sequence[Looked], department: Department | None, until: datetime, late: datetime | None = None
) -> Message:
    """One line for at least one alert; ``late`` is when it was due, if that was long ago."""
    was = "1 alert was held" if len(looked) == 1 else f"{len(looked)} alerts were held"
    names = ", ".join(each.alert.name for each in looked[:_MOST_NAMED])
    more = f" and {len(looked) - _MOST_NAMED} more" if len(looked) > _MOST_NAMED else ""
    overdue = say(" · late, the quiet hours ended ", Moment(late)) if late else ()
    parts = [say(f"{was}: {names}{more}"), _became(looked), *_why(looked, department, until)]
    line = say(join(parts, "; "), ".", overdue)
    return Message(line, (Paragraph(line),))


def _became(looked: Sequence[Looked]) -> Line:
    over = sum(each.alert.state == "resolved" for each in looked)
    stand, reasons = len(looked) - over, [each.kept for each in looked if each.kept and each.alert.state != "resolved"]
    told = [f"{stand} still {'stands' if stand == 1 else 'stand'}"] if stand else []
    told += [f"{over} {'was' if over == 1 else 'were'} over before anybody came"] if over else []
    quiet = f" ({len(reasons)} of them without a message: {'; '.join(dict.fromkeys(reasons))})" if reasons else ""
    return say(", ".join(told), quiet)


def _why(looked: Sequence[Looked], department: Department | None, until: datetime) -> list[Line]:
    """Why nobody was woken, as far as the department, if it still exists, says so."""
    if department is None or department.quiet is None:
        return []
    if department.wakes_above is None:
        # Nothing is above critical, so there it goes without saying.
        if department.quiet.above is Severity.CRITICAL:
            return []
        return [say(f"none was more severe than {department.quiet.above.name.lower()}")]
    known = [_loss(each, department, until) for each in looked]
    unknown = sum(loss is None or loss.currency != department.wakes_above.currency for loss in known)
    rest = f", of {unknown} it is not known" if unknown else ""
    return [say("none would have cost more than ", department.wakes_above, f" until opening{rest}")]


def _loss(each: Looked, department: Department, until: datetime) -> Money | None:
    return expected_loss(each.alert, department.name, each.since, until)

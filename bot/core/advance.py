"""What a verdict makes of an alert: it opens, is brought up to date, gets worse, is resolved or reopened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.alerts import DISMISSALS, Alert, Change, Deadline, Holder, around_the_clock, due_of, resolved
from bot.core.parts import Line, MoneyRange
from bot.core.subject import Subject
from bot.core.verdict import Clear, Fire, Quiet, Verdict

REOPEN_WITHIN = timedelta(hours=2)
TOLD_WITHIN = timedelta(days=7)
"""For so long after a person resolved a matter it is still told what ended it in the shop."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """What a verdict made of an alert: the alert (None when there is none), what changed, and why."""

    alert: Alert | None
    change: Change
    reason: Line


@dataclass(frozen=True, slots=True)
class Seat:
    """The place an alert would take if it opened now: its next number and how often the matter came up before."""

    number: int
    shop: str
    rule: str
    subject: Subject
    episode: int = 1
    recent: int = 1
    source: str = ""


def advance(
    alert: Alert | None, verdict: Verdict, seat: Seat, now: datetime, deadline: Deadline = around_the_clock
) -> Advanced:
    """The alert after a verdict. ``alert`` is the matter's newest episode, if it has one; ``deadline`` reckons when its
    step is due.

    A matter that fires again within two hours of its resolution is reopened; later it is a new episode. One that
    somebody dismissed stays closed while it stands as it did.
    """
    match verdict:
        case Quiet(reason):
            return Advanced(alert, "none", reason)
        case Clear():
            return _clear(alert, verdict, now)
        case _:
            return _fire(alert, verdict, seat, now, deadline)


def _clear(alert: Alert | None, clear: Clear, now: datetime) -> Advanced:
    if alert is None:
        return Advanced(None, "none", clear.reason)
    note = clear.note or clear.reason
    if alert.state != "resolved":
        last = replace(alert, fire=_last(alert.fire, clear), loss=clear.loss)
        return Advanced(resolved(last, note, None, now), "resolved", clear.reason)
    if not _tells_more(alert, clear, now):
        return Advanced(alert, "none", clear.reason)
    loss = alert.loss if clear.loss is None else clear.loss
    told = replace(alert, outcome=note, loss=loss, fire=_last(alert.fire, clear), version=alert.version + 1)
    return Advanced(replace(told, changed_at=now), "updated", clear.reason)


def _last(fire: Fire, clear: Clear) -> Fire:
    """What is shown of the matter at its end."""
    return replace(fire, views={**fire.views, **clear.views}, details=clear.details or fire.details)


def _tells_more(alert: Alert, clear: Clear, now: datetime) -> bool:
    """Whether a resolved alert learns something: what ended it after a person had resolved it, or what it did cost."""
    if clear.loss is not None and clear.loss != alert.loss:
        return True
    recent = alert.resolved_at is not None and now - alert.resolved_at <= TOLD_WITHIN
    return recent and alert.resolved_by is not None and not alert.outcome


def _fire(alert: Alert | None, fire: Fire, seat: Seat, now: datetime, deadline: Deadline) -> Advanced:
    if alert is not None and _dismissed(alert, fire, now):
        return Advanced(alert, "none", fire.reason)
    if alert is None or not reopens(alert, now):
        return Advanced(_open(fire, seat, now, deadline), "opened", fire.reason)
    if alert.state == "resolved":
        return Advanced(_reopen(alert, fire, now, deadline), "reopened", fire.reason)
    if fire.severity > alert.peak:
        return Advanced(_escalate(alert, fire, now), "escalated", fire.reason)
    if _same_news(alert.fire, fire):
        return Advanced(alert, "none", fire.reason)
    return Advanced(_update(alert, fire, now), "updated", fire.reason)


def _dismissed(alert: Alert, fire: Fire, now: datetime) -> bool:
    """Whether somebody has decided that nothing is to be done about what still stands: that holds until it is over or
    worse than it was, and for a week at most."""
    recent = alert.resolved_at is not None and now - alert.resolved_at <= TOLD_WITHIN
    return recent and alert.ending in DISMISSALS and not alert.outcome and fire.severity <= alert.peak


def _update(alert: Alert, fire: Fire, now: datetime) -> Alert:
    worst = _worse(alert.worst, fire)
    return replace(alert, fire=fire, severity=fire.severity, worst=worst, version=alert.version + 1, changed_at=now)


def _worse(before: MoneyRange | None, fire: Fire) -> MoneyRange | None:
    """The larger of two risks; of two currencies the newer one, since they cannot be compared."""
    now = fire.cost.amount if fire.cost else None
    if before is None or now is None:
        return now or before
    return before if before.high.currency == now.high.currency and before.high.minor > now.high.minor else now


def reopens(alert: Alert, now: datetime) -> bool:
    """Whether what comes up now belongs to this episode: it is open, or was resolved just now."""
    return alert.resolved_at is None or now - alert.resolved_at <= REOPEN_WITHIN


def _same_news(before: Fire, now: Fire) -> bool:
    """Whether the same would be shown, apart from how fresh it is."""
    return replace(before, as_of=None, reason=()) == replace(now, as_of=None, reason=())


def _open(fire: Fire, seat: Seat, now: datetime, deadline: Deadline) -> Alert:
    department = next(iter(fire.views))
    return Alert(
        number=seat.number,
        shop=seat.shop,
        rule=seat.rule,
        subject=seat.subject,
        episode=seat.episode,
        recent=seat.recent,
        source=seat.source,
        state="firing",
        severity=fire.severity,
        peak=fire.severity,
        fire=fire,
        holder=Holder(department),
        opened_at=now,
        changed_at=now,
        due_at=due_of(fire, department, now, deadline),
        worst=_worse(None, fire),
    )


def _reopen(alert: Alert, fire: Fire, now: datetime, deadline: Deadline) -> Alert:
    return replace(
        alert,
        state="firing",
        fire=fire,
        severity=fire.severity,
        peak=fire.severity,
        holder=Holder(next(iter(fire.views))),
        taken_at=None,
        escalated_to=(),
        called=(),
        handover=None,
        ending="",
        turn=alert.turn + 1,
        version=alert.version + 1,
        changed_at=now,
        due_at=due_of(fire, next(iter(fire.views)), now, deadline),
        resolved_at=None,
        resolved_by=None,
        resolution=(),
        snoozed_until=None,
        snoozed_by=None,
        worst=_worse(alert.worst, fire),
        loss=None,
        outcome=(),
    )


def _escalate(alert: Alert, fire: Fire, now: datetime) -> Alert:
    """Worse than before: whoever snoozed it must look again, whoever took it still holds it."""
    return replace(
        alert,
        state="firing" if alert.state == "snoozed" else alert.state,
        snoozed_until=None,
        snoozed_by=None,
        until_worse=False,
        fire=fire,
        severity=fire.severity,
        peak=fire.severity,
        worst=_worse(alert.worst, fire),
        turn=alert.turn + 1,
        version=alert.version + 1,
        changed_at=now,
    )

"""Whether an alert may be shown now, must wait, or is not shown at all; each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, cast

from bot.core.alerts import Alert, Change
from bot.core.calendar import is_open, next_open
from bot.core.known import LogLine
from bot.core.money import Money
from bot.core.schedule import instant
from bot.core.settings import Department, Outside, QuietHours, Updates
from bot.core.silences import Silence
from bot.core.verdict import Step

_CALLS_PEOPLE: frozenset[Change] = frozenset(
    {"opened", "escalated", "reopened", "woken", "overdue", "lapsing", "lapsed", "handed_off"}
)


@dataclass(frozen=True, slots=True)
class Now:
    """Show it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Look again at ``until`` (aware UTC) and decide then. ``quiet`` says that it is for the department's rest."""

    until: datetime
    reason: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Never:
    """Not shown, because something else says it already."""

    reason: str


Mute = Now | Hold | Never


def mute(
    alert: Alert,
    department: Department | None,
    inhibitor: Alert | None,
    seen: bool,
    now: datetime,
    silence: Silence | None = None,
) -> Mute:
    """What to do with an alert's message in one channel.

    ``seen`` says whether the channel already shows it: what people see is always kept true, only what would call them
    anew is held or left out. ``inhibitor`` is an open alert on the same subject that says more; ``silence`` one that
    somebody laid upon it.
    """
    if seen:
        return Now("keeps true what is shown")
    if alert.state == "resolved":
        return Never("over before it was shown")
    if inhibitor is not None:
        return Never(f"{inhibitor.name} ({inhibitor.rule}) says it already")
    if alert.state == "snoozed" and alert.snoozed_until is not None:
        return Hold(alert.snoozed_until, "snoozed")
    if silence is not None:
        # Whoever sleeps when the silence ends is not woken by its end.
        asleep = held_back(alert, department, silence.until)
        return Hold(asleep.until if asleep else silence.until, f"silence {silence.name}")
    return held_back(alert, department, now) or Now(too_dear(alert, department, now))


def held_back(alert: Alert, department: Department | None, now: datetime) -> Hold | None:
    """Until when a department is not to be interrupted by this alert; None when it may be now. Whoever starts an
    exercise in its quiet hours was asked, and means them."""
    if alert.exercise is not None:
        return None
    end = _rests_until(alert, department, now)
    if department is None or end is None or too_dear(alert, department, now):
        return None
    return Hold(end, f"quiet hours of {department.name}", quiet=True)


def too_dear(alert: Alert, department: Department | None, now: datetime) -> str:
    """Why a department that rests is interrupted all the same, "" when it is not or does not rest: what is expected to
    be lost by waiting exceeds what the department put up with. Amounts of two currencies are never compared."""
    end = _rests_until(alert, department, now)
    if department is None or end is None or department.wakes_above is None:
        return ""
    limit, loss = department.wakes_above, expected_loss(alert, department.name, now, end)
    if loss is None or loss.currency != limit.currency or loss.minor <= limit.minor:
        return ""
    return f"told in quiet hours: waiting would cost {_plain(loss)}, more than {_plain(limit)}"


def expected_loss(alert: Alert, department: str, now: datetime, until: datetime) -> Money | None:
    """What is expected to be lost while nobody acts from ``now`` to ``until``; None where nothing is known of it.

    It is the middle of the alert's range, (low + high) / 2, which is the mean of an amount of which no more than its
    bounds is known (the uniform distribution: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.6.2), times the
    share of the step's time that passes meanwhile, min(1, (until - now) / time): the loss is taken to come evenly over
    the time that the rule gives the step, ``within``, or what is left of it where it ends at a fixed moment, ``by``.
    """
    step = _step(alert, department)
    time_given = step.by - now if step.by else step.within
    if alert.fire.cost is None or time_given is None:
        return None
    amount = alert.fire.cost.amount
    middle = Money(amount.low.minor + amount.high.minor, amount.low.currency).times(0.5)
    share = min(1.0, (until - now) / time_given) if time_given > timedelta(0) else 1.0
    return middle.times(share)


def _step(alert: Alert, department: str) -> Step:
    """The department's own step, or that of the first to act where it has none."""
    views = alert.fire.views
    return (views.get(department) or next(iter(views.values()))).step


def _plain(money: Money) -> str:
    return f"{money.decimal()} {money.currency}"


Way = Literal["thread", "channel", "message"]
"""How people hear of a change besides the edit: in the message's thread, in the channel, or by a new message."""


def calls_people(change: Change) -> bool:
    """Whether people must look at an alert, or look again, because of a change."""
    return change in _CALLS_PEOPLE


def owed(log: Iterable[LogLine], since: datetime) -> Change:
    """The newest change since an alert was to be quiet for which nobody was called then and somebody is to look now;
    "none" where there is none, or where people have acted since and so have looked. What opened meanwhile was not
    shown."""
    newest: Change = "none"
    for each in log:
        change = cast(Change, each.change)
        if each.at > since and change != "opened" and calls_people(change):
            newest = change
        elif each.actor or change == "resolved":
            newest = "none"
    return newest


def told_by(updates: Updates, change: Change, concerned: bool = True) -> frozenset[Way]:
    """The ways in which a change of a message that is shown is told, by its route's policy. Figures that moved are told
    by the edit alone, whatever the policy. A change of which only others must know calls nobody here, where people are
    not ``concerned``."""
    if change in ("none", "updated"):
        return frozenset()
    calls = concerned and calls_people(change)
    match updates:
        case "edit":
            return frozenset({"thread"}) if calls else frozenset()
        case "new":
            return frozenset({"message"}) if calls else frozenset()
        case "thread":
            return frozenset({"thread"})
        case _:
            return frozenset({"thread", "channel"}) if calls else frozenset({"thread"})


def _rests_until(alert: Alert, department: Department | None, now: datetime) -> datetime | None:
    """When the rest of a department that this alert is not severe enough to disturb is over; None when it works."""
    if department is None or department.quiet is None or alert.severity > department.quiet.above:
        return None
    return resting_until(department, now)


def resting_until(department: Department, now: datetime) -> datetime | None:
    """When the rest that a department has at ``now`` is over (aware UTC), or None when it has none."""
    match department.quiet:
        case QuietHours():
            return quiet_until(department.quiet, now)
        case Outside() if department.hours is not None and not is_open(department.hours, now):
            return next_open(department.hours, now)
        case _:
            return None


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """When the quiet hours that ``now`` lies in are over (aware UTC), or None outside of them."""
    local = now.astimezone(quiet.zone)
    clock = local.timetz().replace(tzinfo=None)
    if not _within(quiet.start, quiet.end, clock):
        return None
    day = local.date() if clock < quiet.end else local.date() + timedelta(days=1)
    # Where the clocks repeat the time at which they end, they end at the first of the two, or else at the second.
    first = instant(day, quiet.end, quiet.zone)
    return first if first > now else datetime.combine(day, quiet.end.replace(fold=1), tzinfo=quiet.zone).astimezone(UTC)


def _within(start: time, end: time, clock: time) -> bool:
    return start <= clock < end if start <= end else clock >= start or clock < end

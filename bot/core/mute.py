"""Whether an alert may be shown now, must wait, or is not shown at all; each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from bot.core.alerts import Alert, Change
from bot.core.settings import Department, QuietHours, Updates
from bot.core.silences import Silence

_CALLS_PEOPLE: frozenset[Change] = frozenset(
    {"opened", "escalated", "reopened", "woken", "overdue", "lapsing", "lapsed"}
)


@dataclass(frozen=True, slots=True)
class Now:
    """Show it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Look again at ``until`` (aware UTC) and decide then."""

    until: datetime
    reason: str


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
    return held_back(alert, department, now) or Now()


def held_back(alert: Alert, department: Department | None, now: datetime) -> Hold | None:
    """Until when a department is not to be interrupted by this alert; None when it may be now."""
    if department is None or department.quiet is None or alert.severity > department.quiet.above:
        return None
    end = quiet_until(department.quiet, now)
    return Hold(end, f"quiet hours of {department.name}") if end is not None else None


Way = Literal["thread", "channel", "message"]
"""How people hear of a change besides the edit: in the message's thread, in the channel, or by a new message."""


def told_by(updates: Updates, change: Change) -> frozenset[Way]:
    """The ways in which a change of a message that is shown is told, by its route's policy. Figures that moved are told
    by the edit alone, whatever the policy."""
    if change in ("none", "updated"):
        return frozenset()
    calls = change in _CALLS_PEOPLE
    match updates:
        case "edit":
            return frozenset({"thread"}) if calls else frozenset()
        case "new":
            return frozenset({"message"}) if calls else frozenset()
        case "thread":
            return frozenset({"thread"})
        case _:
            return frozenset({"thread", "channel"}) if calls else frozenset({"thread"})


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """When the quiet hours that ``now`` lies in are over (aware UTC), or None outside of them."""
    local = now.astimezone(quiet.zone)
    clock = local.timetz().replace(tzinfo=None)
    if not _within(quiet.start, quiet.end, clock):
        return None
    day = local.date() if clock < quiet.end else local.date() + timedelta(days=1)
    return datetime.combine(day, quiet.end, tzinfo=quiet.zone).astimezone(now.tzinfo)


def _within(start: time, end: time, clock: time) -> bool:
    return start <= clock < end if start <= end else clock >= start or clock < end

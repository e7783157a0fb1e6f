"""Which channels see an alert, as which department, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from bot.core.alerts import Alert
from bot.core.settings import House, Route


@dataclass(frozen=True, slots=True)
class Routed:
    """One place where an alert shows: the department whose view it is, the channel, and why."""

    department: str
    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unshown:
    """A department whose view goes nowhere, and why."""

    department: str
    reason: str


def route(alert: Alert, house: House) -> tuple[Routed | Unshown, ...]:
    """A place for each department that has a view, in the views' order, then for those to which it was escalated.

    The first matching override decides; without one a department's own channel; a department that the config does
    not know falls to the channel of the department named "operations", if there is one, so that nothing is lost.
    """
    return tuple(_place(alert, name, house) for name in (*alert.fire.views, *alert.escalated_to))


def _place(alert: Alert, name: str, house: House) -> Routed | Unshown:
    for number, override in enumerate(house.routes, 1):
        if not _matches(override, alert, name):
            continue
        if override.mute:
            return Unshown(name, f"muted by route {number}")
        if override.channel:
            return Routed(name, override.channel, f"route {number}")
    if name in house.departments:
        return Routed(name, house.departments[name].channel, f"channel of {name}")
    if "operations" in house.departments:
        return Routed(name, house.departments["operations"].channel, f"{name} has no channel, so operations")
    return Unshown(name, f"{name} has no channel")


def _matches(override: Route, alert: Alert, department: str) -> bool:
    wanted = (
        (override.rule, alert.rule),
        (override.shop, alert.shop),
        (override.department, department),
        (override.subject, alert.subject.id),
    )
    if not all(pattern is None or fnmatchcase(value, pattern) for pattern, value in wanted):
        return False
    return override.at_least is None or alert.severity >= override.at_least

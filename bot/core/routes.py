"""Which channels see an alert, as which department, how its changes are told there, and why: a tree of routes.

The words and their meaning are Alertmanager's (https://prometheus.io/docs/alerting/latest/configuration/#route): a
route that matches is entered, its own routes are tried before it stands for itself, what a route does not say it takes
from the one that it lies in, and the first that matches ends the search on its level unless it says ``proceed``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from bot.core.alerts import Alert
from bot.core.campaigns import pattern_of, vendor_group
from bot.core.groups import Group, family, group_of
from bot.core.patterns import fits
from bot.core.settings import NO_LABELS, Grouping, House, Labels, Route, Updates


@dataclass(frozen=True, slots=True)
class Routed:
    """One place where an alert shows: the department whose view it is, the channel, how changes are told, and why."""

    department: str
    channel: str
    reason: str
    updates: Updates = "edit"
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Unshown:
    """A department whose view goes nowhere, and why."""

    department: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Case:
    """A department's view of an alert at a moment, which routes match or not."""

    alert: Alert
    department: str
    house: House
    now: datetime
    labels: Labels


def route(alert: Alert, house: House, now: datetime, labels: Labels = NO_LABELS) -> tuple[Routed | Unshown, ...]:
    """The places for each department that has a view, in the views' order, then for those to which it was escalated.

    Without a route that matches a department sees it in its own channel; a department that the config does not know
    falls to the channel of the department named "operations", if there is one, so that nothing is lost.
    """
    departments = (*alert.fire.views, *alert.escalated_to)
    cases = (_Case(alert, name, house, now, labels) for name in departments)
    return tuple(place for case in cases for place in _places(case))


def labels_matter(routes: Sequence[Route]) -> bool:
    """Whether any route asks for more than the alert itself says."""
    return any(
        each.tag or each.vendor or each.location or (each.group and _asks(each.group)) or labels_matter(each.routes)
        for each in routes
    )


def _asks(grouping: Grouping) -> bool:
    return not {"vendor", "location"}.isdisjoint(grouping.by)


def _places(case: _Case) -> tuple[Routed | Unshown, ...]:
    """Each channel once, as the first route has it that leads there."""
    found = [_stop(case, name, entered) for name, entered in _entered(case, case.house.routes, Route(), "route")]
    shown = {place.channel: place for place in reversed(found) if isinstance(place, Routed)}
    return tuple(reversed(shown.values())) or tuple(found[:1]) or (_home(case, "edit"),)


def _entered(case: _Case, routes: Sequence[Route], outer: Route, path: str) -> Iterator[tuple[str, Route]]:
    """The routes at which the case ends up, with all that they took from those around them."""
    for number, each in enumerate(routes, 1):
        if not _matches(each, case):
            continue
        name, inherited = f"{path} {number}", _within(outer, each)
        inner = list(_entered(case, each.routes, inherited, name))
        yield from inner or [(name, inherited)]
        if not each.proceed:
            return


def _within(outer: Route, inner: Route) -> Route:
    """The inner route with what only the outer one says. Who names a channel is not muted by what lies around it."""
    muted = inner.mute or (outer.mute and inner.channel is None)
    return replace(
        inner,
        channel=inner.channel or outer.channel,
        mute=muted,
        updates=inner.updates or outer.updates,
        group=inner.group or outer.group,
    )


def _stop(case: _Case, name: str, entered: Route) -> Routed | Unshown:
    if entered.mute:
        return Unshown(case.department, f"muted by {name}")
    group = group_of(case.alert, case.labels, entered.group, name) if entered.group else None
    if entered.channel:
        return Routed(case.department, entered.channel, name, entered.updates or "edit", group)
    return _home(case, entered.updates or "edit", group)


def _home(case: _Case, updates: Updates, group: Group | None = None) -> Routed | Unshown:
    name, known = case.department, case.house.departments
    if name in known:
        return Routed(name, known[name].channel, f"channel of {name}", updates, group)
    if "operations" in known:
        return Routed(name, known["operations"].channel, f"{name} has no channel, so operations", updates, group)
    return Unshown(name, f"{name} has no channel")


def _matches(wanted: Route, case: _Case) -> bool:
    alert = case.alert
    told: tuple[tuple[str | None, Sequence[str]], ...] = (
        (wanted.rule, (alert.rule,)),
        (wanted.shop, (alert.shop,)),
        (wanted.department, (case.department,)),
        (wanted.subject, (alert.subject.id,)),
        (wanted.family, (family(alert),)),
        (wanted.tag and pattern_of(wanted.tag), case.labels.groups),
        (wanted.vendor and pattern_of(vendor_group(wanted.vendor)), case.labels.groups),
        (wanted.location, case.labels.locations),
    )
    if not all(pattern is None or any(fits(value, pattern) for value in values) for pattern, values in told):
        return False
    return _severe(wanted, alert) and _dear(wanted, alert) and _in_time(wanted, case)


def _severe(wanted: Route, alert: Alert) -> bool:
    return wanted.at_least is None or alert.severity >= wanted.at_least


def _dear(wanted: Route, alert: Alert) -> bool:
    """What may be lost at worst, in the currency in which it was computed: amounts of two are never compared."""
    if wanted.amount is None:
        return True
    cost = alert.fire.cost.amount if alert.fire.cost else None
    worst: Any = getattr(cost, "high", cost)
    return worst is not None and worst.currency == wanted.amount.currency and worst.minor >= wanted.amount.minor


def _in_time(wanted: Route, case: _Case) -> bool:
    if wanted.hours is None:
        return True
    local: time = case.now.astimezone(case.house.shops[case.alert.shop].zone).time()
    start, end = wanted.hours
    return start <= local < end if start <= end else local >= start or local < end

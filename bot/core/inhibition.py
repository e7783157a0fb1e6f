"""Which alert keeps which other one from being shown, because it says more: the cause instead of each consequence.

As in Alertmanager (https://prometheus.io/docs/alerting/latest/configuration/#inhibition-related-settings), the two must
be alike in something: here their subject, the source that told of them, or the provider of the payments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.core.alerts import Alert
from bot.core.handlers import Inhibits, Rule


def inhibiting(rule: str, rules: Iterable[Rule]) -> tuple[str, ...]:
    """The rules whose alerts may keep those of ``rule`` from being shown."""
    return tuple(other.name for other in rules if any(each.rule == rule for each in other.inhibits))


def inhibitor_of(alert: Alert, standing: Iterable[Alert], rules: Mapping[str, Rule]) -> Alert | None:
    """The worst of the open alerts that says what ``alert`` would say."""
    found = [other for other in standing if inhibits(other, alert, rules)]
    return max(found, key=lambda other: (other.severity, -other.number), default=None)


def inhibits(other: Alert, alert: Alert, rules: Mapping[str, Rule]) -> bool:
    """Whether an open alert keeps another one of the same shop from being shown."""
    declared = rules[other.rule].inhibits if other.rule in rules else ()
    return other.number != alert.number and any(
        each.rule == alert.rule and _alike(each, other, alert) for each in declared
    )


def _alike(each: Inhibits, other: Alert, alert: Alert) -> bool:
    if each.same == "subject":
        return other.subject == alert.subject
    mine, theirs = _value(alert, each.same), _value(other, each.same)
    return mine != "" and mine == theirs


def _value(alert: Alert, label: str) -> str:
    """The source of an alert about a source is that one; the provider is what its rule says, or is the first part of a
    payment method."""
    match label, alert.subject.about:
        case "source", "source":
            return alert.subject.id
        case "source", _:
            return alert.source
        case _, "payment_method":
            return alert.subject.id.partition("/")[0]
        case _:
            return dict(alert.fire.labels).get(label, "")

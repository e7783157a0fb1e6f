"""Alerts told together: which of them share one message, and what that message and its thread say.

The words are Alertmanager's (https://prometheus.io/docs/alerting/latest/configuration/#route): ``group_by``,
``group_wait``, ``group_interval``, ``repeat_interval``. A group of one shows as that alert; from the second on it is a
table, the dearest first, edited in place. What is edited interrupts nobody, so the interval bounds only the calls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.alerts import Alert, Change
from bot.core.campaigns import vendor_group
from bot.core.message import Block, Footer, Message, Paragraph, Pick, Table, Title
from bot.core.parts import Line, Moment, MoneyRange, Person, ShopText, join, say, strong
from bot.core.settings import Grouping, GroupLabel, Labels, Storm
from bot.core.subject import SubjectKind
from bot.core.verdict import Severity

MOST_ROWS = 10
_MOST_NAMED = 5
_VENDOR = vendor_group("").strip() + "-"

FAMILIES: Mapping[SubjectKind, str] = {
    "sku": "stock",
    "order": "orders",
    "payment_method": "payments",
    "dispute": "payments",
    "invoice": "payments",
    "payout": "payments",
    "campaign": "campaigns",
    "source": "sources",
}
"""What an alert is about, in the words by which departments divide the work. Whatever else there is belongs to none."""


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts that share a message in a channel: ``name`` is what makes two of them the same group, ``labels`` are what
    its alerts have in common, by what it is."""

    name: str
    labels: tuple[tuple[str, str], ...]
    grouping: Grouping


@dataclass(frozen=True, slots=True)
class Tally:
    """A group's alerts counted: those that stand, how many of these a person holds, those that are over, the worst
    severity of those that stand (of all, where none does), and what is at risk in each currency, never added up over
    currencies."""

    standing: int
    taken: int
    over: int
    worst: Severity
    at_risk: tuple[MoneyRange, ...] = ()

    @property
    def all(self) -> int:
        """How many alerts there are."""
        return self.standing + self.over


def family(alert: Alert) -> str:
    """The part of the business that an alert is about, "" for none; for an exercise that of a real one."""
    return FAMILIES.get(alert.exercise.about if alert.exercise else alert.subject.about, "")


def group_of(alert: Alert, labels: Labels, grouping: Grouping, route: str) -> Group:
    """The group that an alert belongs to on its route."""
    told = tuple((label, _value(alert, labels, label)) for label in grouping.by)
    return Group(json.dumps([route, *told]), told, grouping)


def _value(alert: Alert, labels: Labels, label: GroupLabel) -> str:
    match label:
        case "rule":
            return alert.rule
        case "family":
            return family(alert)
        case "shop":
            return alert.shop
        case "severity":
            return alert.severity.name.lower()
        case "subject":
            return alert.subject.id
        case "vendor":
            return ", ".join(key.removeprefix(_VENDOR) for key in labels.groups if key.startswith(_VENDOR))
        case _:
            return ", ".join(labels.locations)


def in_storm(alert: Alert, storm: Storm | None, lately: int) -> Group | None:
    """The group of an alert for which a channel has no message of its own left, having had ``lately`` new ones."""
    if storm is None or lately < storm.messages:
        return None
    told = (("rule", alert.rule), ("shop", alert.shop))
    return Group(json.dumps(["storm", *told]), told, Grouping(("rule", "shop"), timedelta(0), storm.within))


def told_later(change: Change) -> bool:
    """Whether a change of one alert waits for the group's next call, instead of being told by itself."""
    return change in ("opened", "escalated", "reopened")


def compose(group: Group, tally: Tally, worst: Sequence[Alert], opened: datetime) -> Message:
    """The group's message: how many alerts, what they put at risk, the ``worst`` of them, and a menu to open one."""
    title = say(_many(tally.all), ": ", _common(group))
    state = "RESOLVED" if not tally.standing else "TAKEN" if tally.taken == tally.standing else ""
    rows = tuple(map(_row, worst[:MOST_ROWS]))
    left = tally.all - len(rows)
    footer = [say("open since ", Moment(opened))] + ([say(f"+{left} more: /ops alerts")] if left > 0 else [])
    blocks: list[Block] = [
        Title(title, tally.worst, state),
        Paragraph(say(_counts(tally), _money(tally))),
        Table("The dearest first", ("Alert", "What", "At risk", "With", "Due"), rows),
        Pick("Open an alert", tuple(map(_choice, worst[:MOST_ROWS]))),
        Footer(join(footer, " · ")),
    ]
    head = f"{state}: " if state else f"{tally.worst.name}: "
    return Message(say(head, title, ". ", _counts(tally), _money(tally), ". First: ", _named(worst[0])), tuple(blocks))


def _many(number: int) -> str:
    return "1 alert" if number == 1 else f"{number} alerts"


_SAID: Mapping[str, str] = {
    "family": "about ", "shop": "in ", "subject": "on ", "vendor": "of ", "location": "at ",
}  # fmt: skip


def _common(group: Group) -> Line:
    """What the alerts have in common. Whatever is not our own word is shown as the shop's."""
    words = [_word(label, value) for label, value in group.labels if value]
    return join(words, ", ") if words else say("everything on this route")


def _word(label: str, value: str) -> Line:
    if label == "rule":
        return say(value.replace("_", " "))
    if label == "severity":
        # By it they came together; one of them may be worse by now.
        return say(f"{value} at first")
    return say(_SAID[label], value if label == "family" else ShopText(value))


def _counts(tally: Tally) -> str:
    told = [f"{tally.standing} open" if tally.standing else "all over"]
    told += [f"{tally.taken} taken"] if tally.taken else []
    told += [f"{tally.over} over"] if tally.over and tally.standing else []
    return ", ".join(told)


def _money(tally: Tally) -> Line:
    return say(" · ", join([say(amount) for amount in tally.at_risk], ", "), " at risk") if tally.at_risk else ()


def _row(alert: Alert) -> tuple[Line, ...]:
    return (
        say(f"{alert.name} {_state(alert)}"),
        alert.fire.title,
        say(alert.fire.cost.amount) if alert.fire.cost else say("–"),
        say(Person(alert.holder.person)) if alert.holder.person else say(alert.holder.department),
        say(Moment(alert.due_at)) if alert.due_at and alert.state != "resolved" else say("–"),
    )


def _state(alert: Alert) -> str:
    return alert.state.upper() if alert.state in ("snoozed", "resolved") else alert.severity.name


def _choice(alert: Alert) -> tuple[Line, int]:
    return say(f"{alert.name} ", alert.fire.title), alert.number


def _named(alert: Alert) -> Line:
    cost = say(" · ", alert.fire.cost.amount, " at risk") if alert.fire.cost else ()
    return say(f"{alert.name} {_state(alert)} · ", alert.fire.title, cost)


def more(joined: Sequence[Alert], number: int) -> Message:
    """The call for what came or became worse since the last one: how many, and the dearest of them."""
    named = join([_named(alert) for alert in joined[:_MOST_NAMED]], "; ")
    left = number - min(len(joined), _MOST_NAMED)
    line = say(strong(f"{number} new or worse: "), named, f"; +{left} more" if left else "")
    return Message(line, (Paragraph(line),))


def still(tally: Tally, worst: Sequence[Alert]) -> Message:
    """The call that a group still stands."""
    line = say(strong("Still open: "), _counts(tally), _money(tally), ". First: ", _named(worst[0]))
    return Message(line, (Paragraph(line),))

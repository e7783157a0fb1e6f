"""Exceptions that members set in Slack: how long they may hold, how people hear of them, when they are reminded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.core.campaigns import pattern_of, vendor_group
from bot.core.exceptions import RuleException, labelled, scalar, what
from bot.core.forms import Excepted, Sent, Wrong
from bot.core.message import Message, Paragraph
from bot.core.parts import Line, Moment, Quantity, ShopText, join, member, say
from bot.core.schedule import Slot
from bot.core.spelling import nearest

LONGEST = timedelta(days=366)
"""An exception that has an end ends within this; what shall hold for longer has none, and is reminded of."""

REMIND_EVERY = timedelta(days=30)

OFF = "off"
"""What a knob is turned to that switches its rule off: "low_stock.off"."""

Label = Literal["vendor", "tag"]
"""By what many SKUs are named at once."""

LABELS: Mapping[Label, str] = {
    "vendor": "What a vendor makes",
    "tag": "What bears a tag, or is in a collection or category",
}


class Answers(Protocol):
    """What every form asks that sets a rule otherwise: the ``knob`` ("low_stock.threshold"), to what, until when, and
    why."""

    @property
    def knob(self) -> str: ...

    @property
    def value(self) -> str | None: ...

    @property
    def until(self) -> datetime | None: ...

    @property
    def reason(self) -> str: ...


def excepted(level: Literal["sku"] | Label, names: Iterable[str], answers: Answers, sent: Sent) -> Excepted:
    """An exception for each of the SKUs, vendors or tags. Raises Wrong for what cannot be, beside its field."""
    rule, _, setting = answers.knob.partition(".")
    off = setting == OFF
    if not off and answers.value is None:
        raise Wrong({"value": say(f"Say to what {setting or rule} is set.")})
    made = tuple(
        RuleException(
            rule=rule,
            level=level,
            pattern=name,
            given=None if off else ((setting, scalar(answers.value or "")),),
            reason=answers.reason,
            by=sent.person,
            until=answers.until,
            created=sent.now,
            shop=sent.shop,
        )
        for name in names
    )
    wrong = {part: why for each in made for part, why in problems(each, sent.now).items()}
    if wrong:
        raise Wrong({part: say(why[:1].upper() + why[1:] + ".") for part, why in wrong.items()})
    return Excepted(made, "value")


def no_such_label(label: Label, name: str, keys: Iterable[str]) -> Line | None:
    """Why nothing bears a label, with the nearest that there are; None where something does. ``keys`` are those of all
    the shop's labels."""
    known = tuple(keys)
    if not pattern_of(name).strip("*-"):
        return say(f"Name a {label}.")
    if labelled(label, name, known):
        return None
    near = nearest(pattern_of(name), _labels(label, known))
    offered = say(" Did you mean ", join([say(ShopText(each)) for each in near], " or "), "?") if near else ()
    other: Label = "tag" if label == "vendor" else "vendor"
    told = f" There is a {other} of that name." if labelled(other, name, known) else ""
    return say(f"The shop knows no {label} ", ShopText(name), f".{told}", offered)


def _labels(label: Label, keys: Iterable[str]) -> list[str]:
    """The names of labels by their keys, of which pages are no labels."""
    vendor = pattern_of(vendor_group("x")).removesuffix("x")
    if label == "vendor":
        return [key.removeprefix(vendor) for key in keys if key.startswith(vendor)]
    return [key for key in keys if not key.startswith((vendor, "/"))]


def problems(each: RuleException, now: datetime) -> dict[str, str]:
    """Why there can be no such exception, by the part of it that is wrong; nothing when there can."""
    found = {"reason": "" if each.reason.strip() else "say why, so that others know when they find it"}
    if each.until is not None and each.until <= now:
        found["until"] = "it would be over already"
    elif each.until is not None and each.until - now > LONGEST:
        found["until"] = "that is more than a year; leave it empty to have it hold until somebody ends it"
    return {part: why for part, why in found.items() if why}


def reminder(each: RuleException, now: datetime) -> Slot | None:
    """The newest month's end of an exception that has come, at which it is reminded of; None in its first month."""
    if each.created is None:
        return None
    months = (now - each.created) // REMIND_EVERY
    due = each.created + months * REMIND_EVERY
    over = each.until is not None and due >= each.until
    return Slot(f"exception/{each.id}", f"month-{months}", due, due.date()) if months and not over else None


def told(each: RuleException) -> Line:
    """What an exception says, until when, by whom and why."""
    until = say(" until ", Moment(each.until)) if each.until else ()
    return say(each.name, ": ", what(each), until, " by ", member(each.by), ": ", ShopText(each.reason))


def said(each: RuleException, reach: int | None) -> Line:
    """What is to be set, until when, why, and how many SKUs it is about."""
    until = say(" until ", Moment(each.until)) if each.until else ()
    return say(what(each), until, ": ", ShopText(each.reason), _reach(reach))


def laid(each: RuleException, reach: int | None = None) -> Message:
    """What operations are told when an exception begins, how many SKUs it is about, and how to end it."""
    return _message(say("A new exception. ", told(each), _reach(reach), _ends(each)))


def answered(each: RuleException, reach: int | None) -> Line:
    """What whoever set an exception is told."""
    return say(told(each), _reach(reach), ".")


def _reach(reach: int | None) -> Line:
    if reach is None:
        return ()
    return say("; it is about 1 SKU now") if reach == 1 else say("; it is about ", Quantity(reach), " SKUs now")


def ended(each: RuleException, by: str) -> Message:
    """What the same message says once somebody ended it."""
    return _message(say("Ended by ", member(by), ". ", told(each), "."))


def over(each: RuleException) -> Message:
    """What operations are told when an exception has come to its end."""
    return _message(say("The exception is over. ", told(each), "."))


def reminded(each: RuleException) -> Message:
    """What operations are told of an exception that somebody may have forgotten."""
    return _message(say("Still an exception. ", told(each), _ends(each)))


def _ends(each: RuleException) -> str:
    return f"; /ops thresholds end {each.name} ends it."


def _message(line: Line) -> Message:
    return Message(line, (Paragraph(line),))

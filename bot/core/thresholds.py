"""Exceptions that members set in Slack: how long they may hold, how people hear of them, when they are reminded."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.exceptions import RuleException, what
from bot.core.message import Message, Paragraph
from bot.core.parts import Line, Moment, ShopText, member, say
from bot.core.schedule import Slot

LONGEST = timedelta(days=366)
"""An exception that has an end ends within this; what shall hold for longer has none, and is reminded of."""

REMIND_EVERY = timedelta(days=30)


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


def laid(each: RuleException) -> Message:
    """What operations are told when an exception begins, and how to end it."""
    return _message(say("A new exception. ", told(each), _ends(each)))


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

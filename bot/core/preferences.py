"""What a member wants of the bot: which department's matters they see at home, and when they may be mentioned.

Whoever is not to be mentioned is still named, by name alone: a mention is what makes Slack call somebody.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core.message import Message
from bot.core.parts import Person, ShopText
from bot.core.schedule import WEEKDAYS

Mentions = Literal["all", "handed", "due", "never"]
"""Whenever they are named, only when a matter is handed to them, only when theirs is due, or never."""


@dataclass(frozen=True, slots=True)
class OwnQuiet:
    """From ``start`` to ``end`` local time (over midnight when start is later) on nights and days that begin on one of
    the weekdays ("mon") a member is not mentioned; of ``critical`` matters they are all the same. ``zone`` is the name
    of their time zone."""

    start: time
    end: time
    weekdays: tuple[str, ...]
    zone: str
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Preferences:
    """A member's preferences; ``name`` is what they are called where they are not mentioned."""

    department: str = ""
    mentions: Mentions = "all"
    quiet: OwnQuiet | None = None
    name: str = ""


NONE = Preferences()
"""Those of whoever has never said any."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack says of a member: what people call them, and the name of their time zone; "" where it does not."""

    name: str = ""
    zone: str = ""


NOBODY = Profile()


def said_nothing(wishes: Preferences) -> bool:
    """Whether they are the same as none, so that nothing needs to be kept of the member."""
    return dataclasses.replace(wishes, name="") == NONE


def as_told(wishes: Preferences, profile: Profile) -> Preferences:
    """The preferences by what Slack says of the member now: what they are called, and the zone in which they rest."""
    quiet = wishes.quiet
    if quiet is not None and profile.zone:
        quiet = dataclasses.replace(quiet, zone=profile.zone)
    return dataclasses.replace(wishes, name=profile.name or wishes.name, quiet=quiet)


def rests(quiet: OwnQuiet, now: datetime) -> bool:
    """Whether a moment lies in a member's own quiet hours. In a zone that this machine does not know nobody rests."""
    try:
        local = now.astimezone(ZoneInfo(quiet.zone))
    except (ValueError, ZoneInfoNotFoundError):
        return False
    clock, today = local.time(), WEEKDAYS[local.weekday()]
    if quiet.start <= quiet.end:
        return quiet.start <= clock < quiet.end and today in quiet.weekdays
    yesterday = WEEKDAYS[(local - timedelta(days=1)).weekday()]
    return (clock >= quiet.start and today in quiet.weekdays) or (clock < quiet.end and yesterday in quiet.weekdays)


def may_be_mentioned(wishes: Preferences, call: str, critical: bool, now: datetime) -> bool:
    """Whether a member may be mentioned now; ``call`` is why they are named, as in ``Person``."""
    if wishes.mentions not in ("all", call):
        return False
    return wishes.quiet is None or (critical and wishes.quiet.critical) or not rests(wishes.quiet, now)


def people(message: Message) -> frozenset[str]:
    """The Slack ids of everybody whom a message names."""
    return frozenset(person.id for person in _people(message))


def _people(value: Any) -> Iterator[Person]:
    match value:
        case Person():
            yield value
        case tuple():
            for each in value:
                yield from _people(each)
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                yield from _people(getattr(value, field.name))


def addressed(message: Message, wishes: Mapping[str, Preferences], critical: bool, now: datetime) -> Message:
    """The message as it may be sent now: whoever does not want to be mentioned by it is called by name alone."""

    def named(value: Any) -> Any:
        match value:
            case Person(id, call) if id in wishes and not may_be_mentioned(wishes[id], call, critical, now):
                return ShopText(f"@{wishes[id].name or id}")
            case tuple():
                return tuple(map(named, value))
            case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
                told = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
                return dataclasses.replace(value, **{name: named(each) for name, each in told.items()})
        return value

    quiet: Message = named(message)
    return quiet

"""What people type after a command about an alert: its number, and until when it is to rest.

Times are read in a zone that the caller gives, and always lie ahead: a time of day is the next one that comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo

from bot.core.alerts import Alert
from bot.core.facts import AlertNamed, AlertsOpen, ask
from bot.core.handlers import Refused
from bot.core.known import AlertLine
from bot.core.parts import Line, ShopText, join, say
from bot.core.schedule import WEEKDAYS, instant
from bot.core.spelling import meant

MORNING = time(9)
"""What a day without a time means."""

_NUMBER = re.compile(r"\s*(?:a-?)?([0-9]{1,12})(?:[\s:,]+|$)(.*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_NEAREST = 3


def number_in(text: str) -> tuple[int | None, str]:
    """The alert that a text names first (``A-1042``, ``a1042`` or ``1042``), and what follows; None where it names
    none."""
    found = _NUMBER.match(text)
    return (int(found[1]), found[2].strip()) if found else (None, text.strip())


_MENTION = re.compile(r"<@([UW][A-Z0-9]{2,30})(?:\|([^<>]*))?>", re.ASCII)


def person_in(word: str) -> str | None:
    """The Slack user id of whom a word mentions ("<@U024BE7LH|ben>"); None where it is no mention."""
    found = _MENTION.fullmatch(word)
    return found[1] if found else None


def mentioned(text: str) -> tuple[str, ...]:
    """The Slack user ids of all whom a text mentions, each once."""
    return tuple(dict.fromkeys(found[1] for found in _MENTION.finditer(text)))


def readable(text: str) -> str:
    """Typed words with mentions as people write them: they stand where nobody is called by them."""
    return _MENTION.sub(lambda found: f"@{found[2] or found[1]}", text)


@dataclass(frozen=True)
class Named:
    """What a command about one alert looks up: the one that is named, and those that are open."""

    alert: Alert | None = ask(AlertNamed())
    open: tuple[AlertLine, ...] = ask(AlertsOpen(anywhere=True))


def named(text: str, facts: Named) -> tuple[Alert, str]:
    """The alert that a text names, and what follows. Raises Refused with the nearest numbers that are open."""
    if facts.alert is None:
        raise unnamed(text, facts.open)
    return facts.alert, number_in(text)[1]


def unnamed(text: str, open: Iterable[AlertLine]) -> Refused:
    """That a text names no alert there is, with the nearest numbers that are open."""
    number, _ = number_in(text)
    listed = {str(each.number): each for each in open}
    if number is None:
        offered = _offered("Open: ", list(listed)[:_NEAREST], listed)
        return Refused(say("Name an alert by its number, such as A-1042.", offered))
    nearest = get_close_matches(str(number), list(listed), n=_NEAREST, cutoff=0.7)
    return Refused(say(f"There is no A-{number}.", _offered("The nearest that is open: ", nearest, listed)))


def _offered(head: str, numbers: list[str], listed: dict[str, AlertLine]) -> Line:
    offered = join([say(f"A-{number} (", listed[number].title, ")") for number in numbers])
    return say(" ", head, offered, ".") if numbers else ()


# Until when.


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when an alert is to rest: a ``moment`` (aware UTC), the department's next working hours, or until it gets
    worse."""

    until: Literal["moment", "working_hours", "worse"]
    moment: datetime | None = None


_WORDS = {
    "working hours": Rest("working_hours"),
    "next working hours": Rest("working_hours"),
    "worse": Rest("worse"),
    "it gets worse": Rest("worse"),
}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(
    r"(?:for |in )?([0-9]{1,5}) ?(?:(m)(?:in(?:ute)?s?)?|(h)(?:r|our)?s?|(d)(?:ays?)?|(w)(?:eeks?)?)", re.ASCII
)
_CLOCK = re.compile(r"(?:at )?([01]?[0-9]|2[0-3])(?:[:.h]([0-5][0-9]))?", re.ASCII)
_DAY = re.compile(r"(?:(today|tomorrow|[a-z]{3,9}|\d{4}-\d\d-\d\d)\b)?\s*(.*)", re.ASCII | re.DOTALL)
_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SAMPLES = ("2h", "until 15:00", "tomorrow", "monday 9:00", "working hours", "worse")
_SPELT = ("today", "tomorrow", "working hours", "worse", *_FULL_DAYS)


def rest_in(text: str, now: datetime, zone: ZoneInfo) -> Rest:
    """Until when a text says: "2h", "until 15:00", "tomorrow", "mon 9:00", "working hours", "worse". Raises Refused for
    anything else, with what there is."""
    words = " ".join(text.casefold().split()).removeprefix("until ")
    if words in _WORDS:
        return _WORDS[words]
    if span := _SPAN.fullmatch(words):
        unit = next(filter(None, span.groups()[1:]))
        return Rest("moment", now + timedelta(**{_UNITS[unit]: int(span[1])}))
    moment = _moment(words, now, zone)
    if moment is None:
        raise Refused(_unread(text, words))
    return Rest("moment", moment)


def _moment(words: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    split = _DAY.fullmatch(words)
    named, rest = (split[1], split[2]) if split else (None, words)
    clock = _time(rest) if rest or not named else MORNING
    today = now.astimezone(zone).date()
    if clock is None:
        return None
    if named is None:
        return _next([today, today + timedelta(days=1)], clock, now, zone)
    return _next(_days(named, today), clock, now, zone)


def _next(days: Iterable[date], clock: time, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The first of these days' times that lies ahead."""
    ahead = (instant(day, clock, zone) for day in days)
    return next((moment for moment in ahead if moment > now), None)


def _time(words: str) -> time | None:
    found = _CLOCK.fullmatch(words)
    return time(int(found[1]), int(found[2] or 0)) if found else None


def _days(named: str, today: date) -> list[date]:
    """The days that a word may mean, the nearest first."""
    if named in ("today", "tomorrow"):
        return [today + timedelta(days=named == "tomorrow")]
    for number, names in enumerate(zip(WEEKDAYS, _FULL_DAYS, strict=True)):
        if named in names:
            ahead = (number - today.weekday()) % 7
            return [today + timedelta(days=ahead), today + timedelta(days=ahead + 7)]
    try:
        return [date.fromisoformat(named)]
    except ValueError:
        return []


def _unread(text: str, words: str) -> Line:
    near = meant(words, _SPELT)
    return say("I cannot read ", ShopText(text), " as a time to come.", near, f" Say {', '.join(_SAMPLES)}.")

"""What is said, typed: a line is made of parts, and only the edge turns them into text.

A rule writes ``say("runs out ", Moment(when))`` and never formats a number, so money, dates and quantities look the
same everywhere and in the reader's own locale and zone; and a shop's text cannot be mistaken for ours, because it
has a type of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.core.money import Money
from bot.core.subject import Subject


@dataclass(frozen=True, slots=True)
class Text:
    """Words of ours. ``strong`` sets them in bold type."""

    text: str
    strong: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ShopText:
    """Words from outside (a title, a name, a reason): shown literally, cleaned and cut, able to do nothing."""

    text: str
    kind: Literal["shop"] = "shop"

    def __bool__(self) -> bool:
        return bool(self.text.strip())


@dataclass(frozen=True, slots=True)
class Quantity:
    """A count or a rate with its unit ("units", "a day"); ``digits`` decimals are shown at most."""

    value: float
    unit: str = ""
    digits: int = 0
    kind: Literal["quantity"] = "quantity"


@dataclass(frozen=True, slots=True)
class Share:
    """A proportion between 0 and 1, shown in per cent; ``signed`` shows a plus for a change upwards."""

    value: float
    digits: int = 0
    signed: bool = False
    kind: Literal["share"] = "share"


@dataclass(frozen=True, slots=True)
class MoneyRange:
    """From ``low`` to ``high``, two digits each, for amounts that are estimates."""

    low: Money
    high: Money
    kind: Literal["money_range"] = "money_range"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time (aware UTC), shown in the reader's zone: as ``time``, ``day`` or ``both``."""

    at: datetime
    show: Literal["time", "day", "both"] = "both"
    kind: Literal["moment"] = "moment"


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in seconds, shown in its largest sensible unit ("12 min", "3.5 d")."""

    seconds: float
    kind: Literal["duration"] = "duration"


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace by Slack user id; ``call`` is why the line calls them: a matter is handed to them, or
    theirs is due."""

    id: str
    call: Literal["", "handed", "due"] = ""
    kind: Literal["person"] = "person"


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group of the workspace by its Slack id: whoever reads it is called, all of them."""

    id: str
    kind: Literal["usergroup"] = "usergroup"


def member(by: str) -> Person | ShopText:
    """Whoever a record names: a member by their Slack id, an operator by what they call themselves."""
    return Person(by) if re.fullmatch("[UW][A-Z0-9]{4,}", by) else ShopText(by)


def called(name: str) -> Person | UserGroup | None:
    """The member or the user group, to be called about what is due, whose Slack id this is; None for the name of a
    department, which is lower case."""
    if re.fullmatch("[UW][A-Z0-9]{2,}", name):
        return Person(name, call="due")
    return UserGroup(name) if re.fullmatch("S[A-Z0-9]{2,}", name) else None


Part = Text | ShopText | Money | MoneyRange | Quantity | Share | Moment | Duration | Subject | Person | UserGroup
Line = tuple[Part, ...]


def say(*parts: Part | str | Line) -> Line:
    """A line from parts; a plain string is our own text, a line within a line is spliced in."""
    line: list[Part] = []
    for part in parts:
        if isinstance(part, str):
            line.append(Text(part))
        elif isinstance(part, tuple):
            line.extend(part)
        else:
            line.append(part)
    return tuple(line)


def strong(text: str) -> Text:
    """Our own words in bold type."""
    return Text(text, strong=True)


def join(lines: list[Line] | tuple[Line, ...], between: str = ", ") -> Line:
    """Lines set one after another with our own text between them."""
    joined: list[Part] = []
    for number, line in enumerate(lines):
        if number:
            joined.append(Text(between))
        joined.extend(line)
    return tuple(joined)

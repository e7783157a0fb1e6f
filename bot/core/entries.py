"""What was entered in a form: how it becomes typed answers, or problems beside the fields, and how a value stands in a
field before anybody has typed.

It is read without any look at the world but the spelling of SKUs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from bot.core.forms import (
    LONGEST,
    Asks,
    Channel,
    Choice,
    Day,
    Entered,
    Form,
    Number,
    People,
    Several,
    Skus,
    Text,
    TimeOfDay,
    When,
    Wrong,
)
from bot.core.parts import Line, Quantity, ShopText, join, say
from bot.core.subject import Subject


@dataclass(frozen=True, slots=True)
class Spelt:
    """SKUs as somebody typed them: the shop's spelling of those it ``knows``, and the ``nearest`` of the others."""

    knows: Mapping[str, str]
    nearest: Mapping[str, tuple[str, ...]]


Spell = Callable[[tuple[str, ...]], Spelt]

Stranger = Callable[[str], str]
"""Why the person of a Slack user id can be given nothing; "" where they can."""


class _Unfit(Exception):
    """A field's entry is not what it asks for."""

    def __init__(self, *said: object) -> None:
        super().__init__(*said)
        self.line = say(*said)  # type: ignore[arg-type]


def read(form: Form, entered: Entered, spell: Spell, stranger: Stranger = lambda person: "") -> Any:
    """The form's answers. Raises Wrong with every field that is not right."""
    answers: dict[str, object] = {}
    problems: dict[str, Line] = {}
    for name, field in form.fields.items():
        try:
            answers[name] = _answer(field, entered.get(name) or "", spell, stranger)
        except _Unfit as unfit:
            problems[name] = unfit.line
    if problems:
        raise Wrong(problems)
    return form.answers(**answers)


def _answer(field: Asks, given: str | tuple[str, ...], spell: Spell, stranger: Stranger) -> object:
    several = isinstance(field, People | Several)
    if isinstance(given, tuple) != several and given:
        raise _Unfit("This cannot be read.")
    if not given or (isinstance(given, str) and not given.strip()):
        if not field.optional:
            raise _Unfit("This is needed.")
        return () if isinstance(field, People | Several | Skus) else None
    if isinstance(field, Skus):
        return _skus(str(given), spell)
    if isinstance(field, People):
        return _people(field, tuple(given), stranger)
    return _READERS[type(field)](field, given.strip() if isinstance(given, str) else given)


def _text(field: Text, given: str) -> str:
    longest = min(field.longest, LONGEST)
    if len(given) > longest:
        raise _Unfit("This has ", Quantity(len(given)), " characters; ", Quantity(longest), " are the most.")
    return given


_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,18}(?:[.,]\d{1,12})?", re.ASCII)


def _number(field: Number, given: str) -> float:
    if not _PLAIN_NUMBER.fullmatch(given):
        raise _Unfit("This is no number.")
    value = float(given.replace(",", "."))
    if not field.decimals and value != math.floor(value):
        raise _Unfit("This must be a whole number.")
    if field.least is not None and value < field.least:
        raise _Unfit(Quantity(field.least, digits=2), " is the least.")
    if field.most is not None and value > field.most:
        raise _Unfit(Quantity(field.most, digits=2), " is the most.")
    return value if field.decimals else int(value)


def _day(_field: Day, given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise _Unfit("This is no day.") from None


def _when(_field: When, given: str) -> datetime:
    if not re.fullmatch(r"\d{1,11}", given, re.ASCII):
        raise _Unfit("This is no moment.")
    return datetime.fromtimestamp(int(given), UTC)


def _time(_field: TimeOfDay, given: str) -> time:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", given, re.ASCII):
        raise _Unfit("This is no time of day.")
    return time.fromisoformat(given)


def _several(field: Several, given: tuple[str, ...]) -> tuple[str, ...]:
    if not set(given) <= set(dict(field.options)):
        raise _Unfit("This is none of the options.")
    return tuple(value for value, _ in field.options if value in given)


def _choice(field: Choice, given: str) -> str:
    if (field.options or field.of) and given not in dict(field.options):
        raise _Unfit("This is none of the options.")
    return given


def _people(field: People, given: tuple[str, ...], stranger: Stranger) -> tuple[str, ...]:
    if len(given) > field.most:
        raise _Unfit("Name ", Quantity(field.most), " at most.")
    if why := next(filter(None, map(stranger, given)), ""):
        raise _Unfit(why)
    return tuple(dict.fromkeys(given))


_READERS: Mapping[type[Asks], Callable[..., object]] = {
    Text: _text,
    Number: _number,
    Day: _day,
    When: _when,
    TimeOfDay: _time,
    Choice: _choice,
    Several: _several,
    Channel: lambda _field, given: given,
}
_NAMED = 3


def split(given: str) -> tuple[str, ...]:
    """What commas, semicolons and lines separate, each once."""
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[,;\r\n]", given) if part.strip()))


def _skus(given: str, spell: Spell) -> tuple[str, ...]:
    typed = split(given)
    if not typed:
        raise _Unfit("This names no SKU.")
    spelt = spell(typed)
    unknown = [name for name in typed if name not in spelt.knows]
    if unknown:
        more = say(f" and {len(unknown) - _NAMED} more") if len(unknown) > _NAMED else ()
        named = join([_unknown(name, spelt.nearest.get(name, ())) for name in unknown[:_NAMED]], "; ")
        raise _Unfit("The shop does not know ", named, more, ".")
    return tuple(dict.fromkeys(spelt.knows[name] for name in typed))


def _unknown(name: str, nearest: tuple[str, ...]) -> Line:
    if not nearest:
        return say(ShopText(name))
    return say(ShopText(name), " (nearest: ", join([say(Subject("sku", sku)) for sku in nearest]), ")")


def shown(field: Asks, value: object) -> object:
    """A value as its field holds it before anybody has typed: as ``Entered`` would, or None where it cannot stand."""
    match field, value:
        case (_, None) | (_, "") | (_, ()):
            return None
        case Number(), int() | float():
            return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
        case When(), datetime():
            return str(int(value.timestamp()))
        case Day(), date():
            return value.isoformat()
        case TimeOfDay(), time():
            return f"{value:%H:%M}"
        case Skus(), tuple():
            return "\n".join(map(str, value))
        case Choice(options=options), _ if value not in dict(options):
            return None
        case _:
            return value

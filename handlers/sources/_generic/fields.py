"""Our own events as JSON: their types by name, their fields, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from bot.core.delivery import Unparsable
from bot.core.events import STORED, Event, ItemSold, OrderLine
from bot.core.money import Money, exponent
from bot.core.parts import ShopText
from bot.core.wild import Wild

ENVELOPE: Final = ("type", "at")
_MILLISECONDS: Final = 10**11


def known_type(name: Wild) -> Wild:
    """A type as we call it; CloudEvents put the name of whoever made it before that."""
    text = name.text()
    return Wild(next((known for known in TYPES if text.endswith(f".{known}")), text), name.path)


def moment_of(at: Wild, received: datetime) -> datetime:
    """When an event happened: as it says, else when it was received."""
    return _moment(at) if at else received


def _moment(wild: Wild) -> datetime:
    """RFC 3339 with an offset, or a number since 1970: of seconds, or of milliseconds where seconds would lead beyond
    the year 5000."""
    if isinstance(wild.value, bool) or not isinstance(wild.value, int | Decimal):
        return wild.moment()
    seconds = wild.decimal() / (1000 if wild.decimal() >= _MILLISECONDS else 1)
    whole = Wild(seconds.to_integral_value(ROUND_FLOOR), wild.path).epoch()
    return whole + timedelta(microseconds=int(seconds % 1 * 1_000_000))


def event_of(name: Wild, at: datetime, wild: Wild, place: Mapping[str, str]) -> Event:
    """One event of a known type; a field that its type has not is refused, since it may be a slip of the pen."""
    kind = name.among(TYPES)
    for given in wild.keys():  # noqa: SIM118 (a Wild is no mapping)
        if given not in FORMS[kind] and given not in ENVELOPE:
            raise Unparsable(f"{wild[given].path[:100]} is no field of {name.text()}")
    event = kind(**place, at=at, **_read_fields(kind, wild))
    if event.subject.id in ("", "item-"):
        raise Unparsable(f"{wild['sku'].path} is missing")
    return event


def _read_fields(kind: type[Any], wild: Wild) -> dict[str, Any]:
    """The arguments of a dataclass; what has a default may be missing."""
    given = {}
    for name, (reader, required) in FORMS[kind].items():
        if required and wild[name].missing:
            raise Unparsable(f"{wild[name].path} is missing")
        if required or wild[name]:
            given[name] = reader(wild[name])
    return given


_Reader = Callable[[Wild], Any]


def _form(kind: type[Any]) -> Mapping[str, tuple[_Reader, bool]]:
    """The fields of an event (or an order line) with their readers, and whether they have to be there."""
    hints = get_type_hints(kind)
    return {
        field.name: (_LOWER.get(field.name) or _reader(hints[field.name]), _required(field))
        for field in fields(kind)
        if field.name not in ("shop", "source", "at")
    }


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING


def _reader(hint: Any) -> _Reader:
    """How to read a field of an event, by its annotation."""
    choices = [choice for choice in get_args(hint) if choice is not NoneType]
    if get_origin(hint) is Literal:
        return lambda wild: wild.among({choice: choice for choice in choices})
    if hint in _READERS:
        return _READERS[hint]
    return _optional(_READERS[choices[0]])


def _optional(reader: _Reader) -> _Reader:
    return lambda wild: reader(wild) if wild else None


def _money(wild: Wild) -> Money:
    """An amount in major units, or in minor ones as ISO 4217 counts them."""
    currency, minor = wild["currency"].text(), wild["minor"]
    if not minor:
        return wild["amount"].money(currency)
    if wild["amount"]:
        raise Unparsable(f"{minor.path} stands beside amount, and money has one of them")
    return Wild(Decimal(minor.int()).scaleb(-exponent(currency)), minor.path).money(currency)


def _lines(wild: Wild) -> tuple[OrderLine, ...]:
    return tuple(OrderLine(**_read_fields(OrderLine, line)) for line in wild.list())


_READERS: Final[dict[Any, _Reader]] = {
    str: Wild.id,
    int: Wild.int,
    bool: Wild.flag,
    float: lambda wild: float(wild.decimal()),
    datetime: _moment,
    Money: _money,
    ShopText: lambda wild: ShopText(wild.text()),
    tuple[str, ...]: lambda wild: tuple(sku.id() for sku in wild.list()),
    tuple[OrderLine, ...]: _lines,
}
# Providers and methods are subjects of alerts, which must not differ by a capital letter.
_LOWER: Final[dict[str, _Reader]] = dict.fromkeys(("provider", "method"), lambda wild: wild.id().lower())


def _type_name(kind: str) -> str:
    return "".join(f".{letter.lower()}" if letter.isupper() else letter for letter in kind).removeprefix(".")


# "stock.changed" is StockChanged. What was sold follows from the order, so nobody else may say it.
TYPES: Final[Mapping[str, type[Event]]] = {
    _type_name(name): kind for name, kind in STORED.items() if kind is not ItemSold
}
FORMS: Final = {kind: _form(kind) for kind in (*TYPES.values(), OrderLine)}

"""Strict JSON from untrusted bytes, and values that stay wild until somebody tames them to a type.

Every fault of the sender is an Unparsable whose message names the place ("data.object.amount is missing").
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Literal, NoReturn, TypeVar

from bot.core.delivery import Unparsable
from bot.core.money import Money, from_decimal
from bot.core.parts import ShopText

T = TypeVar("T")

MAX_DEPTH: Final = 32
# A Shopify order of 200 KB has some 10,000 values (21 bytes each, measured), so the limit leaves room for five of them.
MAX_NODES: Final = 50_000
MAX_TEXT: Final = 8_192
MAX_ID: Final = 255
# Ids of Shopify have 19 digits, so 18 will not do. Signed 64 bits hold them all, and no database column holds more.
_MAX_INTEGER: Final = 2**63 - 1
# Counts and amounts are added up, so they end where a thousand sums of them still fit into 64 bits.
MAX_COUNT: Final = 10**15
_MAX_DECIMAL: Final = 64
_FIRST_YEAR, _LAST_YEAR = 1970, 9998

# A text without an end takes all that is left: were it no token, each quote in it would be tried anew, for hours.
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|([\[\]{},])', re.DOTALL)
_BROKEN = re.compile("[\x00\ud800-\udfff]")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_SHORT_EXPONENT = re.compile(r"^[^eE]+([eE][+-]?[0-9]{1,2})?$")
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(\.[0-9]{1,12})?([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)


class _Missing:
    """Stands where a field is not there, which is another thing than null."""


_MISSING: Final = _Missing()
_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    Decimal: "a number",
}


def read(body: bytes, most: int = MAX_NODES) -> Wild:
    """The JSON value of a body in UTF-8, or Unparsable.

    Refused are duplicate keys, NaN and Infinity, more than 32 levels, more than ``most`` values, integers beyond 64
    bits, and numbers that no Decimal of common size holds. The size of the body is limited before.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unparsable(f"the body is not UTF-8 at byte {error.start}") from None
    _measure(text, most)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_constant,
        )
    except ValueError as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise Unparsable(f"the body is not JSON{where}") from None
    return Wild(value)


def _measure(text: str, most: int) -> None:
    """Refuse what is too deep or too large before the decoder, which would recurse and allocate, sees it."""
    depth = nodes = 0
    for token in _TOKENS.finditer(text):
        mark = token[1]
        if mark is None:
            continue
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
            continue
        nodes += 1
        if depth > MAX_DEPTH or nodes > most:
            raise Unparsable(f"the body is deeper than {MAX_DEPTH} levels or has more than {most} values")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise Unparsable(f"the key {_clean(twice)[:40]!r} occurs twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > _MAX_INTEGER:
        raise Unparsable(f"the number {digits[:20]}… is too large")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    # 1e999999999 is eleven bytes of text and would be a gigabyte of int; larger exponents fail in Decimal itself.
    if len(digits) > _MAX_DECIMAL or not _SHORT_EXPONENT.search(digits):
        raise Unparsable(f"the number {digits[:20]}… is too large or too long")
    return Decimal(digits)


def _constant(name: str) -> NoReturn:
    raise Unparsable(f"{name} is not a number")


def _clean(text: str) -> str:
    """Without lone surrogates, which no encoding can write, and NUL, which no database column can hold."""
    return _BROKEN.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class Wild:
    """A JSON value from outside and the path where it stood. Reading it as a type either gives that type or Unparsable.

    Fields that are missing may be walked into; only the end of the walk says that there is nothing.
    """

    value: Any
    path: str = ""

    def __getitem__(self, name: str | int) -> Wild:
        """The field of an object or the element of a list; of nothing, nothing."""
        if self.value is None or self.value is _MISSING:
            return self
        if isinstance(name, str) and isinstance(self.value, dict):
            return Wild(self.value.get(name, _MISSING), self._below(name))
        if isinstance(name, int) and isinstance(self.value, list):
            found = self.value[name] if 0 <= name < len(self.value) else _MISSING
            return Wild(found, f"{self.path}[{name}]")
        raise self._not("an object" if isinstance(name, str) else "a list")

    def at(self, path: str) -> Wild:
        """The value at a dotted path ("data.object.amount", "items.0.sku")."""
        found = self
        for step in path.split("."):
            number = isinstance(found.value, list) and step.isascii() and step.isdigit() and len(step) < 6
            found = found[int(step) if number else step]
        return found

    def maybe(self, name: str) -> Wild | None:
        """The field, or None when it is missing or null."""
        found = self[name]
        return found or None

    def __bool__(self) -> bool:
        """Whether there is anything: neither missing nor null."""
        return not (self.value is None or self.value is _MISSING)

    @property
    def missing(self) -> bool:
        """Whether the field is not there at all; null is there."""
        return self.value is _MISSING

    def keys(self) -> tuple[str, ...]:
        """The names of an object's fields, cleaned."""
        if not isinstance(self.value, dict):
            raise self._not("an object")
        return tuple(_clean(key) for key in self.value)

    def list(self) -> tuple[Wild, ...]:
        """The elements of a list."""
        if not isinstance(self.value, list):
            raise self._not("a list")
        return tuple(Wild(value, f"{self.path}[{number}]") for number, value in enumerate(self.value))

    def each(self) -> tuple[Wild, ...]:
        """The elements of a list; none when it is missing or null."""
        return self.list() if self else ()

    def text(self) -> str:
        """Text of at most 8,192 characters, lone surrogates and NUL replaced.

        The limit binds only what is read: a product's long description need not keep its price from being known.
        """
        if not isinstance(self.value, str):
            raise self._not("text")
        if len(self.value) > MAX_TEXT:
            raise Unparsable(f"{self._name} is longer than {MAX_TEXT} characters")
        return _clean(self.value)

    def text_or(self, default: str) -> str:
        """Text, or the default when there is nothing."""
        return self.text() if self else default

    def id(self) -> str:
        """An identifier as text of at most 255 characters, which may come as a number or as text that is not blank."""
        number = isinstance(self.value, int) and not isinstance(self.value, bool)
        found = str(self.value) if number else self.text().strip()
        if not 0 < len(found) <= MAX_ID:
            raise Unparsable(f"{self._name} is {f'longer than {MAX_ID} characters' if found else 'empty'}")
        return found

    def id_or(self, default: str) -> str:
        """An identifier as text, or the default when there is nothing or only blanks."""
        blank = isinstance(self.value, str) and not self.value.strip()
        return self.id() if self and not blank else default

    def among(self, table: Mapping[str, T]) -> T:
        """What a table says for this text, which has to be one of its keys."""
        text = self.text()
        if text not in table:
            raise Unparsable(f"{self._name} is {text[:40]!r}, which is none of {', '.join(table)}")
        return table[text]

    def shop_text(self) -> ShopText | None:
        """Words from outside, or None when there are none."""
        return ShopText(self.text_or("")) or None

    def flag(self, default: bool = False) -> bool:
        """True or false; the default when there is nothing."""
        if not self:
            return default
        if not isinstance(self.value, bool):
            raise self._not("true or false")
        return self.value

    def decimal(self) -> Decimal:
        """A number, which may come as text ("36.3900")."""
        if isinstance(self.value, str) and _DECIMAL.fullmatch(self.value):
            return Decimal(self.value)
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            raise self._not("a number")
        return Decimal(self.value)

    def int(self) -> int:
        """A whole number of at most 15 digits, which may come as text or as 12.0000."""
        value = self.decimal()
        if abs(value) > MAX_COUNT:
            raise Unparsable(f"{self._name} is too large")
        if value != value.to_integral_value():
            raise self._not("a whole number")
        return int(value)

    def money(self, currency: str, decimals: Literal[0, 2, 3] = 0) -> Money:
        """An amount in major units ("12.50"), or in units of which 10**decimals make one major unit (1250 and 2)."""
        try:
            amount = from_decimal(self.decimal().scaleb(-decimals), currency)
        except ValueError:
            raise Unparsable(f"{self._name} is no amount of {_clean(currency)[:10]!r}") from None
        if abs(amount.minor) > MAX_COUNT:
            raise Unparsable(f"{self._name} is too large")
        return amount

    def moment(self) -> datetime:
        """A date and time with its offset (RFC 3339), as aware UTC. Digits beyond microseconds are dropped."""
        match = _RFC3339.fullmatch(self.text())
        if not match:
            raise self._not("a date and time with an offset")
        day, time, fraction, offset = match.groups(default="")
        zone = "+00:00" if offset in "Zz" else offset
        try:
            found = datetime.fromisoformat(f"{day}T{time}{fraction[:7].ljust(7, '0') if fraction else ''}{zone}")
        except ValueError:
            raise self._not("a date and time with an offset") from None
        if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
            raise Unparsable(f"{self._name} is not in our time")
        return found.astimezone(UTC)

    def utc(self) -> datetime:
        """A date and time in UTC that says so by a Z, or does not say it ("2026-11-20 10:15:00"), as aware UTC."""
        return Wild(self.text().removesuffix("Z") + "Z", self.path).moment()

    def epoch(self) -> datetime:
        """Whole seconds since 1970, as aware UTC."""
        seconds = self.int()
        if not 0 <= seconds <= 253_000_000_000:
            raise Unparsable(f"{self._name} is not in our time")
        return datetime.fromtimestamp(seconds, UTC)

    @property
    def _name(self) -> str:
        return self.path or "the body"

    def _below(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _not(self, wanted: str) -> Unparsable:
        if self.value is _MISSING:
            return Unparsable(f"{self._name} is missing")
        found = "null" if self.value is None else _NAMES[type(self.value)]
        return Unparsable(f"{self._name} is {found}, not {wanted}")

"""Lines put into words: as elements of Slack's rich text, as its fallback text, and as plain text.

Numbers, money and dates follow the shop's locale; a moment is shown in the reader's own zone where Slack can do that,
else in the shop's, which is then named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol

from bot.core.money import Money, exponent
from bot.core.parts import Duration, Line, Moment, MoneyRange, Part, Person, Quantity, Share, ShopText, Text, UserGroup
from bot.core.subject import Subject
from bot.edge.clean import clean, escaped, literal, one_line

Json = dict[str, Any]

UNKNOWN = "–"
"""What stands where there is no number."""

_HUGE = 10**15
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_CODE_BEFORE_NUMBER = re.compile(r"(?<=[^\W\d_])(?=\d)")
_STEPS = ((9, "bn"), (6, "M"), (3, "k"))


@dataclass(frozen=True, slots=True)
class Look:
    """How a message is to look: the shop's locale ("en_GB") and zone; ``charts`` is whether native ones may be used."""

    locale: str
    zone: ZoneInfo
    charts: bool = True


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    return Locale.parse(name.replace("-", "_"))


# Each kind of part as plain words.


def _text(part: Text, look: Look) -> str:
    return one_line(part.text)


def _shop_text(part: ShopText, look: Look) -> str:
    return clean(part.text)


def _subject(part: Subject, look: Look) -> str:
    return clean(part.id)


def _person(part: Person | UserGroup, look: Look) -> str:
    return "@" + clean(part.id)


def _money(part: Money, look: Look) -> str:
    """In full, with the decimals that the currency has by ISO 4217."""
    currency, amount = clean(part.currency), part.decimal()
    if abs(part.minor) >= _HUGE:
        return f"{currency} {amount:.2E}"
    locale = _locale(look.locale)
    places = exponent(part.currency)
    pattern = locale.currency_formats["standard"].pattern.replace(".00", "." + "0" * places if places else "")
    said = format_currency(amount, currency, format=pattern, locale=locale, currency_digits=False)
    return _CODE_BEFORE_NUMBER.sub("\u00a0", said)


def _money_range(part: MoneyRange, look: Look) -> str:
    """Two digits each, the currency once where that cannot be misread: "€2.1k–3.4k", but "€900 – €1.2k". What is known
    to the cent is told to the cent."""
    if part.low == part.high:
        return _money(part.low, look)
    if part.low.currency != part.high.currency:
        return f"{_money(part.low, look)} – {_money(part.high, look)}"
    low, high = _short(part.low.decimal(), look), _short(part.high.decimal(), look)
    if low == high:
        return _with_currency(low, part.low.currency, look)
    if low == "0" or _suffix(low) == _suffix(high):
        return _with_currency(f"{low}–{high}", part.low.currency, look)
    return " – ".join(_with_currency(number, part.low.currency, look) for number in (low, high))


def _suffix(number: str) -> str:
    return number.lstrip("-+0123456789.,E\u00a0\u202f' ")


def _with_currency(number: str, currency: str, look: Look) -> str:
    locale = _locale(look.locale)
    pattern = locale.currency_formats["standard"]
    symbol = get_currency_symbol(clean(currency), locale=locale)
    said = f"{pattern.prefix[0].replace('¤', symbol)}{number}{pattern.suffix[0].replace('¤', symbol)}"
    return _CODE_BEFORE_NUMBER.sub("\u00a0", said)


def _short(amount: Decimal, look: Look) -> str:
    """Two significant digits with k, M or bn."""
    if not amount:
        return "0"
    rounded = Decimal(f"{amount:.1e}")
    step, suffix = next(((step, suffix) for step, suffix in _STEPS if rounded.adjusted() >= step), (0, ""))
    scaled = rounded.scaleb(-step)
    if scaled.adjusted() > 12:
        return f"{scaled:.1E}{suffix}"
    return _number(scaled, 3, look) + suffix


def _number(value: float | Decimal, digits: int, look: Look) -> str:
    pattern = "#,##0." + "#" * digits if digits > 0 else "#,##0"
    return str(format_decimal(value, format=pattern, locale=_locale(look.locale)))


def _quantity(part: Quantity, look: Look) -> str:
    number = _count(part.value, part.digits, look)
    return f"{number} {clean(part.unit)}" if part.unit else number


def _count(value: float, digits: int, look: Look) -> str:
    if not math.isfinite(value):
        return UNKNOWN
    if abs(value) >= _HUGE:
        return f"{value:.2e}"
    return _number(_rounded(value, digits), digits, look)


def _rounded(value: float, digits: int) -> float:
    """Rounded half to even; never a minus before a nought."""
    return round(float(value), max(digits, 0)) or 0.0


def _share(part: Share, look: Look) -> str:
    if not math.isfinite(part.value) or abs(part.value) >= _HUGE:
        return UNKNOWN
    locale = _locale(look.locale)
    value = _rounded(part.value, part.digits + 2)
    pattern = locale.percent_formats[None].pattern
    pattern = pattern.replace("0", "0." + "#" * part.digits) if part.digits > 0 else pattern
    plus = "+" if part.signed and value > 0 else ""
    return plus + str(format_percent(value, format=pattern, locale=locale))


def _moment(part: Moment, look: Look) -> str:
    """In the shop's zone, named where there is a time of day: "Thu 3 Dec 15:00 CET"."""
    local = part.at.astimezone(look.zone)
    return one_line(_SHOWN[part.show](local, _locale(look.locale)))


def _time_of(local: datetime, locale: Locale) -> str:
    return f"{format_time(local, 'short', locale=locale)} {local.tzname()}"


def _day_of(local: datetime, locale: Locale) -> str:
    return str(format_skeleton("MMMEd", local, locale=locale))


_SHOWN: dict[str, Callable[[datetime, Locale], str]] = {
    "time": _time_of,
    "day": _day_of,
    "both": lambda local, locale: f"{_day_of(local, locale)} {_time_of(local, locale)}",
}


def _duration(part: Duration, look: Look) -> str:
    """The largest unit in which at least two of it fit, for days; minutes up to an hour."""
    if not math.isfinite(part.seconds):
        return UNKNOWN
    length = abs(part.seconds)
    if round(length) < 60:
        return f"{_count(part.seconds, 0, look)} s"
    if round(length / 60) < 60:
        return f"{_count(part.seconds / 60, 0, look)} min"
    if length < 48 * 3600:
        return f"{_brief(part.seconds / 3600, look)} h"
    return f"{_brief(part.seconds / 86400, look)} d"


def _brief(value: float, look: Look) -> str:
    return _count(value, 1 if abs(value) < 9.95 else 0, look)


_WORDS: Mapping[str, Callable[[Any, Look], str]] = {
    "text": _text,
    "shop": _shop_text,
    "money": _money,
    "money_range": _money_range,
    "quantity": _quantity,
    "share": _share,
    "moment": _moment,
    "duration": _duration,
    "subject": _subject,
    "person": _person,
    "usergroup": _person,
}


def plain(line: Line, look: Look) -> str:
    """The line for a field that Slack shows as it is (``plain_text``, ``raw_text``)."""
    return "".join(_WORDS[part.kind](part, look) for part in line)


# The fallback text, which Slack reads as mrkdwn.


def _mention(part: Person, look: Look) -> str:
    return f"<@{part.id}>" if _USER.fullmatch(part.id) else literal(_person(part, look))


def _group_mention(part: UserGroup, look: Look) -> str:
    return f"<!subteam^{part.id}>" if _GROUP.fullmatch(part.id) else literal(_person(part, look))


_MRKDWN: Mapping[str, Callable[[Any, Look], str]] = {
    "shop": lambda part, look: literal(_shop_text(part, look)),
    "subject": lambda part, look: literal(_subject(part, look)),
    "person": _mention,
    "usergroup": _group_mention,
}


def _fallback(part: Part, look: Look) -> str:
    special = _MRKDWN.get(part.kind)
    return special(part, look) if special else escaped(_WORDS[part.kind](part, look))


def text(line: Line, look: Look) -> str:
    """The line for a message's ``text``: what the notification and the screen reader say."""
    return "".join(_fallback(part, look) for part in line)


# Rich text, in which every part is an element of its own and nothing within one is read as markup.

_FORMATS = {"time": "{time}", "day": "{date_short_pretty}", "both": "{date_short_pretty} {time}"}


def _styled(element: Json, bold: bool) -> Json:
    return element | {"style": {"bold": True}} if bold else element


def _words(part: Any, look: Look, bold: bool) -> Json:
    return _styled({"type": "text", "text": _WORDS[part.kind](part, look)}, bold)


def _own_words(part: Text, look: Look, bold: bool) -> Json:
    return _words(part, look, bold or part.strong)


def _date(part: Moment, look: Look, bold: bool) -> Json:
    seconds = max(0, int(part.at.timestamp()))
    date = {"type": "date", "timestamp": seconds, "format": _FORMATS[part.show], "fallback": _moment(part, look)}
    return _styled(date, bold)


def _user(part: Person, look: Look, bold: bool) -> Json:
    return {"type": "user", "user_id": part.id} if _USER.fullmatch(part.id) else _words(part, look, bold)


def _usergroup(part: UserGroup, look: Look, bold: bool) -> Json:
    return {"type": "usergroup", "usergroup_id": part.id} if _GROUP.fullmatch(part.id) else _words(part, look, bold)


_ELEMENTS: Mapping[str, Callable[[Any, Look, bool], Json]] = {
    "text": _own_words, "moment": _date, "person": _user, "usergroup": _usergroup,
}  # fmt: skip


def elements(line: Line, look: Look, bold: bool = False) -> list[Json]:
    """The line as elements of a rich text section; a part that comes to nothing has none."""
    drawn = [_ELEMENTS.get(part.kind, _words)(part, look, bold) for part in line]
    return [element for element in drawn if element.get("text") != ""]

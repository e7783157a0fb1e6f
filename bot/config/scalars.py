"""How the scalars of the config file are written (zones, amounts, channels, ...), and what is wrong with the rest."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from bot.catalog.settings import time_of_day
from bot.core.money import Money, from_decimal
from bot.core.parts import called
from bot.core.schedule import WEEKDAYS
from bot.core.spans import duration
from bot.core.spelling import hint

_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_NAMES = dict(zip(WEEKDAYS + _LONG_DAYS, WEEKDAYS * 2, strict=True))

# Slack's names of channels have no capitals, blanks or full stops; its ids have nothing but capitals and digits.
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{3,}")
_CHANNEL_NAME = re.compile(r"#?([^\sA-Z.,#]{1,80})")
_NAME = r"^[a-z][a-z0-9_-]{0,31}$"

_MOST_MESSAGES = 1000


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f'is no time zone such as "Europe/Berlin"{hint(name, available_timezones())}')
    return name


def _currency(code: str) -> str:
    if code not in list_currencies():
        raise ValueError(f'is no currency code such as "EUR"{hint(code.upper(), list_currencies())}')
    return code


def _locale(name: str) -> str:
    try:
        return str(Locale.parse(name))
    except (UnknownLocaleError, ValueError):
        raise ValueError('is no locale such as "en_GB" or "de_DE"') from None


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError('is no day such as "2026-12-25"') from None


def _clock_time(text: str) -> str:
    return f"{time_of_day(text):%H:%M}"


def _amount(text: str) -> str:
    money_of(text)
    return text


def money_of(text: str) -> Money:
    """The amount of a text such as "500 EUR". Raises ValueError."""
    amount, _, currency = text.partition(" ")
    try:
        return from_decimal(amount, _currency(currency))
    except ValueError:
        raise ValueError('must be an amount with its currency, such as "500 EUR"') from None


def _span(text: str) -> str:
    duration(text)
    return text


def _weekday(name: Any) -> str:
    # Some count weekdays from Monday and some from Sunday, so numbers are refused and not read as either.
    if str(name).lower() not in _DAY_NAMES:
        raise ValueError(f"is no weekday; write its name: {', '.join(WEEKDAYS)}")
    return _DAY_NAMES[str(name).lower()]


def _channel(name: str) -> str:
    """An id stays as it is, and a name gets its #, by which the Slack client tells the two apart."""
    if _CHANNEL_ID.fullmatch(name):
        return name
    match = _CHANNEL_NAME.fullmatch(name)
    if not match:
        raise ValueError(
            'is no channel; write its name such as "ops" (lower case, no blanks) or its id such as "C0ABC123"'
        )
    return f"#{match[1]}"


def _variable(name: str) -> str:
    # The value is not repeated in the message: somebody may have written the secret itself.
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,127}", name):
        raise ValueError(
            "must be the name of an environment variable, such as SHOPIFY_WEBHOOK_SECRET; the secret itself is never "
            "written into this file"
        )
    return name


def _who(text: str) -> str:
    if not re.fullmatch(r"everybody|unknown|@[a-z0-9][a-z0-9._-]{0,79}|[SUW][A-Z0-9]{2,}", text, re.ASCII):
        raise ValueError(
            'must be everybody, a user group such as "@finance-team" or its id such as S0614TZR7, the id of a member '
            "such as U024BE7LH, or unknown"
        )
    return text


def _messages(value: Any) -> Any:
    if value != "off" and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST_MESSAGES):
        raise ValueError(f"must be a whole number from 1 to {_MOST_MESSAGES}, or off")
    return value


def _hearer(text: str) -> str:
    if text.startswith("@"):
        raise ValueError(
            "must be an id, since names change: a user group such as S0614TZR7, a member such as U024BE7LH"
        )
    if called(text) is None and not re.fullmatch(_NAME, text):
        raise ValueError("must be a department, or the id of a member (U024BE7LH) or of a user group (S0614TZR7)")
    return text


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError('must be an address such as "https://floorwalker.example.com"')
    return text


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>,;\x00-\x1f]+@[^\s@<>,;\x00-\x1f]+", text, re.ASCII):
        raise ValueError('is no e-mail address such as "ops@example.com"')
    return text


def _store_url(text: str) -> str:
    if urlsplit(text).password is not None:
        raise ValueError("has a password; name an environment variable that holds the URL with `url_from` instead")
    if urlsplit(text).scheme.partition("+")[0] not in ("sqlite", "postgresql", "postgres"):
        raise ValueError('must begin with "sqlite:///" or "postgresql://"')
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Currency = Annotated[str, AfterValidator(_currency)]
LocaleName = Annotated[str, AfterValidator(_locale)]
ClockTime = Annotated[str, AfterValidator(_clock_time)]
Day = Annotated[str, AfterValidator(_day)]
Amount = Annotated[str, AfterValidator(_amount)]
Span = Annotated[str, AfterValidator(_span)]
Weekday = Annotated[
    str, BeforeValidator(_weekday), Field(json_schema_extra={"enum": list(_DAY_NAMES)})
]  # fmt: skip
Channel = Annotated[str, AfterValidator(_channel)]
Variable = Annotated[str, AfterValidator(_variable)]
Who = Annotated[str, AfterValidator(_who)]
ActName = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]{0,31}|\*)$")]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]
Port = Annotated[int, Field(ge=0, le=65535)]
SeverityName = Literal["low", "medium", "high", "critical"]
Name = Annotated[str, Field(pattern=_NAME)]
Hearer = Annotated[str, AfterValidator(_hearer)]
PackageName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
Messages = Annotated[
    Any, AfterValidator(_messages), WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": "off"}]})
]  # fmt: skip
Pause = Annotated[str, AfterValidator(lambda text: text if text == "off" else _span(text))]

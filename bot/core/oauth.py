"""OAuth 1.0a (RFC 5849): a request proved by two secrets that never travel, as Magento's API asks for it.

The signature is HMAC-SHA256 by the method that the RFC gives for HMAC-SHA1. Nothing here is drawn by chance: a nonce
has only to be new, and follows from what is new about the call.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bot.core.polling import Call, Pairs

_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_URL = re.compile(r"(https?)://([^/?#@]+)(/[^?#]*)?")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks (the consumer, which the RFC calls client) and on whose behalf (the token)."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    token: str
    token_secret: str = field(repr=False)


def percent(text: str) -> str:
    """Percent-encoding by RFC 3986: all but letters, digits, ``-``, ``.``, ``_`` and ``~``, as UTF-8, in capitals."""
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in text.encode(errors="replace"))


def unpercent(text: str) -> str:
    """What ``percent`` encoded. A plus sign stays one, as RFC 3986 knows no other way to write a blank than %20."""
    plain = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), text.encode(errors="replace"))
    return plain.decode(errors="replace")


def nonce(*of: str) -> str:
    """32 hexadecimal digits that follow from all of ``of``, and differ whenever one of them does."""
    return hashlib.sha256("".join(f"{percent(text)}\n" for text in of).encode()).hexdigest()[:32]


def authorized(call: Call, by: Credentials, at: datetime, nonce: str) -> Call:
    """The call with its Authorization header as of ``at`` (aware UTC). The server takes a ``nonce`` only once.

    A form is signed with it, any other body is not (RFC 5849, section 3.4.1.3). Raises ValueError on a URL that is
    none of HTTP or has a query of its own.
    """
    named = (
        ("oauth_consumer_key", by.consumer_key),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", str(int(at.timestamp()))),
        ("oauth_token", by.token),
        ("oauth_version", "1.0"),
    )
    key = f"{percent(by.consumer_secret)}&{percent(by.token_secret)}"
    text = base_string(call.method, call.url, (*call.params, *call.form, *named))
    mac = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    signed = (*named, ("oauth_signature", base64.b64encode(mac).decode()))
    value = ", ".join(f'{name}="{percent(value)}"' for name, value in signed)
    return replace(call, headers={**call.headers, "authorization": f"OAuth {value}"})


def base_string(method: str, url: str, params: Iterable[tuple[str, str]]) -> str:
    """The text that is signed (RFC 5849, section 3.4.1): ``params`` are all of them, decoded, in any order."""
    return "&".join(map(percent, (method.upper(), _base_url(url), _normalized(tuple(params)))))


def _base_url(url: str) -> str:
    """Scheme and host in small letters, without the port that goes without saying; the path as it is sent."""
    match = _URL.fullmatch(url)
    if not match:
        raise ValueError("the URL is none of HTTP, or has a query of its own")
    scheme, host, path = match[1], match[2].lower(), match[3] or "/"
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS[scheme])}{path}"


def _normalized(params: Pairs) -> str:
    """Encoded first and sorted then, by name and by value (RFC 5849, section 3.4.1.3.2)."""
    return "&".join(f"{name}={value}" for name, value in sorted((percent(n), percent(v)) for n, v in params))

"""Proof that a delivery comes from its platform: keyed hashes over raw bytes, the schemes written as tables.

A platform is one ``Scheme`` (or several, when it has several families of headers). Whatever is wrong with a header is
an Unverified, and no secret is ever part of a message.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from bot.core.delivery import Delivery, Unverified

_MAX_HEADER: Final = 8_192
_MAX_SIGNATURES: Final = 32
_PLACES = re.compile(r"\{(body|timestamp|id)\}")
_EPOCH = re.compile("[0-9]{1,12}")


def plain_key(secret: str) -> bytes:
    """The secret's own text as the key, byte for byte as the environment had it."""
    return secret.encode(errors="surrogateescape")


def standard_key(secret: str) -> bytes:
    """The key of Standard Webhooks: base64 after ``whsec_``. Raises ValueError when it is not."""
    key = base64.b64decode(secret.removeprefix("whsec_").encode(), validate=True)
    if not key:
        raise ValueError("the key is empty")
    return key


def epoch(text: str) -> int:
    """Whole seconds since 1970 from a header. Raises ValueError when it is anything else."""
    if not _EPOCH.fullmatch(text):
        raise ValueError("not seconds since 1970")
    return int(text)


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a platform signs, as a row of a table. Header names are lower case.

    ``signed`` composes the signed bytes from {body}, {timestamp} and {id}. The signature header may hold several
    parts set apart by ``separator``: those that begin with ``prefix`` are signatures, and the one that begins with
    ``stamp`` is the time, unless the time has a header of its own. Where {timestamp} is signed, it may lie
    ``tolerance`` seconds before or after now. ``key`` and ``seconds`` raise ValueError on what they cannot read.
    """

    header: str
    signed: str = "{body}"
    digest: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    separator: str = ""
    stamp: str = ""
    timestamp_header: str = ""
    id_header: str = ""
    key: Callable[[str], bytes] = plain_key
    seconds: Callable[[str], int] = epoch
    tolerance: int = 300


def _standard(family: str) -> Scheme:
    return Scheme(
        header=f"{family}-signature",
        signed="{id}.{timestamp}.{body}",
        encoding="base64",
        prefix="v1,",
        separator=" ",
        timestamp_header=f"{family}-timestamp",
        id_header=f"{family}-id",
        key=standard_key,
    )


# https://github.com/standard-webhooks/standard-webhooks, and the header names that its inventor had used before.
STANDARD_WEBHOOKS: Final = (_standard("webhook"), _standard("svix"))


def check(schemes: Sequence[Scheme], delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """Return when one secret proves the delivery by the first scheme whose header is there, else raise Unverified."""
    scheme, parts, message = signed(schemes, delivery, now)
    given = [_bytes(part.removeprefix(scheme.prefix), scheme) for part in parts if part.startswith(scheme.prefix)]
    wanted = [_signature(scheme, key, message).encode() for key in _keys(scheme, secrets)]
    # Every pair is compared, so that the time taken does not tell which of them agreed.
    if sum(hmac.compare_digest(one, other) for one in wanted for other in given) == 0:
        raise Unverified(f"{scheme.header} does not match the body")


def signed(schemes: Sequence[Scheme], delivery: Delivery, now: datetime) -> tuple[Scheme, list[str], bytes]:
    """The first scheme whose header is there, the parts of that header, and the bytes that it signs, of which nothing
    is proved yet. Raises Unverified when a header is missing or the time is not now."""
    present = [scheme for scheme in schemes if scheme.header in delivery.headers]
    if not present:
        raise Unverified(f"{schemes[0].header} is missing")
    scheme = present[0]
    parts = _parts(scheme, header(delivery, scheme.header))
    timestamp = _timestamp(scheme, delivery, parts, now)
    name = header(delivery, scheme.id_header) if scheme.id_header else ""
    return scheme, parts, _message(scheme, delivery.body, timestamp, name)


def sign(scheme: Scheme, body: bytes, secret: str, now: datetime, name: str = "") -> dict[str, str]:
    """The headers with which the platform would send this body at ``now``; ``name`` is the message's id.

    Raises ValueError when the secret is no key of this scheme.
    """
    timestamp = str(int(now.timestamp()))
    signature = scheme.prefix + _signature(scheme, scheme.key(secret), _message(scheme, body, timestamp, name))
    inline = f"{scheme.stamp}{timestamp}{scheme.separator}" if scheme.stamp else ""
    headers = {scheme.header: inline + signature}
    if scheme.timestamp_header:
        headers[scheme.timestamp_header] = timestamp
    if scheme.id_header:
        headers[scheme.id_header] = name
    return headers


def check_text(given: str, secrets: Sequence[str], what: str) -> None:
    """Return when the text is one of the secrets, else raise Unverified, which says ``what`` was compared."""
    found = given.encode(errors="replace")
    # All are compared, so that the time taken does not tell which of them agreed.
    if sum(hmac.compare_digest(plain_key(secret), found) for secret in _secrets(secrets)) == 0:
        raise Unverified(f"{what} is not right")


def check_token(delivery: Delivery, name: str, secrets: Sequence[str], kind: str = "") -> None:
    """Return when the header, after the word ``kind`` if any, is one of the secrets, else raise Unverified."""
    given = header(delivery, name)
    word, _, token = given.partition(" ") if kind else ("", "", given)
    secrets = _secrets(secrets)
    if word.lower() != kind.lower():
        raise Unverified(f"{name} does not begin with {kind}")
    found = token.strip().encode(errors="replace")
    if sum(hmac.compare_digest(plain_key(secret), found) for secret in secrets) == 0:
        raise Unverified(f"{name} is not the secret")


def header(delivery: Delivery, name: str) -> str:
    """A header that has to be there, or Unverified."""
    value = delivery.headers.get(name, "")
    if not value or len(value) > _MAX_HEADER:
        raise Unverified(f"{name} is {'too long' if value else 'missing'}")
    return value


def _parts(scheme: Scheme, value: str) -> list[str]:
    parts = value.split(scheme.separator) if scheme.separator else [value]
    if len(parts) > _MAX_SIGNATURES:
        raise Unverified(f"{scheme.header} has too many parts")
    return [part.strip() for part in parts]


def _timestamp(scheme: Scheme, delivery: Delivery, parts: list[str], now: datetime) -> str:
    """The text of the signed time, which lies within the tolerance; "" when the scheme signs none."""
    if "{timestamp}" not in scheme.signed:
        return ""
    place = scheme.timestamp_header or scheme.header
    stamps = [part.removeprefix(scheme.stamp) for part in parts if part.startswith(scheme.stamp)]
    if not scheme.stamp:
        stamps = [header(delivery, place)]
    if len(stamps) != 1:
        raise Unverified(f"{place} has {'no' if not stamps else 'more than one'} time")
    try:
        age = int(now.timestamp()) - scheme.seconds(stamps[0])
    except ValueError:
        raise Unverified(f"{place} has no readable time") from None
    if abs(age) > scheme.tolerance:
        raise Unverified(f"{place} is too far {'in the past' if age > 0 else 'in the future'}")
    return stamps[0]


def _message(scheme: Scheme, body: bytes, timestamp: str, name: str) -> bytes:
    places: Mapping[str, bytes] = {
        "body": body,
        "timestamp": timestamp.encode(errors="replace"),
        "id": name.encode(errors="replace"),
    }
    # Splitting by a pattern with a group puts literal text at even and place names at odd positions.
    pieces = _PLACES.split(scheme.signed)
    return b"".join(places[piece] if number % 2 else piece.encode() for number, piece in enumerate(pieces))


def _signature(scheme: Scheme, key: bytes, message: bytes) -> str:
    mac = hmac.new(key, message, getattr(hashlib, scheme.digest)).digest()
    return mac.hex() if scheme.encoding == "hex" else base64.b64encode(mac).decode()


def _bytes(signature: str, scheme: Scheme) -> bytes:
    """A signature as it came, ready to be compared as text: so there is nothing in it to decode, and to fail."""
    text = signature.lower() if scheme.encoding == "hex" else signature
    return text.encode(errors="replace")


def _secrets(secrets: Sequence[str]) -> list[str]:
    found = [secret for secret in secrets if secret]
    if not found:
        raise Unverified("no secret is configured for this source")
    return found


def _keys(scheme: Scheme, secrets: Sequence[str]) -> list[bytes]:
    """The keys of all secrets that are keys: one that is malformed must not keep another from being tried."""
    keys: list[bytes] = []
    for secret in _secrets(secrets):
        try:
            keys.append(scheme.key(secret))
        except ValueError:
            continue
    if not keys:
        raise Unverified("no configured secret has the form that this source needs")
    return keys

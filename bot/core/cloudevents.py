"""CloudEvents 1.0 over HTTP: one event as a JSON object, several as a list, or one in headers, its data as the body.

Source: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md. All three forms
become one: an object with the attributes and ``data``, as the structured form has them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from bot.core.delivery import Delivery, Unparsable
from bot.core.keys import as_key
from bot.core.oauth import unpercent
from bot.core.wild import Wild, read

_NAMES: Final = ("id", "source", "type", "time", "subject", "specversion")
_BYTES: Final = "data_base64"
_PLAIN = re.compile(r"[\x20-\x7e]+")


def binary(headers: Mapping[str, str]) -> bool:
    """Whether the attributes are in the headers."""
    return "ce-specversion" in headers


def whole(delivery: Delivery, body: Wild) -> Wild:
    """The body of a delivery, or in the binary form the event of which it is the data. Data in base64 is decoded.
    Raises Unparsable where that is no JSON."""
    if binary(delivery.headers):
        return Wild({**attributes(delivery.headers), "data": body.value})
    if isinstance(body.value, list):
        return Wild([_decoded(event).value for event in body.list()])
    return _decoded(body)


def _decoded(event: Wild) -> Wild:
    """The event with its data as a value. A sender whose data has no JSON type may send it as bytes all the same."""
    if not is_event(event) or not event[_BYTES]:
        return event
    encoded = event[_BYTES]
    if event["data"]:
        raise Unparsable(f"{encoded.path} stands beside data, and an event has one of them")
    if not isinstance(encoded.value, str):
        raise Unparsable(f"{encoded.path} is not text")
    try:
        inside = read(base64.b64decode(encoded.value.encode("ascii", "replace"), validate=True))
    except binascii.Error:
        raise Unparsable(f"{encoded.path} is not base64") from None
    except Unparsable as error:
        raise Unparsable(f"in {encoded.path} {error}") from None
    rest = {name: value for name, value in event.value.items() if name != _BYTES}
    return Wild({**rest, "data": inside.value}, event.path)


def attributes(headers: Mapping[str, str]) -> dict[str, Any]:
    """The attributes in headers, in which what is no plain ASCII is percent-encoded."""
    return {name: unpercent(headers[f"ce-{name}"]) for name in _NAMES if f"ce-{name}" in headers}


def is_event(wild: Wild) -> bool:
    """Whether an object is a CloudEvent."""
    return isinstance(wild.value, dict) and "specversion" in wild.value


def key(delivery: Delivery, body: Wild) -> str:
    """An event is named by its source and id together, or by a hash of them where they cannot be kept as they are; ""
    when it is none, or has no id. Raises Unparsable."""
    if binary(delivery.headers):
        body = Wild(attributes(delivery.headers))
    if not is_event(body) or not (name := body["id"].text_or("")):
        return ""
    found = f"{body['source'].text_or('')} {name}"
    kept = as_key(found) if _PLAIN.fullmatch(found) else ""
    return kept or hashlib.sha256(found.encode()).hexdigest()

"""CloudEvents 1.0 over HTTP: one event as a JSON object, several as a list, or one in headers, its data as the body.

Source: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md. All three forms
become one: an object with the attributes and ``data``, as the structured form has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.core.delivery import Delivery
from bot.core.keys import as_key
from bot.core.oauth import unpercent
from bot.core.wild import Wild

_NAMES: Final = ("id", "source", "type", "time", "subject", "specversion")
_PLAIN = re.compile(r"[\x20-\x7e]+")


def binary(headers: Mapping[str, str]) -> bool:
    """Whether the attributes are in the headers."""
    return "ce-specversion" in headers


def whole(delivery: Delivery, body: Wild) -> Wild:
    """The body of a delivery, or in the binary form the event of which it is the data."""
    if not binary(delivery.headers):
        return body
    return Wild({**attributes(delivery.headers), "data": body.value})


def attributes(headers: Mapping[str, str]) -> dict[str, Any]:
    """The attributes in headers, in which what is no plain ASCII is percent-encoded."""
    return {name: unpercent(headers[f"ce-{name}"]) for name in _NAMES if f"ce-{name}" in headers}


def is_event(wild: Wild) -> bool:
    """Whether an object is a CloudEvent."""
    return isinstance(wild.value, dict) and "specversion" in wild.value


def key(delivery: Delivery, body: Wild) -> str:
    """An event is named by its source and id together; "" when it is none. Raises Unparsable."""
    if binary(delivery.headers):
        body = Wild(attributes(delivery.headers))
    if not is_event(body):
        return ""
    found = f"{body['source'].text_or('')} {body['id'].text_or('')}"
    return as_key(found) if _PLAIN.fullmatch(found) else ""

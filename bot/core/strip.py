"""What a delivery says of people, and nobody here needs, is taken out of its body before that is stored.

Two ways: ``without`` cuts out the fields of known names and leaves every other byte as it came, for bodies of which
much is read; ``only`` keeps the fields that are read and nothing else, for bodies that hold a person in any of them.
Neither raises on anything that a platform sends: a body that cannot be read stays as it is, for somebody to look at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from bot.core.delivery import Strip, Unparsable
from bot.core.wild import MAX_NODES, read

Shape = Mapping[str, "Shape"]
"""The fields of an object that are kept, each with those within it; none there means all. A list has the shape of its
elements."""

# A quote that was escaped begins no name, so no text that a value quotes is taken for a field.
_NAMED: Final = r'(?<!\\)"(?:%s)"\s*+:\s*+'
_SCALAR: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,\[\]{}"]++', re.DOTALL)
_MARKS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|([\[\]{}])', re.DOTALL)

PEOPLE: Final = (
    "email", "email_address", "customer_email", "phone", "telephone", "first_name", "last_name", "firstname",
    "lastname", "full_name", "billing_address", "shipping_address", "customer_note", "user_agent",
)  # fmt: skip
"""In which fields platforms of all kinds send people. What is cut stands in lists, and not what is kept, because these
bodies are wide, and a field that a parser comes to read must not be missing; a test sees to it that none reads one."""


def without(names: Iterable[str]) -> Callable[[bytes], bytes]:
    """Cuts the values of fields of these names, at any depth, out of a body of JSON; null stands in their place."""
    named = re.compile((_NAMED % "|".join(map(re.escape, sorted(names)))).encode())

    def cut(body: bytes) -> bytes:
        kept, at = [], 0
        while (found := named.search(body, at)) and (end := _after(body, found.end())):
            kept += [body[at : found.end()], b"null"]
            at = end
        return b"".join((*kept, body[at:]))

    return cut


def stripped(names: Iterable[str]) -> Strip:
    """How a source takes people out of its deliveries that sends them in fields of these names."""
    cut = without(names)
    return lambda delivery: cut(delivery.body)


def _after(body: bytes, at: int) -> int:
    """Where the value that begins there ends; 0 when it has no end, so that what follows is no JSON."""
    if body[at : at + 1] not in (b"{", b"["):
        found = _SCALAR.match(body, at)
        return found.end() if found else 0
    depth = 0
    for mark in _MARKS.finditer(body, at):
        depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(mark[1], 0)
        if depth == 0:
            return mark.end()
    return 0


def only(body: bytes, shape: Shape, most: int = MAX_NODES) -> bytes:
    """A body of JSON with the fields of this shape alone, if it has at most so many values."""
    try:
        return json.dumps(_shaped(read(body, most).value, shape), default=float, separators=(",", ":")).encode()
    except Unparsable:
        return body


def _shaped(value: Any, shape: Shape) -> Any:
    """What is no object where one is expected has no fields that could be told apart, so it stays."""
    if isinstance(value, list):
        return [_shaped(each, shape) for each in value]
    if not (shape and isinstance(value, dict)):
        return value
    return {name: _shaped(value[name], within) for name, within in shape.items() if name in value}

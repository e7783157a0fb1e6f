"""Bodies of web forms (application/x-www-form-urlencoded), whose names may nest by brackets: ``data[merges][EMAIL]``.

Every fault of the sender is an Unparsable. Of what the fields hold a message says nothing, of their names a little.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from bot.core.delivery import Unparsable
from bot.core.wild import Wild

MAX_FIELDS: Final = 2_000
MAX_DEPTH: Final = 8
MAX_NAME: Final = 255

_ESCAPE = re.compile(rb"%(.?.?)", re.DOTALL)
_HEX = re.compile(rb"[0-9a-fA-F]{2}")
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")


def pairs(encoded: bytes) -> tuple[tuple[str, str], ...]:
    """Names and values of a form or of a URL's query, decoded, in their order (https://url.spec.whatwg.org).

    Raises Unparsable on more than 2,000 fields, on a percent sign without two hexadecimal digits and on what is not
    UTF-8 when it is decoded.
    """
    fields = [field for field in encoded.split(b"&", MAX_FIELDS + 1) if field]
    if len(fields) > MAX_FIELDS:
        raise Unparsable(f"the form has more than {MAX_FIELDS} fields")
    split = (field.partition(b"=") for field in fields)
    return tuple((_decoded(name), _decoded(value)) for name, _, value in split)


def read_form(body: bytes) -> Wild:
    """The fields of a form as an object; brackets make objects within it, and ``[]`` at the end a list.

    Raises Unparsable also when a name comes twice, when one is a value and an object at once, and on names that are
    malformed or nest deeper than 8 levels.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs(body):
        _put(tree, _steps(name), value, name)
    return Wild(tree)


def only(body: bytes, names: Collection[str]) -> bytes:
    """The form with the fields of these names alone, each as it came. Raises Unparsable as ``pairs`` does."""
    fields = [field for field in body.split(b"&") if field]
    return b"&".join(field for field, (name, _) in zip(fields, pairs(body), strict=True) if name in names)


def _decoded(text: bytes) -> str:
    try:
        return _ESCAPE.sub(_byte, text.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise Unparsable("the form is not UTF-8") from None


def _byte(found: re.Match[bytes]) -> bytes:
    if not _HEX.fullmatch(found[1]):
        raise Unparsable("the form has a percent sign without two hexadecimal digits")
    return bytes.fromhex(found[1].decode())


def _steps(name: str) -> list[str]:
    """``data[merges][EMAIL]`` as the way to its value."""
    found = _NAME.fullmatch(name) if len(name) <= MAX_NAME else None
    steps = [found[1], *_STEP.findall(found[2])] if found else []
    if not 0 < len(steps) <= MAX_DEPTH or "" in steps[1:-1]:
        raise Unparsable(f"the form has a field of the name {_shown(name)}")
    return steps


def _put(tree: dict[str, Any], steps: list[str], value: str, name: str) -> None:
    *outer, last = steps
    is_list = last == ""
    if is_list:
        last = outer.pop()
    here: Any = tree
    for step in outer:
        here = here.setdefault(step, {})
        if not isinstance(here, dict):
            raise Unparsable(f"the form's field {_shown(name)} is a value and an object at once")
    if is_list and isinstance(rows := here.setdefault(last, []), list):
        rows.append(value)
    elif is_list or last in here:
        raise Unparsable(f"the form's field {_shown(name)} comes twice")
    else:
        here[last] = value


def _shown(name: str) -> str:
    return repr(name[:40].encode("ascii", "replace").decode())

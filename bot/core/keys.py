"""The platform's own name of a delivery, by which one that comes again is known."""

from __future__ import annotations

from typing import Final

from bot.core.delivery import Delivery, Unparsable
from bot.core.wild import read

_LONGEST: Final = 200


def as_key(name: str) -> str:
    """A name that can be kept as it is; "" for one that is too long or not printable, which then names nothing."""
    return name if len(name) <= _LONGEST and name.isprintable() else ""


def id_of_body(delivery: Delivery) -> str:
    """The ``id`` in a body of JSON, where that stays on retries; "" when there is none."""
    try:
        return as_key(read(delivery.body)["id"].id())
    except Unparsable:
        return ""

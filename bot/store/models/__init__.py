"""Read models: the state of a shop, kept up to date in the transaction of each event.

A module here owns one read model. Its functions say by ``@applies`` to which events they listen; they are found by
scanning this package, so a new read model is a new file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import Any, Literal, TypeVar

from sqlalchemy import RowMapping

from bot.core.events import Event
from bot.store.engine import Connection


class Stage(IntEnum):
    """When a function has its turn: states first, then what is derived from them, then what is written in the end."""

    STATE = 1
    DERIVED = 2
    WRITTEN = 3


Turn = Literal[
    "placed", "owed", "settled", "shipped", "cancelled", "sold", "level", "sold_out", "disputed", "paid_out", "bounced"
]
"""What an event turned: an order was placed for the first time, a SKU ran out, a dispute appeared, and so on."""


@dataclass(slots=True)
class Telling:
    """One event on its way through the read models, and what they find out on that way.

    ``day`` is the shop's local day of the event. ``fresh`` turns False when a newer telling stands already.
    ``level_before`` is the SKU's stock before it, over all locations. ``learnt`` collects columns of the SKU's row.
    ``again`` says that the event tells nothing new, so that only the moment of what stands is brought up to date.
    """

    event: Event
    day: date
    fresh: bool = True
    level_before: int | None = None
    in_stock: bool = True
    turned: set[Turn] = field(default_factory=set)
    learnt: dict[str, object] = field(default_factory=dict)
    known: RowMapping | None = None
    looked_up: bool = False
    again: bool = False


Apply = Callable[[Connection, Any, Telling], None]
A = TypeVar("A", bound=Apply)
_listeners: dict[type[Event], list[tuple[Stage, str, Apply]]] = defaultdict(list)
_in_order: dict[type[Event], list[Apply]] = {}


def applies(*kinds: type[Event], stage: Stage = Stage.STATE) -> Callable[[A], A]:
    """Declares ``def tell(connection, event, telling) -> None``, called for each stored event of these kinds."""

    def declare(function: A) -> A:
        for kind in kinds:
            _listeners[kind].append((stage, function.__module__, function))
        return function

    return declare


def listeners(kind: type[Event]) -> list[Apply]:
    """The functions that listen to a kind of event, in their order."""
    if not _in_order:
        for module in pkgutil.iter_modules(__path__, __name__ + "."):
            importlib.import_module(module.name)
        for heard, found in _listeners.items():
            _in_order[heard] = [function for _, _, function in sorted(found, key=lambda listener: listener[:2])]
    return _in_order.get(kind, [])

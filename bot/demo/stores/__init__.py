"""The platforms as the demo and the tests play them: what their APIs answer and which webhooks they send. Pure values:
somebody else serves and sends them.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol

from bot.core.polling import Call, Response
from bot.demo.shop import Body, Item

_FRONT = "_front"


class Stand(Protocol):
    """A platform's API, played. ``hosts`` are the names under which the real one is called."""

    hosts: tuple[str, ...]

    def answer(self, call: Call, now: datetime) -> Response:
        """What the platform answers to a call at ``now``, in its own words also where it refuses."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One webhook: which source is told, on which topic, with which body."""

    source: str
    topic: str
    body: Body


@dataclass(frozen=True, slots=True)
class Purchase:
    """A paid order of the demo shop: ``number`` is its id, ``name`` what people call it; ``code`` may be a coupon's."""

    number: int
    name: str
    lines: tuple[tuple[Item, int], ...]
    at: datetime
    code: str = ""


class Storefront(Protocol):
    """A shop platform as the story needs it: says what happens in the shop in the platform's own words.

    ``name`` is both the type and the name of the source that is told, ``secret`` a made-up one of the form that the
    platform's are of, ``options`` what the source has to know. It remembers nothing: the same happening is told in the
    same words, so that a retelling is recognised.
    """

    @property
    def name(self) -> str: ...

    @property
    def secret(self) -> str: ...

    @property
    def options(self) -> Mapping[str, Any]: ...

    def product(self, item: Item, at: datetime) -> Iterator[Telling]:
        """The item is described: its SKU, title and price."""

    def level(self, item: Item, shelves: Mapping[int, int], where: Sequence[int], at: datetime) -> Iterator[Telling]:
        """The units of the item by location, of which those at ``where`` have changed."""

    def order(self, purchase: Purchase) -> Iterator[Telling]:
        """An order is placed, and paid."""

    def shipped(self, purchase: Purchase, at: datetime) -> Iterator[Telling]:
        """All of an order that was told before leaves the house."""


def storefronts() -> tuple[str, ...]:
    """The platforms that the story can be told by: the modules here that are named after them and end in _front."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.removesuffix(_FRONT) for name in names if name.endswith(_FRONT)))


def storefront(name: str) -> Storefront:
    """The storefront of a platform, which its module calls ``FRONT``. Raises KeyError when there is none."""
    if name not in storefronts():
        raise KeyError(name)
    front: Storefront = import_module(f"{__name__}.{name}{_FRONT}").FRONT
    return front

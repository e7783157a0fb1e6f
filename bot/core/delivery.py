"""A delivery: one HTTP request of a platform as it came in, before anybody has understood it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.core.events import Event


@dataclass(frozen=True, slots=True)
class Delivery:
    """Raw bytes and lower-cased headers of a request to ``/webhooks/{source}``, ``received`` in aware UTC."""

    source: str
    headers: Mapping[str, str]
    body: bytes
    received: datetime


class Unverified(Exception):
    """The delivery is not proved to come from its platform. The message names the header, never a secret."""


class Unparsable(Exception):
    """A verified delivery that cannot be understood. The message names the place, such as ``data.object.amount``."""


class Unrouted(Exception):
    """A verified delivery on a topic that nothing here listens to. The message names the topic."""


@dataclass(frozen=True, slots=True)
class Shopfront:
    """What a source knows of its place in the config: the source's and the shop's names and its own options.

    ``options`` is the source's ``options:`` mapping from the config (empty when there is none); ``currency`` is the
    shop's reporting currency, for platforms that send prices without one; ``live`` says that test orders and test
    payments are to be ignored.
    """

    source: str
    shop: str
    currency: str = "EUR"
    live: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)


Verify = Callable[[Delivery, tuple[str, ...], datetime, Shopfront], None]
"""verify(delivery, secrets, now, shopfront): returns when any secret proves the delivery, else raises Unverified."""

Parse = Callable[[Delivery, Shopfront], tuple[Event, ...]]
"""parse(delivery, shopfront): the canonical events of a delivery, or raises Unparsable or Unrouted."""

Sign = Callable[[str, bytes, str, datetime, Shopfront], dict[str, str]]
"""sign(topic, body, secret, now, shopfront): the headers with which the platform would send this body."""


@dataclass(frozen=True, slots=True)
class Source:
    """A platform: proves its deliveries, names them for deduplication, and says what they mean.

    ``key`` gives the platform's own name of a delivery, the same on every retry, or "" when it has none (the hash of
    the body then stands for it). ``options`` checks the source's part of the config and raises ValueError with a
    message that names the key.
    """

    name: str
    verify: Verify
    key: Callable[[Delivery], str]
    parse: Parse
    sign: Sign
    options: Callable[[Mapping[str, Any]], None]
    doc: str = ""

"""A delivery: one HTTP request of a platform as it came in, before anybody has understood it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.core.events import Event
from bot.core.polling import Api, Call
from bot.core.shopfront import Shopfront

OURS = "floorwalker-"
"""How headers begin that only we write; a request from outside loses them at the door."""
POLLED = f"{OURS}polled"
BASELINE = f"{OURS}baseline"
COUNTED = f"{OURS}counted"
"""The topic on which a plan says that it has read the whole stock: the body is a moment (ISO), and a level of the
source that was told before it and not since is not there any more."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a proof needs besides the delivery: documents by their https URL (a certificate, a public key), and the
    certificates (DER) of the authorities that this machine trusts."""

    documents: Mapping[str, bytes] = field(default_factory=dict)
    anchors: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """Raw bytes and lower-cased headers of a request to ``/webhooks/{source}``, ``received`` in aware UTC.

    ``path`` is what follows the source's name in the URL, without its slash, and ``query`` the URL's query. Both may be
    secret, so they serve the proof and are not stored; neither is ``evidence``.
    """

    source: str
    headers: Mapping[str, str]
    body: bytes
    received: datetime
    path: str = field(default="", repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    evidence: Evidence = field(default=Evidence(), repr=False)

    @property
    def polled(self) -> str:
        """The topic under which a poll heard this; "" for a webhook."""
        return self.headers.get(POLLED, "")

    @property
    def baseline(self) -> bool:
        """Whether this belongs to the first look at a platform, which tells nobody anything."""
        return BASELINE in self.headers


class Unverified(Exception):
    """The delivery is not proved to come from its platform. The message names the header, never a secret."""


class Wanting(Exception):
    """A proof needs the document at ``url`` (https, from one of ``hosts``), and is to be tried again with it among the
    delivery's evidence. A source checks the address before it raises this, because a stranger wrote it; a host that
    begins with a dot stands for every host below it."""

    def __init__(self, url: str, *hosts: str) -> None:
        super().__init__(url)
        self.url = url
        self.hosts = hosts


class Unparsable(Exception):
    """A verified delivery that cannot be understood. The message names the place, such as ``data.object.amount``."""


class Unrouted(Exception):
    """A verified delivery on a topic that nothing here listens to. The message names the topic."""


@dataclass(frozen=True, slots=True)
class Knock:
    """A request to a source's address that may be no delivery at all: a platform asking whether anybody is there."""

    method: Literal["GET", "HEAD", "OPTIONS", "POST"]
    headers: Mapping[str, str]
    body: bytes = b""
    path: str = field(default="", repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Greeting:
    """The answer to a knock, which ends the request. ``then`` is a call to be made once the answer has left."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    then: Call | None = None


Greet = Callable[[Knock, tuple[str, ...], Shopfront], Greeting | None]
"""greet(knock, secrets, shopfront): the answer to a handshake, or None when this is none. It must change nothing."""

Verify = Callable[[Delivery, tuple[str, ...], datetime, Shopfront], None]
"""verify(delivery, secrets, now, shopfront): returns when any secret proves the delivery, else raises Unverified, or
Wanting when it needs a document to tell."""

Parse = Callable[[Delivery, Shopfront], tuple[Event, ...]]
"""parse(delivery, shopfront): the canonical events of a delivery, or raises Unparsable or Unrouted."""

Strip = Callable[[Delivery], bytes]
"""strip(delivery): its body as it is to be stored, without what it says of people and ``parse`` does not read. It tells
the same events as the whole body, and a body that cannot be read stays whole."""

Apart = Callable[[Delivery, Shopfront], str]
"""apart(delivery, shopfront): a name by which even two deliveries of one body are two, "" where the body alone tells
them apart. It must be proved, or nothing be gained by making one up: whoever can change it has a body count again."""

Sign = Callable[[str, bytes, str, datetime, Shopfront], dict[str, str]]
"""sign(topic, body, secret, now, shopfront): the headers with which the platform would send this body."""


@dataclass(frozen=True, slots=True)
class Source:
    """A platform: proves its deliveries, names them for deduplication, and says what they mean.

    ``verify`` and ``key`` see a delivery as it was sent, ``parse`` as ``strip`` has left it.

    ``key`` gives the platform's own name of a delivery, the same on every retry, or "" when it has none (the hash of
    the body then stands for it). A delivery of a body that came before is taken for a retry, whatever its key, unless
    ``apart`` names it otherwise, which is then its key as well. ``options`` checks the source's part of the config and
    raises ValueError with a message that names the key. ``max_kib`` is the largest delivery that is taken, unless the
    config says otherwise.
    """

    name: str
    verify: Verify
    key: Callable[[Delivery], str]
    parse: Parse
    sign: Sign
    options: Callable[[Mapping[str, Any]], None]
    doc: str = ""
    greet: Greet | None = None
    api: Api | None = None
    strip: Strip | None = None
    max_kib: int = 1024
    apart: Apart | None = None

"""Asking a platform instead of waiting to be told: a plan says which requests to make and what their answers mean.

A plan does no input or output. It is a generator that yields steps; the edge carries each out and sends back what came
of it. The edge also paces the calls, repeats those that met a 429, a 5xx or a broken line as long as that may help, and
follows no redirect. What a plan heard enters the inbox as a delivery like any other, so that a poll and a webhook have
one way through the bot.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.core.shopfront import Shopfront

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request. ``url`` is https and has no query: ``params`` are its query, not yet percent-encoded.

    ``form`` is sent form-encoded, ``body`` as it is; at most one of them is given. ``harmless`` says that making the
    call twice is no worse than once, so it may be repeated when nobody knows whether it arrived.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: str
    params: Pairs = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Pairs = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    harmless: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: lower-cased headers, the whole body.

    ``at`` (aware UTC) is a moment by the platform's clock that is not later than the state which the body shows: when
    the call left, set right by the answer's Date header.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    def granted(self, *also: int) -> bool:
        """Whether the status is 2xx or one of ``also``."""
        return 200 <= self.status < 300 or self.status in also

    def json(self) -> Any:
        """The body as JSON. Raises Denied when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Denied(self.status, "the answer is no JSON") from error


@dataclass(frozen=True, slots=True)
class Heard:
    """Keep ``bodies`` as deliveries on ``topic`` (``Delivery.polled``), each received at ``at``, and go on from
    ``cursor`` the next time. All of it is committed before the plan goes on."""

    topic: str
    bodies: tuple[bytes, ...]
    cursor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """The platform wants so many seconds of patience and said so in a form of its own."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Keep:
    """Remember a token under ``name`` until then; the next plan of this source finds it among its ``keys``. "" forgets
    it. It is kept in memory alone."""

    name: str
    value: str = field(repr=False)
    until: datetime


Step = Call | Heard | Rest | Keep
Plan = Generator[Step, Any, None]
"""What is sent back for a Call is its Response, and None for every other step."""


class Denied(Exception):
    """The platform answered and will not give what was asked. ``status`` is HTTP's; the text is for the operators and
    names no secret."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(f"{status}: {why}" if status else why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """With what a plan begins: its source's place, its keys by name (credentials and kept tokens), where the last run
    left off ("" on the first run), the time, and, for ``Stream.of_items``, the platform's items without a known SKU.
    ``attended`` says that a person reads what comes of it, so that a secret may be made that is shown once.
    """

    front: Shopfront
    keys: Mapping[str, str] = field(repr=False)
    cursor: str
    now: datetime
    items: tuple[str, ...] = ()
    attended: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """One thing that is asked for again and again. ``every`` is the usual time between two runs.

    Its first complete run is the baseline: what it hears is remembered and tells nobody anything. ``of_items`` streams
    run only while there are items without a SKU.
    """

    name: str
    every: timedelta
    plan: Callable[[Asked], Plan]
    of_items: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook of ours as the platform has it: active, disabled (it is there and sends nothing) or missing.

    ``mended`` says that this run made it active; ``note`` is the platform's own word for what is wrong. ``secret`` is
    what a new webhook signs with, where the platform says it this once and somebody reads along (``Asked.attended``).
    """

    topic: str
    state: Literal["active", "disabled", "missing"]
    mended: bool = False
    note: str = ""
    secret: str = field(default="", repr=False)


Care = Generator[Step, Any, tuple[Subscription, ...]]


@dataclass(frozen=True, slots=True)
class Api:
    """How a platform is asked.

    ``keys`` are the sets of credentials of which one must be complete, such as ``(("access_token",), ("client_id",
    "client_secret"))``. ``hosts`` gives the hosts to which calls may go; the edge makes no others. ``care`` looks at
    the webhooks that point at ``address`` (our public URL of the source), enables or creates those among ``topics``
    that are not active, and gives all that it found; ``topics`` is empty for a mere look. ``wanted`` names the topics
    that a shop should subscribe to.
    """

    keys: tuple[tuple[str, ...], ...]
    hosts: Callable[[Shopfront], tuple[str, ...]]
    streams: tuple[Stream, ...] = ()
    wanted: Callable[[Shopfront], tuple[str, ...]] = lambda front: ()
    care: Callable[[Asked, str, frozenset[str]], Care] | None = None
    advice: str = ""
    """What an operator should know who gives no keys, such as "without keys nothing is heard of"; "" where webhooks
    are enough."""


def ask(call: Call, *also: int) -> Generator[Step, Any, Response]:
    """Makes a call inside a plan (``response = yield from ask(call)``). Raises Denied unless its status is 2xx or one
    of ``also``."""
    response = yield call
    assert isinstance(response, Response)
    if not response.granted(*also):
        raise Denied(response.status, f"{call.method} {call.url}")
    return response

"""What the edge does for a plan, done by hand: makes its calls to the played platform, and keeps what was heard."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bot.core.delivery import COUNTED, POLLED, Delivery, Source, Unparsable
from bot.core.events import Event
from bot.core.polling import Asked, Call, Heard, Keep, Response, Rest
from bot.core.shopfront import Shopfront
from bot.demo.stores import Stand

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)


@dataclass
class Same:
    """A platform that gives one answer to everything; a body that is no bytes is told as JSON."""

    body: Any
    status: int = 200
    hosts: tuple[str, ...] = ()

    def answer(self, call: Call, now: datetime) -> Response:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return Response(self.status, {}, body, now)


@dataclass
class Line:
    """A line to a played platform: it repeats what met a 429 or a 503, as the edge does, and counts the rests.

    ``counted`` are the moments before which whatever was told is gone, a whole count of the stock each.
    """

    source: Source
    stand: Stand
    keys: dict[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = NOW
    heard: list[Heard] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    rested: float = 0.0
    items: tuple[str, ...] = ()
    counted: list[datetime] = field(default_factory=list)
    attended: bool = False

    @property
    def front(self) -> Shopfront:
        return Shopfront(self.source.name, "leaf", "EUR", options=dict(self.options))

    def asked(self, cursor: str = "") -> Asked:
        return Asked(self.front, self.keys, cursor, self.now, self.items, self.attended)

    def run(self, name: str, steps: int = 10_000) -> list[Heard]:
        """Runs a stream from its cursor, for at most so many steps; gives what this run heard."""
        assert self.source.api is not None
        [stream] = [each for each in self.source.api.streams if each.name == name]
        before = len(self.heard)
        self.drive(stream.plan(self.asked(self.cursors.get(name, ""))), name, steps)
        return self.heard[before:]

    def care(self, address: str, *topics: str) -> Any:
        assert self.source.api is not None
        assert self.source.api.care is not None
        return self.drive(self.source.api.care(self.asked(), address, frozenset(topics)), "care")

    def drive(self, plan: Generator[Any, Any, Any], stream: str, steps: int = 10_000) -> Any:
        answer = None
        for _ in range(steps):
            try:
                step = plan.send(answer)
            except StopIteration as end:
                return end.value
            answer = self._do(step, stream)
        plan.close()
        return None

    def _do(self, step: Any, stream: str) -> Response | None:
        match step:
            case Call():
                return self._call(step)
            case Heard(topic=topic, bodies=[before]) if topic == COUNTED:
                self.counted.append(datetime.fromisoformat(before.decode()))
                self.cursors[stream] = step.cursor
            case Heard():
                self.heard.append(step)
                self.cursors[stream] = step.cursor
            case Keep(name, value):
                self.keys = {key: kept for key, kept in self.keys.items() if key != name}
                self.keys |= {name: value} if value else {}
            case Rest(seconds):
                self.rested += seconds
        return None

    def _call(self, call: Call) -> Response:
        assert self.source.api is not None
        assert call.url.removeprefix("https://").partition("/")[0] in self.source.api.hosts(self.front)
        assert call.url.startswith("https://")
        assert "?" not in call.url
        self.calls.append(call)
        response = self.stand.answer(call, self.now)
        while response.status in (429, 503):
            response = self.stand.answer(call, self.now)
        return response

    def events(self, *heard: Heard) -> list[Event]:
        """What was heard, read by the source."""
        found: list[Event] = []
        for each in heard or self.heard:
            for body in each.bodies:
                found += self.source.parse(Delivery(self.source.name, {POLLED: each.topic}, body, each.at), self.front)
        return found

    def subjects(self) -> tuple[set[str], int]:
        """Of what the bodies tell that can be understood, and how many cannot."""
        told: set[str] = set()
        odd = 0
        for each in self.heard:
            for body in each.bodies:
                try:
                    told |= {event.subject.id for event in self.events(replace(each, bodies=(body,)))}
                except Unparsable:
                    odd += 1
        return told, odd

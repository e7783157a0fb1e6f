"""Foreign JSON becomes our own events by the option ``mapping``: paths, constants and nested lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.core.delivery import Unrouted
from bot.core.events import Event
from bot.core.wild import Wild
from handlers.sources._generic.fields import event_of, moment_of


def mapped(
    body: Wild, mapping: list[Mapping[str, Any]], received: datetime, place: Mapping[str, str]
) -> tuple[Event, ...]:
    """The events of all mappings whose ``when`` holds; Unrouted when none does. A list is so many bodies, as a batch of
    CloudEvents is so many events, and some of them may be nobody's concern."""
    bodies = body.list() if isinstance(body.value, list) else (body,)
    fitting = [
        (number, row, each)
        for each in bodies
        for number, row in enumerate(mapping)
        if _holds(row.get("when", {}), each)
    ]
    if bodies and not fitting:
        raise Unrouted("no mapping fits this body")
    return tuple(event for fit in fitting for event in _told(*fit, received, place))


def _told(
    number: int, row: Mapping[str, Any], body: Wild, received: datetime, place: Mapping[str, str]
) -> Iterator[Event]:
    """The events that one mapping makes of one body."""
    for element in _elements(row, body, body):
        wild = Wild(_translated(row["fields"], element, body), f"mapping[{number}]")
        yield event_of(Wild(row["event"]), moment_of(wild["at"], received), wild, place)


def _holds(when: Mapping[str, Any], body: Wild) -> bool:
    return all(_scalar(_at(path, body, body)) == str(wanted) for path, wanted in when.items())


def _scalar(wild: Wild) -> str | None:
    return str(wild.value) if isinstance(wild.value, str | int) else None


def _elements(row: Mapping[str, Any], here: Wild, body: Wild) -> tuple[Wild, ...]:
    return _at(row["each"], here, body).each() if "each" in row else (here,)


def _at(path: str, here: Wild, body: Wild) -> Wild:
    """The value at a path: from the body when it begins with "$.", else from the element at hand."""
    return body.at(path[2:]) if path.startswith("$.") else here.at(path)


def _translated(wanted: Mapping[str, Any], here: Wild, body: Wild) -> dict[str, Any]:
    """An object in our own form from paths, constants ("=EUR") and nested lists ({each, fields})."""
    built: dict[str, Any] = {}
    for target, origin in wanted.items():
        *outer, last = target.split(".")
        inner = built
        for step in outer:
            inner = inner.setdefault(step, {})
        found = _value(origin, here, body)
        if not found.missing:
            inner[last] = found.value
    return built


def _value(origin: Any, here: Wild, body: Wild) -> Wild:
    if isinstance(origin, Mapping):
        return Wild([_translated(origin["fields"], element, body) for element in _elements(origin, here, body)])
    if not isinstance(origin, str):
        return Wild(origin)
    return Wild(origin[1:]) if origin.startswith("=") else _at(origin, here, body)

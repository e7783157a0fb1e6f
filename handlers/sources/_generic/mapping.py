"""Foreign JSON becomes our own events by the option ``mapping``: paths, constants and nested lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.core.delivery import Unrouted
from bot.core.events import Event
from bot.core.wild import Wild
from handlers.sources._generic.fields import event_of, moment_of


def mapped(
    body: Wild, mapping: list[Mapping[str, Any]], received: datetime, place: Mapping[str, str]
) -> tuple[Event, ...]:
    """The events of all mappings whose ``when`` holds; Unrouted when none does."""
    events: list[Event] = []
    rows = [(number, row) for number, row in enumerate(mapping) if _holds(row.get("when", {}), body)]
    if not rows:
        raise Unrouted("no mapping fits this body")
    for number, row in rows:
        for element in _elements(row, body, body):
            wild = Wild(_translated(row["fields"], element, body), f"mapping[{number}]")
            at = moment_of(wild["at"], received)
            events.append(event_of(Wild(row["event"]), at, wild, place))
    return tuple(events)


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

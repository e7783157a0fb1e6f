"""As much GraphQL as it takes to play an API over values in memory: fields with aliases and arguments, fragments by
type, variables, and lists in pages. What a query costs is reckoned as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r'\.\.\.|[A-Za-z_]\w*|\$\w+|"[^"]*"|-?\d+|[{}()\[\]:!]')
_OPEN, _CLOSED = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is asked for under ``alias``; ``on`` is the type to which it belongs, "" for whichever it is."""

    alias: str
    name: str
    arguments: Mapping[str, Any]
    inner: tuple[Field, ...]
    on: str = ""

    @property
    def is_list(self) -> bool:
        """Whether it is a list that comes in pages."""
        return any(each.name == "nodes" for each in self.inner)

    @property
    def cost(self) -> int:
        """An object costs a point and what is in it; a list in pages as many times that as it may hold."""
        within = sum(each.cost for each in self.inner)
        return int(self.arguments.get("first", 1)) * within if self.is_list else within + bool(self.inner)


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self.tokens = _TOKEN.findall(text)
        self.place = 0
        self.variables = variables

    def next(self, wanted: str = "") -> str:
        token: str = self.tokens[self.place]
        if wanted and token != wanted:
            raise ValueError(f"{wanted} is expected, not {token}")
        self.place += 1
        return token

    @property
    def ahead(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def document(self) -> tuple[Field, ...]:
        """The fields of a query or mutation, whose declared variables are skipped."""
        self.next()
        depth = 0
        while depth or self.ahead != "{":
            token = self.next()
            depth += (token in _OPEN) - (token in _CLOSED)
        return tuple(self.fields())

    def fields(self, on: str = "") -> Iterator[Field]:
        self.next("{")
        while self.ahead != "}":
            if self.ahead == "...":
                self.next()
                self.next("on")
                yield from self.fields(self.next())
                continue
            yield self.field(on)
        self.next("}")

    def field(self, on: str) -> Field:
        alias = name = self.next()
        if self.ahead == ":":
            self.next()
            name = self.next()
        arguments = dict(self.arguments()) if self.ahead == "(" else {}
        inner = tuple(self.fields()) if self.ahead == "{" else ()
        return Field(alias, name, arguments, inner, on)

    def arguments(self) -> Iterator[tuple[str, Any]]:
        self.next("(")
        while self.ahead != ")":
            name = self.next()
            self.next(":")
            yield name, self.value()
        self.next(")")

    def value(self) -> Any:
        token = self.next()
        if token == "[":
            found = []
            while self.ahead != "]":
                found.append(self.value())
            self.next("]")
            return found
        if token.startswith("$"):
            return self.variables.get(token[1:])
        return token.strip('"') if not token.lstrip("-").isdigit() else int(token)


def read(text: str, variables: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields that a query asks for, its variables filled in. Raises ValueError or IndexError on what is none."""
    return _Reader(text, variables).document()


def shown(value: Any, fields: tuple[Field, ...]) -> Any:
    """What of a value is asked for. A dict is an object whose ``__typename`` picks its fragments; asking for a field
    that it does not have raises KeyError."""
    if value is None or not fields:
        return value
    if isinstance(value, list):
        return [shown(each, fields) for each in value]
    kind = value.get("__typename", "")
    return {each.alias: _field(value, each) for each in fields if each.on in ("", kind)}


def _field(value: Mapping[str, Any], field: Field) -> Any:
    found = value[field.name]
    if field.is_list:
        return shown(page(found, field.arguments), field.inner)
    if isinstance(found, list):
        names = field.arguments.get("names")
        found = [each for each in found if names is None or each["name"] in names][: field.arguments.get("first")]
    return shown(found, field.inner)


def page(rows: list[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A page of rows. Its mark is the place of its last row in the list's order (``__place``, else its number), so
    that rows may come, go and move between two pages."""
    places = [row.get("__place", [number]) for number, row in enumerate(rows)]
    after = arguments.get("after")
    start = 0 if after is None else sum(place <= json.loads(after) for place in places)
    end = min(start + arguments.get("first", len(rows)), len(rows))
    mark = json.dumps(places[end - 1]) if end > start else None
    return {"nodes": rows[start:end], "pageInfo": {"hasNextPage": end < len(rows), "endCursor": mark}}

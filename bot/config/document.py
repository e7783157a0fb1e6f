"""Reads YAML without its guesses: a value is text unless it is plainly true, false, null or a number.

YAML 1.1 readers make 630 of ``10:30``, False of ``NO`` and True of the key ``on``. Here the parser's events become
values by our own few rules, so that there is nothing to guess, and every value keeps its line. Anchors, aliases and
tags are refused: a config needs none, and they are how a small file becomes a huge one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamStartEvent,
)

from bot.config.problems import ConfigError, Place, Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32

_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
# Eighteen digits fit every database and every language; more are an order number that somebody forgot to quote.
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}", re.ASCII)

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(slots=True)
class Document:
    """The values of a file and the line (from 1) at which each stands."""

    file: str
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)

    def problem(self, place: Place, text: str) -> Problem:
        """A problem at the place's line, or at the nearest line above it that is in the file."""
        steps = list(place)
        while steps and tuple(steps) not in self.lines:
            steps.pop()
        return Problem(self.file, self.lines.get(tuple(steps), 1), place, text)


def read(file: str, raw: bytes) -> tuple[Document, list[Problem]]:
    """The document and what is wrong with its form. Raises ConfigError where reading on makes no sense."""
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(file, 0, (), f"is larger than {MAX_BYTES // 1024} KiB; this is no config")])
    reader = _Reader(Document(file), iter(YAML(typ="safe", pure=True).parse(_decoded(file, raw))))
    try:
        reader.document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise ConfigError([*reader.problems, Problem(file, line, (), f"is not YAML: {_why(error)}")]) from None
    except YAMLError:
        raise ConfigError([Problem(file, 0, (), "has a control character; save it as plain UTF-8 text")]) from None
    return reader.into, reader.problems


def _decoded(file: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError([Problem(file, line, (), "is not UTF-8 text; save it in that encoding")]) from None


def _why(error: MarkedYAMLError) -> str:
    problem = error.problem or "the text ends too early"
    hint = "; indent with blanks, not tabs" if "\\t" in problem else ""
    hint = "; put a value that has ': ' in quotes" if "mapping values" in problem else hint
    hint = "; put a value that begins with @ or ` in quotes" if "'@'" in problem or "'`'" in problem else hint
    return problem + hint


@dataclass(slots=True)
class _Reader:
    into: Document
    events: Iterator[Event]
    problems: list[Problem] = field(default_factory=list)

    def document(self) -> None:
        event = next(self.events)
        while isinstance(event, StreamStartEvent | DocumentStartEvent):
            if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
                self._wrong(event, (), "has a % directive; leave it out")
            event = next(self.events)
        if not isinstance(event, MappingStartEvent):
            raise ConfigError([Problem(self.into.file, 1, (), "must be keys with values, beginning with departments:")])
        self.into.values = self._value(event, ())
        next(self.events)  # The document's end, after which comes either the file's or another document.
        if isinstance(event := next(self.events), DocumentStartEvent):
            self._wrong(event, (), "has a second document; a config is one, without --- in the middle")

    def _value(self, event: Event, place: Place) -> Any:
        self._plain(event, place)
        if len(place) > MAX_DEPTH:
            raise ConfigError(
                [*self.problems, self._problem(event, place, f"is nested deeper than {MAX_DEPTH} levels")]
            )
        match event:
            case MappingStartEvent():
                return self._mapping(place)
            case SequenceStartEvent():
                return self._sequence(place)
            case ScalarEvent():
                return self._scalar(event, place)
        return None

    def _plain(self, event: Event, place: Place) -> None:
        """Notes what makes a value more than it looks."""
        if isinstance(event, AliasEvent):
            self._wrong(event, place, f"is an alias (*{event.anchor}); write the value out")
        elif isinstance(event, NodeEvent) and event.anchor:
            self._wrong(event, place, f"has an anchor (&{event.anchor}); leave it out")
        if isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent) and event.tag:
            self._wrong(event, place, "has a tag (!…); leave it out, and put text in quotes")

    def _mapping(self, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(key := next(self.events), MappingEndEvent):
            name = self._key(key, place)
            below = (*place, name)
            first = self.into.lines.setdefault(below, _line(key))
            if name in found:
                self._wrong(key, below, f"is already given in line {first}; leave one of them out")
            value = self._value(next(self.events), below)
            found.setdefault(name, value)
        return found

    def _key(self, event: Event, place: Place) -> str:
        if isinstance(event, ScalarEvent):
            self._plain(event, place)
            return str(event.value)
        self._value(event, place)
        self._wrong(event, place, "has a key that is no plain word")
        return "?"

    def _sequence(self, place: Place) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            below = (*place, len(found))
            self.into.lines.setdefault(below, _line(event))
            found.append(self._value(event, below))
        return found

    def _scalar(self, event: ScalarEvent, place: Place) -> Any:
        text = str(event.value)
        if _UNSPEAKABLE.search(text):
            self._wrong(event, place, "has a control character or half a character; write plain text")
            return None
        if event.style is not None:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _DECIMAL.fullmatch(text):
            return float(text)
        return int(text) if _WHOLE.fullmatch(text) else text

    def _wrong(self, event: Event, place: Place, text: str) -> None:
        self.problems.append(self._problem(event, place, text))

    def _problem(self, event: Event, place: Place, text: str) -> Problem:
        return Problem(self.into.file, _line(event), place, text)


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1

"""Says in words what a schema error means: what the key must hold and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.config.document import Document
from bot.config.problems import Place, Problem
from bot.config.schema import ConfigPart
from bot.core.spelling import hint

_EMPTY = "is empty; write a value or leave the key out (everything after a blank and # is a comment)"
_MAPPING = "must be a mapping, written as indented `key: value` lines; {} takes every default"
_LIST = "must be a list such as [a, b]"
_WORDS: dict[str, Callable[[ErrorDetails], str]] = {
    "string_type": lambda error: "must be text; put it in quotes",
    "int_type": lambda error: "must be a whole number, without quotes",
    "bool_type": lambda error: "must be true or false",
    "dict_type": lambda error: _MAPPING,
    "model_type": lambda error: _MAPPING,
    "list_type": lambda error: _LIST,
    "tuple_type": lambda error: _LIST,
    "literal_error": lambda error: f"must be one of {error['ctx']['expected']}",
    "too_short": lambda error: "must have at least one entry",
    "too_long": lambda error: f"has too many entries; {error['ctx']['max_length']} at most",
    "string_too_short": lambda error: "must not be empty",
    "greater_than_equal": lambda error: f"must be at least {error['ctx']['ge']}",
    "less_than_equal": lambda error: f"must be at most {error['ctx']['le']}",
    "string_pattern_mismatch": lambda error: "must be a name of lower-case letters, digits, - and _",
    "value_error": lambda error: str(error["ctx"]["error"]),
}


def problems(document: Document, error: ValidationError) -> list[Problem]:
    """The problems of a validation, in words; what only follows from a deeper one is left out."""
    details = error.errors()
    places = [_place(detail) for detail in details]
    return [
        document.problem(place, _text(document, place, detail))
        for place, detail in zip(places, details, strict=True)
        if not any(other != place and other[: len(place)] == place for other in places)
    ]


def _place(detail: ErrorDetails) -> Place:
    return tuple(step for step in detail["loc"] if step != "[key]")


def _text(document: Document, place: Place, detail: ErrorDetails) -> str:
    if detail["type"] == "missing":
        return f"is missing; add it: {_described(place)}"
    if detail["type"] == "extra_forbidden":
        return "is not known here" + hint(str(place[-1]), _fields(_part(place[:-1])))
    if detail["input"] is None:
        return _EMPTY
    say = _WORDS.get(detail["type"])
    return say(detail) if say else detail["msg"]


def _described(place: Place) -> str:
    fields = _part(place[:-1]).model_fields.items()
    return next(field.description or "" for key, field in fields if place[-1] in (key, field.alias))


def _fields(part: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in part.model_fields.items()]


def _part(place: Place) -> type[BaseModel]:
    """The schema of the mapping at a place."""
    kind: Any = ConfigPart
    for step in place:
        kind = _inner(kind, str(step))
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else ConfigPart


def _inner(kind: Any, step: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
        return _present(fields.get(step))
    inside = {dict: 1, tuple: 0}
    origin: Any = get_origin(kind)
    return get_args(kind)[inside[origin]] if origin in inside else None


def _present(kind: Any) -> Any:
    """The type beside None."""
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not type(None))
    return kind

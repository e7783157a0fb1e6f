"""Core values as JSON text and back. The values are plain dataclasses; pydantic reads them by their annotations.

Core's unions (parts of a line, blocks of a message) are of dataclasses that each say their ``kind``. Core may not know
pydantic, so the schemas that pydantic derives are changed here to look at ``kind`` first instead of trying every
member in turn, which makes reading several times faster; and moments are made plain aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator, core_schema, to_json

from bot.core.parts import Line

T = TypeVar("T")


def dump(value: object) -> str:
    """JSON text of a core value: moments as ISO text, durations as ISO 8601, infinities by name.

    Raises pydantic_core.PydanticSerializationError (a ValueError) for text that is no Unicode.
    """
    return to_json(value, inf_nan_mode="strings", fallback=_plain).decode()


def load(kind: type[T], text: str) -> T:
    """The value of a type that was dumped. Raises pydantic.ValidationError (a ValueError) for anything else."""
    return cast(T, _reader(kind).validate_json(text))


def line(text: str) -> Line:
    """A line that was dumped."""
    return cast(Line, _reader(Line).validate_json(text))


def _plain(value: object) -> object:
    """Any mapping is stored as what it maps; anything else that JSON does not know raises TypeError."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


_readers: dict[object, SchemaValidator] = {}


def _reader(kind: Any) -> SchemaValidator:
    """The reader of a type, made once."""
    if kind not in _readers:
        _readers[kind] = SchemaValidator(_read_by_kind(TypeAdapter(kind).core_schema))
    return _readers[kind]


def _read_by_kind(schema: Any) -> Any:
    """The schema with its unions told apart by ``kind`` and its moments in UTC, at every depth."""
    definitions = {each["ref"]: each for each in schema.get("definitions", ())}
    return _changed(schema, definitions)


def _changed(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_changed(each, definitions) for each in node]
    if isinstance(node, tuple):
        return tuple(_changed(each, definitions) for each in node)
    if not isinstance(node, dict):
        return node
    inner = {name: value if name == "metadata" else _changed(value, definitions) for name, value in node.items()}
    match node.get("type"):
        case "union":
            return _by_kind(inner, node["choices"], definitions)
        case "datetime":
            return core_schema.no_info_after_validator_function(_in_utc, inner)
        case _:
            return inner


def _by_kind(union: dict[str, Any], choices: list[Any], definitions: dict[str, Any]) -> Any:
    kinds = [_kind_of(choice, definitions) for choice in choices]
    if None in kinds or len(set(kinds)) < len(kinds):
        return union
    return {
        "type": "tagged-union",
        "discriminator": "kind",
        "choices": dict(zip(kinds, union["choices"], strict=True)),
        **({"ref": union["ref"]} if "ref" in union else {}),
    }


def _kind_of(choice: Any, definitions: dict[str, Any]) -> str | None:
    """The one literal that the ``kind`` of a dataclass may have, or None for anything else."""
    if choice["type"] == "definition-ref":
        choice = definitions[choice["schema_ref"]]
    if choice["type"] != "dataclass":
        return None
    for field in choice["schema"]["fields"]:
        if field["name"] == "kind":
            literal = field["schema"]
            while literal["type"] == "default":
                literal = literal["schema"]
            return literal["expected"][0] if literal["type"] == "literal" and len(literal["expected"]) == 1 else None
    return None


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment

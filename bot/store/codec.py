"""Core values as JSON text and back. The values are plain dataclasses; pydantic reads them by their annotations."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import to_json

from bot.core.parts import Line

T = TypeVar("T")


def dump(value: object) -> str:
    """JSON text of a core value: moments as ISO text, durations as ISO 8601, infinities by name.

    Raises pydantic_core.PydanticSerializationError (a ValueError) for text that is no Unicode.
    """
    return to_json(value, inf_nan_mode="strings").decode()


def load(kind: type[T], text: str) -> T:
    """The value of a type that was dumped. Raises pydantic.ValidationError (a ValueError) for anything else."""
    return cast(T, _adapter(kind).validate_json(f"[{text}]")[0])


def line(text: str) -> Line:
    """A line that was dumped."""
    return cast(Line, _adapter(Line).validate_json(f"[{text}]")[0])


_adapters: dict[object, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """The reader of a type, made once. It reads a tuple of one, because options cannot be given for a dataclass."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(tuple[kind], config=ConfigDict(ser_json_inf_nan="strings"))
    return _adapters[kind]

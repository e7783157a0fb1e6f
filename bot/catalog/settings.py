"""Handler settings: how the values of the config become the keyword arguments that a handler's function declares.

Pure. A setting's annotation decides: bool, int, float, str, timedelta ("90m", "4h", "2d"), time of day ("09:00"),
a severity by its name, a Literal, a tuple of these, a mapping from text to these, and any of these or None.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import time, timedelta
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from bot.core import spans
from bot.core.handlers import Setting
from bot.core.spelling import hint
from bot.core.verdict import Severity

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class BadSettings(ValueError):
    """Settings that do not fit their handler: each problem is the setting's name and what is wrong with it."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{name} {text}" for name, text in self.problems))


def convert(settings: Mapping[str, Setting], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values in the types that the settings declare. Raises BadSettings with all problems at once."""
    converted: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    for name, value in given.items():
        try:
            converted[name] = _checked(settings, name, value)
        except ValueError as error:
            problems.append((name, str(error)))
    if problems:
        raise BadSettings(problems)
    return converted


def setting_problems(settings: Mapping[str, Setting]) -> list[str]:
    """What keeps settings from being written in a config: types that no converter takes."""
    return [
        f"setting {name!r} is of type {_named(setting.type)}, which a config cannot give"
        for name, setting in settings.items()
        if not _convertible(setting.type)
    ]


def setting_schema(setting: Setting) -> dict[str, Any]:
    """The setting as JSON Schema, for editors that complete the config."""
    shown = _shown(setting.default)
    return _schema(setting.type) | ({} if shown is None else {"default": shown})


def time_of_day(text: str) -> time:
    """A wall time such as "09:00". Raises ValueError."""
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError('must be a time of day such as "09:00"')
    return time(int(match[1]), int(match[2]))


def severity(text: str) -> Severity:
    """A severity by its name: "low", "medium", "high" or "critical". Raises ValueError."""
    names = [one.name.lower() for one in Severity]
    if text not in names:
        raise ValueError(f"must be one of {', '.join(names)}{hint(text, names)}")
    return Severity[text.upper()]


def _checked(settings: Mapping[str, Setting], name: str, value: object) -> object:
    if name not in settings:
        raise ValueError("is no setting of it" + (hint(name, settings) if settings else "; it has none"))
    setting = settings[name]
    converted = _as(setting.type, value)
    # No handler counts backwards, so a minus is a slip; a default below zero says that this one does.
    if _below_zero(converted) and not _below_zero(setting.default):
        raise ValueError("must not be below zero")
    return converted


def _below_zero(value: object) -> bool:
    return isinstance(value, int | float) and value < 0


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number, without quotes")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError("must be a number, without quotes")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text; put it in quotes")
    return value


_SCALARS: dict[Any, Callable[[Any], Any]] = {
    bool: _boolean,
    int: _whole,
    float: _number,
    str: _text,
    timedelta: lambda value: spans.duration(value if isinstance(value, str) else ""),
    time: lambda value: time_of_day(value if isinstance(value, str) else ""),
    Severity: lambda value: severity(_text(value)),
}
_SCALAR_SCHEMAS: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    timedelta: {"type": "string", "pattern": f"^{spans.PATTERN.pattern}$"},
    time: {"type": "string", "pattern": f"^({_TIME.pattern})$"},
    Severity: {"enum": [one.name.lower() for one in Severity]},
    NoneType: {"type": "null"},
}


def _as(wanted: Any, value: Any) -> Any:
    if wanted in _SCALARS:
        return _SCALARS[wanted](value)
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return _chosen(parts, value)
    if origin is tuple:
        return tuple(_as(parts[0], one) for one in _listed(value))
    if origin in (Mapping, dict):
        return {_text(key): _as(parts[1], one) for key, one in _mapped(value).items()}
    return None if value is None else _as(_beside_none(parts), value)


def _chosen(choices: tuple[Any, ...], value: object) -> object:
    if value not in choices:
        raise ValueError(f"must be one of {', '.join(map(str, choices))}{hint(str(value), map(str, choices))}")
    return value


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list such as [a, b]")
    return list(value)


def _mapped(value: object) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("must be a mapping of keys to values")
    return value


def _beside_none(parts: tuple[Any, ...]) -> Any:
    return next(part for part in parts if part is not NoneType)


def _convertible(wanted: Any) -> bool:
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin is tuple:
        return len(parts) == 2 and parts[1] is Ellipsis and _convertible(parts[0])
    if origin in (Mapping, dict):
        return parts[0] is str and _convertible(parts[1])
    if origin in (Union, UnionType):
        return len(parts) == 2 and NoneType in parts and _convertible(_beside_none(parts))
    return wanted in _SCALARS or origin is Literal


def _schema(wanted: Any) -> dict[str, Any]:
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin is Literal:
        return {"enum": list(parts)}
    if origin is tuple:
        return {"type": "array", "items": _schema(parts[0])}
    if origin in (Mapping, dict):
        return {"type": "object", "additionalProperties": _schema(parts[1])}
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(part) for part in parts]}
    return dict(_SCALAR_SCHEMAS[wanted])


def _shown(default: object) -> object:
    """The default as one would write it in the config; None when it is no plain value."""
    match default:
        case timedelta():
            return _written(default)
        case time():
            return f"{default:%H:%M}"
        case Severity():
            return default.name.lower()
        case bool() | int() | float() | str():
            return default
    return None


def _written(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _named(wanted: Any) -> str:
    return wanted.__name__ if isinstance(wanted, type) else str(wanted)

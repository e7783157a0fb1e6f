"""What the options of a source may be, as a table: for each its test, and in words what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Option = tuple[Callable[[Any], bool], str]
Options = Mapping[str, Option]


def options_of(platform: str, table: Options) -> Callable[[Mapping[str, Any]], None]:
    """The ``options`` of a source: raises ValueError, which names the key, unless the table has it and it fits."""

    def check(given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            if name not in table:
                raise ValueError(f"{name}: {platform} has no such option; it has {', '.join(table)}")
            fits, form = table[name]
            if not fits(value):
                raise ValueError(f"{name}: must be {form}")

    return check


def matching(pattern: str) -> Callable[[Any], bool]:
    """Whether a value is text that the pattern describes from its beginning to its end."""
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def one_of(*words: str) -> Option:
    """One of some words, at least two."""
    return lambda value: value in words, f"{', '.join(words[:-1])} or {words[-1]}"


def names(value: Any) -> bool:
    """Whether a value maps something to names."""
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value.values())


FLAG: Final[Option] = (lambda value: isinstance(value, bool), "true or false")

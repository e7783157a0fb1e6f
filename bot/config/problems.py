"""What is wrong with a config file: every problem with its file, line and key, told all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Place = tuple[str | int, ...]
"""The way to a value from the top of the file: ("departments", "finance", "quiet", "from")."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and what to do about it. ``line`` counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    place: Place
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {written(self.place)}: {self.text}" if self.place else f"{where}: {self.text}"


class ConfigError(Exception):
    """The config cannot be used; ``problems`` has all that is wrong with it, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(map(str, self.problems)))


def written(place: Place) -> str:
    """The place as a path: ``routes[0].channel``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")

"""Loads a config file: form, schema, names, environment. Either everything fits, or every problem is told at once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.catalog import Catalog
from bot.config.build import build
from bot.config.checks import Checks
from bot.config.document import Document, read
from bot.config.problems import ConfigError, Place, Problem
from bot.config.schema import ConfigPart
from bot.config.values import Config
from bot.config.words import problems as in_words

# Departments must not be empty, so where none is left these stand in until every problem is told.
_NOBODY = {"operations": {"channel": "operations"}}


def environment() -> Mapping[str, str]:
    """The process's environment, read nowhere else."""
    return os.environ


def load(path: Path | str, env: Mapping[str, str], demo: bool = False, catalog: Catalog | None = None) -> Config:
    """The config in the file, with its secrets from ``env``.

    With ``demo`` a secret that is missing becomes one that everybody can know, and Slack's tokens are the workbench's.
    Without ``catalog`` the packages that the file names are scanned. Raises ConfigError with every problem, and
    CatalogError when the handlers cannot be used.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError([Problem(str(path), 0, (), f"cannot be read: {error.strerror}")]) from None
    document, found = read(str(path), raw)
    part, wrong = _validated(document)
    found += _beside(found, wrong)
    catalog = catalog or Catalog.scan(part.handlers, path.parent)
    found += _beside(found, Checks(document, part, catalog, env, demo).problems())
    if found:
        raise ConfigError(found)
    return build(str(path), part, catalog, env, demo)


def _beside(known: list[Problem], later: list[Problem]) -> list[Problem]:
    """The later problems that do not merely follow from a known one at the same place or below it."""
    places = [problem.place for problem in known]
    return [
        problem
        for problem in later
        if not any(place[: len(problem.place)] == problem.place for place in places if place)
    ]


def _validated(document: Document) -> tuple[ConfigPart, list[Problem]]:
    """The file's parts without what is wrong in them, so that the later checks can go on, and what was wrong."""
    values: dict[str, Any] = document.values
    found: list[Problem] = []
    # Each round takes at least one wrong value out, so the file's size bounds the rounds.
    while True:
        try:
            # Strict JSON mode takes lists for tuples and converts nothing else.
            return ConfigPart.model_validate_json(json.dumps(values)), found
        except ValidationError as error:
            fresh = in_words(document, error)
            # Only the first round tells of the file; what is wrong later is what the pruning left.
            found = found or fresh
            before, values = values, _without(values, [problem.place for problem in fresh])
            values["departments"] = values.get("departments") or _NOBODY
            if values == before:
                # The wrong value cannot be found in the file, so that the later checks cannot go on without it.
                raise ConfigError(found) from None


def _without(values: Any, places: list[Place], place: Place = ()) -> Any:
    """The values less those at the places; where a key is missing, less the mapping that misses it.

    A list goes as a whole, so that the places in other lists stay what they are in the file.
    """
    if not isinstance(values, dict):
        return values
    kept = {key: one for key, one in values.items() if not _wrong((*place, key), one, places)}
    return {key: _without(one, places, (*place, key)) for key, one in kept.items()}


def _wrong(place: Place, value: Any, places: list[Place]) -> bool:
    if isinstance(value, list):
        return any(wrong[: len(place)] == place for wrong in places)
    missing = {wrong[-1] for wrong in places if wrong and wrong[:-1] == place}
    return place in places or (isinstance(value, dict) and any(name not in value for name in missing))

"""The config file as JSON Schema, with every handler's settings, for editors that check while one types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.catalog import Catalog
from bot.catalog.settings import setting_schema
from bot.config.checks import KINDS
from bot.config.schema import ConfigPart
from bot.core.handlers import Setting


def json_schema(catalog: Catalog) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of config.yaml: its keys, and the settings that the catalog's handlers take."""
    schema = ConfigPart.model_json_schema(by_alias=True)
    for section, kind in KINDS.items():
        known = catalog.configurable(kind)
        schema["properties"][section] = {
            "description": schema["properties"][section]["description"],
            "type": "object",
            "properties": {name: _handler(settings) for name, settings in known.items()},
            "additionalProperties": False,
        }
    schema["$defs"]["ExceptionPart"]["properties"]["rule"] |= {"enum": [*catalog.rules]}
    schema["$defs"]["SourcePart"]["properties"]["type"] |= {"enum": [*catalog.sources, None]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {"title": "Floorwalker's config"}


def _handler(settings: Mapping[str, Setting]) -> dict[str, Any]:
    given = {name: setting_schema(setting) for name, setting in settings.items()}
    return {"anyOf": [{"type": "object", "properties": given, "additionalProperties": False}, {"const": "off"}]}

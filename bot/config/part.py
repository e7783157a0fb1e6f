"""What every mapping of the config file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping of the file: no unknown keys, no conversions between types, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

"""A source's place: whose shop it speaks for, and how the config would have it read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Shopfront:
    """What a source knows of its place in the config: the source's and the shop's names and its own options.

    ``options`` is the source's ``options:`` mapping from the config (empty when there is none); ``currency`` is the
    shop's reporting currency, for platforms that send prices without one; ``live`` says that test orders and test
    payments are to be ignored.
    """

    source: str
    shop: str
    currency: str = "EUR"
    live: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def by(self) -> dict[str, Any]:
        """Who tells: the shop and the source of every event, as its arguments."""
        return {"shop": self.shop, "source": self.source}

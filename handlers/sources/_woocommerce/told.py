"""How a body of WooCommerce is read, from a webhook or from a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR
from html import unescape
from typing import Any

from bot.core.events import Event
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was told, the moment of the telling, and our place."""

    body: Wild
    at: datetime
    front: Shopfront
    counted: bool = False
    """Whether stock is as of the telling: a daily count finds also what was changed past WooCommerce's own dates."""

    @property
    def where(self) -> str:
        """The one place that holds the stock."""
        return str(self.front.options.get("location", "shop"))

    @property
    def by(self) -> dict[str, Any]:
        """Who tells: the shop and the source of every event."""
        return self.front.by

    def moment(self, name: str) -> datetime:
        """A field such as date_modified, which is UTC without saying so; the moment of the telling without one."""
        wild = self.body[f"{name}_gmt"]
        return wild.utc() if wild else self.at


def words(wild: Wild) -> str:
    """A name as people read it: WordPress keeps names with their entities ("Salt &amp; Pepper"); "" for none."""
    return unescape(wild.text_or(""))


def whole_units(wild: Wild, rounding: str = ROUND_FLOOR) -> int:
    """A quantity in whole units: plugins sell by weight, and then what is left counts as less, what is sold as more."""
    return Wild(wild.decimal().to_integral_value(rounding), wild.path).int()


Tell = Callable[[Told], tuple[Event, ...]]

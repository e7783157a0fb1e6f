"""How a body of Magento is read, whichever way it came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.events import Event
from bot.core.money import Money
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was told, the moment for things that carry none, and our place."""

    body: Wild
    at: datetime
    front: Shopfront

    @property
    def by(self) -> dict[str, Any]:
        """Who tells: the shop and the source of every event."""
        return self.front.by

    @property
    def currency(self) -> str:
        """What the customer pays in, or the shop's reporting currency where the registration leaves the field out."""
        return self.body["order_currency_code"].id_or(self.front.currency)

    @property
    def stock(self) -> str:
        """Which of the two numbers of stock counts."""
        return str(self.front.options.get("stock", "sources"))

    def moment(self, name: str) -> datetime:
        """A field with a time in UTC without a zone ("2026-11-20 10:15:00"), or the moment of the telling."""
        wild = self.body[name]
        return wild.utc() if wild else self.at

    def location(self, code: str) -> str:
        """A source of stock by the name that the config gives it."""
        return str(self.front.options.get("locations", {}).get(code, code))


Tell = Callable[[Told], tuple[Event, ...]]


def amount_of(wild: Wild, currency: str) -> Money:
    """An amount that Magento leaves out, or null, while it is zero."""
    return wild.money(currency) if wild else Wild(0).money(currency)


def whole_units(wild: Wild, rounding: str) -> int:
    """A quantity in whole units: what is sold by weight counts as one more when sold, and as one less in stock."""
    return Wild(wild.decimal().to_integral_value(rounding), wild.path).int()


def elements(wild: Wild) -> tuple[Wild, ...]:
    """The elements of a list; none of anything else, since Adobe sends empty objects where Magento has none loaded."""
    return wild.list() if isinstance(wild.value, list) else ()


def yes(wild: Wild, default: bool) -> bool:
    """True, 1 or "1"; Magento writes flags in all three ways."""
    if isinstance(wild.value, bool):
        return wild.value
    return wild.int() != 0 if wild else default

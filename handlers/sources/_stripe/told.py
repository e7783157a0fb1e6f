"""How an event of Stripe is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.core.events import Event
from bot.core.money import Money
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild

# https://docs.stripe.com/currencies: what Stripe counts without and with three decimals. It differs from ISO 4217, for
# example ISK and UGX have two decimals here and MGA has none.
_ZERO: Final = ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
_THREE: Final = ["BHD", "JOD", "KWD", "OMR", "TND"]


@dataclass(frozen=True, slots=True)
class Told:
    """An event of Stripe: its type, its object with what it was before, and its place."""

    type: str
    at: datetime
    thing: Wild
    before: Wild
    front: Shopfront

    @property
    def by(self) -> dict[str, Any]:
        """What every event says: the shop, the source and the moment."""
        return self.front.by | {"at": self.at}

    def money(self, amount: Wild) -> Money:
        """An amount in Stripe's minor units of the object's currency."""
        currency = self.thing["currency"].text().upper()
        amount.int()
        return amount.money(currency, 0 if currency in _ZERO else 3 if currency in _THREE else 2)

    @property
    def order(self) -> str:
        """The shop's order id, if the shop keeps it in the metadata."""
        return self.thing["metadata"][str(self.front.options.get("order", "order_id"))].id_or("")


Tell = Callable[[Told], tuple[Event, ...]]


def silent(told: Told) -> tuple[Event, ...]:
    """Something else tells of it, or it tells nothing that anybody must know."""
    return ()

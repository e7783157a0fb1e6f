"""How an event of PayPal is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.core.events import Event
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild

# The fields of a payment by the names of the newer API and of the older one.
OLDER: Final = {"invoice_id": "invoice_number", "custom_id": "custom"}


@dataclass(frozen=True, slots=True)
class Told:
    """An event of PayPal: its type, when it was made, the resource that it is about, and its place."""

    type: str
    at: datetime
    thing: Wild
    front: Shopfront

    @property
    def by(self) -> dict[str, Any]:
        """What every event says: the shop, the source and the moment."""
        return self.front.by | {"at": self.at}

    @property
    def order(self) -> str:
        """The shop's order id, under its newer or its older name."""
        newer = str(self.front.options.get("order", "invoice_id"))
        return self.thing[newer].id_or("") or self.thing[OLDER[newer]].id_or("")


Tell = Callable[[Told], tuple[Event, ...]]


def money_of(amount: Wild) -> Money:
    """An amount of either API: ``{currency_code, value}``, and before that ``{currency, total}`` or ``{currency,
    value}``. The text in major units has as many decimals as PayPal likes; it knows no minor units."""
    currency = (amount["currency_code"] or amount["currency"]).text()
    return (amount["value"] or amount["total"]).money(currency)


def words_of(code: str) -> ShopText | None:
    """PayPal's codes are words in capitals."""
    return ShopText(code.replace("_", " ").lower()) or None


def silent(told: Told) -> tuple[Event, ...]:
    """Something else tells of it, or it tells nothing that anybody must know."""
    return ()

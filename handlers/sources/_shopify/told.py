"""How a Shopify body is read, in the webhooks' words and in the API's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Told:
    """A body, or one thing of a polled one; the moment at which Shopify told it, for what carries none; its place."""

    body: Wild
    at: datetime
    front: Shopfront

    @property
    def by(self) -> dict[str, Any]:
        """Who tells: the shop and the source of every event."""
        return self.front.by

    @property
    def by_variant(self) -> bool:
        """Whether stock is the total of a variant, and not what each location has: the two must never be added."""
        return bool(self.front.options.get("stock") == "variants")

    def moment(self, wild: Wild) -> datetime:
        """The moment of a field, or of the delivery when there is none."""
        return wild.moment() if wild else self.at


def money(body: Wild, name: str, currency: str) -> Money:
    """An amount of the shop's currency, which the API gives among others (``total_price_set``)."""
    return (body[name] or body[f"{name}_set"]["shop_money"]["amount"]).money(currency)


def nodes(several: Wild) -> tuple[Wild, ...]:
    """The elements of a list, which the API wraps once more."""
    return several.each() if isinstance(several.value, list) else several["nodes"].each()


def number_of(body: Wild) -> str:
    """The number by which webhooks call a thing, which for some the API has only at the end of a global id."""
    return body["id"].id() if body["id"] else body["admin_graphql_api_id"].id().rpartition("/")[2].partition("?")[0]


def title(product: str, variant: str) -> ShopText | None:
    """Shopify calls the only variant of a product "Default Title"."""
    named = variant not in ("", "Default Title")
    return ShopText(f"{product} – {variant}" if named else product) or None


def among(text: Wild, table: Mapping[str, T]) -> T:
    """What a table says for a word, which the API writes in capitals."""
    return Wild(text.text().lower(), text.path).among(table)

"""What Magento has in stock, by either of its two numbers, and its products."""

from __future__ import annotations

from decimal import ROUND_FLOOR
from typing import Final

from bot.core.events import Event, ItemDescribed, StockChanged
from bot.core.wild import Wild
from handlers.sources._magento.told import Told, elements, whole_units, yes

PAGE: Final = "url_key"
"""The free attribute of a product that names its page."""
_OF_ITEM: Final = ("notify_stock_qty", "backorders")


def stock_item(told: Told) -> tuple[Event, ...]:
    """What Magento without sources has in hand, and with them its default source. It names no SKU."""
    body = told.body
    stock = StockChanged(
        **told.by,
        at=told.at,
        sku=body["sku"].id_or(""),
        item=body["product_id"].id(),
        location=told.location("default"),
        available=_in_hand(body["qty"], yes(body["is_in_stock"], True)) if _managed(body) else None,
    )
    told_of = _limits(told) if stock.sku and _managed(body) else ()
    return (*told_of, stock) if told.stock in ("sources", "items") else told_of


def _limits(told: Told) -> tuple[Event, ...]:
    """At how many units the shop calls the SKU low, and whether it sells on without any. REST says what holds; an
    observer's body has the item's own value also while the item follows the shop's settings, and says that it does."""
    body = told.body
    own = {name: not yes(body[f"use_config_{name}"], False) and bool(body[name]) for name in _OF_ITEM}
    if not any(own.values()):
        return ()
    described = ItemDescribed(
        **told.by,
        at=told.at,
        item=body["product_id"].id(),
        sku=body["sku"].id(),
        low_at=max(0, whole_units(body["notify_stock_qty"], ROUND_FLOOR)) if own["notify_stock_qty"] else None,
        backorders=body["backorders"].int() > 0 if own["backorders"] else None,
    )
    return (described,)


def _managed(item: Wild) -> bool:
    """Whether anybody counts the item: its own setting holds, unless it follows the shop's, which by default counts."""
    return yes(item["use_config_manage_stock"], False) or yes(item["manage_stock"], True)


def _in_hand(quantity: Wild, in_stock: bool) -> int:
    """What a merchant has marked as out of stock is none, however many there are."""
    units = whole_units(quantity, ROUND_FLOOR)
    return units if in_stock else min(units, 0)


def source_item(told: Told) -> tuple[Event, ...]:
    """What one source holds of one SKU."""
    body = told.body
    stock = StockChanged(
        **told.by,
        at=told.at,
        sku=body["sku"].id(),
        location=told.location(body["source_code"].id()),
        available=_in_hand(body["quantity"], yes(body["status"], True)),
    )
    return (stock,) if told.stock == "sources" else ()


def salable(told: Told) -> tuple[Event, ...]:
    """What may still be sold of one SKU, as our own poll has put it together: ``{"sku", "salable"}``."""
    sku, units = told.body["sku"].id(), whole_units(told.body["salable"], ROUND_FLOOR)
    stock = StockChanged(**told.by, at=told.at, sku=sku, location=told.location("salable"), available=units)
    return (stock,) if told.stock == "salable" else ()


def product(told: Told) -> tuple[Event, ...]:
    """A product with its categories, by their ids, and its page. Its price is in the shop's currency and may be
    missing."""
    body = told.body
    links = [link["category_id"] for link in elements(body["extension_attributes"]["category_links"])]
    categories = {category.id() for category in (*links, *elements(body["category_ids"]))}
    sku = body["sku"].id()
    described = ItemDescribed(
        **told.by,
        at=told.moment("updated_at"),
        item=(body["id"] or body["entity_id"]).id_or(f"sku-{sku}"),
        sku=sku,
        title=body["name"].shop_text(),
        price=body["price"].money(told.front.currency) if body["price"] else None,
        groups=(*(f"category/{category}" for category in sorted(categories)), *_page(body)),
    )
    return (described,)


def _page(product: Wild) -> tuple[str, ...]:
    """The product's own page, which REST has among the free attributes and an observer's body beside the others."""
    free = [each["value"] for each in elements(product["custom_attributes"]) if each["attribute_code"].value == PAGE]
    names = [name for each in (product[PAGE], *free) if (name := each.id_or(""))]
    return tuple(f"/{name}.html" for name in names[:1])

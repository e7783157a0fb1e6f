"""Products and variations of WooCommerce, and their stock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.core.events import Event, ItemDescribed, StockChanged
from bot.core.parts import ShopText
from bot.core.wild import Wild
from handlers.sources._woocommerce.told import Told, whole_units, words


def product(told: Told) -> tuple[Event, ...]:
    """A product, or a variation that a webhook calls one."""
    body = told.body
    if body["type"].text_or("") == "variation":
        return tuple(variation(told, body))
    body["name"].text()
    return tuple(_goods(told, words(body["name"]), _groups(body), body["low_stock_amount"]))


def variation(told: Told, parent: Wild) -> Iterator[Event]:
    """What a variation of a product is called: told by a webhook its own name says both, polled it says its values."""
    body = told.body
    values = ", ".join(words(each["option"]) for each in body["attributes"].each())
    own, parents = words(body["name"]), words(parent["name"])
    name = own if parents in own and own else " – ".join(filter(None, (parents, own or values)))
    groups = tuple(dict.fromkeys((*_groups(parent), f"product {body['id'].id()}")))
    low = body["low_stock_amount"] if _said(body["low_stock_amount"]) else parent["low_stock_amount"]
    return _goods(told, name, groups, low)


def _said(amount: Wild) -> bool:
    return bool(amount) and amount.value != ""


def _goods(told: Told, name: str, groups: tuple[str, ...], low: Wild) -> Iterator[Event]:
    """A thing with a SKU. Stock shared with a parent is counted there; what is in the bin is told by its absence."""
    body, at = told.body, told.moment("date_modified")
    item, sku = body["id"].id(), body["sku"].id_or("")
    if not sku:
        return
    price = body["price"].money(told.front.currency) if body["price"] and body["price"].text_or("x") else None
    title = ShopText(name) or None
    described = ItemDescribed(**told.by, at=at, item=item, sku=sku, title=title, price=price, groups=groups)
    yield replace(described, **_limits(body, low)) if body["manage_stock"].value else described
    if body["manage_stock"].value != "parent":
        as_of = told.at if told.counted else at
        gone, units = body["status"].text_or("") == "trash", _available(body)
        where = told.by | {"location": told.where, "gone": gone}
        yield StockChanged(**where, at=as_of, sku=sku, available=None if gone else units)


def _limits(body: Wild, low: Wild) -> dict[str, Any]:
    """At how many units the shop calls it low, and whether it sells on without any: both only where it counts stock."""
    return {
        "low_at": whole_units(low) if _said(low) else None,
        "backorders": body["backorders"].text() != "no" if body["backorders"] else None,
    }


def _available(body: Wild) -> int | None:
    if body["manage_stock"].value is True and body["stock_quantity"]:
        return whole_units(body["stock_quantity"])
    return 0 if body["stock_status"].text_or("") == "outofstock" else None


def _groups(product: Wild) -> tuple[str, ...]:
    """Categories and tags by their names and ids, the product's own id, by which coupons name it, and its page."""
    listed = [*product["categories"].each(), *product["tags"].each()]
    found = [
        product["permalink"].text_or(""),
        f"product {product['parent_id'].id_or('0')}",
        f"product {product['id'].id_or('0')}",
        *(words(each["name"]) for each in listed),
        *(f"category {each['id'].id_or('')}" for each in product["categories"].each()),
    ]
    return tuple(dict.fromkeys(group for group in found if group and not group.endswith(" 0")))


def product_deleted(told: Told) -> tuple[Event, ...]:
    """Only an id is told; whatever SKU it has is not counted any more."""
    item = told.body["id"].id()
    return (StockChanged(**told.by, at=told.at, item=item, location=told.where, available=None, gone=True),)

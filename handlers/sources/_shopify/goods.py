"""What Shopify says of goods: stock, products, what is on its way to the shop, and the discounts on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from bot.core.events import (
    CampaignChanged,
    Event,
    ItemDescribed,
    LocationNamed,
    StockChanged,
    StockExpected,
    StockReceived,
)
from bot.core.parts import ShopText
from bot.core.wild import Wild
from handlers.sources._shopify.told import Told, among, nodes, title


def level(told: Told) -> tuple[Event, ...]:
    """What one location has. Null means that nobody counts there; of a location that no longer stocks the item there is
    no quantity at all."""
    body, item = told.body, told.body["inventory_item_id"].id()
    gone = body["available"].missing
    return _stocked(told, item, body["location_id"], body["available"], told.moment(body["updated_at"]), gone)


def _stocked(
    told: Told, item: str, place: Wild, available: Wild, at: datetime, gone: bool = False
) -> tuple[Event, ...]:
    names = {str(number): str(name) for number, name in told.front.options.get("locations", {}).items()}
    location, units = place.id(), available.int() if available else None
    stock = StockChanged(
        **told.by, at=at, item=item, location=names.get(location, location), available=units, gone=gone
    )
    return () if told.by_variant else (stock,)


def place(told: Told) -> tuple[Event, ...]:
    """What people call a location. It stands as of when Shopify told it, since some tellings carry no time."""
    body = told.body
    name = ShopText(body["name"].text())
    return (LocationNamed(**told.by, at=told.at, location=body["id"].id(), name=name),) if name else ()


def counted(told: Told) -> tuple[Event, ...]:
    """An item as the daily count found it. The count says what is there at its own moment, whatever was told before."""
    body = told.body
    item, sku = body["id"].id(), body["sku"].id_or("")
    events: list[Event] = [ItemDescribed(**told.by, at=told.at, item=item, sku=sku)] if sku else []
    for level in nodes(body["levels"]):
        units = level["quantities"][0]["quantity"] if body["tracked"].flag(default=True) else Wild(None)
        events += _stocked(told, item, level["location"]["id"], units, told.at)
    return tuple(events)


def item(told: Told) -> tuple[Event, ...]:
    """The SKU of a stock item, which no stock level names."""
    body = told.body
    sku = body["sku"].id_or("")
    described = ItemDescribed(**told.by, at=told.moment(body["updated_at"]), item=body["id"].id(), sku=sku)
    return (described,) if sku else ()


def looked_up(told: Told) -> tuple[Event, ...]:
    """An item that was asked for by its id. One without a SKU goes by its id from now on, and is asked for no more."""
    item, variant = told.body["id"].id(), (*nodes(told.body["variants"]), Wild(None))[0]
    return (_described(told, told.at, item, told.body["sku"].id_or(f"item-{item}"), variant["product"], variant),)


def _described(told: Told, at: datetime, item: str, sku: str, product: Wild, variant: Wild) -> ItemDescribed:
    return ItemDescribed(
        **told.by,
        at=at,
        item=item,
        sku=sku,
        title=title(product["title"].text_or(""), variant["title"].text_or("")),
        price=variant["price"].money(told.front.currency) if variant["price"] else None,
        vendor=product["vendor"].text_or(""),
        groups=_groups(product),
        backorders=variant["inventory_policy"].text().lower() == "continue" if variant["inventory_policy"] else None,
    )


def _groups(product: Wild) -> tuple[str, ...]:
    """A product's tags, its page and those of its collections, which only the API names."""
    tags = product["tags"]
    named = [tag.text() for tag in tags.list()] if isinstance(tags.value, list) else tags.text_or("").split(",")
    pages = [f"/products/{product['handle'].text()}"] if product["handle"] else []
    pages += [f"/collections/{collection['handle'].text()}" for collection in nodes(product["collections"])]
    return (*(tag.strip() for tag in named if tag.strip()), *pages)


def variant(told: Told) -> tuple[Event, ...]:
    """A variant that went in or out of stock names its SKU, and its stock in all locations together."""
    return _variant_told(told, told.body, told.moment(told.body["updated_at"]))


def product(told: Told) -> tuple[Event, ...]:
    """A product's variants, as of the product's last change, which is also that of its title."""
    return _variants(told, told.moment(told.body["updated_at"]))


def walked(told: Told) -> tuple[Event, ...]:
    """A product as a poll found it. It stands as of the poll, for its collections change without the product."""
    return _variants(told, told.at)


def _variants(told: Told, at: datetime) -> tuple[Event, ...]:
    events: list[Event] = []
    told.body["title"].text()
    for variant in nodes(told.body["variants"]):
        if sku := variant["sku"].id_or(""):
            known = variant["inventory_item_id"] or variant["inventory_item"]["id"]
            item = known.id_or("") or f"variant-{variant['id'].id()}"
            events += [_described(told, at, item, sku, told.body, variant), *_variant_told(told, variant, at)]
    return tuple(events)


def _variant_told(told: Told, variant: Wild, at: datetime) -> tuple[Event, ...]:
    """The total stock of a variant, when the shop counts by variant and the variant has a SKU."""
    sku, quantity = variant["sku"].id_or(""), variant["inventory_quantity"].int()
    stock = StockChanged(**told.by, at=at, sku=sku, location="all", available=quantity)
    return (stock,) if sku and told.by_variant else ()


def arriving(told: Told) -> tuple[Event, ...]:
    """A shipment to the shop: what is still to come and by when, and once it is all there, what was accepted of it."""
    body = told.body
    reference, status, arrives = body["name"].id(), body["status"].text(), body["tracking"]["arrives_at"]
    due = arrives.moment() if arrives else None
    units: dict[str, list[int]] = {}
    for line in nodes(body["line_items"]):
        if sku := line["item"]["sku"].id_or(""):
            sums = units.setdefault(sku, [0, 0])
            sums[:] = sums[0] + line["remaining"].int(), sums[1] + line["accepted"].int()
    events: list[Event] = []
    for sku, (remaining, accepted) in units.items():
        same = told.by | {"at": told.at, "sku": sku, "reference": reference}
        if status == "RECEIVED" and accepted > 0:
            events.append(StockReceived(**same, quantity=accepted))
        elif status not in ("IN_TRANSIT", "PARTIALLY_RECEIVED"):
            events.append(StockExpected(**same, quantity=0, due=due or told.at))
        elif due:
            events.append(StockExpected(**same, quantity=max(remaining, 0), due=due))
    return tuple(events)


_DISCOUNTS: Final[Mapping[str, Literal["scheduled", "running", "ended"]]] = {
    "scheduled": "scheduled",
    "active": "running",
    "expired": "ended",
}


def discount(told: Told) -> tuple[Event, ...]:
    """A discount is a campaign when its body carries the dates, which webhooks may leave out and the API never does."""
    body, plan = told.body, told.body["discount"] or told.body
    name, starts, ends, gone = ShopText(plan["title"].text()), plan["starts_at"], plan["ends_at"], body["deleted_at"]
    campaign = body["admin_graphql_api_id"].id().rpartition("/")[2]
    if not starts:
        return ()
    items = [plan[part]["items"] for part in ("gets", "buys")]
    variants = [variant["sku"].id_or("") for each in items for variant in nodes(each["productVariants"])]
    changed = CampaignChanged(
        **told.by,
        at=told.moment(gone or plan["updated_at"]),
        campaign=campaign,
        name=name,
        status="cancelled" if gone else among(plan["status"], _DISCOUNTS),
        starts=starts.moment(),
        ends=ends.moment() if ends else None,
        channel="discount",
        skus=tuple(dict.fromkeys(sku for sku in variants if sku)),
        groups=tuple(
            f"/{kind}/{one['handle'].text()}"
            for each in items
            for kind in ("products", "collections")
            for one in nodes(each[kind])
        ),
    )
    return (changed,)

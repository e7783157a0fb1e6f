"""Shopify's webhooks and GraphQL Admin API: orders, payments, refunds, disputes, payouts, stock, products, deliveries,
holds and discounts.

Subscribe to these topics (format JSON); an unknown topic is recorded as unrouted and does no harm:

* orders/create, orders/paid, orders/updated, orders/cancelled, orders/fulfilled, orders/partially_fulfilled: the order
  and its state. Whichever of them comes first tells that the order was placed. One with payment terms is an invoice.
* order_transactions/create: payments that succeeded or failed. refunds/create: money that went back.
* disputes/create, disputes/update: chargebacks and inquiries with their deadline.
* inventory_levels/update, connect, disconnect: stock by location. They name no SKU; inventory_items/create, update and
  products/create, update say which SKU an item is, so subscribe to those as well.
* locations/create, locations/update: what the locations are called, for levels name their ids alone.
* variants/in_stock, variants/out_of_stock: stock by variant, told only with the option ``stock: variants``.
* fulfillments/create, update and fulfillment_events/create: where a shipment is.
* discounts/create, update: a campaign, when the discount carries its dates; else the next poll tells it.
* app/uninstalled: the app's keys are no longer good.
* customers/data_request, customers/redact, shop/redact: what is kept of a customer is reported or forgotten, or all
  that is kept of the shop. The last one needs the option ``domain``, since an app signs alike for all its shops.

Understood and silent, because their bodies name no order, no SKU or nothing new: orders/edited and
risk_assessment_changed, tender_transactions, payment_terms, payment_schedules, products/delete, discounts/delete,
inventory_transfers, inventory_shipments, fulfillment_holds, fulfillment_orders, locations/deactivate, returns/request,
bulk_operations/finish. What they hint at is polled.

Keys: ``access_token``, or ``client_id`` and ``client_secret`` of an app in the Dev Dashboard. With them and ``domain``
Shopify is asked for orders, stock, products, disputes, payouts, discounts, holds and goods on their way.

Options: ``domain`` (your-shop.myshopify.com; deliveries for another shop are refused), ``locations`` (location id:
another name than Shopify's), ``stock`` (``levels``, the default, counts each location; ``variants`` takes the total of
a variant from the products and variants topics and ignores levels), ``version`` (of the API, ``"2026-07"``),
``webhooks`` (``app`` when the app's own configuration file subscribes, which the API does not show; ``api``, the
default, otherwise).

Names, addresses, e-mail addresses and notes of customers are never read, and not stored either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from bot.core.delivery import Delivery, Source, Unparsable, Unrouted, Unverified
from bot.core.events import Event, SourceChanged
from bot.core.keys import as_key
from bot.core.options import matching, names, one_of, options_of
from bot.core.parts import ShopText
from bot.core.privacy import PrivacyAsked
from bot.core.shopfront import Shopfront
from bot.core.signatures import Scheme, check
from bot.core.signatures import sign as sign_body
from bot.core.strip import stripped
from bot.core.wild import Wild, read
from handlers.sources._shopify import goods, orders
from handlers.sources._shopify.asked import API
from handlers.sources._shopify.calls import VERSION
from handlers.sources._shopify.people import CUT
from handlers.sources._shopify.told import Told

# https://shopify.dev/docs/apps/build/webhooks/verify-deliveries; the Events of 2026 send the headers without "X-".
_SCHEMES: Final = tuple(Scheme(header=f"{x}shopify-hmac-sha256", encoding="base64") for x in ("x-", ""))


def _headers(delivery: Delivery, name: str) -> str:
    """A header of either family, or ""."""
    return delivery.headers.get(f"x-shopify-{name}") or delivery.headers.get(f"shopify-{name}") or ""


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """Only the body is signed, so there is no age to check; the shop's domain is compared with the config."""
    check(_SCHEMES, delivery, secrets, now)
    domain = str(shopfront.options.get("domain", ""))
    if domain and _headers(delivery, "shop-domain").lower() != domain.lower():
        raise Unverified("x-shopify-shop-domain is not the shop of this source")


def key(delivery: Delivery) -> str:
    """The webhook id, which stays on retries. The event id is shared by several topics, so it needs its topic."""
    event, topic = _headers(delivery, "event-id"), _headers(delivery, "topic")
    found = _headers(delivery, "webhook-id") or (f"{event}/{topic}" if event and topic else "")
    return as_key(found)


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers of a delivery as Shopify sends them; the ids follow from the body."""
    mark = hashlib.sha256(topic.encode() + body).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-webhook-id": mark[:32],
        "x-shopify-event-id": mark[32:],
        "x-shopify-triggered-at": now.isoformat(),
        "x-shopify-api-version": VERSION,
        "x-shopify-shop-domain": str(shopfront.options.get("domain", "sample.myshopify.com")),
    }
    return headers | sign_body(_SCHEMES[0], body, secret, now)


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """The topic names the function; the body says everything else, since the topic is in no signature."""
    if delivery.polled:
        return tuple(_polled(delivery, shopfront))
    topic = _headers(delivery, "topic")
    if topic not in _TOPICS:
        raise Unrouted(f"topic {topic[:100]!r}")
    kind, tell = _TOPICS[topic]
    body = read(delivery.body)
    name = body["admin_graphql_api_id"].text_or("")
    if name and f"/{kind}" not in name:
        raise Unparsable(f"admin_graphql_api_id is no {kind}, so the topic does not belong to this body")
    if shopfront.live and body["test"].flag():
        return ()
    return tell(Told(body, _triggered(delivery), shopfront))


def _polled(delivery: Delivery, shopfront: Shopfront) -> Iterator[Event]:
    """What a poll heard: ``{"nodes": [...]}``, put together by handlers/sources/_shopify/asked.py."""
    if delivery.polled not in _POLLED:
        raise Unrouted(f"polled topic {delivery.polled[:100]!r}")
    for node in read(delivery.body)["nodes"].list():
        if not (shopfront.live and node["test"].flag()):
            yield from _POLLED[delivery.polled](Told(node, delivery.received, shopfront))


def _triggered(delivery: Delivery) -> datetime:
    """When Shopify triggered the delivery. The header is unsigned, so it counts only within two days before arrival."""
    try:
        moment = Wild(_headers(delivery, "triggered-at")).moment()
    except Unparsable:
        return delivery.received
    return moment if timedelta(0) <= delivery.received - moment <= timedelta(days=2) else delivery.received


def _edited(told: Told) -> tuple[Event, ...]:
    told.body["order_edit"]["order_id"].id()
    return ()


_RECORD: Final = frozenset({"myshopify_domain", "plan_name"})


_STRIPPED: Final = stripped(CUT)


def strip(delivery: Delivery) -> bytes:
    """Without the customer; what a customer asks for names them, is carried out, and is then emptied."""
    return delivery.body if _headers(delivery, "topic") in _WISHES else _STRIPPED(delivery)


def _uninstalled(told: Told) -> tuple[Event, ...]:
    """The app's keys are void from now on, and asking with them will not do until it is installed again. The body is
    the shop's record, and only such a one is taken for it."""
    if not set(told.body.keys()) >= _RECORD:
        raise Unparsable("the body is not a shop's record, so the topic does not belong to it")
    domain, meant = told.body["myshopify_domain"], str(told.front.options.get("domain", "")).lower()
    if meant and domain and domain.text().lower() != meant:
        raise Unparsable("myshopify_domain is not the shop of this source")
    note = ShopText("the app was uninstalled")
    return (SourceChanged(**told.by, at=told.at, aspect="poll orders", sound=False, note=note),)


_NAMES: Final = frozenset({"id", "admin_graphql_api_id", "order_id", "fulfillment_order", "shipment_id"})


def _hint(told: Told) -> tuple[Event, ...]:
    """Something happened of which the body does not say enough; a poll will."""
    if _NAMES.isdisjoint(told.body.keys()):
        raise Unparsable("the body names nothing to which something happened")
    return ()


# https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
_SHOP: Final = frozenset({"shop_id", "shop_domain"})
_WISHES: Final = frozenset({"customers/data_request", "customers/redact"})


def _data_request(told: Told) -> tuple[Event, ...]:
    told.body["data_request"]["id"].id()
    return _of_customer(told, "report", "orders_requested")


def _customer_redact(told: Told) -> tuple[Event, ...]:
    return _of_customer(told, "forget_customer", "orders_to_redact")


def _of_customer(told: Told, wish: Literal["report", "forget_customer"], orders: str) -> tuple[Event, ...]:
    """The two differ in the name of their list, so one cannot be had by sending the other under another topic."""
    _check_domain(told)
    customer, listed = told.body["customer"], told.body[orders].list()
    people = tuple(found for name in ("id", "email", "phone") if (found := customer[name].id_or("")))
    return (PrivacyAsked(**told.by, at=told.at, wish=wish, orders=tuple(each.id() for each in listed), people=people),)


def _shop_redact(told: Told) -> tuple[Event, ...]:
    """Nothing in a body says that it is this, and the topic is not signed: so it has to have these two fields alone."""
    if set(told.body.keys()) != _SHOP:
        raise Unparsable("the body is not that of shop/redact, so the topic does not belong to it")
    if not told.front.options.get("domain"):
        raise Unparsable("shop/redact needs the source's option domain, which says whose data is meant")
    _check_domain(told)
    return (PrivacyAsked(**told.by, at=told.at, wish="forget_shop"),)


def _check_domain(told: Told) -> None:
    domain, meant = str(told.front.options.get("domain", "")).lower(), told.body["shop_domain"].text().lower()
    if domain and meant != domain:
        raise Unparsable("shop_domain is not the shop of this source")


def _same(tell: Callable[[Told], tuple[Event, ...]], kind: str, *topics: str) -> dict[str, _Topic]:
    return dict.fromkeys(topics, (kind, tell))


_Topic = tuple[str, Callable[[Told], tuple[Event, ...]]]
_ORDERS: Final = ("create", "paid", "updated", "cancelled", "fulfilled", "partially_fulfilled")
_LEVELS: Final = ("update", "connect", "disconnect")
_TRANSFERS: Final = ("add_items", "cancel", "complete", "ready_to_ship", "remove_items", "update_item_quantities")
_INBOUND: Final = ("add_items", "create", "delete", "mark_in_transit", "receive_items", "remove_items")
HINTS: Final = (
    "orders/risk_assessment_changed", "tender_transactions/create", "payment_schedules/due",
    *(f"payment_terms/{what}" for what in ("create", "update", "delete")),
    "products/delete", "discounts/delete",
    *(f"inventory_transfers/{what}" for what in (*_TRANSFERS, "updated")),
    *(f"inventory_shipments/{what}" for what in (*_INBOUND, "update_item_quantities", "update_tracking")),
    "fulfillment_holds/added", "fulfillment_holds/released",
    *(f"fulfillment_orders/{what}" for what in ("placed_on_hold", "hold_released", "cancelled")),
    "locations/deactivate", "returns/request", "bulk_operations/finish",
)  # fmt: skip
# Topic: what its body's global id has to name ("gid://shopify/Order/1"), and the function that tells it.
_TOPICS: Final[Mapping[str, _Topic]] = {
    **_same(orders.order, "Order/", *(f"orders/{what}" for what in _ORDERS)),
    **_same(_edited, "Order/", "orders/edited"),
    **_same(orders.transaction, "OrderTransaction/", "order_transactions/create"),
    **_same(orders.refund, "Refund/", "refunds/create"),
    **_same(orders.dispute, "ShopifyPaymentsDispute/", "disputes/create", "disputes/update"),
    **_same(
        goods.level, "InventoryLevel/", *(f"inventory_levels/{what}" for what in ("update", "connect", "disconnect"))
    ),
    **_same(goods.item, "InventoryItem/", "inventory_items/create", "inventory_items/update"),
    **_same(goods.place, "Location/", "locations/create", "locations/update"),
    **_same(goods.variant, "ProductVariant/", "variants/in_stock", "variants/out_of_stock"),
    **_same(goods.product, "Product/", "products/create", "products/update"),
    **_same(orders.fulfillment, "Fulfillment/", "fulfillments/create", "fulfillments/update"),
    **_same(orders.carried, "FulfillmentEvent/", "fulfillment_events/create"),
    **_same(goods.discount, "Discount", "discounts/create", "discounts/update"),
    **_same(_uninstalled, "Shop/", "app/uninstalled"),
    **_same(_hint, "", *HINTS),
    **_same(_data_request, "Customer/", "customers/data_request"),
    **_same(_customer_redact, "Customer/", "customers/redact"),
    **_same(_shop_redact, "Shop/", "shop/redact"),
}
_POLLED: Final[Mapping[str, Callable[[Told], tuple[Event, ...]]]] = {
    "orders": orders.whole_order,
    "stock": goods.counted,
    "locations": goods.place,
    "products": goods.walked,
    "items": goods.looked_up,
    "disputes": orders.dispute,
    "payouts": orders.payout,
    "discounts": goods.discount,
    "holds": orders.held,
    "inbound": goods.arriving,
}


options: Final = options_of(
    "shopify",
    {
        "domain": (matching(r"(?i)[a-z0-9][a-z0-9-]*\.myshopify\.com"), "your-shop.myshopify.com"),
        "locations": (names, "a mapping of location ids to names"),
        "stock": one_of("levels", "variants"),
        "version": (matching("20[0-9]{2}-(01|04|07|10)"), f'a version of the API in quotes, "{VERSION}" or later'),
        "webhooks": one_of("api", "app"),
    },
)

SOURCE = Source("shopify", verify, key, parse, sign, options, __doc__ or "", api=API, strip=strip)

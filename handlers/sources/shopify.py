"""Shopify webhooks: orders, payments, refunds, disputes, stock, products and discounts.

Subscribe to these topics (format JSON); an unknown topic is recorded as unrouted and does no harm:

* orders/create, orders/paid, orders/updated, orders/cancelled, orders/fulfilled: the order and its state. Whichever of
  them comes first tells that the order was placed. orders/edited is accepted and adds nothing, since orders/updated
  follows it.
* order_transactions/create: payments that succeeded or failed. refunds/create: money that went back.
* disputes/create, disputes/update: chargebacks and inquiries with their deadline.
* inventory_levels/update, connect, disconnect: stock by location. They name no SKU; inventory_items/create, update and
  products/create, update say which SKU an item is, so subscribe to those as well.
* variants/in_stock, variants/out_of_stock: stock by variant, told only with the option ``stock: variants``.
* discounts/create, update: a campaign, when the discount carries its dates.
* customers/data_request, customers/redact, shop/redact: what is kept of a customer is reported or forgotten, or all
  that is kept of the shop. The last one needs the option ``domain``, since an app signs alike for all its shops.

Options: ``domain`` (your-shop.myshopify.com; deliveries for another shop are refused), ``locations`` (location id:
name), ``stock`` (``levels``, the default, counts each location; ``variants`` takes the total of a variant from the
products and variants topics and ignores levels).

Names, addresses, e-mail addresses and notes of customers are never read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.core.delivery import Delivery, Shopfront, Source, Unparsable, Unrouted, Unverified
from bot.core.events import (
    CampaignChanged,
    DisputeChanged,
    Event,
    ItemDescribed,
    OrderChanged,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    Refunded,
    StockChanged,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.privacy import PrivacyAsked
from bot.core.signatures import Scheme, check
from bot.core.signatures import sign as sign_body
from bot.core.wild import MAX_COUNT, Wild, read

# https://shopify.dev/docs/apps/build/webhooks/verify-deliveries; the Events of 2026 send the headers without "X-".
_SCHEMES: Final = tuple(Scheme(header=f"{x}shopify-hmac-sha256", encoding="base64") for x in ("x-", ""))
_MAX_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class _Told:
    """A delivery's body, the moment at which Shopify told it (for bodies that carry none), and its place."""

    body: Wild
    at: datetime
    front: Shopfront

    @property
    def by(self) -> dict[str, Any]:
        """Who tells: the shop and the source of every event."""
        return {"shop": self.front.shop, "source": self.front.source}

    @property
    def by_variant(self) -> bool:
        """Whether stock is the total of a variant, and not what each location has: the two must never be added."""
        return bool(self.front.options.get("stock") == "variants")

    def moment(self, wild: Wild) -> datetime:
        """The moment of a field, or of the delivery when there is none."""
        return wild.moment() if wild else self.at


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
    return found if len(found) <= _MAX_KEY and found.isprintable() else ""


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers of a delivery as Shopify sends them; the ids follow from the body."""
    mark = hashlib.sha256(topic.encode() + body).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-webhook-id": mark[:32],
        "x-shopify-event-id": mark[32:],
        "x-shopify-triggered-at": now.isoformat(),
        "x-shopify-api-version": "2026-07",
        "x-shopify-shop-domain": str(shopfront.options.get("domain", "sample.myshopify.com")),
    }
    return headers | sign_body(_SCHEMES[0], body, secret, now)


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """The topic names the function; the body says everything else, since the topic is in no signature."""
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
    return tell(_Told(body, _triggered(delivery), shopfront))


def _triggered(delivery: Delivery) -> datetime:
    """When Shopify triggered the delivery. The header is unsigned, so it counts only within two days before arrival."""
    try:
        moment = Wild(_headers(delivery, "triggered-at")).moment()
    except Unparsable:
        return delivery.received
    return moment if timedelta(0) <= delivery.received - moment <= timedelta(days=2) else delivery.received


def _order(told: _Told) -> tuple[Event, ...]:
    """The order as it was placed, of which the first telling counts, and as it is now, of which the latest counts."""
    body = told.body
    currency = body["currency"].text()
    number, order = body["name"].id(), body["id"].id()
    total = body["total_price"].money(currency)
    outstanding = _outstanding(body, currency)
    placed = OrderPlaced(
        **told.by,
        at=body["created_at"].moment(),
        order=order,
        number=number,
        total=total,
        outstanding=outstanding,
        lines=tuple(_line(line, currency) for line in body["line_items"].each()),
        discounted=bool(body["discount_codes"].each() or body["discount_applications"].each()),
    )
    changed = OrderChanged(
        **told.by,
        at=body["updated_at"].moment(),
        order=order,
        number=number,
        total=body["current_total_price"].money(currency) if body["current_total_price"] else total,
        outstanding=outstanding,
        shipped=body["fulfillment_status"].text_or("") == "fulfilled",
        cancelled=bool(body["cancelled_at"]),
    )
    return placed, changed


_SETTLED: Final = ("voided", "refunded", "paid", "partially_refunded")


def _outstanding(body: Wild, currency: str) -> Money:
    """What is still to be paid: nothing once the order is cancelled or voided, whatever its total still says."""
    status = body["financial_status"].text_or("")
    if body["cancelled_at"] or status in ("voided", "refunded"):
        return Money(0, currency.upper())
    if body["total_outstanding"]:
        return body["total_outstanding"].money(currency)
    return Money(0, currency.upper()) if status in _SETTLED else body["total_price"].money(currency)


def _line(line: Wild, currency: str) -> OrderLine:
    quantity = line["quantity"].int()
    amount = line["price"].money(currency).times(quantity)
    for share in line["discount_allocations"].each():
        amount -= share["amount"].money(currency)
    if abs(amount.minor) > MAX_COUNT:
        raise Unparsable(f"{line.path} is too large")
    title = _title(line["title"].text_or(""), line["variant_title"].text_or(""))
    return OrderLine(line["sku"].id_or(""), quantity, amount, title)


def _title(product: str, variant: str) -> ShopText | None:
    """Shopify calls the only variant of a product "Default Title"."""
    named = variant not in ("", "Default Title")
    return ShopText(f"{product} – {variant}" if named else product) or None


def _edited(told: _Told) -> tuple[Event, ...]:
    told.body["order_edit"]["order_id"].id()
    return ()


def _transaction(told: _Told) -> tuple[Event, ...]:
    """An attempt to pay. Refunds and voids are told by their own topics."""
    body = told.body
    kind, status = body["kind"].text(), body["status"].text()
    if kind not in ("sale", "capture", "authorization") or status not in ("success", "failure", "error"):
        return ()
    provider = body["gateway"].id_or("shopify").lower()
    attempt = told.by | {
        "at": told.moment(body["processed_at"] or body["created_at"]),
        "payment": body["id"].id(),
        "provider": provider,
        "method": _method(body["payment_details"], provider),
        "amount": body["amount"].money(body["currency"].text()),
        "order": body["order_id"].id_or(""),
    }
    if status == "success":
        return (PaymentSucceeded(**attempt),)
    return (PaymentFailed(**attempt, code=body["error_code"].text_or(""), reason=body["message"].shop_text()),)


def _method(details: Wild, provider: str) -> str:
    """A gateway without details (PayPal, a bank transfer) is its own method."""
    if not details:
        return provider
    name = details["payment_method_name"].id_or("") or details["credit_card_company"].id_or("")
    return name.lower() or "card"


def _refund(told: _Told) -> tuple[Event, ...]:
    """The money that moved, a transaction each; a refund that only restocks tells nothing."""
    body = told.body
    order = body["order_id"].id()
    return tuple(
        Refunded(
            **told.by,
            at=told.moment(paid["processed_at"] or paid["created_at"]),
            refund=paid["id"].id(),
            amount=paid["amount"].money(_refund_currency(paid, body)),
            order=order,
        )
        for paid in body["transactions"].each()
        if paid["kind"].text() == "refund"
        and paid["status"].text() == "success"
        and not (told.front.live and paid["test"].flag())
    )


def _refund_currency(paid: Wild, refund: Wild) -> str:
    """A refund's transaction may come without a currency, and then the refund's own sums have it."""
    return paid["currency"].text_or("") or refund["total_duties_set"]["shop_money"]["currency_code"].text()


# https://shopify.dev/docs/api/admin-graphql/latest/enums/DisputeStatus
_DISPUTES: Final[Mapping[str, Literal["open", "answered", "won", "lost", "closed"]]] = {
    "needs_response": "open",
    "under_review": "answered",
    "accepted": "lost",
    "lost": "lost",
    "won": "won",
    "charge_refunded": "closed",
    "prevented": "closed",
}


def _dispute(told: _Told) -> tuple[Event, ...]:
    """The body has no time of change, so the moment of the delivery orders its tellings."""
    body = told.body
    due = body["evidence_due_by"]
    dispute = DisputeChanged(
        **told.by,
        at=told.at,
        dispute=body["id"].id(),
        amount=body["amount"].money(body["currency"].text()),
        reason=ShopText(body["reason"].text_or("").replace("_", " ")),
        status=body["status"].among(_DISPUTES),
        due=due.moment() if due else None,
        order=body["order_id"].id_or(""),
        provider="shopify_payments",
    )
    return (dispute,)


def _level(told: _Told) -> tuple[Event, ...]:
    """What one location has. Null, or a location that no longer stocks the item, means that nobody counts there."""
    body = told.body
    place = body["location_id"].id()
    names = {str(number): str(name) for number, name in told.front.options.get("locations", {}).items()}
    stock = StockChanged(
        **told.by,
        at=told.moment(body["updated_at"]),
        item=body["inventory_item_id"].id(),
        location=names.get(place, place),
        available=body["available"].int() if body["available"] else None,
    )
    return () if told.by_variant else (stock,)


def _item(told: _Told) -> tuple[Event, ...]:
    """The SKU of a stock item, which no stock level names."""
    body = told.body
    sku = body["sku"].id_or("")
    described = ItemDescribed(**told.by, at=told.moment(body["updated_at"]), item=body["id"].id(), sku=sku)
    return (described,) if sku else ()


def _variant(told: _Told) -> tuple[Event, ...]:
    """A variant that went in or out of stock names its SKU, and its stock in all locations together."""
    return _variant_told(told, told.body, told.moment(told.body["updated_at"]))


def _product(told: _Told) -> tuple[Event, ...]:
    """A product's variants, as of the product's last change, which is also that of its title."""
    body = told.body
    at, product, vendor = told.moment(body["updated_at"]), body["title"].text(), body["vendor"].text_or("")
    events: list[Event] = []
    for variant in body["variants"].each():
        if sku := variant["sku"].id_or(""):
            described = ItemDescribed(
                **told.by,
                at=at,
                item=variant["inventory_item_id"].id_or("") or f"variant-{variant['id'].id()}",
                sku=sku,
                title=_title(product, variant["title"].text_or("")),
                price=variant["price"].money(told.front.currency) if variant["price"] else None,
                vendor=vendor,
            )
            events += [described, *_variant_told(told, variant, at)]
    return tuple(events)


def _variant_told(told: _Told, variant: Wild, at: datetime) -> tuple[Event, ...]:
    """The total stock of a variant, when the shop counts by variant and the variant has a SKU."""
    sku, quantity = variant["sku"].id_or(""), variant["inventory_quantity"].int()
    stock = StockChanged(**told.by, at=at, sku=sku, location="all", available=quantity)
    return (stock,) if sku and told.by_variant else ()


_DISCOUNTS: Final[Mapping[str, Literal["scheduled", "running", "ended"]]] = {
    "SCHEDULED": "scheduled",
    "ACTIVE": "running",
    "EXPIRED": "ended",
}


def _discount(told: _Told) -> tuple[Event, ...]:
    """A discount is a campaign when its body carries the dates, which Shopify may leave out."""
    body = told.body
    campaign, name = body["admin_graphql_api_id"].id(), ShopText(body["title"].text())
    starts, ends = body["starts_at"], body["ends_at"]
    if not starts:
        return ()
    changed = CampaignChanged(
        **told.by,
        at=told.moment(body["updated_at"]),
        campaign=campaign,
        name=name,
        status=body["status"].among(_DISCOUNTS),
        starts=starts.moment(),
        ends=ends.moment() if ends else None,
        channel="discount",
    )
    return (changed,)


# https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
_SHOP: Final = frozenset({"shop_id", "shop_domain"})


def _data_request(told: _Told) -> tuple[Event, ...]:
    told.body["data_request"]["id"].id()
    return _of_customer(told, "report", "orders_requested")


def _customer_redact(told: _Told) -> tuple[Event, ...]:
    return _of_customer(told, "forget_customer", "orders_to_redact")


def _of_customer(told: _Told, wish: Literal["report", "forget_customer"], orders: str) -> tuple[Event, ...]:
    """The two differ in the name of their list, so one cannot be had by sending the other under another topic."""
    _check_domain(told)
    customer, listed = told.body["customer"], told.body[orders].list()
    people = tuple(found for name in ("id", "email", "phone") if (found := customer[name].id_or("")))
    return (PrivacyAsked(**told.by, at=told.at, wish=wish, orders=tuple(each.id() for each in listed), people=people),)


def _shop_redact(told: _Told) -> tuple[Event, ...]:
    """Nothing in a body says that it is this, and the topic is not signed: so it has to have these two fields alone."""
    if set(told.body.keys()) != _SHOP:
        raise Unparsable("the body is not that of shop/redact, so the topic does not belong to it")
    if not told.front.options.get("domain"):
        raise Unparsable("shop/redact needs the source's option domain, which says whose data is meant")
    _check_domain(told)
    return (PrivacyAsked(**told.by, at=told.at, wish="forget_shop"),)


def _check_domain(told: _Told) -> None:
    domain, meant = str(told.front.options.get("domain", "")).lower(), told.body["shop_domain"].text().lower()
    if domain and meant != domain:
        raise Unparsable("shop_domain is not the shop of this source")


def _same(tell: Callable[[_Told], tuple[Event, ...]], kind: str, *topics: str) -> dict[str, _Topic]:
    return dict.fromkeys(topics, (kind, tell))


_Topic = tuple[str, Callable[[_Told], tuple[Event, ...]]]
# Topic: what its body's global id has to name ("gid://shopify/Order/1"), and the function that tells it.
_TOPICS: Final[Mapping[str, _Topic]] = {
    **_same(_order, "Order/", *(f"orders/{what}" for what in ("create", "paid", "updated", "cancelled", "fulfilled"))),
    **_same(_edited, "Order/", "orders/edited"),
    **_same(_transaction, "OrderTransaction/", "order_transactions/create"),
    **_same(_refund, "Refund/", "refunds/create"),
    **_same(_dispute, "ShopifyPaymentsDispute/", "disputes/create", "disputes/update"),
    **_same(_level, "InventoryLevel/", *(f"inventory_levels/{what}" for what in ("update", "connect", "disconnect"))),
    **_same(_item, "InventoryItem/", "inventory_items/create", "inventory_items/update"),
    **_same(_variant, "ProductVariant/", "variants/in_stock", "variants/out_of_stock"),
    **_same(_product, "Product/", "products/create", "products/update"),
    **_same(_discount, "Discount", "discounts/create", "discounts/update"),
    **_same(_data_request, "Customer/", "customers/data_request"),
    **_same(_customer_redact, "Customer/", "customers/redact"),
    **_same(_shop_redact, "Shop/", "shop/redact"),
}


def options(given: Mapping[str, Any]) -> None:
    """Raise ValueError, which names the key, unless the source's options are as documented above."""
    for name, value in given.items():
        if name not in _OPTIONS:
            raise ValueError(f"{name}: shopify has no such option; it has {', '.join(_OPTIONS)}")
        fits, form = _OPTIONS[name]
        if not fits(value):
            raise ValueError(f"{name}: must be {form}")


_OPTIONS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "domain": (lambda value: isinstance(value, str) and value.endswith(".myshopify.com"), "your-shop.myshopify.com"),
    "locations": (
        lambda value: isinstance(value, Mapping) and all(isinstance(name, str) for name in value.values()),
        "a mapping of location ids to names",
    ),
    "stock": (lambda value: value in ("levels", "variants"), "levels or variants"),
}

SOURCE = Source("shopify", verify, key, parse, sign, options, __doc__ or "")

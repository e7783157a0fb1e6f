"""WooCommerce webhooks and REST polling: orders, products with their stock, refunds and coupons.

Topics: order.created, updated and restored; product.created, updated, restored and deleted (a variation comes as a
product of type "variation"); coupon.created, updated and restored. The rest of them (customers, other *.deleted,
actions of plugins) is understood and tells nothing. WooCommerce tries each delivery once and switches a webhook off
after some failures, so polling is not optional: docs/sources/woocommerce.md.

* An order counts as placed once it is on hold, in process or done, or was paid: one that is pending has taken no stock.
  It is owed while nobody has paid it and it is neither failed, cancelled nor refunded. Done is shipped.
* An order that failed is a failed payment, as of its last change. A refund has no time in a webhook, so refunds are
  told by polling alone.
* Stock is that of the product or variation that counts its own, at the location "shop". One that does not count is
  known to be out of stock or nothing. A variation that shares its parent's stock has none of its own. What is deleted
  or in the bin is not counted any more.
* A coupon with an expiry date is a campaign from its creation on.
* A body that only says that the webhook's owner may not see the thing is a trouble of this source: give the webhook to
  a user who may.

Options: ``url`` (https, the shop's address; needed for polling), ``location`` (another name than "shop"),
``paid_elsewhere`` (the payment methods whose payments and refunds another source tells, such as stripe).

Names, addresses, e-mail addresses and notes of customers are never read, and not stored either.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.core.delivery import Delivery, Greeting, Knock, Shopfront, Source, Unparsable, Unrouted
from bot.core.events import (
    CampaignChanged,
    Event,
    ItemDescribed,
    OrderChanged,
    OrderLine,
    OrderPlaced,
    PaymentFailed,
    PaymentSucceeded,
    Refunded,
    SourceChanged,
    StockChanged,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.signatures import Scheme, check
from bot.core.signatures import sign as sign_body
from bot.core.wild import Wild, read
from handlers.sources._api.people import WOOCOMMERCE
from handlers.sources._api.woocommerce import API

# https://github.com/woocommerce/woocommerce, class-wc-webhook.php: the key is the secret with its entities decoded.
_SCHEME: Final = Scheme(
    header="x-wc-webhook-signature", encoding="base64", key=lambda secret: _decoded(secret).encode()
)
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_FORBIDDEN: Final = re.compile("woocommerce_rest_cannot_|rest_forbidden")


# https://developer.wordpress.org/reference/functions/wp_specialchars_decode/ with ENT_QUOTES: these entities alone.
# Whatever else looks like one, such as &copy in a secret made by chance, stays as it is.
_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot)|#0*(34|38|39|60|62)|#[xX]0*(22|26|27));")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


def _decoded(secret: str) -> str:
    return _ENTITY.sub(_character, secret)


def _character(entity: re.Match[str]) -> str:
    name, decimal, hexadecimal = entity.groups()
    return _NAMED[name] if name else chr(int(decimal) if decimal else int(hexadecimal, 16))


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """Only the body is signed, and no time."""
    check((_SCHEME,), delivery, secrets, now)


def greet(knock: Knock, secrets: tuple[str, ...], shopfront: Shopfront) -> Greeting | None:
    """When a webhook is saved, WooCommerce asks without a signature whether anybody is there, and wants exactly 200."""
    return Greeting(200, "ok") if knock.method == "POST" and _PING.fullmatch(knock.body) else None


def key(delivery: Delivery) -> str:
    """The delivery's id alone is the same for two orders of one second, so all that tells deliveries apart is in it."""
    names = ("id", "delivery-id", "topic")
    given = [delivery.headers.get(f"x-wc-webhook-{name}", "") for name in names]
    if not given[1]:
        return ""
    return hashlib.sha256(
        "\n".join([*given, hashlib.sha256(delivery.body).hexdigest()]).encode(errors="replace")
    ).hexdigest()


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers of a delivery as WooCommerce sends them; the delivery's id follows from the body."""
    resource, _, event = topic.partition(".")
    return {
        "content-type": "application/json",
        "x-wc-webhook-source": str(shopfront.options.get("url", "https://shop.example")),
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-resource": resource,
        "x-wc-webhook-event": event,
        "x-wc-webhook-id": "7",
        "x-wc-webhook-delivery-id": hashlib.sha256(topic.encode() + body).hexdigest()[:32],
    } | sign_body(_SCHEME, body, secret, now)


@dataclass(frozen=True, slots=True)
class _Told:
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
        return {"shop": self.front.shop, "source": self.front.source}

    def moment(self, name: str) -> datetime:
        """A field such as date_modified, which is UTC without saying so; the moment of the telling without one."""
        wild = self.body[f"{name}_gmt"]
        return wild.utc() if wild else self.at


_Tell = Callable[[_Told], tuple[Event, ...]]


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """A webhook's topic, or the poll's, says what the body is."""
    body = read(delivery.body)
    if delivery.polled:
        if delivery.polled not in _POLLED:
            raise Unrouted(f"polled {delivery.polled[:100]!r}")
        return tuple(_polled(delivery.polled, body, delivery.received, shopfront))
    topic = delivery.headers.get("x-wc-webhook-topic", "")
    told = _Told(body, delivery.received, shopfront)
    if not isinstance(body.value, dict):
        raise Unparsable("the body is no object")
    if _FORBIDDEN.match(body["code"].text_or("")):
        return _forbidden(told)
    if topic not in _TOPICS:
        if (field := _SILENT.get(topic.partition(".")[0])) is not None:
            body[field].id()
            return ()
        raise Unrouted(f"topic {topic[:100]!r}")
    return _TOPICS[topic](told)


def _polled(topic: str, body: Wild, at: datetime, front: Shopfront) -> Iterator[Event]:
    """A page as WooCommerce gave it, or for variations and refunds an object of ours that also says whose they are."""
    owner = body["of"] if isinstance(body.value, dict) else None
    for each in body["items"].list() if owner is not None else body.list():
        told = _Told(each, at, front, topic.startswith("stock"))
        if owner is not None and topic in _OWNED:
            yield from _OWNED[topic](told, owner)
        else:
            yield from _POLLED[topic](told)


# Orders.

# WooCommerce's times have whole seconds, and an order may be placed, paid and done within one: later states come later.
_STATES: Final = ("pending", "on-hold", "failed", "processing", "completed", "refunded", "cancelled", "trash")
_UNPLACED: Final = frozenset({"pending", "failed", "cancelled", "trash"})
_SETTLED: Final = frozenset({"failed", "cancelled", "trash", "refunded"})
_DRAFTS: Final = frozenset({"checkout-draft", "auto-draft"})


def _order(told: _Told) -> tuple[Event, ...]:
    """The order as placed, of which the first telling counts, as it is now, and what was paid or failed to be."""
    body = told.body
    status = body["status"].text()
    if status in _DRAFTS:
        return ()
    currency, order = body["currency"].text(), body["id"].id()
    total, paid = body["total"].money(currency), bool(body["date_paid_gmt"])
    owed = total if not paid and status not in _SETTLED else Money(0, total.currency)
    rank = _STATES.index(status) if status in _STATES else len(_STATES)
    at = told.moment("date_modified") + timedelta(microseconds=2 * rank + paid)
    sums: dict[str, Any] = {**told.by, "order": order, "number": f"#{body['number'].id_or(order)}", "total": total}
    changed = OrderChanged(
        **sums, at=at, outstanding=owed, shipped=status == "completed", cancelled=status in ("cancelled", "trash")
    )
    placed = (_placed(told, sums, owed),) if paid or status not in _UNPLACED else ()
    return (*placed, changed, *_payments(told, status, at, total))


def _placed(told: _Told, sums: dict[str, Any], owed: Money) -> OrderPlaced:
    lines = tuple(_line(line, sums["total"].currency) for line in told.body["line_items"].each())
    discounted = bool(told.body["coupon_lines"].each())
    return OrderPlaced(**sums, at=told.moment("date_created"), outstanding=owed, lines=lines, discounted=discounted)


def _line(line: Wild, currency: str) -> OrderLine:
    """``total`` is the line after discounts and without taxes; ``total_tax`` comes on top."""
    amount = line["total"].money(currency)
    if line["total_tax"]:
        amount += line["total_tax"].money(currency)
    return OrderLine(line["sku"].id_or(""), line["quantity"].int(), amount, line["name"].shop_text())


def _payments(told: _Told, status: str, at: datetime, total: Money) -> tuple[Event, ...]:
    body = told.body
    if _elsewhere(body, told.front):
        return ()
    provider = body["payment_method"].id_or("woocommerce").lower()
    attempt: dict[str, Any] = {
        **told.by, "provider": provider, "method": provider, "amount": total, "order": body["id"].id(),
    }  # fmt: skip
    if body["date_paid_gmt"]:
        payment = body["transaction_id"].id_or("") or attempt["order"]
        return (PaymentSucceeded(**attempt, at=told.moment("date_paid"), payment=payment),)
    if status == "failed":
        return (PaymentFailed(**attempt, at=at, payment=f"{attempt['order']}-{at:%Y%m%d%H%M%S}"),)
    return ()


def _elsewhere(order: Wild, front: Shopfront) -> bool:
    """Whether another source tells what was paid for this order: counted twice, one bad hour would be two."""
    return order["payment_method"].id_or("") in front.options.get("paid_elsewhere", ())


def _refund(told: _Told, order: Wild) -> Iterator[Event]:
    """The amount of a refund is positive here, and negative in the list of an order."""
    if _elsewhere(order, told.front):
        return
    amount = told.body["amount"].money(order["currency"].text())
    at = told.moment("date_created")
    yield Refunded(**told.by, at=at, refund=told.body["id"].id(), amount=amount, order=order["id"].id())


# Products.


def _product(told: _Told) -> tuple[Event, ...]:
    body = told.body
    if body["type"].text_or("") == "variation":
        return tuple(_variation(told, body))
    return tuple(_goods(told, body["name"].text(), _groups(body)))


def _variation(told: _Told, parent: Wild) -> Iterator[Event]:
    """What a variation of a product is called: told by a webhook its own name says both, polled it says its values."""
    body = told.body
    values = ", ".join(each["option"].text_or("") for each in body["attributes"].each())
    own, parents = body["name"].text_or(""), parent["name"].text_or("")
    name = own if parents in own and own else " – ".join(filter(None, (parents, own or values)))
    return _goods(told, name, tuple(dict.fromkeys((*_groups(parent), f"product {body['id'].id()}"))))


def _goods(told: _Told, name: str, groups: tuple[str, ...]) -> Iterator[Event]:
    """A thing with a SKU. Stock shared with a parent is counted there; what is in the bin is told by its absence."""
    body, at = told.body, told.moment("date_modified")
    item, sku = body["id"].id(), body["sku"].id_or("")
    if not sku:
        return
    price = body["price"].money(told.front.currency) if body["price"] and body["price"].text_or("x") else None
    title = ShopText(name) or None
    yield ItemDescribed(**told.by, at=at, item=item, sku=sku, title=title, price=price, groups=groups)
    if body["manage_stock"].value != "parent":
        as_of = told.at if told.counted else at
        yield StockChanged(**told.by, at=as_of, sku=sku, location=told.where, available=_available(body))


def _available(body: Wild) -> int | None:
    if body["status"].text_or("") == "trash":
        return None
    if body["manage_stock"].value is True and body["stock_quantity"]:
        return body["stock_quantity"].int()
    return 0 if body["stock_status"].text_or("") == "outofstock" else None


def _groups(product: Wild) -> tuple[str, ...]:
    """Categories and tags by their names and ids, the product's own id, by which coupons name it, and its page."""
    listed = [*product["categories"].each(), *product["tags"].each()]
    found = [
        product["permalink"].text_or(""),
        f"product {product['parent_id'].id_or('0')}",
        f"product {product['id'].id_or('0')}",
        *(each["name"].text_or("") for each in listed),
        *(f"category {each['id'].id_or('')}" for each in product["categories"].each()),
    ]
    return tuple(dict.fromkeys(group for group in found if group and not group.endswith(" 0")))


# Coupons.


def _coupon(told: _Told) -> tuple[Event, ...]:
    """A coupon without an end is no campaign; one that is in the bin or a draft is called off."""
    body = told.body
    code, campaign = body["code"].text(), body["id"].id()
    if not body["date_expires_gmt"]:
        return ()
    starts, ends = told.moment("date_created"), told.moment("date_expires")
    off = body["status"].text_or("publish") != "publish"
    status: Literal["cancelled", "ended", "running"] = "cancelled" if off else "ended" if ends <= told.at else "running"
    groups = (
        *(f"product {each.id()}" for each in body["product_ids"].each()),
        *(f"category {each.id()}" for each in body["product_categories"].each()),
    )
    changed = CampaignChanged(
        **told.by,
        at=told.moment("date_modified"),
        campaign=f"coupon-{campaign}",
        name=ShopText(code),
        status=status,
        starts=starts,
        ends=ends,
        channel="coupon",
        groups=groups,
    )
    # That its end has come is told by no change of the coupon.
    return (replace(changed, at=max(changed.at, ends)) if status == "ended" else changed,)


# The way itself.


def _forbidden(told: _Told) -> tuple[Event, ...]:
    """The webhook is rendered as its owner sees the thing, and its owner may not see it any more."""
    said = told.body["message"].text_or("")
    note = ShopText(
        f"the user who owns the webhook may not see what it tells of; give it to one who may ({said[:150]})"
    )
    return (SourceChanged(**told.by, at=told.at, aspect="rights of the webhook's owner", sound=False, note=note),)


def _product_deleted(told: _Told) -> tuple[Event, ...]:
    """Only an id is told; whatever SKU it has is not counted any more."""
    item = told.body["id"].id()
    return (StockChanged(**told.by, at=told.at, item=item, location=told.where, available=None),)


def _deleted(told: _Told) -> tuple[Event, ...]:
    """Only an id is told; a poll finds the order in the bin, where it counts as cancelled."""
    told.body["id"].id()
    return ()


# What is understood and tells nothing, by the field that it must have.
_SILENT: Final[Mapping[str, str]] = {"customer": "id", "action": "action"}
_TOPICS: Final[Mapping[str, _Tell]] = {
    **dict.fromkeys((f"order.{what}" for what in ("created", "updated", "restored")), _order),
    **dict.fromkeys((f"product.{what}" for what in ("created", "updated", "restored")), _product),
    **dict.fromkeys((f"coupon.{what}" for what in ("created", "updated", "restored")), _coupon),
    **dict.fromkeys((f"{what}.deleted" for what in ("order", "coupon")), _deleted),
    "product.deleted": _product_deleted,
}
_POLLED: Final[Mapping[str, _Tell]] = {
    "orders": _order, "products": _product, "variations": _product, "refunds": _deleted, "coupons": _coupon,
    "stock": _product, "stock/variations": _product,
}  # fmt: skip
# Polled topics whose body also says whose they are.
_OWNED: Final[Mapping[str, Callable[[_Told, Wild], Iterator[Event]]]] = {
    "variations": _variation, "stock/variations": _variation, "refunds": _refund,
}  # fmt: skip


def options(given: Mapping[str, Any]) -> None:
    """Raise ValueError, which names the key, unless the source's options are as documented above."""
    for name, value in given.items():
        if name not in _OPTIONS:
            raise ValueError(f"{name}: woocommerce has no such option; it has {', '.join(_OPTIONS)}")
        fits, form = _OPTIONS[name]
        if not fits(value):
            raise ValueError(f"{name}: must be {form}")


_ADDRESS: Final = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[^?#\s]*)?")
_OPTIONS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "url": (
        lambda value: isinstance(value, str) and value.isascii() and _ADDRESS.fullmatch(value) is not None,
        "the shop's address, such as https://shop.example",
    ),
    "location": (
        lambda value: isinstance(value, str) and bool(value.strip()),
        "the name of the place that holds the stock",
    ),
    "paid_elsewhere": (
        lambda value: isinstance(value, list | tuple) and all(isinstance(each, str) for each in value),
        "a list of payment methods, such as [stripe]",
    ),
}

SOURCE = Source(
    "woocommerce",
    verify,
    key,
    parse,
    sign,
    options,
    __doc__ or "",
    greet,
    API,
    WOOCOMMERCE,
)

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
* A coupon with an expiry date that is good for more than one use is a campaign from its creation on.
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
from datetime import datetime
from typing import Final

from bot.core.delivery import Delivery, Greeting, Knock, Source, Unparsable, Unrouted
from bot.core.events import Event, SourceChanged
from bot.core.options import options_of
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from bot.core.signatures import Scheme, check
from bot.core.signatures import sign as sign_body
from bot.core.strip import stripped
from bot.core.wild import Wild, read
from handlers.sources._woocommerce import coupons, goods, orders
from handlers.sources._woocommerce.asked import API
from handlers.sources._woocommerce.people import CUT
from handlers.sources._woocommerce.told import Tell, Told

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


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """A webhook's topic, or the poll's, says what the body is."""
    body = read(delivery.body)
    if delivery.polled:
        if delivery.polled not in _POLLED:
            raise Unrouted(f"polled {delivery.polled[:100]!r}")
        return tuple(_polled(delivery.polled, body, delivery.received, shopfront))
    topic = delivery.headers.get("x-wc-webhook-topic", "")
    told = Told(body, delivery.received, shopfront)
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
        told = Told(each, at, front, topic.startswith("stock"))
        if owner is not None and topic in _OWNED:
            yield from _OWNED[topic](told, owner)
        else:
            yield from _POLLED[topic](told)


def _forbidden(told: Told) -> tuple[Event, ...]:
    """The webhook is rendered as its owner sees the thing, and its owner may not see it any more."""
    said = told.body["message"].text_or("")
    note = ShopText(
        f"the user who owns the webhook may not see what it tells of; give it to one who may ({said[:150]})"
    )
    return (SourceChanged(**told.by, at=told.at, aspect="rights of the webhook's owner", sound=False, note=note),)


def _deleted(told: Told) -> tuple[Event, ...]:
    """Only an id is told; a poll finds the order in the bin, where it counts as cancelled, and misses the coupon."""
    told.body["id"].id()
    return ()


# What is understood and tells nothing, by the field that it must have.
_SILENT: Final[Mapping[str, str]] = {"customer": "id", "action": "action"}
_TOPICS: Final[Mapping[str, Tell]] = {
    **dict.fromkeys((f"order.{what}" for what in ("created", "updated", "restored")), orders.order),
    **dict.fromkeys((f"product.{what}" for what in ("created", "updated", "restored")), goods.product),
    **dict.fromkeys((f"coupon.{what}" for what in ("created", "updated", "restored")), coupons.coupon),
    **dict.fromkeys((f"{what}.deleted" for what in ("order", "coupon")), _deleted),
    "product.deleted": goods.product_deleted,
}
_POLLED: Final[Mapping[str, Tell]] = {
    "orders": orders.order,
    **dict.fromkeys(("products", "variations", "stock", "stock/variations"), goods.product),
    "refunds": _deleted,
    "coupons": coupons.coupon,
}
# Polled topics whose body also says whose they are.
_OWNED: Final[Mapping[str, Callable[[Told, Wild], Iterator[Event]]]] = {
    "variations": goods.variation, "stock/variations": goods.variation, "refunds": orders.refund,
}  # fmt: skip


_ADDRESS: Final = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[^?#\s]*)?")
options: Final = options_of(
    "woocommerce",
    {
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
    },
)

SOURCE = Source("woocommerce", verify, key, parse, sign, options, __doc__ or "", greet, API, stripped(CUT))

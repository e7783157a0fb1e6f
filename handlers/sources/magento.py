"""Magento Open Source and Adobe Commerce: orders, credit memos, shipments, stock, products and cart price rules.

Three ways lead here, and one shop may go several of them, since what they tell is recognised:

* Polling by REST, which every Magento answers (handlers/sources/_magento/asked.py). It needs nothing installed.
* The module mageos-async-events (before: aligent/async-events): CloudEvents, or ``{"data": ...}`` from its older
  versions, proved by ``x-magento-signature``. A source's secrets are the verification tokens of its subscriptions.
* Adobe I/O Events (paid): CloudEvents, alone or up to 20 in a list, proved by two RSA signatures and by the option
  ``client_id``, since Adobe signs for all its customers alike. Only fields that the registration names are in them.

Orders tell what was ordered, what is due and whether they are held; an order is shipped when its state is complete.
Invoices tell that they were paid or cancelled; what an open one asks for is part of its order's total_due. Credit memos
are refunds. Return requests (rma) are understood and tell nothing.

Stock has two numbers that must never be added. Option ``stock``: ``sources`` (the default) is what each source holds
in hand, and also what stock items say (location ``default``); ``salable`` is what may still be sold of one stock, less
what orders have reserved (location ``salable``). The other of the two is ignored. ``items`` is for a Magento whose
sources are switched off: what stock items say, and nothing else.

Cart price rules are campaigns when they have a first day, from whose midnight in the option ``zone`` (UTC without one)
they run to the end of their last day.

Options: ``url`` (https, the shop's base address), ``store`` (a store view's code), ``zone``, ``stock``, ``stock_id``
(1), ``locations`` (source code: name), ``page_size`` (100, at most 300), ``events`` (names of async events to subscribe
to); for Adobe ``client_id``, ``journal`` (address of the journal), ``organization`` and ``scope``.

Names, addresses, e-mail addresses and notes of customers are never read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.core.delivery import Delivery, Greeting, Knock, Source, Unparsable, Unrouted
from bot.core.events import Event
from bot.core.keys import as_key
from bot.core.options import matching, names, one_of, options_of
from bot.core.shopfront import Shopfront
from bot.core.signatures import Scheme, check
from bot.core.signatures import sign as sign_body
from bot.core.strip import stripped
from bot.core.wild import Wild, read
from handlers.sources._magento import adobe, documents, goods, orders, price_rules
from handlers.sources._magento.asked import API
from handlers.sources._magento.people import CUT
from handlers.sources._magento.told import Tell, Told

_SCHEME: Final = Scheme(header="x-magento-signature")


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """By Adobe's signatures when they are there, else by the module's. Neither signs a time."""
    if adobe.signs(delivery):
        adobe.verify(delivery, str(shopfront.options.get("client_id", "")))
    else:
        check((_SCHEME,), delivery, secrets, now)


def greet(knock: Knock, secrets: tuple[str, ...], shopfront: Shopfront) -> Greeting | None:
    """Only Adobe asks whether anybody is there; the module just sends."""
    return adobe.greeting(knock)


def key(delivery: Delivery) -> str:
    """The id of a CloudEvent, which stays on retries, or one that follows from all ids of a list.

    Other bodies have none, and their hash stands for it: with the time of change for a key, the second of two changes
    within one second would be lost.
    """
    try:
        body = read(delivery.body)
        if isinstance(body.value, list):
            ids = "\n".join(event["id"].id() for event in body.list())
            return f"list/{hashlib.sha256(ids.encode()).hexdigest()}" if ids else ""
        found = body["id"].id_or("") if isinstance(body.value, dict) and body["type"] else ""
    except Unparsable:
        return ""
    return as_key(found)


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers with which mageos-async-events sends this body, and with a Content-Type, which it leaves out."""
    return {"content-type": "application/json"} | sign_body(_SCHEME, body, secret, now)


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """Polled pages by their topic; CloudEvents by their type, also those of the journal; what has no name by
    the fields that only it has."""
    body = read(delivery.body)
    if delivery.polled not in ("", "journal"):
        if delivery.polled not in _POLLED:
            raise Unrouted(f"polled {delivery.polled[:100]!r}")
        told = [(_POLLED[delivery.polled], each, delivery.received) for each in body["items"].list()]
    elif isinstance(body.value, list):
        told = list(_clouds(body.list(), delivery.received))
    elif "type" in body.keys():  # noqa: SIM118 (a Wild is no mapping)
        told = list(_clouds((body,), delivery.received))
    else:
        told = [(_by_shape(body["data"]), body["data"], delivery.received)]
    return tuple(event for tell, each, at in told for event in tell(Told(each, at, shopfront)))


def _clouds(events: tuple[Wild, ...], received: datetime) -> Iterator[tuple[Tell, Wild, datetime]]:
    """What each CloudEvent tells, with the time of the event. Unrouted when all of them are of unknown types."""
    names = [_entity(event["type"].text()) for event in events]
    if events and not any(name in _ENTITIES for name in names):
        raise Unrouted(f"type {events[0]['type'].text()[:100]!r}")
    for name, event in zip(names, events, strict=True):
        if name in _ENTITIES:
            content = event["data"]
            at = min(event["time"].moment(), received) if event["time"] else received
            # Adobe wraps the thing once more; the module sends it as it is.
            yield _ENTITIES[name], content["value"] or content, at


_LEAD: Final = frozenset(
    ("com", "adobe", "commerce", "observer", "plugin", "magento", "sales", "catalog", "cataloginventory", "inventory")
)
_CLASSES: Final = frozenset(("api", "model", "resource", "repository", "management", "interface"))
_VERBS: Final = re.compile(
    "[a-z]+ed|paid|save|create|update|change|place|delete|commit|pay|cancel|hold|unhold|after|new"
)


def _entity(name: str) -> str:
    """What a type is about: "com.adobe.commerce.observer.sales_order_save_commit_after", "sales.order.saved" and
    "com.adobe.commerce.plugin.magento.sales.api.order_repository.save" are all about an "order".

    The names of the module's events are each shop's own, and Adobe's conditional events add words of the shop's to a
    name ("product.save_low_stock"), so verbs do not matter, nor what follows them; but what was deleted is no news of
    the thing.
    """
    words = [word for word in re.split(r"[._]", name.lower()) if word not in _CLASSES]
    first = next((number for number, word in enumerate(words) if word not in _LEAD), len(words))
    last = next((number for number, word in enumerate(words) if number > first and _VERBS.fullmatch(word)), len(words))
    gone = ["deleted"] if {"delete", "deleted"} & set(words[last:]) else []
    return " ".join([*words[first:last], *gone])


def _by_shape(thing: Wild) -> Tell:
    """What a body without a name is, by fields that only its kind has. Unrouted when none of them fits."""
    names = set(thing.keys())
    for wanted, tell in _SHAPES:
        if wanted <= names:
            return tell
    raise Unrouted("a body that does not say its event and looks like nothing that is listened to")


def _silent(told: Told) -> tuple[Event, ...]:
    told.body["entity_id"].id()
    return ()


_ENTITIES: Final[Mapping[str, Tell]] = {
    "order": orders.order,
    **dict.fromkeys(("invoice", "order invoice"), documents.invoice),
    **dict.fromkeys(("creditmemo", "order creditmemo"), documents.creditmemo),
    **dict.fromkeys(("shipment", "order shipment"), documents.shipment),
    **dict.fromkeys(("shipment track", "order shipment track"), documents.track),
    "stock item": goods.stock_item,
    "source item": goods.source_item,
    "product": goods.product,
    **dict.fromkeys(("rule", "salesrule", "salesrule rule"), price_rules.price_rule),
    **dict.fromkeys((f"{rule} deleted" for rule in ("rule", "salesrule", "salesrule rule")), price_rules.deleted),
    **dict.fromkeys(("rma", "rma rma"), _silent),
}
# Fields that REST gives of one kind and of none of those below it. Stock is not among them: without an id, stock that
# goes up and down again would be taken for a retelling.
_SHAPES: Final[tuple[tuple[set[str], Tell], ...]] = (
    ({"order_id", "entity_id", "grand_total", "adjustment"}, documents.creditmemo),
    ({"order_id", "entity_id", "grand_total", "state"}, documents.invoice),
    ({"order_id", "parent_id", "track_number"}, documents.track),
    ({"order_id", "entity_id", "tracks"}, documents.shipment),
    ({"entity_id", "grand_total", "state", "created_at"}, orders.order),
    ({"sku", "attribute_set_id", "type_id"}, goods.product),
    ({"rule_id", "is_active", "name"}, price_rules.price_rule),
)
_POLLED: Final[Mapping[str, Tell]] = {
    "orders": orders.order,
    "creditmemos": documents.creditmemo,
    "shipments": documents.shipment,
    "source-items": goods.source_item,
    "salable": goods.salable,
    "stock-items": goods.stock_item,
    "products": goods.product,
    "sales-rules": price_rules.price_rule,
}


def _number(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _zone(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (KeyError, ValueError, OSError):
        return False


_ADDRESS: Final = r"https://[0-9A-Za-z.-]+(:[0-9]{1,5})?(/[0-9A-Za-z._~/-]*)?"
options: Final = options_of(
    "magento",
    {
        "url": (matching(_ADDRESS), "the shop's base address with https://, such as https://shop.example"),
        "store": (matching("[0-9A-Za-z_]{1,32}"), "a store view's code, such as default"),
        "zone": (_zone, "a time zone, such as Europe/Berlin"),
        "stock": one_of("sources", "salable", "items"),
        "stock_id": (_number(10**9), "a stock's number"),
        "locations": (names, "a mapping of source codes to names"),
        "page_size": (_number(300), "1 to 300"),
        "events": (
            lambda value: isinstance(value, list) and all(isinstance(name, str) and name for name in value),
            "a list of names of async events",
        ),
        "client_id": (matching("[0-9A-Za-z_.-]{1,64}"), "the client id of the project in Adobe's Developer Console"),
        "journal": (
            matching(r"https://events(-[a-z0-9-]+)?\.adobe\.io/[0-9A-Za-z._~/-]+"),
            "the address of the journal",
        ),
        "organization": (matching("[0-9A-Za-z]+@AdobeOrg"), "an organization's id, such as 0123ABCD@AdobeOrg"),
        "scope": (matching("[!-~]{1,500}"), "scopes with commas between them"),
    },
)

SOURCE = Source("magento", verify, key, parse, sign, options, __doc__ or "", greet=greet, api=API, strip=stripped(CUT))

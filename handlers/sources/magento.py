"""Magento Open Source and Adobe Commerce: orders, credit memos, shipments, stock, products and cart price rules.

Three ways lead here, and one shop may go several of them, since what they tell is recognised:

* Polling by REST, which every Magento answers (handlers/sources/_api/magento.py). It needs nothing installed.
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
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from bot.core.delivery import Delivery, Greeting, Knock, Shopfront, Source, Unparsable, Unrouted
from bot.core.events import (
    CampaignChanged,
    Event,
    InvoiceChanged,
    ItemDescribed,
    OrderChanged,
    OrderHeld,
    OrderLine,
    OrderPlaced,
    Refunded,
    ShipmentChanged,
    StockChanged,
)
from bot.core.money import Money
from bot.core.parts import ShopText
from bot.core.schedule import instant
from bot.core.signatures import Scheme, check
from bot.core.signatures import sign as sign_body
from bot.core.wild import MAX_COUNT, Wild, read
from handlers.sources._api import adobe
from handlers.sources._api.magento import API

_SCHEME: Final = Scheme(header="x-magento-signature")
_MAX_KEY: Final = 200


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
    return found if len(found) <= _MAX_KEY and found.isprintable() else ""


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers with which mageos-async-events sends this body, and with a Content-Type, which it leaves out."""
    return {"content-type": "application/json"} | sign_body(_SCHEME, body, secret, now)


@dataclass(frozen=True, slots=True)
class _Told:
    """One thing that was told, the moment for things that carry none, and our place."""

    body: Wild
    at: datetime
    front: Shopfront

    @property
    def by(self) -> dict[str, Any]:
        """Who tells: the shop and the source of every event."""
        return {"shop": self.front.shop, "source": self.front.source}

    @property
    def currency(self) -> str:
        """What the customer pays in, or the shop's reporting currency where the registration leaves the field out."""
        return self.body["order_currency_code"].id_or(self.front.currency)

    @property
    def stock(self) -> str:
        """Which of the two numbers of stock counts."""
        return str(self.front.options.get("stock", "sources"))

    def moment(self, name: str) -> datetime:
        """A field with a time in UTC without a zone ("2026-11-20 10:15:00"), or the moment of the telling."""
        wild = self.body[name]
        return wild.utc() if wild else self.at

    def location(self, code: str) -> str:
        """A source of stock by the name that the config gives it."""
        return str(self.front.options.get("locations", {}).get(code, code))


_Tell = Callable[[_Told], tuple[Event, ...]]


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
    return tuple(event for tell, each, at in told for event in tell(_Told(each, at, shopfront)))


def _clouds(events: tuple[Wild, ...], received: datetime) -> Iterator[tuple[_Tell, Wild, datetime]]:
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


_LEAD: Final = ("com", "adobe", "commerce", "observer", "magento", "sales", "catalog", "cataloginventory", "inventory")
_VERBS: Final = re.compile("(sav|creat|updat|chang|plac)ed?|(commit|pay|cancel)(ed)?|after|new|paid|canceled")


def _entity(name: str) -> str:
    """What a type is about: "com.adobe.commerce.observer.sales_order_save_commit_after" and "sales.order.saved" are
    both about an "order". The names of the module's events are each shop's own, so verbs do not matter."""
    words = re.split(r"[._]", name.lower())
    first = next((number for number, word in enumerate(words) if word not in _LEAD), len(words))
    last = next((number for number in range(len(words), first, -1) if not _VERBS.fullmatch(words[number - 1])), first)
    return " ".join(words[first:last])


def _by_shape(thing: Wild) -> _Tell:
    """What a body without a name is, by fields that only its kind has. Unrouted when none of them fits."""
    names = set(thing.keys())
    for wanted, tell in _SHAPES:
        if wanted <= names:
            return tell
    raise Unrouted("a body that does not say its event and looks like nothing that is listened to")


def _order(told: _Told) -> tuple[Event, ...]:
    """The order as placed, as it is now, and whether it is held: that it is not is said of each later change, since
    nothing else says that it was let go."""
    body = told.body
    order, state = body["entity_id"].id(), body["state"].text_or("")
    number = body["increment_id"].id_or(order)
    total = body["grand_total"].money(told.currency)
    outstanding = _outstanding(told, state, total)
    changed = _stepped(told.moment("updated_at"), state, outstanding)
    sums: dict[str, Any] = {"order": order, "number": number, "total": total, "outstanding": outstanding}
    shipped, cancelled = state == "complete", state in ("canceled", "closed")
    events: list[Event] = [OrderChanged(**told.by, at=changed, **sums, shipped=shipped, cancelled=cancelled)]
    placed = told.moment("created_at")
    if body["created_at"]:
        discounted = bool(body["coupon_code"]) or bool(_amount(body["discount_amount"], told.currency).minor)
        lines = tuple(_lines(told))
        events.insert(0, OrderPlaced(**told.by, at=placed, **sums, lines=lines, discounted=discounted))
    reason = _held(state, body["status"].text_or(""))
    if reason or not body["created_at"] or changed - placed >= timedelta(seconds=1):
        events.append(OrderHeld(**told.by, at=changed, order=order, held=bool(reason), number=number, reason=reason))
    return tuple(events)


# Magento's times have whole seconds, and an order is often placed, paid and even shipped within one. By millionths of
# it, what comes later in an order's life comes later here as well, and is not taken for a retelling.
_STEPS: Final = {
    state: 2 * step
    for step, state in enumerate(
        ("new", "pending_payment", "payment_review", "holded", "processing", "complete", "closed", "canceled")
    )
}


def _stepped(at: datetime, state: str, outstanding: Money) -> datetime:
    return at + timedelta(microseconds=_STEPS.get(state, 0) + (outstanding.minor == 0))


def _held(state: str, status: str) -> ShopText | None:
    """Why an order must not be shipped for now, in Magento's own word, or None."""
    if state in ("holded", "payment_review") or status in ("holded", "payment_review", "fraud"):
        return ShopText((status or state).replace("_", " "))
    return None


def _outstanding(told: _Told, state: str, total: Money) -> Money:
    """What is still to be paid: nothing once the order is cancelled or closed, whatever total_due still says."""
    body = told.body
    if state in ("canceled", "closed"):
        return replace(total, minor=0)
    due = (
        body["total_due"].money(told.currency)
        if body["total_due"]
        else total - _amount(body["total_paid"], told.currency)
    )
    return replace(due, minor=max(0, due.minor))


def _amount(wild: Wild, currency: str) -> Money:
    """An amount that Magento leaves out, or null, while it is zero."""
    return wild.money(currency) if wild else Wild(0).money(currency)


def _lines(told: _Told) -> Iterator[OrderLine]:
    """What was sold, by SKUs that have stock.

    A configurable item comes twice: the parent has the price and the SKU of the variant, the child only repeats it. Of
    a bundle it is the children that have stock; the parent is kept when it alone has the price.
    """
    items = _each(told.body["items"])
    below: dict[str, list[Wild]] = {}
    for item in items:
        below.setdefault(item["parent_item_id"].id_or(""), []).append(item)
    for item in below.get("", []):
        children = below.get(item["item_id"].id_or(""), []) if item["item_id"] else []
        told_by_parent = item["product_type"].text_or("") == "configurable"
        priced = any(_line(child, told.currency).amount.minor for child in children)
        if told_by_parent or not children or not priced:
            yield _line(item, told.currency)
        if not told_by_parent:
            yield from (_line(child, told.currency) for child in children)


def _line(item: Wild, currency: str) -> OrderLine:
    """The amount is what the customer pays: with tax, less the discount."""
    row = item["row_total_incl_tax"] or item["row_total"]
    amount = _amount(row, currency) - _amount(item["discount_amount"], currency)
    if abs(amount.minor) > MAX_COUNT:
        raise Unparsable(f"{item.path} is too large")
    return OrderLine(
        item["sku"].id_or(""), _units(item["qty_ordered"], ROUND_CEILING), amount, item["name"].shop_text()
    )


def _units(wild: Wild, rounding: str) -> int:
    """A quantity in whole units: what is sold by weight counts as one more when sold, and as one less in stock."""
    return Wild(wild.decimal().to_integral_value(rounding), wild.path).int()


def _each(wild: Wild) -> tuple[Wild, ...]:
    """The elements of a list; none of anything else, since Adobe sends empty objects where Magento has none loaded."""
    return wild.list() if isinstance(wild.value, list) else ()


# Magento\Sales\Model\Order\Invoice: STATE_OPEN, STATE_PAID, STATE_CANCELED.
_INVOICES: Final[Mapping[str, Literal["open", "paid", "void"]]] = {"1": "open", "2": "paid", "3": "void"}


def _invoice(told: _Told) -> tuple[Event, ...]:
    body = told.body
    invoice, status = body["entity_id"].id(), Wild(body["state"].id(), body["state"].path).among(_INVOICES)
    changed = InvoiceChanged(
        **told.by,
        at=told.moment("updated_at"),
        invoice=invoice,
        number=body["increment_id"].id_or(invoice),
        outstanding=_amount(Wild(0), told.currency),
        status=status,
    )
    return () if status == "open" else (changed,)


def _creditmemo(told: _Told) -> tuple[Event, ...]:
    """Money that went back; state 1 is still open and 3 cancelled."""
    body = told.body
    refunded = Refunded(
        **told.by,
        at=told.moment("created_at"),
        refund=body["entity_id"].id(),
        amount=body["grand_total"].money(told.currency),
        order=body["order_id"].id(),
    )
    return (refunded,) if body["state"].id_or("2") == "2" else ()


def _shipment(told: _Told) -> tuple[Event, ...]:
    """It left when it was created, or when its last tracking number was added; a later comment moves nothing."""
    body = told.body
    tracks = [replace(told, body=track) for track in _each(body["tracks"]) if track["track_number"]]
    sent = ShipmentChanged(
        **told.by,
        at=max(
            [told.moment("created_at"), *(track.moment("created_at") for track in tracks if track.body["created_at"])]
        ),
        shipment=body["entity_id"].id(),
        order=body["order_id"].id(),
        status="sent",
        **(_tracked(tracks[-1].body) if tracks else {}),
    )
    return (sent,)


def _track(told: _Told) -> tuple[Event, ...]:
    """A tracking number that was added to a shipment."""
    body = told.body
    shipment, order = body["parent_id"].id(), body["order_id"].id()
    at = told.moment("created_at")
    return (ShipmentChanged(**told.by, at=at, shipment=shipment, order=order, status="sent", **_tracked(body)),)


def _tracked(track: Wild) -> dict[str, Any]:
    carrier = track["title"].id_or("") or track["carrier_code"].id_or("")
    return {"number": track["track_number"].id_or(""), "carrier": carrier}


def _stock_item(told: _Told) -> tuple[Event, ...]:
    """What Magento without sources has in hand, and with them its default source. It names no SKU."""
    body = told.body
    stock = StockChanged(
        **told.by,
        at=told.at,
        sku=body["sku"].id_or(""),
        item=body["product_id"].id(),
        location=told.location("default"),
        available=_in_hand(body["qty"], _yes(body["is_in_stock"], True)) if _managed(body) else None,
    )
    return (stock,) if told.stock in ("sources", "items") else ()


def _managed(item: Wild) -> bool:
    """Whether anybody counts the item: its own setting holds, unless it follows the shop's, which by default counts."""
    return _yes(item["use_config_manage_stock"], False) or _yes(item["manage_stock"], True)


def _in_hand(quantity: Wild, in_stock: bool) -> int:
    """What a merchant has marked as out of stock is none, however many there are."""
    units = _units(quantity, ROUND_FLOOR)
    return units if in_stock else min(units, 0)


def _yes(wild: Wild, default: bool) -> bool:
    """True, 1 or "1"; Magento writes flags in all three ways."""
    if isinstance(wild.value, bool):
        return wild.value
    return wild.int() != 0 if wild else default


def _source_item(told: _Told) -> tuple[Event, ...]:
    """What one source holds of one SKU."""
    body = told.body
    stock = StockChanged(
        **told.by,
        at=told.at,
        sku=body["sku"].id(),
        location=told.location(body["source_code"].id()),
        available=_in_hand(body["quantity"], _yes(body["status"], True)),
    )
    return (stock,) if told.stock == "sources" else ()


def _salable(told: _Told) -> tuple[Event, ...]:
    """What may still be sold of one SKU, as our own poll has put it together: ``{"sku", "salable"}``."""
    sku, units = told.body["sku"].id(), _units(told.body["salable"], ROUND_FLOOR)
    stock = StockChanged(**told.by, at=told.at, sku=sku, location=told.location("salable"), available=units)
    return (stock,) if told.stock == "salable" else ()


def _product(told: _Told) -> tuple[Event, ...]:
    """A product with its categories, by their ids. Its price is in the shop's currency and may be missing."""
    body = told.body
    links = [link["category_id"] for link in _each(body["extension_attributes"]["category_links"])]
    categories = {category.id() for category in (*links, *_each(body["category_ids"]))}
    sku = body["sku"].id()
    described = ItemDescribed(
        **told.by,
        at=told.moment("updated_at"),
        item=(body["id"] or body["entity_id"]).id_or(f"sku-{sku}"),
        sku=sku,
        title=body["name"].shop_text(),
        price=body["price"].money(told.front.currency) if body["price"] else None,
        groups=tuple(f"category/{category}" for category in sorted(categories)),
    )
    return (described,)


def _rule(told: _Told) -> tuple[Event, ...]:
    """A cart price rule with a first day. It says nowhere when it was changed, so the moment of the telling counts."""
    body = told.body
    campaign, name, active = body["rule_id"].id(), ShopText(body["name"].text()), _yes(body["is_active"], True)
    if not body["from_date"]:
        return ()
    starts = _midnight(told, body["from_date"], 0)
    ends = _midnight(told, body["to_date"], 1) if body["to_date"] else None
    categories = _promoted(body, "category_ids")
    changed = CampaignChanged(
        **told.by,
        at=told.at,
        campaign=f"rule-{campaign}",
        name=name,
        status=_status(told.at, starts, ends) if active else "cancelled",
        starts=starts,
        ends=ends,
        channel="discount",
        skus=_promoted(body, "sku"),
        groups=tuple(f"category/{category}" for category in categories),
    )
    return (changed,)


def _midnight(told: _Told, day: Wild, days: int) -> datetime:
    """When a day ("2026-11-27", or with a time that means nothing) begins in the shop, or so many days after it."""
    found = Wild(f"{day.text()[:10]} 00:00Z", day.path).moment().date()
    zone = ZoneInfo(str(told.front.options.get("zone", "UTC")))
    return instant(found + timedelta(days=days), time(0), zone)


def _status(at: datetime, starts: datetime, ends: datetime | None) -> Literal["scheduled", "running", "ended"]:
    if ends is not None and ends <= at:
        return "ended"
    return "running" if starts <= at else "scheduled"


def _promoted(rule: Wild, attribute: str) -> tuple[str, ...]:
    """The values of an attribute that the rule's discount is for: of the tree that REST gives, or of the text in which
    the database keeps it."""
    kept = rule["actions_serialized"].value
    trees = (rule["action_condition"], read(kept.encode(errors="replace")) if isinstance(kept, str) else Wild(None))
    return tuple(dict.fromkeys(value for tree in trees for value in _values(tree, attribute)))


def _values(tree: Wild, attribute: str) -> Iterator[str]:
    named = (tree["attribute_name"] or tree["attribute"]).text_or("")
    value = tree["value"]
    if value and named == attribute and tree["operator"].text_or("") in ("==", "()", "{}"):
        listed = value.list() if isinstance(value.value, list) else [Wild(part) for part in str(value.value).split(",")]
        yield from (found for each in listed if (found := each.id_or("")))
    for branch in _each(tree["conditions"]):
        yield from _values(branch, attribute)


def _silent(told: _Told) -> tuple[Event, ...]:
    told.body["entity_id"].id()
    return ()


_ENTITIES: Final[Mapping[str, _Tell]] = {
    "order": _order,
    **dict.fromkeys(("invoice", "order invoice"), _invoice),
    **dict.fromkeys(("creditmemo", "order creditmemo"), _creditmemo),
    **dict.fromkeys(("shipment", "order shipment"), _shipment),
    **dict.fromkeys(("shipment track", "order shipment track"), _track),
    "stock item": _stock_item,
    "source item": _source_item,
    "product": _product,
    **dict.fromkeys(("rule", "salesrule", "salesrule rule"), _rule),
    **dict.fromkeys(("rma", "rma rma"), _silent),
}
# Fields that REST gives of one kind and of none of those below it. Stock is not among them: without an id, stock that
# goes up and down again would be taken for a retelling.
_SHAPES: Final[tuple[tuple[set[str], _Tell], ...]] = (
    ({"order_id", "entity_id", "grand_total", "adjustment"}, _creditmemo),
    ({"order_id", "entity_id", "grand_total", "state"}, _invoice),
    ({"order_id", "parent_id", "track_number"}, _track),
    ({"order_id", "entity_id", "tracks"}, _shipment),
    ({"entity_id", "grand_total", "state", "created_at"}, _order),
    ({"sku", "attribute_set_id", "type_id"}, _product),
    ({"rule_id", "is_active", "name"}, _rule),
)
_POLLED: Final[Mapping[str, _Tell]] = {
    "orders": _order,
    "creditmemos": _creditmemo,
    "shipments": _shipment,
    "source-items": _source_item,
    "salable": _salable,
    "stock-items": _stock_item,
    "products": _product,
    "sales-rules": _rule,
}


def options(given: Mapping[str, Any]) -> None:
    """Raise ValueError, which names the key, unless the source's options are as documented above."""
    for name, value in given.items():
        if name not in _OPTIONS:
            raise ValueError(f"{name}: magento has no such option; it has {', '.join(_OPTIONS)}")
        fits, form = _OPTIONS[name]
        if not fits(value):
            raise ValueError(f"{name}: must be {form}")


def _text(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value))


def _number(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _zone(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (KeyError, ValueError, OSError):
        return False


_ADDRESS: Final = r"https://[0-9A-Za-z.-]+(:[0-9]{1,5})?(/[0-9A-Za-z._~/-]*)?"
_OPTIONS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "url": (_text(_ADDRESS), "the shop's base address with https://, such as https://shop.example"),
    "store": (_text("[0-9A-Za-z_]{1,32}"), "a store view's code, such as default"),
    "zone": (_zone, "a time zone, such as Europe/Berlin"),
    "stock": (lambda value: value in ("sources", "salable", "items"), "sources, salable or items"),
    "stock_id": (_number(10**9), "a stock's number"),
    "locations": (
        lambda value: isinstance(value, Mapping) and all(isinstance(name, str) for name in value.values()),
        "a mapping of source codes to names",
    ),
    "page_size": (_number(300), "1 to 300"),
    "events": (
        lambda value: isinstance(value, list) and all(isinstance(name, str) and name for name in value),
        "a list of names of async events",
    ),
    "client_id": (_text("[0-9A-Za-z_.-]{1,64}"), "the client id of the project in Adobe's Developer Console"),
    "journal": (_text(r"https://events(-[a-z0-9-]+)?\.adobe\.io/[0-9A-Za-z._~/-]+"), "the address of the journal"),
    "organization": (_text("[0-9A-Za-z]+@AdobeOrg"), "an organization's id, such as 0123ABCD@AdobeOrg"),
    "scope": (_text("[!-~]{1,500}"), "scopes with commas between them"),
}

SOURCE = Source("magento", verify, key, parse, sign, options, __doc__ or "", greet=greet, api=API)

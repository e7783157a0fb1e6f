"""How WooCommerce is asked: its REST API (wc/v3) with a consumer key and secret.

Orders and products are read by their time of change, ascending, always on from the last one seen, since pages shift
when a thing on them changes while they are read; what lies in the bin is asked for as well. The first run also reads
the orders that are still open. Variations are asked for product by product. Only the fields that the parser reads are
asked for, so that nothing about a customer leaves the shop. There is no published limit: two calls a second.

Keys: consumer_key and consumer_secret (right to read; to mend webhooks, to read and write), and webhook_secret, with
which `floorwalker connect` makes new webhooks: the same that the config names among the source's secrets.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.core.delivery import Shopfront
from bot.core.plans import NO_REASON, Asking, Json, granted, in_utc, moment_in, object_in, printable, rows
from bot.core.polling import (
    Api,
    Asked,
    Call,
    Care,
    Denied,
    Heard,
    Pairs,
    Plan,
    Response,
    Rest,
    Step,
    Stream,
    Subscription,
)

PAGE: Final = 100
OVERLAP: Final = timedelta(minutes=5)
_FIRST: Final = timedelta(hours=24)
_SECOND: Final = timedelta(seconds=1)
_POLITE: Final = Rest(0.5)
_PART: Final = 10
_MOST_PAGES: Final = 1_000
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BIN: Final = (("status", "trash"),)
_OPEN: Final = (("status", "pending,on-hold,processing"),)
_BY_CHANGE: Final = (("dates_are_gmt", "true"), ("orderby", "modified"), ("order", "asc"))
_HOST = re.compile(r"https://([^/?#]+)")
_ORDER: Final = (
    "id,number,status,currency,total,date_created_gmt,date_modified_gmt,date_paid_gmt,payment_method,transaction_id,"
    "coupon_lines,line_items,refunds"
)
_GOODS: Final = (
    "id,name,sku,type,status,parent_id,price,manage_stock,stock_quantity,stock_status,date_modified_gmt,categories,tags,permalink,"
    "attributes,variations"
)
_COUPON: Final = "id,code,status,date_created_gmt,date_modified_gmt,date_expires_gmt,product_ids,product_categories"
TOPICS: Final = tuple(
    f"{thing}.{what}"
    for thing in ("order", "product", "coupon")
    for what in ("created", "updated", "restored", "deleted")
)


def hosts(front: Shopfront) -> tuple[str, ...]:
    """The shop's host; none while the config does not say where the shop is."""
    found = _HOST.match(str(front.options.get("url", "")))
    return (found[1].lower().removesuffix(":443"),) if found else ()


def _call(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: bytes = b"") -> Call:
    url = f"{str(asked.front.options['url']).rstrip('/')}/wp-json/wc/v3/{path}"
    keys = asked.keys["consumer_key"], asked.keys["consumer_secret"]
    headers = {"authorization": f"Basic {base64.b64encode(':'.join(keys).encode()).decode()}"}
    if body:
        headers["content-type"] = "application/json"
    return Call(method, url, params, headers, body=body, harmless=method != "POST")


def _asked(asked: Asked, path: str, params: Pairs = (), method: Any = "GET", body: bytes = b"") -> Asking:
    """The answer to a call, after a polite rest. Raises Denied in words for the operators unless it is 2xx."""
    yield _POLITE
    response = yield _call(asked, path, params, method, body)
    return granted(response, f"{method} {path.partition('/')[0]}", _WHY, said=_said)


_WHY: Final = {
    401: "the consumer key or secret was refused, or the server strips the Authorization header",
    403: "the consumer key's user may not do this, or the key may only read",
    404: "nothing answers there; is the option url right, and are permalinks switched on?",
}


def _said(response: Response) -> str:
    """WooCommerce's own word for it."""
    return f": {printable(str(object_in(response.body).get('message', NO_REASON)), 150)}"


def _items(response: Response) -> list[Json]:
    """A list of objects. Raises Denied when the answer is something else, such as a page of a firewall."""
    return rows(response.json(), Denied(response.status, "the answer is no list of things"))


def _page(fields: str, number: int, *more: tuple[str, str]) -> Pairs:
    return (*more, ("per_page", str(PAGE)), ("page", str(number)), ("_fields", fields))


After = Callable[[Asked, list[Json], Response], Plan]


def _nothing(asked: Asked, items: list[Json], response: Response) -> Plan:
    yield from ()


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A list of the API: on which topic it is heard, which fields are read, and what is asked ``after`` each page.

    ``first`` chooses what the first run reads besides, however long ago it was changed.
    """

    topic: str
    path: str
    fields: str
    after: After = _nothing
    first: Pairs = ()


def _changes(shelf: _Shelf) -> Callable[[Asked], Plan]:
    """A plan for things with a time of change; the cursor is the moment up to which all has been heard.

    What is in the bin is in no list unless one asks for it; this goes before, and leaves the cursor where it was.
    """

    def plan(asked: Asked) -> Plan:
        if not hosts(asked.front):
            return
        if moment_in(f"{asked.cursor}Z"):
            yield from _walk(asked, shelf, _since(asked), _BIN, keep=True)
        elif shelf.first:
            yield from _walk(asked, shelf, _LONG_AGO, shelf.first, keep=True)
        yield from _walk(asked, shelf, _since(asked))

    return plan


def _walk(asked: Asked, shelf: _Shelf, since: datetime, chosen: Pairs = (), keep: bool = False) -> Plan:
    """All that changed since, oldest first. ``keep`` keeps the cursor, so that a run that is cut off begins anew."""
    page, began, calls = 1, None, 0
    while calls < _MOST_PAGES:
        window = (*chosen, ("modified_after", in_utc(since)), *_BY_CHANGE)
        response = yield from _asked(asked, shelf.path, _page(shelf.fields, page, *window))
        items, calls = _items(response), calls + 1
        began = began or response.at
        last = max(filter(None, map(_modified, items)), default=None)
        more = len(items) >= PAGE and last is not None
        yield from shelf.after(asked, items, response)
        cursor = last if more and last is not None else began
        yield Heard(shelf.topic, _bodies(items), asked.cursor if keep else in_utc(cursor), response.at)
        if not more or last is None:
            return
        # ``modified_after`` leaves out its own second. Where a page has one second alone, only its number leads on.
        onwards = last - _SECOND
        since, page = (onwards, 1) if onwards > since else (since, page + 1)


def _bodies(items: list[Json]) -> tuple[bytes, ...]:
    """A page in parts: a hundred orders of a wholesaler have more values than one delivery may."""
    parts = (items[first : first + _PART] for first in range(0, len(items), _PART))
    return tuple(json.dumps(part).encode() for part in parts)


def _since(asked: Asked) -> datetime:
    found = moment_in(f"{asked.cursor}Z")
    return found - OVERLAP if found else asked.now - _FIRST


def _modified(item: Json) -> datetime | None:
    return moment_in(f"{item.get('date_modified_gmt')}Z")


def _refunds(asked: Asked, orders: list[Json], response: Response) -> Plan:
    """The refunds of the orders that have any, with the times that an order leaves out."""
    for order in orders:
        if order.get("refunds") and str(order.get("id", "")).isdigit():
            found = yield from _asked(asked, f"orders/{order['id']}/refunds", _page("id,amount,date_created_gmt", 1))
            owner = {name: order.get(name) for name in ("id", "currency", "payment_method")}
            told = {"of": owner, "items": _items(found)}
            yield Heard("refunds", (json.dumps(told).encode(),), asked.cursor, found.at)


def _variations(topic: str) -> After:
    """The variations of the products that have any, with what only the product knows."""

    def after(asked: Asked, products: list[Json], response: Response) -> Plan:
        for product in products:
            if product.get("variations") and str(product.get("id", "")).isdigit():
                yield from _of_product(asked, product, topic)

    return after


def _of_product(asked: Asked, product: Json, topic: str) -> Plan:
    owner = {name: product[name] for name in ("id", "name", "categories", "tags", "permalink") if name in product}
    for page in range(1, _MOST_PAGES):
        found = yield from _asked(asked, f"products/{product['id']}/variations", _page(_GOODS, page))
        items = _items(found)
        told = tuple(json.dumps({"of": owner, "items": [each]}).encode() for each in items)
        if told:
            yield Heard(topic, told, asked.cursor, found.at)
        if len(items) < PAGE:
            return


def _all(shelf: _Shelf) -> Callable[[Asked], Plan]:
    """A plan that reads a whole list anew, page by page, by ids, which do not shift. The cursor is the next page."""

    def plan(asked: Asked) -> Plan:
        if not hosts(asked.front):
            return
        first = int(asked.cursor) if asked.cursor.isascii() and asked.cursor.isdigit() else 1
        for page in range(first, first + _MOST_PAGES):
            # What is asked on the way must leave the cursor at this page, and not where the run began.
            here = replace(asked, cursor=str(page))
            order = (("orderby", "id"), ("order", "asc"))
            response = yield from _asked(asked, shelf.path, _page(shelf.fields, page, *order))
            items = _items(response)
            yield from shelf.after(here, items, response)
            more = len(items) >= PAGE
            yield Heard(shelf.topic, _bodies(items), str(page + 1) if more else "done", response.at)
            if not more:
                return

    return plan


def care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """Our webhooks, by the address to which they deliver; one that is paused counts as disabled."""
    if not hosts(asked.front):
        raise Denied(0, "the option url of the source does not say where the shop is")
    ours: dict[str, Json] = {}
    page = 1
    while True:
        found = _items((yield from _asked(asked, "webhooks", _page("id,topic,status,delivery_url", page))))
        for each in found:
            if each.get("delivery_url") == address and ours.get(str(each.get("topic")), {}).get("status") != "active":
                ours[str(each.get("topic"))] = each
        if len(found) < PAGE:
            break
        page += 1
    mended = []
    for topic in sorted(topics):
        if ours.get(topic, {}).get("status") != "active":
            yield from _mend(asked, topic, ours.get(topic), address)
            mended.append(topic)
    return tuple(_state(topic, ours.get(topic), topic in mended) for topic in sorted({*ours, *topics}))


def _state(topic: str, found: Json | None, mended: bool) -> Subscription:
    status = str(found.get("status")) if found else ""
    if mended or status == "active":
        return Subscription(topic, "active", mended)
    return Subscription(topic, "disabled" if found else "missing", note=status)


def _mend(asked: Asked, topic: str, found: Json | None, address: str) -> Generator[Step, Any, None]:
    if found is not None:
        yield from _asked(asked, f"webhooks/{found.get('id')}", method="PUT", body=b'{"status": "active"}')
        return
    secret = asked.keys.get("webhook_secret")
    if not secret:
        raise Denied(0, "a new webhook needs the key webhook_secret, the same that is among the source's secrets")
    wanted = {
        "name": f"Floorwalker {topic}",
        "topic": topic,
        "delivery_url": address,
        "secret": secret,
        "status": "active",
    }
    yield from _asked(asked, "webhooks", method="POST", body=json.dumps(wanted).encode())


API = Api(
    keys=(("consumer_key", "consumer_secret"), ("consumer_key", "consumer_secret", "webhook_secret")),
    advice="WooCommerce tries each delivery once; without keys what it could not deliver stays unknown, as do refunds",
    hosts=hosts,
    streams=(
        Stream("orders", timedelta(minutes=5), _changes(_Shelf("orders", "orders", _ORDER, _refunds, _OPEN))),
        Stream(
            "products",
            timedelta(minutes=5),
            _changes(_Shelf("products", "products", _GOODS, _variations("variations"))),
        ),
        Stream("stock", timedelta(days=1), _all(_Shelf("stock", "products", _GOODS, _variations("stock/variations")))),
        Stream("coupons", timedelta(hours=1), _all(_Shelf("coupons", "coupons", _COUPON))),
    ),
    wanted=lambda front: TOPICS,
    care=care,
)

"""How WooCommerce is asked: its REST API (wc/v3) with a consumer key and secret.

Orders and products are read by their time of change, ascending, always on from the last one seen, since pages shift
when a thing on them changes while they are read; what lies in the bin is asked for as well. The first run also reads
the orders that are still open. Variations are asked for product by product. Only the fields that the parser reads are
asked for, so that nothing about a customer leaves the shop. There is no published limit: two calls a second.

Keys: consumer_key and consumer_secret (right to read; to mend webhooks, to read and write), and webhook_secret, with
which `floorwalker connect` makes new webhooks: the same that the config names among the source's secrets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.core.plans import Json, counted, in_utc, moment_in, object_in
from bot.core.polling import Api, Asked, Denied, Heard, Pairs, Plan, Response, Step, Stream
from handlers.sources._woocommerce.calls import MOST_PAGES, PAGE, asked_for, hosts, items_of, page_of
from handlers.sources._woocommerce.coupons_asked import coupons
from handlers.sources._woocommerce.webhooks import TOPICS, care

OVERLAP: Final = timedelta(minutes=5)
_FIRST: Final = timedelta(hours=24)
_SECOND: Final = timedelta(seconds=1)
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BIN: Final = (("status", "trash"),)
_OPEN: Final = (("status", "pending,on-hold,processing"),)
_BY_CHANGE: Final = (("dates_are_gmt", "true"), ("orderby", "modified"), ("order", "asc"))
_ORDER: Final = (
    "id,number,status,currency,total,date_created_gmt,date_modified_gmt,date_paid_gmt,payment_method,transaction_id,"
    "coupon_lines,line_items,refunds"
)
_GOODS: Final = (
    "id,name,sku,type,status,parent_id,price,manage_stock,stock_quantity,stock_status,low_stock_amount,backorders,"
    "date_modified_gmt,categories,tags,permalink,attributes,variations"
)
_OF_PARENT: Final = ("id", "name", "categories", "tags", "permalink", "low_stock_amount")
_NOT_FOR_US: Final = (401, 403, 404)
_AMOUNT: Final = re.compile("[0-9]{1,9}")


After = Callable[[Asked, list[Json], Response], Plan]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A list of the API: on which topic it is heard, which fields are read, and what is asked ``after`` each page.

    ``first`` chooses what the first run reads besides, however long ago it was changed. ``counted`` says that it holds
    goods, of which the shop calls few low; ``low`` is at how many, where a thing does not say so itself.
    """

    topic: str
    path: str
    fields: str
    after: After
    first: Pairs = ()
    counted: bool = False
    low: int | None = None

    def items(self, response: Response) -> list[Json]:
        """The things of a page, each with the shop's threshold where it has none of its own."""
        found = items_of(response)
        own = self.low is None or not self.counted
        return found if own else [each | {"low_stock_amount": _low_of(each, self.low)} for each in found]


def _low_of(item: Json, otherwise: int | None) -> object:
    return otherwise if item.get("low_stock_amount") in (None, "") else item["low_stock_amount"]


def _prepared(asked: Asked, shelf: _Shelf) -> Generator[Step, Any, _Shelf]:
    """The shelf with the shop's own threshold. A key that may not read settings is no reason to read no goods."""
    if not shelf.counted:
        return shelf
    try:
        found = yield from asked_for(asked, "settings/products/woocommerce_notify_low_stock_amount")
    except Denied as denied:
        if denied.status not in _NOT_FOR_US:
            raise
        return shelf
    value = found.json()
    text = str(value.get("value", "")) if isinstance(value, dict) else ""
    return replace(shelf, low=int(text)) if _AMOUNT.fullmatch(text) else shelf


def _changes(shelf: _Shelf) -> Callable[[Asked], Plan]:
    """A plan for things with a time of change; the cursor is the moment up to which all has been heard.

    What is in the bin is in no list unless one asks for it; this goes before, and leaves the cursor where it was.
    """

    def plan(asked: Asked) -> Plan:
        if not hosts(asked.front):
            return
        known = yield from _prepared(asked, shelf)
        if moment_in(f"{asked.cursor}Z"):
            yield from _walk(asked, known, _since(asked), _BIN, keep=True)
        elif shelf.first:
            yield from _walk(asked, known, _LONG_AGO, shelf.first, keep=True)
        yield from _walk(asked, known, _since(asked))

    return plan


def _walk(asked: Asked, shelf: _Shelf, since: datetime, chosen: Pairs = (), keep: bool = False) -> Plan:
    """All that changed since, oldest first. ``keep`` keeps the cursor, so that a run that is cut off begins anew."""
    page, began, calls = 1, None, 0
    while calls < MOST_PAGES:
        window = (*chosen, ("modified_after", in_utc(since)), *_BY_CHANGE)
        response = yield from asked_for(asked, shelf.path, page_of(shelf.fields, page, *window))
        items, calls = shelf.items(response), calls + 1
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
    """A body for each, so that one that cannot be understood does not keep the others of its page from being told."""
    return tuple(json.dumps([item]).encode() for item in items)


def _since(asked: Asked) -> datetime:
    found = moment_in(f"{asked.cursor}Z")
    return found - OVERLAP if found else asked.now - _FIRST


def _modified(item: Json) -> datetime | None:
    return moment_in(f"{item.get('date_modified_gmt')}Z")


def _refunds(asked: Asked, orders: list[Json], response: Response) -> Plan:
    """The refunds of the orders that have any, with the times that an order leaves out."""
    for order in orders:
        if order.get("refunds") and str(order.get("id", "")).isdigit():
            found = yield from asked_for(
                asked, f"orders/{order['id']}/refunds", page_of("id,amount,date_created_gmt", 1)
            )
            owner = {name: order.get(name) for name in ("id", "currency", "payment_method")}
            told = {"of": owner, "items": items_of(found)}
            yield Heard("refunds", (json.dumps(told).encode(),), asked.cursor, found.at)


def _variations(topic: str) -> After:
    """The variations of the products that have any, with what only the product knows."""

    def after(asked: Asked, products: list[Json], response: Response) -> Plan:
        for product in products:
            if product.get("variations") and str(product.get("id", "")).isdigit():
                yield from _of_product(asked, product, topic)

    return after


def _of_product(asked: Asked, product: Json, topic: str) -> Plan:
    owner = {name: product[name] for name in _OF_PARENT if name in product}
    for page in range(1, MOST_PAGES):
        found = yield from asked_for(asked, f"products/{product['id']}/variations", page_of(_GOODS, page))
        items = items_of(found)
        told = tuple(json.dumps({"of": owner, "items": [each]}).encode() for each in items)
        if told:
            yield Heard(topic, told, asked.cursor, found.at)
        if len(items) < PAGE:
            return


def _whole(shelf: _Shelf) -> Callable[[Asked], Plan]:
    """A plan that reads a whole list of goods anew, page by page, by ids. The cursor is the next page and when this
    count and the one before it began: what neither told of is gone. One alone may have missed a thing, since pages
    shift when a product is deleted."""

    def plan(asked: Asked) -> Plan:
        if not hosts(asked.front):
            return
        known = yield from _prepared(asked, shelf)
        state = object_in(asked.cursor)
        first, began, before = _page(state), moment_in(state.get("began")), moment_in(state.get("before"))
        for page in range(first, first + MOST_PAGES):
            # What is asked on the way must leave the cursor at this page, and not where the run began.
            here = replace(asked, cursor=_place(page, began, before))
            order = (("orderby", "id"), ("order", "asc"))
            response = yield from asked_for(asked, shelf.path, page_of(shelf.fields, page, *order))
            began = began or response.at
            items = known.items(response)
            yield from shelf.after(here, items, response)
            if len(items) < PAGE:
                break
            yield Heard(shelf.topic, _bodies(items), _place(page + 1, began, before), response.at)
        else:
            return
        done = _place(1, None, began)
        yield Heard(shelf.topic, _bodies(items), done, response.at)
        if before and (items or page > 1):
            yield counted(before, done, response.at)

    return plan


def _page(state: Json) -> int:
    found = state.get("page")
    return found if isinstance(found, int) and found > 0 else 1


def _place(page: int, began: datetime | None, before: datetime | None) -> str:
    moments = {"began": began, "before": before}
    return json.dumps({"page": page, **{name: at.isoformat() for name, at in moments.items() if at}})


API = Api(
    keys=(("consumer_key", "consumer_secret"), ("consumer_key", "consumer_secret", "webhook_secret")),
    advice="WooCommerce tries each delivery once; without keys what it could not deliver stays unknown, as do refunds",
    hosts=hosts,
    streams=(
        Stream("orders", timedelta(minutes=5), _changes(_Shelf("orders", "orders", _ORDER, _refunds, _OPEN))),
        Stream(
            "products",
            timedelta(minutes=5),
            _changes(_Shelf("products", "products", _GOODS, _variations("variations"), counted=True)),
        ),
        Stream(
            "stock",
            timedelta(days=1),
            _whole(_Shelf("stock", "products", _GOODS, _variations("stock/variations"), counted=True)),
        ),
        Stream("coupons", timedelta(hours=1), coupons),
    ),
    wanted=lambda front: TOPICS,
    care=care,
)

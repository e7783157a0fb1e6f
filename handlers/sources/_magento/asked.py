"""What Magento and Adobe Commerce are asked: lists of REST, and Adobe's journal of events.

What changes (orders, credit memos, shipments, products) is read by its time of change, ascending, always on from the
last one seen and not by page numbers, since a page shifts when one of its things changes while it is read. What has no
time of change (stock, cart price rules) is read page by page. Past the last page Magento gives the last page again
(https://github.com/magento/magento2/issues/25619), so total_count says when to stop. Only the fields that the parser
reads are asked for: nothing about a customer leaves the shop.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.oauth import percent
from bot.core.plans import an_object, counted, in_utc, moment_in, object_in
from bot.core.polling import Api, Asked, Call, Denied, Heard, Pairs, Plan, Response, Step, Stream
from bot.core.shopfront import Shopfront
from handlers.sources._magento import adobe
from handlers.sources._magento.calls import OAUTH, Caller, a_page, apart, hosts, option, rest_of, search, size_of
from handlers.sources._magento.goods import PAGE
from handlers.sources._magento.price_rules_asked import price_rules
from handlers.sources._magento.subscriptions import care, wanted

OVERLAP: Final = timedelta(minutes=5)
_FIRST: Final = timedelta(hours=24)


def _written(moment: datetime) -> str:
    """As Magento writes moments: UTC without a zone."""
    return in_utc(moment).replace("T", " ")


def _changes(topic: str, path: str, fields: str, first: timedelta | None) -> Callable[[Asked], Plan]:
    """A plan for things with a time of change. The first run goes back by ``first``, or to the beginning.

    The cursor is the moment up to which all has been heard, as Magento writes it.
    """

    def plan(asked: Asked) -> Plan:
        url, size, caller = rest_of(asked.front), size_of(asked.front), Caller(asked)
        if not url:
            return
        since, page, began = _since(asked, first), 1, None
        while True:
            filters = (("updated_at", "gteq", _written(since)),) if since else ()
            params = search(fields, "updated_at", size, page, *filters)
            response, items, total = yield from a_page(caller, f"{url}{path}", params)
            began = began or response.at
            last = _last(items, url, response) if items else None
            more = total > page * size and last is not None
            cursor = last if more and last is not None else began
            yield Heard(topic, apart(map(_slim, items)), _written(cursor), response.at)
            if not more:
                return
            # Only where a whole page has one and the same second is there no way on but by the number of the page.
            moved = last is not None and (since is None or last > since)
            since, page = (last, 1) if moved else (since, page + 1)

    return plan


def _slim(item: Any) -> Any:
    """A thing without those of its free attributes that nobody reads, such as a product's long description."""
    if not isinstance(item, dict) or not isinstance(item.get("custom_attributes"), list):
        return item
    read = [each for each in item["custom_attributes"] if an_object(each).get("attribute_code") == PAGE]
    return {**item, "custom_attributes": read}


def _since(asked: Asked, first: timedelta | None) -> datetime | None:
    """From when a run reads: a little before the cursor, since what is written may be seen a little later."""
    found = moment_in(f"{asked.cursor}Z")
    if found is not None:
        return found - OVERLAP
    return None if first is None else asked.now - first


def _last(items: list[Any], url: str, response: Response) -> datetime:
    """When the last thing of a page was changed."""
    found = moment_in(f"{an_object(items[-1]).get('updated_at')}Z")
    if found is None:
        raise Denied(response.status, f"GET {url}: the last thing of a page has no updated_at")
    return found


_MOST_PAGES: Final = 10
_Compose = Callable[[Caller, Shopfront, list[Any]], Generator[Step, Any, bytes]]


def _whole(topic: str, path: str, fields: str, sort: str, compose: _Compose | None = None) -> Callable[[Asked], Plan]:
    """A plan for stock, which has no time of change: all of it, page by page. The cursor is the next page, whether this
    is the first count of all, and when this one and the one before it began: what neither told of is gone. One alone
    may have missed a thing, since pages shift when one is deleted.

    ``compose`` makes the body of a page from its things and from what more it asks. Since that may take long, a run
    then ends after some pages, and the next one goes on; but the first count, which tells nobody anything, is whole.
    """

    def plan(asked: Asked) -> Plan:
        url, size, caller = rest_of(asked.front), size_of(asked.front), Caller(asked)
        if not url:
            return
        place = _Place.of(asked.cursor)
        last = place.page + _MOST_PAGES - 1 if compose and not place.first else math.inf
        while True:
            params = search(fields, sort, size, place.page)
            response, items, total = yield from a_page(caller, f"{url}{path}", params)
            place = replace(place, began=place.began or response.at)
            more = total > place.page * size and bool(items)
            body = (yield from compose(caller, asked.front, items)) if compose else response.body
            after = replace(place, page=place.page + 1) if more else _Place(1, False, None, place.began)
            yield Heard(topic, (body,) if items else (), after.cursor(), response.at)
            if not more or place.page >= last:
                break
            place = after
        if not more and place.before and total:
            yield counted(place.before, after.cursor(), response.at)

    return plan


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a count of the stock has come, and when it and the one before it began."""

    page: int
    first: bool
    began: datetime | None = None
    before: datetime | None = None

    @staticmethod
    def of(cursor: str) -> _Place:
        """The place that a cursor names; the beginning of a first count for any other text."""
        state = object_in(cursor)
        page = state.get("page")
        if not isinstance(page, int) or page < 1:
            return _Place(1, True)
        return _Place(page, state.get("first") is True, moment_in(state.get("began")), moment_in(state.get("before")))

    def cursor(self) -> str:
        moments = {"began": self.began, "before": self.before}
        written = {name: at.isoformat() for name, at in moments.items() if at}
        return json.dumps({"page": self.page, "first": self.first, **written})


def _of_each(caller: Caller, items: list[Any], url: str) -> Generator[Step, Any, list[tuple[str, Any]]]:
    """What Magento says of each SKU of a page, for which it has to be asked one by one. Of a SKU without stock (one
    that has just been deleted, say) it says 4xx, and nothing is known."""
    found = []
    for sku in dict.fromkeys(str(item["sku"]) for item in items if isinstance(item, dict) and item.get("sku")):
        answer = yield from caller.ask(Call("GET", url.replace("{sku}", percent(sku))), 400, 404)
        if answer.status == 200:
            found.append((sku, answer.json()))
    return found


def _salable(caller: Caller, front: Shopfront, items: list[Any]) -> Generator[Step, Any, bytes]:
    """What may still be sold of each SKU of one stock."""
    stock = int(front.options.get("stock_id", 1))
    url = f"{rest_of(front)}/inventory/get-product-salable-quantity/{{sku}}/{stock}"
    found = yield from _of_each(caller, items, url)
    return json.dumps({"items": [{"sku": sku, "salable": units} for sku, units in found]}).encode()


_COMPOSITE: Final = ("configurable", "bundle", "grouped")
_STOCK_ITEM: Final = (
    "product_id",
    "qty",
    "is_in_stock",
    "manage_stock",
    "use_config_manage_stock",
    "notify_stock_qty",
    "backorders",
)


def _items(caller: Caller, front: Shopfront, items: list[Any]) -> Generator[Step, Any, bytes]:
    """The stock item of each product that is not made up of others, where Magento's sources are switched off."""
    own = [item for item in items if isinstance(item, dict) and item.get("type_id") not in _COMPOSITE]
    found = yield from _of_each(caller, own, f"{rest_of(front)}/stockItems/{{sku}}")
    told = [
        {"sku": sku} | {name: item.get(name) for name in _STOCK_ITEM} for sku, item in found if isinstance(item, dict)
    ]
    return json.dumps({"items": told}).encode()


_SOURCE_ITEMS: Final = ("/inventory/source-items", "sku,source_code,quantity,status")
_STOCKS: Final[Mapping[str, Callable[[Asked], Plan]]] = {
    "sources": _whole("source-items", *_SOURCE_ITEMS, "source_item_id"),
    "salable": _whole("salable", *_SOURCE_ITEMS, "sku", _salable),
    "items": _whole("stock-items", "/products", "sku,type_id", "entity_id", _items),
}


def _stock(asked: Asked) -> Plan:
    """One of the numbers of stock, by the option."""
    return _STOCKS[option(asked.front, "stock") or "sources"](asked)


_LIMIT: Final = ("limit", "100")


def _journal(asked: Asked) -> Plan:
    """Adobe's journal from where we left off (https://developer.adobe.com/events/docs/guides/api/journaling-api).

    The first run begins at its end. A position older than seven days is gone, and reading goes on with the oldest event
    that is still there. Each event is a body of its own, so that one that lacks a field does not keep the others back.
    """
    address = option(asked.front, "journal")
    if not address:
        return
    caller = Caller(asked, adobe=True)
    params: Pairs = (("since", asked.cursor), _LIMIT) if asked.cursor else (("latest", "true"), _LIMIT)
    while True:
        response = yield from caller.ask(Call("GET", address, params), *((410,) if params[0][0] == "since" else ()))
        if response.status == 410:
            params = (_LIMIT,)
            continue
        position = adobe.position(response)
        yield Heard("journal", _events(response), position or asked.cursor, response.at)
        if response.status == 204 or not position:
            return
        params = (("since", position), _LIMIT)


def _events(response: Response) -> tuple[bytes, ...]:
    """The events of a page, a body for each."""
    listed = an_object(response.json()).get("events") if response.status == 200 else None
    kept = listed if isinstance(listed, list) else []
    return tuple(json.dumps(each["event"]).encode() for each in kept if isinstance(each, dict) and "event" in each)


_ORDER: Final = (
    "entity_id,increment_id,state,status,created_at,updated_at,order_currency_code,grand_total,total_due,total_paid,"
    "discount_amount,coupon_code,items[item_id,parent_item_id,product_type,sku,name,qty_ordered,row_total,"
    "row_total_incl_tax,discount_amount]"
)
_CREDITMEMO: Final = "entity_id,order_id,state,grand_total,order_currency_code,created_at,updated_at"
_SHIPMENT: Final = "entity_id,order_id,created_at,updated_at,tracks[track_number,title,carrier_code,created_at]"
_PRODUCT: Final = (
    "id,sku,name,price,updated_at,extension_attributes[category_links],custom_attributes[attribute_code,value]"
)
_SOON: Final = timedelta(minutes=2)

API = Api(
    keys=(OAUTH, ("access_token",), ("client_id", "client_secret"), (*OAUTH, "verification_token")),
    hosts=hosts,
    streams=(
        Stream("orders", _SOON, _changes("orders", "/orders", _ORDER, _FIRST)),
        Stream("creditmemos", _SOON, _changes("creditmemos", "/creditmemos", _CREDITMEMO, _FIRST)),
        Stream("shipments", _SOON, _changes("shipments", "/shipments", _SHIPMENT, _FIRST)),
        Stream("stock", timedelta(minutes=15), _stock),
        Stream("products", timedelta(hours=1), _changes("products", "/products", _PRODUCT, None)),
        Stream("sales-rules", timedelta(hours=1), price_rules),
        Stream("journal", timedelta(minutes=10), _journal),
    ),
    wanted=wanted,
    advice="without a module for webhooks, nothing is heard of its orders and its stock",
    care=care,
)

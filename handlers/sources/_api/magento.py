"""How Magento and Adobe Commerce are asked: REST with an integration's keys, and Adobe's journal of events.

What changes (orders, credit memos, shipments, products) is read by its time of change, ascending, always on from the
last one seen and not by page numbers, since a page shifts when one of its things changes while it is read. What has no
time of change (stock, cart price rules) is read page by page. Past the last page Magento gives the last page again
(https://github.com/magento/magento2/issues/25619), so total_count says when to stop. Only the fields that the parser
reads are asked for: nothing about a customer leaves the shop.

Keys: consumer_key, consumer_secret, access_token and access_token_secret of an integration (OAuth 1.0a), or
access_token alone as a bearer, or client_id and client_secret for Adobe's token, which SaaS and the journal want.
``verification_token`` is the secret with which new subscriptions of async events are made.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.delivery import Shopfront
from bot.core.oauth import Credentials, authorized, nonce, percent
from bot.core.plans import NO_REASON, an_object, in_utc, moment_in, object_in, printable
from bot.core.polling import (
    Api,
    Asked,
    Call,
    Care,
    Denied,
    Heard,
    Keep,
    Pairs,
    Plan,
    Response,
    Step,
    Stream,
    Subscription,
)
from bot.core.wild import MAX_NODES
from handlers.sources._api import adobe

OVERLAP: Final = timedelta(minutes=5)
_FIRST: Final = timedelta(hours=24)
_HOST = re.compile(r"https://([^/?#]+)")
_OAUTH: Final = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
_BEARER_OFF: Final = (
    "the integration lacks a resource, or, more likely, its access token is not taken alone, which is off since "
    "Magento 2.4.4: give consumer_key, consumer_secret and access_token_secret as well, or run "
    "`bin/magento config:set oauth/consumer/enable_integration_as_bearer 1`"
)


def _option(front: Shopfront, name: str) -> str:
    return str(front.options.get(name, ""))


def hosts(front: Shopfront) -> tuple[str, ...]:
    """The shop's host, the journal's, and Adobe's for tokens."""
    given = (_option(front, "url"), _option(front, "journal"), adobe.TOKENS)
    return tuple(match[1].lower().removesuffix(":443") for url in given if (match := _HOST.match(url)))


def _rest(front: Shopfront) -> str:
    """Where the REST API of the shop begins; "" when the config does not say where the shop is."""
    url, store = _option(front, "url").rstrip("/"), _option(front, "store")
    if not url:
        return ""
    if hosts(front)[0].endswith(adobe.CLOUD):
        return f"{url}/V1"
    return f"{url}/rest/{store}/V1" if store else f"{url}/rest/V1"


class _Caller:
    """Makes the calls of one plan: each is signed with a nonce of its own, or carries the token."""

    def __init__(self, asked: Asked, adobe: bool = False) -> None:
        keys = asked.keys
        self._asked = asked
        self._made = 0
        self._token = keys.get("token", "")
        self._oauth = all(keys.get(name) for name in _OAUTH) and not adobe
        self._bearer = "" if adobe or self._oauth else keys.get("access_token", "")

    def ask(self, call: Call, *also: int) -> Generator[Step, Any, Response]:
        """The answer to a call. Raises Denied, in words for the operators, unless it is 2xx or one of ``also``."""
        response = yield from self._try(call, self._asked.now)
        if response.status == 401 and self._another_try_helps(response):
            if not self._oauth:
                yield Keep("token", "", response.at)
                self._token = ""
            response = yield from self._try(call, response.at)
        if not response.granted(*also):
            raise Denied(response.status, self._why(call, response))
        return response

    def _another_try_helps(self, response: Response) -> bool:
        """A nonce counts as used when the call was repeated on its way here, and a time may be refused as one that is
        yet to come: both are set right by signing anew at the server's own time. A token may have been withdrawn."""
        if self._oauth:
            return any(word in response.body.lower() for word in (b"nonce", b"timestamp"))
        return not self._bearer

    def _try(self, call: Call, at: datetime) -> Generator[Step, Any, Response]:
        keys = self._asked.keys
        self._made += 1
        if self._oauth:
            by = Credentials(*(keys[name] for name in _OAUTH))
            of = (
                self._asked.now.isoformat(),
                self._asked.cursor,
                str(self._made),
                call.method,
                call.url,
                repr(call.params),
            )
            sent = authorized(call, by, at, nonce(*of))
        else:
            if not self._bearer and not self._token:
                self._token = yield from adobe.token(self._asked)
            more = {} if self._bearer else adobe.headers(self._asked)
            more["authorization"] = f"Bearer {self._bearer or self._token}"
            sent = replace(call, headers={**call.headers, **more})
        response = yield sent
        assert isinstance(response, Response)
        return response

    def _why(self, call: Call, response: Response) -> str:
        """What the operators can do about a refusal, with Magento's own words for it."""
        said, place = _said(response), f"{call.method} {call.url}"
        if response.status == 401 and self._bearer:
            return f"{place}: {_BEARER_OFF}: {said}"
        if response.status in (401, 403) and "isn't authorized" in said:
            return f"{place}: the integration lacks a resource (System > Integrations > API): {said}"
        if response.status == 401:
            return f"{place}: the keys or their signature were refused: {said}"
        if response.status == 404:
            return f"{place}: nothing answers there; is the option url right, and the module enabled? {said}"
        return f"{place}: {said}"


_MOST_SAID: Final = 200


def _said(response: Response) -> str:
    """Magento's own message with its parameters."""
    answer = object_in(response.body)
    text = str(answer.get("message", NO_REASON))
    for name, value in an_object(answer.get("parameters")).items():
        text = text.replace(f"%{name}", str(value))
    return printable(text, _MOST_SAID)


def _search(fields: str, sort: str, size: int, page: int, *filters: tuple[str, str, str]) -> Pairs:
    """The query of a search: filters are field, condition and value, and all of them hold."""
    pairs = []
    for number, (field, condition, value) in enumerate(filters):
        place = f"searchCriteria[filter_groups][{number}][filters][0]"
        pairs += [(f"{place}[field]", field), (f"{place}[condition_type]", condition), (f"{place}[value]", value)]
    return (
        *pairs,
        ("searchCriteria[sortOrders][0][field]", sort),
        ("searchCriteria[sortOrders][0][direction]", "ASC"),
        ("searchCriteria[pageSize]", str(size)),
        ("searchCriteria[currentPage]", str(page)),
        ("fields", f"items[{fields}],total_count"),
    )


def _page(caller: _Caller, url: str, params: Pairs) -> Generator[Step, Any, tuple[Response, list[Any], int]]:
    """A page: the answer, its things, and how many there are in all."""
    response = yield from caller.ask(Call("GET", url, params))
    answer = an_object(response.json())
    items, total = answer.get("items"), answer.get("total_count")
    # A search without a hit gives null where an empty list would be.
    items = [] if items is None and total == 0 else items
    if not isinstance(items, list) or not isinstance(total, int):
        raise Denied(response.status, f"GET {url}: the answer is no page of items with a total_count")
    return response, items, total


def _size(front: Shopfront) -> int:
    return int(front.options.get("page_size", 100))


def _written(moment: datetime) -> str:
    """As Magento writes moments: UTC without a zone."""
    return in_utc(moment).replace("T", " ")


def _changes(topic: str, path: str, fields: str, first: timedelta | None) -> Callable[[Asked], Plan]:
    """A plan for things with a time of change. The first run goes back by ``first``, or to the beginning.

    The cursor is the moment up to which all has been heard, as Magento writes it.
    """

    def plan(asked: Asked) -> Plan:
        url, size, caller = _rest(asked.front), _size(asked.front), _Caller(asked)
        if not url:
            return
        since, page, began = _since(asked, first), 1, None
        while True:
            filters = (("updated_at", "gteq", _written(since)),) if since else ()
            params = _search(fields, "updated_at", size, page, *filters)
            response, items, total = yield from _page(caller, f"{url}{path}", params)
            if size > 1 and _too_large(response.body):
                size, page = size // 2, 1
                continue
            began = began or response.at
            last = _last(items, url, response) if items else None
            more = total > page * size and last is not None
            cursor = last if more and last is not None else began
            yield Heard(topic, (response.body,) if items else (), _written(cursor), response.at)
            if not more:
                return
            # Only where a whole page has one and the same second is there no way on but by the number of the page.
            moved = last is not None and (since is None or last > since)
            since, page = (last, 1) if moved else (since, page + 1)

    return plan


def _too_large(body: bytes) -> bool:
    """Whether a page may have more values than the parser reads: a wholesaler's orders have hundreds of lines."""
    return sum(body.count(mark) for mark in (b",", b"[", b"{")) > MAX_NODES


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
_FIRST_LOOK: Final = "first"
_Compose = Callable[[_Caller, Shopfront, list[Any]], Generator[Step, Any, bytes]]


def _pages(topic: str, path: str, fields: str, sort: str, compose: _Compose | None = None) -> Callable[[Asked], Plan]:
    """A plan for things that have no time of change: all of them, page by page. The cursor is the next page's number,
    and a word more as long as they have not all been read once.

    ``compose`` makes the body of a page from its things and from what more it asks. Since that may take long, a run
    then ends after some pages, and the next one goes on; but the first look, which tells nobody anything, is at all.
    """

    def plan(asked: Asked) -> Plan:
        url, size, caller = _rest(asked.front), _size(asked.front), _Caller(asked)
        if not url:
            return
        number, _, mark = asked.cursor.partition(" ")
        first = mark == _FIRST_LOOK or not asked.cursor
        page = int(number) if number.isascii() and number.isdigit() else 1
        last = page + _MOST_PAGES - 1 if compose and not first else math.inf
        while True:
            response, items, total = yield from _page(caller, f"{url}{path}", _search(fields, sort, size, page))
            more = total > page * size and bool(items)
            body = (yield from compose(caller, asked.front, items)) if compose else response.body
            cursor = f"{page + 1} {_FIRST_LOOK}" if more and first else str(page + 1 if more else 1)
            yield Heard(topic, (body,) if items else (), cursor, response.at)
            if not more or page >= last:
                return
            page += 1

    return plan


def _of_each(caller: _Caller, items: list[Any], url: str) -> Generator[Step, Any, list[tuple[str, Any]]]:
    """What Magento says of each SKU of a page, for which it has to be asked one by one. Of a SKU without stock (one
    that has just been deleted, say) it says 4xx, and nothing is known."""
    found = []
    for sku in dict.fromkeys(str(item["sku"]) for item in items if isinstance(item, dict) and item.get("sku")):
        answer = yield from caller.ask(Call("GET", url.replace("{sku}", percent(sku))), 400, 404)
        if answer.status == 200:
            found.append((sku, answer.json()))
    return found


def _salable(caller: _Caller, front: Shopfront, items: list[Any]) -> Generator[Step, Any, bytes]:
    """What may still be sold of each SKU of one stock."""
    stock = int(front.options.get("stock_id", 1))
    url = f"{_rest(front)}/inventory/get-product-salable-quantity/{{sku}}/{stock}"
    found = yield from _of_each(caller, items, url)
    return json.dumps({"items": [{"sku": sku, "salable": units} for sku, units in found]}).encode()


_COMPOSITE: Final = ("configurable", "bundle", "grouped")
_STOCK_ITEM: Final = ("product_id", "qty", "is_in_stock", "manage_stock", "use_config_manage_stock")


def _items(caller: _Caller, front: Shopfront, items: list[Any]) -> Generator[Step, Any, bytes]:
    """The stock item of each product that is not made up of others, where Magento's sources are switched off."""
    own = [item for item in items if isinstance(item, dict) and item.get("type_id") not in _COMPOSITE]
    found = yield from _of_each(caller, own, f"{_rest(front)}/stockItems/{{sku}}")
    told = [
        {"sku": sku} | {name: item.get(name) for name in _STOCK_ITEM} for sku, item in found if isinstance(item, dict)
    ]
    return json.dumps({"items": told}).encode()


_SOURCE_ITEMS: Final = ("/inventory/source-items", "sku,source_code,quantity,status")
_STOCKS: Final[Mapping[str, Callable[[Asked], Plan]]] = {
    "sources": _pages("source-items", *_SOURCE_ITEMS, "source_item_id"),
    "salable": _pages("salable", *_SOURCE_ITEMS, "sku", _salable),
    "items": _pages("stock-items", "/products", "sku,type_id", "entity_id", _items),
}


def _stock(asked: Asked) -> Plan:
    """One of the numbers of stock, by the option."""
    return _STOCKS[_option(asked.front, "stock") or "sources"](asked)


_LIMIT: Final = ("limit", "100")


def _journal(asked: Asked) -> Plan:
    """Adobe's journal from where we left off (https://developer.adobe.com/events/docs/guides/api/journaling-api).

    The first run begins at its end. A position older than seven days is gone, and reading goes on with the oldest event
    that is still there. Each event is a body of its own, so that one that lacks a field does not keep the others back.
    """
    address = _option(asked.front, "journal")
    if not address:
        return
    caller = _Caller(asked, adobe=True)
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
    """The events of a page. Written anew their amounts stay what they were, as no amount has more than 15 digits."""
    listed = an_object(response.json()).get("events") if response.status == 200 else None
    kept = listed if isinstance(listed, list) else []
    return tuple(json.dumps(each["event"]).encode() for each in kept if isinstance(each, dict) and "event" in each)


def _wanted(front: Shopfront) -> tuple[str, ...]:
    """The events to subscribe to: by default those that aligent/magento2-default-async-events defines for a shop."""
    names = front.options.get("events", ("sales.order.saved", "sales.shipment.saved"))
    return tuple(map(str, names)) if _rest(front) else ()


_NO_MODULE: Final = (
    "the module mage-os/mageos-async-events is not installed; nothing is lost, since the shop is polled every 2 minutes"
)


def _care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """The subscriptions of async events that point at us; https://github.com/mage-os/mageos-async-events.

    A mere look finds none where the module is missing, or may not be asked: most shops are polled and need none.
    """
    url, caller = _rest(asked.front), _Caller(asked)
    if not url and topics:
        raise Denied(0, "the option url is missing, so nobody knows where the shop is")
    found: dict[str, Subscription] = {}
    for ours in (yield from _subscribed(caller, url, address, bool(topics))) if url else ():
        name, active = str(ours["event_name"]), str(ours.get("status")) in ("1", "True")
        if active or name not in found:
            mended = not active and name in topics
            if mended:
                yield from _switch_on(caller, url, ours)
            found[name] = Subscription(name, "active" if active or mended else "disabled", mended)
    for name in sorted(topics - found.keys()):
        found[name] = yield from _subscribe(caller, asked, url, address, name)
    return tuple(found[name] for name in sorted(found))


def _subscribed(
    caller: _Caller, url: str, address: str, needed: bool
) -> Generator[Step, Any, tuple[Mapping[str, Any], ...]]:
    filters = ("recipient_url", "eq", address)
    fields = "subscription_id,event_name,recipient_url,status"
    call = Call("GET", f"{url}/async_events", _search(fields, "subscription_id", 100, 1, filters))
    response = yield from caller.ask(call, *((404,) if needed else (401, 403, 404)))
    if response.status == 404 and needed:
        raise Denied(404, _NO_MODULE)
    items = an_object(response.json()).get("items") if response.status == 200 else None
    wanted = {"subscription_id", "event_name", "recipient_url"}
    fits = [item for item in items or () if isinstance(item, dict) and wanted <= item.keys()]
    return tuple(item for item in fits if item["recipient_url"] == address)


def _switch_on(caller: _Caller, url: str, ours: Mapping[str, Any]) -> Generator[Step, Any, None]:
    number = str(ours["subscription_id"])
    body = {
        "asyncEvent": {"subscription_id": ours["subscription_id"], "event_name": ours["event_name"], "status": True}
    }
    yield from caller.ask(_json("PUT", f"{url}/async_event/{percent(number)}", body))


def _subscribe(caller: _Caller, asked: Asked, url: str, address: str, name: str) -> Generator[Step, Any, Subscription]:
    """A new subscription. An event that the shop does not define is missing, with Magento's reason."""
    token = asked.keys.get("verification_token", "")
    if not token:
        raise Denied(0, "verification_token is missing among the keys: the secret with which Magento is to sign")
    event = {"event_name": name, "recipient_url": address, "verification_token": token, "metadata": "http"}
    response = yield from caller.ask(_json("POST", f"{url}/async_event", {"asyncEvent": event}), 400, 404)
    if response.status in (400, 404):
        return Subscription(name, "missing", note=_said(response))
    return Subscription(name, "active", mended=True)


def _json(method: Any, url: str, body: Mapping[str, Any]) -> Call:
    headers = {"content-type": "application/json"}
    return Call(method, url, headers=headers, body=json.dumps(body).encode(), harmless=method == "PUT")


_ORDER: Final = (
    "entity_id,increment_id,state,status,created_at,updated_at,order_currency_code,grand_total,total_due,total_paid,"
    "discount_amount,coupon_code,items[item_id,parent_item_id,product_type,sku,name,qty_ordered,row_total,"
    "row_total_incl_tax,discount_amount]"
)
_CREDITMEMO: Final = "entity_id,order_id,state,grand_total,order_currency_code,created_at,updated_at"
_SHIPMENT: Final = "entity_id,order_id,created_at,updated_at,tracks[track_number,title,carrier_code,created_at]"
_PRODUCT: Final = "id,sku,name,price,updated_at,extension_attributes[category_links]"
_RULE: Final = "rule_id,name,is_active,from_date,to_date,action_condition"
_SOON: Final = timedelta(minutes=2)

API = Api(
    keys=(_OAUTH, ("access_token",), ("client_id", "client_secret"), (*_OAUTH, "verification_token")),
    hosts=hosts,
    streams=(
        Stream("orders", _SOON, _changes("orders", "/orders", _ORDER, _FIRST)),
        Stream("creditmemos", _SOON, _changes("creditmemos", "/creditmemos", _CREDITMEMO, _FIRST)),
        Stream("shipments", _SOON, _changes("shipments", "/shipments", _SHIPMENT, _FIRST)),
        Stream("stock", timedelta(minutes=15), _stock),
        Stream("products", timedelta(hours=1), _changes("products", "/products", _PRODUCT, None)),
        Stream("sales-rules", timedelta(hours=1), _pages("sales-rules", "/salesRules/search", _RULE, "rule_id")),
        Stream("journal", timedelta(minutes=10), _journal),
    ),
    wanted=_wanted,
    advice="without a module for webhooks, nothing is heard of its orders and its stock",
    care=_care,
)

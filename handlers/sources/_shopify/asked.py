"""How Shopify's GraphQL Admin API is asked for what no webhook told.

A body that was heard is ``{"nodes": [...]}`` in the words of Shopify's webhooks: a part of the stock or of the
products, else one thing each, so that an order that cannot be understood does not keep the others of its page from
being told.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.plans import Json, an_object, counted, in_utc, moment_in, object_in
from bot.core.polling import Api, Asked, Heard, Plan, Stream
from handlers.sources._shopify import fields
from handlers.sources._shopify.calls import Found, Shop, hosts, listed, within
from handlers.sources._shopify.webhooks import care, wanted

_OVERLAP: Final = timedelta(minutes=5)
_FIRST_RUN: Final = timedelta(hours=24)
# https://shopify.dev/docs/api/admin-graphql/latest/objects/Order: older orders need the scope read_all_orders.
_REACH: Final = timedelta(days=60)
_DAY: Final = timedelta(days=1)
_DISPUTES: Final = timedelta(days=120)
_PAYOUTS: Final = timedelta(days=30)
_ENDED: Final = timedelta(days=3)
_MOST_KNOWN: Final = 1_000
_LARGE: Final = 100_000
_LAG: Final = timedelta(hours=1)


def _body(*nodes: Json) -> bytes:
    return json.dumps({"nodes": nodes}, sort_keys=True, separators=(",", ":")).encode()


def _each(nodes: Iterable[Json]) -> tuple[bytes, ...]:
    """A body for each."""
    return tuple(_body(node) for node in nodes)


def _parts(nodes: Found) -> tuple[bytes, ...]:
    """Bodies of several each, none so large that the parser refuses it for the number of its values."""
    parts: list[list[Json]] = []
    room = 0
    for node in nodes:
        size = len(_body(node))
        if size > room:
            parts.append([])
            room = _LARGE
        parts[-1].append(node)
        room -= size
    return tuple(_body(*part) for part in parts)


# Cursors: an ISO moment, or JSON where one moment is not enough.


def _iso(at: datetime) -> str:
    return f"{in_utc(at)}Z"


def _newest(since: datetime, nodes: Found, now: datetime) -> datetime:
    """The last change that was seen. Shopify's search lags behind, so what was not seen is not taken for past."""
    told = (moment_in(node.get("updated_at")) for node in nodes)
    return max((since, *(at for at in told if at and at <= now)))


# The streams.


def _orders(asked: Asked) -> Plan:
    """Orders by their last change, with their payments, refunds and shipments: what orders/* and the like tell."""
    shop, known = Shop(asked), moment_in(asked.cursor)
    since = max(known, asked.now - _REACH) if known else asked.now - _FIRST_RUN
    where, after = f"updated_at:>='{_iso(since - _OVERLAP)}'", ""
    while True:
        page = yield from shop.page(fields.ORDERS, "orders", after, where)
        nodes = yield from shop.whole(page.nodes, "line_items", "Order", fields.LINES)
        since = _newest(since, nodes, asked.now)
        yield Heard("orders", _each(nodes), _iso(since), page.at)
        if not (after := page.after):
            return


def _stock(asked: Asked) -> Plan:
    """What every location has of every item. A walk that was cut short goes on where it ended; what a whole one did not
    tell of is gone, unless it is so new that Shopify's list may lag behind."""
    shop, state = Shop(asked), object_in(asked.cursor)
    after, began, any_told = str(state.get("after", "")), moment_in(state.get("began")), bool(state)
    while True:
        page = yield from shop.page(fields.ITEMS, "inventoryItems", after)
        nodes = yield from shop.whole(page.nodes, "levels", "InventoryItem", fields.LEVELS)
        began = began if after else page.at
        after, any_told = page.after, any_told or bool(nodes)
        cursor = json.dumps({"after": after, "began": _iso(began)}) if after and began else _iso(page.at)
        yield Heard("stock", _parts(nodes), cursor, page.at)
        if not after:
            break
    if began and any_told and asked.front.options.get("stock") != "variants":
        yield counted(began - _LAG, cursor, page.at)


def _locations(asked: Asked) -> Plan:
    """What the places are called that levels name by their ids."""
    nodes, at = yield from Shop(asked).all(fields.LOCATIONS, "locations")
    news, told = _news(asked, nodes, "id")
    yield Heard("locations", _each(news), _knowing(told), at)


def _products(asked: Asked) -> Plan:
    """Every product once a day, since Shopify does not say when a collection gained or lost one; in between those that
    changed."""
    shop, state = Shop(asked), object_in(asked.cursor)
    full, since = moment_in(state.get("full")), moment_in(state.get("since"))
    walking = not full or not since or full <= asked.now - _DAY
    after = str(state.get("after", ""))
    began = moment_in(state.get("began")) if after else None
    since = since if since and not walking else began or asked.now
    where = None if walking else f"updated_at:>='{_iso(since - _OVERLAP)}'"
    while True:
        page = yield from shop.page(fields.PRODUCTS, "products", after, where)
        nodes = yield from shop.whole(page.nodes, "variants", "Product", fields.VARIANTS)
        after = page.after
        if walking:
            done = {"full": _iso(since), "since": _iso(since)} if not after else {"began": _iso(since), "after": after}
        else:
            since = _newest(since, nodes, asked.now)
            done = {"full": state["full"], "since": _iso(since)}
        yield Heard("products", _parts(nodes), json.dumps(done), page.at)
        if not after:
            return


def _items(asked: Asked) -> Plan:
    """What the items are of which a stock level was told and no SKU."""
    ids = [f"gid://shopify/InventoryItem/{item}" for item in asked.items if re.fullmatch("[0-9]{1,19}", item)]
    nodes, at = yield from Shop(asked).named(fields.ITEMS_BY_ID, ids)
    yield Heard("items", _parts(nodes), _iso(asked.now), at)


def _disputes(asked: Asked) -> Plan:
    """The disputes of the last months that are not as they were, because the API cannot be asked for those alone."""
    where = f"initiated_at:>='{_iso(asked.now - _DISPUTES)}'"
    nodes, at = yield from Shop(asked).all(fields.DISPUTES, "disputes", where)
    news, told = _news(asked, nodes, "id")
    yield Heard("disputes", _each(news), _knowing(told), at)


def _payouts(asked: Asked) -> Plan:
    """The payouts of the last weeks, of which no webhook tells. A shop without Shopify Payments has none."""
    where = f"issued_at:>='{_iso(asked.now - _PAYOUTS)}'"
    nodes, at = yield from Shop(asked).all(fields.PAYOUTS, "shopifyPaymentsAccount.payouts", where)
    news, told = _news(asked, nodes, "id")
    yield Heard("payouts", _each(news), _knowing(told), at)


def _discounts(asked: Asked) -> Plan:
    """Discounts ahead, running and just ended. One that was ahead or running and is not there any more was deleted:
    its webhook names neither its title nor its dates, so the cursor remembers them."""
    where = f"status:active OR status:scheduled OR ends_at:>='{_iso(asked.now - _ENDED)}'"
    nodes, at = yield from Shop(asked).all(fields.DISCOUNTS, "discountNodes", where)
    news, told = _news(asked, nodes, "admin_graphql_api_id")
    known = an_object(object_in(asked.cursor).get("known"))
    gone = tuple(
        {"admin_graphql_api_id": id, "discount": plan, "deleted_at": _iso(at)}
        for id, plan in known.items()
        if id not in told and not ((ends := moment_in(within(plan, "ends_at"))) and ends <= at)
    )
    ahead = {
        str(node.get("admin_graphql_api_id")): {
            name: within(node, "discount", name) for name in ("title", "starts_at", "ends_at")
        }
        for node in nodes[:_MOST_KNOWN]
        if within(node, "discount", "status") != "EXPIRED"
    }
    yield Heard("discounts", _each((*news, *gone)), _knowing(told, known=ahead), at)


def _holds(asked: Asked) -> Plan:
    """The orders that are held. One that was held and is not any more was let go; no webhook of a hold names its
    order."""
    found, at = yield from Shop(asked).all(fields.HOLDS, "fulfillmentOrders", "status:on_hold")
    # Shopify ignores a filter that it does not understand, and would give all there are.
    held = {str(within(node, "order", "id")): node for node in found if node.get("status") == "ON_HOLD"}
    news, told = _news(asked, tuple(held.values()), "order", "id")
    before = an_object(object_in(asked.cursor).get("held"))
    freed = tuple(
        {"order": {"id": order, "name": number}, "updated_at": _iso(at), "freed": True}
        for order, number in before.items()
        if order not in held
    )
    kept = {order: str(within(node, "order", "name")) for order, node in list(held.items())[:_MOST_KNOWN]}
    yield Heard("holds", _each((*news, *freed)), _knowing(told, held=kept), at)


def _inbound(asked: Asked) -> Plan:
    """Goods on their way to the shop, and those that arrived since: the webhooks of transfers name no SKU."""
    shop = Shop(asked)
    where = "status:in_transit OR status:partially_received"
    found, at = yield from shop.all(fields.SHIPMENTS, "inventoryShipments", where)
    found = tuple(node for node in found if node.get("status") in ("IN_TRANSIT", "PARTIALLY_RECEIVED"))
    nodes = yield from shop.whole(found, "line_items", "InventoryShipment", fields.ARRIVING)
    news, told = _news(asked, nodes, "admin_graphql_api_id")
    before = an_object(object_in(asked.cursor).get("coming"))
    missing = [id for id in before if id not in told]
    found, _ = yield from shop.named(fields.SHIPMENTS_BY_ID, missing)
    ended = yield from shop.whole(found, "line_items", "InventoryShipment", fields.ARRIVING)
    there = {str(node.get("admin_graphql_api_id")) for node in ended}
    gone = tuple(_withdrawn(before[id]) for id in missing if id not in there)
    kept = {str(node.get("admin_graphql_api_id")): _remembered(node) for node in nodes[:_MOST_KNOWN]}
    yield Heard("inbound", _each((*news, *ended, *gone)), _knowing(told, coming=kept), at)


def _news(asked: Asked, nodes: Found, *id: str) -> tuple[Found, dict[str, str]]:
    """Those of a whole list that are not as they were when they were told, and by id how each is now."""
    before = an_object(object_in(asked.cursor).get("told"))
    now = {str(within(node, *id)): hashlib.sha256(_body(node)).hexdigest()[:16] for node in nodes}
    news = tuple(node for node in nodes if before.get(name := str(within(node, *id))) != now[name])
    return news, now


def _knowing(told: Mapping[str, str], **more: Any) -> str:
    """A cursor that knows what was told, and what else; of very long lists only the beginning."""
    return json.dumps({"told": dict(list(told.items())[:_MOST_KNOWN]), **more})


def _remembered(shipment: Json) -> Json:
    """What has to be known of a shipment to withdraw it once it was deleted."""
    skus = {str(within(line, "item", "sku") or "") for line in listed(shipment.get("line_items"))[0]}
    return {"name": shipment.get("name"), "skus": sorted(skus - {""})}


def _withdrawn(remembered: Any) -> Json:
    skus = within(remembered, "skus")
    lines = [{"item": {"sku": sku}, "remaining": 0, "accepted": 0} for sku in (skus if isinstance(skus, list) else [])]
    return {"name": within(remembered, "name"), "status": "DELETED", "line_items": {"nodes": lines}}


def _every(minutes: int, name: str, plan: Callable[[Asked], Plan], of_items: bool = False) -> Stream:
    return Stream(name, timedelta(minutes=minutes), plan, of_items)


API: Final = Api(
    keys=(("access_token",), ("client_id", "client_secret")),
    hosts=hosts,
    streams=(
        _every(15, "orders", _orders),
        _every(60 * 24, "stock", _stock),
        _every(60, "locations", _locations),
        _every(60, "products", _products),
        _every(15, "items", _items, of_items=True),
        _every(60, "disputes", _disputes),
        _every(60, "payouts", _payouts),
        _every(15, "discounts", _discounts),
        _every(5, "holds", _holds),
        _every(15, "inbound", _inbound),
    ),
    wanted=wanted,
    care=care,
)

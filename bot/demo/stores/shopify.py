"""Shopify's GraphQL Admin API as it answers, over values in memory: tokens that expire, the price of a query, pages,
filters, missing scopes, and webhooks that Shopify has deleted.

The values are written with the names and types of the API (``legacyResourceId``, ``totalPriceSet``), whole lists where
the API gives pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.core.polling import Call, Response
from bot.demo.stores.shopify_graphql import Field, page, read, shown

Node = dict[str, Any]

DOMAIN = "leaf.myshopify.com"
CLIENT = {"client_id": "kettle", "client_secret": "three-cups"}
_TOKEN = f"https://{DOMAIN}/admin/oauth/access_token"
_QUERY = re.compile(f"https://{re.escape(DOMAIN)}/admin/api/20[0-9]{{2}}-(01|04|07|10)/graphql.json")
_FILTER = re.compile(r"(\w+):(>=)?'?([^' ]+)'?")
_SCOPES = {
    "orders": "read_orders",
    "inventoryItems": "read_inventory",
    "nodes": "read_inventory",
    "products": "read_products",
    "locations": "read_locations",
    "disputes": "read_shopify_payments_disputes",
    "shopifyPaymentsAccount": "read_shopify_payments_payouts",
    "discountNodes": "read_discounts",
    "fulfillmentOrders": "read_merchant_managed_fulfillment_orders",
    "inventoryShipments": "read_inventory_shipments",
}
# By what a list is sorted and a filter compares, where that is not the node's own field of that name.
_FIELDS = {"updated_at": "updatedAt", "initiated_at": "initiatedAt", "issued_at": "issuedAt"}


@dataclass
class Shopify:
    """A shop. Its lists are nodes of the API; whoever tests writes into them.

    ``tokens`` are the good ones and until when, ``lacks`` the scopes that the app was not given, ``dearest`` what one
    query may cost, ``filters`` whether a filter is understood (else it is ignored), ``bucket`` the points that are left
    of ``full``, of which ``rate`` come back in a second.
    """

    hosts: tuple[str, ...] = (DOMAIN,)
    orders: list[Node] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    products: list[Node] = field(default_factory=list)
    locations: list[Node] = field(default_factory=list)
    disputes: list[Node] = field(default_factory=list)
    payouts: list[Node] | None = field(default_factory=list)
    discounts: list[Node] = field(default_factory=list)
    holds: list[Node] = field(default_factory=list)
    shipments: list[Node] = field(default_factory=list)
    webhooks: list[Node] = field(default_factory=list)
    tokens: dict[str, datetime | None] = field(default_factory=lambda: {"shpat_kettle": None})
    lacks: frozenset[str] = frozenset()
    dearest: int = 1_000
    full: float = 2_000.0
    rate: float = 100.0
    bucket: float = 2_000.0
    filled: datetime | None = None
    installed: bool = True
    filters: bool = True

    def answer(self, call: Call, now: datetime) -> Response:
        """What Shopify answers, in its own words also where it refuses."""
        if call.url == _TOKEN:
            return self._grant(dict(call.form) or json.loads(call.body), now)
        if not _QUERY.fullmatch(call.url):
            return _said(404, {"errors": "Not Found"}, now)
        until = self.tokens.get(call.headers.get("x-shopify-access-token", ""), now)
        if until is not None and until <= now:
            refusal = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return _said(401, {"errors": refusal}, now)
        asked = json.loads(call.body)
        return _said(200, self._answered(read(asked["query"], asked.get("variables", {})), now), now)

    def _grant(self, form: Mapping[str, str], now: datetime) -> Response:
        if form != {"grant_type": "client_credentials", **CLIENT} or not self.installed:
            return _said(400, {"error": "invalid_client"}, now)
        token = f"shpca_{len(self.tokens)}"
        self.tokens[token] = now + timedelta(days=1)
        return _said(200, {"access_token": token, "scope": "read_orders", "expires_in": 86_399}, now)

    def _answered(self, fields: tuple[Field, ...], now: datetime) -> Node:
        """The answer to a query that was understood: its data or why there is none, and what it cost."""
        cost = sum(each.cost for each in fields)
        if cost > self.dearest:
            said = f"Query cost is {cost}, which exceeds the single query max cost limit ({self.dearest})."
            return _error(said, "MAX_COST_EXCEEDED")
        seconds = (now - self.filled).total_seconds() if self.filled else 0.0
        self.bucket, self.filled = min(self.full, self.bucket + seconds * self.rate), now
        if cost > self.bucket:
            return _error("Throttled", "THROTTLED") | self._charged(cost)
        self.bucket -= cost
        for each in fields:
            if (scope := _SCOPES.get(each.name)) in self.lacks:
                said = f"Access denied for {each.name} field. Required access: `{scope}` access scope."
                return _error(said, "ACCESS_DENIED") | self._charged(cost) | {"data": None}
        return {"data": {each.alias: self._root(each, now) for each in fields}} | self._charged(cost)

    def _charged(self, cost: int) -> Node:
        status = {"maximumAvailable": self.full, "currentlyAvailable": self.bucket, "restoreRate": self.rate}
        return {"extensions": {"cost": {"requestedQueryCost": cost, "throttleStatus": status}}}

    def _root(self, asked: Field, now: datetime) -> Any:
        match asked.name:
            case "node":
                return shown(self._named(asked.arguments["id"]), asked.inner)
            case "nodes":
                return [shown(self._named(id), asked.inner) for id in asked.arguments["ids"]]
            case "shopifyPaymentsAccount":
                if self.payouts is None:
                    return None
                return {each.alias: self._listed(self.payouts, each) for each in asked.inner}
            case "webhookSubscriptionCreate" | "webhookSubscriptionUpdate":
                return shown(self._subscribed(asked.arguments), asked.inner)
        return self._listed(self._lists[asked.name], asked)

    def _listed(self, rows: list[Node], asked: Field) -> Any:
        """A page of a list, sorted and filtered as the API does both."""
        by = "updatedAt" if asked.arguments.get("sortKey") == "UPDATED_AT" else "id"
        where = asked.arguments.get("query") if self.filters else None
        placed = [row | {"__place": [row[by], row["id"]]} for row in rows if _fits(row, where)]
        placed.sort(key=lambda row: row["__place"])
        return shown(page(placed, asked.arguments), asked.inner)

    @property
    def _lists(self) -> Mapping[str, list[Node]]:
        return {
            "orders": self.orders,
            "inventoryItems": self.items,
            "products": self.products,
            "locations": self.locations,
            "disputes": self.disputes,
            "discountNodes": self.discounts,
            "fulfillmentOrders": self.holds,
            "inventoryShipments": self.shipments,
            "webhookSubscriptions": self.webhooks,
        }

    def _named(self, id: str) -> Node | None:
        found = (node for nodes in self._lists.values() for node in nodes if node["id"] == id)
        return next(found, None)

    def _subscribed(self, given: Mapping[str, Any]) -> Node:
        if "id" in given:
            [hook] = [each for each in self.webhooks if each["id"] == given["id"]]
            hook.update(given["webhookSubscription"])
            return {"userErrors": []}
        topic, to = given["topic"], given["webhookSubscription"]
        if any((each["topic"], each["uri"]) == (topic, to["uri"]) for each in self.webhooks):
            return {"userErrors": [{"message": "Address for this topic has already been taken"}]}
        if topic.startswith("DISPUTES") and "read_shopify_payments_disputes" in self.lacks:
            said = f"You do not have permission to create or update webhooks with {topic} topic."
            return {"userErrors": [{"message": said}]}
        id = f"gid://shopify/WebhookSubscription/{len(self.webhooks) + 1}"
        self.webhooks.append({"id": id, "topic": topic, **to})
        return {"userErrors": []}


def _fits(row: Node, where: str | None) -> bool:
    """Whether a row is meant by a filter: comparisons of which, with OR, one has to hold."""
    plain = row | row.get("discount", {})
    return not where or any(_holds(plain, *found) for found in _FILTER.findall(where))


def _holds(row: Node, name: str, atleast: str, value: str) -> bool:
    """Words are compared without case, and several at once with commas between them."""
    if not atleast:
        return str(row[name]).lower() in value.split(",")
    have = row[_FIELDS.get(name, "endsAt")]
    return have is not None and datetime.fromisoformat(have) >= datetime.fromisoformat(value)


def _error(message: str, code: str) -> Node:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def _said(status: int, body: Node, now: datetime) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode(), now)

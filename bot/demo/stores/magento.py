"""Magento's REST API and Adobe's journal as they answer, over tables in memory.

Played are the signature with its nonces, the bearer that is off by default, Adobe's tokens that end, resources that an
integration lacks, pages of which the last one is given again when one asks for a later one, the limit of a page's size,
the choice of fields, and the module async-events.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.core.oauth import Credentials, base_string, unpercent
from bot.core.polling import Call, Response

Row = dict[str, Any]
Fields = dict[str, "Fields"]

SHOP = "shop.example"
JOURNAL = "events.adobe.io"
TOKENS = "ims-na1.adobelogin.com"
KEYS = {
    "consumer_key": "c" * 32,
    "consumer_secret": "consumer+secret",
    "access_token": "t" * 32,
    "access_token_secret": "token/secret",
    "client_id": "spice-client",
    "client_secret": "spice-client-secret",
    "verification_token": "spice-verification",
}
_TABLES = {
    "/orders": ("orders", "Magento_Sales::actions_view"),
    "/creditmemos": ("creditmemos", "Magento_Sales::creditmemo"),
    "/shipments": ("shipments", "Magento_Sales::shipment"),
    "/products": ("products", "Magento_Catalog::products"),
    "/inventory/source-items": ("source_items", "Magento_InventoryApi::source"),
    "/salesRules/search": ("rules", "Magento_SalesRule::quote"),
    "/async_events": ("subscriptions", "MageOS_AsyncEvents::manage"),
}
_SALABLE = re.compile(r"/inventory/get-product-salable-quantity/([^/]+)/([0-9]+)")
_STOCK_ITEM = re.compile(r"/stockItems/([^/]+)")
_RULE = re.compile(r"/salesRules/([0-9]+)")
_SUBSCRIPTION = re.compile(r"/async_event(?:/([0-9]+))?")
_HEADER = re.compile(r'(\w+)="([^"]*)"')
_FILTER = re.compile(r"searchCriteria\[filter_groups\]\[([0-9]+)\]\[filters\]\[0\]\[(\w+)\]")
_AHEAD = timedelta(minutes=10)
_WEEK = timedelta(days=7)


@dataclass
class Magento:
    """A shop and Adobe's side of it. Its tables are lists of rows as REST gives them; whoever tests writes into them.

    ``bearer`` is Magento's setting, ``lacks`` the resources that the integration has not got, ``module`` whether
    async-events is installed, ``defined`` its events. ``fails`` is how many calls are answered 503 after their nonce
    has been noted; ``ahead`` how far the shop's clock is from the given one.
    """

    hosts: tuple[str, ...] = (SHOP, JOURNAL, TOKENS)
    orders: list[Row] = field(default_factory=list)
    creditmemos: list[Row] = field(default_factory=list)
    shipments: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    source_items: list[Row] = field(default_factory=list)
    salable: dict[str, float] = field(default_factory=dict)
    stock_items: dict[str, Row] = field(default_factory=dict)
    rules: list[Row] = field(default_factory=list)
    subscriptions: list[Row] = field(default_factory=list)
    journal: list[tuple[datetime, Row]] = field(default_factory=list)
    bearer: bool = False
    lacks: frozenset[str] = frozenset()
    module: bool = True
    defined: frozenset[str] = frozenset({"sales.order.saved", "sales.shipment.saved"})
    most: int = 300
    fails: int = 0
    ahead: timedelta = timedelta(0)
    token_lasts: int = 86_399
    nonces: set[str] = field(default_factory=set)
    tokens: dict[str, datetime] = field(default_factory=dict)
    asked: list[Call] = field(default_factory=list)

    def answer(self, call: Call, now: datetime) -> Response:
        """What the platform answers to a call at ``now``."""
        self.asked.append(call)
        at = now + self.ahead
        host, _, path = call.url.removeprefix("https://").partition("/")
        if host == TOKENS:
            return self._token(call, at)
        if host == JOURNAL:
            return self._journal(call, f"/{path}", at)
        refusal = self._refusal(call, at)
        if refusal is not None:
            return refusal
        if self.fails:
            self.fails -= 1
            return Response(503, {"retry-after": "1"}, b"", at)
        return self._rest(call, re.sub(r"^rest/(\w+/)?V1", "", path), at)

    def _rest(self, call: Call, path: str, at: datetime) -> Response:
        if path.startswith("/async_event") and not self.module:
            return _said(404, "Request does not match any route.", at)
        if call.method == "GET" and path in _TABLES:
            table, resource = _TABLES[path]
            lacking = {"resources": resource}
            if resource in self.lacks:
                return _said(401, "The consumer isn't authorized to access %resources.", at, lacking)
            return self._search(getattr(self, table), dict(call.params), at)
        if match := _RULE.fullmatch(path):
            rule = next((row for row in self.rules if row["rule_id"] == int(match[1])), None)
            return _said(404, "No such entity with %fieldName", at) if rule is None else _json(rule, at)
        of_skus: tuple[tuple[re.Pattern[str], Mapping[str, Any]], ...] = (
            (_SALABLE, self.salable),
            (_STOCK_ITEM, self.stock_items),
        )
        for form, known in of_skus:
            if match := form.fullmatch(path):
                found = known.get(unpercent(match[1]))
                return _said(404, "The product is not there.", at) if found is None else _json(found, at)
        if match := _SUBSCRIPTION.fullmatch(path):
            return self._subscribe(json.loads(call.body)["asyncEvent"], match[1], at)
        return _said(404, "Request does not match any route.", at)

    def _refusal(self, call: Call, at: datetime) -> Response | None:
        """Why Magento does not take whoever calls for somebody it knows; None when it does."""
        kind, _, rest = call.headers.get("authorization", "").partition(" ")
        if kind == "Bearer":
            known = (self.bearer and rest == KEYS["access_token"]) or self.tokens.get(rest, at) > at
            return None if known else _said(401, "The consumer isn't authorized to access %resources.", at)
        given = {name: unpercent(value) for name, value in _HEADER.findall(rest)}
        if int(given["oauth_timestamp"]) > (at + _AHEAD).timestamp():
            return _said(401, "The timestamp value in the oauth_timestamp parameter is invalid.", at)
        if given["oauth_nonce"] in self.nonces:
            return _said(401, "The nonce is already being used by the consumer with ID %1", at)
        self.nonces.add(given["oauth_nonce"])
        signature = given.pop("oauth_signature")
        if signature != _signature(call, given):
            return _said(401, "The signature is invalid. Verify and try again.", at)
        return None

    def _search(self, rows: list[Row], params: dict[str, str], at: datetime) -> Response:
        size, page = int(params["searchCriteria[pageSize]"]), int(params["searchCriteria[currentPage]"])
        if size > self.most:
            return _said(400, "Maximum SearchCriteria pageSize is %max", at, {"max": self.most})
        filters: dict[str, dict[str, str]] = {}
        for name, value in params.items():
            if match := _FILTER.fullmatch(name):
                filters.setdefault(match[1], {})[match[2]] = value
        found = [row for row in rows if all(_fits(row, each) for each in filters.values())]
        sort = params["searchCriteria[sortOrders][0][field]"]
        found.sort(key=lambda row: row.get(sort, 0))
        page = min(page, max(1, -(-len(found) // size)))
        chosen = found[(page - 1) * size : page * size]
        answer = {"items": chosen or None, "search_criteria": {"page_size": size}, "total_count": len(found)}
        return _json(_projected(answer, _parsed(params["fields"])), at)

    def _subscribe(self, event: Row, number: str | None, at: datetime) -> Response:
        if number is not None:
            [row] = [row for row in self.subscriptions if str(row["subscription_id"]) == number]
            row["status"] = event["status"]
            return _json(row, at)
        if event["event_name"] not in self.defined:
            return _said(400, "There is no event %name", at, {"name": event["event_name"]})
        row = {"subscription_id": len(self.subscriptions) + 1, "status": True, "store_id": 0}
        self.subscriptions.append(row | {name: event[name] for name in ("event_name", "recipient_url", "metadata")})
        return _json(row, at)

    def _token(self, call: Call, at: datetime) -> Response:
        form = dict(call.form)
        if (form["client_id"], form["client_secret"]) != (KEYS["client_id"], KEYS["client_secret"]):
            return Response(400, {}, b'{"error": "invalid_client"}', at)
        token = f"adobe-{len(self.tokens)}"
        self.tokens[token] = at + timedelta(seconds=self.token_lasts)
        return _json({"access_token": token, "token_type": "bearer", "expires_in": self.token_lasts}, at)

    def _journal(self, call: Call, path: str, at: datetime) -> Response:
        """Positions are the numbers of events, counted from the first that there ever was."""
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or self.tokens.get(token, at) <= at or call.headers.get("x-api-key") != KEYS["client_id"]:
            return Response(401, {}, b'{"error_code": "401013", "message": "Oauth token is not valid"}', at)
        given, gone = dict(call.params), sum(written < at - _WEEK for written, _ in self.journal)
        first = gone if "since" not in given else int(given["since"].partition(":")[2])
        if "latest" in given:
            first = len(self.journal)
        if first < gone:
            return Response(410, {}, b"Events at this position have expired.", at)
        found = self.journal[first : first + int(given.get("limit", 2))]
        after = f"since=penguin%3A{first + len(found)}&limit=2"
        headers = {"link": f'<{path}?{after}>; rel="next", <{path}/validate?{after}>; rel="validate"'}
        if not found:
            return Response(204, {**headers, "retry-after": "10"}, b"", at)
        events = [{"position": f"penguin:{first + n + 1}", "event": event} for n, (_, event) in enumerate(found)]
        return _json({"events": events, "_page": {"count": len(events)}}, at, headers)


def _signature(call: Call, given: dict[str, str]) -> str:
    """The signature that Magento works out for itself from what it keeps of the integration."""
    by = Credentials(KEYS["consumer_key"], KEYS["consumer_secret"], KEYS["access_token"], KEYS["access_token_secret"])
    text = base_string(call.method, call.url, (*call.params, *call.form, *given.items()))
    key = "consumer%2Bsecret&token%2Fsecret"
    known = (given["oauth_consumer_key"], given["oauth_token"]) == (by.consumer_key, by.token)
    mac = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(mac).decode() if known else ""


def _fits(row: Row, wanted: dict[str, str]) -> bool:
    value = str(row.get(wanted["field"], ""))
    return value >= wanted["value"] if wanted["condition_type"] == "gteq" else value == wanted["value"]


def _parsed(text: str) -> Fields:
    """``items[sku,tracks[title]],total_count`` as nested names."""
    stack: list[Fields] = [{}]
    name = ""
    for mark in re.findall(r"[^\[\],]+|[\[\],]", text):
        if mark == "[":
            stack.append(stack[-1][name])
        elif mark == "]":
            stack.pop()
        elif mark != ",":
            name = mark
            stack[-1][name] = {}
    return stack[0]


def _projected(value: Any, fields: Fields) -> Any:
    """The chosen fields of an object, or of each object of a list; all of it where none are chosen."""
    if isinstance(value, list):
        return [_projected(each, fields) for each in value]
    if not fields or not isinstance(value, dict):
        return value
    return {name: _projected(value[name], inner) for name, inner in fields.items() if name in value}


def _json(value: Any, at: datetime, headers: Iterable[tuple[str, str]] | dict[str, str] = ()) -> Response:
    return Response(200, {"content-type": "application/json", **dict(headers)}, json.dumps(value).encode(), at)


def _said(status: int, message: str, at: datetime, parameters: Row | None = None) -> Response:
    body = {"message": message} | ({"parameters": parameters} if parameters else {})
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode(), at)

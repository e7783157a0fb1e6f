"""WooCommerce's REST API as it answers, over lists in memory: keys, pages, filters by time of change, chosen fields,
the refunds of an order, the variations of a product, and webhooks that can be mended.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.core.polling import Call, Response

Row = dict[str, Any]

SHOP = "shop.example"
KEYS = {"consumer_key": "ck_kettle", "consumer_secret": "cs_kettle", "webhook_secret": "tea & cake"}
_BASE = f"https://{SHOP}/wp-json/wc/v3/"
_OF = re.compile(r"(orders|products)/([0-9]+)/(refunds|variations)")
_HOOK = re.compile(r"webhooks/([0-9]+)")
_COUPON = re.compile(r"coupons/([0-9]+)")


@dataclass
class WooCommerce:
    """A shop. Its lists are rows as REST gives them; whoever tests writes into them.

    ``refunds`` and ``variations`` are by the id of their order or product. ``busy`` is how many calls a firewall still
    turns away with a 503, ``strips`` whether the server drops the Authorization header, ``reads`` whether the key may
    only read.
    """

    hosts: tuple[str, ...] = (SHOP,)
    orders: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    coupons: list[Row] = field(default_factory=list)
    webhooks: list[Row] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=lambda: {"woocommerce_notify_low_stock_amount": "2"})
    refunds: dict[int, list[Row]] = field(default_factory=dict)
    variations: dict[int, list[Row]] = field(default_factory=dict)
    busy: int = 0
    strips: bool = False
    reads: bool = False

    def answer(self, call: Call, now: datetime) -> Response:
        """What WooCommerce answers, in its own words also where it refuses."""
        if self.busy > 0:
            self.busy -= 1
            return Response(503, {"retry-after": "1"}, b"<html>busy</html>", now)
        params = dict(call.params)
        if not self._knows(call):
            return _refused(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", now)
        path = call.url.removeprefix(_BASE)
        if call.method != "GET":
            return self._change(call, path, now)
        if (setting := path.removeprefix("settings/products/")) in self.settings:
            value = {"id": setting, "value": self.settings[setting]}
            return Response(200, {}, json.dumps(value).encode(), now)
        if one := _COUPON.fullmatch(path):
            found = [row for row in self.coupons if row["id"] == int(one[1])]
            if not found:
                return _refused(404, "woocommerce_rest_coupon_invalid_id", "Invalid ID.", now)
            return Response(200, {}, json.dumps(found[0]).encode(), now)
        rows = self._rows(path)
        if rows is None:
            return _refused(404, "rest_no_route", "No route was found matching the URL and request method.", now)
        return _page(rows, params, now)

    def _knows(self, call: Call) -> bool:
        wanted = KEYS["consumer_key"], KEYS["consumer_secret"]
        basic = base64.b64encode(":".join(wanted).encode()).decode()
        return not self.strips and call.headers.get("authorization") == f"Basic {basic}"

    def _rows(self, path: str) -> list[Row] | None:
        lists = {"orders": self.orders, "products": self.products, "coupons": self.coupons, "webhooks": self.webhooks}
        inner = _OF.fullmatch(path)
        if inner:
            return {"refunds": self.refunds, "variations": self.variations}[inner[3]].get(int(inner[2]), [])
        return lists.get(path)

    def _change(self, call: Call, path: str, now: datetime) -> Response:
        if self.reads:
            return _refused(403, "woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this.", now)
        given, existing = json.loads(call.body), _HOOK.fullmatch(path)
        if existing:
            [row] = [each for each in self.webhooks if each["id"] == int(existing[1])]
            row.update(given)
            return Response(200, {}, json.dumps(row).encode(), now)
        row = {"id": len(self.webhooks) + 1, **{name: value for name, value in given.items() if name != "secret"}}
        self.webhooks.append(row)
        return Response(201, {}, json.dumps(row).encode(), now)


def _page(rows: list[Row], params: dict[str, str], now: datetime) -> Response:
    # Webhooks have a status too, and no bin.
    wanted = params.get("status", "").split(",")
    if wanted != [""]:
        rows = [row for row in rows if row.get("status") in wanted]
    else:
        rows = [row for row in rows if row.get("status") != "trash"]
    if after := params.get("modified_after"):
        rows = [row for row in rows if row["date_modified_gmt"] > after]
    order = {"modified": "date_modified_gmt", "id": "id"}.get(params.get("orderby", ""), "id")
    ordered = sorted(rows, key=lambda row: (row[order], row["id"]))
    size, page = int(params.get("per_page", "10")), int(params.get("page", "1"))
    shown = ordered[(page - 1) * size : page * size]
    names = params.get("_fields", "").split(",")
    body = [{name: row[name] for name in row if name in names} for row in shown]
    pages = {"x-wp-total": str(len(rows)), "x-wp-totalpages": str(-(-len(rows) // size))}
    return Response(200, pages, json.dumps(body).encode(), now)


def _refused(status: int, code: str, message: str, now: datetime) -> Response:
    told = {"code": code, "message": message, "data": {"status": status}}
    return Response(status, {}, json.dumps(told).encode(), now)

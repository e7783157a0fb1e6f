"""PayPal's REST API as it answers, over tables in memory.

Played are tokens that end, an app that lacks a feature, pages linked by a query on another host than the one that was
asked, lists that give the newest first, a list of disputes that knows no outcome, webhooks of which an address can have
one, and event types that PayPal does not know.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.core.oauth import percent
from bot.core.polling import Call, Response

Row = dict[str, Any]

HOST = "api-m.paypal.com"
SANDBOX = "api-m.sandbox.paypal.com"
KEYS = {"client_id": "tea-client", "client_secret": "tea-client-secret"}
OFFERED = (
    *(f"PAYMENT.CAPTURE.{what}" for what in ("COMPLETED", "DENIED", "PENDING", "REFUNDED", "REVERSED")),
    *(f"CUSTOMER.DISPUTE.{what}" for what in ("CREATED", "UPDATED", "RESOLVED")),
    "PAYMENT.PAYOUTSBATCH.DENIED",
)
_SUMMARY = (
    *("dispute_id", "create_time", "update_time", "reason", "status", "dispute_state", "dispute_amount"),
    *("dispute_life_cycle_stage", "dispute_channel", "seller_response_due_date"),
)
_KEPT = timedelta(days=30)
_KNOWN = timedelta(days=180)


@dataclass
class PayPal:
    """An account. ``events`` are webhook events, ``disputes`` have all their details, ``webhooks`` are the app's;
    whoever tests writes into them.

    ``lacks`` are paths that the app may not use, ``fails`` is how many calls are answered 503 or 429 first, ``lasts``
    how many seconds a token is good, ``most`` the rows that a page has at most.
    """

    hosts: tuple[str, ...] = (HOST, SANDBOX)
    events: list[Row] = field(default_factory=list)
    disputes: list[Row] = field(default_factory=list)
    webhooks: list[Row] = field(default_factory=list)
    offered: tuple[str, ...] = OFFERED
    lacks: frozenset[str] = frozenset()
    fails: list[int] = field(default_factory=list)
    lasts: int = 32_400
    most: int = 1_000
    tokens: dict[str, datetime] = field(default_factory=dict)

    def answer(self, call: Call, now: datetime) -> Response:
        """What PayPal answers to a call at ``now``."""
        path = "/" + call.url.removeprefix("https://").partition("/")[2]
        if self.fails:
            return Response(self.fails.pop(), {"retry-after": "1"}, b"", now)
        if path == "/v1/oauth2/token":
            return self._token(call, now)
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, now) <= now:
            return _said(401, "AUTHENTICATION_FAILURE", now)
        if path in self.lacks:
            return _said(403, "NOT_AUTHORIZED", now)
        table = self._tables.get((call.method, path))
        if table:
            return table(call, now)
        return self._one(call, path, now)

    @property
    def _tables(self) -> dict[tuple[str, str], Callable[[Call, datetime], Response]]:
        return {
            ("GET", "/v1/notifications/webhooks-events"): self._list_events,
            ("GET", "/v1/customer/disputes"): self._list_disputes,
            ("GET", "/v1/notifications/webhooks"): lambda call, now: _json({"webhooks": self.webhooks}, now),
            ("GET", "/v1/notifications/webhooks-event-types"): self._list_types,
            ("POST", "/v1/notifications/webhooks"): self._subscribe,
        }

    def _token(self, call: Call, now: datetime) -> Response:
        good = base64.b64encode(f"{KEYS['client_id']}:{KEYS['client_secret']}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {good}" or call.form != (("grant_type", "client_credentials"),):
            return _said(401, "invalid_client", now)
        token = f"A21-tea-{len(self.tokens)}"
        self.tokens[token] = now + timedelta(seconds=self.lasts)
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": self.lasts}, now)

    def _list_events(self, call: Call, now: datetime) -> Response:
        """Newest first, between two moments, of the last 30 days."""
        params = dict(call.params)
        first = max(params["start_time"], _instant(now - _KEPT))
        found = [row for row in self.events if first <= row["create_time"] <= params["end_time"]]
        found.sort(key=lambda row: str(row["create_time"]), reverse=True)
        return self._page(call, "events", found, now)

    def _list_disputes(self, call: Call, now: datetime) -> Response:
        """The newest change first, and only a summary of each."""
        params = dict(call.params)
        after = params["update_time_after"]
        if after < _instant(now - _KNOWN):
            return _said(400, "INVALID_REQUEST", now)
        states = params.get("dispute_state", "").split(",")
        found = [row for row in self.disputes if row["update_time"] >= after]
        if states != [""]:
            found = [row for row in found if row["dispute_state"] in states]
        found.sort(key=lambda row: str(row["update_time"]), reverse=True)
        summaries = [{name: row[name] for name in _SUMMARY if name in row} for row in found]
        return self._page(call, "items", summaries, now)

    def _page(self, call: Call, name: str, found: list[Row], now: datetime) -> Response:
        params = dict(call.params)
        size, start = min(int(params["page_size"]), self.most), int(params.get("next_page_token", "0"))
        links: list[Row] = [{"href": call.url, "rel": "self", "method": "GET"}]
        if start + size < len(found):
            query = "&".join(
                f"{one}={percent(two)}" for one, two in {**params, "next_page_token": str(start + size)}.items()
            )
            links.append({"href": f"https://api.paypal.com/v1/elsewhere?{query}", "rel": "next", "method": "GET"})
        rows = found[start : start + size]
        return _json({name: rows, "count": len(rows), "links": links}, now)

    def _list_types(self, call: Call, now: datetime) -> Response:
        return _json(
            {"event_types": [{"name": name, "description": "", "status": "ENABLED"} for name in self.offered]}, now
        )

    def _subscribe(self, call: Call, now: datetime) -> Response:
        given = json.loads(call.body)
        if not self._known(given["event_types"]):
            return _said(400, "VALIDATION_ERROR", now)
        if any(hook["url"] == given["url"] for hook in self.webhooks):
            return _said(400, "WEBHOOK_URL_ALREADY_EXISTS", now)
        hook = {"id": f"5TEA{len(self.webhooks):013d}", **given}
        self.webhooks.append(hook)
        return _json(hook, now, 201)

    def _one(self, call: Call, path: str, now: datetime) -> Response:
        """One dispute with its details, or one webhook that is changed."""
        name = path.rpartition("/")[2]
        for row in self.disputes:
            if call.method == "GET" and row["dispute_id"] == name:
                return _json(row, now)
        for hook in self.webhooks:
            if call.method == "PATCH" and hook["id"] == name:
                [change] = json.loads(call.body)
                if not self._known(change["value"]):
                    return _said(400, "VALIDATION_ERROR", now)
                hook["event_types"] = change["value"]
                return _json(hook, now)
        return _said(404, "RESOURCE_NOT_FOUND", now)

    def _known(self, kinds: list[Row]) -> bool:
        return all(kind["name"] in self.offered for kind in kinds)


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _json(value: Any, now: datetime, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode(), now)


def _said(status: int, name: str, now: datetime) -> Response:
    return _json({"name": name, "message": "PayPal's own words", "debug_id": "7ea"}, now, status)

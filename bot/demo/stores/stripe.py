"""Stripe's REST API as it answers, over tables in memory.

Played are keys that are refused or lack a right, the list of events with its filters, which gives the newest first and
forgets after 30 days, connected accounts that are asked by name, and webhook endpoints, whose secret is said once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.core.polling import Call, Response

Row = dict[str, Any]

HOST = "api.stripe.com"
KEYS = {"api_key": "rk_live_tea"}
_KEPT = timedelta(days=30)
_MOST = 100


@dataclass
class Stripe:
    """An account. ``events`` are in the order in which they happened, each with its ``created``; those named in
    ``delivered`` were taken by every webhook. ``connected`` are the events of connected accounts by the account's id.

    ``lacks`` are the lists that the key may not use, ``fails`` the statuses of the answers that come first.
    """

    hosts: tuple[str, ...] = (HOST,)
    events: list[Row] = field(default_factory=list)
    delivered: set[str] = field(default_factory=set)
    connected: dict[str, list[Row]] = field(default_factory=dict)
    endpoints: list[Row] = field(default_factory=list)
    lacks: frozenset[str] = frozenset()
    fails: list[int] = field(default_factory=list)

    def answer(self, call: Call, now: datetime) -> Response:
        """What Stripe answers to a call at ``now``."""
        if self.fails:
            return Response(self.fails.pop(), {"stripe-should-retry": "true"}, b"", now)
        key = call.headers.get("authorization", "").removeprefix("Bearer ")
        if key != KEYS["api_key"]:
            return _error(401, f"Invalid API Key provided: {key[:3]}***{key[-4:]}", now)
        kind, _, name = call.url.removeprefix(f"https://{HOST}/v1/").partition("/")
        if kind in self.lacks:
            return _error(403, "The provided key does not have the required permissions for this endpoint", now)
        if kind == "events":
            return self._events(call, now)
        if call.method == "GET":
            return self._page(call, list(reversed(self.endpoints)), now)
        return self._change(call, name, now) if name else self._make(call, now)

    def _events(self, call: Call, now: datetime) -> Response:
        params = dict(call.params)
        account = call.headers.get("stripe-account", "")
        rows = self.connected.get(account, []) if account else self.events
        first = max(int(params["created[gte]"]), int((now - _KEPT).timestamp()))
        found = [row for row in reversed(rows) if first <= row["created"] < int(params.get("created[lt]", 2**40))]
        if params.get("delivery_success") == "false":
            found = [row for row in found if row["id"] not in self.delivered]
        return self._page(call, sorted(found, key=lambda row: -int(row["created"])), now)

    def _page(self, call: Call, found: list[Row], now: datetime) -> Response:
        params = dict(call.params)
        after, size = params.get("starting_after"), min(int(params["limit"]), _MOST)
        names = [row["id"] for row in found]
        if after and after not in names:
            return _error(400, f"No such object: '{after}'", now)
        start = names.index(after) + 1 if after else 0
        rows = [{name: value for name, value in row.items() if name != "secret"} for row in found[start : start + size]]
        more = start + size < len(found)
        return _json({"object": "list", "data": rows, "has_more": more, "url": "/v1/list"}, now)

    def _make(self, call: Call, now: datetime) -> Response:
        form = dict(call.form)
        number = len(self.endpoints) + 1
        row = {
            "id": f"we_{number}tea",
            "object": "webhook_endpoint",
            "url": form["url"],
            "enabled_events": [value for name, value in call.form if name == "enabled_events[]"],
            "connect": form.get("connect") == "true",
            "status": "enabled",
            "secret": f"whsec_{number}tea",
        }
        self.endpoints.append(row)
        return _json(row, now)

    def _change(self, call: Call, name: str, now: datetime) -> Response:
        for row in self.endpoints:
            if row["id"] == name:
                types = [value for kind, value in call.form if kind == "enabled_events[]"]
                row["enabled_events"] = types or row["enabled_events"]
                row["status"] = "enabled" if dict(call.form).get("disabled") == "false" else row["status"]
                return _json(row, now)
        return _error(404, f"No such webhook endpoint: '{name}'", now)


def _json(value: Any, now: datetime, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode(), now)


def _error(status: int, message: str, now: datetime) -> Response:
    return _json({"error": {"type": "invalid_request_error", "message": message}}, now, status)

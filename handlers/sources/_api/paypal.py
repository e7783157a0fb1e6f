"""How PayPal is asked: its REST API with the client id and secret of an app.

Webhook events are read by slices of time, each told oldest first, since PayPal gives the newest first; only the types
that tell something are kept. Disputes are read by their time of change, each with its details, because the list knows
neither the outcome nor the order. The first run reads a day of events and all disputes that are still open.

The app needs the feature "Customer disputes" for the second. Nothing says how soon an event is in the list, so each
run reads the last hour again.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.core.delivery import Shopfront
from bot.core.oauth import unpercent
from bot.core.plans import Asking, Json, batches, granted, in_utc, left_off, object_in, packed, rows
from bot.core.polling import (
    Api,
    Asked,
    Call,
    Care,
    Denied,
    Keep,
    Pairs,
    Plan,
    Response,
    Step,
    Stream,
    Subscription,
)

EVENT: Final = "event"
DISPUTE: Final = "dispute"
OVERLAP: Final = timedelta(hours=1)
SLICE: Final = timedelta(hours=6)
BATCH: Final = 50
# PayPal keeps events for 30 days and lists disputes that changed within 180; a little less is always allowed.
_OLDEST: Final = timedelta(days=29, hours=12)
_OLDEST_DISPUTE: Final = timedelta(days=179)
_FIRST: Final = timedelta(days=1)
_OPEN: Final = "REQUIRED_ACTION,REQUIRED_OTHER_PARTY_ACTION,UNDER_PAYPAL_REVIEW,OPEN_INQUIRIES"
_TOKEN: Final = "token"
_LONGEST: Final = 32_400
_EARLIER: Final = 300
_PRINTABLE = re.compile(r"[\x21-\x7e]{1,4096}")
_ID = re.compile(r"[A-Za-z0-9-]{1,100}")
_WORD = re.compile(r"[A-Z][A-Z0-9_]{1,60}")

# https://developer.paypal.com/api/rest/webhooks/event-names: those that tell something.
TOPICS: Final = (
    *(f"PAYMENT.CAPTURE.{what}" for what in ("COMPLETED", "DECLINED", "DENIED", "REFUNDED", "REVERSED")),
    *(f"PAYMENT.SALE.{what}" for what in ("COMPLETED", "DENIED", "REFUNDED", "REVERSED")),
    *(f"CUSTOMER.DISPUTE.{what}" for what in ("CREATED", "UPDATED", "RESOLVED")),
    *(f"INVOICING.INVOICE.{what}" for what in ("CANCELLED", "CREATED", "PAID", "REFUNDED", "SCHEDULED", "UPDATED")),
    "PAYMENT.PAYOUTSBATCH.DENIED",
    *(f"PAYMENT.PAYOUTS-ITEM.{what}" for what in ("BLOCKED", "CANCELED", "DENIED", "FAILED", "REFUNDED", "RETURNED")),
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
)


def host(front: Shopfront) -> str:
    """Where the API of the mode lies that the source's options name."""
    return "api-m.sandbox.paypal.com" if front.options.get("mode") == "sandbox" else "api-m.paypal.com"


@dataclass(slots=True)
class _Desk:
    """Makes calls with the token that is kept, and with a new one when PayPal no longer takes it."""

    asked: Asked
    token: str

    def ask(self, path: str, params: Pairs = (), *also: int) -> Asking:
        """The answer to a GET. Raises Denied unless it is 2xx or one of ``also``."""
        return (yield from self._asked("GET", path, params, b"", also))

    def write(self, method: Literal["POST", "PATCH"], path: str, content: Any) -> Asking:
        """The answer to a change. Raises Denied unless it is 2xx."""
        return (yield from self._asked(method, path, (), json.dumps(content).encode(), ()))

    def _asked(
        self, method: Literal["GET", "POST", "PATCH"], path: str, params: Pairs, body: bytes, also: tuple[int, ...]
    ) -> Asking:
        kept = bool(self.token)
        if not kept:
            yield from self._sign_in()
        response = yield self._call(method, path, params, body)
        if response.status == 401 and kept:
            yield Keep(_TOKEN, "", self.asked.now)
            yield from self._sign_in()
            response = yield self._call(method, path, params, body)
        return granted(response, f"{method} {path.partition('?')[0]}", _WHY, *also, said=_said)

    def _call(self, method: Literal["GET", "POST", "PATCH"], path: str, params: Pairs, body: bytes) -> Call:
        headers = {"authorization": f"Bearer {self.token}", "accept": "application/json"}
        if body:
            headers["content-type"] = "application/json"
        url = f"https://{host(self.asked.front)}{path}"
        return Call(method, url, params, headers, body=body, harmless=method != "POST")

    def _sign_in(self) -> Generator[Step, Any, None]:
        """Gets a token (https://developer.paypal.com/api/rest/authentication) and keeps it while it is good."""
        keys = f"{self.asked.keys['client_id']}:{self.asked.keys['client_secret']}".encode(errors="surrogateescape")
        response = yield Call(
            "POST",
            f"https://{host(self.asked.front)}/v1/oauth2/token",
            headers={"authorization": f"Basic {base64.b64encode(keys).decode()}", "accept": "application/json"},
            form=(("grant_type", "client_credentials"),),
        )
        found = _object(granted(response, "the token", _WHY, said=_said))
        token, lasts = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not _PRINTABLE.fullmatch(token):
            raise Denied(response.status, "PayPal gave no token")
        self.token = token
        seconds = lasts - _EARLIER if isinstance(lasts, int) else 0
        yield Keep(_TOKEN, token, self.asked.now + timedelta(seconds=min(max(seconds, 0), _LONGEST)))


def _desk(asked: Asked) -> _Desk:
    return _Desk(asked, asked.keys.get(_TOKEN, ""))


_WHY: Final = {
    401: "the client id or secret was refused; are they of the mode (live or sandbox) that the options name?",
    403: "the app may not do this; switch the feature on in the developer dashboard under Apps & Credentials",
}


def _said(response: Response) -> str:
    """PayPal's own name for the fault, which is a word in capitals; nothing else of the answer is passed on."""
    name = object_in(response.body).get("name")
    return f" ({name})" if isinstance(name, str) and _WORD.fullmatch(name) else ""


def _object(response: Response) -> Json:
    found = response.json()
    if not isinstance(found, dict):
        raise Denied(response.status, "the answer is no JSON object")
    return found


def _rows(found: Json, name: str) -> list[Json]:
    """A list of objects; an answer without any has no such field."""
    return rows(found.get(name) or [], Denied(200, f"the answer's {name} are no list of objects"))


def _next(found: Json) -> Pairs:
    """The query of the next page. Only the query is taken from the link: its host is not the one that we ask."""
    for link in _rows(found, "links"):
        if link.get("rel") == "next":
            query = str(link.get("href", "")).partition("?")[2].replace("+", "%20")
            parts = (part.partition("=") for part in query.split("&") if part)
            return tuple((unpercent(name), unpercent(value)) for name, _, value in parts)
    return ()


def _listed(desk: _Desk, path: str, params: Pairs, name: str) -> Generator[Step, Any, tuple[list[Json], datetime]]:
    """The rows of all pages, and the moment of the first answer. A page that leads back to another is the last."""
    whole: list[Json] = []
    at, seen = desk.asked.now, set[Pairs]()
    while params and params not in seen:
        response = yield from desk.ask(path, params)
        at = at if seen else response.at
        seen.add(params)
        found = _object(response)
        whole += _rows(found, name)
        params = _next(found)
    return whole, at


def _instant(moment: datetime) -> str:
    return f"{in_utc(moment)}.000Z"


def _events(asked: Asked) -> Plan:
    """The events of webhooks, delivered or not."""
    desk, began = _desk(asked), left_off(asked, _OLDEST)
    since = began - OVERLAP if began else asked.now - _FIRST
    cursor = asked.cursor
    while since < asked.now:
        until = min(since + SLICE, asked.now)
        params = (("start_time", _instant(since)), ("end_time", _instant(until)), ("page_size", str(BATCH)))
        found, at = yield from _listed(desk, "/v1/notifications/webhooks-events", params, "events")
        told = [row for row in found if row.get("event_type") in TOPICS]
        told.sort(key=lambda row: str(row.get("create_time")))
        # A slice of the hour that is read again does not move the cursor back.
        after = max(until, began).isoformat() if began else until.isoformat()
        yield from batches(EVENT, [packed(row) for row in told], BATCH, cursor, after, at)
        cursor, since = after, until


def _disputes(asked: Asked) -> Plan:
    """Disputes that changed, oldest change first, each as its details give it."""
    desk, began = _desk(asked), left_off(asked, _OLDEST_DISPUTE)
    params: Pairs = (("page_size", str(BATCH)),)
    if began:
        params += (("update_time_after", _instant(max(began - OVERLAP, asked.now - _OLDEST_DISPUTE))),)
    else:
        params += (("dispute_state", _OPEN), ("update_time_after", _instant(asked.now - _OLDEST_DISPUTE)))
    found, at = yield from _listed(desk, "/v1/customer/disputes", params, "items")
    found.sort(key=lambda row: str(row.get("update_time")))
    bodies: list[bytes] = []
    for row in found:
        bodies.append((yield from _detailed(desk, row)))
    yield from batches(DISPUTE, bodies, BATCH, asked.cursor, at.isoformat(), at)


def _detailed(desk: _Desk, row: Json) -> Generator[Step, Any, bytes]:
    name = str(row.get("dispute_id"))
    if not _ID.fullmatch(name):
        raise Denied(200, "a dispute has no id")
    response = yield from desk.ask(f"/v1/customer/disputes/{name}", (), 404)
    return packed(row) if response.status == 404 else response.body


def _care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """Our webhook, by its address, and its event types. Only types that PayPal offers to the app can be added: one
    that it does not know makes it refuse all of them."""
    desk = _desk(asked)
    found = _object((yield from desk.ask("/v1/notifications/webhooks")))
    ours = [hook for hook in _rows(found, "webhooks") if hook.get("url") == address]
    states = {str(kind.get("name")): _state(kind) for hook in ours for kind in _rows(hook, "event_types")}
    if states.pop("*", "") == "active":
        states |= dict.fromkeys(TOPICS, "active")
    lacking = {topic for topic in topics if states.get(topic) != "active"}
    if not lacking:
        return tuple(Subscription(topic, states[topic]) for topic in sorted(states))
    offered = _object((yield from desk.ask("/v1/notifications/webhooks-event-types")))
    adding = lacking & {str(kind.get("name")) for kind in _rows(offered, "event_types")}
    if adding:
        yield from _add(desk, ours, address, adding)
    note = "" if ours else _NEW
    return tuple(
        Subscription(topic, "active", mended=True, note=note)
        if topic in adding
        else Subscription(topic, states.get(topic, "missing"), note=_UNKNOWN if topic in lacking else "")
        for topic in sorted({*states, *topics})
    )


_NEW: Final = "the webhook is new: put its id, which the developer dashboard shows, among the source's secrets"
_UNKNOWN: Final = "PayPal does not offer it to this app"


def _state(kind: Json) -> Literal["active", "disabled"]:
    return "disabled" if kind.get("status") == "DISABLED" else "active"


def _add(desk: _Desk, ours: list[Json], address: str, adding: set[str]) -> Generator[Step, Any, None]:
    if not ours:
        content = {"url": address, "event_types": [{"name": name} for name in sorted(adding)]}
        yield from desk.write("POST", "/v1/notifications/webhooks", content)
        return
    name = str(ours[0].get("id"))
    if not _ID.fullmatch(name):
        raise Denied(200, "our webhook has no id")
    wanted = adding | {str(kind.get("name")) for kind in _rows(ours[0], "event_types")}
    change = {"op": "replace", "path": "/event_types", "value": [{"name": each} for each in sorted(wanted)]}
    yield from desk.write("PATCH", f"/v1/notifications/webhooks/{name}", [change])


API = Api(
    keys=(("client_id", "client_secret"),),
    hosts=lambda front: (host(front),),
    streams=(
        Stream("events", timedelta(minutes=30), _events),
        Stream("disputes", timedelta(minutes=30), _disputes),
    ),
    wanted=lambda front: TOPICS,
    care=_care,
    advice="PayPal tries each delivery for three days; without keys what was lost beyond that stays unknown",
)

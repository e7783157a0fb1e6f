"""How PayPal is asked: its REST API with the client id and secret of an app.

Webhook events are read by slices of time, each told oldest first, since PayPal gives the newest first; only the types
that tell something are kept. Disputes are read by their time of change, each with its details, because the list knows
neither the outcome nor the order. The first run reads a day of events and all disputes that are still open.

The app needs the feature "Customer disputes" for the second. Nothing says how soon an event is in the list, so each
run reads the last hour again.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.plans import Json, batches, in_utc, left_off, packed
from bot.core.polling import Api, Asked, Denied, Pairs, Plan, Step, Stream
from handlers.sources._paypal.calls import ID, Desk, all_of, desk_of, host
from handlers.sources._paypal.webhooks import TOPICS, care

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


def _instant(moment: datetime) -> str:
    return f"{in_utc(moment)}.000Z"


def _events(asked: Asked) -> Plan:
    """The events of webhooks, delivered or not."""
    desk, began = desk_of(asked), left_off(asked, _OLDEST)
    since = began - OVERLAP if began else asked.now - _FIRST
    cursor = asked.cursor
    while since < asked.now:
        until = min(since + SLICE, asked.now)
        params = (("start_time", _instant(since)), ("end_time", _instant(until)), ("page_size", str(BATCH)))
        found, at = yield from all_of(desk, "/v1/notifications/webhooks-events", params, "events")
        told = [row for row in found if row.get("event_type") in TOPICS]
        told.sort(key=lambda row: str(row.get("create_time")))
        # A slice of the hour that is read again does not move the cursor back.
        after = max(until, began).isoformat() if began else until.isoformat()
        yield from batches(EVENT, [packed(row) for row in told], BATCH, cursor, after, at)
        cursor, since = after, until


def _disputes(asked: Asked) -> Plan:
    """Disputes that changed, oldest change first, each as its details give it."""
    desk, began = desk_of(asked), left_off(asked, _OLDEST_DISPUTE)
    params: Pairs = (("page_size", str(BATCH)),)
    if began:
        params += (("update_time_after", _instant(max(began - OVERLAP, asked.now - _OLDEST_DISPUTE))),)
    else:
        params += (("dispute_state", _OPEN), ("update_time_after", _instant(asked.now - _OLDEST_DISPUTE)))
    found, at = yield from all_of(desk, "/v1/customer/disputes", params, "items")
    found.sort(key=lambda row: str(row.get("update_time")))
    bodies: list[bytes] = []
    for row in found:
        bodies.append((yield from _detailed(desk, row)))
    yield from batches(DISPUTE, bodies, BATCH, asked.cursor, at.isoformat(), at)


def _detailed(desk: Desk, row: Json) -> Generator[Step, Any, bytes]:
    name = str(row.get("dispute_id"))
    if not ID.fullmatch(name):
        raise Denied(200, "a dispute has no id")
    response = yield from desk.ask(f"/v1/customer/disputes/{name}", (), 404)
    return packed(row) if response.status == 404 else response.body


API = Api(
    keys=(("client_id", "client_secret"),),
    hosts=lambda front: (host(front),),
    streams=(
        Stream("events", timedelta(minutes=30), _events),
        Stream("disputes", timedelta(minutes=30), _disputes),
    ),
    wanted=lambda front: TOPICS,
    care=care,
    advice="PayPal tries each delivery for three days; without keys what was lost beyond that stays unknown",
)

"""Klaviyo: campaigns that are planned and sent, and how their recipients react, in counts.

Campaigns and their reports are read from Klaviyo's API (keys under ``api:``), since no webhook tells of them. Accounts
with Advanced KDP can have system webhooks as well; subscribe one to these topics, and an unknown one does no harm:

* event:klaviyo.bounced_email, dropped_email, marked_email_as_spam, unsubscribed_from_email_marketing
* event:klaviyo.failed_to_deliver_sms, failed_to_deliver_automated_response_sms, unsubscribed_from_sms_marketing
* event:klaviyo.bounced_push

They come in batches of up to 1,000 and are counted by campaign or flow; nobody is told of one alone. The "Webhook"
action within a flow is signed by nobody and has a body of your own: send it to the generic source.

Options: ``days`` (for how many days a campaign works after its sending; 3 by default), ``metric`` (the id of any
metric, which a report has to name; "Placed Order" is looked for without it), ``revision`` (of the API; "2026-07-15" by
default), ``system_webhooks`` (true: `floorwalker connect` makes them, and they are cared for).

Names, addresses, telephone numbers and profiles of customers are never read, and not stored either.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from bot.core.delivery import Delivery, Source, Unparsable, Unrouted, Unverified
from bot.core.echoes import read_totals
from bot.core.events import CampaignEchoed, Event
from bot.core.mailings import DAYS_OPTION, read_mailings
from bot.core.options import FLAG, matching, options_of
from bot.core.shopfront import Shopfront
from bot.core.signatures import Scheme, check, header, plain_key
from bot.core.strip import Shape, only
from bot.core.wild import Wild, read
from handlers.sources._klaviyo.asked import API
from handlers.sources._klaviyo.campaigns import CAMPAIGNS
from handlers.sources._klaviyo.reports import REPORTS
from handlers.sources._klaviyo.webhooks import TOPICS

_ID: Final = "klaviyo-webhook-id"
# A batch has up to 1,000 events. With profiles and eight bought things in each, one has 240,000 values in 4.6 MB.
_MOST: Final = 500_000
_MOST_KIB: Final = 8 * 1024
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) GMT")


def _seconds(text: str) -> int:
    """The time header, as an HTTP date or in ISO form. Raises ValueError."""
    if found := _HTTP_DATE.fullmatch(text):
        day, month, year, time = found.groups()
        text = f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{time}+00:00"
    try:
        return int(Wild(text).moment().timestamp())
    except Unparsable:
        raise ValueError("no date") from None


# https://developers.klaviyo.com/en/docs/working_with_system_webhooks: the text of the time header follows the body.
_SCHEME: Final = Scheme(
    header="klaviyo-signature", signed="{body}{timestamp}", timestamp_header="klaviyo-timestamp", seconds=_seconds
)


def verify(delivery: Delivery, secrets: tuple[str, ...], now: datetime, shopfront: Shopfront) -> None:
    """Body and time are signed. The webhook's id is in no signature but in the body, so the two have to agree."""
    check((_SCHEME,), delivery, secrets, now)
    named = header(delivery, _ID)
    try:
        meant = read(delivery.body, _MOST)["meta"]["klaviyo_webhook_id"].id()
    except Unparsable:
        return  # It is proved all the same; the parser says what is wrong with it.
    if named != meant:
        raise Unverified(f"{_ID} is not that of the body")


def key(delivery: Delivery) -> str:
    """A batch has no name of its own, though what is in it has, so its whole body names it."""
    return hashlib.sha256(delivery.body).hexdigest()


def sign(topic: str, body: bytes, secret: str, now: datetime, shopfront: Shopfront) -> dict[str, str]:
    """The headers of a delivery as Klaviyo sends them; the topics are in the body."""
    day = f"{_DAYS[now.weekday()]}, {now.day:02} {_MONTHS[now.month - 1]} {now.year}"
    stamp = f"{day} {now.astimezone(UTC):%H:%M:%S} GMT"
    try:
        name = read(body, _MOST)["meta"]["klaviyo_webhook_id"].id_or("sample")
    except Unparsable:
        name = "sample"
    signature = hmac.new(plain_key(secret), body + stamp.encode(), hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json",
        "klaviyo-signature": signature,
        "klaviyo-timestamp": stamp,
        _ID: name,
    }


_READ: Final[Shape] = {
    "meta": {"klaviyo_webhook_id": {}, "timestamp": {}},
    "data": {
        "topic": {},
        "external_id": {},
        "payload": {
            "data": {
                "attributes": {
                    "timestamp": {},
                    "datetime": {},
                    "event_properties": {"$flow": {}, "$message": {}},
                }
            }
        },
    },
}


def strip(delivery: Delivery) -> bytes:
    """What is read, alone: a shop puts into its events whatever it likes, also about people."""
    return delivery.body if delivery.polled else only(delivery.body, _READ, _MOST)


def parse(delivery: Delivery, shopfront: Shopfront) -> tuple[Event, ...]:
    """What a batch of a system webhook tells, or what a poll heard."""
    if delivery.polled and delivery.polled not in _POLLED:
        raise Unrouted(f"topic {delivery.polled[:100]!r}")
    body = read(delivery.body, _MOST)
    if delivery.polled:
        return _POLLED[delivery.polled](body, shopfront, delivery.received)
    return _batch(body, shopfront)


def _batch(body: Wild, front: Shopfront) -> tuple[Event, ...]:
    """An event for each reaction that a batch tells of.

    They are not added up here. Klaviyo does not say that a batch that comes again is cut as it was, and what is counted
    in groups can be recognised only when the groups are the same. The reaction's own name is the one reference that is
    the same in every batch; the store adds up what it has not heard before.
    """
    rows = body["data"].list()
    known = [row for row in rows if row["topic"].text() in TOPICS]
    if rows and not known:
        raise Unrouted(f"topic {rows[0]['topic'].text()[:100]!r}")
    return tuple(_reaction(row, body["meta"]["timestamp"], front) for row in known)


def _reaction(row: Wild, sent: Wild, front: Shopfront) -> Event:
    echo, channel = TOPICS[row["topic"].text()]
    told = row["payload"]["data"]["attributes"]
    about = told["event_properties"]
    at = told["datetime"] or sent
    return CampaignEchoed(
        **front.by,
        at=told["timestamp"].epoch() if told["timestamp"] else at.moment(),
        reference=row["external_id"].id(),
        echo=echo,
        campaign=about["$flow"].id_or("") or about["$message"].id_or(""),
        channel=channel,
    )


_POLLED: Final[Mapping[str, Callable[[Wild, Shopfront, datetime], tuple[Event, ...]]]] = {
    CAMPAIGNS: read_mailings,
    REPORTS: read_totals,
}


options: Final = options_of(
    "klaviyo",
    {
        "days": DAYS_OPTION,
        "metric": (matching("[A-Za-z0-9]{1,64}"), "the id of a metric, such as PhqdJM"),
        "revision": (matching(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}(\.pre)?"), 'a date in quotes, such as "2026-07-15"'),
        "system_webhooks": FLAG,
    },
)

SOURCE = Source("klaviyo", verify, key, parse, sign, options, __doc__ or "", api=API, strip=strip, max_kib=_MOST_KIB)

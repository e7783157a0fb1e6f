"""How Stripe is asked: its REST API with a restricted key.

The list of events says which of them no webhook has taken, so asking for those alone makes up for every outage of up to
30 days. It gives the newest first; each slice of time is collected and then told oldest first.

Rights of the key: Events read, and to look after webhooks, Webhook Endpoints write.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.core.plans import Asking, Json, an_object, batches, granted, left_off, packed, rows
from bot.core.polling import Api, Asked, Call, Care, Denied, Pairs, Plan, Response, Step, Stream, Subscription

EVENT: Final = "event"
HOST: Final = "api.stripe.com"
PAGE: Final = 100
OVERLAP: Final = timedelta(minutes=10)
SLICE: Final = timedelta(hours=6)
_OLDEST: Final = timedelta(days=29, hours=12)
_ID = re.compile(r"[A-Za-z0-9_]{1,255}")

# https://docs.stripe.com/api/events/types: those that tell something.
TOPICS: Final = (
    *("payment_intent.succeeded", "payment_intent.payment_failed", "charge.succeeded", "charge.failed"),
    *("checkout.session.async_payment_failed", "charge.refunded", "refund.failed"),
    *(f"charge.dispute.{what}" for what in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")),
    *("review.opened", "review.closed", "radar.early_fraud_warning.created"),
    *(
        f"invoice.{what}"
        for what in (
            *("finalized", "will_be_due", "overdue", "payment_failed", "payment_action_required"),
            *("paid", "voided", "marked_uncollectible"),
        )
    ),
    *(f"payout.{what}" for what in ("created", "updated", "paid", "failed", "canceled")),
    *("coupon.created", "coupon.updated", "coupon.deleted", "promotion_code.created", "promotion_code.updated"),
)


def _call(asked: Asked, path: str, params: Pairs = (), form: Pairs = (), *, harmless: bool = True) -> Call:
    """A GET, or with a form a POST. A connected account that the options name is asked in its own name."""
    headers = {"authorization": f"Bearer {asked.keys['api_key']}"}
    account = str(asked.front.options.get("account", "any"))
    if account != "any" and not form and path == "events":
        headers["stripe-account"] = account
    method: Literal["GET", "POST"] = "POST" if form else "GET"
    return Call(method, f"https://{HOST}/v1/{path}", params, headers, form=form, harmless=harmless)


_WHY: Final = {
    401: "the key was refused; is it the whole key, and not revoked?",
    403: "the key may not do this; a restricted key needs Events read, and Webhook Endpoints write",
}


def _asked(call: Call) -> Asking:
    """The answer. Raises Denied in our words unless it is 2xx: Stripe's own may quote a part of the key."""
    response = yield call
    return granted(response, f"{call.method} {call.url.removeprefix('https://')}", _WHY)


def _page(response: Response) -> tuple[list[Json], bool]:
    """The objects of a page, and whether there are more. Raises Denied when it is another thing."""
    found = an_object(response.json())
    listed = rows(found.get("data"), Denied(response.status, "the answer is no list of objects"))
    return listed, found.get("has_more") is True


def _listed(asked: Asked, path: str, params: Pairs) -> Generator[Step, Any, tuple[list[Json], datetime]]:
    """The objects of all pages, and the moment of the first answer. A page that ends as another did is the last."""
    whole: list[Json] = []
    at, seen, after = asked.now, {""}, ""
    while True:
        more: Pairs = (("starting_after", after),) if after else ()
        response = yield from _asked(_call(asked, path, (*params, ("limit", str(PAGE)), *more)))
        at = at if after else response.at
        found, unfinished = _page(response)
        whole += found
        after = str(found[-1].get("id")) if found else ""
        if not unfinished or after in seen or not _ID.fullmatch(after):
            return whole, at
        seen.add(after)


def _events(asked: Asked) -> Plan:
    """Events that no webhook has taken, or all; slice by slice, so that a long pause is made up for in parts."""
    began = left_off(asked, _OLDEST) or asked.now
    since, cursor = began - OVERLAP, asked.cursor
    undelivered = asked.front.options.get("poll", "undelivered") == "undelivered"
    which: Pairs = (("delivery_success", "false"),) if undelivered else ()
    while since < asked.now:
        until = min(since + SLICE, asked.now)
        # The last slice has no end: an event of this very second must not fall between two runs.
        end: Pairs = (("created[lt]", _seconds(until)),) if until < asked.now else ()
        found, at = yield from _listed(asked, "events", (*which, ("created[gte]", _seconds(since)), *end))
        bodies = [packed(row) for row in reversed(found) if row.get("type") in TOPICS]
        after = max(until, began).isoformat()
        yield from batches(EVENT, bodies, PAGE, cursor, after, at)
        cursor, since = after, until


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


_SECRET: Final = re.compile(r"whsec_[0-9A-Za-z]{1,200}")
_NEW: Final = (
    "the endpoint is new: reveal its signing secret in Stripe's dashboard (Developers, Webhooks) and put it among the "
    "source's secrets"
)


def _care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    """Our endpoints, by their address. A new one has a new secret, without which all that it sends is refused, so one
    is made only while somebody reads along."""
    found, _ = yield from _listed(asked, "webhook_endpoints", ())
    ours = [row for row in found if row.get("url") == address]
    states: dict[str, Literal["active", "disabled"]] = {}
    for row in sorted(ours, key=_enabled):
        states |= dict.fromkeys(_types(row), "active" if _enabled(row) else "disabled")
    lacking = {topic for topic in topics if states.get(topic) != "active"}
    if not ours and not asked.attended:
        note = f"run floorwalker connect {asked.front.source}, which makes a new endpoint and shows its secret"
        return tuple(Subscription(topic, "missing", note=note) for topic in sorted(lacking))
    secret = (yield from _mend(asked, ours, address, lacking)) if lacking else ""
    note = "" if ours or secret else _NEW
    return tuple(
        Subscription(topic, "active", mended=True, note=note, secret=secret)
        if topic in lacking
        else Subscription(topic, states[topic])
        for topic in sorted({*states, *lacking})
    )


def _enabled(row: Json) -> bool:
    return row.get("status") == "enabled"


def _types(row: Json) -> tuple[str, ...]:
    found = row.get("enabled_events")
    names = tuple(str(name) for name in found) if isinstance(found, list) else ()
    return TOPICS if "*" in names else names


def _mend(asked: Asked, ours: list[Json], address: str, lacking: set[str]) -> Generator[Step, Any, str]:
    """Enables the endpoint that sends most of it, with all types that it had and those it lacks; or makes one, and
    gives its secret if somebody reads along."""
    if not ours:
        connected: Pairs = (("connect", "true"),) if asked.front.options.get("account") else ()
        form = (("url", address), ("description", "Floorwalker"), *connected, *_form(lacking))
        made = yield from _asked(_call(asked, "webhook_endpoints", form=form, harmless=False))
        secret = str(an_object(made.json()).get("secret", ""))
        return secret if asked.attended and _SECRET.fullmatch(secret) else ""
    chosen = max(ours, key=lambda row: (len(lacking & set(_types(row))), _enabled(row)))
    name = str(chosen.get("id"))
    if not _ID.fullmatch(name):
        raise Denied(200, "our endpoint has no id")
    missing = lacking - set(_types(chosen))
    types = _form({*_types(chosen), *missing}) if missing else ()
    yield from _asked(_call(asked, f"webhook_endpoints/{name}", form=(("disabled", "false"), *types)))
    return ""


def _form(types: set[str]) -> Pairs:
    return tuple(("enabled_events[]", name) for name in sorted(types))


API = Api(
    keys=(("api_key",),),
    hosts=lambda front: (HOST,),
    streams=(Stream("events", timedelta(minutes=10), _events),),
    wanted=lambda front: TOPICS,
    care=_care,
    advice="Stripe tries each delivery for three days; without a key what was lost beyond that stays unknown",
)

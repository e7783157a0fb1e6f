"""How WooCommerce is asked for its coupons, and how one that was deleted is missed."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from datetime import datetime
from typing import Any, Final

from bot.core.plans import Json, an_object, in_utc, moment_in, object_in
from bot.core.polling import Asked, Heard, Plan, Step
from handlers.sources._woocommerce.calls import MOST_PAGES, PAGE, asked_for, hosts, items_of, page_of

_FIELDS: Final = (
    "id,code,status,date_created_gmt,date_modified_gmt,date_expires_gmt,product_ids,product_categories,usage_limit"
)
_REMEMBERED: Final = ("code", "date_created_gmt", "date_expires_gmt")
_MOST_KNOWN: Final = 1_000
_BY_ID: Final = (("orderby", "id"), ("order", "asc"))


def coupons(asked: Asked) -> Plan:
    """All coupons, page by page. No list names one that was deleted, so the cursor remembers those that will still be
    good, and one that is missing is asked for by itself: it may just have moved to a page that was read already."""
    if not hosts(asked.front):
        return
    known = an_object(object_in(asked.cursor).get("known"))
    good: Json = {}
    for page in range(1, MOST_PAGES + 1):
        response = yield from asked_for(asked, "coupons", page_of(_FIELDS, page, *_BY_ID))
        items = items_of(response)
        good |= {str(item.get("id")): _remembered(item) for item in items if _is_good(item, response.at)}
        yield Heard("coupons", _each(items), asked.cursor, response.at)
        if len(items) < PAGE:
            break
    missing = [id for id, was in known.items() if id not in good and _ends(an_object(was), response.at)]
    for id in missing:
        yield from _look_for(asked, id, an_object(known[id]))
    kept = dict(list(good.items())[-_MOST_KNOWN:])
    yield Heard("coupons", (), json.dumps({"known": kept}), response.at)


def _each(items: Iterable[Json]) -> tuple[bytes, ...]:
    return tuple(json.dumps([item]).encode() for item in items)


def _remembered(item: Json) -> Json:
    return {name: item.get(name) for name in _REMEMBERED}


def _is_good(item: Json, at: datetime) -> bool:
    return item.get("status") == "publish" and _ends(item, at)


def _ends(item: Json, at: datetime) -> bool:
    """Whether its end is still to come."""
    ends = moment_in(f"{item.get('date_expires_gmt')}Z")
    return ends is not None and ends > at


def _look_for(asked: Asked, id: str, was: Json) -> Generator[Step, Any, None]:
    """Tells a coupon as it is, or one that is gone or has no end any more as one in the bin, since then it is no
    campaign."""
    response = yield from asked_for(asked, f"coupons/{id}", (("_fields", _FIELDS),), also=(404,))
    found = object_in(response.body) if response.status == 200 else {}
    gone = {**was, "id": id, "status": "trash", "date_modified_gmt": in_utc(response.at)}
    yield Heard("coupons", _each([found if found.get("date_expires_gmt") else gone]), asked.cursor, response.at)

"""Cart price rules of Magento with a first day, which are campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.core.events import CampaignChanged, Event
from bot.core.parts import ShopText
from bot.core.schedule import instant
from bot.core.wild import Wild, read
from handlers.sources._magento.told import Told, elements, yes


def price_rule(told: Told) -> tuple[Event, ...]:
    """A cart price rule with a first day. It says nowhere when it was changed, so the moment of the telling counts."""
    body = told.body
    campaign, name, active = body["rule_id"].id(), ShopText(body["name"].text()), yes(body["is_active"], True)
    if not body["from_date"]:
        return ()
    starts = _midnight(told, body["from_date"], 0)
    ends = _midnight(told, body["to_date"], 1) if body["to_date"] else None
    categories = _promoted(body, "category_ids")
    changed = CampaignChanged(
        **told.by,
        at=told.at,
        campaign=f"rule-{campaign}",
        name=name,
        status=_status(told.at, starts, ends) if active else "cancelled",
        starts=starts,
        ends=ends,
        channel="discount",
        skus=_promoted(body, "sku"),
        groups=tuple(f"category/{category}" for category in categories),
    )
    return (changed,)


def deleted(told: Told) -> tuple[Event, ...]:
    """A rule that is no longer there will not run, whatever it says of itself."""
    return tuple(replace(event, status="cancelled") for event in price_rule(told) if isinstance(event, CampaignChanged))


def _midnight(told: Told, day: Wild, days: int) -> datetime:
    """When a day ("2026-11-27", or with a time that means nothing) begins in the shop, or so many days after it."""
    found = Wild(f"{day.text()[:10]} 00:00Z", day.path).moment().date()
    zone = ZoneInfo(str(told.front.options.get("zone", "UTC")))
    return instant(found + timedelta(days=days), time(0), zone)


def _status(at: datetime, starts: datetime, ends: datetime | None) -> Literal["scheduled", "running", "ended"]:
    if ends is not None and ends <= at:
        return "ended"
    return "running" if starts <= at else "scheduled"


def _promoted(rule: Wild, attribute: str) -> tuple[str, ...]:
    """The values of an attribute that the rule's discount is for: of the tree that REST gives, or of the text in which
    the database keeps it."""
    kept = rule["actions_serialized"].value
    trees = (rule["action_condition"], read(kept.encode(errors="replace")) if isinstance(kept, str) else Wild(None))
    return tuple(dict.fromkeys(value for tree in trees for value in _values(tree, attribute)))


def _values(tree: Wild, attribute: str) -> Iterator[str]:
    named = (tree["attribute_name"] or tree["attribute"]).text_or("")
    value = tree["value"]
    if value and named == attribute and tree["operator"].text_or("") in ("==", "()", "{}"):
        listed = value.list() if isinstance(value.value, list) else [Wild(part) for part in str(value.value).split(",")]
        yield from (found for each in listed if (found := each.id_or("")))
    for branch in elements(tree["conditions"]):
        yield from _values(branch, attribute)

"""Coupons and promotion codes of Stripe that end, which are campaigns."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from bot.core.events import CampaignChanged, Event
from bot.core.parts import ShopText
from bot.core.wild import Wild
from handlers.sources._stripe.told import Told

_Over = Literal["ended", "cancelled"]


def coupon(told: Told) -> tuple[Event, ...]:
    """A coupon with an end. One without is no campaign that anybody plans for."""
    thing, ends = told.thing, told.thing["redeem_by"]
    over: _Over = "cancelled" if told.type == "coupon.deleted" else "ended"
    gone = told.type == "coupon.deleted" or not thing["valid"].flag(default=True)
    return (_campaign(told, thing["name"], ends.epoch(), over if gone else None),) if ends else ()


def code(told: Told) -> tuple[Event, ...]:
    """A promotion code with an end."""
    thing, ends = told.thing, told.thing["expires_at"]
    gone = not thing["active"].flag(default=True)
    return (_campaign(told, thing["code"], ends.epoch(), "cancelled" if gone else None),) if ends else ()


def _campaign(told: Told, name: Wild, ends: datetime, over: _Over | None) -> Event:
    """What is over when its time is up has ended, whoever switched it off then."""
    thing = told.thing
    return CampaignChanged(
        **told.by,
        campaign=thing["id"].id(),
        name=name.shop_text() or ShopText(thing["id"].id()),
        status="ended" if ends <= told.at else over or "running",
        starts=thing["created"].epoch(),
        ends=ends,
        channel="discount",
    )

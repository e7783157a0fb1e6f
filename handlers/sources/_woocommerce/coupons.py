"""Coupons of WooCommerce that end, which are campaigns."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bot.core.events import CampaignChanged, Event
from bot.core.parts import ShopText
from handlers.sources._woocommerce.told import Told, words


def coupon(told: Told) -> tuple[Event, ...]:
    """A coupon without an end, or that is good for once and so for one person alone, is no campaign; one that is in the
    bin or a draft is called off."""
    body = told.body
    body["code"].text()
    code, campaign = words(body["code"]), body["id"].id()
    if not body["date_expires_gmt"] or body["usage_limit"].value == 1:
        return ()
    starts, ends = told.moment("date_created"), told.moment("date_expires")
    off = body["status"].text_or("publish") != "publish"
    status: Literal["cancelled", "ended", "running"] = "cancelled" if off else "ended" if ends <= told.at else "running"
    groups = (
        *(f"product {each.id()}" for each in body["product_ids"].each()),
        *(f"category {each.id()}" for each in body["product_categories"].each()),
    )
    changed = CampaignChanged(
        **told.by,
        at=told.moment("date_modified"),
        campaign=f"coupon-{campaign}",
        name=ShopText(code),
        status=status,
        starts=starts,
        ends=ends,
        channel="coupon",
        groups=groups,
    )
    # That its end has come is told by no change of the coupon.
    return (replace(changed, at=max(changed.at, ends)) if status == "ended" else changed,)

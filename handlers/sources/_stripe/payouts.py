"""Money on its way from Stripe to the bank, and back to customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from bot.core.events import Event, PayoutChanged
from bot.core.parts import ShopText
from handlers.sources._stripe.told import Told

_PayoutStatus = Literal["pending", "paid", "failed", "canceled"]
_ARRIVALS: Final[Mapping[str, _PayoutStatus]] = {
    "pending": "pending",
    "in_transit": "pending",
    "paid": "paid",
    "failed": "failed",
    "canceled": "canceled",
}
# The types that say the state themselves.
PAYOUTS: Final[Mapping[str, _PayoutStatus]] = {
    "payout.created": "pending",
    "payout.paid": "paid",
    "payout.failed": "failed",
    "payout.canceled": "canceled",
}


def payout(told: Told) -> tuple[Event, ...]:
    """The type says the state: Stripe sends payout.failed for payouts that are still called in transit."""
    thing, arrives = told.thing, told.thing["arrival_date"]
    payout = PayoutChanged(
        **told.by,
        payout=thing["id"].id(),
        amount=told.money(thing["amount"]),
        status=PAYOUTS[told.type] if told.type in PAYOUTS else thing["status"].among(_ARRIVALS),
        reason=thing["failure_message"].shop_text() or thing["failure_code"].shop_text(),
        arrives=arrives.epoch() if arrives else None,
        provider="stripe",
    )
    return (payout,)


def refund_failed(told: Told) -> tuple[Event, ...]:
    """A refund that the customer's bank sent back. That one was made is told by its charge."""
    thing = told.thing
    if thing["status"].text_or("") != "failed":
        return ()
    reason = ShopText(thing["failure_reason"].text_or("").replace("_", " ")) or None
    failed = PayoutChanged(
        **told.by,
        payout=thing["id"].id(),
        amount=told.money(thing["amount"]),
        status="failed",
        reason=reason,
        provider="stripe",
        to="customer",
    )
    return (failed,)

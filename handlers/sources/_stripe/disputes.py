"""Payments at Stripe that somebody doubts: disputes, reviews and early fraud warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from bot.core.events import DisputeChanged, Event, OrderHeld
from bot.core.parts import ShopText
from handlers.sources._stripe.told import Told

# https://docs.stripe.com/api/disputes/object#dispute_object-status; a warning is an inquiry before a dispute.
_DISPUTES: Final[Mapping[str, Literal["open", "answered", "won", "lost", "closed"]]] = {
    "warning_needs_response": "open",
    "needs_response": "open",
    "warning_under_review": "answered",
    "under_review": "answered",
    "won": "won",
    "lost": "lost",
    "warning_closed": "closed",
    "charge_refunded": "closed",
    "prevented": "closed",
}


def dispute(told: Told) -> tuple[Event, ...]:
    """A dispute, or the inquiry before one, with the deadline for evidence."""
    thing, due = told.thing, told.thing["evidence_details"]["due_by"]
    dispute = DisputeChanged(
        **told.by,
        dispute=thing["id"].id(),
        amount=told.money(thing["amount"]),
        reason=ShopText(thing["reason"].text_or("").replace("_", " ")),
        status=thing["status"].among(_DISPUTES),
        due=due.epoch() if due else None,
        order=told.order,
        provider="stripe",
    )
    return (dispute,)


# https://docs.stripe.com/api/radar/reviews/object#review_object-closed_reason: what lets the order go again.
_RELEASED: Final = frozenset({"approved", "acknowledged", "canceled", "redacted"})


def review(told: Told) -> tuple[Event, ...]:
    """A payment that somebody has to look at. A review that ended badly does not let the order go."""
    closed = told.thing["closed_reason"].text_or("")
    reason = closed or told.thing["reason"].text_or("") or told.thing["opened_reason"].text_or("")
    return (_hold(told, closed not in _RELEASED, f"in review: {reason}"),)


def warning(told: Told) -> tuple[Event, ...]:
    """The bank of the card suspects a fraud. One that can no longer be acted upon was refunded or disputed."""
    if not told.thing["actionable"].flag():
        return ()
    return (_hold(told, True, f"early fraud warning: {told.thing['fraud_type'].text_or('')}"),)


def _hold(told: Told, held: bool, reason: str) -> Event:
    """Neither a review nor a warning knows the order, so the payment stands for it."""
    name = told.thing["payment_intent"].id_or("") or told.thing["charge"].id()
    words = ShopText(reason.removesuffix(": ").replace("_", " "))
    return OrderHeld(**told.by, order=name, number=name, held=held, reason=words)

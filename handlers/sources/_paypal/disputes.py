"""Disputes of PayPal, from a webhook or as a poll found them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from bot.core.events import DisputeChanged, Event
from bot.core.parts import ShopText
from handlers.sources._paypal.told import OLDER, Told, money_of, words_of

_DisputeStatus = Literal["open", "answered", "won", "lost", "closed"]
# https://developer.paypal.com/docs/api/customer-disputes/v1/#disputes_get: status, and when it is resolved the outcome.
_DISPUTES: Final[Mapping[str, _DisputeStatus]] = {
    "OPEN": "open",
    "WAITING_FOR_SELLER_RESPONSE": "open",
    "WAITING_FOR_BUYER_RESPONSE": "answered",
    "UNDER_REVIEW": "answered",
    "RESOLVED": "closed",
    "OTHER": "open",
}
_OUTCOMES: Final[Mapping[str, _DisputeStatus]] = {
    "RESOLVED_BUYER_FAVOUR": "lost",
    "ACCEPTED": "lost",
    "RESOLVED_SELLER_FAVOUR": "won",
    "RESOLVED_WITH_PAYOUT": "won",
    "DENIED": "won",
}


def dispute(told: Told) -> tuple[Event, ...]:
    """A dispute has an id of another name, and says itself when it changed. An outcome that is new just closes it."""
    thing, due = told.thing, told.thing["seller_response_due_date"]
    status = thing["status"].among(_DISPUTES)
    outcome = thing["dispute_outcome"]["outcome_code"].text_or("")
    bought = thing["disputed_transactions"][0]
    changed = thing["update_time"]
    event = DisputeChanged(
        **told.by | {"at": changed.moment() if changed else told.at},
        dispute=thing["dispute_id"].id(),
        amount=money_of(thing["dispute_amount"]),
        reason=words_of(thing["reason"].text_or("")) or ShopText(""),
        status=_OUTCOMES.get(outcome, "closed") if status == "closed" else status,
        due=due.moment() if due else None,
        order=bought[OLDER[str(told.front.options.get("order", "invoice_id"))]].id_or(""),
        provider="paypal",
    )
    return (event,)
